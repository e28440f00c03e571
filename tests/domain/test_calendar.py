"""School days, working days and deadlines in London (domain.md 7)."""

from datetime import date, datetime

import pytest
from msgspec.structs import replace

from casework.domain.calendar import Calendar, CalendarMissing, end_of, fixed_offset, london_date, months_later
from tests.domain.playing import CALENDAR, edition

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


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        ("2025-10-24T17:20:00+01:00", "2025-11-03T08:00:00+00:00"),
        ("2025-10-24T17:00:00+01:00", "2025-11-03T08:00:00+00:00"),
        ("2025-10-24T16:59:59+01:00", "2025-10-24T16:59:59+01:00"),
        ("2025-10-24T07:10:00+01:00", "2025-10-24T08:00:00+01:00"),
        ("2026-02-06T17:20:00+00:00", "2026-02-09T08:00:00+00:00"),
    ],
    ids=["over half-term", "at the last moment", "just in time", "too early", "over a weekend"],
)
def test_a_message_to_a_parent_waits_for_school_hours(asked: str, opens: str) -> None:
    found = CALENDAR.sending_from(AT(asked), edition().parameters.sending_hours)
    assert fixed_offset(found).isoformat() == opens


def test_when_the_next_term_is_not_known_nobody_says_when_to_send() -> None:
    with pytest.raises(CalendarMissing):
        CALENDAR.sending_from(AT("2026-07-17T17:20:00+01:00"), edition().parameters.sending_hours)


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


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-01-26T09:00:00+00:00", "2026-01-28T09:00:00+00:00"),
        ("2026-05-01T10:00:00+01:00", "2026-05-06T10:00:00+01:00"),
        ("2026-01-22T23:30:15+00:00", "2026-01-26T23:30:15+00:00"),
        ("2026-01-24T15:00:00+00:00", "2026-01-28T00:00:00+00:00"),
        ("2026-03-27T10:00:00+00:00", "2026-03-31T10:00:00+01:00"),
        ("2026-05-05T23:30:00+00:00", "2026-05-08T00:30:00+01:00"),
    ],
    ids=["a weekday", "over a bank holiday", "over a weekend", "from a Saturday", "clocks", "the day is London's"],
)
def test_the_48_hours_of_a_section_5_notice_run_on_working_days_alone(since: str, until: str) -> None:
    assert fixed_offset(CALENDAR.after_working_hours(AT(since), 48)).isoformat() == until


@pytest.mark.parametrize(
    ("day", "last"),
    [
        ("2025-10-14", "2025-12-19"),
        ("2025-09-03", "2025-12-19"),
        ("2025-12-19", "2025-12-19"),
        ("2025-12-20", "2026-03-27"),
        ("2026-02-18", "2026-03-27"),
    ],
    ids=["in term", "its first day", "its last day", "in the holidays", "in half-term"],
)
def test_the_last_school_day_of_a_term(day: str, last: str) -> None:
    assert CALENDAR.last_school_day_of_term(DAY(day)) == DAY(last)


def test_a_term_that_ends_on_an_inset_day_ends_for_pupils_before_it() -> None:
    calendar = replace(CALENDAR, inset_days=frozenset({DAY("2025-12-18"), DAY("2025-12-19")}))
    assert calendar.last_school_day_of_term(DAY("2025-10-14")) == DAY("2025-12-17")
    assert calendar.last_school_day_of_term(DAY("2025-12-18")) == DAY("2026-03-27")
    for day in ("2025-09-02", "2026-07-18"):
        with pytest.raises(CalendarMissing):
            CALENDAR.last_school_day_of_term(DAY(day))
    summer = replace(CALENDAR, inset_days=frozenset({DAY("2026-07-17")}))
    with pytest.raises(CalendarMissing):
        summer.last_school_day_of_term(DAY("2026-07-17"))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-01-14", 12, "2027-01-14"),
        ("2026-01-14", 9, "2026-10-14"),
        ("2026-01-14", 11, "2026-12-14"),
        ("2025-03-31", 11, "2026-02-28"),
        ("2027-05-31", 9, "2028-02-29"),
        ("2025-12-01", 1, "2026-01-01"),
    ],
)
def test_a_day_so_many_months_later_is_the_same_day_or_the_last_of_its_month(day: str, months: int, later: str) -> None:
    assert months_later(DAY(day), months) == DAY(later)


def test_after_the_last_hour_before_half_term_the_next_school_day_is_ten_days_on() -> None:
    assert CALENDAR.after_school_days(DAY("2025-10-24"), 1) == DAY("2025-11-03")


def test_an_instant_late_in_the_evening_belongs_to_the_day_in_london() -> None:
    assert london_date(AT("2025-09-18T23:30:00+00:00")) == DAY("2025-09-19")
    assert london_date(AT("2026-01-18T23:30:00+00:00")) == DAY("2026-01-18")


def test_an_inset_day_is_worked_but_not_taught() -> None:
    calendar = replace(CALENDAR, inset_days=frozenset({DAY("2025-09-22")}))
    assert calendar.is_working_day(DAY("2025-09-22"))
    assert calendar.after_school_days(DAY("2025-09-19"), 3) == DAY("2025-09-25")
    assert calendar.school_days_between(DAY("2025-09-19"), DAY("2025-09-25")) == 3
