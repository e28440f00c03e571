"""School days, working days and deadlines (domain.md 7), in Europe/London.

A working day is a weekday that is no bank holiday of England; a school day is a working day in term, outside half-term
and INSET days. N days count from the next day, and a deadline falls at 17:00 London time on the last of them. Outside
the terms that the school has given, nothing is guessed: :class:`CalendarMissing`.

Example: Friday 19 September 2025 plus 3 school days is Wednesday 24 September at 17:00 +01:00.
"""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

LONDON = ZoneInfo("Europe/London")
END_OF_DAY = time(17, 0)
SATURDAY = 5


class CalendarMissing(Exception):
    """No term data covers this date."""

    def __init__(self, day: date) -> None:
        super().__init__(f"the school calendar says nothing about {day.isoformat()}; expected a term on or around it")
        self.day = day


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One term: its name and its first and last day."""

    name: str
    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Days without school inside a term, first and last included."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """What the school's ``calendar.toml`` says, with the bank holidays of England."""

    terms: tuple[Term, ...] = ()
    half_terms: tuple[Span, ...] = ()
    inset_days: frozenset[date] = frozenset()
    bank_holidays: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        """Return whether this is a weekday and no bank holiday."""
        return day.weekday() < SATURDAY and day not in self.bank_holidays

    def is_school_day(self, day: date) -> bool:
        """Return whether pupils are in school.

        Raises:
            CalendarMissing: the date lies before the first or after the last term that the school has given.
        """
        if not self.terms or not min(t.first for t in self.terms) <= day <= max(t.last for t in self.terms):
            raise CalendarMissing(day)
        return (
            self.is_working_day(day)
            and any(term.first <= day <= term.last for term in self.terms)
            and not any(gap.first <= day <= gap.last for gap in self.half_terms)
            and day not in self.inset_days
        )

    def after_school_days(self, day: date, count: int) -> date:
        """Return the ``count``-th school day after ``day``; raises :class:`CalendarMissing`."""
        return _nth(day, count, self.is_school_day)

    def after_working_days(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after ``day``."""
        return _nth(day, count, self.is_working_day)

    def after_working_hours(self, moment: datetime, hours: int) -> datetime:
        """Return the instant, in London, when so many hours that lie on working days have passed since ``moment``.

        So are the 48 hours of SI 2013/3028 counted, for a notice under the Defamation Act 2013 s.5. Clocks change on
        Sundays only, so every working day has 24 hours.
        """
        local = moment.astimezone(LONDON)
        day = local.date()
        since_midnight = local - datetime.combine(day, time(), LONDON)
        if not self.is_working_day(day):
            day, since_midnight = self.after_working_days(day, 1), timedelta()
        days, rest = divmod(since_midnight + timedelta(hours=hours), timedelta(days=1))
        return datetime.combine(self.after_working_days(day, days), time(), LONDON) + rest

    def deadline(self, moment: datetime, school_days: int) -> datetime:
        """Return 17:00 London time on the ``school_days``-th school day after ``moment``."""
        return end_of(self.after_school_days(london_date(moment), school_days))

    def this_or_next_school_day(self, day: date) -> date:
        """Return ``day`` if pupils are in school, else the next day that they are."""
        return day if self.is_school_day(day) else self.after_school_days(day, 1)

    def last_school_day_of_term(self, day: date) -> date:
        """Return the last school day of the term of ``day``, or of the next term, where none is left in that one.

        Raises:
            CalendarMissing: ``day`` lies before the first term that the school has given, or no term follows.
        """
        self.is_school_day(day)
        for term in sorted(self.terms, key=lambda term: term.first):
            first = max(term.first, day)
            left = (first + timedelta(days=n) for n in range((term.last - first).days + 1))
            if taught := [each for each in left if self.is_school_day(each)]:
                return taught[-1]
        raise CalendarMissing(day)

    def school_days_between(self, first: date, last: date) -> int:
        """Return how many school days lie after ``first``, up to and including ``last``."""
        days = (last - first).days
        return sum(self.is_school_day(first + timedelta(days=n)) for n in range(1, days + 1))

    def sending_from(self, moment: datetime, hours: tuple[time, time]) -> datetime:
        """Return the first instant from this one on at which a message may go to teachers or parents (P26, P27).

        That is a school day between these hours of London, the last one excluded: what comes later waits.

        Raises:
            CalendarMissing: the school calendar does not say when the next school day is.
        """
        first, last = hours
        there = moment.astimezone(LONDON)
        if self.is_school_day(there.date()) and there.time() < last:
            return max(there, datetime.combine(there.date(), first, LONDON))
        return datetime.combine(self.after_school_days(there.date(), 1), first, LONDON)

    def term_of(self, day: date) -> str | None:
        """Return the name of the term that ``day`` lies in."""
        return next((term.name for term in self.terms if term.first <= day <= term.last), None)

    def term_begun(self, day: date) -> Term | None:
        """Return the term that began last, by ``day``: it, or the holidays after it; None before the first."""
        return max((term for term in self.terms if term.first <= day), key=lambda term: term.first, default=None)


def london_date(moment: datetime) -> date:
    """Return the date in London at this instant."""
    return moment.astimezone(LONDON).date()


def end_of(day: date) -> datetime:
    """Return 17:00 London time on this day."""
    return datetime.combine(day, END_OF_DAY, LONDON)


def fixed_offset(moment: datetime) -> datetime:
    """Return the same instant with its offset written out, as an entry states it (``+01:00``, not a zone's name)."""
    return datetime.fromisoformat(moment.isoformat())


def months_later(day: date, months: int) -> date:
    """Return the same day so many months later; where that month has no such day, its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def years_later(day: date, years: int) -> date:
    """Return the same day so many years later; 29 February becomes 28 February."""
    return months_later(day, 12 * years)


def _nth(day: date, count: int, counts: Callable[[date], bool]) -> date:
    while count > 0:
        day += timedelta(days=1)
        count -= counts(day)
    return day
