"""API keys: who is behind one, for how long, and that nothing of a key's text is kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from casework.adapters.credentials import Credentials, create_key, list_keys, revoke_key
from casework.adapters.pool import make_pool
from servicekit.problems import Problem
from tests.adapters.given import Place

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CASE = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001")


class StandingClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.instant = NOW

    def now(self) -> datetime:
        return self.instant


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def credentials(place: Place, clock: StandingClock) -> Credentials:
    return Credentials(place.pool, clock)


def made(place: Place, **more: object) -> str:
    with place.connect("owner") as owner:
        text, _ = create_key(owner, school="rowanlane", subject="u-head", role="headteacher", now=NOW, **more)  # type: ignore[arg-type]  # passed on as they are
    return text


def status(credentials: Credentials, text: str) -> int:
    with pytest.raises(Problem) as raised:
        credentials.authenticate(text)
    return raised.value.status


def test_a_key_says_who_is_calling(place: Place, credentials: Credentials) -> None:
    text = made(place, person="u-head", cases=[CASE])
    caller = credentials.authenticate(text)
    assert (caller.subject, caller.role, caller.school) == ("u-head", "headteacher", "rowanlane")
    assert (caller.person, caller.grants) == ("u-head", (str(CASE),))
    assert caller.expires_at == NOW + timedelta(days=90)
    assert text.startswith(f"cwk_{caller.key_id}_")


def test_the_text_of_a_key_is_kept_nowhere(place: Place) -> None:
    secret = made(place).split("_", 2)[2]
    assert secret not in str(place.query("SELECT k::text FROM casework.api_key k"))


def test_a_key_works_until_it_expires(place: Place, credentials: Credentials, clock: StandingClock) -> None:
    text = made(place, days=1)
    clock.instant = NOW + timedelta(hours=23, minutes=59)
    credentials.authenticate(text)
    clock.instant = NOW + timedelta(days=1)
    assert status(credentials, text) == 401


def test_a_revoked_key_stops_at_once_and_for_good(place: Place, credentials: Credentials) -> None:
    text = made(place)
    key_id = credentials.authenticate(text).key_id
    with place.connect("owner") as owner:
        assert revoke_key(owner, key_id, reason="left the school", now=NOW)
        assert not revoke_key(owner, key_id, reason="again", now=NOW)
        assert not revoke_key(owner, "000000000000", reason="unknown", now=NOW)
        assert [(key.key_id, key.revoked_reason) for key in list_keys(owner, "rowanlane")] == [
            (key_id, "left the school")
        ]
    assert status(credentials, text) == 401


def test_a_wrong_key_is_refused_without_saying_why(place: Place, credentials: Credentials) -> None:
    text = made(place)
    other = made(place)
    swapped = text[:17] + other[17:]
    for wrong in (swapped, "cwk_000000000000_" + "A" * 43, "nothing like a key", ""):
        assert status(credentials, wrong) == 401


def test_the_last_use_is_kept_to_the_day(place: Place, credentials: Credentials, clock: StandingClock) -> None:
    text = made(place)
    for hours in (0, 5, 20):
        clock.instant = NOW + timedelta(hours=hours)
        credentials.authenticate(text)
    assert place.query("SELECT last_used_on::text FROM casework.api_key") == [("2026-11-25",)]


def test_a_database_that_is_gone_lets_nobody_in(place: Place, clock: StandingClock) -> None:
    text = made(place)
    gone = place.database.app.replace(place.database.name, "no_such_database")
    with make_pool(gone, timeout_s=0.1) as pool:
        assert status(Credentials(pool, clock), text) == 503


def test_the_service_may_not_make_keys(place: Place) -> None:
    with place.connect("app") as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
        create_key(app, school="rowanlane", subject="u-me", role="headteacher", now=NOW)
