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

What is built here is checked by `verify`, which holds the rules, before it is handed out.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from casework.ledger import verify
from casework.ledger.verify import ENTRY_BYTES_MAX, MalformedEntry, canonical, leaf_hash

__all__ = [
    "ENTRY_BYTES_MAX",
    "Built",
    "MalformedEntry",
    "build",
    "canonical",
    "digest",
    "disclosures",
    "leaf_hash",
    "salt",
]

_RESERVED = {"_sd", "_sd_alg"}


class Built(NamedTuple):
    """The bytes of an entry, and the canonical form of its personal fields, which is sealed and kept beside it."""

    entry: bytes
    personal: bytes | None


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
    encode: Callable[[Any], bytes] = verify.encoded,
) -> Built:
    """Return an entry and what is to be sealed beside it.

    Args:
        origin: the record's; `source` of the entry.
        stream: the case, or what else the event is about.
        version: its number in the stream, from 1.
        type_name: the permanent name.
        time: when it was recorded, with an offset.
        data: the public fields.
        sealed: the personal ones, of which only digests go into the entry.
        salt_key: the case's own.
        encode: writes the canonical form of what was checked; a faster one may be lent.

    Raises:
        MalformedEntry: a member that cannot be, sealed fields without a salt key, or an entry over 65,535 bytes.
    """
    if time.tzinfo is None:
        raise MalformedEntry("entry: time", "an instant with an offset", "one without")
    taken = _RESERVED.intersection(data) | set(sealed or ()).intersection(data)
    if taken:
        raise MalformedEntry("entry: data", "each name once, _sd and _sd_alg left to the digests", min(taken))
    content, personal = dict(data), None
    if sealed:
        if salt_key is None:
            raise MalformedEntry("entry: data", "a salt key for sealed fields", "none")
        written = verify.written_fields(sealed)
        personal = b"{%b}" % b",".join([b'"%b":%b' % (name.encode(), written[name]) for name in sorted(written)])
        digests = verify.disclosure_digests(verify.disclosures_of(salt_key, str(stream), version, written))
        content |= {"_sd": sorted(digests), "_sd_alg": verify.SD_ALG}
    event = {
        "specversion": "1.0",
        "id": f"{stream}/{version}",
        "source": origin,
        "type": type_name,
        "time": time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "data": content,
    }
    verify.check_event(event)
    try:
        entry = encode(event)
    except UnicodeEncodeError:
        raise MalformedEntry("entry", "text that UTF-8 can hold", "a lone surrogate") from None
    if len(entry) > ENTRY_BYTES_MAX:
        raise MalformedEntry("entry", f"at most {ENTRY_BYTES_MAX} bytes", f"{len(entry)}")
    return Built(entry, personal)


def salt(salt_key: bytes, stream: UUID, version: int, name: str) -> bytes:
    """Return the 16 bytes that keep a sealed field from being guessed."""
    return verify.derive_salt(salt_key, str(stream), version, name)


def disclosures(salt_key: bytes, stream: UUID, version: int, values: Mapping[str, object]) -> dict[str, str]:
    """Return, for each sealed field by name, the disclosure that opens its digest.

    Raises:
        MalformedEntry: a value that no entry may hold; names the field, never the value.
    """
    return verify.derive_disclosures(salt_key, str(stream), version, values)


def digest(disclosure: str) -> str:
    """Return the digest that stands in `_sd` for a disclosure (RFC 9901 section 4.2.3)."""
    return verify.disclosure_digest(disclosure)
