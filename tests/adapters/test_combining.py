"""Combining calls: everybody gets their own answer, what waits is served together, and nobody waits for ever."""

import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from casework.adapters import combining
from casework.adapters.appending import _Line
from casework.adapters.combining import Combiner, _Asked
from casework.application.store import StaleVersion
from tests.adapters.given import BODY, Place, record, stored

WAIT_S = 10


class Held:
    """A line that doubles numbers, a call at a time; the end of each call is held until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.under_way = 0
        self.under_way_most = 0
        self.lines = 0
        self.open = 0

    def connect(self) -> "Held":
        self.lines += 1
        self.open += 1
        return self

    def begin(self, items: Sequence[int]) -> None:
        self.under_way += 1
        self.under_way_most = max(self.under_way, self.under_way_most)
        self.calls.append(list(items))
        self.begun.set()

    def end(self) -> Sequence[int]:
        assert self.let_go.wait(WAIT_S)
        self.under_way -= 1
        return [2 * item for item in self.calls[-1]]

    def close(self) -> None:
        self.open -= 1
        self.under_way = 0


def asked_while_one_is_served(
    combiner: Combiner[int, int], held: Held, threads: ThreadPoolExecutor
) -> list[Future[int]]:
    """Ask for 0, which is being served, then for 1 to 7, who wait."""
    first = threads.submit(combiner.ask, 0)
    assert held.begun.wait(WAIT_S)
    others = []
    for item in range(1, 8):
        others.append(threads.submit(combiner.ask, item))
        while len(combiner._asked) < item:
            assert not others[-1].done()
    return [first, *others]


def test_who_comes_alone_is_served_at_once_and_alone() -> None:
    held = Held()
    held.let_go.set()
    combiner = Combiner(held.connect, most=8)
    assert [combiner.ask(item) for item in (1, 2, 3)] == [2, 4, 6]
    assert held.calls == [[1], [2], [3]]
    assert held.open == 0


def test_who_comes_while_one_is_served_is_served_together_by_the_next_call_over_the_same_line() -> None:
    held = Held()
    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(Combiner(held.connect, most=8), held, threads)
        held.let_go.set()
        assert [future.result(WAIT_S) for future in asked] == [2 * item for item in range(8)]
    assert held.calls == [[0], [1, 2, 3, 4, 5, 6, 7]]
    assert (held.lines, held.open) == (1, 0)


def test_the_next_call_is_begun_before_the_answers_to_the_last_are_handed_out() -> None:
    """The server is at work by the time that those who were answered go on."""
    held = Held()
    begun: list[int] = []
    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(Combiner(held.connect, most=8), held, threads)
        asked[0].add_done_callback(lambda _: begun.append(len(held.calls)))
        held.let_go.set()
        asked[0].result(WAIT_S)
    assert begun == [2]


def test_no_call_serves_more_than_was_said() -> None:
    held = Held()
    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(Combiner(held.connect, most=3), held, threads)
        held.let_go.set()
        assert [future.result(WAIT_S) for future in asked] == [2 * item for item in range(8)]
    assert held.calls == [[0], [1, 2, 3], [4, 5, 6], [7]]


class Failing(Held):
    """A line that is lost at the call for 2: when it is begun, or when it is to end."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self.at = at

    def begin(self, items: Sequence[int]) -> None:
        super().begin(items)
        if self.at == "begin" and 2 in items:
            raise ConnectionError("lost")

    def end(self) -> Sequence[int]:
        answers = super().end()
        if self.at == "end" and 4 in answers:
            raise ConnectionError("lost")
        return answers


@pytest.mark.parametrize("at", ["begin", "end"])
def test_an_error_reaches_everybody_it_was_raised_for_and_nobody_else(at: str) -> None:
    held = Failing(at)
    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(Combiner(held.connect, most=4), held, threads)
        held.let_go.set()
        for future in asked[1:5]:
            with pytest.raises(ConnectionError, match="lost"):
                future.result(WAIT_S)
        assert [future.result(WAIT_S) for future in (asked[0], *asked[5:])] == [0, 10, 12, 14]
    assert (held.lines, held.open) == (2, 0), "a line that failed is not used again"


def test_no_line_is_an_error_for_those_who_wait_and_the_next_tries_again() -> None:
    held = Held()
    held.let_go.set()
    lines = iter([ConnectionError("none free"), None])

    def connect() -> Held:
        error = next(lines)
        if error is not None:
            raise error
        return held.connect()

    combiner = Combiner(connect, most=8)
    with pytest.raises(ConnectionError, match="none free"):
        combiner.ask(1)
    assert combiner.ask(2) == 4


def test_an_answer_missing_is_an_error_for_all_of_that_call(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held()
    monkeypatch.setattr(held, "end", list)
    combiner: Combiner[int, int] = Combiner(held.connect, most=8)
    with pytest.raises(ValueError, match="shorter"):
        combiner.ask(1)
    with pytest.raises(ValueError, match="shorter"):
        combiner.ask(2)


def test_many_at_once_get_each_their_own_and_never_two_calls_at_a_time() -> None:
    held = Held()
    held.let_go.set()
    combiner = Combiner(held.connect, most=5)
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(combiner.ask, range(2000))) == [2 * item for item in range(2000)]
    assert held.under_way_most == 1
    assert sorted(item for call in held.calls for item in call) == list(range(2000))
    assert held.open == 0


def test_one_who_is_called_before_it_began_to_wait_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between asking and waiting, a thread may stand still for as long as a call takes, and find that it is to lead."""
    held, wait = Held(), _Asked.wait
    late = threading.Event()

    def wait_late(asked: _Asked[int, int]) -> BaseException | None:
        if asked.item == 1:
            assert late.wait(WAIT_S)
        return wait(asked)

    monkeypatch.setattr(_Asked, "wait", wait_late)
    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(Combiner(held.connect, most=8), held, threads)
        held.let_go.set()
        assert asked[0].result(WAIT_S) == 0
        late.set()
        assert [future.result(WAIT_S) for future in asked] == [2 * item for item in range(8)]


def test_nobody_waits_for_ever_wherever_threads_take_turns() -> None:
    held = Held()
    held.let_go.set()
    combiner, before = Combiner(held.connect, most=5), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(6) as threads:
            asked = [threads.submit(combiner.ask, item) for item in range(20_000)]
            assert [future.result(WAIT_S) for future in asked] == [2 * item for item in range(20_000)]
    finally:
        sys.setswitchinterval(before)


def test_a_line_is_let_go_after_so_many_calls_though_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combining, "CALLS_MAX", 3)
    held = Held()
    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(Combiner(held.connect, most=1), held, threads)
        held.let_go.set()
        assert [future.result(WAIT_S) for future in asked] == [2 * item for item in range(8)]
    assert (held.lines, held.open) == (3, 0), "three calls, three, and two"


class Interrupted(Held):
    """A line at whose second call the thread that waits for its end is interrupted."""

    def end(self) -> Sequence[int]:
        answers = super().end()
        if len(self.calls) == 2:
            raise KeyboardInterrupt
        return answers


def test_an_interrupt_of_who_makes_the_call_is_its_own_and_the_others_may_ask_again() -> None:
    held = Interrupted()
    combiner = Combiner(held.connect, most=8)
    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(combiner, held, threads)
        held.let_go.set()
        with pytest.raises(KeyboardInterrupt):
            asked[1].result(WAIT_S)
        for future in asked[2:]:
            with pytest.raises(psycopg.OperationalError, match="was interrupted"):
                future.result(WAIT_S)
        assert combiner.ask(8) == 16
    assert held.calls == [[0], [1, 2, 3, 4, 5, 6, 7], [8]]
    assert held.open == 0


class InterruptedLock:
    """A lock of which the first wait is interrupted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_interrupted = False

    def acquire(self) -> bool:
        if self._lock.locked() and not self._is_interrupted:
            self._is_interrupted = True
            raise KeyboardInterrupt
        return self._lock.acquire()

    def release(self) -> None:
        self._lock.release()


def test_an_interrupt_of_one_who_waits_comes_once_it_is_not_needed_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is to make the next call, for six more: it does, and only then is it interrupted."""
    held = Held()
    combiner = Combiner(held.connect, most=8)
    locks = iter([InterruptedLock()])
    monkeypatch.setattr(combining, "Lock", lambda: next(locks, None) or threading.Lock())
    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(combiner, held, threads)
        held.let_go.set()
        with pytest.raises(KeyboardInterrupt):
            asked.pop(1).result(WAIT_S)
        assert [future.result(WAIT_S) for future in asked] == [0, 4, 6, 8, 10, 12, 14]
    assert held.calls == [[0], [1, 2, 3, 4, 5, 6, 7]]


def test_commands_that_wait_for_the_lock_are_appended_together_each_on_its_own_terms(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One waits; seven come meanwhile, of which one names a version that is taken: it alone is refused."""
    stream = record(place)
    asked: list[Future[Any]] = []
    together: list[int] = []
    waiting = place.recorder._appending._together
    begin = _Line.begin

    def counted(line: _Line, several: Sequence[Any]) -> None:
        together.append(len(several))
        begin(line, several)

    monkeypatch.setattr(_Line, "begin", counted)

    def append(version: int, of: UUID) -> Sequence[int] | None:
        command = uuid4()
        return place.recorder.insert_events([stored(of, version, command)], command=command, body_sha256=BODY)

    with ThreadPoolExecutor(8) as threads:
        with place.holding_the_lock():
            for number in range(8):
                asked.append(threads.submit(append, 1, stream if number == 4 else uuid4()))
                while len(waiting._served) + len(waiting._asked) <= number:
                    assert not asked[-1].done()
        with pytest.raises(StaleVersion, match="expected version 2, found 1"):
            asked.pop(4).result()
        assert [position for each in asked for position in each.result()] == list(range(2, 9))
    assert place.positions() == list(range(1, 9))
    assert together == [1, 7]
