"""Decisions that the policy, or the state of the case, does not allow: refused with all that fails, and recorded."""

from typing import Any

import pytest

from tests.api.fix_first_school import Played
from tests.api.fix_refusals import SHOT, Tried
from tests.api.test_correspondence import PDF, facts
from tests.api.test_first_story import REPORT, Case, contacted_and_asked, reported_and_judged, rules, types

CONTACT = {"method": "telephone", "outcome": "no_answer"}
REFERRAL = {"route": "101", "grounds": ["racial_element"], "is_immediate": False}
CLOSURE = {"outcome": "other", "summary": "taken over by the authority"}
PAPER = ("letter.pdf", PDF, "application/pdf")


def test_every_rule_that_fails_is_listed_with_its_clause_and_who_may_override_it(tried: Tried) -> None:
    failing = ("R01", "R02", "R03", "R04", "R05", "R16")
    answer = tried.refused(409, "refused", "warnings", {"posts": [1]}, by="u-head", case=tried.new, rules=failing)
    refusals = {refusal["rule"]: refusal for refusal in answer.json["refusals"]}
    assert tuple(refusals) == failing
    assert refusals["R04"]["clause"] == "P54"
    assert refusals["R04"]["missing"] == ["refusal", "continuation"]
    assert refusals["R04"]["override"]["roles"] == ["dsl", "headteacher"]
    assert refusals["R02"]["override"] is None
    assert answer.json["decision"] == "issue_warning"
    assert tried.last_refusal()["decision"] == "issue_warning"


def test_an_override_by_a_role_that_may_not_set_the_rule_aside_leaves_it_standing(tried: Tried) -> None:
    override = {"rules": ["R01"], "code": "already_gone", "reason": "the host took it down"}
    asked = {"posts": [1], "override": override}
    answer = tried.refused(409, "refused", "removal-requests", asked, case=tried.new, rules=("R02", "R05", "R16"))
    assert [refusal["rule"] for refusal in answer.json["refusals"]] == ["R02", "R05", "R16"]
    threshold = {"rules": ["R03", "R04"], "code": "repeat", "reason": "again"}
    warned = {"posts": [1], "override": threshold}
    tried.refused(403, "refused", "warnings", warned, by="u-dsl", case=tried.new, rules=("R12",))


def test_whom_a_post_is_about_does_not_decide_but_learns_that_the_substitute_does(tried: Tried) -> None:
    school = tried.school
    about_head = REPORT | {"targets": [{"person": "u-head"}]}
    case = Case(school, school.post("u-deputy", "/v1/incidents", about_head))
    hold = {"missing": ["refusal"], "code": "repeat", "reason": "twice in a week"}
    answer = tried.refused(403, "refused", "threshold-overrides", hold, by="u-head", case=case, rules=("R11",))
    [refusal] = answer.json["refusals"]
    assert (refusal["rule"], refusal["instead"]) == ("R11", "assignments")
    assert "the substitute decides" in answer.json["detail"]


@pytest.mark.parametrize("number", ["2", "999999999", "99999999999999999999999999"])
def test_a_number_that_the_case_does_not_have_is_not_found(tried: Tried, number: str) -> None:
    path = f"removal-requests/{number}/responses"
    answer = tried.refused(404, "not-found", path, {"response": "agreed"}, rules=())
    assert answer.data == tried.ask("GET", f"/v1/incidents/{number}").data


@pytest.mark.parametrize("number", ["0", "-1", "1.0", "one", "1e0"])
def test_what_is_no_number_is_no_address(tried: Tried, number: str) -> None:
    path = f"{tried.asked.path}/removal-requests/{number}/responses"
    tried.check(404, "not-found", None, lambda: tried.ask("POST", path, body=b'{"response": "agreed"}'))


def test_what_was_answered_already_cannot_be_answered_again(tried: Tried) -> None:
    again = {"response": "agreed"}
    answer = tried.refused(409, "nothing-to-act-on", "removal-requests/1/responses", again, rules=())
    assert answer.json["detail"].startswith("removal request 1 is refused; expected one that is ")
    assert tried.last_refusal()["decision"] == "record_removal_response"


def test_the_school_calendar_must_reach_as_far_as_the_deadline(school: Played) -> None:
    case = reported_and_judged(school)
    case.do("2025-12-19T09:00:00+00:00", "u-deputy", "contacts", CONTACT | {"outcome": "discussion_held"})
    answer = case.do("2025-12-19T10:00:00+00:00", "u-deputy", "removal-requests", {"posts": [1]})
    assert (answer.status_code, answer.json["type"].rpartition(":")[2]) == (409, "calendar-missing")
    assert answer.json["detail"]


@pytest.fixture
def closed(school: Played) -> Case:
    """Answer a case that was closed while the police had not answered yet."""
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    case.do("2025-09-23T09:00:00+01:00", "u-head", "police-referrals", REFERRAL)
    override = {"rules": ["R14", "R24"], "code": "other", "reason": "the police go on by themselves"}
    ended = case.do("2025-09-23T10:00:00+01:00", "u-head", "closures", CLOSURE | {"override": override})
    assert types(ended) == ["closed", "retention-scheduled"]
    return case


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("posts", {name: value for name, value in REPORT.items() if name not in {"how_seen", "discovered_at"}}),
        ("post-checks", {"posts": [1], "result": "visible"}),
        ("contacts", CONTACT),
        ("police-referrals", REFERRAL),
        ("removal-requests/1/responses", {"response": "agreed"}),
        ("closures", CLOSURE),
    ],
)
def test_a_closed_case_takes_nothing_but_what_may_still_arrive(closed: Case, path: str, given: Any) -> None:
    answer = closed.do("2025-09-24T09:00:00+01:00", "u-head", path, given)
    expected = (409, ["R13"])
    if path.endswith("responses"):  # the request was answered before: that is said first
        assert answer.json["type"].rpartition(":")[2] == "nothing-to-act-on"
    else:
        assert rules(answer, expected[0]) == expected[1]
        assert answer.json["refusals"][0]["instead"] == "reopenings"


def test_a_closed_case_takes_no_evidence(closed: Case) -> None:
    given = {"posts": [1], "method": "screenshot"}
    assert rules(closed.do("2025-09-24T09:00:00+01:00", "u-deputy", "evidence", given, file=SHOT), 409) == ["R13"]


def test_a_closed_case_still_takes_a_letter_that_was_sent_and_what_the_police_did(closed: Case) -> None:
    sent = facts(occurred_at="2025-09-24T08:00:00+01:00")
    filed = closed.do("2025-09-24T09:00:00+01:00", "letters", "correspondence", sent, file=PAPER)
    assert types(filed) == ["correspondence-recorded"]
    path = "police-referrals/1/outcomes"
    outcome = closed.do("2025-09-25T09:00:00+01:00", "u-head", path, {"outcome": "words_of_advice"})
    assert types(outcome) == ["police-outcome-recorded"]
    again = closed.do("2025-09-25T09:00:00+01:00", "u-head", path, {"outcome": "caution"})
    assert (again.status_code, again.json["type"].rpartition(":")[2]) == (409, "nothing-to-act-on")


def test_an_open_case_is_not_closed_while_something_is_open(tried: Tried) -> None:
    answer = tried.refused(409, "refused", "closures", CLOSURE, rules=("R24",))
    assert answer.json["refusals"][0]["missing"] == ["a check of post 1"]
