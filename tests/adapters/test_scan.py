"""Reading a whole record: in one snapshot, without a limit of time, and without the right to write."""

from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from casework.adapters import scan as scan_module
from casework.adapters.scan import RecordScan
from tests.adapters.given import SEALED, Place, entry, record


def test_a_scan_gives_every_row_as_it_is_stored(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "ROWS_AT_ONCE", 2)
    streams = [record(place, 3), record(place, 2)]
    with RecordScan(place.database.app, place.school) as scan:
        rows = [row for row, _ in scan.rows()]
        assert [row.position for row in rows] == [1, 2, 3, 4, 5]
        assert [row.stream for row in rows] == [str(streams[0])] * 3 + [str(streams[1])] * 2
        assert all(f'"time":"{row.time}"'.encode() in row.entry and row.command.encode() in row.entry for row in rows)
        assert [(row.position, row.leaf) for row in rows] == list(scan.leaves())
        assert [row.position for row, _ in scan.rows(after=3)] == [4, 5]
        assert [found.id for found in scan.entries(stream=streams[1], upto=4)] == [4]
        assert list(scan.leaves(after=4)) == [(5, rows[4].leaf)]
        assert (scan.size(), scan.home) == (5, place.home)


def test_a_scan_does_not_move_while_it_is_read(place: Place) -> None:
    record(place, 2)
    with RecordScan(place.database.app, place.school) as scan:
        rows = scan.rows()
        assert next(rows)[0].position == 1
        record(place, 3)
        assert [row.position for row, _ in rows] == [2]
        assert scan.size() == 2


def test_a_scan_knows_what_was_recorded_by_an_instant(place: Place) -> None:
    record(place, 2)
    between = datetime.now(UTC)
    record(place)
    with RecordScan(place.database.app, place.school) as scan:
        assert scan.position_at(between) == 2
        assert scan.position_at(datetime(2000, 1, 1, tzinfo=UTC)) == 0


def test_entries_come_with_their_keys_which_are_read_once(place: Place) -> None:
    command, case = uuid4(), uuid4()
    place.keep_key(case)
    place.keep_key(place.home.stream)
    entries = [
        entry(case, 1, command, is_sealed=True),
        entry(case, 2, command, is_sealed=True),
        entry(uuid4(), 1, command, type_name="access.case-read.v1", is_sealed=True),
        entry(uuid4(), 1, command, type_name="policy.adopted.v1"),
    ]
    place.append(command, entries, [SEALED, SEALED, SEALED, None])
    with RecordScan(place.database.app, place.school) as scan:
        first, second, read, plain = scan.entries()
        sealed = [part for _, part in scan.rows(with_sealed=True)]
        assert sealed == [SEALED, SEALED, SEALED, None]
        assert [part for _, part in scan.rows()] == [None] * 4
    assert first.key is not None
    assert first.key is second.key
    assert read.key is not None
    assert (first.key.id, read.key.id, plain.key) == (case, place.home.stream, None)
    assert [found.id for found in (first, second, read, plain)] == [1, 2, 3, 4]


def test_a_scan_lists_checkpoints_by_size(place: Place) -> None:
    record(place, 3)
    for size in (1, 3):
        place.query("SELECT {s}.keep_checkpoint(%s, %s, %s)", "app", size, bytes(32), f"note {size}")
    with RecordScan(place.database.app, place.school) as scan:
        assert [(row.size, row.note) for row in scan.checkpoints()] == [(1, "note 1"), (3, "note 3")]


def test_checkpoints_are_read_beside_the_rows_as_they_are_needed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "ROWS_AT_ONCE", 1)
    record(place, 3)
    for size in (1, 2, 3):
        place.query("SELECT {s}.keep_checkpoint(%s, %s, 'note')", "app", size, bytes(32))
    with RecordScan(place.database.app, place.school) as scan:
        beside = zip(scan.rows(), scan.checkpoints(), strict=True)
        assert [(row.position, checkpoint.size) for (row, _), checkpoint in beside] == [(1, 1), (2, 2), (3, 3)]


def test_an_auditor_scans_without_any_key(place: Place) -> None:
    record(place)
    with RecordScan(place.database.auditor, place.school) as scan:
        assert len(list(scan.rows())) == 1


def test_a_scan_cannot_write(place: Place) -> None:
    with (
        RecordScan(place.database.app, place.school) as scan,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        scan._connection.execute("DELETE FROM school_rowanlane.tile")
