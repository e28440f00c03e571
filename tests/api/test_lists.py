"""The register of cases and the list of what is due: who sees what, in which order, page by page, recorded first."""

from typing import Any

import psycopg
import pytest

from tests.api.fix_first_school import Played
from tests.api.further_staff import employ, entries
from tests.api.test_first_story import REPORT, Case, contacted_and_asked, reported_and_judged, went_on_and_warned
from tests.application.spoiling import spoilt
from tests.fix_postgres import Database

READ = "access.list-read.v1"
NOW = "2025-09-18T09:00:00+01:00"


def reported(school: Played, by: str = "u-deputy", **changed: Any) -> Case:
    return Case(school, school.post(by, "/v1/incidents", {**REPORT, **changed}))


def categorised(school: Played, code: str, **changed: Any) -> Case:
    case = reported(school, **changed)
    case.do(NOW, "u-dsl", "categorisations", {"primary": code, "codes": [code]})
    return case


def references(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["reference"] for row in answer.json["incidents"]]


def tasks(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    return [(row["reference"][-1], row["task"]) for row in answer.json["tasks"]]


def test_a_case_is_shown_with_where_it_stands_and_what_is_due_next(school: Played) -> None:
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    (row,) = school.get("u-deputy", "/v1/incidents").json["incidents"]
    assert row == {
        "id": case.path.rpartition("/")[2],
        "reference": "RL-2025-0001",
        "version": int(case.tag.strip('"')),
        "phase": "first_step",
        "tracks": {"warning": "none", "police": "none", "access": "open", "host": "none", "legal": "none"},
        "primary": "C4",
        "opened": "2025-09-18T07:52:00+00:00",
        "next_task": None,
    }
    case.do("2025-09-23T09:00:00+01:00", "u-deputy", "removal-requests", {"posts": [1]})
    (row,) = school.get("u-deputy", "/v1/incidents").json["incidents"]
    assert row["next_task"]["due"] == "2025-09-26T17:00:00+01:00"


def test_threats_come_first_then_what_is_due_next_and_ended_cases_last(school: Played) -> None:
    ended = reported_and_judged(school)
    contacted_and_asked(school, ended)
    went_on_and_warned(school, ended)
    school.at("2025-10-13T09:00:00+01:00")
    reported(school)
    school.at("2025-10-10T09:00:00+01:00")
    reported(school)
    categorised(school, "C6")
    assert references(school.get("u-head", "/v1/incidents")) == [f"RL-2025-000{n}" for n in (4, 3, 2, 1)]


def test_pages_follow_one_another_with_a_link(school: Played) -> None:
    for _ in range(3):
        reported(school)
    first = school.get("u-head", "/v1/incidents?limit=2&open=true")
    assert (len(first.json["incidents"]), first.json["has_more"]) == (2, True)
    link = first.headers["Link"].partition(">")[0][1:]
    last = school.get("u-head", link)
    assert (len(last.json["incidents"]), last.json["has_more"], "Link" in last.headers) == (1, False, False)
    assert references(first) + references(last) == references(school.get("u-head", "/v1/incidents"))
    after = last.json["next"]
    empty = school.get("u-head", f"/v1/incidents?after={after}").json
    assert empty == {"incidents": [], "next": after, "has_more": False}


def test_a_case_that_ends_or_comes_between_two_pages_hides_no_other_and_shows_none_twice(school: Played) -> None:
    cases = [reported(school) for _ in range(4)]
    seen = references(page := school.get("u-head", "/v1/incidents?limit=2"))
    cases[0].do(NOW, "u-head", "categorisations", {"primary": "C4", "codes": ["C4"]})
    ended = cases[0].do(NOW, "u-head", "closures", {"outcome": "other", "summary": "reported twice"})
    assert ended.status_code == 201, ended.text
    categorised(school, "C6")
    seen += references(school.get("u-head", f"/v1/incidents?limit=2&after={page.json['next']}"))
    assert seen == [f"RL-2025-000{n}" for n in (1, 2, 3, 4)]


def test_open_and_phase_narrow_the_list(school: Played) -> None:
    ended = reported_and_judged(school)
    contacted_and_asked(school, ended)
    went_on_and_warned(school, ended)
    reported(school)
    categorised(school, "C4")
    asked = {
        "open=true": ["2", "3"],
        "open=false": ["1"],
        "phase=reported": ["2"],
        "phase=closed": ["1"],
        "phase=closed&open=true": [],
        "phase=under_review&open=true": ["3"],
    }
    found = {query: references(school.get("u-head", f"/v1/incidents?{query}")) for query in asked}
    assert {query: sorted(each[-1] for each in rows) for query, rows in found.items()} == asked


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("open=maybe&phase=lost&limit=201&after=-1", {"/open", "/phase", "/limit", "/after"}),
        ("opne=true", {"/opne"}),
        ("limit=0", {"/limit"}),
        ("after=9007199254740992", {"/after"}),
    ],
)
def test_a_question_that_cannot_be_is_refused_with_every_fault(school: Played, query: str, pointers: set[str]) -> None:
    answer = school.get("u-head", f"/v1/incidents?{query}")
    assert (answer.status_code, {error["pointer"] for error in answer.json["errors"]}) == (422, pointers)
    assert {error["in"] for error in answer.json["errors"]} == {"query"}


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/tasks"])
@pytest.mark.parametrize("by", ["u-mis", "letters", "u-admin", "u-monitor"])
def test_a_role_that_reads_no_case_reads_no_list(school: Played, database: Database, path: str, by: str) -> None:
    if by in {"u-admin", "u-monitor"}:
        employ(school, database, by)
    reported(school)
    assert school.get(by, path).status_code == 403
    assert entries(school, READ) == []


@pytest.mark.parametrize("by", ["u-deputy", "u-head", "u-dsl", "u-audit", "u-office", "u-dpo"])
def test_a_role_that_reads_cases_reads_them_here(school: Played, database: Database, by: str) -> None:
    if by in {"u-office", "u-dpo"}:
        employ(school, database, by)
    reported(school)
    assert references(school.get(by, "/v1/incidents")) == ["RL-2025-0001"]
    assert tasks(school.get(by, "/v1/tasks")) == [("1", "screen_safeguarding"), ("1", "first_step")]


def test_staff_see_no_case_not_even_the_one_they_reported(school: Played) -> None:
    reported(school, by="u-t5", targets=[{"person": "u-head"}])
    assert references(school.get("u-t5", "/v1/incidents")) == []
    assert tasks(school.get("u-t5", "/v1/tasks")) == []


def test_whoever_a_post_is_about_does_not_see_the_case(school: Played) -> None:
    reported(school, targets=[{"person": "u-head"}])
    reported(school)
    assert references(school.get("u-head", "/v1/incidents")) == ["RL-2025-0002"]
    assert {reference for reference, _ in tasks(school.get("u-head", "/v1/tasks"))} == {"2"}
    assert len(references(school.get("u-deputy", "/v1/incidents"))) == 2


def test_an_adviser_sees_the_cases_of_the_grant_alone_and_the_chair_none(school: Played, database: Database) -> None:
    granted, _ = reported(school), reported(school)
    employ(school, database, "x-legal", [granted.path.rpartition("/")[2]])
    employ(school, database, "u-chair")
    assert references(school.get("x-legal", "/v1/incidents")) == ["RL-2025-0001"]
    assert references(school.get("u-chair", "/v1/incidents")) == []


def test_a_childs_account_is_for_few_eyes(school: Played, database: Database) -> None:
    reported(school, kind="child_account")
    assert references(school.get("u-dsl", "/v1/incidents")) == ["RL-2025-0001"]
    for by in ("u-deputy", employ(school, database, "u-office")):
        assert references(school.get(by, "/v1/incidents")) == []
        assert tasks(school.get(by, "/v1/tasks")) == []


def test_what_is_overdue_comes_first_and_what_has_no_day_last(school: Played) -> None:
    reported(school)
    school.at("2025-12-18T09:00:00+00:00")
    reported(school)
    answer = school.get("u-head", "/v1/tasks")
    assert tasks(answer) == [
        ("1", "screen_safeguarding"),
        ("1", "first_step"),
        ("2", "screen_safeguarding"),
        ("2", "first_step"),
    ]
    rows = [(row["due"], row["is_overdue"]) for row in answer.json["tasks"]]
    assert rows == [("2025-09-18", True), ("2025-09-25", True), ("2025-12-18", False), (None, False)]


def test_tasks_come_a_page_at_a_time_and_each_once(school: Played) -> None:
    for _ in range(3):
        reported(school)
    seen, after, has_more = [], 0, True
    while has_more:
        page = school.get("u-head", f"/v1/tasks?limit=1&after={after}").json
        seen += [(row["id"], row["task"]) for row in page["tasks"]]
        after, has_more = page["next"], page["has_more"]
    assert len(seen) == len(set(seen)) == 6


def test_a_task_that_only_the_safeguarding_lead_may_know_of_is_shown_to_nobody_else(school: Played) -> None:
    case = reported(school)
    held = {"reason": "may have been harmed", "finding": "harm_threshold_may_be_met", "is_hold": True}
    assert case.do(NOW, "u-dsl", "safeguarding-screenings", held).status_code == 201
    assert ("1", "lado_contact") in tasks(school.get("u-dsl", "/v1/tasks"))
    assert "lado_contact" in school.get("u-dsl", "/v1/incidents").text
    for path in ("/v1/tasks", "/v1/incidents", case.path):
        assert "lado_contact" not in school.get("u-deputy", path).text


def test_a_reading_is_an_entry_with_its_count_and_nothing_personal(school: Played) -> None:
    reported(school)
    for path in ("/v1/incidents", "/v1/tasks"):
        assert REPORT["words"] not in school.get("u-deputy", path).text
    read = [(entry["data"]["view"], entry["data"]["count"], entry["data"]["actor"]) for entry in entries(school, READ)]
    assert read == [("register", 1, "u-deputy"), ("tasks", 2, "u-deputy")]


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/tasks"])
def test_a_reading_that_cannot_be_recorded_is_not_answered(school: Played, database: Database, path: str) -> None:
    reported(school)
    with psycopg.connect(database.superuser) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('school_rowan.event', 0))")
        answer = school.get("u-head", path)
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert "RL-2025" not in answer.text
    assert school.get("u-head", path).status_code == 200


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/tasks"])
def test_a_case_that_cannot_be_read_is_not_left_out_in_silence(school: Played, database: Database, path: str) -> None:
    spoilt(database, reported(school).path.rpartition("/")[2], version=4)
    assert school.get("u-head", path).status_code == 500


def test_the_school_without_cases_has_empty_lists(school: Played) -> None:
    for path, name in (("/v1/incidents", "incidents"), ("/v1/tasks", "tasks")):
        assert school.get("u-head", path).json == {name: [], "next": 0, "has_more": False}
