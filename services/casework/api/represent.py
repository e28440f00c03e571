"""Cases, decisions and tasks as JSON. What is personal is shown only where a read was recorded first."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from casework.api.refusals import failure_json
from casework.application.tasks import DueTask
from casework.application.visibility import without_secrets
from casework.domain.calendar import london_date
from casework.domain.event import in_words, known
from casework.domain.incident import Incident, phase
from casework.domain.policy import SIGNATURES_EXPECTED
from casework.domain.steps.report import EntryCorrected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from casework.application.casework import Taken
    from casework.application.register import CaseRow, TaskRow
    from casework.domain.abilities import Ability
    from casework.domain.entries import Correction, Link
    from casework.domain.event import Recorded
    from casework.domain.incident import Thing
    from casework.domain.policy import Edition, EditionStanding, Policy
    from servicekit.credentials import Caller


def taken_json(caller: Caller, taken: Taken, policy: Policy | None = None) -> dict[str, Any]:
    """Return the answer to a decision: what was recorded, the version now, and where the post was on record before.

    With a policy, also in which state that was then.
    """
    events = [{"id": at.id, "type": at.event.type_name} for at in without_secrets(caller, taken.events)]
    answer = {"id": str(taken.incident), "version": taken.version, "events": events}
    if taken.known:
        answer["possible_duplicate_of"] = _plain(taken.known.incident)
    return {**answer, "policy": policy_state_json(policy, taken.events[0].recorded_at)} if policy else answer


def case_json(
    case: Incident,
    *,
    tracks: Mapping[str, str],
    things: Mapping[str, Mapping[int, Thing]],
    tasks: Iterable[DueTask],
    links: Iterable[Link],
    corrections: Iterable[Correction],
    policy: Policy,
    now: datetime,
) -> dict[str, Any]:
    """Return a case as it stands: where it is, who is in it, what was posted; tracks, links and the like as given."""
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
        "links": [_plain(link) for link in links],
        "corrections": [correction_json(case.id, correction) for correction in corrections],
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


def correction_json(case: UUID, correction: Correction) -> dict[str, Any]:
    """Return what is right instead of one field of an entry, and the event that says so."""
    return {
        "corrects": correction.corrects,
        "field": correction.field,
        "value": correction.value,
        "event": f"{case}/{correction.event_version}",
    }


def history_json(events: Sequence[Recorded]) -> list[dict[str, Any]]:
    """Return events in order; what was put right in one since stands beside what it holds, which stays as it is."""
    corrected: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for at in events:
        if isinstance(at.event, EntryCorrected):
            told = {"field": at.event.field, "value": known(at.event.value), "event": at.id}
            corrected[at.event.corrects].append(told)
    return [{**event_json(at), "corrected": corrected[at.id]} for at in events]


def event_json(at: Recorded) -> dict[str, Any]:
    """Return an event with both its times and what it holds; withheld or erased fields are left out."""
    facts = {
        name: _plain(value)
        for name, attribute in zip(at.event.__struct_encode_fields__, at.event.__struct_fields__, strict=True)
        if (value := getattr(at.event, attribute)) is not UNSET
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
