"""One byte changed anywhere in what is stored, a thousand times over: each time it is found, and named.

The record of the real service is read once, from the real server; each change is made in a copy of its rows, and the
whole of it checked by the code behind `casework verify`. A last test plants such changes in the server itself. What no
check looks at is listed, and said to readers.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from uuid import UUID, uuid4

import psycopg
import pytest

from casework.adapters.scan import RecordScan
from casework.adapters.schools import RecordHome
from casework.adapters.stored import WrappedKey
from casework.adapters.verifying import verify_record
from casework.ledger.rows import Row, StoredCheckpoint
from tests.adapters.given import entry
from tests.attacks.attacked import Attacked, Told

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = Any
"""What a column holds, as it is read."""

CHANGES: Final = 1000
SIZE: Final = 40
"""So many entries of the record, under three of its checkpoints: enough to look into, few enough to check often."""
TABLES: Final = {
    "event": ("position", "stream", "version", "type", "time", "command", "entry", "sealed", "leaf"),
    "checkpoint": ("size", "root", "note"),
    "record": ("stream", "origin", "is_scratch"),
    "case_key": ("id", "master", "wrapped", "erased_by"),
}
COLUMNS: Final = [(table, column) for table, columns in TABLES.items() for column in columns]
BESIDE: Final = {
    "event": ("recorded_at", "recorded_by"),
    "checkpoint": ("signed_at",),
    "record": ("one",),
    "command": ("key", "body_sha256", "first_position", "last_position"),
    "tile": ("level", "n", "hashes", "root"),
}
"""What no check reads. Proofs that are made of tiles are compared before they leave (tests/adapters/test_tiles.py)."""
KEYS: Final = {"event": "position", "checkpoint": "size", "record": "stream", "case_key": "id"}
UNIQUE: Final = {"event": (("position",), ("stream", "version")), "checkpoint": (("size",),), "case_key": (("id",),)}
FROM_1: Final = {"position", "version", "size"}
BYTES: Final = {"position": 8, "size": 8, "erased_by": 8, "version": 4}
AUDITORS: Final = Path(__file__).parents[2] / "docs/for-auditors.md"

INSTANT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
ZERO: Final = datetime(2000, 1, 1, tzinfo=UTC)
UNREADABLE: Final = 2
"""The first two bytes of an instant: with others there, it is no date of this millennium."""


class Change(NamedTuple):
    """One byte that becomes another: in which column of which row of which table, where."""

    table: str
    column: str
    row: int
    at: int
    mask: int

    def __str__(self) -> str:
        return f"{self.column} of {self.table} {self.row}, byte {self.at}, xor {self.mask:#04x}"

    def on(self, octets: bytes) -> bytes:
        """Return the bytes with that one changed."""
        return octets[: self.at] + bytes([octets[self.at] ^ self.mask]) + octets[self.at + 1 :]


@dataclass(frozen=True)
class Copied:
    """What a scan reads of a record, held in memory by table, each row by column, to be changed."""

    tables: Mapping[str, list[dict[str, Value]]]

    @property
    def home(self) -> RecordHome:
        return RecordHome(**self.tables["record"][0])

    def rows(self, *, with_sealed: bool) -> Iterator[tuple[Row, bytes | None]]:
        assert with_sealed
        for row in sorted(self.tables["event"], key=lambda each: int(each["position"])):
            yield Row(**{name: value for name, value in row.items() if name != "sealed"}), row["sealed"]

    def size(self) -> int:
        return max(int(row["position"]) for row in self.tables["event"])

    def checkpoints(self) -> list[StoredCheckpoint]:
        return sorted((StoredCheckpoint(**row) for row in self.tables["checkpoint"]), key=lambda each: each.size)

    def keys(self) -> Mapping[UUID, WrappedKey]:
        return {row["id"]: WrappedKey(row["id"], row["master"], row["wrapped"]) for row in self.tables["case_key"]}

    def erased_keys(self) -> Mapping[UUID, int]:
        return {row["id"]: row["erased_by"] for row in self.tables["case_key"] if row["erased_by"] is not None}

    def octets(self, table: str, column: str, row: int) -> bytes | None:
        """Return the bytes that are stored there; None if nothing is, or nothing that anything opens."""
        value = self.tables[table][row][column]
        is_erased = column == "sealed" and UUID(self.tables[table][row]["stream"]) in self.erased_keys()
        return None if value is None or is_erased else stored(column, value)

    def changed(self, change: Change) -> Copied | None:
        """Return a copy with one byte changed; None if the table would not take it."""
        before = self.octets(change.table, change.column, change.row)
        assert before is not None
        rows = list(self.tables[change.table])
        after = read_back(change.column, change.on(before), rows[change.row][change.column])
        if change.column in FROM_1 and after < 1:
            return None
        rows[change.row] = {**rows[change.row], change.column: after}
        for names in UNIQUE.get(change.table, ()):
            if len({tuple(row[name] for name in names) for row in rows}) < len(rows):
                return None
        return Copied({**self.tables, change.table: rows})

    def is_named(self, change: Change, after: Copied, error: Any) -> bool:
        """Tell whether an error names what was changed: the entry, the checkpoint, or an entry that the key opens."""
        before, now = self.tables[change.table][change.row], after.tables[change.table][change.row]
        where = str(error.where)
        if change.column == "position":  # it is missing where it was
            return f": position: expected {before['position']}, " in str(error)
        if change.table == "event":
            return where.startswith(f"entry {before['position']} (")
        if change.table == "checkpoint":
            return re.match(rf"checkpoint {now['size']}\b", where) is not None
        if change.table == "record":
            return where.startswith("entry 1 (")
        return any(where.startswith(f"entry {position} (") for position in self.opened_by(before["id"]))

    def opened_by(self, key: UUID) -> list[int]:
        """Return the positions of the entries that are sealed under a key."""
        home = self.home.stream
        return [
            row["position"]
            for row in self.tables["event"]
            if row["sealed"] and key == (home if row["type"].startswith("access.") else UUID(row["stream"]))
        ]


def stored(column: str, value: Value) -> bytes:
    """Return a value as the server stores it: a UUID in 16 bytes, an instant in microseconds since 2000."""
    if column in ("stream", "command", "id"):
        return UUID(str(value)).bytes
    if column == "time":
        since = datetime.strptime(value, INSTANT).replace(tzinfo=UTC) - ZERO
        return int(since / timedelta(microseconds=1)).to_bytes(8, "big")[UNREADABLE:]
    if column in BYTES:
        return int(value).to_bytes(BYTES[column], "big", signed=True)
    if isinstance(value, bool):
        return bytes([value])
    return value.encode() if isinstance(value, str) else bytes(value)


def read_back(column: str, octets: bytes, before: Value) -> Value:
    """Return what the server reads in these bytes, in the form of what it read before."""
    if column in ("stream", "command", "id"):
        return type(before)(str(UUID(bytes=octets)))
    if column == "time":
        return (ZERO + timedelta(microseconds=int.from_bytes(octets, "big"))).strftime(INSTANT)
    if column in BYTES:
        return int.from_bytes(octets, "big", signed=True)
    if isinstance(before, bool):
        return bool(octets[0])
    return octets.decode("utf-8", "surrogateescape") if isinstance(before, str) else octets


@pytest.fixture
def short(attacked: Attacked) -> Attacked:
    """Cut the record short; its last entry then erases its first case, as it should be."""
    attacked.superuser(
        f"DELETE FROM {{s}}.event WHERE position >= {SIZE}",
        f"DELETE FROM {{s}}.command WHERE last_position >= {SIZE}",
        f"DELETE FROM {{s}}.checkpoint WHERE size >= {SIZE}",
        "DELETE FROM {s}.tile",
        "DELETE FROM {keys}.case_key WHERE id NOT IN"
        " (SELECT stream FROM {s}.event UNION SELECT stream FROM {s}.record)",
    )
    [(case, version)] = attacked.query(
        "SELECT stream, max(version) + 1 FROM {s}.event WHERE stream ="
        " (SELECT stream FROM {s}.event WHERE type = 'incident.reported.v1' ORDER BY position LIMIT 1) GROUP BY stream"
    )
    command = uuid4()
    made = entry(case, version, command, type_name="incident.erased.v1", key_id=str(case))
    attacked.query("SELECT {s}.append(%b, %b, %b, %b)", command, bytes(32), [made], [None])
    attacked.query("SELECT {keys}.erase(%s)", SIZE)
    attacked.sign()
    return attacked


@pytest.fixture
def copied(short: Attacked) -> Copied:
    """Read it."""
    with RecordScan(short.database.app, short.original.school) as scan:
        events = [{**row._asdict(), "sealed": sealed} for row, sealed in scan.rows(with_sealed=True)]
        notes = [each._asdict() for each in scan.checkpoints()]
        home = vars(scan.home)
    names = TABLES["case_key"]
    keys = [
        dict(zip(names, row, strict=True)) for row in short.query(f"SELECT {', '.join(names)} FROM {{keys}}.case_key")
    ]
    return Copied({"event": events, "checkpoint": notes, "record": [home], "case_key": keys})


def some_change(chance: random.Random, copied: Copied, *only: tuple[str, str]) -> tuple[Change, Copied]:
    """Return a change of a byte that is there, with columns taken by chance, and the record after it."""
    while True:
        table, column = chance.choice(only or COLUMNS)
        row = chance.randrange(len(copied.tables[table]))
        octets = copied.octets(table, column, row)
        if octets is not None:
            change = Change(table, column, row, chance.randrange(len(octets)), chance.randint(1, 127))
            after = copied.changed(change)
            if after is not None:
                return change, after


def check(attacked: Attacked, copied: Copied) -> Told:
    scan = cast("RecordScan", copied)
    return Told(verify_record(scan, attacked.signer.keys, masters=attacked.masters))


def errors(told: Told) -> list[Any]:
    return [error for level in told.report.levels for error in level.errors]


def test_the_copy_holds(short: Attacked, copied: Copied) -> None:
    told = check(short, copied)
    assert (len(copied.tables["event"]), told.broken) == (SIZE, {})
    assert told.report.erased_by == (SIZE,)


@pytest.mark.parametrize("seed", range(4))
def test_any_byte_that_is_changed_is_found_and_named(short: Attacked, copied: Copied, seed: int) -> None:
    chance, tried = random.Random(seed), Counter[tuple[str, str]]()
    for _ in range(CHANGES // 4):
        change, after = some_change(chance, copied)
        found = [error for error in errors(check(short, after)) if copied.is_named(change, after, error)]
        assert found, f"not found: {change}"
        assert all(error.expected and error.found and error.expected != error.found for error in found), found
        tried[change.table, change.column] += 1
    assert tried.keys() == set(COLUMNS)


@pytest.mark.parametrize("table", TABLES)
def test_so_it_is_in_the_server_itself(short: Attacked, copied: Copied, table: str) -> None:
    chance = random.Random(table)
    for column in TABLES[table]:
        for _ in range(4):
            change, after = planted(short, copied, chance, table, column)
            found = errors(short.check())
            assert any(copied.is_named(change, after, error) for error in found), (str(change), found)
            put(short, table, column, copied.tables[table][change.row], after.tables[table][change.row])
    assert short.check().broken == {}


def planted(
    attacked: Attacked, copied: Copied, chance: random.Random, table: str, column: str
) -> tuple[Change, Copied]:
    """Make a change in the server; one that it does not take, as no such text or by its own rules, is not made."""
    while True:
        change, after = some_change(chance, copied, (table, column))
        try:
            put(attacked, table, column, after.tables[table][change.row], copied.tables[table][change.row])
        except (psycopg.errors.IntegrityError, psycopg.DataError, UnicodeEncodeError):
            continue
        return change, after


def put(attacked: Attacked, table: str, column: str, row: Mapping[str, Value], instead_of: Mapping[str, Value]) -> None:
    """Write one column of the row that is there."""
    place = f"{{keys}}.{table}" if table == "case_key" else f"{{s}}.{table}"
    key = KEYS[table]
    attacked.query(f"UPDATE {place} SET {column} = %s WHERE {key} = %s", row[column], instead_of[key])


def test_each_column_of_the_record_is_tried_or_named_as_what_nothing_shows(short: Attacked) -> None:
    found = short.query(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema IN (%s, %s)"
        " AND table_name IN ('record', 'event', 'command', 'tile', 'checkpoint', 'case_key')",
        "school_rowan", "school_rowan_keys",
    )  # fmt: skip
    beside = [(table, column) for table, columns in BESIDE.items() for column in columns]
    assert sorted(found) == sorted([*COLUMNS, *beside])
    told = AUDITORS.read_text("utf-8").partition("## What is not shown")[2]
    for table, column in beside:
        assert re.search(rf"`({table}|{column})`", told) or column == "one", (table, column)


def test_what_nothing_opens_any_more_is_not_shown_as_altered(short: Attacked) -> None:
    before = short.query("SELECT count(*) FROM {s}.event WHERE sealed IS NOT NULL AND position = 6")
    short.superuser("UPDATE {s}.event SET sealed = set_byte(sealed, 20, 1 # get_byte(sealed, 20)) WHERE position = 6")
    assert (before, short.check().broken) == ([(1,)], {})
