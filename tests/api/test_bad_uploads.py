"""Files that are not what they say, too large, or not there: each is refused, and nothing of it is kept."""

import io
import json
import zipfile
from hashlib import sha256
from typing import Any

import pytest

from casework.application.evidence_file import EXTENSIONS
from servicekit.problems import JSON_BYTES_MAX
from tests.api.fix_first_school import PNG
from tests.api.fix_refusals import BOUNDARY, SHOT, UNKNOWN, File, Parts, Tried, faults, form

FACTS = {"posts": [1], "method": "screenshot"}
HTML = b"<!doctype html><html><script>alert(1)</script></html>"
LIMIT_BYTES = 100_000


def files(tried: Tried) -> list[str]:
    """Return what is kept, and what an upload may have left behind on its way."""
    return sorted(str(path) for path in tried.school.evidence.rglob("*") if path.is_file())


def sent(tried: Tried, parts: Parts, key: str | None = None) -> Any:
    named = {"Idempotency_Key": key} if key else {}
    return tried.ask("POST", f"{tried.asked.path}/evidence", by="u-deputy", body=b"", parts=parts, **named)


def archive(*names: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made:
        for name in names:
            made.writestr(name, "{}")
    return kept.getvalue()


def test_a_file_over_the_limit_is_refused_and_nothing_of_it_is_kept(tried: Tried) -> None:
    before = files(tried)
    large = ("post.png", PNG + bytes(LIMIT_BYTES + 1 - len(PNG)), "image/png")
    answer = tried.refused(413, "too-large", "evidence", FACTS, rules=None, file=large)
    assert answer.json["limit_bytes"] == LIMIT_BYTES
    assert files(tried) == before


def test_a_file_far_over_the_limit_is_refused_before_it_is_parsed(tried: Tried) -> None:
    before = files(tried)
    large = ("post.png", PNG + bytes(2_000_000), "image/png")
    answer = tried.refused(413, "too-large", "evidence", FACTS, rules=None, file=large)
    assert answer.json["limit_bytes"] == LIMIT_BYTES
    assert files(tried) == before


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("post.png", HTML, "image/png"),
        ("post.png", PNG, "image/jpeg"),
        ("post.jpg", PNG, "image/png"),
        ("post.png.html", PNG, "image/png"),
        ("post", PNG, "image/png"),
        ("post.png", b"", "image/png"),
        ("post.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        ("page.html", HTML, "text/html"),
        ("words.txt", HTML, "text/plain"),
        ("words.txt", b"", "text/plain"),
        ("words.txt", b"\xff\xfe", "text/plain"),
        ("words.txt", b"a\x00b", "text/plain"),
        ("program.exe", b"MZ\x90\x00", "application/octet-stream"),
        ("post.gif", b"GIF89a", "image/gif"),
        ("archive.wacz", archive("index.html"), "application/wacz"),
        ("archive.wacz", b"PK\x03\x04 cut off", "application/wacz"),
        ("letter.pdf", b"\n%PDF-1.7", "application/pdf"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(tried: Tried, name: str, content: bytes, media_type: str) -> None:
    before = files(tried)
    answer = tried.refused(
        415, "unsupported-media-type", "evidence", FACTS, rules=None, file=(name, content, media_type)
    )
    assert answer.json["expected"] == list(EXTENSIONS)
    assert files(tried) == before


def test_a_file_name_is_not_repeated_in_an_answer(tried: Tried) -> None:
    hostile = ("../../etc/Kerry.Mallinson", HTML, "kerry/mallinson")
    answer = tried.refused(415, "unsupported-media-type", "evidence", FACTS, rules=None, file=hostile)
    assert "allinson" not in answer.text
    assert "its content is none of the accepted types" in answer.json["detail"]


TEXT: tuple[str, str] = ("facts", json.dumps(FACTS))
FILE: tuple[str, File] = ("file", SHOT)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([], {"/facts": "nothing", "/file": "nothing"}),
        ([TEXT], {"/file": "nothing"}),
        ([FILE], {"/facts": "nothing"}),
        ([TEXT, ("file", "words")], {"/file": "a part of the other kind"}),
        ([("facts", ("facts.json", b"{}", "application/json")), FILE], {"/facts": "a part of the other kind"}),
        ([TEXT, FILE, FILE], {"/file": "2 parts"}),
        ([TEXT, TEXT, FILE], {"/facts": "2 parts"}),
        ([TEXT, FILE, ("file", "words")], {"/file": "2 parts"}),
        ([TEXT, FILE, ("notes", "x"), ("extra", SHOT)], {"/notes": "a part", "/extra": "a part"}),
    ],
)
def test_each_part_that_is_missing_or_too_many_is_named_and_no_file_is_kept(
    tried: Tried, parts: Parts, found: dict[str, str]
) -> None:
    before = files(tried)
    answer = tried.check(422, "invalid", (), lambda: sent(tried, parts))
    assert {pointer: what for pointer, (_, what) in faults(answer).items()} == found
    assert {error["in"] for error in answer.json["errors"]} == {"form"}
    assert files(tried) == before


@pytest.mark.parametrize("text", ["", "{", "posts=1", '{"posts": [1], "posts": [2]}'])
def test_facts_that_are_no_json_are_refused(tried: Tried, text: str) -> None:
    before = files(tried)
    parts: Parts = [("facts", text), FILE]
    answer = tried.check(400, "malformed", None, lambda: sent(tried, parts))
    assert answer.json["detail"].startswith("The JSON cannot be read: ")
    assert files(tried) == before


def test_words_that_are_no_utf8_are_refused_and_not_altered(tried: Tried) -> None:
    before = files(tried)
    body = form([TEXT, FILE]).replace(b'"screenshot"', b'"screenshot", "text": "caf\xe9"')
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    answer = tried.refused(400, "malformed", "evidence", body, rules=None, Content_Type=kind)
    assert "expected UTF-8" in answer.json["detail"]
    assert files(tried) == before


@pytest.mark.parametrize("text", ["[]", '{"posts": ["1"], "method": "guess", "colour": 1}'])
def test_facts_that_cannot_be_are_refused_with_every_fault(tried: Tried, text: str) -> None:
    before = files(tried)
    parts: Parts = [("facts", text), FILE]
    answer = tried.check(422, "invalid", (), lambda: sent(tried, parts))
    expected = {""} if text == "[]" else {"/posts/0", "/method", "/colour"}
    assert set(faults(answer)) == expected
    assert files(tried) == before


@pytest.mark.parametrize("content_type", ["application/json", "multipart/mixed; boundary=x", "text/plain", None])
def test_an_upload_that_is_no_form_is_refused(tried: Tried, content_type: str | None) -> None:
    body = json.dumps(FACTS).encode()
    answer = tried.refused(415, "unsupported-media-type", "evidence", body, rules=None, Content_Type=content_type)
    assert answer.json["expected"] == ["multipart/form-data"]


@pytest.mark.parametrize("cut", [20, 120, 250, 300])
def test_a_form_that_is_cut_off_is_refused_and_nothing_is_kept(tried: Tried, cut: int) -> None:
    before = files(tried)
    body = form([TEXT, FILE])[:-cut]
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    tried.refused(422, "invalid", "evidence", body, rules=(), Content_Type=kind)
    assert files(tried) == before


def test_a_form_whose_boundary_is_not_said_is_refused(tried: Tried) -> None:
    body = form([TEXT, FILE])
    answer = tried.refused(422, "invalid", "evidence", body, rules=(), Content_Type="multipart/form-data")
    assert set(faults(answer)) == {"/facts", "/file"}


def test_facts_larger_than_any_json_are_refused(tried: Tried) -> None:
    facts = FACTS | {"text": "x" * JSON_BYTES_MAX}
    answer = tried.refused(413, "too-large", "evidence", facts, rules=None, file=SHOT)
    assert answer.json["limit_bytes"] == JSON_BYTES_MAX


def test_a_file_for_a_case_that_is_not_there_is_not_looked_at(tried: Tried) -> None:
    before = files(tried)
    answer = tried.refused(404, "not-found", f"/v1/incidents/{UNKNOWN}/evidence", FACTS, rules=(), file=SHOT)
    assert "incident" not in tried.last_refusal()
    assert answer.data == tried.ask("GET", f"/v1/incidents/{UNKNOWN}").data
    assert files(tried) == before


def test_the_same_key_with_another_file_is_refused(tried: Tried) -> None:
    assert sent(tried, [TEXT, FILE], key="shot").status_code == 201
    words = ("post.txt", b"another file", "text/plain")
    answer = tried.refused(422, "invalid", "evidence", FACTS, rules=("R23",), file=words, Idempotency_Key="shot")
    assert answer.json["errors"][0]["rule"] == "R23"


def test_a_letter_that_was_altered_on_the_way_is_refused(tried: Tried) -> None:
    pdf = b"%PDF-1.7 of a letter"
    facts = {
        "letter_id": UNKNOWN,
        "template": "L04",
        "version": 1,
        "pdf_sha256": sha256(b"other pages").hexdigest(),
        "size_bytes": len(pdf),
        "channel": "print",
        "state": "sent",
    }
    file = ("letter.pdf", pdf, "application/pdf")
    answer = tried.refused(422, "invalid", "correspondence", facts, rules=(), by="letters", file=file)
    assert set(faults(answer)) == {"/pdf_sha256"}
