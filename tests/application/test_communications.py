"""Who was wrongly taken for the poster disappears from the log, and readers are told what to take back."""

from typing import Any

from casework.application.communications import log_of
from tests.domain.playing import Played, judged

CALL: dict[str, Any] = {"method": "telephone", "outcome": "discussion_held"}
SHIFT = 100


def called(played: Played, party: str) -> int:
    """Call somebody; return the position of that."""
    played.when("u-deputy", "contact_parent", party=party, **CALL)
    return SHIFT + played.case.version


def corrected(played: Played, to: Any) -> int:
    """Say that it is somebody else; return the position of that."""
    played.when("u-head", "correct_identity", to=to, reason="no such account")
    return SHIFT + played.case.version


def log(played: Played) -> list[tuple[int, str, str | None, tuple[int, ...]]]:
    found = log_of(played.case, [(SHIFT + at.originator_version, at) for at in played.events])
    assert [entry.position for entry in found.values()] == list(found)
    return [(entry.position, entry.kind, entry.person, entry.retracts) for entry in found.values()]


ANOTHER = {"person": "p-other"}


def test_the_entries_of_who_was_wrongly_named_are_taken_back_at_the_correction() -> None:
    played = judged()
    first, second = called(played, "P2"), called(played, "P2")
    correction = corrected(played, ANOTHER)
    third = called(played, "P3")
    assert log(played) == [
        (correction, "retracted", None, (first, second)),
        (third, "call_made", "p-other", ()),
    ]


def test_what_is_said_to_them_after_the_correction_is_not_told_either() -> None:
    played = judged()
    corrected(played, ANOTHER)
    called(played, "P2")
    assert log(played) == []


def test_who_is_rightly_named_again_is_told_of_from_then_on() -> None:
    played = judged()
    first = called(played, "P2")
    correction = corrected(played, ANOTHER)
    corrected(played, "P2")
    second = called(played, "P2")
    assert log(played) == [(correction, "retracted", None, (first,)), (second, "call_made", "p-parent", ())]


def test_an_identification_of_the_same_person_later_counts_too() -> None:
    played = judged()
    corrected(played, ANOTHER)
    sure: dict[str, Any] = {"confidence": "confirmed", "basis_code": "admitted", "basis": "said so"}
    played.when("u-deputy", "attribute_identity", party="P2", **sure)
    call = called(played, "P2")
    assert log(played) == [(call, "call_made", "p-parent", ())]


def test_a_correction_about_somebody_nobody_spoke_to_takes_nothing_back() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", party=ANOTHER, **CALL)
    call = SHIFT + played.case.version
    corrected(played, "P3")
    assert log(played) == [(call, "call_made", "p-other", ())]
