"""Count what each key or address does in a minute, in this process.

A window begins with the first thing counted and ends `per_s` later; within it at most `most` are let through. The
limit is per process: with two workers a client gets about twice as many. Exact limits belong to the proxy in front.
"""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_KEYS_MAX = 10_000


class RateLimit:
    """At most so many in a window, for each key."""

    def __init__(self, most: int, per_s: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._per_s = per_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        # Key -> (when its window began, how many since), oldest window first.
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, key: str) -> int | None:
        """Count one more; return None if it is within the limit, else the seconds to wait (at least 1)."""
        with self._lock:
            now = self._monotonic()
            began, count = self._window(key, now)
            if count >= self._most:
                return self._wait_s(began, now)
            if count == 0:
                self._drop_old(now)
                # Taken out first, so that the newest window stands last.
                self._windows.pop(key, None)
            self._windows[key] = (began, count + 1)
            return None

    def exceeded(self, key: str) -> int | None:
        """Return the seconds to wait if the limit is reached, without counting."""
        with self._lock:
            now = self._monotonic()
            began, count = self._window(key, now)
            return self._wait_s(began, now) if count >= self._most else None

    def _window(self, key: str, now: float) -> tuple[float, int]:
        began, count = self._windows.get(key, (now, 0))
        return (began, count) if now - began < self._per_s else (now, 0)

    def _wait_s(self, began: float, now: float) -> int:
        return max(1, math.ceil(began + self._per_s - now))

    def _drop_old(self, now: float) -> None:
        """Forget windows that have ended, and the oldest if there are too many: memory stays bounded."""
        while self._windows:
            key, (began, _) = next(iter(self._windows.items()))
            if now - began < self._per_s and len(self._windows) < _KEYS_MAX:
                return
            del self._windows[key]
