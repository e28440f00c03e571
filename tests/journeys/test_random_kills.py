"""Whatever is killed, and whenever: each letter that the policy calls for is drafted, once (letters design, 8).

Real processes on a server with the settings of production. Staff work on, asking again under the same key until they
have an answer; meanwhile one of the services, the follower or the whole database server is killed, again and again.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from servicekit.embedded import EmbeddedPostgres
from tests import fix_postgres
from tests.fix_postgres import Database
from tests.journeys.acting import Acting
from tests.journeys.pair import CASEWORK, FOLLOW, FOLLOWING, LETTERS, Room, bearer, running
from tests.journeys.story import ONLY_CASE, Step, read_story
from tests.journeys.test_restart import CAST, FIRST, HEAD, MODEL, Day, eventually

KILLS = 24
CASEWORK_DATABASE, LETTERS_DATABASE, TEMPLATE = "kills_casework", "kills_letters", "kills_template"
SERVER = "the database server"
KILLED = (CASEWORK, LETTERS, FOLLOW, FOLLOW, SERVER)
"""What is killed, the follower as often again as any other."""
PAUSE_MOST_S = 0.6
PATIENCE_S = 60.0
BUSY = httpx.codes.TOO_MANY_REQUESTS
NOT_NOW = (httpx.codes.INTERNAL_SERVER_ERROR, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.BAD_GATEWAY, BUSY)
"""Answers after which the same is asked again: somebody is away, or these staff are faster than anybody may be."""


@dataclass(frozen=True)
class LastingRoom(Room):
    """A room on a server that is killed: its databases go with it, as no connection lasts long enough to drop them."""

    @contextmanager
    def databases(self) -> Iterator[tuple[Database, Database]]:
        """Make a database of casework's and one of letters'."""
        yield (
            fix_postgres.make_database(self.server, self.superuser, CASEWORK_DATABASE, "casework", self.template),
            fix_postgres.make_database(self.server, self.superuser, LETTERS_DATABASE, "letters", "template0"),
        )


class Staff(threading.Thread):
    """Whoever works on case after case, as long as something is killed."""

    def __init__(self, day: Day) -> None:
        super().__init__(name="staff", daemon=True)
        self._day = day
        self.is_over = threading.Event()
        self.cases: list[str] = []
        self.failure: Exception | None = None

    def run(self) -> None:
        """Work until it is over, and end the case in hand."""
        try:
            while not self.is_over.is_set():
                self.cases.append(worked_on(self._day))
        except Exception as failure:  # noqa: BLE001 - raised by whoever waits for this
            self.failure = failure


def worked_on(day: Day) -> str:
    """Bring a case to its warning, whoever is away meanwhile; return the case."""
    acting = Acting(day.pair, CAST, MODEL, day.record)
    for step in day.steps:
        day.pair.set_clock(step.at)
        insisted(acting, day, replace(step, key=f"step-{step.number}"))
    return acting.cases[ONLY_CASE]


def insisted(acting: Acting, day: Day, step: Step) -> None:
    """Ask until there is an answer: the same again, under the same key, as what was done before nobody heard of it."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        is_repeated = acting.has_asked(step)
        asked = replace(step, given={**step.given, "same_body": True}) if is_repeated else step
        try:
            answer = acting.decide(asked)
            if answer.status_code not in NOT_NOW:
                answer.raise_for_status()
                day.record.read()
                return
        except httpx.TransportError:
            pass
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code not in NOT_NOW:
                raise
        time.sleep(0.1)
    message = f"{step}: waited in vain for an answer"
    raise AssertionError(message)


class Killer:
    """Kills what runs, and starts it again, as whoever keeps services running does."""

    def __init__(self, day: Day, server: EmbeddedPostgres) -> None:
        self._day = day
        self._server = server

    def kill(self, name: str) -> None:
        """Kill one thing at some moment, and bring everything up again."""
        if name == SERVER:
            pid = (self._server.home / "data" / "postmaster.pid").read_text().partition("\n")[0]
            os.kill(int(pid), signal.SIGKILL)
            self._server.start()
        else:
            self._day.pair.kill(name)
            self._day.pair.begin(name)
        for each in (CASEWORK, LETTERS, FOLLOW):
            if not self._day.pair.process(each).is_running:
                self._day.pair.begin(each)


@pytest.fixture
def lasting_room(durable_server: EmbeddedPostgres) -> Iterator[LastingRoom]:
    """Answer where databases are made on a server that may be killed."""
    from casework.adapters import migrate  # noqa: PLC0415 - slow to load

    superuser = durable_server.dsn("postgres", "postgres")
    with psycopg.connect(superuser, autocommit=True) as connection:
        fix_postgres._create(connection, TEMPLATE, "casework_owner")
        migrate.migrate(durable_server.dsn(TEMPLATE, "casework_owner"))
        yield LastingRoom(durable_server, connection, TEMPLATE)


def test_each_letter_is_drafted_once_through_random_kills(
    durable_server: EmbeddedPostgres, lasting_room: LastingRoom, tmp_path: Path
) -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    first_moment = read_story(FIRST, MODEL, CAST.people).steps[0].at
    with running(lasting_room, CAST, {}, first_moment, tmp_path / "services") as pair:
        day = Day(pair)
        undisturbed = worked_on(day)
        pair.follow()
        expected = drafted(day, undisturbed)
        assert {"L02", "L04"} <= set(expected)
        pair.kill(FOLLOWING)
        pair.begin(FOLLOW)
        staff, killer = Staff(day), Killer(day, durable_server)
        staff.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0, PAUSE_MOST_S))
            killer.kill(chance.choice(KILLED))
        staff.is_over.set()
        staff.join(PATIENCE_S)
        assert staff.failure is None, f"seed {seed}: {staff.failure}"
        assert len(staff.cases) > 1
        eventually(lambda: all(drafted(day, case) == expected for case in staff.cases))
        verified = pair.run("casework", "verify")
        assert verified.returncode == 0, verified.stderr
        before = {case: drafted(day, case) for case in staff.cases}
        assert replayed(day, durable_server)["drafted"] == 0
        assert {case: drafted(day, case) for case in staff.cases} == before
        assert not list((tmp_path / "services").glob("outbox/*"))


def replayed(day: Day, server: EmbeddedPostgres) -> Mapping[str, Any]:
    """Let letters read the whole feed again from zero; return what that did."""
    day.pair.kill(FOLLOW)
    with psycopg.connect(server.dsn(LETTERS_DATABASE, "letters_app")) as connection:
        connection.execute("UPDATE letters.letters_tracking SET notification_id = 0")
    day.pair.begin(FOLLOWING)
    return day.pair.follow()


def drafted(day: Day, case: str) -> Counter[str]:
    """Return how many letters of each template a case has, drafted whole, that nothing has left the school by."""
    query: dict[str, Any] = {"params": {"case": case}, "headers": bearer(day.pair, HEAD)}
    while (rows := day.pair.letters.get("/v1/letters", **query)).status_code == BUSY:
        time.sleep(float(rows.headers["Retry-After"]))
    found = rows.raise_for_status().json()["letters"]
    return Counter(row["template"] for row in found if row["status"] in {"drafted", "ready"})
