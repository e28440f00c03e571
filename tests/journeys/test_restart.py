"""One of the two services is killed and comes back, while the other goes on (letters design, 7): nothing is lost.

Real processes, killed with their workers as by a loss of power, and `letters follow` itself beside them.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journeys.acting import Acting
from tests.journeys.cast import Cast
from tests.journeys.desk import Desk
from tests.journeys.pair import CASEWORK, FOLLOW, FOLLOWING, LETTERS, Pair, Room, bearer, running
from tests.journeys.record import Entry, Record
from tests.journeys.story import ONLY_CASE, STORIES, Model, load, read_story

CAST = Cast.read(STORIES)
MODEL = Model.read(STORIES)
FIRST = load(STORIES / "S01-refusal-then-warning.yaml")
TO_THE_WARNING = (1, 3, 4, 5, 7, 8, 10, 13, 14, 16, 17, 18, 19)
"""The steps after which a warning can be issued, without those that are refused."""
WARNING = 21
HEAD, OFFICE = "u-head", "u-sbm"
FILED = "incident.correspondence-recorded.v1"
PATIENCE_S = 40.0


class Day:
    """A pair of services on the day of the warning, and what is asked of them."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.record = Record(pair)
        self.desk = Desk(pair, CAST)
        told = [FIRST["steps"][number - 1] for number in (*TO_THE_WARNING, WARNING)]
        self.steps = read_story({**FIRST, "steps": told}, MODEL, CAST.people).steps
        self.at = self.steps[-1].at
        self.now = self.at.isoformat()

    def case(self) -> Acting:
        """Open a case, and bring it to where a warning can be issued."""
        acting = Acting(self.pair, CAST, MODEL, self.record)
        for step in self.steps[:-1]:
            self.pair.set_clock(step.at)
            acting.decide(step).raise_for_status()
            self.record.read()
        self.pair.set_clock(self.at)
        return acting

    def warn(self, acting: Acting) -> str:
        """Issue the warning; return the case."""
        acting.decide(self.steps[-1]).raise_for_status()
        return acting.cases[ONLY_CASE]

    def letters(self, case: str, template: str) -> list[Mapping[str, Any]]:
        """Return the letters of a case that its head sees."""
        rows = self.pair.letters.get("/v1/letters", params={"case": case}, headers=bearer(self.pair, HEAD))
        found = rows.raise_for_status().json()["letters"]
        return [row for row in found if row["template"] == template]

    def post(self, letter: str, path: str, by: str, **facts: Any) -> httpx.Response:
        """Ask letters for a decision."""
        headers = {**bearer(self.pair, by), "Idempotency-Key": str(uuid4())}
        return self.pair.letters.post(f"/v1/letters/{letter}/{path}", json=facts, headers=headers)

    def complete(self, case: str, template: str) -> list[str]:
        """Return which of the letters of a case could be approved now."""
        return [row["letter_id"] for row in self.letters(case, template) if row["status"] == "ready"]

    def unfiled(self) -> list[Any]:
        """Return what left and is not in the record."""
        answer = self.pair.letters.get("/v1/unfiled", headers=bearer(self.pair, HEAD))
        found: list[Any] = answer.raise_for_status().json()["letters"]
        return found

    def filings(self, case: str) -> list[Entry]:
        """Return what is filed in a case."""
        self.record.read()
        return [entry for entry in self.record.of_case(case) if entry.type == FILED]


def taken(day: Day) -> tuple[str, str]:
    """Warn somebody, approve the letter and take it to the post; return the case and the letter."""
    case = day.warn(day.case())
    day.pair.follow()
    (letter,) = day.complete(case, "L04")
    day.desk.approve(letter, HEAD, day.at).raise_for_status()
    day.post(letter, "dispatch", HEAD).raise_for_status()
    return case, letter


@contextmanager
def asleep(pid: int) -> Iterator[None]:
    """Let a process stand still meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def eventually(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def day(room: Room, tmp_path: Path) -> Iterator[Day]:
    """Answer both services, with nobody who follows but when told to."""
    first_moment = read_story(FIRST, MODEL, CAST.people).steps[0].at
    with running(room, CAST, {}, first_moment, tmp_path / "services") as pair:
        yield Day(pair)


def test_what_one_service_misses_while_it_is_killed_it_does_once_when_it_is_back(day: Day) -> None:
    posted, letter = taken(day)
    warned, also_warned = day.case(), day.case()
    day.pair.kill(FOLLOWING)
    day.pair.begin(FOLLOW)
    casework_is_killed(day, warned, letter)
    letters_is_killed(day, also_warned)
    assert [entry.data["letter_id"] for entry in day.filings(posted)] == [letter]
    for case in (warned.cases[ONLY_CASE], also_warned.cases[ONLY_CASE]):
        assert len(day.complete(case, "L04")) == 1
    verified = day.pair.run("casework", "verify")
    assert verified.returncode == 0, verified.stderr


def casework_is_killed(day: Day, acting: Acting, letter: str) -> None:
    """Letters keeps up meanwhile: who is known goes on working, nobody else is let in, all is done once it is back."""
    follower = day.pair.process(FOLLOW)
    with asleep(follower.pid):
        warned = day.warn(acting)
        day.pair.kill(CASEWORK)
    nobody_new_is_let_in(day, letter)
    day.post(letter, "dispatched", HEAD, posted_at=day.now).raise_for_status()
    day.pair.letters.get("/readyz").raise_for_status()
    assert day.complete(warned, "L04") == []  # At most one that waits for what casework has to say of it.
    assert [row["letter_id"] for row in day.unfiled()] == [letter]
    day.pair.begin(CASEWORK)
    eventually(lambda: day.complete(warned, "L04") and not day.unfiled())
    assert follower.is_running


def letters_is_killed(day: Day, acting: Acting) -> None:
    """Casework is undisturbed meanwhile; what it decided is drafted once letters is back."""
    day.pair.kill(LETTERS, FOLLOW)
    warned = day.warn(acting)
    day.pair.casework.get("/readyz").raise_for_status()
    day.pair.begin(LETTERS, FOLLOW)
    day.pair.letters.get("/readyz").raise_for_status()
    eventually(lambda: day.complete(warned, "L04"))
    assert len(day.letters(warned, "L04")) == 1


def nobody_new_is_let_in(day: Day, letter: str) -> None:
    """Ask letters with a good key that it has not seen for a minute."""
    for method, path in (("GET", "/v1/letters"), ("POST", f"/v1/letters/{letter}/dispatched")):
        unseen = {**bearer(day.pair, OFFICE), "Idempotency-Key": str(uuid4())}
        answer = day.pair.letters.request(method, path, headers=unseen, json={"posted_at": day.now})
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["detail"] == "It cannot be checked now who is calling."
    assert day.desk.show(letter, HEAD)["status"] == "dispatching"
