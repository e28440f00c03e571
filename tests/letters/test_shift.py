"""One follower at a time: who waits, who takes over, and how soon one stops. Real Postgres, real HTTP."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest

from letters.adapters.turn import PostgresTurn
from letters.application import follow
from letters.application.follow import Follower
from letters.application.shift import Shift
from letters.bootstrap import Service
from letters.domain.errors import StoreUnavailable
from letters.domain.naming import letter_id
from tests.fix_postgres import Database
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import PARTY

SOON_S = 2.0


class Running:
    """A shift at work in a thread of its own; everything it logs is kept."""

    def __init__(self, database: Database, follower: Callable[[], Follower]) -> None:
        self.said: list[str] = []
        self.failures: list[Exception] = []
        self.shift = Shift(PostgresTurn(database.app), lambda: self._heard(follower()), self._log)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _heard(self, follower: Follower) -> Follower:
        follower._log = self._log
        return follower

    def _log(self, event: str, _: Mapping[str, Any]) -> None:
        self.said.append(event)

    def _run(self) -> None:
        try:
            self.shift.run()
        except Exception as error:  # noqa: BLE001 - for the test to look at
            self.failures.append(error)

    def stop(self) -> float:
        """Stop; return how long that took."""
        began = time.monotonic()
        self.shift.stop()
        self._thread.join(30)
        assert not self._thread.is_alive()
        return time.monotonic() - began

    def join(self) -> None:
        self._thread.join(SOON_S)
        assert not self._thread.is_alive()


Start = Callable[[], Running]


@pytest.fixture
def start(service: Service, letters_database: Database) -> Iterator[Start]:
    started: list[Running] = []

    def begin() -> Running:
        started.append(Running(letters_database, service.follower))
        return started[-1]

    yield begin
    for running in started:
        running.stop()


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_ready(service: Service, cause: str) -> bool:
    found = service.letters.find(letter_id(cause, "L04", PARTY))
    return found is not None and found.status == "ready"


def test_a_warning_is_drafted_and_rendered_as_it_comes(service: Service, casework: FakeCasework, start: Start) -> None:
    start()
    eventually(lambda: casework.asked["events"])
    cause = casework.warning_issued()
    eventually(lambda: is_ready(service, cause))


def test_it_stops_soon_in_the_middle_of_a_long_poll(casework: FakeCasework, start: Start) -> None:
    running = start()
    eventually(lambda: casework.asked["events"])
    assert running.stop() < SOON_S
    assert running.failures == []


def test_a_second_one_waits_says_so_once_and_takes_over(service: Service, casework: FakeCasework, start: Start) -> None:
    first = start()
    eventually(lambda: "following casework" in first.said)
    second = start()
    eventually(lambda: second.said)
    time.sleep(1.2)  # It has tried again meanwhile.
    assert second.said == ["another follower is at work: waiting to take over"]
    first.stop()
    eventually(lambda: "following casework" in second.said)
    cause = casework.warning_issued()
    eventually(lambda: is_ready(service, cause))


def test_who_waits_for_a_turn_stops_at_once(start: Start) -> None:
    first = start()
    eventually(lambda: first.said)
    second = start()
    eventually(lambda: second.said)
    assert second.stop() < SOON_S


def test_a_turn_whose_connection_was_cut_is_lost_and_taken_again(
    service: Service, casework: FakeCasework, superuser: psycopg.Connection, letters_database: Database, start: Start
) -> None:
    running = start()
    eventually(lambda: "following casework" in running.said)
    superuser.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND application_name = 'letters follow'",
        [letters_database.name],
    )
    eventually(lambda: running.said.count("following casework") == 2)
    assert "turn lost: another may take over" in running.said
    cause = casework.warning_issued()
    eventually(lambda: is_ready(service, cause))


def test_a_turn_is_one_sessions_until_it_is_given_back(letters_database: Database) -> None:
    first, second = PostgresTurn(letters_database.app), PostgresTurn(letters_database.app)
    assert first.take()
    assert not second.take()
    assert first.is_mine()
    first.give_back()
    assert not first.is_mine()
    eventually(second.take)
    second.give_back()


def test_a_database_that_is_away_gives_no_turn(letters_database: Database) -> None:
    turn = PostgresTurn(letters_database.app.replace("port=", "port=1"))
    with pytest.raises(StoreUnavailable):
        turn.take()


def test_a_loop_that_fails_in_a_way_nobody_foresaw_ends_the_shift(
    service: Service, casework: FakeCasework, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(service.letters, "position", broken)
    running = start()
    running.join()
    assert [type(failure) for failure in running.failures] == [ZeroDivisionError]
    assert "following broke off" in running.said


def test_what_an_earlier_follower_said_of_itself_is_forgotten(
    service: Service, casework: FakeCasework, start: Start
) -> None:
    service.board.say(is_stopped=True, expected="a key of role letters", found="401")
    casework.stop()
    start()
    eventually(lambda: (said := service.board.said()) and not said.is_stopped)


def test_a_follower_that_waits_for_something_new_says_again_that_it_reads(
    service: Service, letters_database: Database, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SAY_EVERY_S", 0.1)
    monkeypatch.setattr(follow, "WAIT_S", 0.2)
    start()
    eventually(service.board.said)
    with psycopg.connect(letters_database.superuser) as superuser:
        superuser.execute("UPDATE letters.follower SET said_at = now() - interval '1 hour'")
    eventually(lambda: (said := service.board.said()) and said.silent_s < 1)


def test_while_casework_is_away_a_follower_does_not_say_that_it_reads(
    service: Service, casework: FakeCasework, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SAY_EVERY_S", 0.0)
    casework.stop()
    running = start()
    eventually(lambda: running.said.count("feed not read") > 1)
    said = service.board.said()
    assert said is not None
    assert said.silent_s >= 1, "it said so when it began, and not again"


def test_casework_away_is_waited_for_and_read_on_from(service: Service, casework: FakeCasework, start: Start) -> None:
    casework.stop()
    running = start()
    cause = casework.warning_issued()
    eventually(lambda: "feed not read" in running.said)
    casework.start()
    eventually(lambda: is_ready(service, cause))
