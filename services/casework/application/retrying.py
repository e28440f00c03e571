"""Deciding again on the newest version, for whoever loses a race for the next one: in all three times, everywhere."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from casework.application.store import StaleVersion

ATTEMPTS_MAX: Final = 3
T = TypeVar("T")


def on_the_newest(attempt: Callable[[], T]) -> T:
    """Return what an attempt gives, which loads what it decides on anew each time.

    Raises:
        StaleVersion: others were faster, three times. And what the attempt raises besides.
    """
    for _ in range(ATTEMPTS_MAX - 1):
        with suppress(StaleVersion):
            return attempt()
    return attempt()
