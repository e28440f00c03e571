"""Combining: what is asked for while one call is under way is answered by the next call, all of it at once.

For calls of which only one can run at a time, and whose cost is mostly the call itself: an append waits for a lock,
then for the disk. Nobody waits for others to come: who finds nothing under way is served at once and alone.

A call is begun and ended apart. Whoever ends one begins the next, for all who wait, before anybody is woken; so the
server works while those who were answered go on, and others come. Then the first of those for whom the next call is
under way wakes to end it. A line is kept while calls follow one another, but not for ever: others want one too.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final, Generic, Protocol, TypeVar

import psycopg

T = TypeVar("T")
R = TypeVar("R")
T_contra = TypeVar("T_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

CALLS_MAX: Final = 32
"""So many calls go over one line, some 30 ms of them; then it is let go, for whoever waits for one the longest."""


class Line(Protocol[T_contra, R_co]):
    """What calls go over, one after the other. Different threads may begin and end one."""

    def begin(self, items: Sequence[T_contra]) -> None:
        """Begin a call for these, and do not wait for its end."""

    def end(self) -> Sequence[R_co]:
        """Wait for the end of the call that was begun; return an answer for each, in order."""

    def close(self) -> None:
        """Let it go, also in the middle of a call."""


class _Asked(Generic[T, R]):
    """What one thread asks for. Where it waits, it is called once it is answered, or is to lead."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.turn: Lock | None = None
        self.answer: R | None = None
        self.error: BaseException | None = None
        self.is_answered = False
        self.is_called = False

    def wait(self) -> BaseException | None:
        """Wait to be called; return what interrupted this thread meanwhile: others may need it until then."""
        interrupt = None
        while self.turn is not None and not self.is_called:
            try:
                self.turn.acquire()  # Held by nobody but this thread: until somebody lets it go.
            except BaseException as error:  # noqa: BLE001 - of whatever kind a signal's handler raises
                interrupt = error
        return interrupt

    def call(self) -> None:
        """Let it go on, if nobody did: who was called to lead is answered by its own call, perhaps without a wait."""
        if not self.is_called:
            self.is_called = True
            if self.turn is not None:
                self.turn.release()


class Combiner(Generic[T, R]):
    """Serves threads that ask at the same time by one call for all of them."""

    def __init__(self, connect: Callable[[], Line[T, R]], *, most: int) -> None:
        """Serve so many at once, at most, over what `connect` returns."""
        self._connect = connect
        self._most = most
        self._lock = Lock()
        self._asked: deque[_Asked[T, R]] = deque()
        self._is_led = False
        # What follows belongs to the thread that leads.
        self._line: Line[T, R] | None = None
        self._calls = 0
        self._served: list[_Asked[T, R]] = []

    def ask(self, item: T) -> R:
        """Return the answer to one. What a call raises, everybody whom it was made for gets raised."""
        mine: _Asked[T, R] = _Asked(item)
        with self._lock:
            if self._is_led:
                mine.turn = Lock()
                mine.turn.acquire()
            self._is_led = True
            self._asked.append(mine)
        interrupt = mine.wait()
        if not mine.is_answered:
            self._lead()
        error = interrupt or mine.error
        if error is not None:
            raise error
        return mine.answer  # type: ignore[return-value]  # answered, and without an error

    def _lead(self) -> None:
        """End the call that is under way for this thread and others, or make it; begin the next, and hand over."""
        answered: list[_Asked[T, R]] = []
        try:
            if not self._served:
                self._begin(answered)
            if self._served:
                self._end(answered)
            if self._line is not None and self._asked and self._calls < CALLS_MAX:
                self._begin(answered)
        except BaseException:  # An interrupt, which is of this thread alone: the others may ask again.
            self._fail(psycopg.OperationalError("the thread that made the call was interrupted"), answered)
            raise
        finally:
            self._hand_over(answered)

    def _begin(self, answered: list[_Asked[T, R]]) -> None:
        """Begin a call for those who wait. If that fails, they are answered by it."""
        self._served = [self._asked.popleft() for _ in range(min(len(self._asked), self._most))]
        try:
            if self._line is None:
                self._line, self._calls = self._connect(), 0
            self._calls += 1
            self._line.begin([asked.item for asked in self._served])
        except Exception as error:  # noqa: BLE001 - of whatever kind: raised by those who asked
            self._fail(error, answered)

    def _end(self, answered: list[_Asked[T, R]]) -> None:
        """End the call that is under way: it answers those for whom it was made."""
        assert self._line is not None  # noqa: S101 - a call is under way over it
        try:
            for asked, answer in zip(self._served, self._line.end(), strict=True):
                asked.answer = answer
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(error, answered)
        else:
            answered += self._served
            self._served = []

    def _fail(self, error: Exception, answered: list[_Asked[T, R]]) -> None:
        for asked in self._served:
            asked.error = error
        answered += self._served
        self._served = []
        self._close()

    def _hand_over(self, answered: Sequence[_Asked[T, R]]) -> None:
        """Wake those who are answered, and who is to lead: the first for whom a call is under way, or who waits."""
        if not self._served:
            self._close()
        with self._lock:
            following = (*self._served, *self._asked)[:1]
            self._is_led = bool(following)
        for asked in answered:
            asked.is_answered = True
        for asked in (*answered, *following):
            asked.call()

    def _close(self) -> None:
        """Let the line go. The next who leads makes a new one."""
        line, self._line = self._line, None
        if line is not None:
            line.close()
