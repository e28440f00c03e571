"""Each reading of a case is an entry, with its view and version, before the body leaves: no entry, no body."""

import psycopg
import pytest

from tests.api.fix_first_school import Played
from tests.api.further_staff import entries
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database

READ = "access.case-read.v1"
VIEWS = {"": "case", "/history": "history", "/actions": "actions"}


@pytest.fixture
def case(school: Played) -> str:
    """Return the address of a case that was just reported: three events."""
    answer = school.post("u-deputy", "/v1/incidents", REPORT)
    assert answer.status_code == 201, answer.text
    return f"/v1/incidents/{answer.json['id']}"


def reads(school: Played) -> list[tuple[str, str, int, str, str]]:
    """Return what the auditor learns of readings: which case, view and version, who, in which role."""
    found = [entry["data"] for entry in entries(school, READ)]
    return [(read["incident"], read["view"], read["version"], read["actor"], read["role"]) for read in found]


@pytest.mark.parametrize("path", VIEWS)
def test_each_reading_is_one_entry(school: Played, case: str, path: str) -> None:
    assert reads(school) == []
    assert school.get("u-head", case + path).status_code == 200
    read = (case.rpartition("/")[2], VIEWS[path], 3, "u-head", "headteacher")
    assert reads(school) == [read]
    assert school.get("u-head", case + path).status_code == 200
    assert reads(school) == [read, read]


@pytest.mark.parametrize("path", ["", "/history"])
def test_a_reading_of_the_past_is_recorded_with_the_version_that_was_shown(
    school: Played, case: str, path: str
) -> None:
    assert school.get("u-head", f"{case}{path}?at=v2").json["version"] == 2
    assert [(view, version) for _, view, version, *_ in reads(school)] == [(VIEWS[path], 2)]


@pytest.mark.parametrize("path", [*VIEWS, "?at=v2", "/history?at=v2"])
def test_what_cannot_be_recorded_is_not_shown(school: Played, database: Database, case: str, path: str) -> None:
    with psycopg.connect(database.superuser) as other:
        # Held as `append` holds it: nothing can be added to the record while everything can be read.
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('school_rowan.event', 0))")
        answer = school.get("u-head", case + path)
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert answer.headers["Retry-After"]
    assert "ETag" not in answer.headers
    assert not [word for word in ("RL-2025", "Ellery", REPORT["words"], REPORT["url"]) if str(word) in answer.text]
    assert reads(school) == []
    assert school.get("u-head", case + path).status_code == 200
    assert len(reads(school)) == 1


def test_who_holds_the_newest_version_is_shown_nothing_and_nothing_is_recorded(school: Played, case: str) -> None:
    tag = school.get("u-head", case).headers["ETag"]
    answer = school.get("u-head", case, **{"If-None-Match": tag})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert len(reads(school)) == 1
    assert school.get("u-head", case, **{"If-None-Match": '"2"'}).status_code == 200
    assert len(reads(school)) == 2


def test_cases_readings_and_keys_of_our_own_lie_in_their_indexes_in_the_order_they_came(
    school: Played, database: Database, case: str
) -> None:
    for _ in range(3):
        assert school.get("u-head", case).status_code == 200
        assert school.post("u-deputy", "/v1/incidents", REPORT).status_code == 201
    with psycopg.connect(database.app) as connection:
        begun = "SELECT stream, command FROM school_rowan.event WHERE version = 1 AND type = %s ORDER BY position"
        cases = connection.execute(begun, ["incident.reported.v1"]).fetchall()
        readings = connection.execute(begun, [READ]).fetchall()
    assert [len(cases), len(readings)] == [4, 3]
    for made in ([stream for stream, _ in cases], [stream for stream, _ in readings], [key for _, key in readings]):
        assert made == sorted(set(made))
        assert {each.version for each in made} == {7}
