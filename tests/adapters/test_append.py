"""The function that appends: what it writes, everything it refuses, and that a refusal leaves nothing behind."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from casework.adapters import sql_files
from casework.adapters.migrate import add_school
from tests.adapters.given import BODY, SEALED, Place, entry, record

CASE = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001")


def refused(place: Place, code: str, command: UUID, entries: list[bytes], sealed: list[bytes | None]) -> str:
    before = place.positions()
    with pytest.raises(psycopg.Error) as raised:
        place.append(command, entries, sealed)
    assert raised.value.sqlstate == code
    assert place.positions() == before
    assert place.query("SELECT count(*) FROM {s}.command WHERE key = %s", "superuser", command) == [(0,)]
    return str(raised.value.diag.message_primary)


def test_columns_are_copied_out_of_the_entry_and_the_leaf_is_computed(place: Place) -> None:
    command = uuid4()
    made = entry(CASE, 1, command)
    assert place.append(command, [made]) == (1, 1, False)
    row = place.query("SELECT position, stream, version, type, time, command, entry, sealed, leaf FROM {s}.event")[0]
    said = json.loads(made)
    assert row[:4] == (1, CASE, 1, said["type"])
    assert row[4] == datetime.fromisoformat(said["time"])
    assert row[5:8] == (command, made, None)
    assert row[8] == hashlib.sha256(b"\0" + made).digest()


def test_a_command_with_entries_of_two_streams_takes_neighbouring_positions(place: Place) -> None:
    command, other = uuid4(), uuid4()
    entries = [entry(CASE, 1, command), entry(other, 1, command), entry(CASE, 2, command)]
    assert place.append(command, entries) == (1, 3, False)
    assert place.query("SELECT stream, version FROM {s}.event ORDER BY position") == [(CASE, 1), (other, 1), (CASE, 2)]


def test_a_repeated_command_gets_its_first_positions_and_writes_nothing(place: Place) -> None:
    record(place)
    command = uuid4()
    entries = [entry(CASE, 1, command), entry(CASE, 2, command)]
    assert place.append(command, entries) == (2, 3, False)
    record(place)
    assert place.append(command, [entry(CASE, 3, command)]) == (2, 3, True)
    assert place.positions() == [1, 2, 3, 4]


def test_a_command_key_with_another_body_is_refused(place: Place) -> None:
    command = uuid4()
    place.append(command, [entry(CASE, 1, command)])
    with pytest.raises(psycopg.Error) as raised:
        place.query(
            "SELECT * FROM {s}.append(%b, %b, %b, %b)", "app", command, b"\1" * 32, [entry(CASE, 2, command)], [None]
        )
    assert raised.value.sqlstate == "CW001"
    assert str(command) in str(raised.value)


Case = tuple[str, Callable[[UUID], list[bytes]], list[bytes | None], str]
NOW = timedelta(0)


def at(delta: timedelta) -> datetime:
    return datetime.now(UTC) + delta


REFUSALS: dict[str, Case] = {
    "another record": (
        "CW002",
        lambda c: [entry(CASE, 2, c, origin="elsewhere.example")],
        [None],
        "expected source rowan-lane.example/ledger, found elsewhere.example",
    ),
    "another command": ("CW003", lambda c: [entry(CASE, 2, uuid4())], [None], "expected command"),
    "no command": (
        "CW003",
        lambda c: [entry(CASE, 2, c).replace(b'"command"', b'"comment"')],
        [None],
        "found none",
    ),
    "too old": ("CW004", lambda c: [entry(CASE, 2, c, time=at(timedelta(seconds=-61)))], [None], "before it"),
    "in the future": ("CW004", lambda c: [entry(CASE, 2, c, time=at(timedelta(seconds=9)))], [None], "after it"),
    "digests without values": ("CW005", lambda c: [entry(CASE, 2, c, is_sealed=True)], [None], "has _sd, found none"),
    "values without digests": ("CW005", lambda c: [entry(CASE, 2, c)], [SEALED], "has no _sd, found one"),
    "nothing": ("CW005", lambda c: [], [], "found 0 and 0"),
    "more sealed parts": ("CW005", lambda c: [entry(CASE, 2, c)], [None, None], "found 1 and 2"),
    "too many": ("CW005", lambda c: [b"{}"] * 1001, [None] * 1001, "found 1001 and 1001"),
    "no key": (
        "CW006",
        lambda c: [entry(CASE, 2, c, is_sealed=True)],
        [SEALED],
        "a key that is kept, found it missing",
    ),
    "a version that is taken": ("23505", lambda c: [entry(CASE, 1, c)], [None], "expected version 2, found 1"),
    "a gap": ("CW007", lambda c: [entry(CASE, 3, c)], [None], "expected version 2, found 3"),
    "not UTF-8": ("22021", lambda c: [b"\xff"], [None], ""),
    "not JSON": ("22P02", lambda c: [b"{"], [None], ""),
    "no object": ("22023", lambda c: [b"[]"], [None], "found id none"),
    "not a UUID": ("22P02", lambda c: [entry(CASE, 2, c).replace(str(CASE).encode(), b"case-one")], [None], ""),
    "an upper-case UUID": (
        "22023",
        lambda c: [entry(CASE, 2, c).replace(str(CASE).encode(), str(CASE).upper().encode())],
        [None],
        "expected an id `<uuid>/<version>`",
    ),
    "a leading zero": ("22023", lambda c: [entry(CASE, 2, c).replace(b"/2", b"/02")], [None], "/02"),
    "too long": ("23514", lambda c: [entry(CASE, 2, c, note="x" * 65535)], [None], ""),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_is_refused(place: Place, what: str) -> None:
    record(place, stream=CASE)
    code, entries, sealed, says = REFUSALS[what]
    command = uuid4()
    assert says in refused(place, code, command, entries(command), sealed)
    if code in {"CW002", "CW003", "CW004", "CW006", "CW007", "23505"}:
        assert f"entry {CASE}/" in refused(place, code, command, entries(command), sealed)


def test_a_refusal_of_the_second_entry_takes_the_first_with_it(place: Place) -> None:
    command = uuid4()
    assert refused(place, "CW007", command, [entry(CASE, 1, command), entry(CASE, 3, command)], [None, None])
    place.append(command, [entry(CASE, 1, command), entry(CASE, 2, command)])
    assert place.positions() == [1, 2]


def test_a_refused_command_leaves_its_key_unused(place: Place) -> None:
    record(place, stream=CASE)
    command = uuid4()
    refused(place, "23505", command, [entry(CASE, 1, command)], [None])
    assert place.append(command, [entry(CASE, 2, command)]) == (2, 2, False)


def test_times_are_not_compared_on_a_scratch_record(place: Place) -> None:
    school = add_school(place.database.owner, "stories", title="The Stories", origin="stories.example", is_scratch=True)
    other = Place(place.database, school, place.home, place.pool, place.recorder)
    command = uuid4()
    long_ago = entry(CASE, 1, command, origin="stories.example", time=datetime(2025, 9, 19, tzinfo=UTC))
    assert other.append(command, [long_ago]) == (1, 1, False)


def test_an_entry_of_access_is_sealed_under_the_schools_own_key(place: Place) -> None:
    command = uuid4()
    read = [entry(uuid4(), 1, command, type_name="access.case-read.v1", is_sealed=True)]
    assert "found it missing" in refused(place, "CW006", command, read, [SEALED])
    place.keep_key(place.home.stream)
    assert place.append(command, read, [SEALED]) == (1, 1, False)


def test_eight_writers_at_once_leave_no_gap_and_no_double(place: Place) -> None:
    def write(_writer: int) -> None:
        stream = uuid4()
        for version in range(1, 13):
            command = uuid4()
            place.append(command, [entry(stream, version, command)])

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))
    assert place.positions() == list(range(1, 97))
    rows = place.query("SELECT stream, array_agg(version ORDER BY position) FROM {s}.event GROUP BY stream")
    assert [versions for _, versions in rows] == [list(range(1, 13))] * 8


def test_no_append_scans_a_table_though_all_were_small_when_they_were_analysed(place: Place) -> None:
    """A plan made then would be kept as long as nothing is analysed again, and take as long as the record is."""
    place.query("ANALYZE {s}.event, {s}.command, {keys}.case_key")
    scans = f"""
        SELECT relname, seq_scan FROM pg_stat_all_tables
        WHERE schemaname IN ('{place.schema}', '{place.schema}_keys') AND relname <> 'record' ORDER BY relname
    """
    with psycopg.connect(place.database.app, autocommit=True) as connection:
        counted = []
        for _ in range(2):
            for _ in range(8):  # A plan is kept from the sixth time on.
                command, stream = uuid4(), uuid4()
                place.keep_key(stream)
                sealed = [entry(stream, 1, command, is_sealed=True)]
                statement = sql_files.compose("SELECT {s}.append(%b, %b, %b, %b)", place.schema)
                connection.execute(statement, [command, BODY, sealed, [SEALED]], prepare=True)
            connection.execute("SELECT pg_stat_force_next_flush()")
            counted.append(place.query(scans))
    assert len(place.positions()) == 16
    assert counted[1] == counted[0]


def test_two_calls_with_one_key_write_once_and_both_get_the_answer(place: Place) -> None:
    command = uuid4()
    entries = [entry(CASE, 1, command)]
    with ThreadPoolExecutor(2) as callers:
        answers = list(callers.map(lambda _: place.append(command, entries), range(2)))
    assert sorted(answers) == [(1, 1, False), (1, 1, True)]
    assert place.positions() == [1]


def test_commands_appended_together_take_their_places_in_the_order_asked_for(place: Place) -> None:
    one, two = uuid4(), uuid4()
    others = [entry(CASE, 2, two), entry(uuid4(), 1, two)]
    appended = place.append_each((one, [entry(CASE, 1, one)]), (two, others))
    assert appended == [(1, 1, False, None, None), (2, 3, False, None, None)]
    rows = place.query("SELECT entry FROM {s}.event ORDER BY position")
    assert [row[0] for row in rows][1:] == others
    assert place.query("SELECT count(DISTINCT xmin::text) FROM {s}.event") == [(1,)], "at once, not one by one"
    assert place.query("SELECT key, first_position, last_position FROM {s}.command ORDER BY 2") == [
        (one, 1, 1),
        (two, 2, 3),
    ]


def test_a_command_that_is_refused_keeps_none_of_the_others_out_and_uses_no_number(place: Place) -> None:
    before, stale, gap, after = uuid4(), uuid4(), uuid4(), uuid4()
    appended = place.append_each(
        (before, [entry(CASE, 1, before)]),
        (stale, [entry(uuid4(), 1, stale), entry(CASE, 1, stale)]),
        (gap, [entry(CASE, 3, gap)]),
        (after, [entry(CASE, 2, after)]),
    )
    assert [(first, last, code) for first, last, _, code, _ in appended] == [
        (1, 1, None),
        (None, None, "23505"),
        (None, None, "CW007"),
        (2, 2, None),
    ]
    assert appended[1][4] == f"entry {CASE}/1 (incident.note-added.v1): expected version 2, found 1"
    assert place.positions() == [1, 2]
    assert {row[0] for row in place.query("SELECT key FROM {s}.command")} == {before, after}
    assert place.append(stale, [entry(CASE, 3, stale)]) == (3, 3, False), "its key was used up"


def test_a_command_sent_twice_at_once_is_carried_out_once_among_others_too(place: Place) -> None:
    command, other = uuid4(), uuid4()
    first = place.append_each(
        (command, [entry(CASE, 1, command)]), (other, [entry(CASE, 2, other)]), (command, [entry(CASE, 1, command)])
    )
    assert first == [(1, 1, False, None, None), (2, 2, False, None, None), (1, 1, True, None, None)]
    several = [entry(CASE, version, other) for version in (3, 4)]
    assert place.append_each((other, several)) == [(2, 2, True, None, None)], "as many as there were"
    [again] = place.append_each((command, [entry(CASE, 3, command)]), body=bytes(31) + b"\x01")
    assert (again[:3], again[3]) == ((None, None, None), "CW001")
    assert place.positions() == [1, 2]


def append_all(place: Place, counts: list[int], *commands: tuple[UUID, list[bytes]]) -> None:
    entries = [made for _, several in commands for made in several]
    keys, bodies = [command for command, _ in commands], [BODY] * len(commands)
    statement = "SELECT * FROM {s}.append_all(%b, %b, %b, %b, %b)"
    place.query(statement, "app", keys, bodies, counts, entries, [None] * len(entries))


def test_several_commands_at_once_go_in_all_or_none(place: Place) -> None:
    one, two, three = uuid4(), uuid4(), uuid4()
    append_all(place, [2, 1], (one, [entry(CASE, 1, one), entry(CASE, 2, one)]), (two, [entry(CASE, 3, two)]))
    with pytest.raises(psycopg.Error, match=f"command {two}: known, among others") as raised:
        append_all(place, [1, 1], (three, [entry(CASE, 4, three)]), (two, [entry(CASE, 5, two)]))
    assert raised.value.sqlstate == "CW010"
    with pytest.raises(psycopg.Error, match="expected command") as raised:
        append_all(place, [2, 1], (three, [entry(CASE, 4, three)]), (uuid4(), [entry(CASE, 5, three)] * 2))
    assert raised.value.sqlstate == "CW003"
    assert place.positions() == [1, 2, 3]


@pytest.mark.parametrize("counts", [[1, 0], [0, 1], [2, 1], [1, -1], [1], [1, 1, 1]])
def test_counts_that_do_not_add_up_to_the_entries_are_refused(place: Place, counts: list[int]) -> None:
    one, two = uuid4(), uuid4()
    with pytest.raises(psycopg.Error) as raised:
        append_all(place, counts, (one, [entry(CASE, 1, one)]), (two, [entry(CASE, 2, two)]))
    assert raised.value.sqlstate in {"CW003", "CW005", "22023"}
    assert place.positions() == []


def test_a_backend_killed_before_its_commit_leaves_no_row_and_uses_no_number(place: Place) -> None:
    record(place)
    command = uuid4()
    with psycopg.connect(place.database.app) as connection:
        row = connection.execute(
            f"SELECT first_position FROM {place.schema}.append(%b, %b, %b, %b)",
            [command, BODY, [entry(CASE, 1, command)], [None]],
        ).fetchone()
        assert row == (2,)
        place.query("SELECT pg_terminate_backend(%s)", "superuser", connection.info.backend_pid)
        with pytest.raises(psycopg.OperationalError):
            connection.commit()
    assert place.positions() == [1]
    assert place.append(command, [entry(CASE, 1, command)]) == (2, 2, False)


@pytest.mark.parametrize(
    ("size", "says"), [(0, "1 to 2, found 0"), (3, "1 to 2, found 3"), (None, "1 to 2, found none")]
)
def test_a_checkpoint_beyond_the_record_is_refused(place: Place, size: int | None, says: str) -> None:
    record(place, 2)
    with pytest.raises(psycopg.Error, match=f"expected a size from {says}") as raised:
        place.query("SELECT {s}.keep_checkpoint(%s, %s, 'note')", "app", size, bytes(32))
    assert raised.value.sqlstate == "CW009"


def test_checkpoints_only_grow(place: Place) -> None:
    record(place, 2)
    place.query("SELECT {s}.keep_checkpoint(2, %s, 'note')", "app", bytes(32))
    with pytest.raises(psycopg.Error, match="expected a size from 3 to 2, found 1"):
        place.query("SELECT {s}.keep_checkpoint(1, %s, 'note')", "app", bytes(32))


def test_two_first_writers_agree_on_one_key(place: Place) -> None:
    first, second = b"\1" * 60, b"\2" * 60
    assert place.query("SELECT * FROM {keys}.keep(%s, 'm1', %s)", "app", CASE, first) == [("m1", first)]
    assert place.query("SELECT * FROM {keys}.keep(%s, 'm2', %s)", "app", CASE, second) == [("m1", first)]


def test_a_key_is_erased_by_an_entry_that_says_so_and_never_comes_back(place: Place) -> None:
    place.keep_key(CASE)
    record(place, stream=CASE)
    with pytest.raises(psycopg.Error, match=r"expected an incident\.erased\.v1 that names a key") as raised:
        place.query("SELECT {keys}.erase(1)", "app")
    assert raised.value.sqlstate == "CW008"

    command = uuid4()
    place.append(command, [entry(CASE, 2, command, type_name="incident.erased.v1", key_id=str(CASE))])
    for _ in range(2):
        place.query("SELECT {keys}.erase(2)", "app")
    assert place.query("SELECT * FROM {keys}.case_key") == [(CASE, None, None, 2)]
    assert place.query("SELECT * FROM {keys}.keep(%s, 'm1', %s)", "app", CASE, bytes(60)) == [(None, None)]

    command = uuid4()
    sealed = [entry(CASE, 3, command, is_sealed=True)]
    assert "found it erased by entry 2" in refused(place, "CW006", command, sealed, [SEALED])


def test_a_key_never_kept_can_be_erased_too(place: Place) -> None:
    command = uuid4()
    place.append(command, [entry(CASE, 1, command, type_name="incident.erased.v1", key_id=str(CASE))])
    place.query("SELECT {keys}.erase(1)", "app")
    assert place.query("SELECT * FROM {keys}.keep(%s, 'm1', %s)", "app", CASE, bytes(60)) == [(None, None)]


def test_a_secret_is_rewrapped_only_as_it_was_read(place: Place) -> None:
    place.keep_key(CASE)
    assert place.query("SELECT {keys}.rewrap(%s, %s, 'm2', %s)", "owner", CASE, b"\7" * 60, b"\2" * 60) == [(False,)]
    assert place.query("SELECT {keys}.rewrap(%s, %s, 'm2', %s)", "owner", CASE, bytes(60), b"\2" * 60) == [(True,)]
    assert place.query("SELECT master, wrapped FROM {keys}.case_key") == [("m2", b"\2" * 60)]
