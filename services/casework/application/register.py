"""The register of cases and the list of what is due: what stands around single cases (domain.md 10).

Each list has an order that people work in: threats first (C6), then what is due next. A row's place in that order is a
number, and `after` is the place of the last row somebody has: cases that come, go or move in between neither hide
another one nor show it twice, which counting rows would. A place holds, from the left::

    2 bits   band            0 open with C6, 1 open, 2 ended
    26 bits  due             minutes since 2000; the largest where no task has a day
    25 bits  tie             cases: the position at which the case begins, so the older one first

It fits the integers that every reader of JSON holds exactly (RFC 7493 2.2). Two rows may share a place; a page never
ends between them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final, TypeVar

import msgspec

from casework.application.casework import Casework
from casework.application.pages import Page
from casework.application.read_models.cases import Cases, Standing, Unreadable
from casework.application.tasks import DueTask, tasks_of
from casework.application.visibility import may_read, readable, tracks_shown
from casework.domain.incident import Incident
from casework.domain.monitoring import THREAT
from casework.domain.phases import Phase, phase
from servicekit.credentials import Caller

DUE_BITS: Final = 26
TIE_BITS: Final = 25
TASK_BITS: Final = 5
DUE_MAX: Final = (1 << DUE_BITS) - 1
YEAR_2000: Final = datetime(2000, 1, 1, tzinfo=UTC)


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the register, with the task of it that is due next."""

    place: int
    case: Incident
    tracks: Mapping[str, str]
    phase: Phase
    next_task: DueTask | None


class TaskRow(msgspec.Struct, frozen=True, kw_only=True):
    """A task and the case that it belongs to."""

    place: int
    case: Incident
    task: DueTask


Row = TypeVar("Row", CaseRow, TaskRow)


class Register:
    """The lists of one school. What a caller reads is recorded before it is returned."""

    def __init__(self, casework: Casework, cases: Cases) -> None:
        self._casework = casework
        self._cases = cases

    def incidents(
        self, caller: Caller, *, after: int, limit: int, is_open: bool | None = None, in_phase: Phase | None = None
    ) -> Page[CaseRow]:
        """Return cases that this caller may read: those with a threat first, then by what is due next, ended ones last.

        A case that cannot be folded stops the list with its error: a list that leaves one out would be believed.

        Raises:
            StoreError: the cases cannot be read, or this read cannot be recorded.
        """
        now = self._casework.now()
        rows = []
        for standing, tasks in self._readable(caller, now):
            case = standing.case
            found = phase(case, now)
            if (is_open is None or is_open is not bool(case.ended)) and in_phase in {None, found}:
                following = tasks[0] if tasks else None
                place = place_of(_band(case), following, standing.position)
                tracks = tracks_shown(caller, case)
                rows.append(CaseRow(place=place, case=case, tracks=tracks, phase=found, next_task=following))
        return self._recorded(caller, "register", page_of(rows, after, limit))

    def tasks(self, caller: Caller, *, after: int, limit: int) -> Page[TaskRow]:
        """Return the open tasks of the cases that this caller may read: the overdue first, those without a day last.

        Raises:
            StoreError: as for :meth:`incidents`.
        """
        return self._recorded(caller, "tasks", page_of(self._task_rows(caller), after, limit))

    def days_due(self, caller: Caller) -> list[TaskRow]:
        """Return the open tasks that have a day, of the cases that this caller may read; not recorded.

        Raises:
            StoreError: the cases cannot be read.
        """
        return sorted((row for row in self._task_rows(caller) if row.task.due is not None), key=lambda row: row.place)

    def days_due_read(self, caller: Caller, count: int) -> None:
        """Record that those were read: before they leave, and not where the reader holds them already."""
        self._casework.list_read(caller, "tasks-calendar", count)

    def _readable(self, caller: Caller, now: datetime) -> Iterator[tuple[Standing, list[DueTask]]]:
        policy = self._casework.record.policy()
        for found in self._cases.named(self._cases.nameless()):
            if isinstance(found, Unreadable):
                raise found.error
            if may_read(caller, found.case):
                due = tasks_of(found.case, self._casework.calendar, policy, now)
                yield found, readable(caller, due)

    def _task_rows(self, caller: Caller) -> list[TaskRow]:
        return [
            TaskRow(place=place_of(0, task, _tie(standing.position, task)), case=standing.case, task=task)
            for standing, tasks in self._readable(caller, self._casework.now())
            for task in tasks
        ]

    def _recorded(self, caller: Caller, view: str, page: Page[Row]) -> Page[Row]:
        self._casework.list_read(caller, view, len(page.rows))
        return page


def place_of(band: int, task: DueTask | None, tie: int) -> int:
    """Return the place in a list of what is due with this task."""
    due = DUE_MAX
    if task is not None and task.late_after is not None:
        minutes = int((task.late_after - YEAR_2000).total_seconds()) // 60
        # From 1: `after=0` is the beginning, so no row may stand there.
        due = min(max(minutes, 1), DUE_MAX - 1)
    return (band << DUE_BITS | due) << TIE_BITS | tie % (1 << TIE_BITS)


def page_of(rows: Sequence[Row], after: int, limit: int) -> Page[Row]:
    """Return the page that follows a place."""
    left = sorted((row for row in rows if row.place > after), key=lambda row: row.place)
    end = min(limit, len(left))
    # Rows that share a place go together: with the page before, or, where they fill a whole page, beyond its limit.
    while 0 < end < len(left) and left[end].place == left[end - 1].place:
        end -= 1
    if end == 0 and left:
        end = sum(row.place == left[0].place for row in left)
    shown = tuple(left[:end])
    return Page(rows=shown, next=shown[-1].place if shown else after, has_more=end < len(left))


def _band(case: Incident) -> int:
    if case.ended:
        return 2
    return 0 if THREAT in case.categories else 1


def _tie(position: int, task: DueTask) -> int:
    """Return what tells tasks apart that are due in one minute: the case, then a hash of the task's name."""
    name = blake2b(f"{task.name}|{task.number}".encode(), digest_size=1).digest()[0]
    return position << TASK_BITS | name % (1 << TASK_BITS)
