"""Keys that are destroyed with the entry that says so: both or neither, whatever fails, and again if they come back."""

from uuid import UUID, uuid4

import pytest

from casework.adapters import sql_files
from casework.adapters.erasures import Erasures
from casework.adapters.recorder import Recorder
from casework.adapters.stored import StoredEntry
from casework.application.erasing import Named
from casework.application.store import CommandRepeated, KeyErased, Rejected, StaleVersion
from tests.adapters.given import BODY, Place, record, stored

ERASED = "incident.erased.v1"
EXPORTED = "disclosure.exported.v1"
CASE = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001")
EXPORT = UUID("9c2b7f14-8f3d-4f0e-b5a1-2d6c4e8a0001")


@pytest.fixture
def held(place: Place) -> Place:
    """Return a record with one entry of a case, whose key and whose export's are kept."""
    for key in (CASE, EXPORT):
        place.keep_key(key)
    record(place, stream=CASE)
    return place


def erasing(command: UUID, *versions: int) -> list[StoredEntry]:
    """Return the entries of an erasure at these versions, each of another key."""
    keys = (CASE, EXPORT)
    return [
        stored(CASE, version, command, type_name=ERASED, key_id=str(key))
        for version, key in zip(versions, keys, strict=False)
    ]


def kept(place: Place) -> dict[UUID, int | None]:
    """Return the keys, each with the entry that erased it."""
    return dict(place.query("SELECT id, erased_by FROM {keys}.case_key ORDER BY id"))


def test_each_key_goes_with_the_entry_that_names_it(held: Place) -> None:
    command = uuid4()
    held.recorder.insert_events(erasing(command, 2, 3), command=command, body_sha256=BODY)
    assert kept(held) == {CASE: 2, EXPORT: 3}
    assert held.query("SELECT count(*) FROM {keys}.case_key WHERE wrapped IS NOT NULL") == [(0,)]


def test_an_erasure_that_is_refused_destroys_nothing(held: Place) -> None:
    command = uuid4()
    with pytest.raises(StaleVersion):
        held.recorder.insert_events(erasing(command, 1, 2), command=command, body_sha256=BODY)
    assert (held.positions(), kept(held)) == ([1], {CASE: None, EXPORT: None})


def test_where_a_key_cannot_be_destroyed_the_erasure_is_not_recorded(held: Place) -> None:
    held.query("REVOKE EXECUTE ON FUNCTION {keys}.erase FROM casework_app")
    command = uuid4()
    with pytest.raises(Rejected):
        held.recorder.insert_events(erasing(command, 2, 3), command=command, body_sha256=BODY)
    assert (held.positions(), kept(held)) == ([1], {CASE: None, EXPORT: None})
    held.query("GRANT EXECUTE ON FUNCTION {keys}.erase TO casework_app")
    held.recorder.insert_events(erasing(command, 2, 3), command=command, body_sha256=BODY)
    assert (held.positions(), kept(held)) == ([1, 2, 3], {CASE: 2, EXPORT: 3})


def test_a_backend_killed_between_entry_and_key_leaves_neither(held: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second attempt, over another connection, does both."""
    query = sql_files.query
    killed: list[list[int]] = []

    def killing(name: str, schema: str) -> bytes:
        if name == "erase" and not killed:
            killed.append(held.positions())
            held.query(
                "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            killed.append(held.positions())
        return query(name, schema)

    monkeypatch.setattr(sql_files, "query", killing)
    command = uuid4()
    held.recorder.insert_events(erasing(command, 2, 3), command=command, body_sha256=BODY)
    assert killed == [[1], [1]], "what was appended was not committed, and went with the backend"
    assert (held.positions(), kept(held)) == ([1, 2, 3], {CASE: 2, EXPORT: 3})


def test_a_reply_that_was_lost_is_the_same_answer_again(held: Place) -> None:
    command = uuid4()
    entries = erasing(command, 2, 3)
    first = held.recorder.insert_events(entries, command=command, body_sha256=BODY)
    again = Recorder(held.pool, held.schema).insert_events(entries, command=command, body_sha256=BODY)
    assert (first, kept(held)) == (again, {CASE: 2, EXPORT: 3})


def test_the_same_command_that_would_destroy_more_by_now_is_a_repetition(held: Place) -> None:
    """Sent twice at once, and an export was made in between: the second one looks for a key that the first does not."""
    command = uuid4()
    held.recorder.insert_events(erasing(command, 2), command=command, body_sha256=BODY)
    with pytest.raises(CommandRepeated):
        held.recorder.insert_events(erasing(command, 3, 4), command=command, body_sha256=BODY)
    assert (held.positions(), kept(held)) == ([1, 2], {CASE: 2, EXPORT: None})


def copied(place: Place) -> None:
    """Record an export of the case."""
    record(place, stream=EXPORT, type_name=EXPORTED, incident=str(CASE))


def test_an_erasure_that_leaves_the_key_of_an_export_made_meanwhile_is_decided_again(held: Place) -> None:
    copied(held)
    command = uuid4()
    with pytest.raises(StaleVersion, match="every key about its case"):
        held.recorder.insert_events(erasing(command, 2), command=command, body_sha256=BODY)
    assert (held.positions(), kept(held)) == ([1, 2], {CASE: None, EXPORT: None})
    held.recorder.insert_events(erasing(command, 2, 3), command=command, body_sha256=BODY)
    assert kept(held) == {CASE: 3, EXPORT: 4}


def test_an_export_of_another_case_bars_no_erasure(held: Place) -> None:
    record(held, stream=EXPORT, type_name=EXPORTED, incident=str(uuid4()))
    command = uuid4()
    held.recorder.insert_events(erasing(command, 2), command=command, body_sha256=BODY)
    assert kept(held) == {CASE: 3, EXPORT: None}


@pytest.mark.parametrize("type_name", [EXPORTED, "advice.question-recorded.v1"])
def test_nothing_is_copied_of_a_case_that_was_erased_meanwhile(held: Place, type_name: str) -> None:
    command = uuid4()
    held.recorder.insert_events(erasing(command, 2), command=command, body_sha256=BODY)
    with pytest.raises(KeyErased, match="erased by entry 2"):
        record(held, stream=EXPORT, type_name=type_name, incident=str(CASE))
    assert held.positions() == [1, 2]
    record(held, type_name="access.case-read.v1", incident=str(CASE))
    assert held.positions() == [1, 2, 3], "that somebody asked for it is recorded all the same"


def test_a_key_that_was_put_back_is_named_and_destroyed_again(held: Place) -> None:
    command = uuid4()
    held.recorder.insert_events(erasing(command, 2, 3), command=command, body_sha256=BODY)
    erasures = Erasures(held.pool, held.schema)
    both = [Named(case=CASE, position=position, is_undone=False) for position in (2, 3)]
    assert erasures.named() == both
    held.query(
        "UPDATE {keys}.case_key SET master = 'm1', wrapped = %s, erased_by = NULL WHERE id = %s", "superuser",
        bytes(60), EXPORT,
    )  # fmt: skip
    assert erasures.named() == [both[0], Named(case=CASE, position=3, is_undone=True)]
    erasures.destroy(3)
    assert (erasures.named(), kept(held)) == (both, {CASE: 2, EXPORT: 3})
