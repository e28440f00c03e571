"""Merge fields over HTTP: for the letters service alone, recorded before they leave, and not given otherwise."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from casework.adapters.credentials import create_key
from tests.api.fix_first_school import STAFF, Played, rowan_lane
from tests.api.test_first_story import REPORT, SHOT, Case, contacted_and_asked, reported_and_judged, went_on_and_warned
from tests.fix_postgres import Database

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PERSONAL = ("Kerry", "Mallinson", "Rowan Lane", "EX1 1AA", "Jayden", "lazy, vile", "facebook.example")
HOSTILE = '#eval("1") <script>alert(1)</script> *x* $y$ \u202eevil\u202c {{7*7}} \'; DROP TABLE event;-- \U0001f621'


def address(case: str, version: object) -> str:
    return f"/v1/incidents/{case}/events/{version}/merge-fields"


def causes(school: Played, name: str) -> list[str]:
    """Return the addresses at which the letters service asks about the events of this name on its feed."""
    entries = school.get("letters", "/v1/events?limit=1000").json["events"]
    ids = [entry["id"].split("/") for entry in entries if entry["type"] == f"incident.{name}.v1"]
    return [address(case, version) for case, version in ids]


def asked_to_remove(school: Played) -> str:
    """Return the address for the first request of the first story."""
    contacted_and_asked(school, reported_and_judged(school))
    return causes(school, "removal-requested")[0]


def reads(school: Played) -> list[dict[str, Any]]:
    """Return the entries that say that somebody fetched merge fields, newest first."""
    answer = school.get("u-audit", "/v1/events?type=access.recipient-read.v1&limit=1000")
    assert answer.status_code == 200, answer.text
    return list(reversed(answer.json["events"]))


def nothing_told(answer: Any, status: int) -> None:
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text
    assert not [word for word in PERSONAL if word in answer.text]


def test_the_letters_service_is_told_and_that_is_on_record(school: Played) -> None:
    asked = asked_to_remove(school)
    assert reads(school) == []
    answer = school.get("letters", asked)
    assert (answer.status_code, answer.content_type, answer.headers["Cache-Control"]) == (
        200, "application/json", "no-store",
    )  # fmt: skip
    assert answer.json["recipients"][0]["address"] == ["1 Rowan Lane", "Exampleton", "EX1 1AA"]
    _, _, _, case, _, version, _ = asked.split("/")
    (read,) = reads(school)
    said = {name: read["data"][name] for name in ("incident", "version", "view", "actor", "role", "sensitivity")}
    assert said == {
        "incident": case,
        "version": int(version),
        "view": "merge-fields",
        "actor": "letters",
        "role": "letters",
        "sensitivity": "open",
    }
    school.get("letters", asked)
    assert len(reads(school)) == 2, "each read is an entry of its own"


@pytest.mark.parametrize("by", [subject for subject, role in STAFF.items() if role != "letters"])
def test_nobody_else_is_told_whether_the_case_is_there_or_not(school: Played, by: str) -> None:
    asked = asked_to_remove(school)
    there, not_there = school.get(by, asked), school.get(by, address(UNKNOWN, 1))
    nothing_told(there, 403)
    assert there.data == not_there.data
    assert reads(school) == []


def test_without_a_key_nothing_is_told(school: Played) -> None:
    nothing_told(school.get("letters", asked_to_remove(school), Authorization=""), 401)


@pytest.mark.parametrize("version", ["1", "3", "99", "0", "-1", "1.5", "12x", "9" * 30, "%00"])
def test_an_event_that_is_not_there_or_causes_no_letter_is_unknown_and_no_read(school: Played, version: str) -> None:
    asked = asked_to_remove(school)
    case = asked.split("/")[3]
    nothing_told(school.get("letters", address(case, version)), 404)
    assert reads(school) == []


def test_an_unknown_case_and_another_schools_get_the_same_bytes(database: Database, tmp_path: Path) -> None:
    with rowan_lane(database, tmp_path, "elm") as school:
        asked = asked_to_remove(school)
        with psycopg.connect(database.owner, autocommit=True) as connection:
            past = datetime(2025, 9, 1, tzinfo=UTC)
            key, _ = create_key(connection, school="elm", subject="letters", role="letters", now=past)
        foreign = school.get("letters", asked, Authorization=f"Bearer {key}")
        unknown = school.get("letters", address(UNKNOWN, 1))
        nothing_told(foreign, 404)
        assert foreign.data == unknown.data
        assert reads(school) == []


def test_the_policys_own_stream_is_no_case(school: Played) -> None:
    entries = school.get("u-audit", "/v1/events").json["events"]
    for entry in entries:
        if not entry["type"].startswith("incident."):
            stream, version = entry["id"].split("/")
            nothing_told(school.get("letters", address(stream, version)), 404)


def test_what_cannot_be_recorded_is_not_told(school: Played, database: Database) -> None:
    asked = asked_to_remove(school)
    with psycopg.connect(database.superuser) as other:
        # Held as `append` holds it: nothing can be added to the record while everything can be read.
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('school_rowan.event', 0))")
        answer = school.get("letters", asked)
    nothing_told(answer, 503)
    assert answer.headers["Retry-After"]
    assert reads(school) == []
    assert school.get("letters", asked).status_code == 200


def test_an_erased_case_is_gone_for_good(school: Played, database: Database) -> None:
    asked = asked_to_remove(school)
    case = asked.split("/")[3]
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute(
            "UPDATE school_rowan_keys.case_key SET master = NULL, wrapped = NULL, erased_by = 1 WHERE id = %s", [case]
        )
    answer = school.get("letters", asked)
    nothing_told(answer, 410)
    assert answer.json["type"] == "urn:school-casework:problem:erased"
    assert reads(school) == []
    nothing_told(school.get("letters", address(case, 99)), 404)


def test_hostile_words_pass_untouched(school: Played) -> None:
    school.at("2025-09-18T08:52:00+01:00")
    case = Case(school, school.post("u-t5", "/v1/incidents", {**REPORT, "words": HOSTILE}))
    facts = {"posts": [1], "method": "screenshot"}
    case.do("2025-09-18T09:12:00+01:00", "u-deputy", "evidence", facts, file=SHOT)
    identity = {
        "party": {"person": "p-mallinson"},
        "confidence": "probable",
        "basis": HOSTILE,
        "basis_code": "profile_match",
    }
    case.do("2025-09-18T09:14:00+01:00", "u-deputy", "identifications", identity)
    case.do("2025-09-18T09:15:00+01:00", "u-deputy", "categorisations", {"primary": "C4", "codes": ["C4"]})
    breach = {"outcome": "inappropriate", "reason": HOSTILE, "is_fair_comment_considered": True, "impact": HOSTILE}
    case.do("2025-09-18T10:30:00+01:00", "u-deputy", "breach-decisions", breach)
    asked = {"posts": [1], "meaning": HOSTILE}
    assert case.do("2025-09-19T15:42:00+01:00", "u-deputy", "removal-requests", asked).status_code == 201
    told = school.get("letters", causes(school, "removal-requested")[0]).json
    assert (told["posts"][0]["quote"], told["facts"]["impact"], told["facts"]["meaning"]) == (HOSTILE,) * 3


def test_asked_again_when_the_case_is_closed_the_same_is_told(school: Played) -> None:
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    asked = causes(school, "removal-requested")[0]
    before = school.get("letters", asked).json
    went_on_and_warned(school, case)
    assert school.get("letters", asked).json == before
