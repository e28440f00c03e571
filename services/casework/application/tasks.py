"""Tasks with their due days: what effects opened, worked out with the school's calendar on reading.

A due day that the calendar cannot tell is None, never a guess.
"""

from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from casework.domain.calendar import Calendar, CalendarMissing, end_of, london_date
from casework.domain.event import Sensitivity
from casework.domain.incident import Due, Incident, SchoolDays, StatedSchoolDays, Task, WorkingDays
from casework.domain.policy import Policy


class DueTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task and when it is due: a day, an instant, or None where the calendar does not say."""

    name: str
    number: int | None
    due: date | datetime | None
    is_overdue: bool
    sensitivity: Sensitivity = "open"

    @property
    def late_after(self) -> datetime | None:
        """The last instant at which it is not late: a day ends at 17:00, as deadlines do."""
        return end_of(self.due) if self.due is not None and not isinstance(self.due, datetime) else self.due


def tasks_of(case: Incident, calendar: Calendar, policy: Policy, now: datetime) -> list[DueTask]:
    """Return the open tasks of a case, the earliest first; those without a day last."""
    due = [_due_task(task, calendar, policy, now) for task in case.tasks]
    return sorted(due, key=lambda task: (task.due is None, task.late_after or now))


def _due_task(task: Task, calendar: Calendar, policy: Policy, now: datetime) -> DueTask:
    try:
        due = _day(task.due, task, calendar, policy)
    except CalendarMissing:
        due = None
    found = DueTask(name=task.name, number=task.number, due=due, is_overdue=False, sensitivity=task.sensitivity)
    return replace(found, is_overdue=found.late_after is not None and found.late_after < now)


def _day(due: Due, task: Task, calendar: Calendar, policy: Policy) -> date | datetime:
    since = london_date(task.since)
    match due:
        case SchoolDays(0):
            return calendar.this_or_next_school_day(since)
        case SchoolDays(count):
            return calendar.after_school_days(since, count)
        case WorkingDays(count):
            return calendar.after_working_days(since, count)
        case StatedSchoolDays(parameter):
            edition = policy.edition_then(task.edition, task.since)
            return calendar.after_school_days(since, getattr(edition.parameters, parameter))
        case _:
            return due
