"""Each task of domain.md 7 with its due day, on the days of the stories and of its cases."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from casework.application.tasks import DueTask, tasks_of
from casework.domain.calendar import Calendar
from casework.domain.policy import EditionStanding, Policy
from tests.domain.playing import CALENDAR, CASE, Played, continued, edition, judged, reported

POLICY = Policy(
    id=CASE,
    version=1,
    standings={"2021-spring": EditionStanding(edition=edition(), sha256="0" * 64)},
    in_force="2021-spring",
)
OVERRIDE = {"rules": ["R03", "R04"], "code": "other", "reason": "no parent to ask"}
NOTICE: dict[str, Any] = {
    "basis": "defamation_act_2013_s5",
    "complainant": "P1",
    "particulars": {
        "email": True,
        "meaning": "that she steals",
        "inaccurate": True,
        "poster_unknown": True,
        "consent_to_pass_name": False,
    },
}
LETTER: dict[str, Any] = {
    "letter_id": "33333333-3333-4333-8333-333333333333",
    "template": "L02",
    "version": 1,
    "pdf_sha256": "0" * 64,
    "size_bytes": 67,
    "channel": "print",
}


def tasks(played: Played, calendar: Calendar = CALENDAR) -> dict[str, DueTask]:
    """Return the open tasks by name, as they stand at the moment."""
    return {task.name: task for task in tasks_of(played.case, calendar, POLICY, played.now)}


def due(played: Played, name: str) -> str | None:
    """Return when a task is due, as an answer states it."""
    found = tasks(played)[name].due
    return found.isoformat() if found else None


def on(now: str, channel: str = "fb-community") -> Played:
    """Return a case that was reported then, as soon as the post was made."""
    played = Played().at(now)
    played.when("u-deputy", "report_incident", channel=channel, posted_at=now, targets=[{"person": "u-teacher"}])
    return played


@pytest.mark.parametrize(
    ("reported_at", "screening", "first_step"),
    [
        ("2025-09-18T08:52:00+01:00", "2025-09-18", "2025-09-25"),
        ("2025-09-18T17:00:00+01:00", "2025-09-18", "2025-09-25"),
        ("2025-09-18T17:00:01+01:00", "2025-09-19", "2025-09-25"),
        ("2025-09-20T10:00:00+01:00", "2025-09-22", "2025-09-26"),
        ("2025-10-24T18:00:00+01:00", "2025-11-03", "2025-11-07"),
    ],
    ids=["a school day", "to the last moment", "in the evening", "a Saturday", "before half-term"],
)
def test_a_report_is_screened_that_school_day_or_the_next_and_spoken_about_in_five(
    reported_at: str, screening: str, first_step: str
) -> None:
    played = on(reported_at)
    assert (due(played, "screen_safeguarding"), due(played, "first_step")) == (screening, first_step)
    assert not tasks(played)["screen_safeguarding"].is_overdue


def test_a_story_is_captured_before_it_is_gone() -> None:
    assert due(on("2025-11-11T21:55:00+00:00", "insta"), "capture_before_expiry") == "2025-11-12T21:55:00+00:00"


@pytest.mark.parametrize(
    ("asked_at", "by"),
    [
        ("2025-09-19T15:42:00+01:00", "2025-09-24T17:00:00+01:00"),
        ("2026-02-12T09:00:00+00:00", "2026-02-24T17:00:00+00:00"),
        ("2025-10-23T09:00:00+01:00", "2025-11-04T17:00:00+00:00"),
    ],
    ids=["over a weekend", "over half-term", "over the change of clocks"],
)
def test_removal_is_asked_for_by_five_on_the_third_school_day(asked_at: str, by: str) -> None:
    played = judged().at(asked_at)
    played.when("u-deputy", "request_removal", posts=[1])
    assert due(played, "removal_deadline") == by


@pytest.mark.parametrize(
    ("referred_at", "is_immediate", "evidence", "reference"),
    [
        ("2025-11-11T22:36:00+00:00", True, "2025-11-12", "2025-11-12"),
        ("2025-10-14T11:40:00+01:00", False, "2025-10-15", "2025-10-16"),
        ("2026-04-30T09:00:00+01:00", False, "2026-05-01", "2026-05-05"),
    ],
    ids=["a threat by night", "online", "over a bank holiday"],
)
def test_what_a_referral_lacks_is_there_a_working_day_later_its_reference_in_two_if_it_could_wait(
    *, referred_at: str, is_immediate: bool, evidence: str, reference: str
) -> None:
    played = reported().at(referred_at)
    facts: dict[str, Any] = {"route": "101", "grounds": ["racial_element"]}
    played.when("u-head", "refer_to_police", **facts, is_immediate=is_immediate)
    assert (due(played, "attach_evidence"), due(played, "record_police_reference")) == (evidence, reference)


def test_the_lado_is_called_within_a_working_day_of_a_hold() -> None:
    played = reported().at("2025-09-19T16:00:00+01:00")
    played.when("u-dsl", "screen_safeguarding", is_hold=True, finding="other", reason="look")
    assert due(played, "lado_contact") == "2025-09-22"


def test_a_block_is_reviewed_on_its_day() -> None:
    played = continued("fb-school")
    block: dict[str, Any] = {"posts": [1], "channel": "fb-school", "scope": "comment", "reason": "r"}
    played.when("u-head", "block_access", **block, review_on="2025-10-20")
    assert due(played, "block_review") == "2025-10-20"


@pytest.mark.parametrize(
    ("reported_at", "by"),
    [
        ("2026-01-26T09:00:00+00:00", "2026-01-28T09:00:00+00:00"),
        ("2026-05-01T10:00:00+01:00", "2026-05-06T10:00:00+01:00"),
    ],
)
def test_a_host_answers_a_section_5_notice_within_48_hours_of_working_days(reported_at: str, by: str) -> None:
    played = unknown().at(reported_at)
    played.when("u-head", "report_to_host", posts=[1], **NOTICE, override=OVERRIDE)
    assert due(played, "host_response") == by
    assert not tasks(played.at(by))["host_response"].is_overdue
    late = replace_second(by)
    assert tasks(played.at(late))["host_response"].is_overdue


def test_a_host_answers_any_other_report_in_ten_working_days_or_what_the_edition_of_that_day_states() -> None:
    played = unknown().at("2026-04-24T09:10:00+01:00")
    played.when("u-head", "report_to_host", posts=[1], basis="policy_report", override=OVERRIDE)
    assert due(played, "host_response") == "2026-05-11"
    later = replace(edition(), edition="2026", parameters=replace(edition().parameters, host_reply_working_days=1))
    newer = EditionStanding(edition=later, sha256="0" * 64)
    policy = replace(POLICY, standings={**POLICY.standings, "2026": newer}, in_force="2026")
    [task] = [task for task in tasks_of(played.case, CALENDAR, policy, played.now) if task.name == "host_response"]
    assert task.due == date(2026, 5, 11)


def test_the_year_to_sue_runs_from_the_earliest_post_and_warns_after_nine_and_eleven_months() -> None:
    played = Played().at("2026-01-15T08:30:00+00:00")
    posted: dict[str, Any] = {"channel": "fb-community", "targets": []}
    played.when("u-office", "report_incident", **posted, posted_at="2026-01-14T19:02:00+00:00")
    played.when("u-office", "categorise", codes=["C3", "C1"], primary="C3")
    task = tasks(played)["defamation_limitation"]
    assert (task.due, task.warns) == (date(2027, 1, 14), (date(2026, 10, 14), date(2026, 12, 14)))
    played.when("u-office", "add_post", **posted, posted_at="2026-01-15T08:00:00+00:00")
    assert due(played, "defamation_limitation") == "2027-01-14"
    played.when("u-office", "add_post", **posted, posted_at="2025-12-31T23:59:00+00:00")
    assert due(played, "defamation_limitation") == "2026-12-31"
    assert {name for name, each in tasks(played).items() if each.warns} == {"defamation_limitation"}


def test_a_prejudice_return_is_made_by_the_last_school_day_of_the_term() -> None:
    played = reported().at("2025-10-14T09:35:00+01:00")
    played.when("u-head", "categorise", codes=["C5"], primary="C5", characteristics=["race"])
    assert due(played, "prejudice_return") == "2025-12-19"


def test_a_letter_that_came_back_is_sent_again_within_two_working_days() -> None:
    played = judged().at("2026-04-30T09:00:00+01:00")
    played.when("u-letters", "record_correspondence", **LETTER, party="P2", state="returned")
    assert due(played, "redeliver") == "2026-05-05"


@pytest.mark.parametrize(
    ("outcome", "review_on"), [("inappropriate", "2031-10-10"), ("not_inappropriate", "2026-10-10")]
)
def test_a_closed_case_is_looked_at_after_six_years_or_one_without_a_breach(outcome: str, review_on: str) -> None:
    played = judged().at("2025-10-10T15:00:00+01:00")
    played.when("u-deputy", "decide_breach", outcome=outcome, reason="r", is_fair_comment_considered=True)
    played.when("u-deputy", "check_post", posts=[1], result="removed")
    played.when("u-head", "close_incident", outcome="other", summary="s")
    assert due(played, "retention_review") == review_on


def test_a_day_beyond_the_calendar_is_none_and_not_overdue() -> None:
    played = reported().at("2026-07-17T18:00:00+01:00")
    played.when("u-head", "categorise", codes=["C5"], primary="C5")
    played.at("2026-08-30T09:00:00+01:00")
    for task in tasks(played, Calendar()).values():
        assert (task.due, task.is_overdue) == (None, False)


def unknown() -> Played:
    """Return a case whose post was judged and whose poster nobody knows."""
    played = reported()
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot")
    played.when("u-deputy", "decide_breach", outcome="inappropriate", reason="r", is_fair_comment_considered=True)
    return played


def replace_second(moment: str) -> str:
    """Return the second after this one."""
    return datetime.fromisoformat(moment).astimezone(UTC).replace(second=1).isoformat()
