"""Calendars as RFC 5545 writes them: the bytes here were written by hand, from its sections and from RFC 7986."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.icalendar import Entry, calendar, escaped, folded

GOLDEN = (
    b"BEGIN:VCALENDAR\r\n"
    b"VERSION:2.0\r\n"
    b"PRODID:-//Example School//Tasks 1.0//EN\r\n"
    b"NAME:Due\\, at school\r\n"
    b"X-WR-CALNAME:Due\\, at school\r\n"
    b"REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n"
    b"BEGIN:VEVENT\r\n"
    b"UID:00000000-0000-0000-0000-000000000001\r\n"
    b"DTSTAMP:20250918T075200Z\r\n"
    b"DTSTART;VALUE=DATE:20250925\r\n"
    b"SUMMARY:RL-2025-0001 first step\r\n"
    b"TRANSP:TRANSPARENT\r\n"
    b"END:VEVENT\r\n"
    b"BEGIN:VEVENT\r\n"
    b"UID:00000000-0000-0000-0000-000000000002\r\n"
    b"DTSTAMP:20251023T090000Z\r\n"
    b"DTSTART:20251104T170000Z\r\n"
    # 75 octets, then a space and the rest; the two octets of the letter that would stand astride stay together (3.1).
    b"SUMMARY:a summary that is one octet too long to fit on a line with its caf\r\n"
    b" \xc3\xa9\\; and goes on\r\n"
    b"TRANSP:TRANSPARENT\r\n"
    b"END:VEVENT\r\n"
    b"END:VCALENDAR\r\n"
)
EMPTY = (
    b"BEGIN:VCALENDAR\r\n"
    b"VERSION:2.0\r\n"
    b"PRODID:p\r\n"
    b"NAME:n\r\n"
    b"X-WR-CALNAME:n\r\n"
    b"REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n"
    b"BEGIN:VTIMEZONE\r\n"
    b"TZID:UTC\r\n"
    b"BEGIN:STANDARD\r\n"
    b"DTSTART:19700101T000000\r\n"
    b"TZOFFSETFROM:+0000\r\n"
    b"TZOFFSETTO:+0000\r\n"
    b"END:STANDARD\r\n"
    b"END:VTIMEZONE\r\n"
    b"END:VCALENDAR\r\n"
)


def test_a_day_and_an_instant_are_written_as_the_standard_says() -> None:
    entries = [
        Entry(
            uid=UUID(int=1),
            changed_at=datetime.fromisoformat("2025-09-18T08:52:00+01:00"),
            when=date(2025, 9, 25),
            summary="RL-2025-0001 first step",
        ),
        Entry(
            uid=UUID(int=2),
            changed_at=datetime(2025, 10, 23, 9, tzinfo=UTC),
            when=datetime.fromisoformat("2025-11-04T18:00:00+01:00"),
            summary="a summary that is one octet too long to fit on a line with its caf\u00e9; and goes on",
        ),
    ]
    assert calendar("-//Example School//Tasks 1.0//EN", "Due, at school", entries, refresh="PT6H") == GOLDEN


def test_a_calendar_without_entries_has_a_component_all_the_same() -> None:
    assert calendar("p", "n", [], refresh="PT6H") == EMPTY


@pytest.mark.parametrize(
    ("text", "written"),
    [
        # RFC 5545 3.3.11: the example of a TEXT value.
        (
            "Project XYZ Final Review\nConference Room - 3B\nCome Prepared.",
            "Project XYZ Final Review\\nConference Room - 3B\\nCome Prepared.",
        ),
        ("a;b,c\\d", "a\\;b\\,c\\\\d"),
        ("one\r\ntwo", "one\\ntwo"),
    ],
)
def test_what_would_end_a_value_is_escaped(text: str, written: str) -> None:
    assert escaped(text) == written


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400))
def test_a_folded_line_unfolds_to_itself_and_no_part_is_too_long(line: str) -> None:
    octets = folded(line)
    parts = octets.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(part) <= 75 for part in parts)
    assert all(part.decode() is not None for part in parts), "no character is torn"
    assert octets.removesuffix(b"\r\n").replace(b"\r\n ", b"").decode() == line
