"""Sealing of personal data: AES-256-GCM, keys derived by HKDF, secrets wrapped under a master key.

One small module for both services, so that there is one place to read and one to get wrong. It knows bytes only:
what is sealed, under which secret and bound to what, is the caller's.

- *Derive*: HKDF-SHA-256 (RFC 5869) without salt makes one key per purpose out of a secret of 32 random bytes.
- *Seal*: AES-256-GCM (NIST SP 800-38D), bound to its place by the additional data: ``0x01 || nonce(12) || ciphertext
  and tag``. The first byte is the version of this format.
- *Wrap*: secrets are stored only wrapped under a master key, which lies in a file and never in a database:
  ``nonce(12) || AES-256-GCM(master key, secret, AAD "<prefix>|<master id>|<key id>")``, 60 bytes.

Example: under the key of 32 bytes ``22``, id ``m1``, nonce 12 x ``55``, a secret of 32 bytes ``11`` with key id
``3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001`` is wrapped as ``5555...55 4803c6a3...6c66216d8e``.
"""

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
WRAPPED_BYTES: Final = NONCE_BYTES + SECRET_BYTES + TAG_BYTES
WRAP_PREFIX: Final = "casework/v1/wrap"
FORMAT: Final = b"\x01"

_NONCE: Final = slice(len(FORMAT), len(FORMAT) + NONCE_BYTES)
_CIPHERTEXT: Final = slice(_NONCE.stop, None)
_SEALED_BYTES_MIN: Final = len(FORMAT) + NONCE_BYTES + TAG_BYTES
_BROKEN: Final = "sealed bytes do not open: altered, moved, or sealed under another key"
_MASTER_LINE: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,39}) ([0-9a-f]{64})")


class SealingError(Exception):
    """Base of what this module raises; no message quotes a secret or a sealed value."""


class SealBroken(SealingError):
    """What is sealed does not open: altered, moved to another place, or sealed under another key."""


class MalformedKeyFile(SealingError):
    """The text of a key file does not say what it must."""


class UnknownMasterKey(SealingError):
    """A secret is wrapped under a master key that the key file does not hold."""


def new_secret() -> bytes:
    """Return 32 bytes of the operating system's randomness."""
    return os.urandom(SECRET_BYTES)


def derive(secret: bytes, info: bytes) -> bytes:
    """Derive the 32-byte key of one purpose from a secret (RFC 5869, SHA-256, no salt)."""
    return HKDF(algorithm=SHA256(), length=SECRET_BYTES, salt=None, info=info).derive(secret)


class Sealer:
    """Seals and opens under one key, which is made ready once: that alone takes as long as opening a sealed part."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, plaintext: bytes, aad: bytes, nonce: bytes | None = None) -> bytes:
        """Seal a plaintext, bound to `aad`; `nonce` is given only by tests with published bytes."""
        nonce = _nonce(nonce)
        return FORMAT + nonce + self._cipher.encrypt(nonce, plaintext, aad)

    def unseal(self, sealed: bytes, aad: bytes) -> bytes:
        """Open what :meth:`seal` made.

        Raises:
            SealBroken: unknown format, too short, or the key, the bytes or `aad` are not those it was sealed with.
        """
        if not sealed.startswith(FORMAT):
            message = f"sealed bytes: expected format {FORMAT.hex()}, found {sealed[:1].hex() or 'nothing'}"
            raise SealBroken(message)
        if len(sealed) < _SEALED_BYTES_MIN:
            message = f"sealed bytes: expected at least {_SEALED_BYTES_MIN}, found {len(sealed)}"
            raise SealBroken(message)
        try:
            return self._cipher.decrypt(sealed[_NONCE], sealed[_CIPHERTEXT], aad)
        except InvalidTag:
            raise SealBroken(_BROKEN) from None


def seal(key: bytes, plaintext: bytes, aad: bytes, nonce: bytes | None = None) -> bytes:
    """Seal one plaintext under a key, as :meth:`Sealer.seal` does."""
    return Sealer(key).seal(plaintext, aad, nonce)


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Open one sealed plaintext, as :meth:`Sealer.unseal` does, and raise what it raises."""
    return Sealer(key).unseal(sealed, aad)


@dataclass(frozen=True, repr=False)
class MasterKeys:
    """The keys that wrap secrets: the first wraps, all unwrap, so that old secrets stay readable after a rotation."""

    by_id: Mapping[str, bytes]

    def __reduce__(self) -> tuple[type["MasterKeys"], tuple[Mapping[str, bytes]]]:
        """Go to another process of ours as the keys alone: what was made of them for use cannot be sent."""
        return MasterKeys, (self.by_id,)

    @classmethod
    def parse(cls, text: str) -> "MasterKeys":
        """Parse a key file: a line ``<master id> <64 hex>`` each, newest first.

        Raises:
            MalformedKeyFile: no line, a line of another form, or an id that stands twice; the number of the line is
                named, never its content.
        """
        keys: dict[str, bytes] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            found = _MASTER_LINE.fullmatch(line.strip())
            if found is None:
                message = f"master key file, line {number}: expected `<master id> <64 hex digits>`"
                raise MalformedKeyFile(message)
            if found[1] in keys:
                message = f"master key file, line {number}: the id {found[1]} stands twice"
                raise MalformedKeyFile(message)
            keys[found[1]] = bytes.fromhex(found[2])
        if not keys:
            message = "master key file: expected at least one line `<master id> <64 hex digits>`, found none"
            raise MalformedKeyFile(message)
        return cls(keys)

    @classmethod
    def generate(cls) -> tuple["MasterKeys", str]:
        """Make one new master key; return it and the text of its file."""
        text = f"m{os.urandom(4).hex()} {new_secret().hex()}\n"
        return cls.parse(text), text

    @property
    def newest(self) -> str:
        """Return the id of the key that wraps."""
        return next(iter(self.by_id))

    def wrap(
        self, secret: bytes, key_id: UUID | str, prefix: str = WRAP_PREFIX, nonce: bytes | None = None
    ) -> tuple[str, bytes]:
        """Wrap a secret under the newest master key; return that key's id and 60 bytes."""
        if len(secret) != SECRET_BYTES:
            message = f"secret: expected {SECRET_BYTES} bytes, found {len(secret)}"
            raise ValueError(message)
        nonce = _nonce(nonce)
        aad = _wrap_aad(prefix, self.newest, key_id)
        return self.newest, nonce + self._ciphers[self.newest].encrypt(nonce, secret, aad)

    def unwrap(self, master_id: str, wrapped: bytes, key_id: UUID | str, prefix: str = WRAP_PREFIX) -> bytes:
        """Unwrap a secret.

        Raises:
            UnknownMasterKey: the key file holds no key of that id.
            SealBroken: wrapped under other bytes, or for another key id.
        """
        cipher = self._ciphers.get(master_id)
        if cipher is None:
            held = ", ".join(self.by_id)
            message = f"secret {key_id}: wrapped under master key {master_id}, the key file holds {held}"
            raise UnknownMasterKey(message)
        if len(wrapped) != WRAPPED_BYTES:
            message = f"secret {key_id}: expected {WRAPPED_BYTES} wrapped bytes, found {len(wrapped)}"
            raise SealBroken(message)
        aad = _wrap_aad(prefix, master_id, key_id)
        try:
            return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
        except InvalidTag:
            raise SealBroken(_BROKEN) from None

    @cached_property
    def _ciphers(self) -> Mapping[str, AESGCM]:
        """The keys made ready, once for all secrets."""
        return {master_id: AESGCM(key) for master_id, key in self.by_id.items()}


def _wrap_aad(prefix: str, master_id: str, key_id: UUID | str) -> bytes:
    return f"{prefix}|{master_id}|{key_id}".encode()


def _nonce(given: bytes | None) -> bytes:
    if given is None:
        # OpenSSL's own, seeded anew in each child; the system's (`os.urandom`) lets go of the interpreter each time.
        return ssl.RAND_bytes(NONCE_BYTES)
    if len(given) != NONCE_BYTES:
        message = f"nonce: expected {NONCE_BYTES} bytes, found {len(given)}"
        raise ValueError(message)
    return given
