"""Every refusal stands in the access stream with its rules, and in no case: reused keys and unseen cases as well."""

from typing import Any

import pytest

from casework.adapters.recorder import Recorder
from tests.api.fix_first_school import PNG, Played
from tests.api.test_first_story import REPORT

REFUSED = "access.decision-refused.v1"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def reported(school: Played) -> str:
    incident: str = school.post("u-deputy", "/v1/incidents", REPORT, key="once").json["id"]
    return incident


def refused(school: Played) -> list[tuple[Any, ...]]:
    """Return who was refused what, in which case, by which rules."""
    events = school.get("u-audit", "/v1/events?limit=1000").json["events"]
    return [
        (event["data"]["actor"], event["data"]["decision"], event["data"].get("incident"), event["data"]["rules"])
        for event in events
        if event["type"] == REFUSED
    ]


def test_a_key_that_was_used_with_another_body(school: Played) -> None:
    reported(school)
    other = school.post("u-deputy", "/v1/incidents", {**REPORT, "words": "other"}, key="once")
    assert other.status_code == 422
    assert refused(school) == [("u-deputy", "report_incident", None, ["R23"])]


def test_a_key_that_was_used_for_another_decision_names_the_case_now_asked_about(school: Played) -> None:
    incident = reported(school)
    answer = school.post(
        "u-deputy", f"/v1/incidents/{incident}/post-checks", {"posts": [1], "result": "visible"}, key="once"
    )
    assert (answer.status_code, answer.json["errors"][0]["rule"]) == (422, "R23")
    assert refused(school) == [("u-deputy", "check_post", incident, ["R23"])]


def test_a_key_used_again_names_no_case_that_is_not_the_callers_to_see(school: Played) -> None:
    incident = reported(school)
    school.post("u-t5", "/v1/incidents", REPORT, key="mine")
    checked = {"posts": [1], "result": "visible"}
    assert school.post("u-t5", f"/v1/incidents/{incident}/post-checks", checked, key="mine").status_code == 422
    assert school.post("u-t5", f"/v1/incidents/{UNKNOWN}/post-checks", checked, key="mine").status_code == 422
    assert refused(school) == [("u-t5", "check_post", None, ["R23"])] * 2


def test_a_key_that_another_request_used_between_looking_and_appending(
    school: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = reported(school)
    monkeypatch.setattr(Recorder, "find_command", lambda *_: None)
    checked = {"posts": [1], "result": "visible"}
    assert school.post("u-deputy", f"/v1/incidents/{incident}/post-checks", checked, key="once").status_code == 422
    assert school.post("u-deputy", "/v1/incidents", {**REPORT, "words": "other"}, key="once").status_code == 422
    assert refused(school) == [
        ("u-deputy", "check_post", incident, ["R23"]),
        ("u-deputy", "report_incident", None, ["R23"]),
    ]


def test_a_case_that_is_not_the_callers_to_see(school: Played) -> None:
    incident = reported(school)
    for view in ("", "/history", "/actions"):
        assert school.get("u-gov", f"/v1/incidents/{incident}{view}").status_code == 404
    assert refused(school) == [("u-gov", "read_case", incident, ["R12"])] * 3


def test_a_case_about_the_caller(school: Played) -> None:
    incident = reported(school)
    assert school.get("u-t5", f"/v1/incidents/{incident}").status_code == 404
    assert refused(school) == [("u-t5", "read_case", incident, ["R11"])]


def test_a_decision_in_a_case_that_is_not_the_callers_to_see(school: Played) -> None:
    incident = reported(school)
    path = f"/v1/incidents/{incident}"
    assert school.post("u-gov", f"{path}/categorisations", {"primary": "C4", "codes": ["C4"]}).status_code == 404
    facts, file = {"posts": [1], "method": "screenshot"}, ("post.png", PNG, "image/png")
    assert school.post("u-gov", f"{path}/evidence", facts, file=file).status_code == 404
    assert refused(school) == [
        ("u-gov", "categorise", incident, ["R12"]),
        ("u-gov", "capture_evidence", incident, ["R12"]),
    ]


def test_an_export_of_a_case_that_is_not_the_callers_to_see(school: Played) -> None:
    incident = reported(school)
    answer = school.post("u-gov", f"/v1/incidents/{incident}/exports", {"variant": "legal_full", "purpose": "to know"})
    assert answer.status_code == 404, answer.text
    assert refused(school) == [("u-gov", "export_case", incident, ["R12"])]


def test_of_a_case_that_does_not_exist_there_is_nothing_to_record(school: Played) -> None:
    assert school.get("u-gov", f"/v1/incidents/{UNKNOWN}").status_code == 404
    assert (
        school.post("u-gov", f"/v1/incidents/{UNKNOWN}/categorisations", {"primary": "C4", "codes": ["C4"]}).status_code
        == 404
    )
    assert refused(school) == []
