"""Pages of a list whose rows may share a place: whatever the limit, every row comes once and in order."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from casework.application.register import YEAR_2000, CaseRow, page_of, place_of
from casework.application.tasks import DueTask
from casework.domain.incident import Incident
from servicekit.fields import INTEGER_MAX

ANY_TIME = st.integers(-1999 * 365, 7999 * 365).map(lambda days: YEAR_2000 + timedelta(days=days))
WITHIN_REACH = st.integers(60, 120 * 365 * 86400).map(lambda seconds: YEAR_2000 + timedelta(seconds=seconds))
CASE = Incident(id=UUID(int=1))


def row(place: int) -> CaseRow:
    return CaseRow(place=place, case=CASE, tracks={}, phase="reported", next_task=None)


def task(due: datetime | None) -> DueTask:
    return DueTask(name="first_step", number=None, since=YEAR_2000, due=due, is_overdue=False)


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(1, 7))
def test_every_row_comes_once_and_in_order(places: list[int], limit: int) -> None:
    rows = [row(place) for place in places]
    seen: list[int] = []
    after, has_more = 0, True
    while has_more:
        page = page_of(rows, after, limit)
        assert page.rows or not places
        assert len(page.rows) <= limit or len({each.place for each in page.rows}) == 1
        seen += [each.place for each in page.rows]
        after, has_more = page.next, page.has_more
    assert seen == sorted(places)


@given(
    st.integers(0, 2),
    st.one_of(st.none(), ANY_TIME),
    st.integers(1, 2**62),
)
def test_a_place_is_behind_the_beginning_and_every_reader_holds_it(
    band: int, due: datetime | None, position: int
) -> None:
    assert 0 < place_of(band, task(due), position) <= INTEGER_MAX


@given(
    WITHIN_REACH,
    WITHIN_REACH,
    st.integers(1, 2**62),
    st.integers(1, 2**62),
)
def test_what_is_due_earlier_stands_earlier_and_what_has_no_day_last(
    one: datetime, other: datetime, here: int, there: int
) -> None:
    first, second = sorted((one, other))
    if first.replace(second=0, microsecond=0) < second.replace(second=0, microsecond=0):
        assert place_of(1, task(first), here) < place_of(1, task(second), there)
    assert place_of(1, task(second), here) < place_of(1, task(None), there)
    assert place_of(0, None, here) < place_of(1, task(first), there)
