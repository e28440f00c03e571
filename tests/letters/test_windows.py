"""When a letter may leave: never outside its channel's window, and always at last."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.domain.catalogue import Channel
from letters.domain.errors import NoTermData
from letters.domain.windows import HOURS, Hours, closing, opening
from letters.domain.working_days import LONDON
from tests.letters.given import CALENDAR, SCHOOL_YEAR


@pytest.mark.parametrize(
    ("ready", "leaves"),
    [
        ("2026-02-06T17:20:00+00:00", "2026-02-09T08:00:00+00:00"),
        ("2026-02-06T07:59:59+00:00", "2026-02-06T08:00:00+00:00"),
        ("2026-02-06T08:00:00+00:00", "2026-02-06T08:00:00+00:00"),
        ("2026-02-06T16:59:59+00:00", "2026-02-06T16:59:59+00:00"),
        ("2026-02-06T17:00:00+00:00", "2026-02-09T08:00:00+00:00"),
        ("2025-10-24T17:20:00+01:00", "2025-11-03T08:00:00+00:00"),
        ("2026-03-27T17:20:00+00:00", "2026-04-13T08:00:00+01:00"),
        ("2025-12-19T18:00:00+00:00", "2026-01-06T08:00:00+00:00"),
        ("2026-02-07T12:00:00+00:00", "2026-02-09T08:00:00+00:00"),
    ],
)
def test_a_message_waits_for_a_school_day_from_eight_to_five(ready: str, leaves: str) -> None:
    found = opening("classdojo", datetime.fromisoformat(ready), SCHOOL_YEAR, HOURS)
    assert found.at == datetime.fromisoformat(leaves)
    assert found.why == ("window_open" if ready == leaves else "window_closed")


def test_the_schools_own_hours_hold() -> None:
    hours: Mapping[Channel, Hours] = {"classdojo": (time(9), time(15))}
    ready = datetime.fromisoformat("2026-02-06T15:00:00+00:00")
    assert opening("classdojo", ready, SCHOOL_YEAR, hours).at == datetime.fromisoformat("2026-02-09T09:00:00+00:00")
    assert closing("classdojo", ready, hours) == ready


@pytest.mark.parametrize("channel", ["print", "by_hand", "web_form", "telephone", "portal"])
def test_what_disturbs_nobody_may_leave_at_any_time(channel: str) -> None:
    night = datetime.fromisoformat("2026-02-06T23:20:00+00:00")
    assert opening(channel, night, CALENDAR, HOURS) == (night, "any_time")  # type: ignore[arg-type]  # one of the words
    assert closing(channel, night, HOURS) is None  # type: ignore[arg-type]  # as above


def test_e_mail_leaves_on_working_days_in_the_holidays_too() -> None:
    ready = datetime.fromisoformat("2025-12-24T19:00:00+00:00")
    assert opening("email", ready, CALENDAR, HOURS).at == datetime.fromisoformat("2025-12-29T08:00:00+00:00")


@pytest.mark.parametrize("ready", ["2025-09-02T12:00:00+01:00", "2026-07-17T17:00:00+01:00"])
def test_without_term_data_nobody_knows(ready: str) -> None:
    with pytest.raises(NoTermData):
        opening("classdojo", datetime.fromisoformat(ready), SCHOOL_YEAR, HOURS)


@given(st.datetimes(min_value=datetime(2025, 9, 3), max_value=datetime(2026, 7, 16)))  # noqa: DTZ001 - made aware below
def test_a_window_is_always_reached_and_nothing_leaves_outside_it(naive: datetime) -> None:
    ready = naive.replace(tzinfo=UTC)
    leaves = opening("classdojo", ready, SCHOOL_YEAR, HOURS).at.astimezone(LONDON)
    assert leaves >= ready
    assert SCHOOL_YEAR.is_school_day(leaves.date())
    assert time(8) <= leaves.time() < time(17)
    assert opening("classdojo", leaves, SCHOOL_YEAR, HOURS).at == leaves


@given(st.datetimes(min_value=datetime(2025, 9, 3), max_value=datetime(2026, 7, 16)))  # noqa: DTZ001 - as above
def test_e_mail_leaves_in_its_hours_on_the_first_working_day(naive: datetime) -> None:
    ready = naive.replace(tzinfo=UTC)
    leaves = opening("email", ready, SCHOOL_YEAR, HOURS).at.astimezone(LONDON)
    assert leaves >= ready
    assert SCHOOL_YEAR.is_working_day(leaves.date())
    assert time(8) <= leaves.time() < time(18)
    assert opening("email", leaves, SCHOOL_YEAR, HOURS).at == leaves
    between = (ready.astimezone(LONDON) + timedelta(minutes=30 * step) for step in range(400))
    open_before = (at for at in between if at < leaves and time(8) <= at.time() < time(18))
    assert not any(SCHOOL_YEAR.is_working_day(at.date()) for at in open_before)


@pytest.mark.parametrize(
    ("ready", "leaves"),
    [
        ("2026-03-27T18:30:00+00:00", "2026-03-30T08:00:00+01:00"),
        ("2025-10-24T18:00:00+01:00", "2025-10-27T08:00:00+00:00"),
        ("2025-10-24T17:59:59+01:00", "2025-10-24T17:59:59+01:00"),
        ("2026-04-02T18:00:00+01:00", "2026-04-06T08:00:00+01:00"),
    ],
)
def test_both_clock_changes_keep_the_hour_of_e_mail(ready: str, leaves: str) -> None:
    found = opening("email", datetime.fromisoformat(ready), SCHOOL_YEAR, HOURS).at
    assert found == datetime.fromisoformat(leaves)


@given(st.dates(min_value=date(2025, 9, 3), max_value=date(2026, 7, 17)))
def test_a_claim_never_outlasts_the_window(day: date) -> None:
    closes = closing("classdojo", datetime.combine(day, time(16, 50), LONDON), HOURS)
    assert closes == datetime.combine(day, time(17), LONDON)
