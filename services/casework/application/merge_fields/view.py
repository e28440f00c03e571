"""All that an answer is made from, gathered once: the event, the case before it and now, the policy, the people."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from casework.application.merge_fields.causes import CAUSES, Cause
from casework.application.merge_fields.directory import Account, KnownPerson, People, Tie
from casework.application.merge_fields.shape import RecipientClass
from casework.domain.event import Recorded, sealed_names
from casework.domain.incident import Incident, fold
from casework.domain.policy import Edition, Policy
from casework.domain.steps.report import EntryCorrected


class PersonalFieldsGone(Exception):
    """The case's key was destroyed: names, words and addresses are in it no more (R13)."""

    rules = ("R13",)


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a case, with everything around it."""

    at: Recorded
    cause: Cause
    earlier: Sequence[Recorded]
    """The events before it."""
    events: Sequence[Recorded]
    """All events, to this day."""
    before: Incident
    case: Incident
    to: Mapping[RecipientClass, tuple[str, ...]]
    """The labels of those written to, by class."""
    policy: Policy
    edition: Edition
    known: Mapping[str, KnownPerson]
    ties: Sequence[Tie]
    accounts: Sequence[Account]
    now: datetime

    @property
    def addressed(self) -> frozenset[str]:
        """The labels of everybody written to."""
        return frozenset(label for labels in self.to.values() for label in labels)

    def person_of(self, label: str) -> KnownPerson | None:
        """Return who the directory says this party is."""
        party = self.case.parties.get(label)
        return self.known.get(party.person) if party and party.person else None

    def party_id(self, label: str) -> str:
        """Return the directory id of a party, or the label of one who is only described."""
        party = self.case.parties.get(label)
        return party.person if party and party.person else label


def view_of(at: Recorded, events: Sequence[Recorded], *, policy: Policy, people: People, now: datetime) -> View:
    """Return the view of an event that causes letters, among all events of its case.

    Raises:
        PersonalFieldsGone: the case was erased.
    """
    cause = CAUSES[type(at.event)]
    if any(_is_withheld(each) for each in events):
        raise PersonalFieldsGone(at.originator_id)
    events = _put_right(events)
    at, earlier = events[at.originator_version - 1], events[: at.originator_version - 1]
    before = fold(None, earlier) or Incident(id=at.originator_id)
    case = fold(before, events[len(earlier) :]) or before
    persons = {party.person for party in case.parties.values() if party.person}
    ties = people.families(persons)
    return View(
        at=at,
        cause=cause,
        earlier=earlier,
        events=events,
        before=before,
        case=case,
        to={name: selects(at.event, case) for name, selects in cause.to.items()},
        policy=policy,
        edition=policy.editions.get(at.carried.edition or "") or policy.edition,
        known=people.known(persons.union(*ties)),
        ties=ties,
        accounts=people.accounts(now),
        now=now,
    )


def _put_right(events: Sequence[Recorded]) -> Sequence[Recorded]:
    """Return the events with the words that are right by now where others were recorded: letters repeat no error."""
    right: dict[str, dict[str, str]] = defaultdict(dict)
    for at in events:
        if isinstance(at.event, EntryCorrected) and isinstance(at.event.value, str):
            right[at.event.corrects][at.event.field] = at.event.value
    return [_corrected(at, right[at.id]) if at.id in right else at for at in events]


def _corrected(at: Recorded, right: Mapping[str, str]) -> Recorded:
    words = {name: right[name] for name in sealed_names(type(at.event)) if name in right}
    return replace(at, event=replace(at.event, **words))


def _is_withheld(at: Recorded) -> bool:
    return any(getattr(at.event, name) is UNSET for name in sealed_names(type(at.event)))
