"""One follower at a time, of however many processes: the others wait, and one of them takes over when it is gone.

Two at work would do no harm, as the tracking row refuses the loser; but each would ask casework for the same names, and
every such question is recorded in the case. So whoever follows holds a *turn*, which ends with its process, however
that ends, or with its connection to the database.

The loops run beside the thread that calls :meth:`Shift.run`, which only watches: over the turn, over loops that fail in
a way nobody foresaw (then the process ends, to be started anew), and for the word to stop. Stopping waits a few seconds
for what is in hand. It does not wait for an answer of casework's, which may take twenty: nothing has come of it yet.
"""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

from letters.application.follow import Follower
from letters.application.log import Log
from letters.domain.errors import StoreUnavailable

TURN_EVERY_S = 1.0
"""How often to try for the turn, and to make sure that it is still ours."""
STOP_WITHIN_S = 10.0
LOOK_AGAIN_S = 0.02


class Turn(Protocol):
    """What only one process at a time can have."""

    def take(self) -> bool:
        """Take it if nobody has it; tell whether it is ours (StoreUnavailable if that cannot be found out)."""
        ...

    def is_mine(self) -> bool:
        """Make sure that it is still ours."""
        ...

    def give_back(self) -> None:
        """Let another take it."""
        ...


class Shift:
    """Follows whenever it is this process's turn; each time with a follower that knows of no earlier one."""

    def __init__(self, turn: Turn, follower: Callable[[], Follower], log: Log) -> None:
        self._turn = turn
        self._follower = follower
        self._log = log
        self._has_said_to_wait = False
        # The one thing here that a signal handler may touch: to put into it never waits for a lock.
        self._told: SimpleQueue[Exception | None] = SimpleQueue()

    def run(self) -> None:
        """Follow in turn with the others until :meth:`stop`.

        Raises: whatever a loop did not expect.
        """
        is_over = False
        try:
            while not is_over:
                is_over = self._work() if self._is_our_turn() else self._is_told_to_stop()
        finally:
            self._turn.give_back()

    def stop(self) -> None:
        """Stop soon; from any thread, or a signal handler."""
        self._told.put(None)

    def _is_our_turn(self) -> bool:
        try:
            is_ours = self._turn.take()
        except StoreUnavailable as error:
            self._log("no turn taken", {"error": error})
            return False
        if is_ours:
            self._log("following casework", {})
        elif not self._has_said_to_wait:
            self._log("another follower is at work: waiting to take over", {})
        self._has_said_to_wait = not is_ours
        return is_ours

    def _work(self) -> bool:
        """Follow while it is our turn; tell whether it ended because we were told to stop."""
        follower, stop = self._follower(), threading.Event()
        reading = threading.Thread(target=self._run, args=(follower.read_on, stop), name="reading", daemon=True)
        chores = threading.Thread(target=self._run, args=(follower.do_chores, stop), name="chores", daemon=True)
        reading.start()
        chores.start()
        try:
            while self._turn.is_mine():
                if self._is_told_to_stop():
                    return True
            self._log("turn lost: another may take over", {})
            return False
        finally:
            stop.set()
            _await(chores, lambda: False)
            _await(reading, lambda: follower.is_waiting)
            self._turn.give_back()

    def _run(self, loop: Callable[[threading.Event], None], stop: threading.Event) -> None:
        try:
            loop(stop)
        except Exception as error:  # noqa: BLE001 - a loop's end, whatever it was, is for `run` to raise
            self._log("following broke off", {"error": error})
            self._told.put(error)

    def _is_told_to_stop(self) -> bool:
        """Wait a while for a word; tell whether it was to stop. A failure is raised."""
        try:
            failure = self._told.get(timeout=TURN_EVERY_S)
        except Empty:
            return False
        if failure is not None:
            raise failure
        return True


def _await(loop: threading.Thread, is_idle: Callable[[], bool]) -> None:
    """Let a loop finish what is in hand; it is left with what takes longer, all of which may be done twice."""
    deadline = time.monotonic() + STOP_WITHIN_S
    while loop.is_alive() and not is_idle() and time.monotonic() < deadline:
        loop.join(LOOK_AGAIN_S)
