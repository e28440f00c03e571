"""Action 2 (P57): the school's concerns in writing, a warning, and a request for removal."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET

from casework.domain.codes import Number, PostNo, Text
from casework.domain.decision import ActsOn, Decision, Events, PostNos, Reason, Recipient, decision
from casework.domain.event import Label, Recorded, Sealed
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import COMPLAINT, MISDIRECTED, WARNING, Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import R01, R02, R03, R04, R05, R10, R11, R16, R21
from casework.domain.steps.first_step import RemovalRequested, asked_to_remove

IN_FORCE = "in_force"
WITHDRAWN = "withdrawn"
STANDING = (IN_FORCE, MISDIRECTED)
"""Not taken back yet, rightly or wrongly."""


class WarningIssued(IncidentEvent, frozen=True, kw_only=True):
    """The parent is warned in writing."""

    type_name: ClassVar[str] = "incident.warning-issued.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P57",)
    is_decisive: ClassVar[bool] = True
    warning_no: Number
    party: Label
    posts: tuple[PostNo, ...]
    concerns: Sealed[Text | None] = UNSET
    expectations: Sealed[Text | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Put the warning in force; it stays known whom it went to."""
        case.put(WARNING, self.warning_no, IN_FORCE, at, about=self.party)
        case.tracks["warning"] = IN_FORCE


class WarningWithdrawn(IncidentEvent, frozen=True, kw_only=True):
    """The school takes a warning back, of its own accord or after a complaint."""

    type_name: ClassVar[str] = "incident.warning-withdrawn.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P57",)
    is_decisive: ClassVar[bool] = True
    warning_no: Number
    complaint_no: Number | None = None
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Withdraw it; the track says so unless another warning is still in force."""
        warnings = case.numbers_of(WARNING)
        case.put(WARNING, self.warning_no, WITHDRAWN, at, about=warnings[self.warning_no].about)
        is_another = any(each.status in STANDING for each in warnings.values())
        case.tracks["warning"] = IN_FORCE if is_another else WITHDRAWN


def mark_misdirected(case: Draft, at: Recorded) -> None:
    """Keep the case open for every warning that went to the wrong person (R14), until it is taken back.

    One that went to the right person after all is in force again.
    """
    for number, warning in case.numbers_of(WARNING).items():
        status = MISDIRECTED if warning.about in case.wrongly_named else IN_FORCE
        if warning.status in STANDING and warning.status != status:
            is_wrong = status == MISDIRECTED
            case.put(WARNING, number, status, at, is_pending=is_wrong, about=warning.about)


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


def _known_complaint(case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    complaints = case.numbers_of(COMPLAINT)
    if facts["complaint_no"] is not None and facts["complaint_no"] not in complaints:
        expected = f"a complaint of this case: {sorted(complaints)}"
        yield Fault(pointer="/complaint_no", expected=expected, found=str(facts["complaint_no"]))


@decision(
    "warnings/{n}/withdrawals",
    clauses=("P57",),
    who="warning_decided_by",
    rules=(R11,),
    writes=(WarningWithdrawn,),
    acts_on=ActsOn(WARNING, STANDING),
    fits=_known_complaint,
)
def withdraw_warning(
    _case: Incident, _at: Moment, *, number: int, reason: Reason, complaint_no: Number | None = None
) -> Events:
    """Take a warning back; name the complaint, if one led to it."""
    yield WarningWithdrawn(warning_no=number, complaint_no=complaint_no, reason=reason)


EVENTS: tuple[type[IncidentEvent], ...] = (WarningIssued, WarningWithdrawn)
DECISIONS: tuple[Decision, ...] = (issue_warning, withdraw_warning)
