"""Action 4 (P59): on a channel that the school controls, hide what was posted, or block a parent for a time."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.codes import BlockDecision, Number, PostNo, Scope, Text
from casework.domain.decision import (
    ActsOn,
    ChannelId,
    DayByRule,
    Decision,
    Events,
    PostNos,
    Reason,
    Recipient,
    decision,
)
from casework.domain.event import Label, Recorded, Sealed
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import R01, R03, R04, R05, R07, R08, R09, R09_REVIEWED, R10, R11, R16, R21

BLOCK = "block"
REVIEW = "block_review"
BLOCKED = "blocked"
IN_FORCE = ActsOn(BLOCK, (BLOCKED,))


class ContentHidden(IncidentEvent, frozen=True, kw_only=True):
    """The school hid posts on a channel of its own: nobody reads them there, and nothing of them is lost."""

    type_name: ClassVar[str] = "incident.content-hidden.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P59",)
    posts: tuple[PostNo, ...]
    channel: str
    at_platform: Sealed[Text | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, _at: Recorded) -> None:
        """Mark the posts; whether they are gone is for a look at them to say."""
        for no in self.posts:
            if post := case.posts.get(no):
                case.posts[no] = replace(post, is_hidden=True)


class AccessBlocked(IncidentEvent, frozen=True, kw_only=True):
    """The parent may no longer write, or not everything, on one of the school's own channels."""

    type_name: ClassVar[str] = "incident.access-blocked.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P59",)
    is_decisive: ClassVar[bool] = True
    block_no: Number
    party: Label
    channel: str
    scope: Scope
    review_on: date
    has_alternative_route: bool
    alternative_route: Sealed[Text | None] = UNSET
    reason: Sealed[Text | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Put the block in force until it is reviewed; it stays known whom it is on."""
        case.put(BLOCK, self.block_no, BLOCKED, at, is_pending=True, about=self.party)
        case.tracks["access"] = "blocked"
        case.open_task(REVIEW, self.review_on, at, self.block_no)


class RepresentationsReceived(IncidentEvent, frozen=True, kw_only=True):
    """The parent said why the block should end or be another one; the review looks at it."""

    type_name: ClassVar[str] = "incident.representations-received.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P59",)
    block_no: Number
    text: Sealed[Text] = UNSET


class AccessBlockReviewed(IncidentEvent, frozen=True, kw_only=True):
    """The block was looked at again: kept or varied until a further review, or lifted."""

    type_name: ClassVar[str] = "incident.access-block-reviewed.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P59",)
    is_decisive: ClassVar[bool] = True
    block_no: Number
    decision: BlockDecision
    review_on: date | None = None
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Move the review to its new day; a block that is lifted has none."""
        if self.review_on is None:
            case.settle(REVIEW, self.block_no)
        else:
            case.open_task(REVIEW, self.review_on, at, self.block_no)


class AccessRestored(IncidentEvent, frozen=True, kw_only=True):
    """The parent may write on the channel again."""

    type_name: ClassVar[str] = "incident.access-restored.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P59",)
    block_no: Number
    text: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """End the block; access stands restored once no other block is in force."""
        block = case.numbers_of(BLOCK).get(self.block_no)
        case.put(BLOCK, self.block_no, "lifted", at, about=block.about if block else None)
        if all(block.status != BLOCKED for block in case.numbers_of(BLOCK).values()):
            case.tracks["access"] = "restored"


@decision("hidden-content", clauses=("P59",), who=("headteacher", "office"), rules=(R01, R07), writes=(ContentHidden,))
def hide_content(
    _case: Incident, _at: Moment, *, posts: PostNos, channel: ChannelId, at_platform: Text | None = None
) -> Events:
    """Hide posts on a channel of the school's own, once they are on file."""
    yield ContentHidden(posts=posts, channel=channel, at_platform=at_platform)


@decision(
    "blocks",
    clauses=("P59",),
    who=("headteacher",),
    rules=(R01, R03, R04, R05, R07, R08, R09, R10, R11, R16, R21),
    writes=(AccessBlocked,),
)
def block_access(
    case: Incident,
    _at: Moment,
    *,
    posts: PostNos,
    party: Recipient,
    channel: ChannelId,
    scope: Scope,
    reason: Reason,
    review_on: DayByRule,
    alternative_route: Text | None = None,
) -> Events:
    """Block or restrict the parent on a channel of the school's own, until a review."""
    yield AccessBlocked(
        block_no=case.next_no(BLOCK),
        party=party,
        channel=channel,
        scope=scope,
        review_on=review_on,
        has_alternative_route=bool((alternative_route or "").strip()),
        alternative_route=alternative_route,
        reason=reason,
    )


@decision(
    "blocks/{n}/representations",
    clauses=("P59",),
    who=("caseworker", "headteacher", "dsl", "office"),
    writes=(RepresentationsReceived,),
    acts_on=IN_FORCE,
    is_additive=True,
)
def record_representations(_case: Incident, _at: Moment, *, number: int, text: Text) -> Events:
    """Record what the parent says against the block."""
    yield RepresentationsReceived(block_no=number, text=text)


def _no_review_of_what_is_lifted(_case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a day for the review of a block that ends: one of the two is a mistake, and nobody can tell which."""
    if facts["decision"] == "lift" and facts["review_on"] is not None:
        found = facts["review_on"].isoformat()
        yield Fault(pointer="/review_on", expected="no date, where the block is lifted", found=found)


@decision(
    "blocks/{n}/reviews",
    clauses=("P59",),
    who=("headteacher",),
    rules=(R09_REVIEWED, R11),
    writes=(AccessBlockReviewed, AccessRestored),
    acts_on=IN_FORCE,
    fits=_no_review_of_what_is_lifted,
)
def review_block(
    _case: Incident, _at: Moment, *, number: int, decision: BlockDecision, reason: Reason, review_on: date | None = None
) -> Events:
    """Keep or vary the block until a further review, or lift it; the reason says what is varied."""
    yield AccessBlockReviewed(block_no=number, decision=decision, review_on=review_on, reason=reason)
    if decision == "lift":
        yield AccessRestored(block_no=number, text=None)


EVENTS: tuple[type[IncidentEvent], ...] = (
    ContentHidden,
    AccessBlocked,
    RepresentationsReceived,
    AccessBlockReviewed,
    AccessRestored,
)
DECISIONS: tuple[Decision, ...] = (hide_content, block_access, record_representations, review_block)
