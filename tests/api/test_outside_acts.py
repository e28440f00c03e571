"""Blocks, reports to hosts, the police and safeguarding over HTTP: what is refused, and what is then due and shown."""

from typing import Any

import pytest

from tests.api.fix_first_school import Played
from tests.api.further_staff import employ
from tests.api.test_first_story import REPORT, SHOT, Case, contacted_and_asked, reported_and_judged, rules, types
from tests.fix_postgres import Database

NOW = "2025-09-23T12:00:00+01:00"
NOTICE: dict[str, Any] = {
    "posts": [1],
    "basis": "defamation_act_2013_s5",
    "complainant": {"person": "u-t5"},
    "particulars": {
        "email": True,
        "meaning": "that she is cruel to children",
        "inaccurate": True,
        "poster_unknown": True,
        "consent_to_pass_name": False,
    },
    "override": {"rules": ["R03", "R04"], "code": "other", "reason": "no parent to ask"},
}
POSTED: dict[str, Any] = {"channel": "fb-school", "posted_at": "2025-09-17T20:14:00+01:00", "targets": ["P1"]}


def unknown(school: Played) -> Case:
    """Return a case about a defamatory post on the school's own page, whose poster nobody knows."""
    case = Case(school, school.post("u-deputy", "/v1/incidents", {**REPORT, "channel": "fb-school"}))
    case.do(NOW, "u-deputy", "evidence", {"posts": [1], "method": "screenshot"}, file=SHOT)
    case.do(NOW, "u-deputy", "categorisations", {"codes": ["C3"], "primary": "C3"})
    judged = {"outcome": "inappropriate", "reason": "names a teacher", "is_fair_comment_considered": True}
    case.do(NOW, "u-deputy", "breach-decisions", judged)
    return case


def blocked(school: Played, database: Database) -> Case:
    """Return a case whose poster is blocked on the school's page, on which the office hid the comment."""
    employ(school, database, "u-office")
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    case.do(NOW, "u-deputy", "posts", POSTED)
    case.do(NOW, "u-deputy", "evidence", {"posts": [2], "method": "screenshot"}, file=SHOT)
    went_on = {"posts": [2], "judged": "inappropriate", "limb": "new_post"}
    case.do(NOW, "u-deputy", "continued-use", went_on)
    hidden = case.do(NOW, "u-office", "hidden-content", {"posts": [2], "channel": "fb-school"})
    assert types(hidden) == ["content-hidden"]
    block = {"posts": [2], "channel": "fb-school", "scope": "comment", "review_on": "2025-10-20", "reason": "abuse"}
    assert types(case.do(NOW, "u-head", "blocks", block)) == ["access-blocked"]
    return case


def tasks(school: Played, case: Case, by: str = "u-head") -> dict[str, Any]:
    """Return the tasks that a case shows, by name."""
    return {task["task"]: task for task in school.get(by, case.path).json["tasks"]}


def test_a_notice_under_section_5_is_told_everything_that_it_lacks(school: Played) -> None:
    case = unknown(school)
    board = {"name": "the governing body", "kind": "group"}
    lacking = {**NOTICE, "complainant": board, "particulars": {"meaning": " ", "poster_unknown": False}}
    answer = case.do(NOW, "u-head", "host-reports", lacking)
    assert answer.status_code == 422, answer.text
    assert {error["pointer"] for error in answer.json["errors"]} == {
        "/complainant",
        "/particulars/email",
        "/particulars/meaning",
        "/particulars/inaccurate",
        "/particulars/poster_unknown",
        "/particulars/consent_to_pass_name",
    }
    assert "governing body" not in answer.text
    assert school.get("u-head", case.path).json["tracks"]["host"] == "none"


@pytest.mark.parametrize(
    ("particulars", "pointer"),
    [
        ({"email": "amy@example.org"}, "/particulars/email"),
        ({"e-mail": True}, "/particulars/e-mail"),
        ({"meaning": 7}, "/particulars/meaning"),
        ("all of them", "/particulars"),
    ],
)
def test_particulars_of_another_shape_are_refused_by_place(school: Played, particulars: Any, pointer: str) -> None:
    answer = unknown(school).do(NOW, "u-head", "host-reports", {**NOTICE, "particulars": particulars})
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert "amy@example.org" not in answer.text


def test_a_notice_waits_48_hours_for_the_host_and_its_words_are_sealed(school: Played) -> None:
    case = unknown(school)
    reported = case.do(NOW, "u-head", "host-reports", NOTICE)
    assert types(reported) == ["first-step-dispensed", "escalation-threshold-overridden", "host-reported"]
    due = {"task": "host_response", "number": 1, "due": "2025-09-25T12:00:00+01:00", "is_overdue": False}
    assert tasks(school, case)["host_response"] == due
    assert "cruel to children" not in school.get("u-audit", "/v1/events").text
    history = school.get("u-head", f"{case.path}/history").json["events"]
    assert history[-1]["facts"]["particulars"] == NOTICE["particulars"]
    school.at("2025-09-25T12:00:01+01:00")
    listed = [row for row in school.get("u-head", "/v1/tasks").json["tasks"] if row["task"] == "host_response"]
    assert [(row["due"], row["is_overdue"]) for row in listed] == [(due["due"], True)]
    answered = case.do("2025-09-25T13:00:00+01:00", "u-deputy", "host-reports/1/responses", {"result": "removed"})
    assert types(answered) == ["host-responded"]
    assert "host_response" not in tasks(school, case)
    assert school.get("u-head", case.path).json["tracks"]["host"] == "removed"
    again = case.do("2025-09-25T14:00:00+01:00", "u-deputy", "host-reports/1/responses", {"result": "refused"})
    assert (again.status_code, again.json["type"].rpartition(":")[2]) == (409, "nothing-to-act-on")


def test_a_defamatory_post_shows_the_days_on_which_the_year_to_sue_is_called_to_mind(school: Played) -> None:
    case = unknown(school)
    expected = {"due": "2026-09-17", "is_overdue": False, "warns": ["2026-06-17", "2026-08-17"]}
    shown = tasks(school, case)
    assert shown["defamation_limitation"] == {"task": "defamation_limitation", "number": None, **expected}
    [row] = [row for row in school.get("u-head", "/v1/tasks").json["tasks"] if "warns" in row]
    assert (row["task"], row["warns"]) == ("defamation_limitation", expected["warns"])
    assert "warns" not in shown["first_step"]


def test_a_block_that_is_lifted_is_no_longer_there_to_be_acted_on(school: Played, database: Database) -> None:
    case = blocked(school, database)
    assert school.get("u-head", case.path).json["posts"][1]["is_hidden"] is True
    said = case.do(NOW, "u-office", "blocks/1/representations", {"text": "it will not happen again"}, headers={})
    assert types(said) == ["representations-received"]
    kept = case.do(NOW, "u-head", "blocks/1/reviews", {"decision": "keep", "reason": "too soon"})
    assert rules(kept, 409) == ["R09"]
    dated = case.do(NOW, "u-head", "blocks/1/reviews", {"decision": "lift", "reason": "r", "review_on": "2025-10-01"})
    assert (dated.status_code, [error["pointer"] for error in dated.json["errors"]]) == (422, ["/review_on"])
    kept = case.do(NOW, "u-head", "blocks/1/reviews", {"decision": "keep", "reason": "r", "review_on": "2025-10-01"})
    assert types(kept) == ["access-block-reviewed"]
    assert tasks(school, case)["block_review"]["due"] == "2025-10-01"
    lifted = case.do(NOW, "u-head", "blocks/1/reviews", {"decision": "lift", "reason": "an apology"})
    assert types(lifted) == ["access-block-reviewed", "access-restored"]
    for path, given in (
        ("reviews", {"decision": "lift", "reason": "an apology"}),
        ("representations", {"text": "thank you"}),
    ):
        again = case.do(NOW, "u-head", f"blocks/1/{path}", given)
        assert (again.status_code, again.json["type"].rpartition(":")[2]) == (409, "nothing-to-act-on")
        assert again.json["detail"].startswith("block 1 is lifted; expected one that is blocked")
    assert case.do(NOW, "u-head", "blocks/2/reviews", {"decision": "lift", "reason": "r"}).status_code == 404


def test_whoever_reported_a_post_is_told_by_which_route_to_call_the_police(school: Played) -> None:
    case = Case(school, school.post("u-t5", "/v1/incidents", {**REPORT, "targets": [{"person": "u-head"}]}))
    told: dict[str, Any] = {"grounds": ["threat_of_violence"], "is_immediate": True}
    refused = case.do(NOW, "u-t5", "police-referrals", {**told, "route": "101"})
    assert rules(refused, 403) == ["R12"]
    assert refused.json["refusals"][0]["missing"] == ["route 999, the only one that staff may use"]
    assert types(case.do(NOW, "u-t5", "police-referrals", {**told, "route": "999"})) == [
        "police-referred",
        "police-hold-placed",
    ]


def test_a_safeguarding_referral_is_known_to_few(school: Played) -> None:
    case = reported_and_judged(school)
    held = {"reason": "may have been harmed", "finding": "harm_threshold_may_be_met", "is_hold": True}
    case.do(NOW, "u-dsl", "safeguarding-screenings", held)
    assert "lado_contact" in tasks(school, case, "u-dsl")
    referred = {"to": "lado", "reason": "harm alleged", "reference": "LADO 12/25"}
    assert types(case.do(NOW, "u-dsl", "safeguarding-referrals", referred)) == ["safeguarding-referral-made"]
    assert "lado_contact" not in tasks(school, case, "u-dsl")
    assert "LADO 12/25" in school.get("u-dsl", f"{case.path}/history").text
    for path in (f"{case.path}/history", case.path):
        assert "referral" not in school.get("u-deputy", path).text
