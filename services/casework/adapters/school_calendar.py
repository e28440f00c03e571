"""The school's `calendar.toml`: terms, half-terms, INSET days and what it adds to the bank holidays of England.

Example::

    inset_days = [2026-01-05]

    [[terms]]
    name = "autumn_2025"
    from = 2025-09-03
    to = 2025-12-19

    [[half_terms]]
    from = 2025-10-27
    to = 2025-10-31

    [bank_holidays]                 # an overlay of what the library knows
    add = [2026-06-15]
    remove = []
"""

import tomllib
from datetime import date
from pathlib import Path

import holidays
import msgspec

from casework.domain.calendar import Calendar, Span, Term

YEARS_AROUND = 10


class CalendarFault(ValueError):
    """The calendar file does not say what it must; the message names the place, what was expected and found."""


class Overlay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bank holidays that the library does not know, or that this school does not keep."""

    add: frozenset[date] = frozenset()
    remove: frozenset[date] = frozenset()


class CalendarFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file as it stands."""

    terms: tuple[Term, ...] = ()
    half_terms: tuple[Span, ...] = ()
    inset_days: frozenset[date] = frozenset()
    bank_holidays: Overlay = Overlay()


def read_calendar(path: Path) -> Calendar:
    """Read a school's calendar. No file: no terms, so what needs them is stopped with a clear problem.

    Raises:
        CalendarFault: no TOML, an unknown name, a wrong type, or a term that ends before it begins.
    """
    if not path.exists():
        return _calendar(CalendarFile())
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), CalendarFile)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise CalendarFault(f"{path.name}: {error}") from error
    spans = [(span.first, span.last) for span in found.terms] + [(span.first, span.last) for span in found.half_terms]
    for first, last in spans:
        if last < first:
            raise CalendarFault(f"{path.name}: expected from before to, found {first} to {last}")
    return _calendar(found)


def _calendar(found: CalendarFile) -> Calendar:
    years = {day.year for term in found.terms for day in (term.first, term.last)}
    span = range(min(years, default=0) - YEARS_AROUND, max(years, default=0) + YEARS_AROUND) if years else ()
    known = frozenset(holidays.country_holidays("GB", subdiv="ENG", years=span)) if span else frozenset()
    return Calendar(
        terms=found.terms,
        half_terms=found.half_terms,
        inset_days=found.inset_days,
        bank_holidays=(known | found.bank_holidays.add) - found.bank_holidays.remove,
    )
