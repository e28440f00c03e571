"""API keys, and who is behind one.

A key is `cwk_<id>_<secret>`: the id (12 characters, lower-case hex) may be logged and listed; the secret is 256 random
bits as 43 characters of base64url (RFC 4648 5). Only the SHA-256 of the whole text is stored. No salt and no slow hash:
there is nothing to guess in 256 random bits. The fixed beginning lets secret scanners find a key that has leaked.

    cwk_4f1c09aa72de_Zm9yIGV4YW1wbGUgb25seSwgbmV2ZXIgYSBrZXkhISE
"""

import hashlib
import re
import secrets
from datetime import datetime
from typing import Annotated, Final, NamedTuple

import msgspec

KEY_PATTERN: Final = re.compile(r"cwk_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")


class KeyMalformed(ValueError):
    """The text cannot be a key. The message does not repeat it."""


class NewKey(NamedTuple):
    """A key just made. `text` is shown once and kept nowhere; the other two are stored."""

    key_id: str
    text: str
    sha256: bytes


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling, as a good key says. The same fields are the answer of whoami, so unknown ones are let pass."""

    key_id: str
    subject: str
    role: str
    school: str
    person: str | None = None
    grants: tuple[str, ...] = ()
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]


def new_key() -> NewKey:
    """Make a key."""
    return given_key(f"cwk_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}")


def given_key(text: str) -> NewKey:
    """Return a key that somebody else has made, as where secrets are handed in as files.

    Raises: `KeyMalformed` if it cannot be a key.
    """
    key_id, digest = parse_key(text)
    return NewKey(key_id, text, digest)


def parse_key(text: str) -> tuple[str, bytes]:
    """Return the id and the SHA-256 under which a key would be stored.

    Raises: `KeyMalformed` if it cannot be a key, so nothing needs to be looked up.
    """
    match = KEY_PATTERN.fullmatch(text)
    if match is None:
        message = "expected a key cwk_<id>_<43 characters>, found another text"
        raise KeyMalformed(message)
    return match[1], _digest(text)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()
