"""What leads from a case to others (P63): told only to whoever may read those as well.

Else whoever reads one case of a thread would learn of another that is a child's account, or about themselves.
"""

from collections.abc import Iterable
from uuid import UUID

from casework.application.record import Record
from casework.application.visibility import may_read, shown
from casework.domain.entries import Link
from casework.domain.event import Recorded
from casework.domain.incident import Incident
from casework.domain.steps.report import Linked
from servicekit.credentials import Caller


def links_shown(record: Record, caller: Caller, case: Incident) -> tuple[Link, ...]:
    """Return the links of a case whose other end this caller may read."""
    return tuple(link for link in case.links if _may_follow(record, caller, link.to))


def events_shown(record: Record, caller: Caller, events: Iterable[Recorded]) -> list[Recorded]:
    """Return the events of a case that this caller may read, without links to cases that they may not."""
    return [
        at
        for at in shown(caller, events)
        if not isinstance(at.event, Linked) or _may_follow(record, caller, at.event.to)
    ]


def _may_follow(record: Record, caller: Caller, to: UUID) -> bool:
    other = record.case(to)
    return other is not None and may_read(caller, other)
