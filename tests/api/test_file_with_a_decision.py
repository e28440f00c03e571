"""A file may come with a post or a check, as a form, and need not, as JSON; both are the same decision."""

import json
from typing import Any

import pytest

from tests.api.fix_first_school import PNG, Played
from tests.api.fix_refusals import BOUNDARY, SHOT, UNKNOWN, Parts, Tried, faults
from tests.api.test_bad_uploads import LIMIT_BYTES, files
from tests.api.test_first_story import REPORT, Case, types

POSTED: dict[str, Any] = {
    "channel": "fb-community", "posted_at": "2025-09-18T07:14:00+01:00", "targets": ["P1"], "words": "again",
}  # fmt: skip
SEEN: dict[str, Any] = {"posts": [1], "result": "visible"}
WITH = [("posts", POSTED, "post-recorded"), ("post-checks", SEEN, "post-checked")]


@pytest.fixture
def case(school: Played) -> Case:
    """Answer a case that was reported."""
    return Case(school, school.post("u-deputy", "/v1/incidents", REPORT))


@pytest.mark.parametrize(("path", "facts", "first"), WITH)
def test_with_a_file_it_is_evidence_and_without_one_it_is_not(
    case: Case, path: str, facts: dict[str, Any], first: str
) -> None:
    now = "2025-09-18T09:00:00+01:00"
    assert types(case.do(now, "u-deputy", path, facts)) == [first]
    said = {"method": "screenshot", "restricted": ["child_image"], "captured_by": "a colleague"}
    assert types(case.do(now, "u-deputy", path, facts | said, file=SHOT)) == [first, "evidence-captured"]
    captured = case.school.get("u-head", f"{case.path}/evidence/1?reason=to%20judge")
    assert (captured.status_code, captured.data) == (200, PNG)
    assert case.school.get("u-head", f"{case.path}/evidence/1").status_code == 422
    thing = case.school.get("u-head", case.path).json["things"]["evidence"]["1"]
    assert (thing["status"], thing["about"], thing["is_pending"]) == ("captured", captured.headers["ETag"][1:-1], False)


@pytest.mark.parametrize(("path", "facts", "first"), WITH)
def test_the_same_key_again_gives_the_first_answer_and_another_file_is_refused(
    case: Case, path: str, facts: dict[str, Any], first: str
) -> None:
    school = case.school
    url = f"{case.path}/{path}"
    assert types(school.post("u-deputy", url, facts, file=SHOT, key="once")) == [first, "evidence-captured"]
    again = school.post("u-deputy", url, facts, file=SHOT, key="once")
    assert (types(again), again.headers["Idempotency-Replayed"]) == ([first, "evidence-captured"], "true")
    for other in (None, ("post.txt", b"another file", "text/plain")):
        refused = school.post("u-deputy", url, facts, file=other, key="once")
        assert refused.status_code == 422, refused.text
        assert [error["rule"] for error in refused.json["errors"]] == ["R23"]


@pytest.mark.parametrize("path", ["posts", "post-checks"])
@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "multipart/mixed; boundary=x", "application/x-www-form-urlencoded"]
)
def test_a_body_that_is_neither_is_told_both(tried: Tried, path: str, content_type: str | None) -> None:
    answer = tried.refused(415, "unsupported-media-type", path, b"facts=x", rules=None, Content_Type=content_type)
    assert answer.json["expected"] == ["application/json", "multipart/form-data"]


@pytest.mark.parametrize(("path", "facts", "_first"), WITH)
def test_a_form_has_a_file(tried: Tried, path: str, facts: dict[str, Any], _first: str) -> None:
    before = files(tried)
    parts: Parts = [("facts", json.dumps(facts))]
    url = f"{tried.asked.path}/{path}"
    answer = tried.check(422, "invalid", (), lambda: tried.ask("POST", url, parts=parts))
    assert faults(answer) == {"/file": ("one part with a file name", "nothing")}
    assert files(tried) == before


@pytest.mark.parametrize(("path", "facts", "_first"), WITH)
def test_nothing_is_said_of_a_file_that_did_not_come(
    tried: Tried, path: str, facts: dict[str, Any], _first: str
) -> None:
    said = {"method": "screenshot", "restricted": ["slur"]}
    answer = tried.refused(422, "invalid", path, facts | said, rules=())
    assert set(faults(answer)) == {"/method", "/restricted"}


@pytest.mark.parametrize(("path", "facts", "_first"), WITH)
def test_a_file_for_a_case_that_is_not_there_is_not_looked_at(
    tried: Tried, path: str, facts: dict[str, Any], _first: str
) -> None:
    before = files(tried)
    tried.refused(404, "not-found", f"/v1/incidents/{UNKNOWN}/{path}", facts, rules=(), file=SHOT)
    assert files(tried) == before


@pytest.mark.parametrize(("path", "facts", "_first"), WITH)
def test_a_file_is_looked_at_as_any_evidence_is(tried: Tried, path: str, facts: dict[str, Any], _first: str) -> None:
    before = files(tried)
    false = ("post.png", b"<html>", "image/png")
    tried.refused(415, "unsupported-media-type", path, facts, rules=None, file=false)
    large = ("post.png", PNG + bytes(LIMIT_BYTES), "image/png")
    tried.refused(413, "too-large", path, facts, rules=None, file=large)
    assert files(tried) == before


def test_a_body_that_ends_early_is_no_form(tried: Tried) -> None:
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    tried.refused(422, "invalid", "posts", b"--" + BOUNDARY.encode(), rules=(), Content_Type=kind)
