"""Action 3 (P58): the police. A threat waits for nothing: what is missing becomes a task, never a refusal."""

from typing import Annotated, ClassVar

from msgspec import UNSET

from casework.domain.codes import Ground, Line, Number, PoliceOutcome, PoliceRoute, Text
from casework.domain.decision import ActsOn, Decision, Events, EvidenceNos, PartyFact, Reason, decision
from casework.domain.due import WorkingDays
from casework.domain.event import Label, Recorded, Sealed
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import PLACED, POLICE_HOLD, Incident
from casework.domain.moment import Moment
from casework.domain.rules import R06

REFERRAL = "police_referral"
REFERRED = "referred"
REFERENCED = "referenced"
REFERENCE_DUE = "record_police_reference"
"""The task of writing down the reference that the force gives."""
STAFF = ("caseworker", "headteacher", "dsl", "office")
IN_DANGER = frozenset({"999"})
"""The only route for whoever reported a post and does not handle cases: what can wait is for those who do."""


class PoliceReferred(IncidentEvent, frozen=True, kw_only=True):
    """The school told the police."""

    type_name: ClassVar[str] = "incident.police-referred.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P58",)
    is_decisive: ClassVar[bool] = True
    referral_no: Number
    route: PoliceRoute
    grounds: tuple[Ground, ...]
    crime: str | None = None
    is_immediate: bool
    named_party: Label | None = None
    evidence_nos: tuple[Number, ...]
    account: Sealed[Text | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Wait for the outcome; ask for what could not be given at once."""
        case.put(REFERRAL, self.referral_no, REFERRED, at, is_pending=True)
        case.tracks["police"] = REFERRED
        if any(not post.evidence_nos for post in case.posts.values()):
            case.open_task("attach_evidence", WorkingDays(1), at, self.referral_no)
        case.open_task(REFERENCE_DUE, WorkingDays(1 if self.is_immediate else 2), at, self.referral_no)


class PoliceHoldPlaced(IncidentEvent, frozen=True, kw_only=True):
    """Nobody writes or speaks to the poster, so that nobody is warned or provoked."""

    type_name: ClassVar[str] = "incident.police-hold-placed.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P58",)
    hold_no: Number
    referral_no: Number | None = None
    consent: Sealed[Text | None] = UNSET
    reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold every act towards the poster (R10)."""
        case.put(POLICE_HOLD, self.hold_no, PLACED, at, is_pending=True)


class PoliceHoldReleased(IncidentEvent, frozen=True, kw_only=True):
    """The school may speak to the poster again."""

    type_name: ClassVar[str] = "incident.police-hold-released.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P58",)
    hold_no: Number
    consent: Sealed[Text | None] = UNSET
    reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Lift the hold."""
        case.put(POLICE_HOLD, self.hold_no, "released", at)


class PoliceReferenceRecorded(IncidentEvent, frozen=True, kw_only=True):
    """The force gave its reference."""

    type_name: ClassVar[str] = "incident.police-reference-recorded.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P58",)
    referral_no: Number
    force: Sealed[Line] = UNSET
    reference: Sealed[Line] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold the reference; the outcome is still to come."""
        case.put(REFERRAL, self.referral_no, REFERENCED, at, is_pending=True)
        case.tracks["police"] = REFERENCED
        case.settle(REFERENCE_DUE, self.referral_no)


class PoliceOutcomeRecorded(IncidentEvent, frozen=True, kw_only=True):
    """What the police did."""

    type_name: ClassVar[str] = "incident.police-outcome-recorded.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P58",)
    referral_no: Number
    outcome: PoliceOutcome
    words: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """End the referral; the track says so unless another one still waits for its outcome."""
        case.put(REFERRAL, self.referral_no, "outcome", at)
        case.settle(REFERENCE_DUE, self.referral_no)
        waiting = [each.status for each in case.numbers_of(REFERRAL).values() if each.is_pending]
        case.tracks["police"] = waiting[-1] if waiting else "outcome"


@decision(
    "police-referrals",
    clauses=("P58",),
    who={"staff": IN_DANGER, **dict.fromkeys((*STAFF, "chair"))},
    bound_by="route",
    rules=(R06,),
    writes=(PoliceReferred, PoliceHoldPlaced),
    is_additive=True,
    is_for_concerned=True,
)
def refer_to_police(
    case: Incident,
    at: Moment,
    *,
    route: PoliceRoute,
    grounds: tuple[Ground, ...],
    is_immediate: bool,
    crime: Line | None = None,
    named_party: Annotated[str, PartyFact("poster")] | None = None,
    evidence_nos: EvidenceNos = (),
    account: Text | None = None,
) -> Events:
    """Tell the police; an immediate referral, or a ground that the edition names, holds all contact."""
    number = case.next_no(REFERRAL)
    yield PoliceReferred(
        referral_no=number,
        route=route,
        grounds=grounds,
        crime=crime,
        is_immediate=is_immediate,
        named_party=named_party,
        evidence_nos=evidence_nos,
        account=account,
    )
    if is_immediate or set(grounds) & set(at.edition.parameters.police_hold_grounds):
        yield PoliceHoldPlaced(hold_no=case.next_no(POLICE_HOLD), referral_no=number, consent=None, reason=None)


@decision(
    "police-referrals/{n}/references",
    clauses=("P58",),
    who=STAFF,
    writes=(PoliceReferenceRecorded,),
    acts_on=ActsOn(REFERRAL, (REFERRED,)),
    is_additive=True,
)
def record_police_reference(_case: Incident, _at: Moment, *, number: int, force: Line, reference: Line) -> Events:
    """Record the reference that the force gave."""
    yield PoliceReferenceRecorded(referral_no=number, force=force, reference=reference)


@decision(
    "police-referrals/{n}/outcomes",
    clauses=("P58",),
    who=STAFF,
    writes=(PoliceOutcomeRecorded,),
    acts_on=ActsOn(REFERRAL, (REFERRED, REFERENCED)),
    is_additive=True,
    is_for_closed=True,
)
def record_police_outcome(
    _case: Incident, _at: Moment, *, number: int, outcome: PoliceOutcome, words: Text | None = None
) -> Events:
    """Record what the police did."""
    yield PoliceOutcomeRecorded(referral_no=number, outcome=outcome, words=words)


@decision("police-holds", clauses=("P58",), who=("headteacher", "dsl"), writes=(PoliceHoldPlaced,), is_for_closed=True)
def place_police_hold(case: Incident, _at: Moment, *, reason: Reason) -> Events:
    """Stop all contact with the poster by hand."""
    yield PoliceHoldPlaced(hold_no=case.next_no(POLICE_HOLD), consent=None, reason=reason)


@decision(
    "police-holds/{n}/releases",
    clauses=("P58",),
    who=("headteacher", "dsl"),
    writes=(PoliceHoldReleased,),
    acts_on=ActsOn(POLICE_HOLD, (PLACED,)),
    is_for_closed=True,
)
def release_police_hold(
    _case: Incident, _at: Moment, *, number: int, consent: Reason, reason: Text | None = None
) -> Events:
    """Allow contact with the poster again; ``consent`` says who of the police agreed."""
    yield PoliceHoldReleased(hold_no=number, consent=consent, reason=reason)


EVENTS: tuple[type[IncidentEvent], ...] = (
    PoliceReferred,
    PoliceHoldPlaced,
    PoliceHoldReleased,
    PoliceReferenceRecorded,
    PoliceOutcomeRecorded,
)
DECISIONS: tuple[Decision, ...] = (
    refer_to_police,
    record_police_reference,
    record_police_outcome,
    place_police_hold,
    release_police_hold,
)
