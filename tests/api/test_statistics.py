"""Figures and repeat posters over HTTP: who is shown what, of which term, recorded first."""

from typing import Any

import psycopg
import pytest

from tests.api.fix_first_school import Played
from tests.api.further_staff import employ, entries
from tests.api.test_first_story import Case, contacted_and_asked, reported_and_judged, went_on_and_warned
from tests.api.test_lists import reported
from tests.application.spoiling import spoilt
from tests.fix_postgres import Database

READ = "access.list-read.v1"
POSTER = {"person": "p-mallinson", "name": "Kerry Mallinson"}


def figures(school: Played, by: str = "u-head", query: str = "") -> Any:
    answer = school.get(by, f"/v1/statistics{query}")
    assert answer.status_code == 200, answer.text
    return answer.json


def posters(school: Played, by: str = "u-head", query: str = "") -> Any:
    answer = school.get(by, f"/v1/repeat-posters{query}")
    assert answer.status_code == 200, answer.text
    return answer.json["repeat_posters"]


def judged_on(school: Played, day: str) -> Case:
    """Return a case of the same poster's, reported and judged on this day."""
    school.at(f"{day}T08:50:00+01:00")
    return reported_and_judged(school)


def test_the_first_story_in_figures(school: Played) -> None:
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    went_on_and_warned(school, case)
    found = figures(school, query="?term=autumn_2025")
    assert (found["term"], found["from"], found["to"]) == ("autumn_2025", "2025-09-03", "2025-12-19")
    assert (found["reported"], found["inappropriate"], found["escalated"], found["no_breach"]) == (1, 1, 1, 0)
    assert (found["by_category"], found["by_association"]) == ({"C4": 1}, {"parent": 1})
    assert found["days_to_contact"]["cases"] == 1
    assert found["policy"] == {
        "edition": "2021-spring",
        "is_signed": False,
        "is_overdue": True,
        "review_due": "spring term 2022",
    }
    assert "Mallinson" not in str(found)


def test_without_a_term_it_is_the_one_that_today_lies_in(school: Played) -> None:
    reported(school)
    assert figures(school)["term"] == "autumn_2025"


@pytest.mark.parametrize(("now", "query"), [("2025-12-29T09:00:00+00:00", ""), (None, "?term=Kerry+Mallinson")])
def test_a_day_outside_all_terms_and_an_unknown_term_are_answered_by_no_guess(
    school: Played, now: str | None, query: str
) -> None:
    if now:
        school.at(now)
    answer = school.get("u-head", f"/v1/statistics{query}")
    assert (answer.status_code, answer.json["type"]) == (409, "urn:school-casework:problem:calendar-missing")
    assert "Mallinson" not in answer.text
    assert entries(school, READ) == []


@pytest.mark.parametrize("query", ["?term=", "?trem=autumn_2025"])
def test_a_question_that_cannot_be_is_refused(school: Played, query: str) -> None:
    assert school.get("u-head", f"/v1/statistics{query}").status_code == 422


@pytest.mark.parametrize("by", ["u-gov", "u-chair"])
def test_governors_are_shown_no_figure_under_five(school: Played, database: Database, by: str) -> None:
    if by == "u-chair":
        employ(school, database, by)
    for _ in range(4):
        reported(school)
    assert (figures(school, by)["reported"], figures(school)["reported"]) == (None, 4)
    reported(school)
    found = figures(school, by)
    assert (found["reported"], found["undecided"], found["threats"], found["hidden_below"]) == (5, 5, None, 5)


def test_who_may_not_know_of_a_childs_account_is_shown_figures_without_it(school: Played, database: Database) -> None:
    reported(school, kind="child_account")
    employ(school, database, "u-office")
    seen = {by: figures(school, by) for by in ("u-head", "u-dsl", "u-deputy", "u-office", "u-audit")}
    assert {by: found["reported"] for by, found in seen.items()} == {
        "u-head": 1, "u-dsl": 1, "u-deputy": 0, "u-office": 0, "u-audit": 1,
    }  # fmt: skip
    assert {by: found["includes_child_accounts"] for by, found in seen.items()} == {
        by: found["reported"] == 1 for by, found in seen.items()
    }


def test_who_posted_again_is_listed_with_the_cases(school: Played) -> None:
    first = judged_on(school, "2025-09-18")
    assert posters(school) == []
    second = judged_on(school, "2025-10-02")
    (row,) = posters(school)
    assert {name: row[name] for name in POSTER} == POSTER
    assert [each["id"] for each in row["incidents"]] == [case.path.rpartition("/")[2] for case in (first, second)]
    assert row["incidents"][0]["reference"] == "RL-2025-0001"
    assert row["incidents"][0]["primary"] == "C4"


def test_of_one_person_a_single_case_is_shown_too(school: Played) -> None:
    judged_on(school, "2025-09-18")
    (row,) = posters(school, query="?person=p-mallinson")
    assert len(row["incidents"]) == 1
    assert posters(school, query="?person=u-t5") == []


def test_a_case_older_than_the_months_of_the_edition_does_not_count(school: Played) -> None:
    judged_on(school, "2025-09-18")
    judged_on(school, "2025-10-02")
    school.at("2026-09-18T09:00:00+01:00")
    assert len(posters(school)) == 1
    school.at("2026-09-19T09:00:00+01:00")
    assert posters(school) == []


def test_whoever_a_post_is_about_is_not_told_of_its_case(school: Played, database: Database) -> None:
    judged_on(school, "2025-09-18")
    judged_on(school, "2025-10-02")
    with psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute("UPDATE casework.api_key SET person = 'u-t5' WHERE subject = 'u-dsl'")
    assert (len(posters(school)), posters(school, "u-dsl")) == (1, [])


@pytest.mark.parametrize("path", ["/v1/statistics", "/v1/repeat-posters"])
def test_each_reading_is_recorded_and_one_that_cannot_be_is_not_answered(
    school: Played, database: Database, path: str
) -> None:
    reported(school)
    assert school.get("u-head", path).status_code == 200
    assert [entry["data"]["view"] for entry in entries(school, READ)] == [path.rpartition("/")[2]]
    with psycopg.connect(database.superuser) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('school_rowan.event', 0))")
        assert school.get("u-head", path).status_code == 503


@pytest.mark.parametrize("path", ["/v1/statistics", "/v1/repeat-posters"])
def test_a_case_that_cannot_be_read_is_not_left_out_in_silence(school: Played, database: Database, path: str) -> None:
    spoilt(database, reported(school).path.rpartition("/")[2], version=4)
    assert school.get("u-head", path).status_code == 500
