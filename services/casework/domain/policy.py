"""Editions of the policy as data, and the register of channels (domain.md 9): one stream for each school.

The edition in force is the last one adopted at the moment of a decision. Events cite it; a later edition never changes
what an earlier event means, because effects never look at the policy.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, time
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec.structs import replace

from casework.domain.codes import Ground, Role, Sha256
from casework.domain.event import Event, Recorded

Season = Literal["spring", "summer", "autumn"]
LAST_DAY_OF: Mapping[Season, tuple[int, int]] = {"spring": (3, 31), "summer": (7, 31), "autumn": (12, 31)}
SIGNATURES_EXPECTED = ("chair", "headteacher")


class Dated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A date by school term, ``{term = "spring", year = 2022}``, or ``{on = 2026-01-20, minute_ref = "..."}``."""

    term: Season | None = None
    year: int | None = None
    on: date | None = None
    minute_ref: str | None = None

    def __post_init__(self) -> None:
        """Refuse a date that is neither, or both."""
        by_term = self.term is not None and self.year is not None
        if by_term == (self.on is not None):
            message = "expected either term and year, or on"
            raise ValueError(message)

    def __str__(self) -> str:
        return f"{self.on.day} {self.on:%B %Y}" if self.on else f"{self.term} term {self.year}"

    @property
    def last_day(self) -> date:
        """The day itself, or the last day of the term (31 March, 31 July, 31 December)."""
        if self.on:
            return self.on
        month, day = LAST_DAY_OF[self.term or "autumn"]
        return date(self.year or date.max.year, month, day)


class CategoryRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a category of misuse means for a case."""

    name: str
    clause: str
    needs_text: bool = False
    needs_screening: bool = False
    never_alone: bool = False
    limitation_task: bool = False
    police_ground: Ground | None = None
    prejudice_return: bool = False


class RetentionYears(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many years a case is kept after it ended, by how it ended."""

    closed: int
    no_breach: int
    withdrawn: int


Days = Annotated[int, msgspec.Meta(ge=1, le=400)]


Hour = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of day in London."""


class Parameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers and names that the policy leaves to the school."""

    removal_deadline_school_days: Days
    first_step_due_school_days: Days
    discussion_attempts_max: Days
    repeat_window_months: Days
    stale_check_school_days: Days
    block_review_max_days: Days
    host_reply_working_days: Days
    dojo_hours: tuple[Hour, Hour]
    policy_minimum_age: Days
    police_hold_grounds: tuple[Ground, ...]
    warning_decided_by: Role
    grant_days: Days
    grant_days_max: Days
    retention_years: RetentionYears
    review_triggers: dict[str, int]

    @property
    def sending_hours(self) -> tuple[time, time]:
        """The hours in which messages are sent and answered on a messaging channel (P26)."""
        first, last = self.dojo_hours
        return time.fromisoformat(first), time.fromisoformat(last)


class Edition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One edition of the policy, as its TOML file states it."""

    edition: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z][0-9a-z-]{0,39}$")]
    title: str
    statutory_basis: str
    based_on: str
    document_sha256: str
    pages: int
    adopted: Dated
    review_due: Dated
    signatures: tuple[str, ...]
    clauses: dict[str, str]
    categories: dict[str, CategoryRow]
    substitutes: dict[str, str]
    parameters: Parameters

    def proves_nothing(self, codes: Collection[str]) -> bool:
        """Return whether a post that is of these categories, and of no others, may be quite lawful (P39)."""
        return bool(codes) and all(code in self.categories and self.categories[code].never_alone for code in codes)

    @property
    def is_signed(self) -> bool:
        """Whether both the chair of governors and the headteacher have signed."""
        return set(SIGNATURES_EXPECTED) <= set(self.signatures)

    def is_overdue(self, today: date) -> bool:
        """Return whether the review is past the last day of the term it was due in."""
        return today > self.review_due.last_day


class Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One place on the internet where people post: a group, a page, a profile, a messaging class."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
    platform: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]
    kind: Literal["public_group", "page", "personal_profile", "story", "messaging", "forum", "website"]
    is_school_controlled: bool
    name: str | None = None

    @property
    def is_messaging(self) -> bool:
        """Whether messages go to named readers, so that there is nothing to take down."""
        return self.kind == "messaging"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the policy stream: editions, which is in force, channels."""

    id: Any
    version: int
    editions: Mapping[str, Edition] = msgspec.field(default_factory=dict)
    in_force: str | None = None
    channels: Mapping[str, Channel] = msgspec.field(default_factory=dict)

    @property
    def edition(self) -> Edition:
        """The edition in force now."""
        if self.in_force is None:
            message = "no edition of the policy has been adopted; expected one from school set-up"
            raise LookupError(message)
        return self.editions[self.in_force]


class PolicyEvent(Event, frozen=True, kw_only=True):
    """A fact about the policy itself. The edition that it carries is the one it is about."""

    def apply(self, policy: Policy, _at: Recorded) -> Policy:
        """Return the policy as it stands after this event."""
        return policy


class Drafted(PolicyEvent, frozen=True, kw_only=True):
    """An edition was written down; ``content`` is the edition whole, ``sha256`` of its canonical form."""

    type_name: ClassVar[str] = "policy.drafted.v1"
    content: dict[str, Any]
    sha256: Sha256

    def apply(self, policy: Policy, _at: Recorded) -> Policy:
        """Keep the edition beside the others."""
        edition = msgspec.convert(self.content, Edition)
        return replace(policy, editions={**policy.editions, edition.edition: edition})


class PolicyAdopted(PolicyEvent, frozen=True, kw_only=True):
    """The governing body adopted an edition (P02)."""

    type_name: ClassVar[str] = "policy.adopted.v1"
    adopted: str
    review_due: str
    minute_ref: str | None = None

    def apply(self, policy: Policy, at: Recorded) -> Policy:
        """Put the edition in force for every decision from now on."""
        return replace(policy, in_force=at.carried.edition)


class ChannelSet(PolicyEvent, frozen=True, kw_only=True):
    """A channel was entered in the register, or changed (P10)."""

    type_name: ClassVar[str] = "policy.channel-set.v1"
    by: str
    channel: Channel

    def apply(self, policy: Policy, _at: Recorded) -> Policy:
        """Replace what the register said of this channel."""
        return replace(policy, channels={**policy.channels, self.channel.id: self.channel})


POLICY_EVENTS: tuple[type[PolicyEvent], ...] = (Drafted, PolicyAdopted, ChannelSet)


def fold_policy(policy: Policy | None, events: Iterable[Recorded]) -> Policy | None:
    """Fold the policy stream; ``None`` where there is no event."""
    for at in events:
        before = policy or Policy(id=at.originator_id, version=0)
        if not isinstance(at.event, PolicyEvent):
            message = f"event {at.id} is a {at.event.type_name}; expected a policy event"
            raise TypeError(message)
        policy = replace(at.event.apply(before, at), version=at.originator_version)
    return policy
