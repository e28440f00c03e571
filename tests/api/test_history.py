"""Who reads which events of a case: what the safeguarding lead wrote is not for everybody who handles it."""

from typing import Any

import pytest

from tests.api.fix_first_school import Played
from tests.api.test_first_story import REPORT

REASON = "opinion about fairness; no harm to a child alleged"
SCREENED = "incident.safeguarding-screened.v1"


def history(school: Played, by: str) -> Any:
    report = school.post("u-deputy", "/v1/incidents", REPORT, key="report")
    path = f"/v1/incidents/{report.json['id']}"
    facts = {"is_hold": False, "finding": "no_safeguarding_concern", "reason": REASON}
    version: dict[str, Any] = {"If-Match": report.headers["ETag"]}
    screened = school.post("u-dsl", f"{path}/safeguarding-screenings", facts, key="screen", **version)
    assert screened.status_code == 201, screened.text
    return school.get(by, f"{path}/history")


@pytest.mark.parametrize("by", ["u-head", "u-dsl"])
def test_the_headteacher_and_the_safeguarding_lead_read_why(school: Played, by: str) -> None:
    assert REASON in history(school, by).text


def test_a_caseworker_does_not_read_it_nor_that_it_is_there(school: Played) -> None:
    answer = history(school, "u-deputy")
    assert answer.status_code == 200
    assert SCREENED not in answer.text
    assert REASON not in answer.text


def test_an_auditor_reads_that_it_happened_and_not_why(school: Played) -> None:
    answer = history(school, "u-audit")
    shell = next(event for event in answer.json["events"] if event["type"] == SCREENED)
    assert shell["facts"] == {"is_hold": False}
    assert REASON not in answer.text
