"""Signing checkpoints: C2SP tlog-checkpoint in a C2SP signed-note, by Ed25519 (RFC 8032).

A checkpoint is three lines, origin, size and root, then an empty line, then a line for each signature: an em dash, the
key's name, and base64 of the key's 4-byte number and the signature over the three lines. The key's name is the origin::

    rowan-lane.example/ledger
    2
    Vk9D2aT7ITTEncOgK0ohZVyHrtOG15ud0RxvFfDE8Ko=

    — rowan-lane.example/ledger K4dvjnkQJpM7...0PRZv9Q4=

The key file holds seeds of 64 hex digits, a line each, the newest first: that one signs, the others are there so that
what they signed can still be opened.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from secrets import token_hex
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from casework.ledger.verify import (
    HASH_BYTES,
    BadSignature,
    Checkpoint,
    MalformedNote,
    UnknownKey,
    VerifierKey,
    key_hint,
    open_checkpoint,
    parse_checkpoint,
    parse_vkey,
)

SEED: Final = re.compile(r"[0-9a-f]{64}")


def new_seed() -> str:
    """Return a new seed, 64 hex digits: a line for the key file."""
    return token_hex(HASH_BYTES)


def check_signature(public: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature as `verify.check_ed25519` does, some twenty times faster.

    Raises:
        BadSignature: the key did not sign these bytes, or key or signature is no such thing.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BadSignature("signature", "one made by this key over these bytes", "another") from None


def open_note(note: str, vkeys: Iterable[str | VerifierKey], origin: str | None = None) -> Checkpoint:
    """Return what a signed checkpoint says.

    Raises:
        MalformedNote, BadSignature, UnknownKey: it is none, or not by one of these keys, or of another origin.
    """
    keys = [parse_vkey(key) if isinstance(key, str) else key for key in vkeys]
    return open_checkpoint(note, keys, origin, check=check_signature)


class Signer:
    """Signs the checkpoints of one record. Its `repr` shows no key."""

    def __init__(self, origin: str, seeds: Sequence[bytes]) -> None:
        if not seeds:
            raise MalformedNote("signing key", "at least one seed", "none")
        self.origin = origin
        self._keys = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
        self.keys = tuple(_verifier(origin, key) for key in self._keys)

    @classmethod
    def parse(cls, origin: str, text: str) -> "Signer":
        """Return the signer of a key file: seeds of 64 hex digits, a line each, the newest first.

        Raises:
            MalformedNote: names the line, never what stands there.
        """
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            if not SEED.fullmatch(line):
                raise MalformedNote(
                    f"signing key, line {number}", "64 hex digits in lower case", f"{len(line)} characters"
                )
        return cls(origin, [bytes.fromhex(line) for line in lines])

    def __repr__(self) -> str:
        return f"Signer({self.vkey})"

    @property
    def vkey(self) -> str:
        """Return the key that signs now, for others to check by."""
        return str(self.keys[0])

    def sign_checkpoint(self, size: int, root: bytes, by: Sequence[str] = ()) -> str:
        """Return a checkpoint signed by the keys named, by default the newest, opened again before it is handed out.

        Raises:
            MalformedNote: size 0, which proves nothing, or a root that is none.
            UnknownKey: a key that is not held here.
        """
        if size < 1:
            raise MalformedNote("checkpoint, line 2", "a size from 1", str(size))
        text = f"{self.origin}\n{size}\n{b64encode(root).decode()}\n"
        parse_checkpoint(text)
        note = f"{text}\n{''.join(self._signature(text, vkey) for vkey in by or (self.vkey,))}"
        open_note(note, self.keys, self.origin)
        return note

    def _signature(self, text: str, vkey: str) -> str:
        for key, private in zip(self.keys, self._keys, strict=True):
            if str(key) == vkey:
                signature = b64encode(key.hint + private.sign(text.encode())).decode()
                return f"— {self.origin} {signature}\n"
        raise UnknownKey("signing key", vkey, ", ".join(map(str, self.keys)))


def _verifier(name: str, key: Ed25519PrivateKey) -> VerifierKey:
    public = key.public_key().public_bytes_raw()
    return parse_vkey(str(VerifierKey(name, key_hint(name, public), public)), "signing key")
