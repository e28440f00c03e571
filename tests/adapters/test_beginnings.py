"""What a decision begins with: one question, whose every part says what it would say alone."""

from uuid import UUID, uuid4

import pytest

from casework.adapters.beginnings import Beginnings
from casework.adapters.stored import WrappedKey
from casework.application.store import Beginning, KnownCommand, RecordBroken
from tests.adapters.given import BODY, Place, record, stored

POLICY = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001")


@pytest.fixture
def beginnings(place: Place) -> Beginnings:
    return Beginnings(place.pool, place.schema)


def begun(beginnings: Beginnings, stream: UUID | None = None, **asked: object) -> Beginning:
    given = {"command": uuid4(), "policy": POLICY, "person": None} | asked
    return beginnings.beginning(stream=stream, **given)  # type: ignore[arg-type]  # as above


def family(place: Place) -> None:
    """Two parents of a child, one of whom has another child with somebody else; and strangers to them."""
    kinds = {"p-ann": "adult", "p-ben": "adult", "p-cleo": "adult", "p-far": "adult"}
    kinds |= {"k-dan": "pupil", "k-eve": "pupil", "k-far": "pupil"}
    for person, kind in kinds.items():
        place.query("INSERT INTO {s}.person (id, kind, name) VALUES (%s, %s, 'N')", "superuser", person, kind)
    ties = [("p-ann", "k-dan"), ("p-ben", "k-dan"), ("p-ben", "k-eve"), ("p-cleo", "k-eve"), ("p-far", "k-far")]
    for adult, pupil in ties:
        place.query(
            "INSERT INTO {s}.relation VALUES (%s, %s, 'parent', 'unknown', 'unknown')", "superuser", adult, pupil
        )


def test_of_what_is_nowhere_there_is_nothing(beginnings: Beginnings) -> None:
    nothing = Beginning(known=None, policy_version=0, family=frozenset(), entries=())
    assert begun(beginnings) == nothing
    assert begun(beginnings, uuid4(), person="nobody") == nothing


def test_a_case_comes_whole_and_in_order_as_a_load_has_it(place: Place, beginnings: Beginnings) -> None:
    stream = record(place, 3)
    record(place)
    record(place, 2, stream=stream, first_version=4)
    found = begun(beginnings, stream).entries
    assert list(found) == list(place.recorder.select_events(stream))
    assert [entry.originator_version for entry in found] == [1, 2, 3, 4, 5]


def test_its_key_comes_with_it_once_for_all_entries(place: Place, beginnings: Beginnings) -> None:
    stream = record(place, 2)
    assert [entry.key for entry in begun(beginnings, stream).entries] == [None, None]  # type: ignore[attr-defined]  # stored entries
    place.keep_key(stream)
    first, second = begun(beginnings, stream).entries
    assert first.key == WrappedKey(stream, "m1", bytes(60))  # type: ignore[attr-defined]  # the same
    assert second.key is first.key  # type: ignore[attr-defined]  # the same


def test_a_case_without_its_first_entry_is_broken(place: Place, beginnings: Beginnings) -> None:
    stream = record(place, 3)
    place.query("ALTER TABLE {s}.event DISABLE TRIGGER USER")
    place.query("DELETE FROM {s}.event WHERE stream = %s AND version = 1", "superuser", stream)
    with pytest.raises(RecordBroken, match="expected version 1 first, found 2"):
        begun(beginnings, stream)


def test_a_command_carried_out_before_is_known_with_or_without_its_case(place: Place, beginnings: Beginnings) -> None:
    stream, command = record(place), uuid4()
    place.recorder.insert_events(
        [stored(stream, 2, command), stored(stream, 3, command)], command=command, body_sha256=BODY
    )
    for case in (stream, uuid4(), None):
        assert begun(beginnings, case, command=command).known == KnownCommand(BODY, 2, 3)
    assert begun(beginnings, stream).known is None


def test_the_policy_is_as_far_as_its_last_entry(place: Place, beginnings: Beginnings) -> None:
    for version in (1, 2):
        record(place, stream=POLICY, first_version=version)
        assert begun(beginnings).policy_version == version


def test_a_family_is_of_the_pupils_whom_somebody_belongs_to_or_is(place: Place, beginnings: Beginnings) -> None:
    family(place)
    families = {person: begun(beginnings, person=person).family for person in ("p-ann", "p-ben", "k-eve", "p-far")}
    assert families == {
        "p-ann": {"p-ann", "p-ben", "k-dan"},
        "p-ben": {"p-ann", "p-ben", "p-cleo", "k-dan", "k-eve"},
        "k-eve": {"p-ben", "p-cleo", "k-eve"},
        "p-far": {"p-far", "k-far"},
    }
    assert begun(beginnings, person=None).family == frozenset()
