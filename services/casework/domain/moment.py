"""The circumstances of a decision: who acts, when, under which edition. All of it comes in as arguments."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from casework.domain.calendar import Calendar, fixed_offset
from casework.domain.codes import Association, PartyKind
from casework.domain.policy import Channel, Edition

STORY_LIFE = timedelta(hours=24)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the directory, as far as a case needs them."""

    id: str
    kind: PartyKind
    name: str
    is_confidential: bool = False
    association: Association = "unknown"


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
    channels: Mapping[str, Channel]
    calendar: Calendar
    people: Mapping[str, Person] = {}
    cases: frozenset[UUID] = frozenset()
    """Those of the cases named in the request that are there, and are the actor's to read."""
    further_keys: tuple[UUID, ...] = ()
    """For an erasure: the other keys under which something is sealed about the case, as its exports'."""
    cause: str | None = None
    reference: str | None = None

    def expiry_of(self, channel: str, posted_at: datetime) -> datetime | None:
        """Return when a post on this channel vanishes by itself: a story lasts 24 hours."""
        row = self.channels.get(channel)
        return fixed_offset(posted_at + STORY_LIFE) if row is not None and row.kind == "story" else None

    def is_messaging(self, channel: str) -> bool:
        """Return whether this channel is a messaging class, where nothing can be taken down."""
        row = self.channels.get(channel)
        return row is not None and row.is_messaging
