"""Action 5 (P60): reports to the host, the notice under the Defamation Act 2013 s.5, and what the host answers."""

from typing import Any

import pytest

from casework.domain.due import Due, StatedWorkingDays, WorkingHours
from casework.domain.phases import phase
from casework.domain.refusal import BadFacts, NoSuchNumber, NothingToActOn, Refused
from casework.domain.steps.host import HostReported, Particulars
from tests.domain.playing import Played, continued, judged, reported

REPORT: dict[str, Any] = {"posts": [1], "basis": "policy_report"}
PARTICULARS: dict[str, Any] = {
    "email": True,
    "meaning": "that she steals",
    "inaccurate": True,
    "poster_unknown": True,
    "consent_to_pass_name": False,
}
NOTICE: dict[str, Any] = {
    "posts": [1],
    "basis": "defamation_act_2013_s5",
    "complainant": {"person": "u-teacher"},
    "particulars": PARTICULARS,
}
HOST_ONLY = {"rules": ["R03", "R04"], "code": "other", "reason": "no parent to ask"}


def unknown() -> Played:
    """Return a case whose post was judged and whose poster nobody knows."""
    played = reported()
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot")
    played.when("u-deputy", "categorise", codes=["C3"], primary="C3")
    played.when("u-deputy", "decide_breach", outcome="inappropriate", reason="r", is_fair_comment_considered=True)
    return played


def due(played: Played) -> list[tuple[int | None, Due]]:
    return [(task.number, task.due) for task in played.case.tasks if task.name == "host_response"]


def missing(played: Played, **changed: Any) -> list[str]:
    """Return what a notice under section 5 is told to lack."""
    faults = played.faults("u-head", "report_to_host", **{**NOTICE, **changed}, override=HOST_ONLY)
    return [pointer for pointer, _ in faults]


def test_a_report_waits_for_the_host_as_long_as_the_edition_states() -> None:
    played = continued()
    assert played.when("u-deputy", "report_to_host", **REPORT) == ["host-reported"]
    assert due(played) == [(1, StatedWorkingDays("host_reply_working_days"))]
    assert played.case.tracks["host"] == "reported"
    assert phase(played.case, played.now) == "escalation"


def test_the_host_is_whoever_runs_the_channel_of_the_posts() -> None:
    played = continued("dojo")
    played.when("u-head", "report_to_host", **REPORT)
    assert isinstance(played.events[-1].event, HostReported)
    assert played.events[-1].event.host == "classdojo"


def test_a_report_goes_to_one_host() -> None:
    played = continued()
    posted: dict[str, Any] = {"posted_at": "2025-09-17T20:14:00+01:00", "targets": ["P1"]}
    for channel in ("fb-school", "insta"):
        played.when("u-deputy", "add_post", channel=channel, **posted)
    played.when("u-deputy", "capture_evidence", posts=[2, 3], method="screenshot")
    played.when("u-deputy", "record_continued_use", posts=[2, 3], limb="new_post", judged="inappropriate")
    assert played.faults("u-head", "report_to_host", **{**REPORT, "posts": [1, 3]}) == [("/posts", None)]
    assert played.when("u-head", "report_to_host", **{**REPORT, "posts": [1, 2]}) == ["host-reported"]


def test_a_report_waits_for_evidence_the_first_step_the_threshold_and_a_judgement() -> None:
    assert reported().refused("u-head", "report_to_host", **REPORT) == ("R01", "R03", "R04", "R16")
    assert continued().refused("u-office", "report_to_host", **REPORT) == ("R12",)


def test_a_poster_whom_nobody_can_ask_is_reported_by_override_and_its_reason_is_kept() -> None:
    played = unknown()
    assert played.refused("u-head", "report_to_host", **REPORT) == ("R03", "R04")
    played.when("u-head", "dispense_first_step", code="poster_unreachable", reason="poster not identified")
    override = {"rules": ["R04"], "code": "host_only", "reason": "no parent to ask"}
    assert played.refused("u-deputy", "report_to_host", **REPORT, override=override) == ("R04",)
    assert played.when("u-head", "report_to_host", **REPORT, override=override) == [
        "escalation-threshold-overridden",
        "host-reported",
    ]
    assert isinstance(played.events[-1].event, HostReported)
    assert played.events[-1].event.override_reason == "no parent to ask"


def test_an_account_of_a_child_is_reported_without_a_judgement() -> None:
    played = reported("insta", kind="child_account")
    played.when("u-dsl", "capture_evidence", posts=[1], method="url_and_description")
    override = {"rules": ["R03", "R04"], "code": "child_safety", "reason": "classmates are shown"}
    report = {**REPORT, "basis": "underage_account"}
    assert played.refused("u-dsl", "report_to_host", **report) == ("R03", "R04")
    assert played.when("u-dsl", "report_to_host", **report, override=override)[-1] == "host-reported"


def test_whom_the_school_cannot_contact_it_reports_to_the_host() -> None:
    played = unknown()
    stranger: dict[str, Any] = {"party": {"name": "somebody using the name Sarah J Holt", "kind": "unknown"}}
    with pytest.raises(Refused) as caught:
        played.when("u-head", "contact_parent", method="telephone", outcome="no_answer", **stranger)
    [failure] = caught.value.failures
    assert (failure.rule.id, failure.rule.instead) == ("R05", "host-reports")
    assert "report the post to the host" in failure.sentence


def test_a_notice_under_section_5_is_the_persons_own_and_runs_48_hours() -> None:
    played = unknown()
    assert played.when("u-head", "report_to_host", **NOTICE, override=HOST_ONLY)[-1] == "host-reported"
    event = played.events[-1].event
    assert isinstance(event, HostReported)
    assert event.complainant == "P1"
    assert event.particulars == Particulars(**PARTICULARS)
    assert due(played) == [(1, WorkingHours(48))]


def test_a_notice_without_anything_is_told_all_that_it_lacks_at_once() -> None:
    assert missing(unknown(), complainant=None, particulars=None) == [
        "/complainant",
        "/particulars/email",
        "/particulars/inaccurate",
        "/particulars/poster_unknown",
        "/particulars/meaning",
        "/particulars/consent_to_pass_name",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", False),
        ("email", None),
        ("inaccurate", False),
        ("poster_unknown", False),
        ("meaning", " "),
        ("meaning", None),
        ("consent_to_pass_name", None),
    ],
)
def test_a_notice_that_lacks_one_thing_is_told_that(name: str, value: Any) -> None:
    lacking = {**PARTICULARS, name: value}
    assert missing(unknown(), particulars=lacking) == [f"/particulars/{name}"]


@pytest.mark.parametrize("consent", [True, False])
def test_whether_the_name_is_passed_on_is_the_persons_choice(*, consent: bool) -> None:
    notice = {**NOTICE, "particulars": {**PARTICULARS, "consent_to_pass_name": consent}}
    assert unknown().when("u-head", "report_to_host", **notice, override=HOST_ONLY)[-1] == "host-reported"


@pytest.mark.parametrize("kind", ["group", "unknown"])
@pytest.mark.parametrize("basis", ["defamation_act_2013_s5", "policy_report"])
def test_only_a_person_complains_never_the_school_or_its_governing_body(kind: str, basis: str) -> None:
    board = {"name": "the governing body", "kind": kind}
    assert missing(unknown(), complainant=board, basis=basis) == ["/complainant"]


def test_against_a_known_poster_there_is_no_such_notice() -> None:
    assert missing(judged()) == ["/particulars/poster_unknown"]
    guessed = judged()
    name_only: dict[str, Any] = {"party": "P2", "basis_code": "name_match", "basis": "the same name"}
    guessed.when("u-deputy", "attribute_identity", confidence="unverified", **name_only)
    assert guessed.when("u-head", "report_to_host", **NOTICE, override=HOST_ONLY)[-1] == "host-reported"
    stranger = unknown()
    account: dict[str, Any] = {"party": {"name": "the account sjholt", "kind": "unknown"}, "basis": "the handle"}
    stranger.when("u-deputy", "attribute_identity", confidence="unverified", basis_code="other", **account)
    assert stranger.when("u-head", "report_to_host", **NOTICE, override=HOST_ONLY)[-1] == "host-reported"


def test_what_a_notice_says_stands_in_no_answer() -> None:
    with pytest.raises(BadFacts) as caught:
        unknown().when("u-head", "report_to_host", **{**NOTICE, "particulars": {"meaning": "that she steals"}})
    assert "steals" not in str(caught.value)


@pytest.mark.parametrize(("result", "track"), [("removed", "removed"), ("refused", "refused"), ("partly", "refused")])
def test_an_answer_settles_the_report_once(result: str, track: str) -> None:
    played = continued()
    played.when("u-head", "report_to_host", **REPORT)
    with pytest.raises(NoSuchNumber, match="no host report 2"):
        played.when("u-office", "record_host_response", number=2, result=result)
    assert played.when("u-office", "record_host_response", number=1, result=result) == ["host-responded"]
    assert (played.case.tracks["host"], due(played)) == (track, [])
    with pytest.raises(NothingToActOn, match=f"host report 1 is {result}; expected one that is reported"):
        played.when("u-office", "record_host_response", number=1, result=result)


def test_an_answer_to_one_report_leaves_the_other_waiting() -> None:
    played = unknown()
    played.when("u-head", "report_to_host", **REPORT, override=HOST_ONLY)
    played.when("u-head", "report_to_host", **NOTICE)
    played.when("u-office", "record_host_response", number=2, result="removed")
    assert [number for number, _ in due(played)] == [1]


def test_posts_seen_gone_leave_no_report_to_wait_for() -> None:
    played = unknown()
    posted: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-17T21:00:00+01:00", "targets": ["P1"]}
    played.when("u-deputy", "add_post", **posted)
    played.when("u-deputy", "capture_evidence", posts=[2], method="screenshot")
    played.when("u-deputy", "decide_breach", outcome="inappropriate", reason="r", is_fair_comment_considered=True)
    played.when("u-head", "report_to_host", **{**REPORT, "posts": [1, 2]}, override=HOST_ONLY)
    played.when("u-head", "report_to_host", **REPORT)
    played.when("u-office", "check_post", posts=[1], result="visible")
    assert [number for number, _ in due(played)] == [1, 2]
    played.when("u-office", "check_post", posts=[1], result="removed", removed_by="host")
    assert [number for number, _ in due(played)] == [1]
    played.when("u-office", "check_post", posts=[2], result="unavailable")
    assert due(played) == []
    assert played.case.tracks["host"] == "reported"


def test_a_report_that_nobody_answers_keeps_no_case_open() -> None:
    played = continued()
    played.when("u-head", "report_to_host", **REPORT)
    played.when("u-head", "check_post", posts=[1], result="removed", removed_by="host")
    assert played.when("u-head", "close_incident", outcome="removed_by_host", summary="gone")[0] == "closed"


def test_a_report_decides_what_is_done_in_a_reopened_case() -> None:
    played = continued()
    played.when("u-head", "check_post", posts=[1], result="removed")
    played.when("u-head", "close_incident", outcome="other", summary="gone")
    played.when("u-head", "reopen_incident", reason="the post is back")
    played.when("u-head", "check_post", posts=[1], result="visible")
    assert phase(played.case, played.now) == "under_review"
    played.when("u-head", "report_to_host", **REPORT)
    assert phase(played.case, played.now) == "escalation"
