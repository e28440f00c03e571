"""Every route says who may call it, and each role is held to it, in cases of its own, hidden, foreign and unknown.

The table is `every_route.py`. Without a good key nobody gets in, and it is not said why.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest

from casework.adapters.credentials import create_key, list_keys, revoke_key
from casework.api import application
from servicekit import identity
from tests.api.every_route import ASKED, BESIDE, HERE, REPORT, ROLES, ROUTES, STALE, Row
from tests.api.fix_first_school import Played, rowan_lane
from tests.api.fix_refusals import BOUNDARY, UNKNOWN, form
from tests.fix_postgres import Database

PUBLIC = {"/livez", "/readyz"}
SEPTEMBER = datetime(2025, 9, 1, tzinfo=UTC)
WHILE_A_KEY_LASTS = 3650
TAKEN_BEFORE = (
    "evidence",
    "identifications",
    "categorisations",
    "breach-decisions",
    "removal-requests",
    "warnings",
    "complaints",
    "legal-holds",
    "blocks",
    "host-reports",
    "police-referrals",
    "legal-advice-requests",
    "legal-actions",
    "police-holds",
)
"""Decisions taken in the case of one's own, so that there is a number 1 of everything that is acted on by number."""
SET_ASIDE = {"warnings": {"override": {"rules": ["R03", "R04"], "code": "repeat", "reason": "the third time"}}}
"""What a decision of these overrides, as nobody spoke to the parent before."""


def test_no_route_is_left_unclassified() -> None:
    app = application.unopened()
    assert identity.unclassified(app) == []
    assert {route.rule for route in identity.routes(app) if route.access and route.access.is_public} == PUBLIC


def test_every_route_stands_in_the_table_of_who_may_call_it() -> None:
    app = application.unopened()
    found = {f"{route.method} {route.rule}" for route in identity.routes(app)}
    unclassified, gone = sorted(found - set(ROUTES)), sorted(set(ROUTES) - found)
    assert not unclassified, f"say who may call these, each by a row in tests/api/every_route.py: {unclassified}"
    assert not gone, f"these are no routes any more, take their rows out of tests/api/every_route.py: {gone}"


class Neighbours(NamedTuple):
    """Two schools on one server, a key for each role at the first, and the cases that are asked about."""

    school: Played
    cases: dict[str, str]
    beside: str
    """Another case of adults, at the first school, which is not asked about."""
    hidden: tuple[bytes, dict[str, str]]
    """What is answered about a case that is not there."""

    def ask(self, role: str, route: str, row: Row, case: str, query: str = "") -> Any:
        method, _, rule = route.partition(" ")
        values = {"incident": case, **row.values}
        path = re.sub(r"<(?:[^:>]*:)?([a-z_]+)>", lambda found: values.get(found[1], "1"), rule)
        self.school._count += 1
        headers = {
            "Authorization": f"Bearer {self.school._keys[role]}",
            "Idempotency-Key": f"key-{self.school._count}",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}" if row.file else "application/json",
            **({"If-Match": '"0"'} if row.through == STALE else {}),
        }
        facts = json.dumps(row.facts).replace(ASKED, case).replace(BESIDE, self.beside)
        body = form([("facts", facts), ("file", row.file)]) if row.file else facts
        sent = body if row.facts is not None else b""
        return self.school._client.open(path + query, method=method, headers=headers, data=sent)


@pytest.fixture(scope="module")
def neighbours(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    """Answer the two schools. At the first, the staff member reported the case that the adviser was granted."""
    with rowan_lane(module_database, tmp_path_factory.mktemp("neighbours"), "elm") as school:
        roles = [role for role in ROLES.values() if role != "legal"]
        school._keys |= {role: _key(module_database, role) for role in roles}
        school._keys["stranger"] = _key(module_database, "caseworker", school="elm")
        own, beside = (school.post("staff", "/v1/incidents", REPORT).json["id"] for _ in range(2))
        school._keys["legal"] = _key(module_database, "legal", cases=[UUID(own)])
        for path in TAKEN_BEFORE:
            row = ROUTES[f"POST {HERE}/{path}"]
            headers: dict[str, Any] = {"If-Match": "*"}
            url = f"/v1/incidents/{own}/{path}"
            done = school.post("headteacher", url, row.facts | SET_ASIDE.get(path, {}), file=row.file, **headers)
            assert done.status_code == 201, done.text
        child = school.post("headteacher", "/v1/incidents", REPORT | {"kind": "child_account"}).json["id"]
        foreign = school.post("stranger", "/v1/incidents", REPORT).json["id"]
        unknown = school.get("headteacher", f"/v1/incidents/{UNKNOWN}")
        cases = {"own": own, "child": child, "foreign": foreign, "unknown": UNKNOWN}
        yield Neighbours(school, cases, beside, (unknown.data, dict(unknown.headers)))


def _key(database: Database, role: str, school: str = "rowan", **given: Any) -> str:
    with psycopg.connect(database.owner, autocommit=True) as connection:
        return create_key(
            connection, school=school, subject=f"as-{role}", role=role, now=SEPTEMBER, days=WHILE_A_KEY_LASTS, **given
        )[0]


CASELESS = [route for route, row in ROUTES.items() if row.seen_by is None]
WITH_A_CASE = [route for route, row in ROUTES.items() if row.seen_by is not None]


@pytest.mark.parametrize("route", CASELESS)
def test_a_route_without_a_case_lets_through_the_roles_it_names_and_no_other(
    neighbours: Neighbours, route: str
) -> None:
    row = ROUTES[route]
    found = {role: neighbours.ask(role, route, row, UNKNOWN).status_code for role in ROLES.values()}
    assert found == {role: row.through if role in row.who else 403 for role in ROLES.values()}


@pytest.mark.parametrize("route", WITH_A_CASE)
def test_a_role_gets_through_sees_or_learns_nothing_of_a_case_as_the_table_says(
    neighbours: Neighbours, route: str
) -> None:
    row = ROUTES[route]
    for kind, case in neighbours.cases.items():
        for role in ROLES.values():
            answer = neighbours.ask(role, route, row, case)
            said = f"{role} in the {kind} case: {answer.status_code} {answer.data!r}"
            if row.is_by_role and role not in row.who:
                assert answer.status_code == 403, said
            elif row.seen_by is None or role not in row.seen_by.get(kind, ()):
                assert answer.status_code == 404, said
                assert (answer.data, dict(answer.headers)) == neighbours.hidden, said
            elif role in row.who:
                # A child's case has no request, referral or hold of number 1, and no ninth event: found out on the way.
                is_without = kind == "child" and (":number>" in route or ":version>" in route)
                assert answer.status_code == (404 if is_without else row.through), said
            elif row.names_what_is_read and answer.status_code == 422:
                assert [fault["pointer"] for fault in answer.json["errors"]] in (["/corrects"], ["/to"]), said
            else:
                assert answer.status_code == 403, said
                assert [refusal["rule"] for refusal in answer.json["refusals"]] == [row.rule], said


@pytest.mark.parametrize("route", ROUTES)
def test_a_query_parameter_that_a_route_does_not_know_is_refused(neighbours: Neighbours, route: str) -> None:
    row = ROUTES[route]
    answer = neighbours.ask(min(row.who), route, row, neighbours.cases["own"], "?sise=2")
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json"), answer.data
    expected = {"in": "query", "pointer": "/sise", "expected": "no such field", "found": "a string of 1 characters"}
    assert expected in answer.json["errors"]


def test_a_revoked_key_is_refused_at_once_and_with_the_same_words_as_an_unknown_one(
    school: Played, database: Database
) -> None:
    assert school.get("u-head", "/v1/whoami").json["role"] == "headteacher"
    with psycopg.connect(database.owner, autocommit=True) as connection:
        key_id = next(key.key_id for key in list_keys(connection, "rowan") if key.subject == "u-head")
        revoke_key(connection, key_id, reason="left the school", now=datetime(2025, 9, 18, tzinfo=UTC))
    revoked = school.get("u-head", "/v1/whoami")
    unknown = school.get("u-head", "/v1/whoami", Authorization="Bearer cwk_000000000000_" + "x" * 43)
    assert (revoked.status_code, revoked.data) == (401, unknown.data)


def test_an_expired_key_is_refused(school: Played) -> None:
    assert school.get("u-head", "/v1/whoami").status_code == 200
    school.at("2036-01-01T00:00:00+00:00")
    assert school.get("u-head", "/v1/whoami").status_code == 401


def test_the_feed_is_for_those_who_follow_it(school: Played) -> None:
    assert school.get("u-head", "/v1/events").status_code == 403
    assert school.get("u-mis", "/v1/events?type=policy.adopted.v1").status_code == 403
    assert school.get("u-mis", "/v1/events?after=0").status_code == 200


def test_an_unknown_address_is_a_problem_too(school: Played) -> None:
    answer = school.get("u-head", "/v1/nothing-here")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
