"""School days, working days and deadlines in London (domain.md 7)."""

from datetime import date, datetime

import pytest

from casework.domain.calendar import Calendar, CalendarMissing, end_of, fixed_offset
from tests.domain.playing import CALENDAR

AT = datetime.fromisoformat
DAY = date.fromisoformat


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("2025-09-19T15:42:00+01:00", "2025-09-24T17:00:00+01:00"),
        ("2026-02-12T09:00:00+00:00", "2026-02-24T17:00:00+00:00"),
        ("2025-10-23T09:00:00+01:00", "2025-11-04T17:00:00+00:00"),
    ],
    ids=["over a weekend", "over half-term", "over half-term and the change of clocks"],
)
def test_a_deadline_is_at_five_on_the_third_school_day(asked: str, due: str) -> None:
    assert fixed_offset(CALENDAR.deadline(AT(asked), 3)).isoformat() == due


def test_working_days_pass_over_a_bank_holiday() -> None:
    assert CALENDAR.after_working_days(DAY("2026-04-30"), 2) == DAY("2026-05-05")


def test_a_day_in_the_christmas_holidays_is_known_to_be_none() -> None:
    assert not CALENDAR.is_school_day(DAY("2025-12-29"))
    assert CALENDAR.this_or_next_school_day(DAY("2025-12-29")) == DAY("2026-01-05")


def test_beyond_the_terms_given_nothing_is_guessed() -> None:
    for day in ("2025-09-02", "2026-07-18"):
        with pytest.raises(CalendarMissing, match=day):
            CALENDAR.is_school_day(DAY(day))
    with pytest.raises(CalendarMissing):
        Calendar().deadline(AT("2025-09-19T15:42:00+01:00"), 3)


def test_a_deadline_that_would_run_past_the_last_term_is_not_guessed() -> None:
    with pytest.raises(CalendarMissing):
        CALENDAR.deadline(AT("2026-07-16T09:00:00+01:00"), 3)


def test_five_in_london_is_written_with_the_offset_of_that_day() -> None:
    assert fixed_offset(end_of(DAY("2026-07-01"))).isoformat() == "2026-07-01T17:00:00+01:00"
    assert fixed_offset(end_of(DAY("2026-01-07"))).isoformat() == "2026-01-07T17:00:00+00:00"
