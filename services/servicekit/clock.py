"""Where the present moment comes from.

Nothing below the composition root reads the time: it is handed a `Clock`. A running server uses `SystemClock`.
Stories and demonstrations that play on other dates use `FileClock`, which takes the instant a file holds for now.
Whoever builds a service allows that on scratch servers only; this module cannot know what kind of server it is in.

Instants are written by RFC 3339, always with a zone: `2026-03-02T09:15:00Z`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from servicekit.readiness import NotReady

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class ClockError(Exception):
    """The clock cannot say what time it is."""


class Clock(Protocol):
    """Tell the present moment."""

    def now(self) -> datetime:
        """Return the present moment, with its zone, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)


class FileClock:
    """A clock that stands where a file says, and is read anew each time so that a story can move it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """Return the instant the file holds.

        Raises: `ClockError` if the file cannot be read or holds no instant with a zone.
        """
        try:
            return parse_instant(self._path.read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            message = f"the clock file {self._path} cannot be read: {type(error).__name__}"
            raise ClockError(message) from error
        except ValueError as error:
            message = f"the clock file {self._path}: {error}"
            raise ClockError(message) from error


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant and return it in UTC.

    Raises: `ValueError` if it is no instant, or one without a zone.
    """
    expected = "expected an instant with a zone, as 2026-03-02T09:15:00Z"
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        message = f"{expected}, found {text[:40]!r}"
        raise ValueError(message) from None
    if instant.tzinfo is None:
        message = f"{expected}, found {text[:40]!r}, which has none"
        raise ValueError(message)
    return instant.astimezone(UTC)


def format_instant(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, with a Z; microseconds only where there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def chosen(file: Path | None, is_scratch: Callable[[], bool]) -> Clock:
    """Return the machine's clock; or, on a scratch server alone, the one that a file tells.

    Raises: `NotReady` if a file is named where something else than trials is kept.
    """
    if file is None:
        return SystemClock()
    if not is_scratch():
        raise NotReady("no TEST_CLOCK_FILE, for this database is not for trials", "one")
    return FileClock(file)
