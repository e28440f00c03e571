"""The circumstances of a decision, gathered: the policy in force, the people named, other cases, grants.

The domain looks nothing up. What a decision may ask about is fetched here before it is tried, and only what it asks
about: relatives where a conflict of interest counts (R11), advisers and accounts where the facts name one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from casework.application.grants import grants_of
from casework.application.merge_fields import People
from casework.application.record import Record
from casework.application.store import Beginning
from casework.application.visibility import may_read, read_whole
from casework.domain.calendar import Calendar
from casework.domain.decision import Decision, NewParty
from casework.domain.entries import Entry
from casework.domain.fact_checks import marks_of
from casework.domain.incident import Incident
from casework.domain.moment import Account, Moment, Person
from casework.domain.policy import Edition
from casework.domain.rules import R11
from servicekit.credentials import Caller

ADVISER: Final = "legal"


class Directory(People, Protocol):
    """The people of the school."""

    def persons(self, ids: Iterable[str]) -> Mapping[str, Person]:
        """Return those of these people that the directory knows."""


class Beginnings(Protocol):
    """What the store is asked first, in one question."""

    def beginning(self, command: UUID, *, stream: UUID | None, policy: UUID, person: str | None) -> Beginning:
        """Return what is known of a command key, of a stream, of the policy's stream and of a person's family."""


class Moments:
    """Gathers the circumstances of one school's decisions."""

    def __init__(self, record: Record, *, calendar: Calendar, directory: Directory, beginnings: Beginnings) -> None:
        self._record = record
        self._calendar = calendar
        self._directory = directory
        self._beginnings = beginnings

    def begin(self, caller: Caller, command: UUID, decision: Decision, incident: UUID | None) -> Beginning:
        """Return what a decision begins with, the case in it; the actor's family only where it may count."""
        person = _person(caller) if _asks_of_relatives(decision) else None
        return self._beginnings.beginning(command, stream=incident, policy=self._record.policy_stream, person=person)

    def moment(
        self,
        caller: Caller,
        *,
        now: datetime,
        occurred_at: datetime | None,
        command: UUID,
        decision: Decision | None,
        begun: Beginning | None,
        facts: msgspec.Struct | None = None,
        case: Incident | None = None,
    ) -> Moment:
        """Return the circumstances of a decision, and what it began with; where none is given, of any in the case."""
        policy = self._record.policy(version=begun.policy_version if begun else None)
        person = _person(caller)
        family = self._related([person])[person] if begun is None else begun.family - {person}
        others = self._other_cases(caller, facts)
        marks = _marks(type(facts)) if facts is not None else frozenset()
        return Moment(
            now=now,
            occurred_at=occurred_at or now,
            actor=caller.subject,
            role=caller.role,
            person=person,
            command=command,
            edition=policy.edition,
            adoptions=policy.adoptions,
            channels=policy.channels,
            calendar=self._calendar,
            people=self._people([*_named(facts), *_labelled(facts, case, decision)]),
            related=family,
            accounts=self._accounts(now, policy.edition) if "account" in marks else {},
            reads=read_whole(caller),
            entries=self._entries(case) if "entry" in marks else {},
            cases=others,
            advisers=self._advisers(now) if "adviser" in marks else frozenset(),
            grants=self._grants(case) if decision is None or (decision.acts_on and decision.acts_on.is_uuid) else {},
            versions=self._versions(case, decision) | {other.id: other.version for other in others.values()},
        )

    def _people(self, ids: Collection[str]) -> Mapping[str, Person]:
        return self._directory.persons(ids) if ids else {}

    def _other_cases(self, caller: Caller, facts: msgspec.Struct | None) -> Mapping[UUID, Incident]:
        """Return the other cases that the facts name, as far as this caller may read them."""
        named = [getattr(facts, name) for name, marks in _marked(facts) if "case" in marks]
        found = [self._record.case(incident) for incident in named if incident]
        return {case.id: case for case in found if case is not None and may_read(caller, case)}

    def _related(self, persons: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return, of each person, the pupils whom they belong to, and the other adults of these."""
        ties = self._directory.families(persons)
        found = {}
        for person in persons:
            pupils = {tie.pupil for tie in ties if person in tie}
            found[person] = frozenset(name for tie in ties if tie.pupil in pupils for name in tie) - {person}
        return found

    def _accounts(self, now: datetime, edition: Edition) -> Mapping[str, Account]:
        """Return the accounts with a good key; their families only where one stands in for another."""
        roles: dict[tuple[str, str], set[str]] = defaultdict(set)
        for account in self._directory.accounts(now):
            if account.is_good:
                roles[account.subject, account.person].add(account.role)
        ranks = {*edition.substitutes, *edition.substitutes.values()}
        related = self._related([person for (_, person), held in roles.items() if not ranks.isdisjoint(held)])
        return {
            subject: Account(roles=frozenset(held), person=person, related=related.get(person, frozenset()))
            for (subject, person), held in roles.items()
        }

    def _entries(self, case: Incident | None) -> Mapping[str, Entry]:
        return {at.id: Entry.of(at) for at in self._record.events_of(case.id)[: case.version]} if case else {}

    def _advisers(self, now: datetime) -> frozenset[str]:
        accounts = self._directory.accounts(now)
        return frozenset(account.person for account in accounts if account.role == ADVISER and account.is_good)

    def _grants(self, case: Incident | None) -> Mapping[UUID, Any]:
        return {grant.id: grant for grant in grants_of(self._record) if case and grant.incident == case.id}

    def _versions(self, case: Incident | None, decision: Decision | None) -> dict[UUID, int]:
        """Return the versions of the streams beside the case that the decision may write to."""
        beside = case.advice.values() if case and decision and decision.writes_beside else ()
        return {stream: self._record.version_of(stream) for stream in beside}


def _person(caller: Caller) -> str:
    """Return who acts, by the directory: the account's own name where it is tied to nobody."""
    return caller.person or caller.subject


def _asks_of_relatives(decision: Decision) -> bool:
    """Return whether a conflict of interest may count: by a rule, or because one is set aside by an override."""
    return any(rule.id == R11.id or rule.soft for rule in decision.rules)


def _marked(facts: msgspec.Struct | None) -> Iterable[tuple[str, set[str]]]:
    return marks_of(type(facts)).items() if facts is not None else ()


@cache
def _marks(facts: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(mark for marks in marks_of(facts).values() for mark in marks)


def _named(facts: Any) -> Iterable[str]:  # noqa: ANN401 - any decision's facts
    """Yield the directory ids that a request names."""
    if isinstance(facts, NewParty):
        if facts.person:
            yield facts.person
    elif isinstance(facts, msgspec.Struct):
        for name in facts.__struct_fields__:
            yield from _named(getattr(facts, name))
    elif isinstance(facts, tuple):
        for item in facts:
            yield from _named(item)


def _labelled(facts: msgspec.Struct | None, case: Incident | None, decision: Decision | None) -> Iterator[str]:
    """Yield the directory ids of people of the case whom a request names by their labels."""
    for fact in decision.parties if decision and case else ():
        named = getattr(facts, fact)
        for label in named if isinstance(named, tuple) else (named,):
            party = case.parties.get(label) if case and isinstance(label, str) else None
            if party and party.person:
                yield party.person
