"""Who was wrongly taken for the poster disappears from the log, and readers are told what to take back."""

from typing import Any, ClassVar

import msgspec
from msgspec.structs import replace

from casework.application.communications import CORRECTED, log_of
from casework.domain.event import Label
from casework.domain.incident import IncidentEvent, fold
from casework.domain.steps.people import PartyAdded, PosterIdentified
from tests.domain.playing import Played, judged

CALL: dict[str, Any] = {"method": "telephone", "outcome": "discussion_held"}
SHIFT = 100


class Corrected(IncidentEvent, frozen=True, kw_only=True):
    """The correction as the record will hold it: two labels of the case."""

    type_name: ClassVar[str] = CORRECTED
    wrong: Label = msgspec.field(name="from")
    right: Label = msgspec.field(name="to")


def happened(played: Played, event: IncidentEvent) -> None:
    """Add an event that no decision of these tests writes."""
    at = replace(played.events[-1], originator_version=played.case.version + 1, event=event)
    folded = fold(played.case, [at])
    assert folded is not None
    played.case = folded
    played.events.append(at)


def called(played: Played, party: str) -> int:
    """Call somebody; return the position of that."""
    played.when("u-deputy", "contact_parent", party=party, **CALL)
    return SHIFT + played.case.version


def log(played: Played) -> list[tuple[int, str, str | None, tuple[int, ...]]]:
    found = log_of(played.case, [(SHIFT + at.originator_version, at) for at in played.events])
    assert [entry.position for entry in found.values()] == list(found)
    return [(entry.position, entry.kind, entry.person, entry.retracts) for entry in found.values()]


def taken_for(played: Played) -> str:
    """Bring another parent into the case; return the label."""
    label = played.case.next_label()
    kept: dict[str, Any] = {"part": "poster", "kind": "adult", "is_confidential": False}
    happened(played, PartyAdded(party=label, person="p-other", name="Sarah Holt", **kept))
    return label


def test_the_entries_of_who_was_wrongly_named_are_taken_back_at_the_correction() -> None:
    played = judged()
    first, second = called(played, "P2"), called(played, "P2")
    right = taken_for(played)
    happened(played, Corrected(wrong="P2", right=right))
    correction = SHIFT + played.case.version
    third = called(played, right)
    assert log(played) == [
        (correction, "retracted", None, (first, second)),
        (third, "call_made", "p-other", ()),
    ]


def test_what_is_said_to_them_after_the_correction_is_not_told_either() -> None:
    played = judged()
    happened(played, Corrected(wrong="P2", right=taken_for(played)))
    called(played, "P2")
    assert log(played) == []


def test_who_is_rightly_named_again_is_told_of_from_then_on() -> None:
    played = judged()
    first = called(played, "P2")
    other = taken_for(played)
    happened(played, Corrected(wrong="P2", right=other))
    correction = SHIFT + played.case.version
    happened(played, Corrected(wrong=other, right="P2"))
    second = called(played, "P2")
    assert log(played) == [(correction, "retracted", None, (first,)), (second, "call_made", "p-parent", ())]


def test_an_identification_of_the_same_person_later_counts_too() -> None:
    played = judged()
    happened(played, Corrected(wrong="P2", right=taken_for(played)))
    identified = next(at.event for at in played.events if isinstance(at.event, PosterIdentified))
    happened(played, identified)
    call = called(played, "P2")
    assert log(played) == [(call, "call_made", "p-parent", ())]


def test_a_correction_about_somebody_nobody_spoke_to_takes_nothing_back() -> None:
    played = judged()
    call = called(played, "P2")
    other = taken_for(played)
    happened(played, Corrected(wrong=other, right="P2"))
    assert log(played) == [(call, "call_made", "p-parent", ())]
