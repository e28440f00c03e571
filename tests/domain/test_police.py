"""The police (P58): at once, without any precondition; and what a referral holds back."""

from datetime import datetime
from typing import Any

import pytest

from casework.domain.due import Due, WorkingDays
from casework.domain.refusal import Refused
from tests.domain.playing import Played, continued, judged, reported


def threatened() -> Played:
    """Return a case with a threat that was told to the police by 999 at once."""
    played = reported("insta")
    played.when("u-head", "categorise", codes=["C6"], primary="C6")
    played.when(
        "u-head",
        "refer_to_police",
        route="999",
        grounds=["threat_of_violence"],
        is_immediate=True,
        named_party={"person": "p-parent"},
    )
    return played


def due(played: Played, name: str) -> list[Due]:
    return [task.due for task in played.case.tasks if task.name == name]


def test_a_threat_goes_to_the_police_before_anything_else_and_places_a_hold() -> None:
    played = reported("insta")
    assert played.when(
        "u-teacher",
        "refer_to_police",
        route="999",
        grounds=["threat_of_violence"],
        is_immediate=True,
        named_party={"person": "p-parent"},
    ) == ["party-added", "police-referred", "police-hold-placed"]


def test_what_a_referral_lacks_becomes_a_task() -> None:
    played = threatened()
    assert due(played, "attach_evidence") == [WorkingDays(1)]
    assert due(played, "record_police_reference") == [WorkingDays(1)]
    played.when("u-head", "capture_evidence", posts=[1], method="forwarded_image")
    played.when("u-head", "record_police_reference", number=1, force="Invented", reference="INC 411")
    assert due(played, "attach_evidence") == due(played, "record_police_reference") == []
    assert played.case.tracks["police"] == "referenced"


def test_a_story_has_to_be_captured_before_it_vanishes() -> None:
    assert due(reported("insta"), "capture_before_expiry") == [datetime.fromisoformat("2025-09-18T20:14:00+01:00")]


def test_a_referral_needs_a_ground_unless_it_is_overridden() -> None:
    played = reported()
    facts: dict[str, Any] = {"route": "101", "is_immediate": False}
    assert played.refused("u-head", "refer_to_police", grounds=[], **facts) == ("R06",)
    assert played.refused("u-head", "refer_to_police", grounds=["crime_suspected"], **facts) == ("R06",)
    assert played.when("u-head", "refer_to_police", grounds=["crime_suspected"], crime="stalking", **facts) == [
        "police-referred",
        "police-hold-placed",
    ]
    override = {"rules": ["R06"], "code": "other_ground", "reason": "advice of the force"}
    assert played.when("u-head", "refer_to_police", grounds=[], override=override, **facts) == ["police-referred"]


def test_a_police_hold_stops_contact_until_it_is_released() -> None:
    played = threatened()
    played.when("u-dsl", "screen_safeguarding", is_hold=False, finding="child_at_home_considered", reason="checked")
    facts: dict[str, Any] = {"party": "P2", "method": "telephone", "outcome": "no_answer"}
    assert played.refused("u-deputy", "contact_parent", **facts) == ("R10",)
    played.when("u-head", "release_police_hold", number=1, consent="PC on the case by e-mail")
    assert played.when("u-deputy", "contact_parent", **facts) == ["parent-contacted"]


def test_a_warning_waits_for_the_police_hold() -> None:
    played = continued()
    played.when("u-head", "place_police_hold", reason="asked by the force")
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R10",)


def test_a_case_stays_open_until_the_police_have_ended_theirs() -> None:
    played = threatened()
    played.when("u-head", "check_post", posts=[1], result="unavailable", removed_by="expired")
    assert played.refused("u-head", "close_incident", outcome="police_disposal", summary="over") == ("R14",)
    played.when("u-head", "release_police_hold", number=1, consent="PC on the case")
    assert played.refused("u-head", "close_incident", outcome="police_disposal", summary="over") == ("R14",)
    played.when("u-head", "record_police_outcome", number=1, outcome="community_resolution")
    assert played.when("u-head", "close_incident", outcome="police_disposal", summary="over") == [
        "closed",
        "retention-scheduled",
    ]


def test_whoever_reported_a_post_may_call_the_police_by_999_and_by_no_other_route() -> None:
    facts: dict[str, Any] = {"grounds": ["threat_of_violence"], "is_immediate": True}
    for route in ("101", "101 online", "in_person"):
        assert reported().refused("u-teacher", "refer_to_police", route=route, **facts) == ("R12",)
        assert reported().when("u-office", "refer_to_police", route=route, **facts)[0] == "police-referred"
    with pytest.raises(Refused, match=r"R12.*needs route 999, the only one that staff may use") as caught:
        reported().when("u-teacher", "refer_to_police", route="101", **facts)
    assert caught.value.status == 403
    assert reported().when("u-teacher", "refer_to_police", route="999", **facts)[0] == "police-referred"


def test_the_list_of_actions_waits_for_the_route_of_whoever_may_not_take_any() -> None:
    assert reported().ability("u-teacher", "refer_to_police").needs == ("route", "grounds")
    assert reported().ability("u-office", "refer_to_police").needs == ("grounds",)
    assert judged().ability("u-dsl", "dispense_first_step").needs == ("code",)
    assert judged().ability("u-head", "dispense_first_step").needs == ()


def test_a_reference_is_awaited_a_day_longer_where_nothing_was_immediate() -> None:
    played = judged()
    facts: dict[str, Any] = {"route": "101", "grounds": ["racial_element"]}
    played.when("u-head", "refer_to_police", **facts, is_immediate=False)
    assert (due(played, "attach_evidence"), due(played, "record_police_reference")) == ([], [WorkingDays(2)])
    played.when("u-head", "refer_to_police", **facts, is_immediate=True)
    assert due(played, "record_police_reference") == [WorkingDays(2), WorkingDays(1)]


def test_the_track_waits_for_the_outcome_of_every_referral() -> None:
    played = threatened()
    played.when("u-head", "refer_to_police", route="101", grounds=["racial_element"], is_immediate=False)
    played.when("u-head", "record_police_outcome", number=1, outcome="no_action")
    assert played.case.tracks["police"] == "referred"
    played.when("u-head", "record_police_reference", number=2, force="Invented", reference="INC 412")
    played.when("u-head", "record_police_outcome", number=2, outcome="caution")
    assert played.case.tracks["police"] == "outcome"
