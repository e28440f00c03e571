"""The certificate of posting: taken with the confirmation, sealed with the letter, shown to who may read it."""

from collections.abc import Mapping
from uuid import uuid4

import psycopg
import pytest

from letters.bootstrap import Web
from letters.domain import scan
from tests.fix_postgres import Database
from tests.letters import test_outside_letters
from tests.letters.fake_casework import FakeCasework
from tests.letters.people import Answer, People
from tests.letters.test_api import approve, codes, state

FACTS = '{"posted_at": "2025-09-23T14:20:00+01:00", "place": "Rowanby post office"}'
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nCertificate of posting\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"0" * 40 + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 40 + b"\xff\xd9"


@pytest.fixture
def taken(people: People, warning: str) -> str:
    """Answer the path of a letter that the office has in hand."""
    approve(people, warning)
    assert people.post("u-sbm", f"{warning}/dispatch").status_code == 201
    return warning


def confirm(people: People, letter: str, certificate: bytes, **parts: str | bytes) -> Answer:
    """Confirm the posting with a scan."""
    return send(people, "u-sbm", f"{letter}/dispatched", "scan-1", {"facts": FACTS, "file": certificate, **parts})


def send(people: People, who: str, path: str, key: str, parts: Mapping[str, str | bytes]) -> Answer:
    """Send a form; its boundary is another each time."""
    between = uuid4().hex
    names = {name: f'name="{name}"; filename="c.pdf"' if isinstance(part, bytes) else f'name="{name}"'
             for name, part in parts.items()}  # fmt: skip
    lines = [
        f"--{between}\r\nContent-Disposition: form-data; {names[name]}\r\n\r\n".encode()
        + (part if isinstance(part, bytes) else part.encode())
        for name, part in parts.items()
    ]
    headers = {"Idempotency-Key": key, "Authorization": f"Bearer {people._keys[who]}"}
    body = b"\r\n".join([*lines, f"--{between}--\r\n".encode()])
    kind = f"multipart/form-data; boundary={between}"
    return Answer(people._client.post(path, data=body, content_type=kind, headers=headers))


@pytest.mark.parametrize(
    ("file", "kind"), [(PDF, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")], ids=["pdf", "png", "jpeg"]
)
def test_a_scan_is_kept_and_shown_to_who_reads_the_letter(people: People, taken: str, file: bytes, kind: str) -> None:
    posted = confirm(people, taken, file)
    assert (posted.status_code, posted.json["status"]) == (201, "dispatched")
    shown = people.get("u-head", f"{taken}/scan")
    assert (shown.data, shown.headers["Content-Type"]) == (file, kind)
    assert shown.headers["ETag"] == f'"{posted.json["dispatched"]["scan_sha256"]}"'
    assert people.get("u-auditor", f"{taken}/scan").status_code == 403
    assert people.get("u-t5", f"{taken}/scan").status_code == 404


def test_the_same_form_again_is_carried_out_once_and_another_file_is_another_request(
    people: People, taken: str
) -> None:
    first = confirm(people, taken, PDF)
    again = confirm(people, taken, PDF)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json["version"] == first.json["version"]
    assert confirm(people, taken, PNG).status_code == 422


def test_a_scan_lies_sealed(people: People, taken: str, letters_database: Database) -> None:
    confirm(people, taken, PDF)
    with psycopg.connect(letters_database.superuser) as superuser:
        rows = superuser.execute("SELECT sealed FROM letters.sealed WHERE kind = 'scan'").fetchall()
    assert len(rows) == 1
    assert b"Certificate" not in bytes(rows[0][0])


@pytest.mark.parametrize(
    "file",
    [b"", b"GIF89a", b"<html>%PDF-", PDF[:-6], PNG[:-1], JPEG[:-1], PNG + b"<script>"],
    ids=["empty", "gif", "html", "half a pdf", "half a png", "half a jpeg", "a png and more"],
)
def test_what_is_no_pdf_png_or_jpeg_is_refused(people: People, taken: str, file: bytes) -> None:
    refused = confirm(people, taken, file)
    assert (refused.status_code, refused.json["expected"]) == (415, list(scan.TYPES))
    assert state(people, taken)["status"] == "dispatching"


@pytest.mark.parametrize("over", [1, 2 * 1024 * 1024], ids=["one byte", "two megabytes"])
def test_more_than_ten_megabytes_are_refused(people: People, taken: str, over: int) -> None:
    body = PDF[:-6] + b" " * (scan.BYTES_MAX + over - len(PDF)) + PDF[-6:]
    refused = confirm(people, taken, body)
    assert (refused.status_code, refused.json["limit_bytes"]) == (413, scan.BYTES_MAX)
    assert confirm(people, taken, body[over:]).status_code == 415, "its beginning is gone"
    assert confirm(people, taken, PDF[:9] + body[over + 9 :]).status_code == 201, "ten megabytes are not too many"


def test_every_fault_of_the_form_is_named(people: People, taken: str) -> None:
    refused = confirm(people, taken, PDF, file="a word", extra="another")
    assert refused.status_code == 422
    assert {error["pointer"] for error in refused.json["errors"]} == {"/file", "/extra"}
    wrong = confirm(people, taken, PDF, facts='{"posted_at": "yesterday", "pigeon": 1}')
    assert {error["pointer"] for error in wrong.json["errors"]} == {"/posted_at", "/pigeon"}
    assert confirm(people, taken, PDF, facts="{").status_code == 400


def test_no_other_decision_takes_a_form(people: People, warning: str) -> None:
    form: dict[str, str | bytes] = {"facts": '{"reason": "x"}', "file": PDF}
    assert send(people, "u-head", f"{warning}/hold", "hold-1", form).status_code == 415


def test_where_nobody_gave_a_scan_there_is_none(people: People, taken: str) -> None:
    people.post("u-sbm", f"{taken}/dispatched", {"posted_at": "2025-09-23T14:20:00+01:00"})
    assert people.get("u-head", f"{taken}/scan").status_code == 404


def test_a_picture_of_the_answer_proves_what_was_passed_on(people: People, web: Web, casework: FakeCasework) -> None:
    path = test_outside_letters.drafted(web, casework, "L07")
    test_outside_letters.approve(people, path)
    people.post("u-sbm", f"{path}/dispatch")
    assert codes(people.post("u-sbm", f"{path}/dispatched", {"posted_at": "2025-09-23T14:20:00+01:00"})) == [
        "proof_needed"
    ]
    assert confirm(people, path, PNG).json["status"] == "dispatched"
