"""When to try again: ever less often, from half a minute up to an hour. Kept in memory; a restart tries at once."""

import time
from collections.abc import Callable
from uuid import UUID

FIRST_S = 30.0
MOST_S = 3600.0


class Pacing:
    """Remembers, for each letter that failed, how long to wait."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._waits: dict[UUID, tuple[float, float]] = {}

    def is_due(self, letter: UUID) -> bool:
        """Tell whether the letter may be tried."""
        due_at, _ = self._waits.get(letter, (0.0, 0.0))
        return due_at <= self._monotonic()

    def has_failed(self, letter: UUID) -> bool:
        """Tell whether the letter is still to be tried again."""
        return letter in self._waits

    def wait_longer(self, letter: UUID) -> None:
        """Put the letter off, twice as long as the last time."""
        _, waited = self._waits.get(letter, (0.0, FIRST_S / 2))
        delay = min(waited * 2, MOST_S)
        self._waits[letter] = (self._monotonic() + delay, delay)

    def owe(self, letter: UUID) -> None:
        """Remember that the letter is to be tried again, at once."""
        self._waits.setdefault(letter, (self._monotonic(), FIRST_S / 2))

    def forget(self, letter: UUID) -> None:
        """Forget that the letter ever failed."""
        self._waits.pop(letter, None)
