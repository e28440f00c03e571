"""Cases, decisions and tasks as JSON. What is personal is shown only where a read was recorded first."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from casework.api.refusals import failure_json
from casework.application.tasks import DueTask
from casework.domain.incident import Incident, phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from casework.application.casework import Taken
    from casework.application.register import CaseRow, TaskRow
    from casework.domain.abilities import Ability
    from casework.domain.event import Recorded
    from casework.domain.incident import Thing


def taken_json(taken: Taken) -> dict[str, Any]:
    """Return the answer to a decision: what was recorded, and the case's version now."""
    events = [{"id": at.id, "type": at.event.type_name} for at in taken.events]
    return {"id": str(taken.incident), "version": taken.version, "events": events}


def case_json(
    case: Incident,
    tracks: Mapping[str, str],
    things: Mapping[str, Mapping[int, Thing]],
    tasks: Iterable[DueTask],
    now: datetime,
) -> dict[str, Any]:
    """Return a case as it stands: where it is, who is in it, what was posted; of tracks, things, tasks, those given."""
    return {
        "id": str(case.id),
        "version": case.version,
        "reference": case.reference,
        "kind": case.kind,
        "phase": phase(case, now),
        "tracks": dict(tracks),
        "categories": list(case.categories),
        "primary": case.primary,
        "outcome": case.outcome,
        "retention_review_on": _plain(case.retention_review_on),
        "parties": [_plain(party) for party in case.parties.values()],
        "posts": [_plain(post) for post in case.posts.values()],
        "identity": _plain(case.identity),
        "removal_requests": [_plain(request) for request in case.requests],
        "things": {
            kind: {str(number): thing_json(thing) for number, thing in numbered.items()}
            for kind, numbered in things.items()
        },
        "tasks": [task_json(task) for task in tasks],
    }


def thing_json(thing: Thing) -> dict[str, Any]:
    """Return a numbered thing as it stands, and the event that put it there."""
    return {
        "status": thing.status,
        "is_pending": thing.is_pending,
        "event_version": thing.event_version,
        "about": thing.about,
    }


def task_json(task: DueTask) -> dict[str, Any]:
    """Return a task with the day or instant it is due; null where the school calendar does not reach that far."""
    shown = {"task": task.name, "number": task.number, "due": _plain(task.due), "is_overdue": task.is_overdue}
    return {**shown, "warns": [_plain(day) for day in task.warns]} if task.warns else shown


def incident_row_json(row: CaseRow) -> dict[str, Any]:
    """Return a case as the register shows it: codes, numbers and days, nobody's name and nobody's words."""
    case = row.case
    return {
        "id": str(case.id),
        "reference": case.reference,
        "version": case.version,
        "phase": row.phase,
        "tracks": dict(row.tracks),
        "primary": case.primary,
        "opened": _plain(case.reported_at),
        "next_task": task_json(row.next_task) if row.next_task else None,
    }


def task_row_json(row: TaskRow) -> dict[str, Any]:
    """Return a task in the list of all, with the case that it belongs to."""
    return {"id": str(row.case.id), "reference": row.case.reference, **task_json(row.task)}


def event_json(at: Recorded) -> dict[str, Any]:
    """Return an event with both its times and what it holds; withheld or erased fields are left out."""
    facts = {
        name: _plain(value) for name in at.event.__struct_fields__ if (value := getattr(at.event, name)) is not UNSET
    }
    return {
        "id": at.id,
        "type": at.event.type_name,
        "recorded_at": at.recorded_at.isoformat(),
        **_plain(at.carried),
        "facts": facts,
    }


def ability_json(ability: Ability) -> dict[str, Any]:
    """Return what may be done with one decision now, and why not."""
    decision = ability.decision
    return {
        "decision": decision.name,
        "path": decision.path,
        "says": decision.summary,
        "clauses": list(decision.clauses),
        "status": ability.status,
        "blocked_by": [failure_json(failure) for failure in ability.blocked_by],
        "to_override": [failure_json(failure) for failure in ability.to_override],
        "needs": list(ability.needs),
        "numbers": None if ability.numbers is None else list(ability.numbers),
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return msgspec.to_builtins(value, str_keys=True)
