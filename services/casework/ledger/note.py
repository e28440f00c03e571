"""Signing checkpoints: C2SP tlog-checkpoint in a C2SP signed-note, by Ed25519 (RFC 8032).

A checkpoint is three lines, origin, size and root, then an empty line, then a line for each signature: an em dash, the
key's name, and base64 of the key's 4-byte number and the signature over the three lines. The key's name is the origin::

    rowan-lane.example/ledger
    2
    Vk9D2aT7ITTEncOgK0ohZVyHrtOG15ud0RxvFfDE8Ko=

    — rowan-lane.example/ledger K4dvjnkQJpM7...0PRZv9Q4=

The key file holds seeds of 64 hex digits, a line each, the newest first: that one signs, the others are there so that
what they signed can still be opened. Of a key that was lost, its verifier key stands there instead of the seed.
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
    """Signs the checkpoints of one record. Its `repr` shows no key.

    `keys` are the seeds, newest first; of a key that was lost, its verifier key, which opens what it signed.
    """

    def __init__(self, origin: str, keys: Sequence[bytes | VerifierKey]) -> None:
        self.origin = origin
        held = [_held(origin, key) for key in keys]
        self.keys = tuple(key for key, _ in held)
        self._private = {str(key): (key, private) for key, private in held if private is not None}
        if not self._private:
            raise MalformedNote("signing key", "at least one seed", "none")

    @classmethod
    def parse(cls, origin: str, text: str) -> "Signer":
        """Return the signer of a key file: seeds of 64 hex digits, or verifier keys, a line each, the newest first.

        Raises:
            MalformedNote: names the line, never what stands there.
        """
        return cls(origin, [_read_line(origin, number, line) for number, line in enumerate(text.splitlines(), 1)])

    def __repr__(self) -> str:
        return f"Signer({self.vkey})"

    @property
    def vkeys(self) -> tuple[str, ...]:
        """Return the keys that can sign, newest first."""
        return tuple(self._private)

    @property
    def vkey(self) -> str:
        """Return the key that signs now, for others to check by."""
        return self.vkeys[0]

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
        if vkey not in self._private:
            raise UnknownKey("signing key", vkey, ", ".join(self.vkeys))
        key, private = self._private[vkey]
        signature = b64encode(key.hint + private.sign(text.encode())).decode()
        return f"— {self.origin} {signature}\n"


def _held(name: str, key: bytes | VerifierKey) -> tuple[VerifierKey, Ed25519PrivateKey | None]:
    """Return a key to open by, and to sign with, if it was not lost."""
    if isinstance(key, VerifierKey):
        return key, None
    private = Ed25519PrivateKey.from_private_bytes(key)
    public = private.public_key().public_bytes_raw()
    return parse_vkey(str(VerifierKey(name, key_hint(name, public), public)), "signing key"), private


def _read_line(origin: str, number: int, line: str) -> bytes | VerifierKey:
    if SEED.fullmatch(line):
        return bytes.fromhex(line)
    if line.startswith(f"{origin}+"):
        return parse_vkey(line, f"signing key, line {number}")
    expected = f"64 hex digits in lower case, or a verifier key of {origin}"
    raise MalformedNote(f"signing key, line {number}", expected, f"{len(line)} characters")
