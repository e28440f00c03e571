"""A sent letter is filed in its case: as the letters service words it, and only if the pages are the ones it names."""

from hashlib import sha256
from typing import Any

import psycopg
import pytest

from tests.api.fix_first_school import PNG, Played
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database

PDF = b"%PDF-1.7 of a letter"
LETTER = "140846ae-deed-58dd-9bf4-17320d9e93d9"


def facts(**changed: Any) -> dict[str, Any]:
    """Return what the letters service says of a letter (its casework client)."""
    return {
        "letter_id": LETTER,
        "template": "L04",
        "version": 1,
        "pdf_sha256": sha256(PDF).hexdigest(),
        "size_bytes": len(PDF),
        "party": "P1",
        "channel": "print",
        "state": "sent",
        "occurred_at": "2025-09-18T08:40:00+01:00",
        **changed,
    }


def filed(school: Played, given: dict[str, Any], pdf: tuple[str, bytes, str] | None = None, key: str = "one") -> Any:
    path = f"/v1/incidents/{school.post('u-deputy', '/v1/incidents', REPORT, key='report').json['id']}"
    file = pdf or (f"{LETTER}.pdf", PDF, "application/pdf")
    return school.post("letters", f"{path}/correspondence", given, file=file, key=key)


def test_a_letter_is_filed_as_the_letters_service_words_it(school: Played) -> None:
    first = filed(school, facts())
    assert first.status_code == 201, first.text
    assert [event["type"] for event in first.json["events"]] == ["incident.correspondence-recorded.v1"]
    again = filed(school, facts())
    assert (again.json, again.headers["Idempotency-Replayed"]) == (first.json, "true")


@pytest.mark.parametrize(
    ("changed", "pointer"), [({"pdf_sha256": "0" * 64}, "/pdf_sha256"), ({"size_bytes": 1}, "/size_bytes")]
)
def test_pages_other_than_those_named_are_not_filed(school: Played, changed: dict[str, Any], pointer: str) -> None:
    answer = filed(school, facts(**changed))
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert filed(school, facts()).status_code == 201, "a refused command does not use its key up"


def test_a_picture_is_no_letter(school: Played) -> None:
    changed = facts(pdf_sha256=sha256(PNG).hexdigest(), size_bytes=len(PNG))
    answer = filed(school, changed, ("letter.png", PNG, "image/png"))
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, ["/file"])


@pytest.mark.parametrize("by", ["u-gov", "u-mis", "u-deputy"])
def test_a_file_for_a_case_that_is_unknown_or_not_yours_is_not_kept(
    school: Played, database: Database, by: str
) -> None:
    case = school.post("u-deputy", "/v1/incidents", REPORT).json["id"] if by != "u-deputy" else LETTER
    given = {"posts": [1], "method": "screenshot"}
    answer = school.post(by, f"/v1/incidents/{case}/evidence", given, file=("post.png", PNG, "image/png"))
    unknown = school.get("u-head", f"/v1/incidents/{LETTER}")
    assert (answer.status_code, answer.data) == (404, unknown.data)
    with psycopg.connect(database.superuser) as connection:
        keys = connection.execute("SELECT id::text FROM school_rowan_keys.case_key").fetchall()
    assert (LETTER,) not in keys
    assert not [path for path in school.evidence.rglob("*") if path.is_file()]
