"""Combining: what is asked for while one call is under way is answered by the next call, all of it at once.

For calls of which only one can run at a time, and whose cost is mostly the call itself: an append waits for a lock,
then for the disk. Nobody waits for others to come: who finds nothing under way is served at once and alone.

A call is begun and ended apart. Whoever ends one begins the next, for all who wait, before anybody is woken; so the
server works while those who were answered go on, and others come. Then the first of those for whom the next call is
under way wakes to end it. A line is kept for as long as calls follow one another.
"""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")
T_contra = TypeVar("T_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)


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
        """Let it go on."""
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
        answered = [*(() if self._served else self._begin()), *self._end()]
        if self._line is not None and self._asked:
            answered += self._begin()
        if not self._served:
            self._close()
        with self._lock:
            following = (*self._served, *self._asked)[:1]
            self._is_led = bool(following)
        for asked in answered:
            asked.is_answered = True
        for asked in (*answered, *following):
            asked.call()

    def _begin(self) -> Sequence[_Asked[T, R]]:
        """Begin a call for those who wait; return those who are answered by that: nobody, unless it fails."""
        self._served = [self._asked.popleft() for _ in range(min(len(self._asked), self._most))]
        try:
            if self._line is None:
                self._line = self._connect()
            self._line.begin([asked.item for asked in self._served])
        except BaseException as error:  # noqa: BLE001 - also an interrupt of this thread: the others must not wait for ever
            return self._failed(error)
        return ()

    def _end(self) -> Sequence[_Asked[T, R]]:
        """End the call that is under way, if one is; return those who are answered by that."""
        if self._line is None:
            return ()
        try:
            for asked, answer in zip(self._served, self._line.end(), strict=True):
                asked.answer = answer
        except BaseException as error:  # noqa: BLE001 - as above
            return self._failed(error)
        served, self._served = self._served, []
        return served

    def _failed(self, error: BaseException) -> Sequence[_Asked[T, R]]:
        for asked in self._served:
            asked.error = error
        served, self._served = self._served, []
        self._close()
        return served

    def _close(self) -> None:
        """Let the line go. The next who leads makes a new one."""
        line, self._line = self._line, None
        if line is not None:
            line.close()
