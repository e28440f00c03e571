"""Looking at evidence: who may open which file and why, recorded before its first byte, and only while it is whole."""

from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from tests.api.exported import UNKNOWN, let_in, recorded, reported
from tests.api.fix_first_school import PNG, Played
from tests.api.fix_refusals import REFUSED
from tests.api.further_staff import employ
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database

OPENED = "access.evidence-opened.v1"
SLUR = PNG + b"restricted"
WHY = "?reason=" + quote("to judge the post")
ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}


def address(case: str, number: object, query: str = "") -> str:
    return f"/v1/incidents/{case}/evidence/{number}{query}"


def hired(school: Played, database: Database, by: str, case: str) -> str:
    """Give whoever has no key yet one; the adviser's opens this case."""
    if by == "u-other":
        return let_in(school, database, by, "caseworker")
    return by if by in school._keys else employ(school, database, by, [case] if by == "x-legal" else [])


def problem(answer: Any, status: int, slug: str) -> Any:
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text
    assert answer.json["type"] == f"urn:school-casework:problem:{slug}"
    assert PNG[:8] not in answer.data
    assert answer.headers.get("ETag") is None
    return answer.json


def the_file_of(school: Played, content: bytes) -> Path:
    """Return where a file of this size is kept: the two pictures differ in it."""
    sealed = len(content) + 33
    [path] = [path for path in school.evidence.rglob("*") if path.is_file() and path.stat().st_size == sealed]
    return path


def erase(database: Database, case: str) -> None:
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute(
            "UPDATE school_rowan_keys.case_key SET master = NULL, wrapped = NULL, erased_by = 1 WHERE id = %s", [case]
        )


def test_a_file_is_handed_out_as_it_was_captured_and_is_never_run(school: Played, case: str) -> None:
    answer = school.get("u-head", address(case, 1))
    assert (answer.status_code, answer.data) == (200, PNG)
    headers = {
        "Content-Type": "image/png",
        "Content-Length": str(len(PNG)),
        "Content-Disposition": 'attachment; filename="RL-2025-0001-E1.png"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "Cache-Control": "no-store",
        "ETag": f'"{sha256(PNG).hexdigest()}"',
    }
    assert {name: answer.headers[name] for name in headers} == headers


def test_text_says_its_encoding_and_keeps_its_bytes(school: Played, case: str) -> None:
    words = "\u201cvile\u201d \u202ereversed\u202c {{7*7}}\r\n".encode()
    facts = {"posts": [1], "method": "screenshot"}
    shot = ("Kerry Mallinson.txt", words, "text/plain")
    assert school.post("u-deputy", f"/v1/incidents/{case}/evidence", facts, file=shot).status_code == 201
    answer = school.get("u-head", address(case, 3))
    assert (answer.data, answer.content_type) == (words, "text/plain; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="RL-2025-0001-E3.txt"'


OPENS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("u-head", "u-dsl", "u-dpo", "x-legal", "u-deputy"), (200, 200)),
    **dict.fromkeys(("u-other", "u-office", "u-audit"), (200, 403)),
    **dict.fromkeys(("u-t5", "u-gov", "u-chair", "u-mis", "letters"), (404, 404)),
}
"""What each is answered who asks, with a reason, for a plain file and a restricted one; u-deputy handles the case."""


@pytest.mark.parametrize("by", OPENS)
def test_who_opens_what(school: Played, database: Database, case: str, by: str) -> None:
    hired(school, database, by, case)
    expected = list(OPENS[by])
    answers = [school.get(by, address(case, number, WHY)) for number in (1, 2)]
    assert [answer.status_code for answer in answers] == expected
    assert [answer.data == content for answer, content in zip(answers, (PNG, SLUR), strict=True)] == [
        status == 200 for status in expected
    ]
    assert [entry["evidence_no"] for entry in recorded(school, OPENED)] == [
        number for number, status in zip((1, 2), expected, strict=True) if status == 200
    ]
    unknown = school.get(by, address(UNKNOWN, 1, WHY))
    hidden = [answer for answer in answers if answer.status_code == 404]
    assert all((answer.data, dict(answer.headers)) == (unknown.data, dict(unknown.headers)) for answer in hidden)
    forbidden = [answer.json["refusals"][0]["rule"] for answer in answers if answer.status_code == 403]
    assert forbidden == ["R12"] * len(forbidden)
    refusals = [(entry["decision"], entry["rules"]) for entry in recorded(school, REFUSED)]
    why = "R11" if by == "u-t5" else "R12"  # the post is about u-t5
    assert refusals == [("read_evidence", [why])] * (len(answers) - expected.count(200)) + [("read_evidence", [])]


def test_the_adviser_without_a_grant_and_whom_a_post_is_about_see_nothing(school: Played, database: Database) -> None:
    case = reported(school, targets=[{"person": "u-head"}])
    let_in(school, database, "stranger", "legal")
    for by, rule in (("stranger", "R12"), ("u-head", "R11")):
        problem(school.get(by, address(case, 1, WHY)), 404, "not-found")
        assert recorded(school, REFUSED)[-1]["rules"] == [rule]
    assert recorded(school, OPENED) == []


def test_the_evidence_of_a_childs_account_is_for_few_eyes(school: Played, database: Database) -> None:
    case = reported(school, by="u-dsl", key="child", kind="child_account")
    employ(school, database, "u-dpo")
    found = {
        by: school.get(by, address(case, 1)).status_code for by in ("u-head", "u-dsl", "u-dpo", "u-audit", "u-deputy")
    }
    assert found == {"u-head": 200, "u-dsl": 200, "u-dpo": 200, "u-audit": 403, "u-deputy": 404}
    assert {entry["sensitivity"] for entry in recorded(school, OPENED)} == {"dsl"}


def test_an_opening_is_an_entry_with_its_reason_sealed(school: Played, case: str) -> None:
    assert school.get("u-dsl", address(case, 2, WHY)).status_code == 200
    [entry] = recorded(school, OPENED)
    said = {name: entry[name] for name in ("incident", "evidence_no", "view", "actor", "role", "sensitivity")}
    assert said == {
        "incident": case, "evidence_no": 2, "view": "file", "actor": "u-dsl", "role": "dsl", "sensitivity": "open",
    }  # fmt: skip
    assert len(entry["_sd"]) == 1
    assert "judge" not in str(entry)
    school.get("u-dsl", address(case, 2, WHY))
    assert len(recorded(school, OPENED)) == 2, "each opening is an entry of its own"


@pytest.mark.parametrize("query", ["", "?reason=", "?reason=%20%0A"])
def test_restricted_evidence_is_not_opened_without_a_reason(school: Played, case: str, query: str) -> None:
    [error] = problem(school.get("u-head", address(case, 2, query)), 422, "invalid")["errors"]
    assert (error["in"], error["pointer"], error["rule"]) == ("query", "/reason", "R22")
    assert recorded(school, OPENED) == []
    assert recorded(school, REFUSED)[-1]["rules"] == ["R22"]


@pytest.mark.parametrize("query", ["?reason=" + "a" * 501, "?reason=%00", "?why=x"])
def test_a_question_that_cannot_be_is_refused(school: Played, case: str, query: str) -> None:
    assert school.get("u-head", address(case, 1, query)).status_code == 422
    assert recorded(school, OPENED) == []


@pytest.mark.parametrize("number", ["3", "999999999", "9" * 30])
def test_a_number_that_was_not_captured_is_not_found(school: Played, case: str, number: str) -> None:
    answer = school.get("u-head", address(case, number, WHY))
    problem(answer, 404, "not-found")
    assert answer.data == school.get("u-head", address(UNKNOWN, 1)).data
    assert recorded(school, OPENED) == []


@pytest.mark.parametrize("number", ["0", "-1", "1.0", "one"])
def test_what_is_no_number_is_no_address(school: Played, case: str, number: str) -> None:
    problem(school.get("u-head", address(case, number)), 404, "not-found")
    assert recorded(school, REFUSED) == []


def test_who_holds_the_file_already_is_sent_nothing_and_nothing_is_recorded(school: Played, case: str) -> None:
    tag = f'"{sha256(SLUR).hexdigest()}"'
    held = {"If-None-Match": tag}
    answer = school.get("u-head", address(case, 2, WHY), **held)
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert recorded(school, OPENED) == []
    assert school.get("u-audit", address(case, 2, WHY), **held).status_code == 403
    assert school.get("u-head", address(case, 2), **held).status_code == 422


def test_what_cannot_be_recorded_is_not_opened(school: Played, database: Database, case: str) -> None:
    with psycopg.connect(database.superuser) as other:
        # Held as `append` holds it: nothing can be added to the record while everything can be read.
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('school_rowan.event', 0))")
        answer = school.get("u-head", address(case, 1))
    problem(answer, 503, "unavailable")
    assert recorded(school, OPENED) == []
    assert school.get("u-head", address(case, 1)).data == PNG


def test_a_file_that_is_lost_or_broken_is_not_handed_out_and_not_opened(school: Played, case: str) -> None:
    path = the_file_of(school, PNG)
    whole = path.read_bytes()
    for broken in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:-1], the_file_of(school, SLUR).read_bytes(), b""):
        path.write_bytes(broken)
        problem(school.get("u-head", address(case, 1)), 500, "not-whole")
    path.unlink()
    assert "no file of that hash" in problem(school.get("u-head", address(case, 1)), 500, "not-whole")["detail"]
    assert recorded(school, OPENED) == []
    path.write_bytes(whole)
    assert school.get("u-head", address(case, 1)).data == PNG


def test_the_evidence_of_an_erased_case_is_gone_for_good(school: Played, database: Database, case: str) -> None:
    erase(database, case)
    for number in (1, 2):
        problem(school.get("u-head", address(case, number, WHY)), 410, "erased")
        assert recorded(school, REFUSED)[-1]["rules"] == ["R13"]
    problem(school.get("u-gov", address(case, 1)), 404, "not-found")
    assert recorded(school, OPENED) == []


def test_an_event_that_is_no_evidence_has_no_file_here(school: Played) -> None:
    case = school.post("u-deputy", "/v1/incidents", REPORT).json["id"]
    assert (
        school.post(
            "u-dsl", f"/v1/incidents/{case}/categorisations", {"codes": ["C4"], "primary": "C4"}, **ON_THE_NEWEST
        ).status_code
        == 201
    )
    problem(school.get("u-head", address(case, 1)), 404, "not-found")
