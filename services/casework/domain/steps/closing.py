"""The end of a case (P63): closing, reopening, withdrawing it, what keeps it from destruction, and its erasure.

A withdrawn case is looked at again like a closed one (domain.md 7: after one year), but nothing is recorded for it: the
table of decisions lists no `retention-scheduled` there. So the withdrawal itself opens the task, due by the edition
that it cites.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from msgspec import UNSET

from casework.domain.calendar import london_date, years_later
from casework.domain.codes import (
    ClosingOutcome,
    HoldCause,
    Number,
    RetentionDecision,
    RetentionRule,
    Text,
    WithdrawnBecause,
)  # fmt: skip
from casework.domain.decision import ActsOn, Decision, Events, OtherCase, Reason, decision
from casework.domain.due import StatedRetention
from casework.domain.event import Recorded, Sealed, Sensitivity
from casework.domain.folding import Around, Draft, IncidentEvent
from casework.domain.incident import LEGAL_HOLD, PLACED, Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import R02, R11, R11_KIN, R14, R19, R19_DESTROYING, R24
from casework.domain.steps.access import REVIEW as BLOCK_REVIEW
from casework.domain.steps.judgement import PREJUDICE_RETURN, limit_again
from casework.domain.steps.legal import LegalAdviceSought
from casework.domain.steps.report import Linked

RETENTION_REVIEW = "retention_review"
OUTLASTING = frozenset({BLOCK_REVIEW, PREJUDICE_RETURN})
"""What is owed to somebody although the case is closed: a look at a block that stays, the return to the authority."""
OUTLASTING_ERRORS = frozenset({BLOCK_REVIEW})
"""What is owed although there should have been no case: whoever is blocked still is."""


class Closed(IncidentEvent, frozen=True, kw_only=True):
    """The case is over, with an outcome."""

    type_name: ClassVar[str] = "incident.closed.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P63",)
    outcome: ClosingOutcome
    summary: Sealed[Text | None] = UNSET
    followed_up: Sealed[Text | None] = UNSET
    decisions: Sealed[Text | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, _at: Recorded) -> None:
        """Close it; little is left to do."""
        case.ended = "closed"
        case.outcome = self.outcome
        case.settle_but(OUTLASTING)


class RetentionScheduled(IncidentEvent, frozen=True, kw_only=True):
    """When somebody has to decide whether the case is still needed."""

    type_name: ClassVar[str] = "incident.retention-scheduled.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P63",)
    rule: RetentionRule
    review_on: date
    reason: Sealed[Text | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold the date, and the task."""
        case.retention_review_on = self.review_on
        case.open_task(RETENTION_REVIEW, self.review_on, at)


class Reopened(IncidentEvent, frozen=True, kw_only=True):
    """The case goes on after all: what was dispensed with for good reasons has to be reasoned again."""

    type_name: ClassVar[str] = "incident.reopened.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P63",)
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Open it, under review until something is decided; overrides of R03 and R04 held until now.

        A case that was withdrawn goes on where it stood, with all that was left to do.
        """
        case.ended = None
        case.is_withdrawn = False
        case.outcome = None
        case.unshelve()
        case.is_reopened_undecided = True
        case.is_first_step_dispensed = False
        case.overridden_thresholds = frozenset()
        case.retention_review_on = None
        case.settle(RETENTION_REVIEW)
        limit_again(case, at)


class Withdrawn(IncidentEvent, frozen=True, kw_only=True):
    """The case should not have been opened: it was there already, or it was a mistake."""

    type_name: ClassVar[str] = "incident.withdrawn.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P63",)
    because: WithdrawnBecause
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """End it; all that is left is to look at a block that stays, and later whether the case must still be kept."""
        case.ended = "withdrawn"
        case.is_withdrawn = True
        case.shelve_but(OUTLASTING_ERRORS)
        case.open_task(RETENTION_REVIEW, StatedRetention("withdrawn"), at)


class LegalHoldPlaced(IncidentEvent, frozen=True, kw_only=True):
    """Nothing of the case may be destroyed."""

    type_name: ClassVar[str] = "incident.legal-hold-placed.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P56",)
    hold_no: Number
    hold_cause: HoldCause
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold every destruction (R19)."""
        case.put(LEGAL_HOLD, self.hold_no, PLACED, at, is_pending=True, about=self.hold_cause)


class LegalHoldReleased(IncidentEvent, frozen=True, kw_only=True):
    """The case need not be kept for this cause any more."""

    type_name: ClassVar[str] = "incident.legal-hold-released.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P56",)
    hold_no: Number
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Lift this hold; another one may still stand."""
        case.put(LEGAL_HOLD, self.hold_no, "released", at)


class RetentionReviewed(IncidentEvent, frozen=True, kw_only=True):
    """Somebody looked whether the case is still needed."""

    type_name: ClassVar[str] = "incident.retention-reviewed.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P63",)
    decision: RetentionDecision
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, _at: Recorded) -> None:
        """Settle the task; destroying is a decision of its own."""
        case.retention_review_on = None
        case.settle(RETENTION_REVIEW)


class Erased(IncidentEvent, frozen=True, kw_only=True):
    """A key of the case is destroyed with this entry: its own, or that of its legal advice or of an export of it.

    The reason is sealed under the case's own key, so it goes as well: what stays is that, when and by whom.
    """

    type_name: ClassVar[str] = "incident.erased.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P63",)
    key_id: UUID
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, _at: Recorded) -> None:
        """End the case for good; what it was counts on."""
        case.ended = "erased"
        case.retention_review_on = None
        case.settle_but(())

    def marks(self, case: Incident, _around: Around) -> Iterator[Sensitivity]:
        """Yield that of legal advice too, if it is its key: that any was sought is not for everybody to know."""
        yield self.sensitivity
        if self.key_id in case.advice.values():
            yield LegalAdviceSought.sensitivity


@decision(
    "closures",
    clauses=("P63",),
    who=("caseworker", "headteacher", "dsl", "chair"),
    rules=(R02, R11, R14, R24),
    writes=(Closed, RetentionScheduled),
)
def close_incident(
    case: Incident,
    at: Moment,
    *,
    outcome: ClosingOutcome,
    summary: Reason,
    followed_up: Text | None = None,
    decisions: Text | None = None,
) -> Events:
    """Close the case with its outcome."""
    yield Closed(outcome=outcome, summary=summary, followed_up=followed_up, decisions=decisions)
    no_breach = case.breach is not None and not case.inappropriate_posts
    years = at.edition.parameters.retention_years
    yield RetentionScheduled(
        rule="no_breach" if no_breach else "closed",
        review_on=years_later(london_date(at.occurred_at), years.no_breach if no_breach else years.closed),
        reason=None,
    )


@decision(
    "reopenings",
    clauses=("P63",),
    who=("headteacher", "dsl", "chair"),
    rules=(R11_KIN,),
    writes=(Reopened,),
    is_for_closed=True,
    is_for_open=False,
)
def reopen_incident(_case: Incident, _at: Moment, *, reason: Reason) -> Events:
    """Go on with a case that was closed or withdrawn."""
    yield Reopened(reason=reason)


def _fitting_original(_case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a duplicate of nothing, and an original of what is no duplicate."""
    is_named = facts["duplicate_of"] is not None
    if is_named != (facts["because"] == "duplicate"):
        expected = (
            "nothing, unless it is withdrawn as a duplicate" if is_named else "the case that it is a duplicate of"
        )
        yield Fault(pointer="/duplicate_of", expected=expected, found="a case" if is_named else "nothing")


@decision(
    "withdrawals",
    clauses=("P63",),
    who=("caseworker", "headteacher", "dsl"),
    rules=(R11,),
    writes=(Linked, Withdrawn),
    fits=_fitting_original,
)
def withdraw_incident(
    _case: Incident,
    _at: Moment,
    *,
    because: WithdrawnBecause,
    reason: Reason,
    duplicate_of: OtherCase | None = None,
) -> Events:
    """Withdraw a case that should not have been opened; one that was there twice points to the other."""
    if duplicate_of is not None:
        yield Linked(to=duplicate_of, relation="duplicate_of")
    yield Withdrawn(because=because, reason=reason)


@decision(
    "legal-holds",
    clauses=("P56",),
    who=("headteacher", "chair", "dpo"),
    writes=(LegalHoldPlaced,),
    is_for_closed=True,
)
def place_legal_hold(case: Incident, _at: Moment, *, hold_cause: HoldCause, reason: Reason) -> Events:
    """Keep all of the case from being destroyed, until this hold is released."""
    yield LegalHoldPlaced(hold_no=case.next_no(LEGAL_HOLD), hold_cause=hold_cause, reason=reason)


@decision(
    "legal-holds/{n}/releases",
    clauses=("P56",),
    who=("headteacher", "chair", "dpo"),
    rules=(R11,),
    writes=(LegalHoldReleased,),
    acts_on=ActsOn(LEGAL_HOLD, (PLACED,)),
    is_for_closed=True,
)
def release_legal_hold(_case: Incident, _at: Moment, *, number: int, reason: Reason) -> Events:
    """Release a legal hold."""
    yield LegalHoldReleased(hold_no=number, reason=reason)


@decision(
    "retention-reviews",
    clauses=("P63",),
    who=("headteacher", "office", "dpo"),
    rules=(R11, R19_DESTROYING),
    writes=(RetentionReviewed,),
    is_for_closed=True,
)
def review_retention(_case: Incident, _at: Moment, *, decision: RetentionDecision, reason: Reason) -> Events:
    """Decide whether the case is still needed; destroying it is then a step of its own."""
    yield RetentionReviewed(decision=decision, reason=reason)


@decision(
    "erasures",
    clauses=("P63",),
    who=("office", "dpo"),
    rules=(R11, R19),
    writes=(Erased,),
    is_for_closed=True,
    destroys_keys=True,
)
def erase_case(case: Incident, at: Moment, *, reason: Reason) -> Events:
    """Destroy the keys of the case, for good: names, words, addresses and files go, events and hashes stay."""
    for key_id in (case.id, *at.further_keys):
        yield Erased(key_id=key_id, reason=reason)


EVENTS: tuple[type[IncidentEvent], ...] = (
    Closed,
    RetentionScheduled,
    Reopened,
    Withdrawn,
    LegalHoldPlaced,
    LegalHoldReleased,
    RetentionReviewed,
    Erased,
)
DECISIONS: tuple[Decision, ...] = (
    close_incident,
    reopen_incident,
    withdraw_incident,
    place_legal_hold,
    release_legal_hold,
    review_retention,
    erase_case,
)
