"""Legal advice over HTTP: who is let in by a grant, who reads what was advised, and who learns nothing of it."""

from typing import Any

import pytest

from tests.api.exported import reported
from tests.api.fix_first_school import Played
from tests.api.further_staff import employ, entries
from tests.fix_postgres import Database

ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}
QUESTION = "Who can sue, and by when?"
ANSWER = "The teacher can, in her own name."


def advised(school: Played, database: Database) -> str:
    """Return the path of a case in which the headteacher asked a lawyer whose key opens no case."""
    path = f"/v1/incidents/{reported(school, by='u-t5')}"
    employ(school, database, "x-legal")
    assert school.get("x-legal", path).status_code == 404
    asked = school.post(
        "u-head", f"{path}/legal-advice-requests", {"adviser": "x-legal", "question": QUESTION}, **ON_THE_NEWEST
    )
    assert asked.status_code == 201, asked.text
    return path


def grant_of(school: Played) -> str:
    found: str = entries(school, "access.grant-given.v1")[-1]["data"]["grant"]
    return found


def test_whoever_is_asked_may_read_the_case_and_answer(school: Played, database: Database) -> None:
    path = advised(school, database)
    assert school.get("x-legal", path).status_code == 200
    assert school.get("x-legal", "/v1/whoami").json["grants"] == [path.rpartition("/")[2]]
    answered = school.post("x-legal", f"{path}/legal-advice-requests/1/answers", {"text": ANSWER})
    assert answered.status_code == 201, answered.text
    assert [event["type"] for event in answered.json["events"]] == [
        "incident.legal-advice-received.v1",
        "advice.answer-recorded.v1",
    ]
    assert answered.headers["ETag"] == school.get("u-head", path).headers["ETag"]


@pytest.mark.parametrize("by", ["u-head", "x-legal"])
def test_the_client_and_the_adviser_read_question_and_answer_and_that_is_recorded(
    school: Played, database: Database, by: str
) -> None:
    path = advised(school, database)
    school.post("x-legal", f"{path}/legal-advice-requests/1/answers", {"text": ANSWER})
    read = school.get(by, f"{path}/legal-advice")
    assert [event["facts"]["text"] for event in read.json["events"]] == [QUESTION, ANSWER]
    said = entries(school, "access.case-read.v1")[-1]["data"]
    assert (said["actor"], said["view"], said["sensitivity"]) == (by, "advice", "privileged")


@pytest.mark.parametrize("by", ["u-deputy", "u-dsl", "u-audit"])
def test_nobody_else_reads_it_or_learns_whether_there_is_any(school: Played, database: Database, by: str) -> None:
    without = f"/v1/incidents/{reported(school, by='u-t5', key='other')}"
    path = advised(school, database)
    answers = [school.get(by, f"{each}/legal-advice") for each in (without, path)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].data == answers[1].data
    assert [refusal["rule"] for refusal in answers[1].json["refusals"]] == ["R18"]
    refused = entries(school, "access.decision-refused.v1")[-1]["data"]
    assert (refused["decision"], refused["rules"]) == ("read_advice", ["R18"])


@pytest.mark.parametrize("by", ["u-deputy", "u-dsl"])
def test_the_case_shows_others_no_sign_of_it(school: Played, database: Database, by: str) -> None:
    path = advised(school, database)
    history = school.get(by, f"{path}/history").json["events"]
    assert not [event for event in history if "legal" in event["type"]]
    case = school.get(by, path).json
    assert "legal_advice" not in case["things"]
    assert case["tracks"]["legal"] == "none"
    assert school.get("u-head", path).json["tracks"]["legal"] == "sought"


def test_no_role_of_the_feed_but_the_auditor_is_told_of_advice(school: Played, database: Database) -> None:
    school.post("x-legal", f"{advised(school, database)}/legal-advice-requests/1/answers", {"text": ANSWER})
    for by in ("letters", "u-mis"):
        found = school.get(by, "/v1/events?limit=1000").json["events"]
        assert not [entry for entry in found if entry["type"].startswith("advice.")]
    assert QUESTION not in school.get("u-audit", "/v1/events?limit=1000").text


def test_a_grant_that_is_withdrawn_opens_nothing_from_then_on(school: Played, database: Database) -> None:
    path = advised(school, database)
    withdrawn = school.post("u-head", f"{path}/grants/{grant_of(school)}/withdrawals", {})
    assert withdrawn.status_code == 201, withdrawn.text
    assert school.get("x-legal", path).status_code == 404
    assert school.get("x-legal", "/v1/whoami").json["grants"] == []
    again = school.post("u-head", f"{path}/grants/{grant_of(school)}/withdrawals", {})
    assert (again.status_code, again.json["type"]) == (409, "urn:school-casework:problem:nothing-to-act-on")


def test_a_grant_is_withdrawn_from_a_case_that_is_over(school: Played, database: Database) -> None:
    path = advised(school, database)
    over = {"because": "error", "reason": "no post of a parent's"}
    assert school.post("u-deputy", f"{path}/withdrawals", over, **ON_THE_NEWEST).status_code == 201
    assert school.get("x-legal", path).status_code == 200
    withdrawn = school.post("u-head", f"{path}/grants/{grant_of(school)}/withdrawals", {})
    assert withdrawn.status_code == 201, withdrawn.text
    assert school.get("x-legal", path).status_code == 404


def test_a_grant_opens_nothing_after_its_last_day(school: Played, database: Database) -> None:
    path = f"/v1/incidents/{reported(school, by='u-t5')}"
    employ(school, database, "x-legal")
    given = school.post("u-head", f"{path}/grants", {"adviser": "x-legal", "expires_on": "2025-09-19"})
    assert given.status_code == 201, given.text
    school.at("2025-09-19T23:59:00+01:00")
    assert school.get("x-legal", path).status_code == 200
    school.at("2025-09-20T00:00:00+01:00")
    assert school.get("x-legal", path).status_code == 404


def test_a_grant_of_one_case_is_not_withdrawn_through_another(school: Played, database: Database) -> None:
    advised(school, database)
    other = f"/v1/incidents/{reported(school, by='u-t5', key='other')}"
    assert school.post("u-head", f"{other}/grants/{grant_of(school)}/withdrawals", {}).status_code == 404


def test_the_same_answer_sent_again_is_recorded_once(school: Played, database: Database) -> None:
    path = advised(school, database)
    first, again = (
        school.post("x-legal", f"{path}/legal-advice-requests/1/answers", {"text": ANSWER}, key="k") for _ in range(2)
    )
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert len(entries(school, "advice.answer-recorded.v1")) == 1
