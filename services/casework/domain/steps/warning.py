"""Action 2 (P57): the school's concerns in writing, a warning, and a request for removal."""

from typing import Annotated, ClassVar

import msgspec
from msgspec import UNSET

from casework.domain.codes import Number, PostNo, Text
from casework.domain.decision import Decision, Events, PostNos, Recipient, decision
from casework.domain.event import Label, Recorded, Sealed
from casework.domain.incident import Incident, IncidentEvent
from casework.domain.moment import Moment
from casework.domain.rules import R01, R02, R03, R04, R05, R10, R11, R16, R21
from casework.domain.steps.first_step import RemovalRequested, asked_to_remove

WARNING = "warning"


class WarningIssued(IncidentEvent, frozen=True, kw_only=True):
    """The parent is warned in writing."""

    type_name: ClassVar[str] = "incident.warning-issued.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P57",)
    warning_no: Number
    party: Label
    posts: tuple[PostNo, ...]
    concerns: Sealed[Text | None] = UNSET
    expectations: Sealed[Text | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Incident, at: Recorded) -> Incident:
        """Put the warning in force."""
        return case.with_thing(WARNING, self.warning_no, "in_force", at).on_track("warning", "in_force")


@decision(
    "warnings",
    clauses=("P57",),
    who="warning_decided_by",
    rules=(R01, R02, R03, R04, R05, R10, R11, R16, R21),
    writes=(WarningIssued, RemovalRequested),
)
def issue_warning(
    case: Incident,
    at: Moment,
    *,
    posts: PostNos,
    party: Recipient,
    concerns: Text | None = None,
    expectations: Text | None = None,
    removal_deadline_school_days: Annotated[int, msgspec.Meta(ge=1, le=30)] | None = None,
) -> Events:
    """Warn the parent in writing, and ask again for removal."""
    yield WarningIssued(
        warning_no=case.next_no(WARNING), party=party, posts=posts, concerns=concerns, expectations=expectations
    )
    yield asked_to_remove(case, at, posts=posts, party=party, basis="warning", school_days=removal_deadline_school_days)


EVENTS: tuple[type[IncidentEvent], ...] = (WarningIssued,)
DECISIONS: tuple[Decision, ...] = (issue_warning,)
