"""Combining calls: everybody gets their own answer, what waits is served together, and nobody waits for ever."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from casework.adapters.appending import Asked
from casework.adapters.combining import Combiner
from casework.adapters.stored import StoredEntry
from casework.application.store import NotReversible, StaleVersion
from casework.domain.steps.closing import Erased
from tests.adapters.given import BODY, Place, record, stored

WAIT_S = 10


class Held:
    """Doubles numbers, a call at a time; the first call is held until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.at_once = 0
        self.at_once_most = 0

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.at_once += 1
        self.at_once_most = max(self.at_once, self.at_once_most)
        self.calls.append(list(items))
        self.begun.set()
        assert self.let_go.wait(WAIT_S)
        self.at_once -= 1
        return [2 * item for item in items]


def asked_while_one_is_served(
    combiner: Combiner[int, int], held: Held, threads: ThreadPoolExecutor
) -> list[Future[int]]:
    """Ask for 0, which is being served, then for 1 to 7, who wait."""
    first = threads.submit(combiner.ask, 0)
    assert held.begun.wait(WAIT_S)
    others = []
    for item in range(1, 8):
        others.append(threads.submit(combiner.ask, item))
        while len(combiner._asked) <= item:
            assert not others[-1].done()
    return [first, *others]


def test_who_comes_alone_is_served_at_once_and_alone() -> None:
    calls: list[list[int]] = []

    def serve(items: Sequence[int]) -> list[int]:
        calls.append(list(items))
        return [2 * item for item in items]

    combiner = Combiner(serve, most=8)
    assert [combiner.ask(item) for item in (1, 2, 3)] == [2, 4, 6]
    assert calls == [[1], [2], [3]]


def test_who_comes_while_one_is_served_is_served_together_by_the_next_call() -> None:
    held = Held()
    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(Combiner(held, most=8), held, threads)
        held.let_go.set()
        assert [future.result(WAIT_S) for future in asked] == [2 * item for item in range(8)]
    assert held.calls == [[0], [1, 2, 3, 4, 5, 6, 7]]


def test_no_call_serves_more_than_was_said() -> None:
    held = Held()
    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(Combiner(held, most=3), held, threads)
        held.let_go.set()
        assert [future.result(WAIT_S) for future in asked] == [2 * item for item in range(8)]
    assert held.calls == [[0], [1, 2, 3], [4, 5, 6], [7]]


def test_an_error_reaches_everybody_it_was_raised_for_and_nobody_else() -> None:
    held = Held()

    def serve(items: Sequence[int]) -> list[int]:
        answers = held(items)
        if 2 in items:
            raise ConnectionError("lost")
        return answers

    with ThreadPoolExecutor(8) as threads:
        asked = asked_while_one_is_served(Combiner(serve, most=4), held, threads)
        held.let_go.set()
        for future in asked[1:5]:
            with pytest.raises(ConnectionError, match="lost"):
                future.result(WAIT_S)
        assert [future.result(WAIT_S) for future in (asked[0], *asked[5:])] == [0, 10, 12, 14]


def test_an_answer_missing_is_an_error_for_all_of_that_call() -> None:
    combiner: Combiner[int, int] = Combiner(lambda items: [], most=8)
    with pytest.raises(ValueError, match="shorter"):
        combiner.ask(1)
    with pytest.raises(ValueError, match="shorter"):
        combiner.ask(2)


def test_many_at_once_get_each_their_own_and_never_two_calls_at_a_time() -> None:
    held = Held()
    held.let_go.set()
    combiner = Combiner(held, most=5)
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(combiner.ask, range(2000))) == [2 * item for item in range(2000)]
    assert held.at_once_most == 1
    assert sorted(item for call in held.calls for item in call) == list(range(2000))


def test_commands_that_wait_for_the_lock_are_appended_together_each_on_its_own_terms(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One waits; seven come meanwhile, of which one names a version that is taken: it alone is refused."""
    stream = record(place)
    asked: list[Future[Any]] = []
    together: list[int] = []
    waiting = place.recorder._appending._waiting
    serve = waiting._serve

    def counted(each: Sequence[Any]) -> Sequence[Any]:
        together.append(len(each))
        return serve(each)

    monkeypatch.setattr(waiting, "_serve", counted)

    def append(version: int, of: UUID) -> Sequence[int] | None:
        command = uuid4()
        return place.recorder.insert_events([stored(of, version, command)], command=command, body_sha256=BODY)

    with ThreadPoolExecutor(8) as threads:
        with place.holding_the_lock():
            for number in range(8):
                asked.append(threads.submit(append, 1, stream if number == 4 else uuid4()))
                while len(waiting._asked) <= number:
                    assert not asked[-1].done()
        with pytest.raises(StaleVersion, match="expected version 2, found 1"):
            asked.pop(4).result()
        assert [position for each in asked for position in each.result()] == list(range(2, 9))
    assert place.positions() == list(range(1, 9))
    assert together == [1, 7]


def test_an_entry_that_cannot_be_made_is_an_error_for_its_command_alone(place: Place) -> None:
    """One waits for the lock; three come meanwhile, of which the second holds what no entry can."""
    recorder, waiting = place.recorder, place.recorder._appending._waiting

    def encoding(number: int, command: UUID) -> list[StoredEntry]:
        if number == 2:
            raise NotReversible("it would not come back as it is")
        return [stored(uuid4(), 1, command)]

    def append(number: int) -> Sequence[int]:
        command = uuid4()
        return recorder.append(Asked(command, BODY, lambda: encoding(number, command), is_erasing=False))

    asked: list[Future[Any]] = []
    with ThreadPoolExecutor(4) as threads:
        with place.holding_the_lock():
            for number in range(4):
                asked.append(threads.submit(append, number))
                while len(waiting._asked) <= number:
                    assert not asked[-1].done()
        with pytest.raises(NotReversible, match="not come back"):
            asked.pop(2).result(WAIT_S)
        assert [position for each in asked for position in each.result(WAIT_S)] == [1, 2, 3]
    assert place.positions() == [1, 2, 3]


def test_a_call_of_which_no_entry_can_be_made_asks_the_database_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def encoding() -> list[StoredEntry]:
        raise NotReversible("it would not come back as it is")

    monkeypatch.setattr(place.recorder._appending, "_ask", None)
    with pytest.raises(NotReversible):
        place.recorder.append(Asked(uuid4(), BODY, encoding, is_erasing=False))


def test_entries_that_erase_are_not_appended_without_their_keys_being_destroyed(place: Place) -> None:
    command = uuid4()
    erased = StoredEntry(uuid4(), 1, Erased.type_name, b"{}")
    with pytest.raises(ValueError, match="expected is_erasing"):
        place.recorder.append(Asked(command, BODY, lambda: [erased], is_erasing=False))
    assert place.positions() == []
