"""Readings that are refused: each leaves an entry (docs/decisions/0004), a role alone that is refused leaves none."""

from typing import Any

import psycopg
import pytest

from tests.api.exported import ask, recorded
from tests.api.fix_first_school import Played
from tests.api.fix_refusals import REFUSED, UNKNOWN, Tried
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database


def refused(tried: Tried, by: str, path: str, *rules: str) -> tuple[str, str | None]:
    """Read what is not the reader's to read; return what was refused, and in which case, as the record says it."""
    tried.check(404, "not-found", rules, lambda: tried.ask("GET", path, by=by))
    last = tried.last_refusal()
    assert last["actor"] == by
    return last["decision"], last.get("incident")


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


@pytest.mark.parametrize("what", ["package", "receipt"])
def test_an_export_is_fetched_only_by_whoever_could_make_it(tried: Tried, what: str) -> None:
    case = id_of(tried.asked.path)
    export = ask(tried.school, "u-head", case, "police", key=f"export-{what}").json["id"]
    for by, rule in {"u-deputy": "R12", "u-audit": "R12", "u-t5": "R11", "letters": "R12"}.items():
        assert refused(tried, by, f"/v1/exports/{export}/{what}", rule) == (f"read_{what}", case)
    assert refused(tried, "u-head", f"/v1/exports/{UNKNOWN}/{what}") == (f"read_{what}", None)
    assert refused(tried, "u-head", f"/v1/exports/{case}/{what}") == (f"read_{what}", None), "a case is no export"


@pytest.mark.parametrize("what", ["package", "receipt"])
def test_an_export_of_a_case_that_one_became_the_target_of_is_gone_from_sight(tried: Tried, what: str) -> None:
    school = tried.school
    case = school.post("u-deputy", "/v1/incidents", REPORT).json["id"]
    export = ask(school, "u-head", case, "police", key=f"before-{what}").json["id"]
    about_head = {name: REPORT[name] for name in ("channel", "posted_at", "words")} | {
        "targets": [{"person": "u-head"}]
    }
    assert school.post("u-deputy", f"/v1/incidents/{case}/posts", about_head).status_code == 201
    assert refused(tried, "u-head", f"/v1/exports/{export}/{what}", "R11") == (f"read_{what}", case)


def test_merge_fields_of_what_is_not_there_or_causes_no_letter(tried: Tried) -> None:
    unknown = f"/v1/incidents/{UNKNOWN}/events/1/merge-fields"
    assert refused(tried, "letters", unknown) == ("read_merge-fields", None)
    for version in (1, 99):
        path = f"{tried.asked.path}/events/{version}/merge-fields"
        assert refused(tried, "letters", path) == ("read_merge-fields", id_of(tried.asked.path))


def test_merge_fields_of_an_erased_case(school: Played, database: Database) -> None:
    tried = Tried(school, database)
    case = id_of(tried.asked.path)
    path = next(
        f"/v1/incidents/{case}/events/{entry['id'].partition('/')[2]}/merge-fields"
        for entry in tried.entries()
        if entry["type"] == "incident.removal-requested.v1"
    )
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute(
            "UPDATE school_rowan_keys.case_key SET master = NULL, wrapped = NULL, erased_by = 1 WHERE id = %s", [case]
        )
    tried.check(410, "erased", ("R13",), lambda: tried.ask("GET", path, by="letters"))
    assert tried.last_refusal()["incident"] == case


@pytest.mark.parametrize("by", ["u-head", "u-audit", "u-t5"])
def test_a_role_that_is_never_told_merge_fields_read_no_case_and_leaves_nothing(tried: Tried, by: str) -> None:
    path = f"{tried.asked.path}/events/1/merge-fields"
    tried.check(403, "forbidden", None, lambda: tried.ask("GET", path, by=by))


@pytest.mark.parametrize("view", ["", "/history"])
@pytest.mark.parametrize("at", ["p1", "2025-09-01T00:00:00Z"])
def test_a_case_at_a_time_before_it_began(tried: Tried, view: str, at: str) -> None:
    said = refused(tried, "u-audit", f"{tried.asked.path}{view}?at={at}")
    assert said == (f"read_{view[1:] or 'case'}", id_of(tried.asked.path))


@pytest.mark.parametrize("view", ["", "/history", "/actions", "?at=v1"])
def test_a_case_that_is_hidden_or_not_there_leaves_one_entry_each(tried: Tried, view: str) -> None:
    name = f"read_{view[1:] if view.startswith('/') else 'case'}"
    assert refused(tried, "u-gov", tried.asked.path + view, "R12") == (name, id_of(tried.asked.path))
    assert refused(tried, "u-gov", f"/v1/incidents/{UNKNOWN}{view}") == (name, None)


def test_a_refusal_that_cannot_be_recorded_is_no_answer(school: Played, database: Database) -> None:
    case = school.post("u-deputy", "/v1/incidents", REPORT).json["id"]
    export = ask(school, "u-head", case, "police").json["id"]
    asked: list[tuple[str, Any]] = [
        ("u-deputy", f"/v1/exports/{export}/package"),
        ("u-deputy", f"/v1/exports/{export}/receipt"),
        ("letters", f"/v1/incidents/{UNKNOWN}/events/1/merge-fields"),
        ("u-audit", f"/v1/incidents/{case}?at=p1"),
    ]
    with psycopg.connect(database.superuser) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('school_rowan.event', 0))")
        assert [school.get(by, path).status_code for by, path in asked] == [503] * len(asked)
    assert recorded(school, REFUSED) == []
