"""Action 4 (P59): block or restrict a parent on a channel that the school controls."""

from datetime import date
from typing import ClassVar

from msgspec import UNSET

from casework.domain.codes import Number, Scope, Text
from casework.domain.decision import ChannelId, Decision, Events, PostNos, Reason, Recipient, decision
from casework.domain.event import Label, Recorded, Sealed
from casework.domain.incident import Incident, IncidentEvent
from casework.domain.moment import Moment
from casework.domain.rules import R01, R03, R04, R05, R07, R08, R09, R10, R11, R16, R21

BLOCK = "block"


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

    def apply(self, case: Incident, at: Recorded) -> Incident:
        """Put the block in force until it is reviewed."""
        blocked = case.with_thing(BLOCK, self.block_no, "blocked", at, is_pending=True).on_track("access", "blocked")
        return blocked.with_task("block_review", self.review_on, at, self.block_no)


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
    review_on: date | None = None,
    alternative_route: Text | None = None,
) -> Events:
    """Block or restrict the parent on a channel of the school's own, until a review."""
    if review_on is None:
        raise AssertionError("unreachable: R09 holds only if a review date is given")
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


EVENTS: tuple[type[IncidentEvent], ...] = (AccessBlocked,)
DECISIONS: tuple[Decision, ...] = (block_access,)
