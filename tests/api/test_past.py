"""A case as it stood: at a version, at a position of the record, at an instant; never more than is seen now."""

from typing import Any

import pytest

from tests.api.fix_first_school import Played
from tests.api.test_first_story import REPORT


@pytest.fixture
def path(school: Played) -> str:
    """Return the address of a case: three events at 08:50, categorised at 09:15."""
    report = school.post("u-deputy", "/v1/incidents", REPORT)
    place = f"/v1/incidents/{report.json['id']}"
    school.at("2025-09-18T09:15:00+01:00")
    facts = {"codes": ["C4"], "primary": "C4"}
    done = school.post("u-deputy", f"{place}/categorisations", facts, **{"If-Match": report.headers["ETag"]})
    assert done.status_code == 201, done.text
    return place


def seen(school: Played, path: str, at: str) -> Any:
    answer = school.get("u-audit", f"{path}?at={at}")
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize(
    ("at", "version", "phase"),
    [
        ("v3", 3, "reported"),
        ("v4", 4, "under_review"),
        ("p9999", 4, "under_review"),
        ("2025-09-18T08:00:00Z", 3, "reported"),
        ("2025-09-18T09:15:00%2B01:00", 4, "under_review"),
    ],
)
def test_a_case_is_shown_as_it_stood(school: Played, path: str, at: str, version: int, phase: str) -> None:
    assert (seen(school, path, at)["version"], seen(school, path, at)["phase"]) == (version, phase)
    assert len(school.get("u-audit", f"{path}/history?at={at}").json["events"]) == version


def test_before_it_began_and_beyond_its_last_version_there_is_no_case(school: Played, path: str) -> None:
    for at in ("p1", "2025-09-01T00:00:00Z", "v99"):
        assert school.get("u-audit", f"{path}?at={at}").status_code == 404


@pytest.mark.parametrize("at", ["7", "v0", "p-1", "2025-09-18T09:15:00", "yesterday", "v1 "])
def test_what_is_no_point_of_the_past_is_refused_with_what_is(school: Played, path: str, at: str) -> None:
    answer = school.get("u-audit", f"{path}?at={at}")
    assert answer.status_code == 422
    assert "v7 (a version)" in answer.text


def test_whoever_may_not_see_it_now_sees_nothing_of_its_past(school: Played, path: str) -> None:
    unknown = school.get("u-gov", "/v1/incidents/00000000-0000-4000-8000-000000000000?at=v1")
    assert school.get("u-gov", f"{path}?at=v1").data == unknown.data


def test_what_is_overdue_now_was_not_then(school: Played, path: str) -> None:
    """Each way to name the same point gives the same case, however much later one looks."""
    school.at("2025-11-18T09:15:00+00:00")
    assert all(task["is_overdue"] for task in school.get("u-audit", path).json["tasks"])
    then = seen(school, path, "v4")
    assert [task["is_overdue"] for task in then["tasks"]] == [False] * len(then["tasks"])
    assert then["tasks"]
    position = school.get("u-audit", "/v1/events?limit=1000&type=incident.categorised.v1").json["positions"][0]
    assert seen(school, path, f"p{position}") == then
    assert seen(school, path, "2025-09-18T08:15:00Z") == then


def test_an_instant_to_come_is_now(school: Played, path: str) -> None:
    assert seen(school, path, "2099-01-01T00:00:00Z") == school.get("u-audit", path).json
