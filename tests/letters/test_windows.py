"""When a channel is open: never outside its hours, always reached, whatever the clocks and the calendar do."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.domain.windows import WINDOWS, opening, with_hours
from letters.domain.working_days import LONDON, Calendar, Span

CALENDAR = Calendar(
    terms=(
        Span(first=date(2025, 9, 3), last=date(2025, 12, 19)),
        Span(first=date(2026, 1, 5), last=date(2026, 3, 27)),
        Span(first=date(2026, 4, 13), last=date(2026, 7, 21)),
        Span(first=date(2026, 9, 2), last=date(2026, 12, 18)),
    ),
    half_terms=(Span(first=date(2025, 10, 27), last=date(2025, 10, 31)),),
    inset_days=frozenset({date(2026, 1, 5)}),
    bank_holidays=frozenset(
        {date(2025, 12, 25), date(2025, 12, 26), date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6)}
    ),
    sha256="c" * 64,
)
BEGINS, ENDS = datetime(2025, 9, 3, tzinfo=UTC), datetime(2026, 12, 18, tzinfo=UTC)
moments = st.timedeltas(timedelta(), ENDS - BEGINS).map(lambda since: BEGINS + since)
channels = st.sampled_from(sorted(WINDOWS))


def london(*at: int) -> datetime:
    return datetime(*at, tzinfo=LONDON)  # type: ignore[arg-type,misc]  # five or six numbers


@given(channels, moments)
def test_it_opens_only_within_its_hours_and_on_its_days(channel: str, moment: datetime) -> None:
    found = opening(channel, moment, CALENDAR)
    if found.at is not None:
        assert found.at >= moment
        there, window = found.at.astimezone(LONDON), WINDOWS[channel]
        assert window.opens <= there.time() < window.closes
        assert CALENDAR.is_working_day(there.date())
        assert channel == "email" or CALENDAR.is_school_day(there.date())


@given(channels, moments)
def test_it_is_always_reached_before_the_terms_end(channel: str, moment: datetime) -> None:
    last = london(2026, 12, 18, WINDOWS[channel].closes.hour, 0)
    assert (opening(channel, moment, CALENDAR).at is None) == (moment >= last)


@given(channels, moments)
def test_no_open_moment_is_passed_over(channel: str, moment: datetime) -> None:
    found = opening(channel, moment, CALENDAR)
    until = found.at or london(2026, 12, 19, 0, 0)
    steps = range(0, min(int((until - moment).total_seconds()), 40 * 86_400), 1800)
    assert not any(WINDOWS[channel].holds(moment + timedelta(seconds=step), CALENDAR) for step in steps)


@given(channels, moments)
def test_where_it_opens_it_is_open(channel: str, moment: datetime) -> None:
    found = opening(channel, moment, CALENDAR)
    if found.at is not None:
        again = opening(channel, found.at, CALENDAR)
        assert (again.at, again.why) == (found.at, "in_window")


@pytest.mark.parametrize(
    ("channel", "moment", "opens", "why"),
    [
        ("classdojo", london(2026, 2, 6, 17, 20), london(2026, 2, 9, 8, 0), "next_window"),  # S06
        ("classdojo", london(2026, 2, 6, 17, 0, 0), london(2026, 2, 9, 8, 0), "next_window"),
        ("classdojo", london(2026, 2, 6, 16, 59, 59), london(2026, 2, 6, 16, 59, 59), "in_window"),
        ("email", london(2026, 2, 6, 17, 20), london(2026, 2, 6, 17, 20), "in_window"),
        ("email", london(2026, 3, 27, 18, 30), london(2026, 3, 30, 8, 0), "next_window"),  # clocks go forward
        ("email", london(2025, 10, 24, 18, 0), london(2025, 10, 27, 8, 0), "next_window"),  # clocks go back
        ("classdojo", london(2025, 10, 24, 18, 0), london(2025, 11, 3, 8, 0), "next_window"),  # half-term
        ("email", london(2025, 12, 24, 18, 0), london(2025, 12, 29, 8, 0), "next_window"),  # Christmas
        ("classdojo", london(2025, 12, 19, 17, 0), london(2026, 1, 6, 8, 0), "next_window"),  # and an INSET day
        ("email", london(2026, 4, 2, 7, 59), london(2026, 4, 2, 8, 0), "next_window"),
        ("email", london(2026, 4, 2, 18, 0), london(2026, 4, 7, 8, 0), "next_window"),  # Easter
        ("print", london(2025, 12, 25, 3, 0), london(2025, 12, 25, 3, 0), "any_time"),
    ],
)
def test_when_it_opens(channel: str, moment: datetime, opens: datetime, why: str) -> None:
    found = opening(channel, moment, CALENDAR)
    assert (found.at, found.why) == (opens, why)


def test_both_clock_changes_keep_the_local_hour() -> None:
    spring, autumn = (opening("email", london(*day, 3, 0), CALENDAR).at for day in ((2026, 3, 29), (2026, 10, 25)))
    assert (spring, autumn) == (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), datetime(2026, 10, 26, 8, 0, tzinfo=UTC))


@pytest.mark.parametrize("terms", [(), (Span(first=date(2025, 9, 3), last=date(2025, 12, 19)),)])
def test_without_terms_around_a_day_nothing_is_guessed(terms: tuple[Span, ...]) -> None:
    calendar = Calendar(terms=terms, bank_holidays=frozenset(), sha256="c" * 64)
    found = opening("email", london(2026, 1, 7, 12, 0), calendar)
    assert (found.at, found.why) == (None, "no_term_data")
    assert not WINDOWS["email"].holds(london(2026, 1, 7, 12, 0), calendar)


def test_the_school_may_set_other_hours() -> None:
    windows = with_hours({"email": (time(9, 30), time(12))})
    assert opening("email", london(2026, 2, 6, 12, 0), CALENDAR, windows).at == london(2026, 2, 9, 9, 30)
    assert windows["classdojo"] == WINDOWS["classdojo"]
