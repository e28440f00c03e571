"""Working days and school days: when the post goes and arrives, and when pupils are in school.

Working day = Monday to Friday, no bank holiday of England. The bank holidays come from casework's calendar, whose hash
is recorded with every date computed from it. What the law presumes about arrival is for the school's adviser
to confirm; these are the post's own aims: first class the 2nd working day after posting, second class the 4th.

School day = working day in term, no half-term, no INSET day (staff training without pupils). Outside the terms that the
school has given nothing is guessed: :class:`NoTermData`.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import msgspec

from letters.domain.errors import CalendarMalformed, NoTermData
from letters.domain.sending_event import PostingClass

LONDON = ZoneInfo("Europe/London")
LAST_COLLECTION = time(15, 30)
"""What is taken later than this goes with the next working day's post."""
ARRIVES_AFTER: Mapping[PostingClass, int] = {"first": 2, "second": 4}


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """A term, or a half-term in it: first and last day."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """The days on which nothing is delivered, those on which pupils are in school, and the calendar's hash."""

    bank_holidays: frozenset[date]
    sha256: str
    terms: tuple[Days, ...] = ()
    half_terms: tuple[Days, ...] = ()
    inset_days: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Tell whether the post goes on this day."""
        return day.weekday() < 5 and day not in self.bank_holidays

    def is_school_day(self, day: date) -> bool:
        """Tell whether pupils are in school.

        Raises:
            NoTermData: the day lies before the first or after the last term that the school has given.
        """
        if not self.terms or not min(t.first for t in self.terms) <= day <= max(t.last for t in self.terms):
            raise NoTermData(day)
        is_taught = any(day in term for term in self.terms) and not any(day in gap for gap in self.half_terms)
        return is_taught and self.is_working_day(day) and day not in self.inset_days

    def next_working_day(self, day: date, count: int = 1) -> date:
        """Return the ``count``-th working day after ``day``; with 0, ``day`` itself or the first one after it."""
        while not count and not self.is_working_day(day):
            day += timedelta(days=1)
        while count:
            day += timedelta(days=1)
            count -= self.is_working_day(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days after ``start``, up to and including ``end``."""
        span = (end - start).days
        return sum(self.is_working_day(start + timedelta(days=n)) for n in range(1, span + 1))


class _Answer(msgspec.Struct, frozen=True):
    bank_holidays: frozenset[date]
    terms: tuple[Days, ...] = ()
    half_terms: tuple[Days, ...] = ()
    inset_days: frozenset[date] = frozenset()


def parse(body: bytes) -> Calendar:
    """Read the answer to ``GET /v1/calendar``; its hash is that of the bytes.

    Raises:
        CalendarMalformed: not JSON, or without ``bank_holidays``.
    """
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.MsgspecError as error:
        raise CalendarMalformed(str(error)) from error
    return Calendar(**msgspec.structs.asdict(answer), sha256=sha256(body).hexdigest())


def local_date(moment: datetime) -> date:
    """Return the date in England at this instant."""
    return moment.astimezone(LONDON).date()


def posting_day(moment: datetime, calendar: Calendar) -> date:
    """Return the day with whose post a letter handed in at this moment goes."""
    local = moment.astimezone(LONDON)
    if calendar.is_working_day(local.date()) and local.time() < LAST_COLLECTION:
        return local.date()
    return calendar.next_working_day(local.date())


def expected_by(moment: datetime, posting_class: PostingClass, calendar: Calendar) -> date:
    """Return the working day by which a letter handed in at this moment can be expected to have arrived."""
    return calendar.next_working_day(posting_day(moment, calendar), ARRIVES_AFTER[posting_class])


def arrival(channel: str, moment: datetime, posting_class: PostingClass, calendar: Calendar) -> date:
    """Return the day by which what leaves at this moment can be expected to be there: at once, but by post."""
    return expected_by(moment, posting_class, calendar) if channel == "print" else local_date(moment)
