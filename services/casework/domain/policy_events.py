"""What is recorded of the policy itself (P01-P08, P10): drafted, adopted, signed, changed, reviewed; channels set.

All of it stands in one stream, the school's policy; nothing in it is sealed, as a policy is a public document. What is
decided about it, and by whom, stands in ``governing``.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Any, ClassVar, Self

import msgspec
from msgspec.structs import replace

from casework.domain.calendar import LONDON, london_date
from casework.domain.codes import Clause, ReviewKind, ReviewOutcome, Sha256, Signatory
from casework.domain.event import Event, Recorded
from casework.domain.policy import (
    Adoption,
    Channel,
    Dated,
    Edition,
    EditionName,
    EditionStanding,
    ParameterName,
    Parameters,
    ParameterSet,
    Policy,
    Review,
)

CALLED_FOR_BY: dict[ReviewKind, tuple[Clause, ...]] = {"national_change": ("P05",), "own_monitoring": ("P06",)}


class PolicyEvent(Event, frozen=True, kw_only=True):
    """A fact about the policy itself. The edition that it carries is the one it is about."""

    def apply(self, policy: Policy, _at: Recorded) -> Policy:
        """Return the policy as it stands after this event."""
        return policy

    @property
    def applies(self) -> tuple[str, ...]:
        """The clauses that it applies, where these are not simply those of the decision."""
        return type(self).clauses


class Drafted(PolicyEvent, frozen=True, kw_only=True):
    """An edition was written down; ``content`` is the edition whole, ``sha256`` of its canonical form."""

    type_name: ClassVar[str] = "policy.drafted.v1"
    content: dict[str, Any]
    sha256: Sha256

    @classmethod
    def of(cls, edition: Edition) -> Self:
        """Return the event that holds this edition whole."""
        content = as_json(edition)
        return cls(content=content, sha256=sha256(msgspec.json.encode(content, order="sorted")).hexdigest())

    def apply(self, policy: Policy, _at: Recorded) -> Policy:
        """Keep the edition beside the others; of a draft, what was written last."""
        edition = msgspec.convert(self.content, Edition)
        return policy.with_standing(EditionStanding(edition=edition, sha256=self.sha256))


class PolicyAdopted(PolicyEvent, frozen=True, kw_only=True):
    """The governing body adopted an edition (P02)."""

    type_name: ClassVar[str] = "policy.adopted.v1"
    adopted: str
    review_due: str
    minute_ref: str | None = None

    def apply(self, policy: Policy, at: Recorded) -> Policy:
        """Put the edition in force for every decision from now on."""
        standing = policy.standings[at.carried.edition or ""]
        adopted = Dated.read(self.adopted) or standing.edition.adopted
        due = Dated.read(self.review_due) or standing.edition.review_due
        edition = replace(standing.edition, adopted=adopted, review_due=due)
        if standing.state == "drafted":
            # Nobody acted under a draft: as it was signed before its adoption was recorded, it was adopted all along.
            before = tuple((until, replace(it, adopted=adopted, review_due=due)) for until, it in standing.before)
            standing = replace(standing, edition=edition, before=before)
        else:
            standing = standing.becoming(edition, at.recorded_at)
        adoption = Adoption(edition=edition, recorded_at=at.recorded_at, judges_from=_judges_from(edition, at))
        known = policy.with_standing(replace(standing, state="in_force", minute_ref=self.minute_ref))
        return replace(known, in_force=edition.edition, adoptions=(*policy.adoptions, adoption))


class Superseded(PolicyEvent, frozen=True, kw_only=True):
    """An edition gave way to another; recorded with the adoption of that one."""

    type_name: ClassVar[str] = "policy.superseded.v1"
    by: EditionName

    def apply(self, policy: Policy, at: Recorded) -> Policy:
        """Keep the edition for what cites it; nothing is decided about it any more."""
        standing = policy.standings[at.carried.edition or ""]
        return policy.with_standing(replace(standing, state="superseded", superseded_by=self.by))


class Signed(PolicyEvent, frozen=True, kw_only=True):
    """The chair of governors or the headteacher signed an edition (P03)."""

    type_name: ClassVar[str] = "policy.signed.v1"
    capacity: Signatory

    def apply(self, policy: Policy, at: Recorded) -> Policy:
        """Hold the signature beside the other one."""
        standing = policy.standings[at.carried.edition or ""]
        signatures = tuple(dict.fromkeys((*standing.edition.signatures, self.capacity)))
        return policy.with_standing(standing.becoming(replace(standing.edition, signatures=signatures), at.recorded_at))


class ParameterChanged(PolicyEvent, frozen=True, kw_only=True):
    """A parameter of the edition in force got another value, for decisions from now on."""

    type_name: ClassVar[str] = "policy.parameter-changed.v1"
    name: ParameterName
    old: Any
    new: Any

    def apply(self, policy: Policy, at: Recorded) -> Policy:
        """Let the edition answer with the new value; what it answered until now is kept beside."""
        about = at.carried.edition or ""
        standing = policy.standings[about]
        edition = standing.edition
        parameters = msgspec.convert({**as_json(edition.parameters), self.name: self.new}, Parameters)
        change = ParameterSet(
            edition=about, name=self.name, old=self.old, new=self.new, changed_at=at.recorded_at, event=at.id
        )
        changed = policy.with_standing(standing.becoming(replace(edition, parameters=parameters), at.recorded_at))
        return replace(changed, changes=(*policy.changes, change))


class ReviewTriggered(PolicyEvent, frozen=True, kw_only=True):
    """Something calls for a review: national requirements changed (P05), or the school's own monitoring (P06)."""

    type_name: ClassVar[str] = "policy.review-triggered.v1"
    kind: ReviewKind

    @property
    def applies(self) -> tuple[str, ...]:
        """The clause that calls for this kind of review."""
        return CALLED_FOR_BY[self.kind]

    def apply(self, policy: Policy, at: Recorded) -> Policy:
        """Hold the review as waiting."""
        review = Review(kind=self.kind, triggered_at=at.recorded_at)
        return replace(policy, reviews=(*policy.reviews, review))


class Reviewed(PolicyEvent, frozen=True, kw_only=True):
    """The governing body reviewed the policy: it stays as it is, or a new edition is wanted (P05, P06)."""

    type_name: ClassVar[str] = "policy.reviewed.v1"
    outcome: ReviewOutcome

    def apply(self, policy: Policy, at: Recorded) -> Policy:
        """Answer every review that waits. When the next one is due, an adoption says."""
        reviews = tuple(
            each if each.outcome else replace(each, outcome=self.outcome, reviewed_at=at.recorded_at)
            for each in policy.reviews
        )
        return replace(policy, reviews=reviews, reviewed_at=at.recorded_at)


class ChannelSet(PolicyEvent, frozen=True, kw_only=True):
    """A channel was entered in the register, or changed (P10)."""

    type_name: ClassVar[str] = "policy.channel-set.v1"
    by: str
    channel: Channel

    def apply(self, policy: Policy, _at: Recorded) -> Policy:
        """Replace what the register said of this channel."""
        return replace(policy, channels={**policy.channels, self.channel.id: self.channel})


POLICY_EVENTS: tuple[type[PolicyEvent], ...] = (
    Drafted,
    PolicyAdopted,
    Superseded,
    Signed,
    ParameterChanged,
    ReviewTriggered,
    Reviewed,
    ChannelSet,
)


def fold_policy(policy: Policy | None, events: Iterable[Recorded]) -> Policy | None:
    """Fold the policy stream; ``None`` where there is no event."""
    for at in events:
        before = policy or Policy(id=at.originator_id, version=0)
        if not isinstance(at.event, PolicyEvent):
            message = f"event {at.id} is a {at.event.type_name}; expected a policy event"
            raise TypeError(message)
        policy = replace(at.event.apply(before, at), version=at.originator_version)
    return policy


def as_json(value: msgspec.Struct) -> dict[str, Any]:
    """Return a value as an entry holds it: lists, not tuples, and dates as text."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return plain


def _judges_from(edition: Edition, at: Recorded) -> datetime:
    """Return from which instant on what is posted is judged by an edition that was adopted.

    From the adoption itself, where it was recorded on its day. Else only the day is known, and what was posted on it
    may have come first: from the end of that day, or of that term, so that nobody is judged by what was not there yet.
    """
    said = at.carried.occurred_at
    day = edition.adopted.last_day if edition.adopted else london_date(said)
    return said if london_date(said) == day else datetime.combine(day + timedelta(days=1), time.min, LONDON)
