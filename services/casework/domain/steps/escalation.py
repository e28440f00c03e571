"""When the parent refuses and continues (P54, P55): the threshold for the six actions, and weighing them."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.codes import Answer, Judged, Limb, PostNo, Text, ThresholdCode, ThresholdMissing
from casework.domain.decision import Decision, Events, PostNos, Reason, decision
from casework.domain.event import Recorded, Sealed
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.rules import HEAD_OR_DSL_FOR_SAFETY, R11


class ContinuedUseRecorded(IncidentEvent, frozen=True, kw_only=True):
    """The parent went on: a new post, the old one still there, or edited (P54)."""

    type_name: ClassVar[str] = "incident.continued-use-recorded.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P54",)
    is_decisive: ClassVar[bool] = True
    posts: tuple[PostNo, ...]
    limb: Limb
    judged: Judged
    reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Judge the posts; inappropriate ones are the continuation that P54 asks for."""
        is_bad = self.judged == "inappropriate"
        for no in self.posts:
            if post := case.posts.get(no):
                case.posts[no] = replace(post, is_inappropriate=is_bad)
        if is_bad:
            case.continued_at = max(case.continued_at or at.carried.occurred_at, at.carried.occurred_at)


class EscalationOptionsConsidered(IncidentEvent, frozen=True, kw_only=True):
    """Each of the six actions was weighed, and why it is taken or not (P55, P62)."""

    type_name: ClassVar[str] = "incident.escalation-options-considered.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P55", "P62")
    is_decisive: ClassVar[bool] = True
    legal_advice: Answer
    warning: Answer
    police: Answer
    block: Answer
    host: Answer
    other_legal: Answer
    reasons: Sealed[Text] = UNSET
    proportionality: Sealed[Text | None] = UNSET


class EscalationThresholdOverridden(IncidentEvent, frozen=True, kw_only=True):
    """A named role goes on without refusal or continuation, for a reason (P54)."""

    type_name: ClassVar[str] = "incident.escalation-threshold-overridden.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P54",)
    is_decisive: ClassVar[bool] = True
    missing: tuple[ThresholdMissing, ...]
    code: ThresholdCode
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, _at: Recorded) -> None:
        """Let these halves of R04 hold until the case is reopened."""
        case.overridden_thresholds |= set(self.missing)


@decision(
    "continued-use",
    clauses=("P54",),
    who=("caseworker", "headteacher", "dsl"),
    rules=(R11,),
    writes=(ContinuedUseRecorded,),
)
def record_continued_use(
    _case: Incident, _at: Moment, *, posts: PostNos, limb: Limb, judged: Judged, reason: Text | None = None
) -> Events:
    """Record that the parent went on after being asked to stop."""
    yield ContinuedUseRecorded(posts=posts, limb=limb, judged=judged, reason=reason)


@decision(
    "escalation-considerations",
    clauses=("P55", "P62"),
    who=("headteacher",),
    rules=(R11,),
    writes=(EscalationOptionsConsidered,),
)
def consider_escalation(
    _case: Incident,
    _at: Moment,
    *,
    legal_advice: Answer,
    warning: Answer,
    police: Answer,
    block: Answer,
    host: Answer,
    other_legal: Answer,
    reasons: Reason,
    proportionality: Text | None = None,
) -> Events:
    """Weigh each of the six actions, in no order, and say why."""
    yield EscalationOptionsConsidered(
        legal_advice=legal_advice,
        warning=warning,
        police=police,
        block=block,
        host=host,
        other_legal=other_legal,
        reasons=reasons,
        proportionality=proportionality,
    )


@decision(
    "threshold-overrides",
    clauses=("P54",),
    who=HEAD_OR_DSL_FOR_SAFETY,
    rules=(R11,),
    writes=(EscalationThresholdOverridden,),
    sets_aside="R04",
)
def override_threshold(
    _case: Incident,
    _at: Moment,
    *,
    missing: Annotated[tuple[ThresholdMissing, ...], msgspec.Meta(min_length=1)],
    code: ThresholdCode,
    reason: Reason,
) -> Events:
    """Go on to the six actions although the parent has not both refused and continued."""
    yield EscalationThresholdOverridden(missing=missing, code=code, reason=reason)


EVENTS: tuple[type[IncidentEvent], ...] = (
    ContinuedUseRecorded,
    EscalationOptionsConsidered,
    EscalationThresholdOverridden,
)
DECISIONS: tuple[Decision, ...] = (record_continued_use, consider_escalation, override_threshold)
