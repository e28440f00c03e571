"""The deadline of a removal request (domain.md 7): what settles it, and what is still waited for when it has passed."""

from datetime import datetime
from typing import Any

import pytest

from casework.domain.phases import phase, threshold_missing
from tests.domain.playing import Played, continued, judged

PASSED = datetime.fromisoformat("2025-09-24T17:00:00+01:00")
POST: dict[str, Any] = {
    "channel": "fb-community",
    "posted_at": "2025-09-17T21:00:00+01:00",
    "targets": [{"person": "u-teacher"}],
}


def asked(*channels: str) -> Played:
    """Return a case whose poster was asked to remove a post on each of these channels."""
    played = judged(channels[0])
    for channel in channels[1:]:
        played.when("u-deputy", "add_post", **{**POST, "channel": channel})
    posts = list(played.case.posts)
    played.when(
        "u-deputy",
        "decide_breach",
        posts=posts,
        outcome="inappropriate",
        reason="abuses a teacher",
        is_fair_comment_considered=True,
    )
    played.when("u-deputy", "capture_evidence", posts=posts, method="screenshot")
    played.at("2025-09-19T15:42:00+01:00").when("u-deputy", "request_removal", posts=posts)
    return played


def agreed(*channels: str) -> Played:
    """Return such a case in which the poster agreed."""
    played = asked(*channels)
    played.when("u-deputy", "record_removal_response", number=1, response="agreed")
    return played


def overdue(played: Played) -> list[int]:
    return [request.request_no for request in played.case.overdue_requests(PASSED)]


def test_a_promise_about_messages_is_all_there_is_to_wait_for() -> None:
    played = agreed("dojo")
    assert played.events[-1].carried.clauses == ("P25", "P54")
    assert overdue(played) == []
    assert not any(task.name == "removal_deadline" for task in played.case.tasks)
    assert "refusal" in threshold_missing(played.case, PASSED)


@pytest.mark.parametrize("channels", [("fb-community",), ("dojo", "fb-community")], ids=["a post", "one of two"])
def test_a_promise_about_what_can_be_taken_down_leaves_the_deadline_running(channels: tuple[str, ...]) -> None:
    played = agreed(*channels)
    assert played.events[-1].carried.clauses == ("P54",)
    assert overdue(played) == [1]
    assert "refusal" not in threshold_missing(played.case, PASSED)


def test_a_refusal_about_messages_is_a_refusal() -> None:
    played = asked("dojo")
    played.when("u-deputy", "record_removal_response", number=1, response="refused")
    assert overdue(played) == []
    assert "refusal" not in threshold_missing(played.case, PASSED)


def test_a_deadline_is_not_overdue_before_its_last_instant() -> None:
    played = asked("fb-community")
    assert not played.case.overdue_requests(datetime.fromisoformat("2025-09-24T16:59:59+01:00"))
    assert overdue(played) == [1]


def test_a_newer_request_leaves_one_deadline_to_wait_for() -> None:
    played = asked("fb-community")
    played.when("u-deputy", "request_removal", posts=[1])
    assert overdue(played) == [2]


def test_posts_seen_gone_and_a_closed_case_leave_none() -> None:
    played = asked("fb-community")
    played.when("u-head", "check_post", posts=[1], result="visible")
    override = {"rules": ["R14"], "code": "post_still_visible", "reason": "nothing more can be done"}
    played.when("u-head", "close_incident", outcome="unresolved", summary="s", override=override)
    assert overdue(played) == []
    gone = asked("fb-community")
    gone.when("u-deputy", "check_post", posts=[1], result="removed")
    assert overdue(gone) == []


def test_a_passed_deadline_counts_before_anybody_has_written_that_it_passed() -> None:
    played = asked("fb-community")
    went_on: dict[str, Any] = {"posts": [1], "limb": "still_visible", "judged": "inappropriate"}
    played.at("2025-09-23T09:00:00+01:00").when("u-deputy", "record_continued_use", **went_on)
    assert phase(played.case, played.now) == "first_step"
    assert phase(played.case, PASSED) == "escalation"
    assert phase(continued().case, PASSED) == "escalation"


def lapsed(played: Played) -> Played:
    """Return the case once its deadline has passed and the timer has written so."""
    played.at("2025-09-24T17:00:00+01:00").when("u-timer", "lapse_removal_deadline", number=1)
    return played


@pytest.mark.parametrize("is_timer_first", [True, False])
def test_a_late_promise_does_not_undo_that_the_time_passed_whenever_the_timer_came(*, is_timer_first: bool) -> None:
    played = asked("fb-community")
    late = PASSED.replace(hour=18)
    if is_timer_first:
        lapsed(played)
    played.now = late
    played.when("u-deputy", "record_removal_response", number=1, response="agreed")
    assert played.case.requests[0].answer == "agreed"
    if not is_timer_first:
        played.when("u-timer", "lapse_removal_deadline", number=1)
    assert "refusal" not in threshold_missing(played.case, late)


@pytest.mark.parametrize(
    ("promised", "is_refusal"), [("2025-09-24T17:00:00+01:00", False), ("2025-09-24T17:00:01+01:00", True)]
)
@pytest.mark.parametrize("is_timer_first", [True, False])
def test_a_promise_about_messages_counts_by_when_it_was_made_not_by_when_it_was_written(
    promised: str, *, is_refusal: bool, is_timer_first: bool
) -> None:
    played = asked("dojo")
    if is_timer_first:
        lapsed(played)
    played.at("2025-09-25T09:00:00+01:00").happened(promised)
    played.when("u-deputy", "record_removal_response", number=1, response="agreed")
    assert ("refusal" not in threshold_missing(played.case, played.now)) is is_refusal
    assert (played.case.overdue_requests(played.now) == ()) is (is_timer_first or not is_refusal)


@pytest.mark.parametrize(
    ("seen_gone", "is_refusal"), [("2025-09-24T17:00:00+01:00", False), ("2025-09-24T17:00:01+01:00", True)]
)
@pytest.mark.parametrize("is_timer_first", [True, False])
def test_a_look_at_a_post_that_is_gone_counts_by_when_somebody_looked_whenever_the_timer_came(
    seen_gone: str, *, is_refusal: bool, is_timer_first: bool
) -> None:
    played = asked("fb-community")
    if is_timer_first:
        lapsed(played)
    played.at("2025-09-25T09:00:00+01:00").happened(seen_gone)
    played.when("u-deputy", "check_post", posts=[1], result="removed")
    assert ("refusal" not in threshold_missing(played.case, played.now)) is is_refusal
    assert (played.case.overdue_requests(played.now) == ()) is (is_timer_first or not is_refusal)


def test_a_deadline_is_met_only_once_every_post_was_seen_gone_by_then() -> None:
    played = lapsed(asked("fb-community", "insta"))
    played.at("2025-09-25T09:00:00+01:00").happened("2025-09-23T12:00:00+01:00")
    played.when("u-deputy", "check_post", posts=[1], result="removed")
    assert "refusal" not in threshold_missing(played.case, played.now)
    played.when("u-deputy", "check_post", posts=[2], result="unavailable")
    assert "refusal" in threshold_missing(played.case, played.now)
    assert played.case.numbers_of("removal_request")[1].status == "open"


def test_a_look_from_before_at_a_post_that_is_there_meets_no_deadline() -> None:
    played = lapsed(asked("fb-community"))
    played.at("2025-09-25T09:00:00+01:00").when("u-deputy", "check_post", posts=[1], result="removed")
    played.happened("2025-09-23T12:00:00+01:00").when("u-deputy", "check_post", posts=[1], result="visible")
    assert "refusal" not in threshold_missing(played.case, played.now)


def test_a_deadline_that_was_met_leaves_an_older_request_replaced_by_a_newer_one() -> None:
    played = lapsed(asked("fb-community"))
    played.at("2025-09-25T09:00:00+01:00").when("u-deputy", "request_removal", posts=[1])
    played.at("2025-09-25T10:00:00+01:00").happened("2025-09-23T12:00:00+01:00")
    played.when("u-deputy", "check_post", posts=[1], result="removed")
    assert [each.status for each in played.case.numbers_of("removal_request").values()] == ["replaced", "open"]
    assert all(task.name != "removal_deadline" for task in played.case.tasks)


def test_what_was_refused_in_words_stays_refused_though_the_post_went_in_time() -> None:
    played = asked("fb-community")
    played.when("u-deputy", "record_removal_response", number=1, response="refused")
    played.at("2025-09-22T09:00:00+01:00").when("u-deputy", "check_post", posts=[1], result="removed")
    assert "refusal" not in threshold_missing(played.case, played.now)


def test_what_one_person_was_asked_and_refused_is_not_held_against_another_who_it_was_instead() -> None:
    played = continued()
    found: dict[str, Any] = {"confidence": "confirmed", "reason": "says it was her"}
    played.when("u-head", "correct_identity", to={"person": "p-other"}, **found)
    assert threshold_missing(played.case, played.now) == ("refusal", "continuation")
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R03", "R04")
    played.when("u-deputy", "contact_parent", method="telephone", outcome="discussion_held")
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R03", "R04")
    played.when("u-deputy", "request_removal", posts=[1])
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R04",)
    played.when("u-head", "correct_identity", to="P2", **found)
    assert played.when("u-head", "issue_warning", posts=[1])[0] == "warning-issued"


def test_the_first_request_is_the_one_that_was_made_first_in_whatever_order_they_are_written_down() -> None:
    played = asked("fb-community")
    played.at("2025-09-19T16:00:00+01:00").happened("2025-09-19T10:00:00+01:00")
    played.when("u-deputy", "request_removal", posts=[1])
    went_on: dict[str, Any] = {"posts": [1], "limb": "still_visible", "judged": "inappropriate"}
    played.happened("2025-09-19T12:00:00+01:00").when("u-deputy", "record_continued_use", **went_on)
    assert "continuation" not in threshold_missing(played.case, played.now)
