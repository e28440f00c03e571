"""What follows the end of a case (P63): going on with it, withdrawing it, keeping it, looking whether it is needed."""

from datetime import date
from typing import Any

import pytest

from casework.application.tasks import tasks_of
from casework.domain.due import StatedRetention
from casework.domain.phases import phase
from casework.domain.policy import EditionStanding, Policy
from casework.domain.refusal import NothingToActOn
from casework.domain.steps import DECISIONS
from casework.domain.steps.report import Linked
from tests.domain.playing import CALENDAR, CASE, OTHER_CASE, Played, continued, gone, judged, reported, warned

CLOSING: dict[str, Any] = {"outcome": "resolved_informally", "summary": "gone, and talked about"}
BREACH: dict[str, Any] = {"outcome": "inappropriate", "reason": "abuse", "is_fair_comment_considered": True}
AGAIN: dict[str, Any] = {"reason": "the post is back"}
DUPLICATE: dict[str, Any] = {"because": "duplicate", "duplicate_of": str(OTHER_CASE), "reason": "same post"}
ERROR: dict[str, Any] = {"because": "error", "reason": "about another school"}
LATE = {
    "record_correspondence", "record_police_outcome", "link_complaint", "record_complaint_outcome",
    "place_police_hold", "release_police_hold", "place_legal_hold", "release_legal_hold", "review_retention",
    "erase_case", "verify_evidence", "reopen_incident", "withdraw_grant",
}  # fmt: skip
"""What may be done in a closed case (domain.md 12), and that a grant ends; an export is no decision in it."""


def closed() -> Played:
    """Return a case that was closed."""
    played = gone()
    played.when("u-deputy", "close_incident", **CLOSING)
    return played


def test_a_closed_case_goes_on_under_review_until_something_is_decided() -> None:
    played = closed()
    assert played.when("u-head", "reopen_incident", **AGAIN) == ["reopened"]
    assert (phase(played.case, played.now), played.case.ended, played.case.outcome) == ("under_review", None, None)
    played.when("u-deputy", "check_post", posts=[1], result="visible")
    assert phase(played.case, played.now) == "under_review"
    played.when("u-deputy", "decide_breach", **BREACH)
    assert phase(played.case, played.now) == "first_step"


@pytest.mark.parametrize(
    ("by", "name", "facts"),
    [
        ("u-deputy", "decide_breach", BREACH),
        ("u-deputy", "contact_parent", {"method": "telephone", "outcome": "no_answer"}),
        ("u-deputy", "request_removal", {"posts": [1]}),
        ("u-head", "dispense_first_step", {"code": "hostile", "reason": "r"}),
        ("u-head", "override_threshold", {"code": "repeat", "reason": "r", "missing": ["refusal"]}),
        ("u-deputy", "record_continued_use", {"posts": [1], "limb": "edited", "judged": "inappropriate"}),
        ("u-head", "refer_to_police", {"route": "101", "is_immediate": False, "grounds": ["racial_element"]}),
    ],
)
def test_whatever_is_decided_ends_the_review_of_a_reopened_case(by: str, name: str, facts: dict[str, Any]) -> None:
    played = closed()
    played.when("u-head", "reopen_incident", **AGAIN)
    played.when("u-deputy", "check_post", posts=[1], result="visible")
    assert phase(played.case, played.now) == "under_review"
    played.when(by, name, **facts)
    assert phase(played.case, played.now) in {"first_step", "escalation"}


def test_what_was_set_aside_before_has_to_be_reasoned_again() -> None:
    played = judged()
    played.when("u-head", "dispense_first_step", code="hostile", reason="shouted at the gate")
    played.when(
        "u-head",
        "override_threshold",
        missing=["refusal", "continuation"],
        code="repeat",
        reason="third time this year",
    )
    assert played.ability("u-head", "issue_warning").to_override == ()
    override = {"rules": ["R24"], "code": "closed_channel", "reason": "the group is gone"}
    played.when("u-head", "close_incident", override=override, **CLOSING)
    played.when("u-head", "reopen_incident", **AGAIN)
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R03", "R04")


def test_reopening_takes_the_last_look_away_and_closing_brings_it_back() -> None:
    played = closed()
    assert played.case.retention_review_on == date(2031, 9, 18)
    played.when("u-head", "reopen_incident", **AGAIN)
    assert (reopened := played.case).tasks == ()
    assert reopened.retention_review_on is None
    played.at("2025-09-22T09:00:00+01:00").when("u-deputy", "close_incident", **CLOSING)
    assert played.case.retention_review_on == date(2031, 9, 22)


def test_what_is_owed_outlasts_the_case_and_the_year_to_sue_runs_on_once_it_is_reopened() -> None:
    def tasks() -> set[str]:
        return {task.name for task in played.case.tasks}

    played = continued("fb-school")
    played.when("u-deputy", "categorise", codes=["C3", "C5"], primary="C5")
    block: dict[str, Any] = {"channel": "fb-school", "scope": "comment", "review_on": "2025-10-20", "reason": "r"}
    played.when("u-head", "block_access", posts=[1], **block)
    played.when("u-deputy", "check_post", posts=[1], result="removed")
    stays = {"rules": ["R14"], "code": "hold_continues", "reason": "the block stays until its review"}
    played.when("u-head", "close_incident", override=stays, **CLOSING)
    assert tasks() == {"block_review", "prejudice_return", "retention_review"}
    played.when("u-head", "reopen_incident", **AGAIN)
    assert tasks() == {"block_review", "prejudice_return", "defamation_limitation"}
    played.when("u-head", "review_block", number=1, decision="lift", reason="apology")
    action: dict[str, Any] = {"kind": "defamation", "claimant": {"person": "u-teacher"}, "minute_ref": "FGB 7"}
    played.when("u-head", "authorise_legal_action", posts=[1], **action, reason="r")
    played.when("x-legal", "record_legal_step", number=1, step="settled", is_last=True)
    played.when("u-head", "close_incident", **CLOSING)
    played.when("u-head", "reopen_incident", **AGAIN)
    assert tasks() == {"prejudice_return"}


def test_only_what_ended_can_be_reopened() -> None:
    played = gone()
    assert played.ability("u-head", "reopen_incident").status == "blocked"
    with pytest.raises(NothingToActOn, match="case is open; expected one that is closed or withdrawn"):
        played.when("u-head", "reopen_incident", **AGAIN)
    played.when("u-deputy", "close_incident", **CLOSING)
    assert played.ability("u-head", "reopen_incident").status == "allowed"
    assert played.ability("u-deputy", "reopen_incident").status == "blocked"
    assert played.faults("u-head", "reopen_incident", reason=" ") == [("/reason", "R22")]
    assert played.when("u-chair", "reopen_incident", **AGAIN) == ["reopened"]


def test_a_duplicate_points_to_the_case_that_goes_on() -> None:
    played = reported()
    assert played.when("u-deputy", "withdraw_incident", **DUPLICATE) == ["linked", "withdrawn"]
    linked = played.events[-2].event
    assert linked == Linked(to=OTHER_CASE, relation="duplicate_of")
    assert (phase(played.case, played.now), played.case.ended) == ("withdrawn", "withdrawn")
    assert played.refused("u-deputy", "withdraw_incident", **ERROR) == ("R13",)


def test_a_mistake_points_nowhere() -> None:
    played = reported()
    assert played.when("u-deputy", "withdraw_incident", **ERROR) == ["withdrawn"]
    assert phase(played.case, played.now) == "withdrawn"
    played.when("u-head", "reopen_incident", reason="it was ours after all")
    assert phase(played.case, played.now) == "reported"


def test_what_was_left_to_do_when_a_case_was_withdrawn_is_left_again_when_it_goes_on() -> None:
    played = judged()
    before = {(task.name, task.since) for task in played.case.tasks}
    assert {name for name, _ in before} == {"first_step"}
    played.when("u-deputy", "withdraw_incident", **ERROR)
    assert [task.name for task in played.case.tasks] == ["retention_review"]
    played.when("u-head", "reopen_incident", reason="it was ours after all")
    assert {(task.name, task.since) for task in played.case.tasks} == before


def test_whoever_is_blocked_by_a_case_that_should_not_have_been_is_not_forgotten_when_it_is_withdrawn() -> None:
    played = continued("fb-school")
    block: dict[str, Any] = {"channel": "fb-school", "scope": "comment", "review_on": "2025-10-20", "reason": "r"}
    played.when("u-head", "block_access", posts=[1], **block)
    before = played.case.tasks
    played.when("u-deputy", "withdraw_incident", **ERROR)
    assert [task.name for task in played.case.tasks] == ["block_review", "retention_review"]
    assert played.refused("u-head", "review_block", number=1, decision="lift", reason="r") == ("R13",)
    played.when("u-head", "reopen_incident", **AGAIN)
    assert played.case.tasks == before
    played.when("u-head", "review_block", number=1, decision="lift", reason="it was not theirs")
    played.when("u-deputy", "withdraw_incident", **ERROR)
    assert [task.name for task in played.case.tasks] == ["retention_review"]


@pytest.mark.parametrize(
    "changed",
    [
        {"duplicate_of": None},
        {"because": "error"},
        {"duplicate_of": str(CASE)},
        {"duplicate_of": "3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0009"},
    ],
    ids=["of nothing", "an error of something", "of itself", "of a case that is not there"],
)
def test_a_duplicate_is_one_of_another_case(changed: dict[str, Any]) -> None:
    played = reported()
    assert played.faults("u-deputy", "withdraw_incident", **{**DUPLICATE, **changed}) == [("/duplicate_of", None)]
    assert played.when("u-deputy", "withdraw_incident", **DUPLICATE) == ["linked", "withdrawn"]


def test_a_withdrawn_case_is_looked_at_again_after_as_long_as_its_edition_says() -> None:
    played = reported()
    played.when("u-deputy", "withdraw_incident", **ERROR)
    [task] = played.case.tasks
    assert (task.name, task.due) == ("retention_review", StatedRetention("withdrawn"))
    edition = played.edition
    policy = Policy(
        id=None,
        version=1,
        standings={edition.edition: EditionStanding(edition=edition, sha256="0" * 64)},
        in_force=edition.edition,
    )
    [due] = tasks_of(played.case, CALENDAR, policy, played.now)
    assert (due.due, due.is_overdue) == (date(2026, 9, 18), False)


def test_a_legal_hold_keeps_a_case_open_and_can_be_placed_on_one_that_is_closed() -> None:
    played = gone()
    assert played.when("u-dpo", "place_legal_hold", hold_cause="proceedings", reason="claim") == ["legal-hold-placed"]
    assert played.refused("u-deputy", "close_incident", **CLOSING) == ("R14",)
    assert played.when("u-dpo", "release_legal_hold", number=1, reason="settled") == ["legal-hold-released"]
    played.when("u-deputy", "close_incident", **CLOSING)
    assert played.when("u-chair", "place_legal_hold", hold_cause="other", reason="r") == ["legal-hold-placed"]
    with pytest.raises(NothingToActOn, match="legal hold 1 is released"):
        played.when("u-chair", "release_legal_hold", number=1, reason="r")
    assert played.when("u-chair", "release_legal_hold", number=2, reason="r") == ["legal-hold-released"]


@pytest.mark.parametrize("decided", ["keep", "destroy"])
def test_a_retention_review_settles_its_task_and_destroys_nothing(decided: str) -> None:
    played = closed()
    played.at("2031-09-18T09:00:00+01:00")
    assert played.when("u-office", "review_retention", decision=decided, reason="r") == ["retention-reviewed"]
    assert (played.case.tasks, played.case.retention_review_on, played.case.ended) == ((), None, "closed")


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("place_legal_hold", {"hold_cause": "other"}),
        ("review_retention", {"decision": "keep"}),
        ("erase_case", {}),
        ("withdraw_incident", {"because": "error"}),
    ],
)
def test_what_ends_or_keeps_a_case_is_done_for_a_reason_in_words(name: str, facts: dict[str, Any]) -> None:
    by = "u-head" if name == "withdraw_incident" else "u-dpo"
    assert reported().faults(by, name, reason="\n ", **facts) == [("/reason", "R22")]
    assert reported().when(by, name, reason="why", **facts)


def test_in_a_closed_case_only_what_may_come_late_is_possible() -> None:
    late = {decision.name for decision in DECISIONS if decision.is_for_closed}
    assert late == LATE & {decision.name for decision in DECISIONS}


def test_what_may_come_late_comes_into_a_closed_case() -> None:
    played = warned()
    played.when("u-deputy", "check_post", posts=[1], result="removed")
    played.when("u-deputy", "close_incident", **CLOSING)
    complaint: dict[str, Any] = {"stage": 1, "warning_no": 1}
    assert played.when("u-office", "link_complaint", **complaint) == ["complaint-linked"]
    assert played.when("u-office", "record_complaint_outcome", number=1, outcome="not_upheld") == [
        "complaint-outcome-recorded"
    ]
    assert played.when("u-head", "place_police_hold", reason="asked by the force") == ["police-hold-placed"]
    assert played.when("u-head", "release_police_hold", number=1, consent="PC") == ["police-hold-released"]
    assert played.refused("u-head", "withdraw_warning", number=1, reason="r") == ("R13",)
    played.when("u-head", "reopen_incident", **AGAIN)
    assert played.when("u-head", "withdraw_warning", number=1, reason="r") == ["warning-withdrawn"]
