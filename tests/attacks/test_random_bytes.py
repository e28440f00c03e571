"""One byte changed anywhere in what is stored, a thousand times over: each time it is found, and named.

The record of the real service is read once, from the real server; each change is made in a copy of its rows, and the
whole of it checked by the code behind `casework verify`. A last test plants such changes in the server itself.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from uuid import UUID

import pytest

from casework.adapters.scan import RecordScan
from casework.adapters.verifying import verify_record
from tests.attacks.attacked import Attacked, Told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from casework.adapters.schools import RecordHome
    from casework.adapters.stored import WrappedKey
    from casework.ledger.rows import CommandRow, Row, StoredCheckpoint

CHANGES = 1000
SIZE = 40
"""So many entries of the record, under three of its checkpoints: enough to look into, few enough to check often."""
COLUMNS = ("entry", "sealed", "leaf", "stream", "version", "type", "time", "command", "note", "root")
INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
ZERO = datetime(2000, 1, 1, tzinfo=UTC)
UNREADABLE = 2
"""The first two bytes of an instant: with others there, it is no date of this millennium."""
AFTER_SIZE = ("DELETE FROM {s}.event WHERE position > 40", "DELETE FROM {s}.command WHERE last_position > 40")


class Change(NamedTuple):
    """One byte that becomes another: in which column, of which entry or of which checkpoint (by size), where."""

    column: str
    of: int
    at: int
    mask: int

    def __str__(self) -> str:
        return f"{self.column} of {self.of}, byte {self.at}, xor {self.mask:#04x}"

    def on(self, octets: bytes) -> bytes:
        """Return the bytes with that one changed."""
        return octets[: self.at] + bytes([octets[self.at] ^ self.mask]) + octets[self.at + 1 :]

    @property
    def named(self) -> str:
        """Return what an error has to name."""
        return f"checkpoint {self.of}" if self.column in ("note", "root") else f"entry {self.of} ("


@dataclass(frozen=True)
class Copied:
    """What a scan reads of a record, held in memory, to be changed."""

    home: RecordHome
    read: list[tuple[Row, bytes | None]]
    notes: list[StoredCheckpoint]
    done: list[CommandRow]
    secrets: Mapping[UUID, WrappedKey]
    erased: Mapping[UUID, int] = field(default_factory=dict)

    def rows(self, *, after: int, upto: int, with_sealed: bool) -> Iterator[tuple[Row, bytes | None]]:
        assert with_sealed
        return (each for each in self.read if after < each[0].position <= upto)

    def some_rows(self, after: int, upto: int, *, with_sealed: bool) -> tuple[list[Row], list[bytes | None]]:
        found = list(self.rows(after=after, upto=upto, with_sealed=with_sealed))
        return [row for row, _ in found], [sealed for _, sealed in found]

    def size(self) -> int:
        return len(self.read)

    def count(self) -> int:
        return len(self.read)

    def checkpoints(self) -> list[StoredCheckpoint]:
        return self.notes

    def commands(self) -> Iterator[CommandRow]:
        return iter(self.done)

    def some_keys(self, ids: Iterable[UUID]) -> dict[UUID, tuple[WrappedKey, int | None]]:
        return {each: (self.secrets[each], self.erased.get(each)) for each in ids if each in self.secrets}

    def octets(self, column: str, of: int) -> bytes | None:
        """Return the bytes that are stored there; None if nothing is."""
        if column in ("note", "root"):
            value = getattr(next(each for each in self.notes if each.size == of), column)
        else:
            row, sealed = self.read[of - 1]
            value = sealed if column == "sealed" else getattr(row, column)
        return None if value is None else stored(column, value)

    def changed(self, change: Change) -> Copied:
        """Return a copy with one byte changed."""
        before = self.octets(change.column, change.of)
        assert before is not None
        after = read_back(change.column, change.on(before))
        if change.column in ("note", "root"):
            notes = [each._replace(**{change.column: after}) if each.size == change.of else each for each in self.notes]
            return replace(self, notes=notes)
        read = list(self.read)
        row, sealed = read[change.of - 1]
        is_sealed = change.column == "sealed"
        read[change.of - 1] = (row, after) if is_sealed else (row._replace(**{change.column: after}), sealed)
        return replace(self, read=read)


def stored(column: str, value: Any) -> bytes:
    """Return a value as the server stores it: a UUID in 16 bytes, an instant in microseconds since 2000."""
    if column in ("stream", "command"):
        return UUID(value).bytes
    if column == "time":
        since = datetime.strptime(value, INSTANT).replace(tzinfo=UTC) - ZERO
        return int(since / timedelta(microseconds=1)).to_bytes(8, "big")[UNREADABLE:]
    if column == "version":
        return int(value).to_bytes(4, "big", signed=True)
    return value.encode() if isinstance(value, str) else bytes(value)


def read_back(column: str, octets: bytes) -> Any:
    """Return what the server reads in these bytes."""
    if column in ("stream", "command"):
        return str(UUID(bytes=octets))
    if column == "time":
        return (ZERO + timedelta(microseconds=int.from_bytes(octets, "big"))).strftime(INSTANT)
    if column == "version":
        return int.from_bytes(octets, "big", signed=True)
    return octets.decode("utf-8", "surrogateescape") if column in ("type", "note") else octets


@pytest.fixture
def copied(attacked: Attacked) -> Copied:
    """Read the first entries of the record, and the checkpoints over them."""
    with RecordScan(attacked.database.app, attacked.original.school) as scan:
        read = [each for each in scan.rows(with_sealed=True) if each[0].position <= SIZE]
        notes = [each for each in scan.checkpoints() if each.size <= SIZE]
        done = [each for each in scan.commands() if each.last <= SIZE]
        return Copied(scan.home, read, notes, done, scan.keys())


def some_change(chance: random.Random, copied: Copied) -> Change:
    """Return a change of a byte that is there, with columns taken in turn by chance."""
    while True:
        column = chance.choice(COLUMNS)
        of = (
            chance.choice([each.size for each in copied.notes])
            if column in ("note", "root")
            else chance.randint(1, SIZE)
        )
        octets = copied.octets(column, of)
        if octets is not None:
            return Change(column, of, chance.randrange(len(octets)), chance.randint(1, 127))


def check(attacked: Attacked, copied: Copied) -> Told:
    scan = cast("RecordScan", copied)
    return Told(verify_record(scan, attacked.signer.keys, masters=attacked.masters))


def errors(told: Told) -> list[Any]:
    return [error for level in told.report.levels for error in level.errors]


def test_the_copy_holds(attacked: Attacked, copied: Copied) -> None:
    assert len(copied.read) == SIZE
    assert check(attacked, copied).broken == {}


@pytest.mark.parametrize("seed", range(4))
def test_any_byte_that_is_changed_is_found_and_named(attacked: Attacked, copied: Copied, seed: int) -> None:
    chance, tried = random.Random(seed), Counter[str]()
    for _ in range(CHANGES // 4):
        change = some_change(chance, copied)
        found = [error for error in errors(check(attacked, copied.changed(change))) if change.named in error.where]
        assert found, f"not found: {change}"
        assert all(error.expected and error.found and error.expected != error.found for error in found), found
        tried[change.column] += 1
    assert tried.keys() == set(COLUMNS)


@pytest.mark.parametrize("column", ["entry", "sealed", "leaf", "root"])
def test_so_it_is_in_the_server_itself(attacked: Attacked, copied: Copied, column: str) -> None:
    chance = random.Random(column)
    attacked.superuser(*AFTER_SIZE, "DELETE FROM {s}.checkpoint WHERE size > 40")
    table, key = ("checkpoint", "size") if column == "root" else ("event", "position")
    for _ in range(8):
        change = some_change(chance, copied)
        while change.column != column:
            change = some_change(chance, copied)
        before = copied.octets(column, change.of)
        assert before is not None
        put = f"UPDATE {{s}}.{table} SET {column} = %s WHERE {key} = %s"
        attacked.query(put, change.on(before), change.of)
        told = attacked.check()
        assert any(change.named in error.where for error in errors(told)), change
        attacked.query(put, before, change.of)
    assert attacked.check().broken == {}
