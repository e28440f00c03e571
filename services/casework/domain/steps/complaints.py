"""The other way (P30): a private talk or the complaints procedure suits better, and the parent is told so."""

from typing import ClassVar

from msgspec.structs import replace

from casework.domain.codes import ComplaintsHow
from casework.domain.decision import Decision, Events, decision
from casework.domain.event import Recorded
from casework.domain.incident import Incident, IncidentEvent
from casework.domain.moment import Moment
from casework.domain.rules import R10


class ComplaintsRouteOffered(IncidentEvent, frozen=True, kw_only=True):
    """The parent was told how to complain properly."""

    type_name: ClassVar[str] = "incident.complaints-route-offered.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P30",)
    how: ComplaintsHow

    def apply(self, case: Incident, _at: Recorded) -> Incident:
        """Remember the offer: the next letter repeats it."""
        return replace(case, is_complaints_route_offered=True)


@decision(
    "complaints-route-offers",
    clauses=("P30",),
    who=("caseworker", "headteacher", "dsl", "office"),
    rules=(R10,),
    writes=(ComplaintsRouteOffered,),
    is_additive=True,
)
def offer_complaints_route(_case: Incident, _at: Moment, *, how: ComplaintsHow) -> Events:
    """Tell the parent of the complaints procedure."""
    yield ComplaintsRouteOffered(how=how)


EVENTS: tuple[type[IncidentEvent], ...] = (ComplaintsRouteOffered,)
DECISIONS: tuple[Decision, ...] = (offer_complaints_route,)
