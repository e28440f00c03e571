"""When a task is due, as an event can say it: a day, an instant, or what the calendar makes one of on reading.

Each kind stands for a row of domain.md 7. An effect never reads the calendar or the policy, so it says what is to be
counted, and ``application.tasks`` counts. What an event itself states (``due_at``, ``review_on``) no calendar moves.
"""

from datetime import date, datetime
from typing import Literal

import msgspec


class SchoolDays(msgspec.Struct, frozen=True):
    """Due at 17:00 so many school days later; 0 is the same day, or the next that pupils are in, if 17:00 is over."""

    count: int


class StatedSchoolDays(msgspec.Struct, frozen=True):
    """Due after as many school days as the edition cited states under this parameter."""

    parameter: str


THAT_SCHOOL_DAY = SchoolDays(0)
FIRST_STEP_DUE = StatedSchoolDays("first_step_due_school_days")


class StatedRetention(msgspec.Struct, frozen=True):
    """Due after as many years as the edition cited states for a case that ended in this way."""

    rule: Literal["withdrawn"]


class WorkingDays(msgspec.Struct, frozen=True):
    """Due so many working days later."""

    count: int


class StatedWorkingDays(msgspec.Struct, frozen=True):
    """Due after as many working days as the edition cited states under this parameter."""

    parameter: str


class WorkingHours(msgspec.Struct, frozen=True):
    """Due at the instant when so many hours of working days have passed: nights count, days without work do not."""

    count: int


class LastSchoolDayOfTerm(msgspec.Struct, frozen=True):
    """Due on the last day of the term that pupils are in; of the next term, where none is left in this."""


class MonthsAfterPosting(msgspec.Struct, frozen=True):
    """Due so many months after the earliest post of the case was made, and called to mind ``warns`` months after it."""

    count: int
    warns: tuple[int, ...]


Due = (
    datetime
    | date
    | SchoolDays
    | StatedSchoolDays
    | WorkingDays
    | StatedWorkingDays
    | WorkingHours
    | LastSchoolDayOfTerm
    | MonthsAfterPosting
    | StatedRetention
)
