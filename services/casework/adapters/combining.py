"""Combining: what is asked for while one call is under way is answered by the next call, all of it at once.

For calls whose cost is mostly the call itself, and of which only one can run: an append waits for a lock, then for the
disk. Nobody waits for others to come: who finds nothing under way is served at once and alone. After a call, the
thread that has waited longest makes the next one, for itself and for those behind it (flat combining).
"""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class _Asked(Generic[T, R]):
    """What one thread asks for. Where it waits, `turn` is let go once it is answered, or is to make the next call."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.turn: Lock | None = None
        self.answer: R | None = None
        self.error: BaseException | None = None
        self.is_answered = False


class Combiner(Generic[T, R]):
    """Serves threads that ask at the same time by one call for all of them."""

    def __init__(self, serve: Callable[[Sequence[T]], Sequence[R]], *, most: int) -> None:
        """Serve so many at once, at most; `serve` returns an answer for each, in order."""
        self._serve = serve
        self._most = most
        self._lock = Lock()
        self._asked: deque[_Asked[T, R]] = deque()

    def ask(self, item: T) -> R:
        """Return the answer to one. What a call raises, everybody whom it was made for gets raised."""
        mine: _Asked[T, R] = _Asked(item)
        with self._lock:
            if self._asked:
                mine.turn = Lock()
                mine.turn.acquire()
            self._asked.append(mine)
        if mine.turn:
            mine.turn.acquire()  # Held by nobody but this thread: until somebody lets it go.
        if not mine.is_answered:
            self._answer_those_waiting()
        if mine.error is not None:
            raise mine.error
        return mine.answer  # type: ignore[return-value]  # answered, and without an error

    def _answer_those_waiting(self) -> None:
        """Make one call for the first of those who wait, who stay in the queue until it is over, then wake the next."""
        with self._lock:
            served = list(islice(self._asked, self._most))
        try:
            for asked, answer in zip(served, self._serve([asked.item for asked in served]), strict=True):
                asked.answer = answer
        except BaseException as error:  # noqa: BLE001 - also an interrupt of this thread: the others must not wait for ever
            for asked in served:
                asked.error = error
        with self._lock:
            for asked in served:
                self._asked.popleft()
                asked.is_answered = True
            following = [self._asked[0]] if self._asked else []
        for waiting in (*following, *served):
            if waiting.turn:
                waiting.turn.release()
