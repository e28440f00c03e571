"""The other way (P30): a private talk or the complaints procedure suits better, and the parent is told so."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET

from casework.domain.codes import ComplaintOutcome, ComplaintsHow, Number, Recommended, Text
from casework.domain.decision import ActsOn, Decision, Events, decision
from casework.domain.event import Recorded, Sealed
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import COMPLAINT, WARNING, Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import R10, R11

OPEN = "open"
Stage = Annotated[int, msgspec.Meta(ge=1, le=4)]
"""Of the complaints procedure: 1 where it begins, the last is a panel of governors."""


class ComplaintsRouteOffered(IncidentEvent, frozen=True, kw_only=True):
    """The parent was told how to complain properly."""

    type_name: ClassVar[str] = "incident.complaints-route-offered.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P30",)
    how: ComplaintsHow

    def apply(self, case: Draft, _at: Recorded) -> None:
        """Remember the offer: the next letter repeats it."""
        case.is_complaints_route_offered = True


class ComplaintLinked(IncidentEvent, frozen=True, kw_only=True):
    """Somebody complained formally; the complaint itself is dealt with under the school's complaints procedure."""

    type_name: ClassVar[str] = "incident.complaint-linked.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P30",)
    complaint_no: Number
    stage: Number
    warning_no: Number | None = None
    words: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Wait for the outcome; until then the author of the warning complained of decides nothing (R11)."""
        about = None if self.warning_no is None else str(self.warning_no)
        case.put(COMPLAINT, self.complaint_no, OPEN, at, is_pending=True, about=about)


class ComplaintOutcomeRecorded(IncidentEvent, frozen=True, kw_only=True):
    """What came of a complaint, and what it asks the school to do."""

    type_name: ClassVar[str] = "incident.complaint-outcome-recorded.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P30",)
    complaint_no: Number
    outcome: ComplaintOutcome
    recommends: tuple[Recommended, ...]
    words: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """End the complaint; what it recommends is for somebody to decide."""
        complaint = case.numbers_of(COMPLAINT).get(self.complaint_no)
        case.put(COMPLAINT, self.complaint_no, self.outcome, at, about=complaint.about if complaint else None)


@decision(
    "complaints-route-offers",
    clauses=("P28", "P30"),
    who=("caseworker", "headteacher", "dsl", "office"),
    rules=(R10,),
    writes=(ComplaintsRouteOffered,),
    is_additive=True,
)
def offer_complaints_route(_case: Incident, _at: Moment, *, how: ComplaintsHow) -> Events:
    """Tell the parent of the complaints procedure."""
    yield ComplaintsRouteOffered(how=how)


def _known_warning(case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    warnings = case.numbers_of(WARNING)
    if facts["warning_no"] is not None and facts["warning_no"] not in warnings:
        expected = f"a warning of this case: {sorted(warnings)}"
        yield Fault(pointer="/warning_no", expected=expected, found=str(facts["warning_no"]))


@decision(
    "complaints",
    clauses=("P30",),
    who=("caseworker", "headteacher", "office", "chair"),
    writes=(ComplaintLinked,),
    is_additive=True,
    is_for_closed=True,
    fits=_known_warning,
)
def link_complaint(
    case: Incident, _at: Moment, *, stage: Stage, warning_no: Number | None = None, words: Text | None = None
) -> Events:
    """Record that somebody complained formally, and of which warning, if of one."""
    yield ComplaintLinked(complaint_no=case.next_no(COMPLAINT), stage=stage, warning_no=warning_no, words=words)


@decision(
    "complaints/{n}/outcomes",
    clauses=("P30",),
    who=("office", "chair"),
    rules=(R11,),
    writes=(ComplaintOutcomeRecorded,),
    acts_on=ActsOn(COMPLAINT, (OPEN,)),
    is_additive=True,
    is_for_closed=True,
)
def record_complaint_outcome(
    _case: Incident,
    _at: Moment,
    *,
    number: int,
    outcome: ComplaintOutcome,
    recommends: tuple[Recommended, ...] = (),
    words: Text | None = None,
) -> Events:
    """Record what came of a complaint."""
    yield ComplaintOutcomeRecorded(complaint_no=number, outcome=outcome, recommends=recommends, words=words)


EVENTS: tuple[type[IncidentEvent], ...] = (ComplaintsRouteOffered, ComplaintLinked, ComplaintOutcomeRecorded)
DECISIONS: tuple[Decision, ...] = (offer_complaints_route, link_complaint, record_complaint_outcome)
