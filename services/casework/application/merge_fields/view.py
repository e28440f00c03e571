"""All that an answer is made from, gathered once: the event, the case before it and now, the policy, the people."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from casework.application.merge_fields.around import Around
from casework.application.merge_fields.causes import CAUSES, Cause
from casework.application.merge_fields.directory import Account, KnownPerson, People, Tie
from casework.application.merge_fields.shape import RecipientClass
from casework.domain.event import Recorded, known, sealed_names
from casework.domain.folding import fold
from casework.domain.incident import Incident
from casework.domain.policy import Edition, Policy
from casework.domain.steps.legal import QuestionRecorded
from casework.domain.steps.report import EntryCorrected

ADVISER: Final = "adviser"
"""The label of the legal adviser, who is nobody of the case."""


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
    around: Around
    question: QuestionRecorded | None
    """What the adviser was asked with the event, if it was: it stands in a stream of its own."""

    @property
    def addressed(self) -> frozenset[str]:
        """The labels of everybody written to."""
        return frozenset(label for labels in self.to.values() for label in labels)

    def person_of(self, label: str) -> KnownPerson | None:
        """Return who the directory says this party is, or the adviser who was asked."""
        party = self.case.parties.get(label)
        person = party.person if party else self.adviser if label == ADVISER else None
        return self.known.get(person) if person else None

    @property
    def adviser(self) -> str | None:
        """The directory id of the adviser who was asked, or the account of one who is not in it."""
        return known(self.question.adviser) if self.question else None

    @property
    def may_name(self) -> frozenset[str]:
        """The labels of those who may be named besides staff and those written to."""
        return frozenset(self.cause.may_name(self.at.event, self.case))

    @property
    def keeps_from(self) -> frozenset[str]:
        """The labels of those who may not be named, whoever they are."""
        return frozenset(self.cause.keeps_from(self.at.event, self.case))

    def party_id(self, label: str) -> str:
        """Return the directory id of a party, or the label of one who is only described."""
        party = self.case.parties.get(label)
        return party.person if party and party.person else label


def view_of(
    at: Recorded,
    events: Sequence[Recorded],
    *,
    policy: Policy,
    people: People,
    now: datetime,
    around: Around | None = None,
) -> View:
    """Return the view of an event that causes letters, among all events of its case.

    Raises:
        PersonalFieldsGone: the case was erased.
    """
    cause, around = CAUSES[type(at.event)], around or Around()
    if any(_is_withheld(each) for each in (*events, *around.advice)):
        raise PersonalFieldsGone(at.originator_id)
    events = _put_right(events)
    at, earlier = events[at.originator_version - 1], events[: at.originator_version - 1]
    before = fold(None, earlier) or Incident(id=at.originator_id)
    case = fold(before, events[len(earlier) :]) or before
    question = next((each.event for each in around.advice if isinstance(each.event, QuestionRecorded)), None)
    adviser = known(question.adviser) if question else None
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
        known=people.known(persons.union(*ties, filter(None, [adviser]))),
        ties=ties,
        accounts=people.accounts(now),
        now=now,
        around=around,
        question=question,
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
