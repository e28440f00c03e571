"""Every route says who may call it; without a good key nobody gets in, and it is not said why."""

from datetime import UTC, datetime

import psycopg

from casework.adapters.credentials import list_keys, revoke_key
from casework.api.application import create_app
from casework.api.uploads import Uploads
from servicekit import identity
from tests.api.fix_first_school import Played
from tests.fix_postgres import Database


def _never(*_: object) -> None:
    message = "no request is made"
    raise AssertionError(message)


def test_no_route_is_left_unclassified() -> None:
    app = create_app(
        casework=_never,  # type: ignore[arg-type]  # never called
        export=_never,  # type: ignore[arg-type]  # the same
        authenticate=_never,  # type: ignore[arg-type]  # the same
        uploads=Uploads(_never, limit_bytes=0),  # type: ignore[arg-type]  # the same
    )
    assert identity.unclassified(app) == []
    assert not [route for route in identity.routes(app) if route.access and route.access.is_public]


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
