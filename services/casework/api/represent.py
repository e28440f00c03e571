"""Cases, decisions and tasks as JSON. What is personal is shown only where a read was recorded first."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from casework.api.refusals import failure_json
from casework.application.tasks import DueTask
from casework.domain.calendar import london_date
from casework.domain.event import in_words
from casework.domain.incident import Incident, phase
from casework.domain.policy import SIGNATURES_EXPECTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from casework.application.casework import Taken
    from casework.application.register import CaseRow, TaskRow
    from casework.domain.abilities import Ability
    from casework.domain.event import Recorded
    from casework.domain.incident import Thing
    from casework.domain.policy import Edition, EditionStanding, Policy


def taken_json(taken: Taken, policy: Policy | None = None) -> dict[str, Any]:
    """Return the answer to a decision: what was recorded, and the version now; in which state the policy was then."""
    events = [{"id": at.id, "type": at.event.type_name} for at in taken.events]
    answer = {"id": str(taken.incident), "version": taken.version, "events": events}
    return {**answer, "policy": policy_state_json(policy, taken.events[0].recorded_at)} if policy else answer


def case_json(  # noqa: PLR0917 - the case, and what is shown of it
    case: Incident,
    tracks: Mapping[str, str],
    things: Mapping[str, Mapping[int, Thing]],
    tasks: Iterable[DueTask],
    policy: Policy,
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
        "policy": policy_state_json(policy, now),
    }


def policy_json(policy: Policy, name: str, now: datetime) -> dict[str, Any]:
    """Return the policy as it stands: one edition whole, all of them in short, the reviews that were called for."""
    return {
        "version": policy.version,
        "in_force": policy.in_force,
        "edition": edition_json(policy, name, now),
        "editions": [edition_row_json(standing, now) for standing in policy.standings.values()],
        "reviews": [_plain(review) for review in policy.reviews],
        "reviewed_at": _plain(policy.reviewed_at),
    }


def edition_json(policy: Policy, name: str, now: datetime) -> dict[str, Any]:
    """Return one edition whole, as it stood at an instant, and what was changed in it by then."""
    standing = policy.standings[name]
    edition = standing.as_of(now)
    changes = [each for each in policy.changes if each.edition == name and each.changed_at <= now]
    texts = ("statutory_basis", "based_on", "document_sha256", "pages", "clauses", "categories", "substitutes")
    return {
        **edition_row_json(standing, now),
        "minute_ref": standing.minute_ref,
        "signatures": list(edition.signatures),
        "signatures_missing": [each for each in SIGNATURES_EXPECTED if each not in edition.signatures],
        "parameters": _plain(edition.parameters),
        "parameter_changes": [
            {
                "name": each.name,
                "old": each.old,
                "new": each.new,
                "changed_at": _plain(each.changed_at),
                "event": each.event,
            }
            for each in changes
        ],
        **{name: _plain(getattr(edition, name)) for name in texts},
    }


def edition_row_json(standing: EditionStanding, now: datetime) -> dict[str, Any]:
    """Return one edition in short: what it is, and in which state."""
    edition = standing.as_of(now)
    return {
        "title": edition.title,
        "state": standing.state,
        "superseded_by": standing.superseded_by,
        "adopted": edition.adopted.written if edition.adopted else None,
        **_state_json(edition, now),
        "sha256": standing.sha256,
    }


def policy_state_json(policy: Policy, now: datetime) -> dict[str, Any]:
    """Return what is shown of the policy wherever somebody acts under it: unsigned and overdue, if it is."""
    return _state_json(policy.ruling_at(now), now)


def _state_json(edition: Edition, now: datetime) -> dict[str, Any]:
    return {
        "edition": edition.edition,
        "is_signed": edition.is_signed,
        "is_overdue": edition.is_overdue(london_date(now)),
        "review_due": edition.review_due.written,
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
        "says": in_words(type(at.event)),
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
