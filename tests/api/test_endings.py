"""The end of a case over HTTP: what is withdrawn, reopened, complained of or told, and what is answered where not."""

from typing import Any

import pytest

from tests.api.exported import UNKNOWN, recorded
from tests.api.fix_first_school import Played
from tests.api.further_staff import employ
from tests.api.test_first_story import REPORT, Case, contacted_and_asked, reported_and_judged, types
from tests.fix_postgres import Database

AT = "2025-09-24T09:00:00+01:00"
WHY = {"reason": "it went further than the post bears"}
TWICE: dict[str, Any] = {"because": "duplicate", "reason": "same post"}


def reported(school: Played, by: str = "u-deputy", **facts: Any) -> Case:
    return Case(school, school.post(by, "/v1/incidents", {**REPORT, **facts}))


def id_of(case: Case) -> str:
    return case.path.rpartition("/")[2]


def problem(answer: Any, status: int) -> str:
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text
    slug: str = answer.json["type"].rpartition(":")[2]
    return slug


@pytest.fixture
def warned(school: Played) -> Case:
    """Return a case in which the headteacher warned the parent."""
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    case.do("2025-09-22T08:45:00+01:00", "u-deputy", "removal-requests/1/responses", {"response": "refused"})
    again = {"posts": [1], "limb": "still_visible", "judged": "inappropriate"}
    case.do("2025-09-22T08:50:00+01:00", "u-deputy", "continued-use", again)
    assert types(case.do("2025-09-22T09:00:00+01:00", "u-head", "warnings", {"posts": [1]})) == [
        "warning-issued",
        "removal-requested",
    ]
    return case


def test_a_case_reported_twice_is_withdrawn_and_points_to_the_first(school: Played) -> None:
    first, second = reported(school), reported(school, "u-t5")
    answer = second.do(AT, "u-deputy", "withdrawals", TWICE | {"duplicate_of": id_of(first)})
    assert types(answer) == ["linked", "withdrawn"]
    [linked] = recorded(school, "incident.linked.v1")
    assert (linked["to"], linked["relation"]) == (id_of(first), "duplicate_of")
    shown = school.get("u-deputy", second.path).json
    assert (shown["phase"], shown["retention_review_on"]) == ("withdrawn", None)
    assert [(task["task"], task["due"]) for task in shown["tasks"]] == [("retention_review", "2026-09-24")]
    assert school.get("u-deputy", first.path).json["phase"] == "reported"


def test_a_case_that_the_caller_may_not_see_is_none_that_it_can_be_a_duplicate_of(school: Played) -> None:
    hidden, case = reported(school, kind="child_account"), reported(school)
    refused = case.do(AT, "u-deputy", "withdrawals", TWICE | {"duplicate_of": id_of(hidden)})
    unknown = case.do(AT, "u-deputy", "withdrawals", TWICE | {"duplicate_of": UNKNOWN})
    assert problem(refused, 422) == problem(unknown, 422) == "invalid"
    assert refused.json["errors"] == unknown.json["errors"]
    [fault] = refused.json["errors"]
    assert (fault["pointer"], fault["found"]) == ("/duplicate_of", "an unknown id")
    assert types(case.do(AT, "u-head", "withdrawals", TWICE | {"duplicate_of": id_of(hidden)}))[0] == "linked"


def test_only_a_case_that_ended_is_reopened(school: Played) -> None:
    case = reported(school)
    assert problem(case.do(AT, "u-head", "reopenings", WHY), 409) == "nothing-to-act-on"
    actions = {each["decision"]: each for each in school.get("u-head", f"{case.path}/actions").json["actions"]}
    assert (actions["reopen_incident"]["status"], actions["reopen_incident"]["numbers"]) == ("blocked", [])
    case.do(AT, "u-deputy", "withdrawals", {"because": "error", "reason": "about another school"})
    assert types(case.do(AT, "u-head", "reopenings", WHY)) == ["reopened"]
    assert school.get("u-head", case.path).json["phase"] == "reported"


def test_the_author_of_a_warning_complained_of_decides_again_once_the_complaint_is_answered(
    school: Played, database: Database, warned: Case
) -> None:
    office = employ(school, database, "u-office")
    complaint = {"stage": 1, "warning_no": 1, "words": "it names my child"}
    assert types(warned.do(AT, office, "complaints", complaint)) == ["complaint-linked"]
    refused = warned.do(AT, "u-head", "warnings/1/withdrawals", WHY)
    assert problem(refused, 403) == "refused"
    assert [refusal["rule"] for refusal in refused.json["refusals"]] == ["R11"]
    outcome = {"outcome": "upheld", "recommends": ["withdraw_warning"]}
    assert types(warned.do(AT, office, "complaints/1/outcomes", outcome)) == ["complaint-outcome-recorded"]
    assert problem(warned.do(AT, office, "complaints/1/outcomes", outcome), 409) == "nothing-to-act-on"
    withdrawal = warned.do(AT, "u-head", "warnings/1/withdrawals", WHY | {"complaint_no": 1})
    assert types(withdrawal) == ["warning-withdrawn"]
    assert problem(warned.do(AT, "u-head", "warnings/1/withdrawals", WHY), 409) == "nothing-to-act-on"
    assert problem(warned.do(AT, "u-head", "warnings/2/withdrawals", WHY), 404) == "not-found"
    assert school.get("u-head", warned.path).json["tracks"]["warning"] == "withdrawn"


def test_whom_a_post_is_about_is_told_and_the_terms_return_needs_a_term_of_the_calendar(school: Played) -> None:
    case = reported(school)
    told = {"kind": "person", "party": {"person": "k-jayden"}, "said": "the post is gone"}
    assert types(case.do(AT, "u-deputy", "affected-party-notices", told)) == ["party-added", "affected-party-notified"]
    unknown = case.do(AT, "u-deputy", "affected-party-notices", {"kind": "prejudice_return", "period": "summer_1999"})
    assert problem(unknown, 422) == "invalid"
    [fault] = unknown.json["errors"]
    assert (fault["pointer"], fault["expected"]) == ("/period", "one of ['autumn_2025']")
    returned = {"kind": "prejudice_return", "period": "autumn_2025"}
    assert types(case.do(AT, "u-deputy", "affected-party-notices", returned)) == ["affected-party-notified"]
