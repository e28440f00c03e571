"""`verify` on the database: it holds on what the services wrote, and names what a superuser altered."""

from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from casework.adapters import looking
from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.keys import CaseKeys
from casework.adapters.scan import RecordScan
from casework.adapters.signer import CheckpointRun
from casework.adapters.verifying import verify_record
from casework.application.store import Unavailable
from casework.domain.record import RECORD_EVENTS, CaseRead, RecordOpened
from casework.domain.steps import EVENTS
from casework.domain.steps.report import Reported
from casework.ledger.entry import canonical
from casework.ledger.note import Signer
from casework.ledger.record import RecordReport
from casework.ledger.rows import HeldNote
from servicekit.sealing import MasterKeys, seal
from tests.adapters.given import BODY, ORIGIN, Place
from tests.adapters.test_entry_mapper import recorded

MASTERS = MasterKeys.parse(f"m1 {'22' * 32}\n")
SIGNER = Signer(ORIGIN, [b"\x33" * 32])
ALTERED = "convert_to(replace(convert_from(entry, 'UTF8'), '\"office\"', '\"orfice\"'), 'UTF8')"
REPORTED = Reported(reference="RL-2026-0031", kind="adult_post", summary="canary 4711", how_seen=None)


@dataclass
class Written:
    """A record of seven entries, signed at four and at seven."""

    place: Place
    case: UUID
    held: str

    def verify(self, **more: Any) -> RecordReport:
        with RecordScan(self.place.database.app, self.place.school) as scan:
            return verify_record(scan, SIGNER.keys, held=[HeldNote("governor.txt", self.held)], masters=MASTERS, **more)

    def tamper(self, statement: str) -> None:
        for table in ("event", "checkpoint", "command"):
            self.place.query(f"ALTER TABLE {{s}}.{table} DISABLE TRIGGER USER")
        self.place.query(statement)

    def broken(self) -> dict[str, str]:
        """Return the levels that do not hold, each with what it says."""
        return {level.name: "\n".join(level.lines()) for level in self.verify().levels if level.status == "broken"}


def names(report: RecordReport, status: str) -> list[str]:
    return [level.name for level in report.levels if level.status == status]


@pytest.fixture
def written(place: Place) -> Written:
    mapper = EntryMapper((*EVENTS, *RECORD_EVENTS), place.home, CaseKeys(place.pool, place.schema, MASTERS))
    run = CheckpointRun(place.database.app, place.school, SIGNER)
    case = uuid4()
    opened = recorded(RecordOpened(key=SIGNER.vkey, is_scratch=False), place.home.stream)
    events = [
        replace(opened, carried=replace(opened.carried, edition=None, clauses=None)),
        recorded(REPORTED, case, 1),
        recorded(REPORTED, case, 2),
        recorded(CaseRead(incident=case, view="full", version=2, reason="asked"), uuid4()),
        recorded(REPORTED, uuid4(), 1),
        recorded(REPORTED, case, 3),
        recorded(CaseRead(incident=case, view="full", version=3, reason=None), uuid4()),
    ]
    held = ""
    for count, event in enumerate(events, start=1):
        place.recorder.insert_events(mapper.encode([event]), command=event.carried.command, body_sha256=BODY)
        if count == 4:
            checkpoint = run.run()
            assert checkpoint is not None
            held = checkpoint.note
    run.run()
    return Written(place, case, held)


def test_all_six_levels_hold_on_what_the_services_wrote(written: Written) -> None:
    seen: list[tuple[int, int]] = []
    report = written.verify(progress=lambda done, of: seen.append((done, of)))
    assert report.holds, report.lines()
    assert names(report, "held") == [*("order", "leaf", "tree", "signature", "history", "content")]
    assert seen == [(1, 7), (7, 7)]


def test_what_was_not_asked_for_is_not_run_and_never_held(written: Written) -> None:
    with RecordScan(written.place.database.auditor, written.place.school) as scan:
        report = verify_record(scan, SIGNER.keys)
    assert names(report, "not_run") == ["history", "content"]
    assert report.holds


def test_several_processes_find_what_one_does(written: Written) -> None:
    alone, seen = written.verify(), list[tuple[int, int]]()
    assert written.verify(processes=2, progress=lambda done, of: seen.append((done, of))) == alone
    assert seen[-1] == (7, 7)
    written.tamper(f"UPDATE {{s}}.event SET entry = {ALTERED} WHERE position = 3")
    altered = written.verify(processes=2)
    assert "entry 3" in "\n".join(altered.lines())
    assert altered.as_json() == written.verify().as_json()


def ends_at_once(pipe: Connection, *_given: object) -> None:
    """Look at nothing."""
    pipe.close()


def test_a_process_that_ends_is_said_to_have_ended(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_help", ends_at_once)
    with pytest.raises(Unavailable, match="has ended; start the check anew"):
        written.verify(processes=2)


def test_what_another_process_cannot_read_ends_the_check(written: Written) -> None:
    with RecordScan(written.place.database.app, written.place.school) as scan:
        scan.dsn = f"{scan.dsn.rpartition('/')[0]}/absent"
        with pytest.raises(Unavailable, match="database not available"):
            verify_record(scan, SIGNER.keys, processes=2)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("block_rows", [1, 2, 500])
def test_the_table_of_commands_is_compared_with_entries_in_blocks(
    written: Written, block_rows: int, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries 8 to 10 are of one command: in blocks of two it goes on from one to the next; 11 is the last block."""
    monkeypatch.setattr(looking, "BLOCK_ROWS", block_rows)
    place, command = written.place, uuid4()
    mapper = EntryMapper((*EVENTS, *RECORD_EVENTS), place.home, CaseKeys(place.pool, place.schema, MASTERS))
    events = [recorded(REPORTED, uuid4(), 1) for _ in range(4)]
    events[:3] = [replace(event, carried=replace(event.carried, command=command)) for event in events[:3]]
    for some in (events[:3], events[3:]):
        key = some[0].carried.command
        place.recorder.insert_events(mapper.encode(some), command=key, body_sha256=BODY)
    assert written.verify(processes=processes).holds
    written.tamper("CREATE TEMPORARY TABLE unused ()")
    for first, last in ((2, 2), (3, 3), (8, 10), (11, 11)):
        where = f"WHERE first_position = {first}"
        for statement in (
            f"UPDATE {{s}}.command SET key = gen_random_uuid() {where}",
            f"UPDATE {{s}}.command SET first_position = {first + 1} {where}",
            f"UPDATE {{s}}.command SET last_position = {last + 1} {where}",
            f"UPDATE {{s}}.command SET first_position = -9223372036854775808 {where}",
            f"DELETE FROM {{s}}.command {where}",
            f"INSERT INTO {{s}}.command VALUES (gen_random_uuid(), sha256(''), {first}, {last})",
        ):
            place.query("CREATE TABLE {s}.kept AS TABLE {s}.command")
            place.query(statement)
            report = written.verify(processes=processes)
            assert names(report, "broken") == ["order"], statement
            assert "in the table command" in "\n".join(report.lines())
            place.query("DELETE FROM {s}.command")
            place.query("INSERT INTO {s}.command TABLE {s}.kept")
            place.query("DROP TABLE {s}.kept")
    assert written.verify(processes=processes).holds


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {s}.event SET time = 'infinity' WHERE position = 3",
        "ALTER TABLE {s}.event ALTER command DROP NOT NULL; UPDATE {s}.event SET command = NULL WHERE position = 3",
        (
            "ALTER TABLE {s}.command ALTER first_position DROP NOT NULL;"
            "UPDATE {s}.command SET first_position = NULL WHERE first_position = 3"
        ),
        (
            "ALTER TABLE {s}.command ALTER last_position DROP NOT NULL;"
            "UPDATE {s}.command SET last_position = NULL WHERE first_position = 3"
        ),
        (
            "ALTER TABLE {s}.event DROP CONSTRAINT event_position_check;"
            "INSERT INTO {s}.event SELECT -7, stream, version + 50, type, time, command, entry, sealed, leaf"
            " FROM {s}.event WHERE position = 3"
        ),
        (
            "ALTER TABLE {s}.event DROP CONSTRAINT event_position_check;"
            "INSERT INTO {s}.event SELECT 0, stream, version + 50, type, time, command, entry, sealed, leaf"
            " FROM {s}.event WHERE position = 3"
        ),
    ],
)
def test_what_no_column_could_hold_and_no_position_have_breaks_the_order(
    written: Written, statement: str, processes: int
) -> None:
    for part in statement.split(";"):
        written.tamper(part)
    assert "order" in names(written.verify(processes=processes), "broken")


@pytest.mark.parametrize("position", range(1, 8))
def test_an_altered_entry_is_named(written: Written, position: int) -> None:
    written.tamper(f"UPDATE {{s}}.event SET entry = {ALTERED} WHERE position = {position}")
    broken = written.broken()
    assert f"entry {position} " in broken["leaf"]


@pytest.mark.parametrize("position", range(1, 8))
def test_an_entry_altered_together_with_its_leaf_breaks_the_signed_root(written: Written, position: int) -> None:
    leaf = f"sha256('\\x00'::bytea || {ALTERED})"
    written.tamper(f"UPDATE {{s}}.event SET entry = {ALTERED}, leaf = {leaf} WHERE position = {position}")
    broken = written.broken()
    assert "leaf" not in broken
    assert ("entries 1 to 4" if position <= 4 else "entries 5 to 7") in broken["tree"]


@pytest.mark.parametrize(
    ("statement", "level"),
    [
        ("DELETE FROM {s}.event WHERE position = 3", "order"),
        ("UPDATE {s}.event SET type = 'incident.closed.v1' WHERE position = 3", "order"),
        ("UPDATE {s}.event SET time = time - interval '1 hour' WHERE position = 3", "order"),
        ("UPDATE {s}.event SET command = gen_random_uuid() WHERE position = 3", "order"),
        ("UPDATE {s}.event SET stream = gen_random_uuid() WHERE position = 5", "order"),
        ("UPDATE {s}.event SET leaf = sha256('x') WHERE position = 3", "leaf"),
        ("UPDATE {s}.checkpoint SET root = sha256('x') WHERE size = 4", "signature"),
        ("UPDATE {s}.checkpoint SET note = replace(note, 'ledger', 'ledgar') WHERE size = 7", "signature"),
        ("UPDATE {s}.event SET sealed = set_byte(sealed, 20, 0) WHERE position = 2", "content"),
        (
            "UPDATE {s}.event a SET sealed = b.sealed FROM {s}.event b WHERE a.position = 2 AND b.position = 3",
            "content",
        ),
        ("UPDATE {s}.event SET sealed = NULL WHERE position = 2", "content"),
        ("DELETE FROM {keys}.case_key", "content"),
        ("DELETE FROM {s}.event WHERE position > 3", "history"),
    ],
)
def test_what_a_superuser_alters_breaks_its_level(written: Written, statement: str, level: str) -> None:
    written.tamper(statement)
    broken = written.broken()
    assert level in broken
    assert "canary" not in str(broken)


def test_a_key_that_was_kept_for_an_entry_that_never_came_harms_nothing(written: Written) -> None:
    """A crash between the two: the next entry of that case is sealed under it."""
    case = uuid4()
    kept = CaseKeys(written.place.pool, written.place.schema, MASTERS).for_writing([case])[case]
    assert set(names(written.verify(), "held")) == {"order", "leaf", "tree", "signature", "history", "content"}
    again = CaseKeys(written.place.pool, written.place.schema, MASTERS)
    assert again.for_writing([case])[case].seal_key == kept.seal_key
    mapper = EntryMapper((*EVENTS, *RECORD_EVENTS), written.place.home, again)
    event = recorded(REPORTED, case, 1)
    written.place.recorder.insert_events(mapper.encode([event]), command=event.carried.command, body_sha256=BODY)
    assert written.verify().holds


def test_an_erased_case_is_counted_and_all_else_still_holds(written: Written) -> None:
    written.place.query(
        "UPDATE {keys}.case_key SET master = NULL, wrapped = NULL, erased_by = 6 WHERE id = %s", "owner", written.case
    )
    report = written.verify()
    assert (report.erased, report.erased_by) == (3, (6,))


def test_values_forged_with_the_key_do_not_fit_their_digests(written: Written) -> None:
    place = written.place
    [(leaf,)] = place.query("SELECT leaf FROM {s}.event WHERE position = 2")
    key = CaseKeys(place.pool, place.schema, MASTERS).for_reading(written.case).seal_key
    forged = seal(key, canonical({"summary": "something milder", "how_seen": None}), leaf)
    place.query("ALTER TABLE {s}.event DISABLE TRIGGER USER")
    place.query("UPDATE {s}.event SET sealed = %s WHERE position = 2", "superuser", forged)
    assert "summary" in written.broken()["content"]
