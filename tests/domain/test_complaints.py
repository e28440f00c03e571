"""Complaints about a warning, and taking it back (P30, P57): who may decide meanwhile, what a complaint may name."""

from typing import Any

import pytest

from casework.domain.refusal import NoSuchNumber, NothingToActOn
from tests.domain.playing import continued, gone, warned

COMPLAINT: dict[str, Any] = {"stage": 1, "warning_no": 1, "words": "the warning names my child"}
UPHELD: dict[str, Any] = {"outcome": "upheld", "recommends": ["withdraw_warning", "apologise"]}
BREACH: dict[str, Any] = {"outcome": "inappropriate", "reason": "abuse", "is_fair_comment_considered": True}


def test_r11_whoever_wrote_the_warning_decides_nothing_until_the_complaint_about_it_is_answered() -> None:
    played = warned()
    assert played.when("u-office", "link_complaint", **COMPLAINT) == ["complaint-linked"]
    assert played.refused("u-head", "withdraw_warning", number=1, reason="r") == ("R11",)
    assert played.refused("u-head", "decide_breach", **BREACH) == ("R11",)
    assert played.when("u-deputy", "decide_breach", **BREACH) == ["breach-decided"]
    assert played.when("u-chair", "record_complaint_outcome", number=1, **UPHELD) == ["complaint-outcome-recorded"]
    assert played.when("u-head", "withdraw_warning", number=1, complaint_no=1, reason="as recommended") == [
        "warning-withdrawn"
    ]


def test_r11_a_complaint_about_something_else_makes_no_conflict() -> None:
    played = warned()
    played.when("u-office", "link_complaint", stage=1)
    assert played.when("u-head", "decide_breach", **BREACH) == ["breach-decided"]


def test_r11_the_author_of_another_warning_may_still_decide() -> None:
    played = warned()
    played.strict(warning_decided_by="caseworker")
    override = {"rules": ["R03", "R04"], "code": "repeat", "reason": "again"}
    assert "R12" in played.refused("u-head", "issue_warning", posts=[1], override=override)
    played.when("u-deputy", "issue_warning", posts=[1])
    played.when("u-office", "link_complaint", stage=2, warning_no=2)
    assert played.refused("u-deputy", "decide_breach", **BREACH) == ("R11",)
    assert played.when("u-head", "decide_breach", **BREACH) == ["breach-decided"]


def test_r11_the_author_stays_the_author_whoever_withdraws_the_warning() -> None:
    played = warned()
    played.when("u-office", "link_complaint", **COMPLAINT)
    played.strict(warning_decided_by="caseworker")
    played.when("u-deputy", "withdraw_warning", number=1, reason="r")
    assert played.refused("u-head", "decide_breach", **BREACH) == ("R11",)
    assert played.when("u-deputy", "decide_breach", **BREACH) == ["breach-decided"]


def test_a_complaint_keeps_the_case_open_until_it_is_answered() -> None:
    played = gone()
    closing: dict[str, Any] = {"outcome": "resolved_informally", "summary": "gone"}
    played.when("u-deputy", "link_complaint", stage=1)
    with_complaint = played.ability("u-head", "close_incident").to_override
    assert [failure.missing for failure in with_complaint] == [("complaint 1",)]
    assert played.refused("u-deputy", "close_incident", **closing) == ("R14",)
    played.when("u-office", "record_complaint_outcome", number=1, outcome="withdrawn")
    assert played.when("u-deputy", "close_incident", **closing) == ["closed", "retention-scheduled"]


def test_a_complaint_names_a_warning_of_the_case_or_none() -> None:
    played = warned()
    assert played.faults("u-office", "link_complaint", stage=1, warning_no=2) == [("/warning_no", None)]
    assert continued().faults("u-office", "link_complaint", stage=1, warning_no=1) == [("/warning_no", None)]
    assert played.when("u-office", "link_complaint", stage=1, warning_no=1) == ["complaint-linked"]


def test_a_complaint_is_answered_once() -> None:
    played = warned()
    with pytest.raises(NoSuchNumber, match="no complaint 1"):
        played.when("u-chair", "record_complaint_outcome", number=1, **UPHELD)
    played.when("u-office", "link_complaint", **COMPLAINT)
    played.when("u-chair", "record_complaint_outcome", number=1, **UPHELD)
    assert played.case.numbers_of("complaint")[1].about == "1"
    with pytest.raises(NothingToActOn, match="complaint 1 is upheld; expected one that is open"):
        played.when("u-office", "record_complaint_outcome", number=1, outcome="not_upheld")


def test_a_warning_is_withdrawn_once_and_the_track_says_so() -> None:
    played = warned()
    assert played.when("u-head", "withdraw_warning", number=1, reason="too harsh") == ["warning-withdrawn"]
    assert played.case.tracks["warning"] == "withdrawn"
    with pytest.raises(NothingToActOn, match="warning 1 is withdrawn; expected one that is in_force"):
        played.when("u-head", "withdraw_warning", number=1, reason="too harsh")
    with pytest.raises(NoSuchNumber, match="no warning 2"):
        played.when("u-head", "withdraw_warning", number=2, reason="too harsh")


def test_another_warning_stays_in_force() -> None:
    played = warned()
    played.when("u-head", "issue_warning", posts=[1])
    played.when("u-head", "withdraw_warning", number=1, reason="it named somebody else's post")
    assert played.case.tracks["warning"] == "in_force"
    played.when("u-head", "withdraw_warning", number=2, reason="so did this one")
    assert played.case.tracks["warning"] == "withdrawn"


def test_a_warning_is_withdrawn_for_a_reason_and_after_a_complaint_that_there_was() -> None:
    played = warned()
    assert played.faults("u-head", "withdraw_warning", number=1, reason=" ", complaint_no=1) == [
        ("/reason", "R22"),
        ("/complaint_no", None),
    ]
    assert played.refused("u-deputy", "withdraw_warning", number=1, reason="r") == ("R12",)
