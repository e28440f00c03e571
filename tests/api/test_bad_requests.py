"""Requests that cannot be read, or say too little of themselves: bodies, headers, addresses."""

import json
from typing import Any

import pytest

from servicekit.problems import JSON_BYTES_MAX
from tests.api.fix_refusals import UNKNOWN, Tried, faults
from tests.api.test_first_story import REPORT

CHECK = {"posts": [1], "result": "visible"}
CONTACT = {"method": "telephone", "outcome": "no_answer"}
BODY = json.dumps(CHECK).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "truncated"),
        (b"posts=1&result=visible", "malformed"),
        (BODY + b"]", "trailing characters"),
        (b'{"posts": [1], "result": NaN}', "malformed"),
        (b'{"posts": [1], "result": 1e999}', "out of range"),
        (b'{"posts": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested too deep"),
        (b'{"posts": [1], "result": "\xe9t\xe9"}', "expected UTF-8"),
        (b'{"posts": [1], "result": "\\ud800"}', "The JSON"),
        (b'\xef\xbb\xbf{"posts": [1]}', "malformed"),
        (b'{"posts": [1], "result": "visible", "posts": [2]}', "each member name once"),
        (b'{"posts": [{"a": 1, "\\u0061": 2}], "result": "visible"}', "each member name once"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_a_body_that_is_no_json_is_refused_and_it_is_said_why(tried: Tried, body: bytes, reason: str) -> None:
    answer = tried.refused(400, "malformed", "post-checks", body, rules=None)
    assert answer.json["detail"].startswith("The JSON cannot be read: ")
    assert reason in answer.json["detail"]


@pytest.mark.parametrize("body", [b"[]", b'"posts"', b"null", b"5", b"[[1]]"])
def test_json_that_is_no_object_is_refused(tried: Tried, body: bytes) -> None:
    answer = tried.refused(422, "invalid", "post-checks", body, rules=())
    assert {expected for expected, _ in faults(answer).values()} == {"an object"}


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_that_is_not_declared_as_json_is_refused(tried: Tried, content_type: str | None) -> None:
    note = b'{"text": "the parent rang"}'
    answer = tried.refused(415, "unsupported-media-type", "notes", note, rules=None, Content_Type=content_type)
    assert answer.json["expected"] == ["application/json"]


def test_a_body_that_is_too_large_is_refused(tried: Tried) -> None:
    large = json.dumps(CHECK | {"how": "x" * JSON_BYTES_MAX}).encode()
    answer = tried.refused(413, "too-large", "post-checks", large, rules=None)
    assert answer.json["limit_bytes"] == JSON_BYTES_MAX


def test_a_request_without_an_idempotency_key_is_refused(tried: Tried) -> None:
    answer = tried.refused(400, "missing-header", "post-checks", CHECK, rules=None, Idempotency_Key=None)
    assert answer.json["header"] == "Idempotency-Key"
    assert "1 to 64 visible ASCII characters" in answer.json["detail"]


@pytest.mark.parametrize("key", ["", "k" * 65, "sch\u00f6n", "two words", "tab\tbed"])
def test_an_idempotency_key_that_cannot_be_used_is_refused(tried: Tried, key: str) -> None:
    answer = tried.refused(400, "malformed", "post-checks", CHECK, rules=None, Idempotency_Key=key)
    assert answer.json["header"] == "Idempotency-Key"
    assert "expected 1 to 64 visible ASCII characters" in answer.json["detail"]


@pytest.mark.parametrize(
    "tag", ['W/"3"', "3", '"3', '"3", "4"', '"03"', '"-1"', '""', '"3.0"', '"99999999999999999999"']
)
def test_an_if_match_that_is_not_one_strong_version_is_refused(tried: Tried, tag: str) -> None:
    answer = tried.refused(400, "malformed", "contacts", CONTACT, rules=None, If_Match=tag)
    assert answer.json["header"] == "If-Match"
    assert "expected one strong entity tag" in answer.json["detail"]


def test_a_decision_that_does_not_say_which_version_it_saw_is_refused(tried: Tried) -> None:
    answer = tried.refused(428, "precondition-required", "contacts", CONTACT, rules=("R15",), If_Match=None)
    assert answer.json["current"] == int(tried.asked.tag.strip('"'))


def test_a_decision_on_an_older_version_is_refused(tried: Tried) -> None:
    answer = tried.refused(412, "stale-version", "contacts", CONTACT, rules=("R15",), If_Match='"3"')
    assert answer.json["current"] == int(tried.asked.tag.strip('"'))
    assert [refusal["rule"] for refusal in answer.json["refusals"]] == ["R15"]


def test_a_decision_on_a_version_that_is_yet_to_come_is_refused(tried: Tried) -> None:
    answer = tried.refused(412, "stale-version", "contacts", CONTACT, rules=("R15",), If_Match='"999"')
    assert answer.json["current"] == int(tried.asked.tag.strip('"'))


def test_the_same_key_with_another_body_is_refused_and_another_callers_key_is_another(tried: Tried) -> None:
    first = tried.ask("POST", "/v1/incidents", body=json.dumps(REPORT).encode(), Idempotency_Key="mine")
    assert first.status_code == 201
    other = REPORT | {"words": "other words"}
    answer = tried.refused(422, "invalid", "/v1/incidents", other, rules=("R23",), Idempotency_Key="mine")
    assert [(error["in"], error["rule"]) for error in answer.json["errors"]] == [("header", "R23")]
    theirs = tried.ask("POST", "/v1/incidents", by="u-head", body=json.dumps(other).encode(), Idempotency_Key="mine")
    assert (theirs.status_code, theirs.headers.get("Idempotency-Replayed")) == (201, None)
    assert theirs.json["id"] != first.json["id"]


def test_the_same_key_on_another_route_is_another_request_and_refused(tried: Tried) -> None:
    first = tried.ask("POST", "/v1/incidents", body=json.dumps(REPORT).encode(), Idempotency_Key="once")
    assert first.status_code == 201
    tried.refused(422, "invalid", "post-checks", CHECK, rules=("R23",), Idempotency_Key="once")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/incidents/not-an-id",
        "/v1/incidents/3f0c1c0e6f8f4c589a3b7d4c8a1c0001",
        f"/v1/incidents/{UNKNOWN}/",
        f"/v1/incidents/{UNKNOWN}%00",
        "/v1/incidents/../incidents",
        "/v1/",
        "/",
        "/v2/incidents",
        "/.env",
    ],
)
def test_an_address_that_is_none_is_answered_as_what_one_may_not_see(tried: Tried, path: str) -> None:
    nowhere = tried.check(404, "not-found", None, lambda: tried.ask("GET", path))
    unknown = tried.ask("GET", f"/v1/incidents/{UNKNOWN}")
    assert (nowhere.data, dict(nowhere.headers)) == (unknown.data, dict(unknown.headers))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/incidents/{case}/contacts", {"POST"}),
        ("DELETE", "/v1/incidents/{case}", {"GET", "HEAD"}),
        ("PUT", "/v1/events", {"GET", "HEAD"}),
        ("OPTIONS", "/v1/incidents/{case}", {"GET", "HEAD"}),
        ("TRACE", "/v1/whoami", {"GET", "HEAD"}),
        ("BREW", "/v1/calendar", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_an_address_does_not_know_is_refused(
    tried: Tried, method: str, path: str, allowed: set[str]
) -> None:
    url = path.format(case=tried.asked.path.rpartition("/")[2])
    answer = tried.check(405, "method-not-allowed", None, lambda: tried.ask(method, url))
    assert set(answer.headers["Allow"].split(", ")) == allowed
    assert all(name in answer.json["detail"] for name in allowed)


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("after=-1", {"/after"}),
        ("after=x&limit=0", {"/after", "/limit"}),
        ("limit=1001", {"/limit"}),
        ("type=INCIDENT", {"/type"}),
        ("since=3", {"/since"}),
    ],
)
def test_a_question_to_the_feed_that_cannot_be_is_refused(tried: Tried, query: str, pointers: set[str]) -> None:
    answer = tried.check(422, "invalid", None, lambda: tried.ask("GET", f"/v1/events?{query}", by="u-audit"))
    assert set(faults(answer)) == pointers
    assert {error["in"] for error in answer.json["errors"]} == {"query"}


def test_nothing_that_could_not_be_read_used_its_key_up(tried: Tried) -> None:
    facts: dict[str, Any] = {"posts": [1], "result": "visible"}
    tried.refused(400, "malformed", "post-checks", b"{", rules=None, Idempotency_Key="again")
    tried.refused(422, "invalid", "post-checks", facts | {"result": "gone"}, rules=(), Idempotency_Key="again")
    body = json.dumps(facts).encode()
    answer = tried.ask("POST", f"{tried.new.path}/post-checks", body=body, Idempotency_Key="again")
    assert answer.status_code == 201, answer.text
