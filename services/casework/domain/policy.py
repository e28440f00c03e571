"""Editions of the policy as data, the register of channels, and what became of them (domain.md 9).

One stream for each school holds it all; ``governing`` is the room in which its events and decisions stand. The edition
in force is the last one adopted at the moment of a decision. Events cite it; a later edition never changes what an
earlier event means, because effects never look at the policy.

A parameter may be changed while an edition is in force. The edition keeps its name, so that what cites it goes on
meaning the same text; which value ruled at an instant is asked by :meth:`Policy.edition_then`.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self, get_args

import msgspec
from msgspec.structs import replace

from casework.domain.codes import Category, Clause, Ground, Line, ReviewKind, ReviewOutcome, Role, Sha256, Signatory

EditionName = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z][0-9a-z-]{0,39}$")]
Season = Literal["spring", "summer", "autumn"]
LAST_DAY_OF: Mapping[Season, tuple[int, int]] = {"spring": (3, 31), "summer": (7, 31), "autumn": (12, 31)}
Minute = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
"""Where in the minutes a decision of the governing body stands: ``FGB 20/01/26 item 7``."""
Days = Annotated[int, msgspec.Meta(ge=1, le=400)]
Years = Annotated[int, msgspec.Meta(ge=0, le=100)]
Hour = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
SIGNATURES_EXPECTED: tuple[Signatory, ...] = get_args(Signatory)
TERM = re.compile(rf"({'|'.join(get_args(Season))}) term ([0-9]{{4}})")


def among(codes: Any) -> msgspec.Meta:  # noqa: ANN401 - a Literal, which has no type of its own
    """Mark the keys of a table: which ones a new edition may have. What was recorded is read whatever its keys."""
    return msgspec.Meta(extra={"among": get_args(codes)})


class Dated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A date by school term, ``{term = "spring", year = 2022}``, or ``{on = 2026-01-20, minute_ref = "..."}``."""

    term: Season | None = None
    year: Annotated[int, msgspec.Meta(ge=1900, le=2199)] | None = None
    on: date | None = None
    minute_ref: Minute | None = None

    def __post_init__(self) -> None:
        """Refuse a date that is neither, or both, or half of one."""
        if (self.term is None) != (self.year is None) or (self.term is None) == (self.on is None):
            message = "expected either term and year, or on"
            raise ValueError(message)

    def __str__(self) -> str:
        return f"{self.on.day} {self.on:%B %Y}" if self.on else self.written

    @property
    def written(self) -> str:
        """The date as an entry states it: ``2026-01-20``, or ``spring term 2022``."""
        return self.on.isoformat() if self.on else f"{self.term} term {self.year}"

    @classmethod
    def read(cls, written: str) -> Self | None:
        """Return the date that an entry states; None where it is of neither form, as an effect never refuses."""
        try:
            found = TERM.fullmatch(written)
            return msgspec.convert({"term": found[1], "year": int(found[2])} if found else {"on": written}, cls)
        except msgspec.ValidationError:
            return None

    @property
    def last_day(self) -> date:
        """The day itself, or the last day of the term (31 March, 31 July, 31 December)."""
        if self.on:
            return self.on
        month, day = LAST_DAY_OF[self.term or "autumn"]
        return date(self.year or date.max.year, month, day)


class CategoryRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a category of misuse means for a case."""

    name: Line
    clause: Clause
    needs_text: bool = False
    needs_screening: bool = False
    never_alone: bool = False
    limitation_task: bool = False
    police_ground: Ground | None = None
    prejudice_return: bool = False


class RetentionYears(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many years a case is kept after it ended, by how it ended."""

    closed: Years
    no_breach: Years
    withdrawn: Years


class ReviewTriggers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What in the school's own monitoring calls for a review of the policy (P06), within one term."""

    threats_per_term: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    """So many cases with a threat of violence (C6)."""
    overrides_percent: Annotated[int, msgspec.Meta(ge=1, le=100)]
    """So many overrides, of a hundred decisions that one could have been used for."""


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
    review_triggers: ReviewTriggers

    @property
    def sending_hours(self) -> tuple[time, time]:
        """The hours in which messages are sent and answered on a messaging channel (P26)."""
        first, last = self.dojo_hours
        return time.fromisoformat(first), time.fromisoformat(last)


ParameterName = Literal[
    "removal_deadline_school_days", "first_step_due_school_days", "discussion_attempts_max", "repeat_window_months",
    "stale_check_school_days", "block_review_max_days", "host_reply_working_days", "dojo_hours", "policy_minimum_age",
    "police_hold_grounds", "warning_decided_by", "grant_days", "grant_days_max", "retention_years", "review_triggers",
]  # fmt: skip
"""The fields of :class:`Parameters`."""


class Edition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One edition of the policy, as its TOML file states it; once adopted and signed, as these acts left it."""

    edition: EditionName
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    statutory_basis: Line
    based_on: Line
    document_sha256: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?$")]
    pages: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    adopted: Dated | None = None
    review_due: Dated
    signatures: tuple[Signatory, ...] = ()
    clauses: dict[Annotated[str, among(Clause)], Line]
    categories: dict[Annotated[str, among(Category)], CategoryRow]
    substitutes: dict[Annotated[str, among(Role)], Line]
    parameters: Parameters

    def proves_nothing(self, codes: Collection[str]) -> bool:
        """Return whether a post that is of these categories, and of no others, may be quite lawful (P39)."""
        return bool(codes) and all(code in self.categories and self.categories[code].never_alone for code in codes)

    def replaced_by(self, role: str) -> tuple[str, ...]:
        """Return the roles in whose place holders of this role decide, the nearest first.

        A governor who stands in for the chair does so for the headteacher, too.
        """
        roles = [role]
        for each in roles:  # It grows.
            roles += [replaced for replaced, by in self.substitutes.items() if by == each and replaced not in roles]
        return tuple(roles[1:])

    def has_deputy(self, role: str) -> bool:
        """Return whether another holder of the same role stands in for one: the deputy of the safeguarding lead."""
        return self.substitutes.get(role) == f"deputy_{role}"

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


EditionState = Literal["drafted", "in_force", "superseded"]


class EditionStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One edition: as it stands, and what became of it."""

    edition: Edition
    sha256: Sha256
    """Of the canonical form in which it was drafted: whoever has the file can tell whether it is this text."""
    state: EditionState = "drafted"
    minute_ref: str | None = None
    superseded_by: str | None = None
    before: tuple[tuple[datetime, Edition], ...] = ()
    """How it stood until the instant at which it came to stand otherwise, the oldest first."""

    def becoming(self, edition: Edition, instant: datetime) -> Self:
        """Return the edition as it stands otherwise from an instant on."""
        return replace(self, edition=edition, before=(*self.before, (instant, self.edition)))

    def as_of(self, instant: datetime) -> Edition:
        """Return the edition as it stood at an instant."""
        return next((edition for until, edition in self.before if instant < until), self.edition)


class Adoption(msgspec.Struct, frozen=True, kw_only=True):
    """An edition was adopted: recorded at one instant; what was posted from another on is judged by it."""

    edition: Edition
    recorded_at: datetime
    judges_from: datetime


class ParameterSet(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter got another value while an edition was in force."""

    edition: str
    name: ParameterName
    old: Any
    new: Any
    changed_at: datetime
    event: str


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """Something called for a review of the policy; what came of it, once there was one."""

    kind: ReviewKind
    triggered_at: datetime
    outcome: ReviewOutcome | None = None
    reviewed_at: datetime | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the policy stream: editions, which is in force, reviews, channels."""

    id: Any
    version: int
    standings: Mapping[str, EditionStanding] = {}
    in_force: str | None = None
    adoptions: tuple[Adoption, ...] = ()
    changes: tuple[ParameterSet, ...] = ()
    reviews: tuple[Review, ...] = ()
    reviewed_at: datetime | None = None
    channels: Mapping[str, Channel] = {}

    @property
    def editions(self) -> Mapping[str, Edition]:
        """Every edition, by name, as it stands."""
        return {name: standing.edition for name, standing in self.standings.items()}

    @property
    def edition(self) -> Edition:
        """The edition in force now."""
        if self.in_force is None:
            message = "no edition of the policy has been adopted; expected one from school set-up"
            raise LookupError(message)
        return self.standings[self.in_force].edition

    def edition_then(self, name: str | None, instant: datetime) -> Edition:
        """Return an edition that was cited, with the parameters that ruled at an instant.

        A name that is not known, or none, means the edition in force then.
        """
        standing = self.standings.get(name or "")
        return standing.as_of(instant) if standing else self.ruling_at(instant)

    def ruling_at(self, instant: datetime) -> Edition:
        """Return the edition in force at an instant, as it stood then; before all adoptions, the first."""
        names = [each.edition.edition for each in self.adoptions if each.recorded_at <= instant]
        first = self.adoptions[0].edition.edition if self.adoptions else self.edition.edition
        return self.standings[names[-1] if names else first].as_of(instant)

    def judging_at(self, instant: datetime) -> Edition | None:
        """Return the edition that what was posted at an instant is judged by, as it stands; None before all of them."""
        found = judging(self.adoptions, instant)
        return self.standings[found.edition].edition if found else None

    def with_standing(self, standing: EditionStanding) -> Self:
        """Return the policy with an edition that stands so."""
        return replace(self, standings={**self.standings, standing.edition.edition: standing})


def judging(adoptions: Sequence[Adoption], posted_at: datetime) -> Edition | None:
    """Return the edition that a post of this instant is judged by: the last one adopted by then; None if none was."""
    return next((each.edition for each in reversed(adoptions) if each.judges_from <= posted_at), None)
