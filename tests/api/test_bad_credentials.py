"""Callers who are nobody, or who may not know: the same bytes as for what is not there, and no reason given."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from casework.adapters.credentials import create_key, list_keys, revoke_key
from tests.api.fix_first_school import Played
from tests.api.fix_refusals import REFUSED, SHOT, UNKNOWN, Tried
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database

NOW = datetime(2025, 9, 18, 7, 50, tzinfo=UTC)


def key(database: Database, subject: str, **given: Any) -> str:
    with psycopg.connect(database.owner, autocommit=True) as connection:
        made: dict[str, Any] = {"role": "headteacher", "now": NOW, "days": 90, "school": "rowan"} | given
        return create_key(connection, subject=subject, **made)[0]


def revoked(database: Database) -> str:
    text = key(database, "u-gone")
    with psycopg.connect(database.owner, autocommit=True) as connection:
        key_id = next(listed.key_id for listed in list_keys(connection, "rowan") if listed.subject == "u-gone")
        assert revoke_key(connection, key_id, reason="left", now=NOW)
    return text


def test_who_is_behind_a_bad_credential_and_why_it_is_bad_is_not_said(school: Played, database: Database) -> None:
    good = school._keys["u-head"]
    credentials = {
        "none": None,
        "expired": f"Bearer {key(database, 'u-late', now=NOW - timedelta(days=91))}",
        "expiring now": f"Bearer {key(database, 'u-now', now=NOW - timedelta(days=90))}",
        "revoked": f"Bearer {revoked(database)}",
        "unknown": "Bearer cwk_000000000000_" + "x" * 43,
        "with another secret": f"Bearer {good[:-1]}{'a' if good[-1] != 'a' else 'b'}",
        "malformed": "Bearer cwk_1_2",
        "of another scheme": f"Basic {good}",
        "not ASCII": "Bearer cwk_000000000000_" + "\u00e9" * 43,
    }
    answers = {}
    for name, credential in credentials.items():
        headers = {} if credential is None else {"Authorization": credential}
        answer = school._client.get("/v1/incidents/" + UNKNOWN, headers=headers)
        answers[name] = (answer.status_code, answer.data, sorted(answer.headers))
    assert {status for status, _, _ in answers.values()} == {401}
    assert len({(data, str(headers)) for _, data, headers in answers.values()}) == 1
    assert b"expired" not in answers["expired"][1]


def test_a_bad_credential_is_challenged_on_every_kind_of_request_and_nothing_is_recorded(tried: Tried) -> None:
    for method, path in (
        ("GET", tried.asked.path),
        ("POST", f"{tried.asked.path}/contacts"),
        ("POST", f"{tried.asked.path}/evidence"),
        ("GET", "/v1/events"),
        ("GET", "/v1/whoami"),
    ):
        answer = tried.check(401, "unauthenticated", None, lambda m=method, p=path: tried.ask(m, p, by=None))
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_in_the_address_is_no_credential(tried: Tried) -> None:
    path = f"/v1/whoami?key={tried.school._keys['u-head']}"
    tried.check(401, "unauthenticated", None, lambda: tried.ask("GET", path, by=None))


@pytest.mark.parametrize(
    ("by", "rule"),
    [("u-gov", "R12"), ("u-mis", "R12"), ("letters", "R12"), ("u-t5", "R11")],
)
def test_a_case_that_is_not_yours_to_read_is_answered_as_one_that_is_not_there(
    tried: Tried, by: str, rule: str
) -> None:
    for view in ("", "/history", "/actions"):
        hidden = tried.check(404, "not-found", (rule,), lambda v=view: tried.ask("GET", tried.asked.path + v, by=by))
        refusal = tried.last_refusal()
        assert refusal["decision"] == f"read_{view[1:] or 'case'}"
        assert refusal["incident"] == tried.asked.path.rpartition("/")[2]
        unknown = tried.check(
            404, "not-found", (), lambda v=view: tried.ask("GET", f"/v1/incidents/{UNKNOWN}{v}", by=by)
        )
        assert "incident" not in tried.last_refusal()
        assert (hidden.data, dict(hidden.headers)) == (unknown.data, dict(unknown.headers))


def test_a_case_that_is_not_yours_to_decide_in_is_answered_as_one_that_is_not_there(tried: Tried) -> None:
    facts = {"posts": [1], "result": "visible"}
    hidden = tried.refused(404, "not-found", "post-checks", facts, by="u-gov", rules=("R12",))
    path = f"/v1/incidents/{UNKNOWN}/post-checks"
    unknown = tried.refused(404, "not-found", path, facts, by="u-gov", rules=())
    assert (hidden.data, dict(hidden.headers)) == (unknown.data, dict(unknown.headers))


def test_a_file_for_a_case_that_is_not_yours_is_answered_as_for_one_that_is_not_there(tried: Tried) -> None:
    facts = {"posts": [1], "method": "screenshot"}
    hidden = tried.refused(404, "not-found", "evidence", facts, by="u-gov", rules=("R12",), file=SHOT)
    path = f"/v1/incidents/{UNKNOWN}/evidence"
    unknown = tried.refused(404, "not-found", path, facts, by="u-gov", rules=(), file=SHOT)
    assert (hidden.data, dict(hidden.headers)) == (unknown.data, dict(unknown.headers))


def test_a_role_that_may_see_but_not_decide_is_told_who_may(tried: Tried) -> None:
    answer = tried.refused(403, "refused", "warnings", {"posts": [1]}, rules=("R12",))
    [refusal] = answer.json["refusals"]
    assert (refusal["rule"], refusal["missing"]) == ("R12", ["one of the roles headteacher"])
    assert "Cannot be overridden" in answer.json["detail"]


def test_who_may_report_is_said_to_who_may_not(tried: Tried) -> None:
    answer = tried.refused(403, "refused", "/v1/incidents", REPORT, by="u-gov", rules=("R12",))
    assert "incident" not in tried.last_refusal()
    assert "caseworker" in answer.json["refusals"][0]["missing"][0]


def test_too_many_bad_credentials_from_one_address_have_to_wait(school: Played) -> None:
    statuses = [school._client.get("/v1/calendar").status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    answer = school._client.get("/v1/calendar")
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) == answer.get_json()["retry_after_s"] > 0
    assert school._client.get("/v1/whoami").status_code == 401, "other services ask about all their callers there"


def test_what_was_refused_stands_in_the_feed_of_the_auditor_alone(tried: Tried) -> None:
    tried.refused(403, "refused", "warnings", {"posts": [1]}, rules=("R12",))
    seen = tried.ask("GET", "/v1/events?limit=1000", by="u-audit").json["events"]
    assert seen[-1]["type"] == REFUSED
    assert seen[-1]["data"]["actor"] == "u-deputy"
    followed = tried.ask("GET", "/v1/events?limit=1000", by="letters").json["events"]
    assert REFUSED not in {event["type"] for event in followed}


def test_the_id_of_what_is_no_case_is_answered_as_one_that_is_not_there(tried: Tried) -> None:
    streams = {entry["id"].partition("/")[0]: entry["type"] for entry in tried.entries()}
    others = {kind: stream for stream, kind in streams.items() if not kind.startswith("incident.")}
    assert {kind.partition(".")[0] for kind in others} == {"record", "policy", "access"}
    unknown = tried.ask("GET", f"/v1/incidents/{UNKNOWN}", by="u-audit")
    for stream in others.values():
        path = f"/v1/incidents/{stream}"
        answer = tried.check(404, "not-found", (), lambda p=path: tried.ask("GET", p, by="u-audit"))
        assert (answer.data, dict(answer.headers)) == (unknown.data, dict(unknown.headers))
    tried.refused(404, "not-found", f"{path}/post-checks", {"posts": [1], "result": "visible"}, rules=())
