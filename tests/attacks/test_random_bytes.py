"""One byte changed anywhere in what the server stores, a thousand times over: each time it is found, and named.

The record was written by the real service; whoever changes it is a superuser without triggers. Each change is made in
the server, all of the record is checked as `casework verify` checks it, and the change is taken back. What no check
looks at is listed, and said to readers.
"""

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from casework.adapters import looking, sql_files
from casework.ledger.verify import span
from tests.adapters.given import entry
from tests.attacks.attacked import Attacked

CHANGES: Final = 1000
SIZE: Final = 40
"""So many entries of the record, under three of its checkpoints: enough to look into, few enough to check often."""


class Table(NamedTuple):
    """A table of the record: where it is, what tells its rows apart, and the columns that are checked, or are not."""

    place: str
    key: str
    columns: tuple[str, ...]
    beside: tuple[str, ...] = ()


TABLES: Final = {
    "event": Table(
        "{s}.event",
        "position",
        ("position", "stream", "version", "type", "time", "command", "entry", "sealed", "leaf"),
        ("recorded_at", "recorded_by"),
    ),
    "checkpoint": Table("{s}.checkpoint", "size", ("size", "root", "note"), ("signed_at",)),
    "record": Table("{s}.record", "stream", ("stream", "origin", "is_scratch"), ("one",)),
    "case_key": Table("{keys}.case_key", "id", ("id", "master", "wrapped", "erased_by")),
    "command": Table("{s}.command", "key", ("key", "first_position", "last_position"), ("body_sha256",)),
    # Read by no check; proofs that are made of tiles are checked (tests/adapters/test_tiles.py).
    "tile": Table("{s}.tile", "n", (), ("level", "n", "hashes", "root")),
}
COLUMNS: Final = [(name, column) for name, table in TABLES.items() for column in table.columns]
BYTES: Final = {"version": 4}
"""How many bytes a number has, if not eight."""
AUDITORS: Final = Path(__file__).parents[2] / "docs/for-auditors.md"
ZERO: Final = datetime(2000, 1, 1, tzinfo=UTC)
UNREADABLE: Final = 2
"""The first two bytes of an instant: with others there, it is no date of this millennium."""

Row = dict[str, Any]


class Change(NamedTuple):
    """One byte that becomes another: in which column of which row of which table, where."""

    table: str
    column: str
    row: Row
    at: int
    mask: int

    def __str__(self) -> str:
        place = f"{self.column} of {self.table} {self.row[TABLES[self.table].key]}"
        return f"{place}, byte {self.at}, xor {self.mask:#04x}"

    @property
    def after(self) -> Row:
        """Return the row with that byte changed."""
        before = self.row[self.column]
        octets = bytearray(stored(self.column, before))
        octets[self.at] ^= self.mask
        return {**self.row, self.column: read_back(self.column, bytes(octets), before)}


class Tables:
    """The tables of a record, as a superuser reads and writes them."""

    def __init__(self, attacked: Attacked, connection: psycopg.Connection) -> None:
        self._schema = attacked.original.school.schema
        self._connection = connection
        self.rows = {name: self._read(table) for name, table in TABLES.items()}

    def some_change(self, chance: random.Random) -> Change:
        """Return a change of a byte that is there, with columns taken by chance."""
        table, column = chance.choice(COLUMNS)
        row = chance.choice([row for row in self.rows[table] if self._is_there(row, column)])
        octets = stored(column, row[column])
        return Change(table, column, row, chance.randrange(len(octets)), chance.randint(1, 127))

    def make(self, change: Change) -> bool:
        """Make a change; False if the table does not take it, by its own rules or as no such text."""
        try:
            self._write(change, change.after, change.row)
        except (psycopg.IntegrityError, psycopg.DataError, UnicodeError):
            return False
        return True

    def take_back(self, change: Change) -> None:
        """Put back what was there."""
        self._write(change, change.row, change.after)

    def is_named(self, change: Change, error: Any) -> bool:
        """Tell whether an error names what was changed: the entry, the checkpoint, or entries of the key or command."""
        where = str(error.where)
        if change.column == "position":  # it is missing where it was
            return f": position: expected {change.row['position']}, " in str(error)
        if change.table == "checkpoint":
            return re.match(rf"checkpoint {change.after['size']}\b", where) is not None
        if change.table == "command":
            return (
                where == f"{span(change.row['first_position'], change.row['last_position'])}: row in the table command"
            )
        if change.table == "case_key":
            return any(where.startswith(f"entry {position} (") for position in self._opened_by(change.row["id"]))
        return where.startswith(f"entry {change.row['position'] if change.table == 'event' else 1} (")

    def _is_there(self, row: Row, column: str) -> bool:
        """Tell whether a column of a row holds something, and something that a key opens, if it needs one."""
        erased = {each["id"] for each in self.rows["case_key"] if each["erased_by"]}
        return row[column] is not None and not (column == "sealed" and row["stream"] in erased)

    def _opened_by(self, key: UUID) -> list[int]:
        """Return the positions of the entries that are sealed under a key."""
        [home] = self.rows["record"]
        return [
            row["position"]
            for row in self.rows["event"]
            if row["sealed"] and key == (home["stream"] if row["type"].startswith("access.") else row["stream"])
        ]

    def _read(self, table: Table) -> list[Row]:
        statement = sql_files.compose(f"SELECT * FROM {table.place} ORDER BY {table.key}", self._schema)
        return self._connection.cursor(row_factory=dict_row).execute(statement).fetchall()

    def _write(self, change: Change, row: Row, instead_of: Row) -> None:
        table = TABLES[change.table]
        statement = f"UPDATE {table.place} SET {change.column} = %s WHERE {table.key} = %s"
        parameters = [row[change.column], instead_of[table.key]]
        self._connection.execute(sql_files.compose(statement, self._schema), parameters)


def stored(column: str, value: Any) -> bytes:
    """Return a value as the server stores it: an instant in microseconds since 2000."""
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, datetime):
        return int((value - ZERO) / timedelta(microseconds=1)).to_bytes(8, "big")[UNREADABLE:]
    if isinstance(value, bool):
        return bytes([value])
    if isinstance(value, int):
        return value.to_bytes(BYTES.get(column, 8), "big", signed=True)
    return value.encode() if isinstance(value, str) else bytes(value)


def read_back(column: str, octets: bytes, before: Any) -> Any:
    """Return what the server reads in these bytes, in the form of what it read before."""
    if isinstance(before, UUID):
        return UUID(bytes=octets)
    if isinstance(before, datetime):
        return ZERO + timedelta(microseconds=int.from_bytes(octets, "big"))
    if isinstance(before, bool):
        return bool(octets[0])
    if isinstance(before, int):
        return int.from_bytes(octets, "big", signed=True)
    return octets.decode() if isinstance(before, str) else octets


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
def tables(short: Attacked) -> Iterator[Tables]:
    with psycopg.connect(short.database.superuser, autocommit=True) as connection:
        yield Tables(short, connection)


def test_the_record_that_is_changed_holds(short: Attacked, tables: Tables) -> None:
    told = short.check()
    assert (len(tables.rows["event"]), told.broken, told.report.erased_by) == (SIZE, {}, (SIZE,))


@pytest.mark.parametrize("seed", range(4))
def test_any_byte_that_is_changed_is_found_and_named(
    short: Attacked, tables: Tables, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many rows are looked at at once; those in which the first stands are looked at one by one."""
    monkeypatch.setattr(looking, "BLOCK_ROWS", (3, 7, 11, 500)[seed])
    chance, tried = random.Random(seed), Counter[tuple[str, str]]()
    while tried.total() < CHANGES // 4:
        change = tables.some_change(chance)
        if not tables.make(change):
            continue
        errors = [error for level in short.check().report.levels for error in level.errors]
        found = [error for error in errors if tables.is_named(change, error)]
        assert found, f"not named: {change}; told: {errors}"
        assert all(error.expected and error.found and error.expected != error.found for error in found), found
        tables.take_back(change)
        tried[change.table, change.column] += 1
    assert tried.keys() == set(COLUMNS)
    assert short.check().broken == {}


def test_each_column_of_the_record_is_tried_or_told_to_be_what_nothing_shows(short: Attacked) -> None:
    found = short.query(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema IN (%s, %s) AND table_name = ANY (%s)",
        "school_rowan", "school_rowan_keys", list(TABLES),
    )  # fmt: skip
    beside = [(name, column) for name, table in TABLES.items() for column in table.beside]
    assert sorted(found) == sorted([*COLUMNS, *beside])
    told = AUDITORS.read_text("utf-8").partition("## What is not shown")[2]
    for name, column in beside:
        assert re.search(rf"`({name}|(\w+\.)?{column})`", told) or column == "one", (name, column)


def test_what_nothing_opens_any_more_is_not_shown_as_altered(short: Attacked) -> None:
    """The sealed part of an erased case: what there was in it, the digests in its entry no longer tell anybody."""
    changed = "UPDATE {s}.event SET sealed = set_byte(sealed, 20, 1 # get_byte(sealed, 20)) WHERE position = 6"
    before = short.query("SELECT sealed FROM {s}.event WHERE position = 6")
    short.superuser(changed)
    assert short.query("SELECT sealed FROM {s}.event WHERE position = 6") != before
    assert short.check().broken == {}
