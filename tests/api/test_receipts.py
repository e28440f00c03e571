"""What is left of a case to whoever reported it, or was told about it (domain.md 8)."""

from datetime import datetime
from typing import Any

import pytest

from tests.api.fix_first_school import MORNING, Played
from tests.api.further_staff import employ, entries
from tests.api.test_first_story import REPORT, SHOT
from tests.fix_postgres import Database

ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}
SAID = "The post about you is gone; your head of year knows."


def reported(school: Played, by: str, **facts: Any) -> str:
    answer = school.post(by, "/v1/incidents", {**REPORT, **facts})
    assert answer.status_code == 201, answer.text
    return f"/v1/incidents/{answer.json['id']}"


def told(school: Played, path: str) -> None:
    facts = {"kind": "person", "party": {"person": "u-t5"}, "said": SAID}
    answer = school.post("u-deputy", f"{path}/affected-party-notices", facts, **ON_THE_NEWEST)
    assert answer.status_code == 201, answer.text


def test_whoever_reported_a_post_is_told_that_there_is_a_case_and_nothing_more(school: Played) -> None:
    path = reported(school, "u-t5", targets=[])
    assert school.get("u-t5", path).status_code == 404
    receipt = school.get("u-t5", f"{path}/receipt").json
    assert datetime.fromisoformat(receipt.pop("reported_at")) == datetime.fromisoformat(MORNING)
    assert receipt == {
        "id": path.rpartition("/")[2],
        "reference": "RL-2025-0001",
        "is_own_report": True,
        "told": [],
    }
    read = entries(school, "access.case-read.v1")[-1]["data"]
    assert (read["actor"], read["view"]) == ("u-t5", "receipt")


def test_whoever_a_post_is_about_keeps_what_was_told_to_them(school: Played) -> None:
    path = reported(school, "u-deputy")
    assert school.get("u-t5", f"{path}/receipt").status_code == 404
    told(school, path)
    receipt = school.get("u-t5", f"{path}/receipt").json
    assert (receipt["is_own_report"], [each["said"] for each in receipt["told"]]) == (False, [SAID])


def test_while_a_safeguarding_hold_may_concern_them_they_learn_nothing(school: Played) -> None:
    path = reported(school, "u-t5")
    told(school, path)
    assert school.get("u-t5", f"{path}/receipt").status_code == 200
    held = {"is_hold": True, "finding": "harm_threshold_may_be_met", "reason": "an allegation about a teacher"}
    school.post("u-dsl", f"{path}/safeguarding-screenings", held, **ON_THE_NEWEST)
    unknown = school.get("u-t5", "/v1/incidents/00000000-0000-4000-8000-000000000000/receipt")
    answer = school.get("u-t5", f"{path}/receipt")
    assert (answer.status_code, answer.data) == (404, unknown.data)
    school.post(
        "u-dsl", f"{path}/safeguarding-screenings", {**held, "is_hold": False, "finding": "other"}, **ON_THE_NEWEST
    )
    assert school.get("u-t5", f"{path}/receipt").status_code == 200


@pytest.mark.parametrize("by", ["u-head", "u-gov", "letters"])
def test_nobody_else_has_a_receipt(school: Played, by: str) -> None:
    assert school.get(by, f"{reported(school, 'u-t5')}/receipt").status_code == 404


@pytest.mark.parametrize("by", ["u-deputy", "u-office"])
def test_whoever_came_upon_a_childs_account_adds_to_the_report_and_does_nothing_else(
    school: Played, database: Database, by: str
) -> None:
    if by not in school._keys:
        employ(school, database, by)
    own, other = (reported(school, who, kind="child_account", targets=[]) for who in (by, "u-dsl"))
    shot = {"posts": [1], "method": "screenshot"}
    post = {"channel": "fb-community", "posted_at": REPORT["posted_at"], "targets": []}
    for path, status in ((own, 201), (other, 404)):
        assert school.post(by, f"{path}/evidence", shot, file=SHOT).status_code == status
        assert school.post(by, f"{path}/posts", post).status_code == status
        assert school.get(by, path).status_code == 404
        judged = {"primary": "C7", "codes": ["C7"]}
        assert school.post(by, f"{path}/categorisations", judged, **ON_THE_NEWEST).status_code == 404
    assert school.get(by, f"{own}/receipt").status_code == 200
