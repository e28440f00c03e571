"""The end of a case (P63): what keeps it open, when it was last looked at, and how long it is kept."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from casework.domain.calendar import CalendarMissing, years_later
from casework.domain.phases import phase
from casework.domain.refusal import Refused
from tests.domain.playing import Played, gone, judged, reported

CLOSING: dict[str, Any] = {"outcome": "resolved_informally", "summary": "gone, and talked about"}
BREACH: dict[str, Any] = {"outcome": "inappropriate", "reason": "abuse", "is_fair_comment_considered": True}
LETTER: dict[str, Any] = {
    "letter_id": UUID("33333333-3333-4333-8333-333333333333"),
    "template": "L02",
    "version": 1,
    "pdf_sha256": "0" * 64,
    "size_bytes": 67,
    "channel": "print",
    "party": "P2",
}


def missing(played: Played) -> tuple[str, ...]:
    """Return what R14 says is open."""
    ability = played.ability("u-head", "close_incident")
    return next(failure.missing for failure in ability.to_override if failure.rule.id == "R14")


def test_closing_ends_all_tasks_but_the_last_look() -> None:
    played = gone()
    assert played.when("u-head", "close_incident", **CLOSING) == ["closed", "retention-scheduled"]
    assert phase(played.case, played.now) == "closed"
    assert [task.name for task in played.case.tasks] == ["retention_review"]
    assert played.case.outcome == "resolved_informally"


def test_a_concern_stays_open_until_it_is_answered() -> None:
    played = gone()
    played.when("u-deputy", "decide_breach", **BREACH, underlying_concern="the trip list")
    assert missing(played) == ("concern 1",)
    played.when("u-deputy", "contact_parent", method="telephone", outcome="discussion_held", concern_response=" ")
    assert missing(played) == ("concern 1",)
    played.when("u-deputy", "contact_parent", method="telephone", outcome="no_answer", concern_response="rechecked")
    assert played.when("u-deputy", "close_incident", **CLOSING) == ["closed", "retention-scheduled"]


def test_a_concern_answered_with_the_judgement_is_not_open() -> None:
    played = gone()
    played.when("u-deputy", "decide_breach", **BREACH, underlying_concern="the trip", concern_response="list rechecked")
    assert played.ability("u-deputy", "close_incident").status == "allowed"


def test_what_not_everybody_may_know_of_is_named_only_to_those_who_may() -> None:
    played = gone()
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="q")
    assert missing(played) == ("legal advice 1",)
    with pytest.raises(Refused) as caught:
        played.when("u-deputy", "close_incident", **CLOSING)
    assert caught.value.failures[0].missing == ("a matter that the headteacher knows of",)
    assert "advice" not in str(caught.value)


def test_a_post_last_seen_is_open() -> None:
    played = gone()
    played.when("u-deputy", "check_post", posts=[1], result="edited")
    assert missing(played) == ("post 1, last seen edited",)
    assert played.refused("u-deputy", "close_incident", **CLOSING) == ("R14",)


def test_messages_are_never_waited_for() -> None:
    played = judged("dojo")
    played.when("u-deputy", "check_post", posts=[1], result="visible")
    assert played.when("u-deputy", "close_incident", **CLOSING) == ["closed", "retention-scheduled"]


def test_a_hold_is_open_and_so_is_a_referral() -> None:
    played = gone()
    told: dict[str, Any] = {"route": "999", "grounds": ["threat_of_violence"], "is_immediate": True}
    played.when("u-head", "refer_to_police", **told)
    assert missing(played) == ("police referral 1", "police hold 1")


def test_a_letter_that_came_back_is_open_until_it_is_sent_again() -> None:
    played = gone()
    played.when("u-letters", "record_correspondence", state="sent", **LETTER)
    played.when("u-letters", "record_correspondence", state="returned", **LETTER)
    assert missing(played) == ("letter 2",)
    other = {**LETTER, "letter_id": UUID("33333333-3333-4333-8333-333333333334"), "template": "L03"}
    played.when("u-letters", "record_correspondence", state="sent", **other)
    assert missing(played) == ("letter 2",)
    again = {**LETTER, "letter_id": UUID("33333333-3333-4333-8333-333333333335")}
    played.when("u-letters", "record_correspondence", state="sent", **again)
    assert not any(task.name == "redeliver" for task in played.case.tasks)
    assert played.when("u-deputy", "close_incident", **CLOSING) == ["closed", "retention-scheduled"]


def test_a_letter_may_come_back_after_the_case_was_closed() -> None:
    played = gone()
    played.when("u-deputy", "close_incident", **CLOSING)
    assert played.when("u-letters", "record_correspondence", state="returned", **LETTER) == ["correspondence-recorded"]
    assert phase(played.case, played.now) == "closed"


@pytest.mark.parametrize(
    ("closed", "rules"),
    [("2025-09-25T16:59:00+01:00", ()), ("2025-09-26T09:00:00+01:00", ("R24",))],
    ids=["five school days later", "six school days later"],
)
def test_a_look_is_fresh_for_five_school_days(closed: str, rules: tuple[str, ...]) -> None:
    played = judged()
    played.when("u-deputy", "check_post", posts=[1], result="visible")
    played.at(closed)
    override = {"rules": ["R14"], "code": "post_still_visible", "reason": "nothing more can be done"}
    if rules:
        assert played.refused("u-head", "close_incident", **CLOSING, override=override) == rules
    else:
        assert played.when("u-head", "close_incident", **CLOSING, override=override)[0] == "closed"


def test_a_channel_that_nobody_can_look_into_any_more_is_overridden() -> None:
    played = judged()
    override = {"rules": ["R24"], "code": "closed_channel", "reason": "the group is gone"}
    assert played.when("u-chair", "close_incident", **CLOSING, override=override)[0] == "closed"


def test_without_terms_a_look_has_no_age() -> None:
    played = judged()
    played.when("u-deputy", "check_post", posts=[1], result="visible")
    played.at("2026-08-03T09:00:00+01:00")
    with pytest.raises(CalendarMissing):
        played.when("u-head", "close_incident", **CLOSING)


@pytest.mark.parametrize(
    ("outcome", "rule", "review_on"),
    [("inappropriate", "closed", "2031-09-18"), ("not_inappropriate", "no_breach", "2026-09-18")],
)
def test_a_case_is_kept_for_as_long_as_the_edition_says(outcome: str, rule: str, review_on: str) -> None:
    played = gone()
    played.when("u-deputy", "decide_breach", **{**BREACH, "outcome": outcome})
    played.when("u-deputy", "close_incident", **CLOSING)
    scheduled: Any = played.events[-1].event
    assert (scheduled.rule, scheduled.review_on.isoformat()) == (rule, review_on)
    assert played.case.retention_review_on == date.fromisoformat(review_on)
    assert played.case.tasks[-1].due == date.fromisoformat(review_on)


def test_one_post_that_was_no_breach_does_not_shorten_the_keeping_of_one_that_was() -> None:
    played = gone()
    posted: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-17T21:00:00+01:00", "targets": ["P1"]}
    played.when("u-deputy", "add_post", **posted)
    played.when("u-deputy", "decide_breach", **{**BREACH, "outcome": "not_inappropriate", "posts": [2]})
    played.when("u-deputy", "close_incident", **CLOSING)
    assert played.case.retention_review_on == date(2031, 9, 18)


def test_the_last_day_of_february_becomes_the_day_before_it() -> None:
    assert years_later(date(2028, 2, 29), 6) == date(2034, 2, 28)
    assert years_later(date(2028, 2, 29), 4) == date(2032, 2, 29)
    assert years_later(date(2025, 10, 10), 6) == date(2031, 10, 10)


def test_the_years_count_from_the_day_in_london() -> None:
    played = reported().at("2025-09-18T23:30:00+00:00")
    played.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    played.when("u-deputy", "close_incident", **CLOSING)
    assert played.case.retention_review_on == date(2031, 9, 19)


def test_what_is_judged_later_does_not_hide_what_was_judged_before() -> None:
    played = judged()
    posted: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-17T21:00:00+01:00", "targets": ["P1"]}
    played.when("u-deputy", "add_post", **posted)
    played.when("u-deputy", "decide_breach", **{**BREACH, "outcome": "not_inappropriate", "posts": [2]})
    assert phase(played.case, played.now) == "first_step"
    assert any(task.name == "first_step" for task in played.case.tasks)
    played.when("u-deputy", "check_post", posts=[1], result="unavailable")
    assert phase(played.case, played.now) == "monitoring"
