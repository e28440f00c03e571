"""Tasks with their due days: what effects opened, worked out with the school's calendar on reading.

A due day that the calendar cannot tell is None, never a guess.
"""

from datetime import date, datetime

import msgspec

from casework.domain.calendar import Calendar, CalendarMissing, end_of, london_date
from casework.domain.incident import Due, Incident, SchoolDays, StatedSchoolDays, Task, WorkingDays
from casework.domain.policy import Policy


class DueTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task and when it is due: a day, an instant, or None where the calendar does not say."""

    name: str
    number: int | None
    due: date | datetime | None
    is_overdue: bool


def tasks_of(case: Incident, calendar: Calendar, policy: Policy, now: datetime) -> list[DueTask]:
    """Return the open tasks of a case, the earliest first; those without a day last."""
    due = [_due_task(task, calendar, policy, now) for task in case.tasks]
    return sorted(due, key=lambda task: (task.due is None, _instant(task.due) if task.due else now))


def _due_task(task: Task, calendar: Calendar, policy: Policy, now: datetime) -> DueTask:
    try:
        due = _day(task.due, task, calendar, policy)
    except CalendarMissing:
        due = None
    is_overdue = due is not None and _instant(due) < now
    return DueTask(name=task.name, number=task.number, due=due, is_overdue=is_overdue)


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
            edition = policy.editions.get(task.edition or "") or policy.edition
            return calendar.after_school_days(since, getattr(edition.parameters, parameter))
        case _:
            return due


def _instant(due: date | datetime) -> datetime:
    """Return the last instant on which a task is not late: a day ends at 17:00, as deadlines do."""
    return due if isinstance(due, datetime) else end_of(due)
