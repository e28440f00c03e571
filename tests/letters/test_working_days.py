"""Working days, collection time, and when a letter can be expected."""

from datetime import UTC, date, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.domain.errors import CalendarMalformed, NoTermData
from letters.domain.working_days import LONDON, Calendar, expected_by, parse, posting_day
from tests.letters.given import SCHOOL_YEAR

ENGLAND = Calendar(
    bank_holidays=frozenset({date(2025, 12, 25), date(2025, 12, 26), date(2026, 1, 1), date(2026, 5, 4)}), sha256="c"
)


@pytest.mark.parametrize(
    ("handed_in", "first", "second"),
    [
        ("2025-09-19T15:29:59", "2025-09-23", "2025-09-25"),
        ("2025-09-19T15:30:00", "2025-09-24", "2025-09-26"),
        ("2025-12-24T10:00:00", "2025-12-30", "2026-01-02"),
        ("2026-05-02T10:00:00", "2026-05-07", "2026-05-11"),
    ],
)
def test_arrival_counts_working_days_from_the_day_it_was_collected(handed_in: str, first: str, second: str) -> None:
    moment = datetime.fromisoformat(handed_in).replace(tzinfo=LONDON)
    assert expected_by(moment, "first", ENGLAND) == date.fromisoformat(first)
    assert expected_by(moment, "second", ENGLAND) == date.fromisoformat(second)


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)))  # noqa: DTZ001 - made aware below
def test_nothing_is_posted_or_expected_on_a_day_without_post(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    day = posting_day(moment, ENGLAND)
    assert ENGLAND.is_working_day(day)
    assert day >= moment.astimezone(LONDON).date()
    assert ENGLAND.is_working_day(expected_by(moment, "first", ENGLAND))


def test_the_calendar_is_read_from_caseworks_answer() -> None:
    body = b'{"timezone": "Europe/London", "terms": [], "bank_holidays": ["2025-12-25"]}'
    calendar = parse(body)
    assert calendar.bank_holidays == {date(2025, 12, 25)}
    assert calendar.sha256 == sha256(body).hexdigest()


@pytest.mark.parametrize(
    ("day", "is_school_day"),
    [
        ("2025-09-03", True),
        ("2025-09-06", False),
        ("2025-10-28", False),
        ("2025-11-03", True),
        ("2025-12-25", False),
        ("2026-01-05", False),
        ("2026-01-06", True),
        ("2026-07-17", True),
    ],
)
def test_a_school_day_is_a_working_day_in_term_without_half_term_and_inset(day: str, *, is_school_day: bool) -> None:
    assert SCHOOL_YEAR.is_school_day(date.fromisoformat(day)) is is_school_day


@pytest.mark.parametrize("day", ["2025-09-02", "2026-07-18"])
def test_outside_the_terms_that_were_given_nothing_is_guessed(day: str) -> None:
    with pytest.raises(NoTermData, match=day):
        SCHOOL_YEAR.is_school_day(date.fromisoformat(day))
    with pytest.raises(NoTermData):
        ENGLAND.is_school_day(date.fromisoformat(day))


def test_terms_are_read_from_caseworks_answer() -> None:
    body = (
        b'{"terms": [{"name": "autumn_2025", "from": "2025-09-03", "to": "2025-12-19"}], "inset_days": ["2025-09-03"],'
        b' "half_terms": [{"from": "2025-10-27", "to": "2025-10-31"}], "bank_holidays": []}'
    )
    days = ("2025-09-03", "2025-09-04", "2025-10-27")
    assert [parse(body).is_school_day(date.fromisoformat(day)) for day in days] == [False, True, False]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"bank_holidays": ["soon"]}'])
def test_a_calendar_of_another_shape_is_refused(body: bytes) -> None:
    with pytest.raises(CalendarMalformed):
        parse(body)
