"""The end of a case (P63): closing it, and when to look whether it must still be kept."""

from datetime import date
from typing import ClassVar

from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.calendar import london_date, years_later
from casework.domain.codes import ClosingOutcome, RetentionRule, Text
from casework.domain.decision import Decision, Events, Reason, decision
from casework.domain.event import Recorded, Sealed
from casework.domain.incident import Incident, IncidentEvent
from casework.domain.moment import Moment
from casework.domain.rules import R02, R11, R14, R24


class Closed(IncidentEvent, frozen=True, kw_only=True):
    """The case is over, with an outcome."""

    type_name: ClassVar[str] = "incident.closed.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P63",)
    outcome: ClosingOutcome
    summary: Sealed[Text | None] = UNSET
    followed_up: Sealed[Text | None] = UNSET
    decisions: Sealed[Text | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Incident, _at: Recorded) -> Incident:
        """Close it; nothing is left to do."""
        return replace(case, ended="closed", outcome=self.outcome, tasks=())


class RetentionScheduled(IncidentEvent, frozen=True, kw_only=True):
    """When somebody has to decide whether the case is still needed."""

    type_name: ClassVar[str] = "incident.retention-scheduled.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P63",)
    rule: RetentionRule
    review_on: date
    reason: Sealed[Text | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Incident, at: Recorded) -> Incident:
        """Hold the date, and the task."""
        return replace(case, retention_review_on=self.review_on).with_task("retention_review", self.review_on, at)


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


EVENTS: tuple[type[IncidentEvent], ...] = (Closed, RetentionScheduled)
DECISIONS: tuple[Decision, ...] = (close_incident,)
