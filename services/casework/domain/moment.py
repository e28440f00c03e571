"""The circumstances of a decision: who acts, when, under which edition. All of it comes in as arguments."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from casework.domain.calendar import Calendar, fixed_offset
from casework.domain.codes import Association, PartyKind
from casework.domain.entries import Entry
from casework.domain.event import Sensitivity
from casework.domain.incident import Incident
from casework.domain.policy import Adoption, Channel, Edition, judging
from casework.domain.record import Grant

STORY_LIFE = timedelta(hours=24)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the directory, as far as a case needs them."""

    id: str
    kind: PartyKind
    name: str
    is_confidential: bool = False
    association: Association = "unknown"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account of the school that can be used: in which roles, and by whom."""

    roles: frozenset[str]
    person: str
    """Id in the directory; the account's own name where it is tied to nobody."""
    related: frozenset[str] = frozenset()
    """Directory ids of their pupils, and of the other adults of these, where the role has a substitute or is one."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Who decides what, when, and under which policy.

    ``now`` is when it is recorded (UTC); ``occurred_at`` when it happened, with its offset.
    """

    now: datetime
    occurred_at: datetime
    actor: str
    role: str
    person: str | None
    command: UUID
    edition: Edition
    """The edition in force, with its parameters as they are now; what is recorded cites it by name."""
    adoptions: tuple[Adoption, ...] = ()
    """Every adoption up to now, in order."""
    channels: Mapping[str, Channel]
    calendar: Calendar
    people: Mapping[str, Person] = {}
    related: frozenset[str] = frozenset()
    """Directory ids of the actor's pupils, and of the other adults of these; where a conflict of interest counts."""
    accounts: Mapping[str, Account] = {}
    """The accounts with a good key, where the facts name one."""
    reads: frozenset[Sensitivity] = frozenset({"open"})
    """The sensitivities of events that the actor reads whole."""
    entries: Mapping[str, Entry] = {}
    """The entries of the case by their ids, where the facts name one."""
    cases: Mapping[UUID, Incident] = {}
    """The other cases that the facts name, as far as the actor may see them."""
    advisers: frozenset[str] = frozenset()
    """The legal advisers who have a key of this school, where the facts name one."""
    grants: Mapping[UUID, Grant] = {}
    """The grants of the case, where the decision acts on one."""
    versions: Mapping[UUID, int] = {}
    """The versions of the other streams that may be written to; one that is not named is new."""
    further_keys: tuple[UUID, ...] = ()
    """For an erasure: the other keys under which something is sealed about the case, as its exports'."""
    cause: str | None = None
    reference: str | None = None

    def roles_in(self, case: Incident) -> tuple[str, ...]:
        """Return the actor's role, and those that the actor stands in for in this case, as the edition has it."""
        return roles_of(self.actor, self.role, case, self.edition)

    def sensitivity_of(self, stream: UUID) -> Sensitivity:
        """Return the least that an event of another stream is marked with."""
        other = self.cases.get(stream)
        return other.sensitivity if other else "open"

    def edition_judging(self, posted_at: datetime) -> Edition:
        """Return the edition by whose categories a post is judged: the one in force when it was posted.

        What was posted before all of them is judged by the first.
        """
        first = self.adoptions[0].edition if self.adoptions else self.edition
        return judging(self.adoptions, posted_at) or first

    def expiry_of(self, channel: str, posted_at: datetime) -> datetime | None:
        """Return when a post on this channel vanishes by itself: a story lasts 24 hours."""
        row = self.channels.get(channel)
        return fixed_offset(posted_at + STORY_LIFE) if row is not None and row.kind == "story" else None

    def is_messaging(self, channel: str) -> bool:
        """Return whether this channel is a messaging class, where nothing can be taken down."""
        row = self.channels.get(channel)
        return row is not None and row.is_messaging


def roles_of(actor: str, role: str, case: Incident, edition: Edition) -> tuple[str, ...]:
    """Return the role of somebody who acts in a case, and those that they stand in for there."""
    return (role, *edition.replaced_by(role)) if case.decision_maker == actor else (role,)
