"""Telling those who are affected, and the authority (P14): whom, about whom, for which term, and not the poster."""

from typing import Any

import pytest

from casework.domain.due import SchoolDays
from casework.domain.folding import Draft
from casework.domain.steps.correspondence import AffectedPartyNotified
from tests.domain.playing import Played, judged, reported

TOLD: dict[str, Any] = {"kind": "person", "said": "a post was taken down; the poster is not named"}
RETURN: dict[str, Any] = {"kind": "prejudice_return", "period": "autumn_2025"}


def held() -> Played:
    """Return a case whose poster nobody may speak to for now."""
    played = judged()
    played.when("u-head", "place_police_hold", reason="asked by the force")
    return played


def test_the_family_of_a_child_is_told_about_the_child() -> None:
    played = reported()
    parent, child = {"person": "p-other"}, {"person": "k-child"}
    written = played.when("u-office", "notify_affected", party=parent, about=child, **TOLD)
    assert written == ["party-added", "party-added", "affected-party-notified"]
    notice: Any = played.events[-1].event
    assert (notice.party, notice.about, notice.period) == ("P2", "P3", None)
    assert {played.case.parties[label].part for label in ("P2", "P3")} == {"affected"}


def test_whoever_the_post_is_about_is_known_already() -> None:
    assert reported().when("u-dsl", "notify_affected", party={"person": "u-teacher"}, **TOLD) == [
        "affected-party-notified"
    ]


def test_r10_the_police_hold_bars_words_to_the_poster_and_to_nobody_else() -> None:
    played = held()
    assert played.refused("u-head", "notify_affected", party="P2", **TOLD) == ("R10",)
    assert played.when("u-head", "notify_affected", party="P1", **TOLD) == ["affected-party-notified"]
    assert played.when("u-office", "notify_affected", **RETURN) == ["affected-party-notified"]
    played.when("u-head", "release_police_hold", number=1, consent="PC on the case")
    assert played.when("u-head", "notify_affected", party="P2", **TOLD) == ["affected-party-notified"]


def test_r10_the_list_of_actions_waits_for_the_person_only_under_a_hold() -> None:
    assert held().ability("u-head", "notify_affected").needs == ("party",)
    assert judged().ability("u-head", "notify_affected").status == "allowed"


def test_r10_whom_the_police_were_told_of_is_the_poster_before_anybody_is_identified() -> None:
    played = reported()
    told: dict[str, Any] = {"route": "999", "grounds": ["threat_of_violence"], "is_immediate": True}
    played.when("u-head", "refer_to_police", named_party={"person": "p-parent"}, **told)
    assert played.refused("u-head", "notify_affected", party={"person": "p-parent"}, **TOLD) == ("R10",)


@pytest.mark.parametrize(
    ("facts", "pointers"),
    [
        (TOLD, ["/party"]),
        ({**TOLD, "party": "P1", "period": "autumn_2025"}, ["/period"]),
        ({"kind": "prejudice_return"}, ["/period"]),
        ({"kind": "prejudice_return", "period": "autumn_1999"}, ["/period"]),
        ({**RETURN, "party": "P1", "about": "P1"}, ["/party", "/about"]),
    ],
    ids=["nobody", "a person for a term", "a return for no term", "an unknown term", "a return about somebody"],
)
def test_a_person_is_told_and_a_term_is_returned(facts: dict[str, Any], pointers: list[str]) -> None:
    assert reported().faults("u-office", "notify_affected", **facts) == [(pointer, None) for pointer in pointers]


def test_the_return_settles_its_task_and_a_word_to_somebody_does_not() -> None:
    played = reported()
    draft = Draft.of(played.case)
    draft.open_task("prejudice_return", SchoolDays(1), played.events[-1])
    person = AffectedPartyNotified(kind="person", party="P1")
    for notice, left in ((person, 1), (AffectedPartyNotified(kind="prejudice_return", period="autumn_2025"), 0)):
        notice.apply(draft, played.events[-1])
        assert sum(task.name == "prejudice_return" for task in draft.tasks) == left
