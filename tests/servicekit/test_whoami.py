"""A service without keys asks the one that has them, over real HTTP, and remembers for a minute."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import flask
import pytest

from servicekit import identity, problems
from servicekit.clock import SystemClock
from servicekit.whoami import WhoamiClient
from tests.servicekit.fix_server import answering, free_port, silent_listener

KEY = identity.new_key()


class Keeper:
    """The service that holds the keys, as far as whoami goes."""

    def __init__(self) -> None:
        self.status = 200
        self.role = "reader"
        self.expires_at = datetime.now(UTC) + timedelta(days=1)
        self.asked = 0
        self.app = flask.Flask(__name__, static_folder=None)
        self.app.add_url_rule("/v1/whoami", view_func=self.answer)

    def answer(self) -> tuple[dict[str, object], int]:
        self.asked += 1
        if flask.request.headers["Authorization"] != f"Bearer {KEY.text}":
            return {}, 401
        body = {"key_id": KEY.key_id, "subject": "u-1", "role": self.role, "school": "s", "person": None}
        return {**body, "grants": ["all"], "expires_at": self.expires_at.isoformat(), "later": 1}, self.status


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.monotonic_s = 0.0
        self.began = SystemClock().now()

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.monotonic_s)

    def monotonic(self) -> float:
        return self.monotonic_s


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def client(keeper: Keeper, hand: Hand) -> Iterator[WhoamiClient]:
    with answering(keeper.app) as url:
        client = WhoamiClient(url, clock=hand, monotonic=hand.monotonic)
        yield client
        client.close()


def status_of(client: WhoamiClient, text: str = KEY.text) -> int:
    try:
        client(text)
    except problems.Problem as problem:
        return problem.status
    return 200


def test_the_answer_is_kept_for_a_minute(client: WhoamiClient, keeper: Keeper, hand: Hand) -> None:
    caller = client(KEY.text)
    assert (caller.key_id, caller.role, caller.grants) == (KEY.key_id, "reader", ("all",))
    hand.monotonic_s = 59
    assert client(KEY.text) == caller
    assert keeper.asked == 1
    hand.monotonic_s = 60
    keeper.role = "editor"
    assert client(KEY.text).role == "editor"
    assert keeper.asked == 2


def test_a_bad_key_is_401_and_not_kept(client: WhoamiClient, keeper: Keeper) -> None:
    other = identity.new_key().text
    assert [status_of(client, other), status_of(client, other)] == [401, 401]
    assert keeper.asked == 2
    assert status_of(client, "no key at all") == 401
    assert keeper.asked == 2


def test_a_revoked_key_is_refused_within_a_minute(client: WhoamiClient, keeper: Keeper, hand: Hand) -> None:
    assert status_of(client) == 200
    keeper.status = 401
    assert status_of(client) == 200
    hand.monotonic_s = 60
    assert status_of(client) == 401
    hand.monotonic_s = 61
    keeper.status = 503
    assert status_of(client) == 503


def test_no_answer_outlives_the_key(client: WhoamiClient, keeper: Keeper, hand: Hand) -> None:
    keeper.expires_at = hand.now() + timedelta(seconds=10)
    assert status_of(client) == 200
    hand.monotonic_s = 10
    keeper.status = 503
    assert status_of(client) == 503
    keeper.status = 200
    assert status_of(client) == 401


@pytest.mark.parametrize("status", [429, 500, 302])
def test_an_outage_is_served_from_memory_for_its_minute_then_503(
    client: WhoamiClient, keeper: Keeper, hand: Hand, status: int
) -> None:
    assert status_of(client) == 200
    keeper.status = status
    hand.monotonic_s = 59
    assert status_of(client) == 200
    hand.monotonic_s = 60
    with pytest.raises(problems.Problem) as refused:
        client(KEY.text)
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "5")
    keeper.status = 200
    assert status_of(client) == 200


def test_the_role_that_watches_keeps_its_last_answer(client: WhoamiClient, keeper: Keeper, hand: Hand) -> None:
    keeper.role = "monitor"
    assert status_of(client) == 200
    keeper.status = 500
    hand.monotonic_s = 3600
    assert client(KEY.text).role == "monitor"


def test_nobody_listening_is_503() -> None:
    client = WhoamiClient(f"http://127.0.0.1:{free_port()}")
    assert status_of(client) == 503
    client.close()


def test_silence_is_503_in_time() -> None:
    with silent_listener() as listener:
        client = WhoamiClient(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_s=0.3)
        began = time.monotonic()
        assert status_of(client) == 503
        assert time.monotonic() - began < 2
        client.close()


def test_an_answer_that_is_no_caller_is_503() -> None:
    app = flask.Flask(__name__, static_folder=None)
    app.add_url_rule("/v1/whoami", view_func=lambda: {"role": "editor"})
    with answering(app) as url:
        client = WhoamiClient(url)
        assert status_of(client) == 503
        client.close()
