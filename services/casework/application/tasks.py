"""Tasks with their due days: what effects opened, worked out with the school's calendar on reading.

A due day that the calendar cannot tell is None, never a guess.
"""

from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from casework.domain.calendar import (
    Calendar,
    CalendarMissing,
    end_of,
    fixed_offset,
    london_date,
    months_later,
    years_later,
)
from casework.domain.due import (
    Due,
    LastSchoolDayOfTerm,
    MonthsAfterPosting,
    SchoolDays,
    StatedRetention,
    StatedSchoolDays,
    StatedWorkingDays,
    WorkingDays,
    WorkingHours,
)
from casework.domain.event import Sensitivity
from casework.domain.incident import Incident, Task
from casework.domain.policy import Policy


class DueTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task, when it was opened and when it is due: a day, an instant, or None where the calendar does not say.

    ``warns`` are days before it on which a task that waits long is to be called to mind; nothing happens on them.
    """

    name: str
    number: int | None
    since: datetime
    due: date | datetime | None
    is_overdue: bool
    warns: tuple[date, ...] = ()
    sensitivity: Sensitivity = "open"

    @property
    def late_after(self) -> datetime | None:
        """The last instant at which it is not late: a day ends at 17:00, as deadlines do."""
        return end_of(self.due) if self.due is not None and not isinstance(self.due, datetime) else self.due


def tasks_of(case: Incident, calendar: Calendar, policy: Policy, now: datetime) -> list[DueTask]:
    """Return the open tasks of a case, the earliest first; those without a day last."""
    due = [_due_task(case, task, calendar, policy, now) for task in case.tasks]
    return sorted(due, key=lambda task: (task.due is None, task.late_after or now))


def _due_task(case: Incident, task: Task, calendar: Calendar, policy: Policy, now: datetime) -> DueTask:
    posted_on = min((london_date(post.posted_at) for post in case.posts.values()), default=london_date(task.since))
    try:
        due = _day(task.due, task, posted_on, calendar, policy)
    except CalendarMissing:
        due = None
    found = DueTask(
        name=task.name,
        number=task.number,
        since=task.since,
        due=due,
        is_overdue=False,
        warns=_warnings(task.due, posted_on),
        sensitivity=task.sensitivity,
    )
    return replace(found, is_overdue=found.late_after is not None and found.late_after < now)


def _day(due: Due, task: Task, posted_on: date, calendar: Calendar, policy: Policy) -> date | datetime:
    since = london_date(task.since)
    parameters = policy.edition_then(task.edition, task.since).parameters
    match due:
        case SchoolDays(0):
            is_over = task.since > end_of(since)
            return calendar.after_school_days(since, 1) if is_over else calendar.this_or_next_school_day(since)
        case SchoolDays(count):
            return calendar.after_school_days(since, count)
        case StatedSchoolDays(parameter):
            return calendar.after_school_days(since, getattr(parameters, parameter))
        case WorkingDays(count):
            return calendar.after_working_days(since, count)
        case StatedRetention(rule):
            return years_later(since, getattr(parameters.retention_years, rule))
        case StatedWorkingDays(parameter):
            return calendar.after_working_days(since, getattr(parameters, parameter))
        case WorkingHours(count):
            return fixed_offset(calendar.after_working_hours(task.since, count))
        case LastSchoolDayOfTerm():
            return calendar.last_school_day_of_term(since)
        case MonthsAfterPosting(count):
            return months_later(posted_on, count)
        case _:
            return due


def _warnings(due: Due, posted_on: date) -> tuple[date, ...]:
    months = due.warns if isinstance(due, MonthsAfterPosting) else ()
    return tuple(months_later(posted_on, each) for each in months)
