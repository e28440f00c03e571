"""Identifiers in the order in which they are made: UUIDs of version 7 (RFC 9562 5.7).

An index of them grows at its end, and what belongs together in time lies together: however large it is, the pages that
are needed now are few. The first 48 bits count milliseconds since 1970, the next 12 (`rand_a`) are the fraction of a
millisecond in 4096ths (RFC 9562 6.2, method 3), the last 62 (`rand_b`) are random. So no two are alike wherever they
were made, after a fork too; nobody can guess one; and each of a process is higher than the one before: a clock that
stands still or was put back is gone ahead of by one tick each. Nothing asks an identifier when it was made: that is
what a Clock is for.

    017f22e2-79b0-7cc3-98c4-dc0c0c07398f    2022-02-22T19:22:22.000Z and 0xcc3 ticks (RFC 9562 A.6)
"""

import secrets
import time
from collections.abc import Callable
from threading import Lock
from typing import Final
from uuid import UUID

TICKS: Final = 4096
"""Of a millisecond."""
RANDOM_BITS: Final = 62
_VERSION: Final = 0b0111 << 76
_VARIANT: Final = 0b10 << RANDOM_BITS
_NS_IN_MS: Final = 1_000_000


class Uuid7:
    """Makes identifiers, each higher than the one before, by a clock that counts nanoseconds since 1970."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._last = -1

    def __call__(self) -> UUID:
        """Return the next identifier."""
        now = self._clock() * TICKS // _NS_IN_MS
        with self._lock:
            ticks = self._last = max(now, self._last + 1)
        return uuid7_of(ticks, secrets.randbits(RANDOM_BITS))


uuid7: Final = Uuid7(time.time_ns)


def uuid7_of(ticks: int, chance: int) -> UUID:
    """Return the identifier of an instant, in 4096ths of a millisecond since 1970, with these 62 random bits."""
    ms, fraction = divmod(ticks, TICKS)
    return UUID(int=ms << 80 | _VERSION | fraction << 64 | _VARIANT | chance)
