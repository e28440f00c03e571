"""Conditional and repeatable requests: RFC 9110 13, RFC 7240."""

from typing import Any

import flask
import pytest

from servicekit import conditional, problems


def request(**headers: str) -> flask.Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with flask.Flask(__name__).test_request_context(headers=given) as context:
        return context.request


def refused(call: Any, *arguments: Any) -> problems.Problem:
    with pytest.raises(problems.Problem) as caught:
        call(*arguments)
    return caught.value


def test_if_match_carries_the_version() -> None:
    assert conditional.etag(7) == '"7"'
    assert conditional.if_match(request(If_Match='"7"')) == 7
    assert conditional.if_match(request(If_Match=' "0" ')) == 0
    assert conditional.if_match(request(If_Match="*")) == "*"
    assert conditional.if_match(request()) is None


@pytest.mark.parametrize("text", ['W/"7"', "7", '"7", "8"', '"07"', '"-1"', '"abc"', '"7', "", '"9999999999999999999"'])
def test_what_is_no_strong_version_is_refused_by_name(text: str) -> None:
    problem = refused(conditional.if_match, request(If_Match=text))
    assert (problem.status, problem.members["header"]) == (400, "If-Match")


def test_a_stale_or_missing_version_is_told_the_current_one() -> None:
    conditional.require_if_match(request(If_Match='"7"'), 7)
    conditional.require_if_match(request(If_Match="*"), 7)
    stale = refused(conditional.require_if_match, request(If_Match='"6"'), 7)
    missing = refused(conditional.require_if_match, request(), 7)
    assert (stale.status, stale.members) == (412, {"current": 7})
    assert (missing.status, missing.members) == (428, {"current": 7})


def test_an_idempotency_key_is_1_to_64_visible_ascii_characters() -> None:
    for key in ("a", "~" * 64, "8e03978e-40d5-43dd-bc93-6894a57f9324", '"quoted"'):
        assert conditional.idempotency_key(request(Idempotency_Key=key)) == key
    for key in ("", "a b", "a" * 65, "caf\xe9", "\x7f"):
        problem = refused(conditional.idempotency_key, request(Idempotency_Key=key))
        assert (problem.status, problem.slug, problem.members["header"]) == (400, "malformed", "Idempotency-Key")
    problem = refused(conditional.idempotency_key, request())
    assert (problem.status, problem.slug, problem.members["header"]) == (400, "missing-header", "Idempotency-Key")


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("wait=20", 20),
        ("respond-async, wait=10", 10),
        ("WAIT = 3", 3),
        ('wait="4"', 4),
        ("wait=5; strict", 5),
        ("wait=90", 25),
        ("wait=7, wait=9", 7),
        ("wait=-1", 0),
        ("wait=soon", 0),
        ("wait", 0),
        ("await=20", 0),
    ],
)
def test_prefer_wait_is_read_as_rfc_7240_says(text: str, wait_s: float) -> None:
    assert conditional.prefer_wait(request(Prefer=text)) == wait_s


def test_the_wait_that_was_granted_is_said() -> None:
    assert conditional.prefer_wait(request()) == 0
    assert conditional.prefer_wait(request(Prefer="wait=20"), most=5) == 5
    assert conditional.applied_wait(flask.Response(), 5.0).headers["Preference-Applied"] == "wait=5"
    assert "Preference-Applied" not in conditional.applied_wait(flask.Response(), 0).headers


def test_if_none_match_is_compared_weakly() -> None:
    for text in ('"7"', 'W/"7"', '"6", "7"', 'W/"6",W/"7"', "*"):
        assert conditional.not_modified(request(If_None_Match=text), '"7"')
    for text in ('"77"', "7", '"6"', ""):
        assert not conditional.not_modified(request(If_None_Match=text), '"7"')
    assert not conditional.not_modified(request(), '"7"')
    assert conditional.not_modified(request(If_None_Match='"7"'), 'W/"7"')
