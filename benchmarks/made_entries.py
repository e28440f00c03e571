"""Entries by the million, made outside the service and far faster: whole cases, as rows in the form that COPY reads.

Every entry is what `append` would have stored: canonical, with the digests of eight personal texts, those texts sealed
under the key of its case and bound to its leaf, the leaf, a command of its own, and the columns that are copied out of
it. `casework verify` holds on all of it, at every level. Only the clock was not asked: times are spread over ten years,
and the identifiers of cases follow them.
"""

import hmac
import os
import secrets
import struct
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID, uuid4

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.observed import TEXTS, Observed
from casework.adapters.keys import CaseSecret
from servicekit.identifiers import RANDOM_BITS, TICKS, uuid7_of
from servicekit.sealing import FORMAT, NONCE_BYTES, MasterKeys, new_secret

CASE_ENTRIES: Final = 10
BEGUN: Final = datetime(2016, 9, 5, 7, 30, tzinfo=UTC)
SPAN: Final = timedelta(days=3650)
BODY_SHA256: Final = bytes(32)

COLUMNS: Final = {
    "{s}.event": "position, stream, version, type, time, command, entry, sealed, leaf",
    "{s}.command": "key, body_sha256, first_position, last_position",
    "{keys}.case_key": "id, master, wrapped",
}
"""The tables that are filled, and which columns a row here has."""

COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_TAIL: Final = b"\xff\xff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)  # Postgres counts microseconds from here.
_UNIX: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PUBLIC: Final = {
    "actor": "u-sbm",
    "role": "office",
    "edition": "2021-spring",
    "clauses": ["P10", "P11"],
    "sensitivity": "open",
}
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True)
class Making:
    """Of which record entries are made, and for how many of them the ten years are."""

    origin: str
    masters: MasterKeys
    size: int


class Rows(NamedTuple):
    """Rows of the three tables, in the binary form of COPY, without its head and tail."""

    event: bytes
    command: bytes
    case_key: bytes


def make_rows(making: Making, first: int, count: int) -> Rows:
    """Return the rows of so many entries, from a position on: whole cases of ten, the last one perhaps shorter."""
    made: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])
    for begin in range(first, first + count, CASE_ENTRIES):
        for kept, found in zip(made, _case(making, begin, min(CASE_ENTRIES, first + count - begin)), strict=True):
            kept.extend(found)
    return Rows(*map(b"".join, made))


def time_of(position: int, size: int) -> datetime:
    """Return when the entry at a position was recorded, of a record that has so many in ten years."""
    return BEGUN + SPAN * (position / size)


def _case(making: Making, first: int, count: int) -> tuple[list[bytes], list[bytes], list[bytes]]:
    stream, secret = _stream(time_of(first, making.size)), new_secret()
    keys, master = CaseSecret(secret), making.masters.wrap(secret, stream)
    cipher = AESGCM(keys.seal_key)
    key = _row(stream.bytes, master[0].encode(), master[1])
    events, commands = [], []
    for version in range(1, count + 1):
        position, command = first + version - 1, uuid4()
        time = time_of(position, making.size)
        said = {"source": making.origin, "command": str(command)}
        entry = _entry(f"{stream}", version, time, keys.salt_key, **said)
        leaf = sha256(b"\x00" + entry).digest()
        nonce = os.urandom(NONCE_BYTES)
        sealed = FORMAT + nonce + cipher.encrypt(nonce, _encode(TEXTS), leaf)
        columns = (stream.bytes, _int4(version), Observed.type_name.encode(), _microseconds(time), command.bytes)
        events.append(_row(_int8(position), *columns, entry, sealed, leaf))
        commands.append(_row(command.bytes, BODY_SHA256, _int8(position), _int8(position)))
    return events, commands, [key]


def _stream(reported: datetime) -> UUID:
    """Return the identifier of a case, which says when it was reported."""
    return uuid7_of((reported - _UNIX) * TICKS // timedelta(milliseconds=1), secrets.randbits(RANDOM_BITS))


def _entry(stream: str, version: int, time: datetime, salt_key: bytes, *, source: str, command: str) -> bytes:
    recorded = time.isoformat(timespec="microseconds").replace("+00:00", "Z")
    digests = sorted(_digests(stream, version, salt_key))
    said = {"_sd": digests, "_sd_alg": "sha-256", "command": command, "occurred_at": recorded}
    event = {"specversion": "1.0", "id": f"{stream}/{version}", "source": source, "type": Observed.type_name}
    return _encode({**event, "time": recorded, "data": {**_PUBLIC, **said}})


def _digests(stream: str, version: int, salt_key: bytes) -> Iterator[str]:
    for name, value in TEXTS.items():
        salt = hmac.digest(salt_key, f"{stream}|{version}|{name}".encode(), "sha256")[:16]
        yield _base64url(sha256(_base64url(_encode([_base64url(salt), name, value])).encode()).digest())


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _row(*fields: bytes) -> bytes:
    return struct.pack("!h", len(fields)) + b"".join(_fields(fields))


def _fields(fields: Sequence[bytes]) -> Iterator[bytes]:
    for field in fields:
        yield struct.pack("!i", len(field))
        yield field


def _int4(number: int) -> bytes:
    return struct.pack("!i", number)


def _int8(number: int) -> bytes:
    return struct.pack("!q", number)


def _microseconds(time: datetime) -> bytes:
    return _int8((time - _EPOCH) // timedelta(microseconds=1))
