"""One answer, put together from its parts."""

from collections.abc import Sequence
from datetime import datetime

from casework.application.merge_fields import persons, told
from casework.application.merge_fields.around import Around
from casework.application.merge_fields.directory import People
from casework.application.merge_fields.shape import CaseShown, EventShown, MergeFields
from casework.application.merge_fields.view import View, view_of
from casework.domain.event import Recorded
from casework.domain.policy import Policy


def merge_fields_of(
    at: Recorded,
    events: Sequence[Recorded],
    *,
    policy: Policy,
    people: People,
    now: datetime,
    around: Around | None = None,
) -> MergeFields:
    """Return the merge fields of an event that causes letters, among all events of its case.

    Raises:
        PersonalFieldsGone: the case was erased.
    """
    view = view_of(at, events, policy=policy, people=people, now=now, around=around)
    return MergeFields(
        case=_case(view),
        event=_event(view.at),
        policy=told.policy(view),
        recipients=persons.recipients(view),
        signatories=persons.signatories(view),
        conflicted=persons.conflicted(view),
        handler=persons.handler(view),
        poster=persons.poster(view),
        audience=persons.audience(view),
        names=persons.names(view),
        earlier_letters=tuple(told.earlier_letters(view)),
        holds=persons.holds(view),
        facts=told.facts(view),
        posts=told.posts(view),
        taken_addresses=persons.taken_addresses(view),
    )


def _case(view: View) -> CaseShown:
    case = view.case
    return CaseShown(
        id=case.id,
        reference=case.reference,
        kind=case.kind,
        categories=case.categories,
        primary=case.primary,
        sensitivity=case.sensitivity,
    )


def _event(at: Recorded) -> EventShown:
    return EventShown(
        id=at.id,
        type=at.event.type_name,
        occurred_at=at.carried.occurred_at,
        actor=at.carried.actor,
        role=at.carried.role,
    )
