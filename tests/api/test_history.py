"""Who reads which events of a case: what the safeguarding lead wrote is not for everybody who handles it."""

from typing import Any

import pytest

from tests.api.fix_first_school import Played
from tests.api.further_staff import employ
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database

REASON = "opinion about fairness; no harm to a child alleged"
SCREENED = "incident.safeguarding-screened.v1"
ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}


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


def held(school: Played) -> str:
    """Return the address of a case with a concern, a hold of the safeguarding lead, and then a release of it."""
    report = school.post("u-deputy", "/v1/incidents", REPORT)
    path = f"/v1/incidents/{report.json['id']}"
    breach = {"outcome": "inappropriate", "reason": REASON, "is_fair_comment_considered": True}
    held = {"is_hold": True, "finding": "other", "reason": REASON}
    released = {"is_hold": False, "finding": "no_safeguarding_concern", "reason": REASON}
    for by, decision, facts in (
        ("u-deputy", "categorisations", {"primary": "C4", "codes": ["C4"]}),
        ("u-deputy", "breach-decisions", breach | {"underlying_concern": "trip place"}),
        ("u-dsl", "safeguarding-screenings", held),
        ("u-dsl", "safeguarding-screenings", released),
    ):
        done = school.post(by, f"{path}/{decision}", facts, **ON_THE_NEWEST)
        assert done.status_code == 201, done.text
    return path


@pytest.mark.parametrize("by", ["u-head", "u-dsl", "u-audit", "u-dpo", "x-legal", "u-deputy", "u-office"])
def test_whoever_may_not_read_the_event_is_shown_no_hold_that_came_of_it(
    school: Played, database: Database, by: str
) -> None:
    sees = by not in {"u-deputy", "u-office"}
    path = held(school)
    if by not in school._keys:
        employ(school, database, by, [path.rpartition("/")[2]])
    concern = {"1": {"status": "open", "is_pending": True, "event_version": 5, "about": None}}
    for at, status, version in (
        ("?at=v6", "placed", 6),
        ("", "released", 7),
        ("?at=2025-09-18T08:50:00Z", "released", 7),
    ):
        shown = school.get(by, f"{path}{at}")
        assert shown.status_code == 200, shown.text
        is_held = {"1": {"status": status, "is_pending": status == "placed", "event_version": version, "about": None}}
        assert shown.json["things"] == {"concern": concern} | ({"safeguarding_hold": is_held} if sees else {})
        assert ("safeguarding_hold" in shown.text, "lado_contact" in shown.text) == (sees, sees and status == "placed")
        read = school.get(by, f"{path}/history{at}").json["events"]
        assert any(event["type"] == SCREENED for event in read) == sees


def test_what_is_not_shown_holds_all_the_same(school: Played) -> None:
    path = held(school)
    again = {"is_hold": True, "finding": "other", "reason": REASON}
    assert school.post("u-dsl", f"{path}/safeguarding-screenings", again, **ON_THE_NEWEST).status_code == 201
    contact = {"method": "telephone", "outcome": "no_answer"}
    refused = school.post("u-deputy", f"{path}/contacts", contact, **ON_THE_NEWEST)
    assert refused.json["refusals"][0]["missing"] == ["release of the safeguarding hold"]
    assert "safeguarding_hold" not in school.get("u-deputy", path).json["things"]
