"""A point of the past at which something is looked at: `v7` a version, `p120` a position, or an instant with a zone.

Worked example: `p120` of a case is the case as its last entry at or before position 120 left it.
"""

import re
from datetime import datetime
from typing import Final, NamedTuple

from servicekit.clock import parse_instant

EXPECTED: Final = "v7 (a version), p120 (a position of the record) or an instant with a zone, as 2026-03-02T09:15:00Z"
_NUMBERED: Final = re.compile(r"([vp])([1-9][0-9]{0,15})")


class AsOf(NamedTuple):
    """Exactly one of the three is given."""

    version: int | None = None
    position: int | None = None
    instant: datetime | None = None


class Point(NamedTuple):
    """Where that is in one stream: its version then, and when that was recorded."""

    version: int
    recorded_at: datetime


def parse_as_of(text: str) -> AsOf:
    """Read a point of the past.

    Raises:
        ValueError: it is none of the three.
    """
    if numbered := _NUMBERED.fullmatch(text):
        number = int(numbered[2])
        return AsOf(version=number) if numbered[1] == "v" else AsOf(position=number)
    try:
        return AsOf(instant=parse_instant(text))
    except ValueError:
        raise ValueError(f"expected {EXPECTED}") from None
