"""Working days: which days the post goes, and when a letter can be expected to arrive.

Working day = Monday to Friday, no bank holiday of England. The bank holidays come from casework's calendar, whose hash
is recorded with every date computed from it. What the law presumes about arrival is for the school's adviser
to confirm; these are the post's own aims: first class the 2nd working day after posting, second class the 4th.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import msgspec

from letters.domain.errors import CalendarMalformed
from letters.domain.event import PostingClass

LONDON = ZoneInfo("Europe/London")
LAST_COLLECTION = time(15, 30)
"""What is taken later than this goes with the next working day's post."""
ARRIVES_AFTER: Mapping[PostingClass, int] = {"first": 2, "second": 4}


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """The days on which nothing is delivered, and the hash of the calendar they come from."""

    bank_holidays: frozenset[date]
    sha256: str

    def is_working_day(self, day: date) -> bool:
        """Tell whether the post goes on this day."""
        return day.weekday() < 5 and day not in self.bank_holidays

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


def parse(body: bytes) -> Calendar:
    """Read the answer to ``GET /v1/calendar``; its hash is that of the bytes.

    Raises:
        CalendarMalformed: not JSON, or without ``bank_holidays``.
    """
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.MsgspecError as error:
        raise CalendarMalformed(str(error)) from error
    return Calendar(bank_holidays=answer.bank_holidays, sha256=sha256(body).hexdigest())


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
