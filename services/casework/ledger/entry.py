"""The exact bytes of an entry, and the selective disclosure of its personal fields.

An entry is canonical JSON (RFC 8785, narrowed: no floats) and a valid CloudEvents 1.0 event of exactly six members::

    {"data":{...},"id":"<stream>/<version>","source":"<origin>","specversion":"1.0",
     "time":"YYYY-MM-DDTHH:MM:SS.ffffffZ","type":"incident.warning-issued.v1"}

These bytes are what is hashed, what the feed carries and what an export holds. A personal ("sealed") field stands in
``data`` only as a digest (RFC 9901 section 4.2): ``digest = base64url(sha256(disclosure))``, ``disclosure =
base64url(canonical [salt, name, value])``, the salt derived from the case's own salt key, so that disclosures need not
be stored. ``_sd`` lists the digests of all sealed fields of the type, sorted, null ones too.

Worked: salt key 9b1c...3ae8, stream 3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001, version 1, ``how_seen`` null: salt
a756d6d5511846cc4ca653e0fb72f47d, disclosure WyJwMWJXMVZFWVJzeE1wbFBnLTNMMGZRIiwiaG93X3NlZW4iLG51bGxd, digest
Uj31k-w7_mxHCkepAnmmlpF5Mv7oyImA5gSxUL0hX0A.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import urlsafe_b64encode
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

ENTRY_BYTES_MAX: Final = 65_535
INTEGER_MAX: Final = 2**53 - 1
DEPTH_MAX: Final = 6
SALT_BYTES: Final = 16
NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
TYPE: Final = re.compile(r"(?=.{1,80}\Z)[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+\.v[1-9][0-9]*")
ORIGIN: Final = re.compile(r"(?=.{1,100}\Z)[a-z0-9.-]+(/[a-z0-9.-]+)*")
RESERVED: Final = frozenset({"_sd", "_sd_alg"})


class MalformedEntry(ValueError):
    """A value that no entry may hold. The message names place, expected and found; never a sealed value."""

    def __init__(self, where: str, expected: str, found: str) -> None:
        super().__init__(f"{where}: expected {expected}, found {found}")
        self.where = where
        self.expected = expected
        self.found = found


def canonical(value: object) -> bytes:
    """Return the canonical form of a JSON value (RFC 8785 section 3.2, without floats).

    Raises:
        MalformedEntry: a float, an integer beyond +-(2**53 - 1), a member name of another shape, U+0000, a lone
            surrogate, nesting beyond 6.
    """
    _check(value, "", 0)
    return _encoded(value)


def build(
    *,
    origin: str,
    stream: UUID,
    version: int,
    type_name: str,
    time: datetime,
    data: Mapping[str, object],
    sealed: Mapping[str, object] | None = None,
    salt_key: bytes | None = None,
) -> bytes:
    """Return the bytes of an entry; of sealed fields only the digests.

    Raises:
        MalformedEntry: a member that cannot be, or an entry over 65,535 bytes.
    """
    if not ORIGIN.fullmatch(origin):
        raise MalformedEntry("source", "lower-case host and path", f"{len(origin)} characters of another shape")
    if not TYPE.fullmatch(type_name):
        raise MalformedEntry("type", "a name like incident.warning-issued.v1", repr(type_name[:80]))
    if version < 1:
        raise MalformedEntry("id", "a version from 1", str(version))
    if time.tzinfo is None:
        raise MalformedEntry("time", "an instant with an offset", "one without")
    content = dict(data)
    if sealed is not None:
        if salt_key is None:
            raise MalformedEntry("data", "a salt key for sealed fields", "none")
        opened = disclosures(salt_key, stream, version, sealed)
        content["_sd"] = sorted(digest(disclosure) for disclosure in opened.values())
        content["_sd_alg"] = "sha-256"
    _check(content, "data", 0)
    entry = _encoded(
        {
            "specversion": "1.0",
            "id": f"{stream}/{version}",
            "source": origin,
            "type": type_name,
            "time": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "data": content,
        }
    )
    if len(entry) > ENTRY_BYTES_MAX:
        raise MalformedEntry("entry", f"at most {ENTRY_BYTES_MAX} bytes", str(len(entry)))
    return entry


def leaf_hash(entry: bytes) -> bytes:
    """Return the leaf of an entry (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def salt(salt_key: bytes, stream: UUID, version: int, name: str) -> bytes:
    """Return the 16 bytes that keep a sealed field from being guessed."""
    return hmac.digest(salt_key, f"{stream}|{version}|{name}".encode(), "sha256")[:SALT_BYTES]


def disclosures(salt_key: bytes, stream: UUID, version: int, values: Mapping[str, object]) -> dict[str, str]:
    """Return, for each sealed field by name, the disclosure that opens its digest."""
    opened = {}
    for name, value in values.items():
        _check({name: value}, "sealed", 1)
        parts = [_base64url(salt(salt_key, stream, version, name)), name, value]
        opened[name] = _base64url(_encoded(parts))
    return opened


def digest(disclosure: str) -> str:
    """Return the digest that stands in `_sd` for a disclosure (RFC 9901 section 4.2.3)."""
    return _base64url(sha256(disclosure.encode("ascii")).digest())


def _encoded(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _check(value: object, where: str, depth: int) -> None:  # noqa: C901 - one arm for each kind of JSON value
    """Refuse what no entry may hold; plain JSON values only."""
    if depth > DEPTH_MAX:
        raise MalformedEntry(where, f"nesting up to {DEPTH_MAX}", "deeper")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise MalformedEntry(where, f"an integer within +-{INTEGER_MAX}", "a larger one")
    elif isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{where}/{index}", depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str) or not (NAME.fullmatch(name) or (name in RESERVED and depth == 0)):
                raise MalformedEntry(where, "member names of letters, digits, _ and -, up to 40", "another name")
            _check(item, f"{where}/{name}", depth + 1)
    else:
        raise MalformedEntry(
            where, "null, true, false, an integer, a string, a list or an object", type(value).__name__
        )


def _check_text(value: str, where: str) -> None:
    if "\x00" in value:
        raise MalformedEntry(where, "text without U+0000", "one in it")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise MalformedEntry(where, "text that UTF-8 can hold", "a lone surrogate") from None
