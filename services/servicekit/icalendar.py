"""Calendars as text: iCalendar (RFC 5545), for what somebody has to keep in mind.

Worked example, of one entry (lines end with CR LF)::

    BEGIN:VEVENT
    UID:6f1c0a52-6f3e-4f0a-9c1d-2e8a41d70000
    DTSTAMP:20250918T075200Z
    DTSTART;VALUE=DATE:20250925
    SUMMARY:RL-2025-0001 first step
    TRANSP:TRANSPARENT
    END:VEVENT

Entries are events, not to-dos: most programs show nothing of a to-do in a calendar that they fetch. A day is all day,
an instant is in UTC (3.3.5, form 2), so no zone has to be described. Nobody is busy for them (TRANSP).

`DTSTAMP` is when the entry was last changed (3.8.7.2), not when it was asked for: the same entries are the same bytes,
so that who holds them already can be told so.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Final, NamedTuple
from uuid import UUID

OCTETS_MAX: Final = 75
"""Of a line, without its line end (3.1)."""
MEDIA_TYPE: Final = "text/calendar; charset=utf-8"

_ZONE: Final = (
    "BEGIN:VTIMEZONE",
    "TZID:UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
)


class Entry(NamedTuple):
    """Something on a day or at an instant. The same `uid` again is the same entry, perhaps moved."""

    uid: UUID
    changed_at: datetime
    when: date | datetime
    summary: str


def calendar(product: str, name: str, entries: Iterable[Entry], *, refresh: str) -> bytes:
    """Return a calendar; `refresh` is how often it is worth asking again (a duration of 3.3.6: `PT6H`)."""
    return b"".join(map(folded, _lines(product, name, list(entries), refresh)))


def escaped(text: str) -> str:
    """Return a text as a value (3.3.11): backslash, semicolon, comma and line ends are written otherwise."""
    for char, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        text = text.replace(char, written)
    return text


def folded(line: str) -> bytes:
    """Return a line as octets, folded so that no part is over 75 (3.1); no character is torn."""
    parts, part = [], b""
    for char in line:
        octets = char.encode()
        # What goes on begins with the space that says so.
        if len(part) + len(octets) > OCTETS_MAX:
            parts.append(part)
            part = b" "
        part += octets
    return b"\r\n".join([*parts, part]) + b"\r\n"


def _lines(product: str, name: str, entries: list[Entry], refresh: str) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{escaped(product)}")
    # RFC 7986 5.1 and 5.7, and the name that programs read before it.
    yield from (f"NAME:{escaped(name)}", f"X-WR-CALNAME:{escaped(name)}", f"REFRESH-INTERVAL;VALUE=DURATION:{refresh}")
    for entry in entries:
        yield from _event(entry)
    if not entries:
        # A calendar holds at least one component (3.6).
        yield from _ZONE
    yield "END:VCALENDAR"


def _event(entry: Entry) -> Iterator[str]:
    yield from ("BEGIN:VEVENT", f"UID:{entry.uid}", f"DTSTAMP:{_instant(entry.changed_at)}")
    if isinstance(entry.when, datetime):
        yield f"DTSTART:{_instant(entry.when)}"
    else:
        yield f"DTSTART;VALUE=DATE:{entry.when:%Y%m%d}"
    yield from (f"SUMMARY:{escaped(entry.summary)}", "TRANSP:TRANSPARENT", "END:VEVENT")


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
