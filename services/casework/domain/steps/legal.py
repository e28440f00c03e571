"""Actions 1 and 6 (P56, P61): legal advice, and legal action in the name of a person.

Advice is privileged: the client's secret. So the case holds only that it was sought and received, and not even that is
shown to everybody; question and answer lie in a stream of their own, under a key of its own (``advice.*``).
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar
from uuid import UUID, uuid5

from msgspec import UNSET

from casework.domain.codes import LegalActionKind, LegalStep, Line, Number, Sha256, Text
from casework.domain.decision import (
    ActsOn,
    AdviserId,
    Beside,
    Decision,
    Events,
    PartyFact,
    PostNos,
    Reason,
    Recipient,
    decision,
)  # fmt: skip
from casework.domain.event import Event, Label, Recorded, Sealed, Sensitivity
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import LEGAL_ACTION, Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import R01_HARD, R02, R03, R04, R05, R11, R16, R21
from casework.domain.steps.grants import CLIENT, GrantGiven, granted

ADVICE = "legal_advice"
SOUGHT = "sought"
RECEIVED = "received"
ADVISED = frozenset({SOUGHT, RECEIVED})
"""States of the track that only those may know of who may know of the advice."""
AUTHORISED = "authorised"
CAN_CLAIM = frozenset({"adult", "staff"})
"""Only a person can be defamed or harassed: a school probably cannot sue (domain.md 9)."""


class LegalAdviceSought(IncidentEvent, frozen=True, kw_only=True):
    """The school asked its adviser; what, stands in the privileged stream."""

    type_name: ClassVar[str] = "incident.legal-advice-sought.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P56",)
    sensitivity: ClassVar[Sensitivity] = "client"
    advice_no: Number
    advice: UUID

    def apply(self, case: Draft, at: Recorded) -> None:
        """Wait for the answer, in the stream that it will lie in."""
        case.put(ADVICE, self.advice_no, SOUGHT, at, is_pending=True)
        case.advice[self.advice_no] = self.advice
        _advise(case, SOUGHT)


class LegalAdviceReceived(IncidentEvent, frozen=True, kw_only=True):
    """The adviser answered; what, stands in the privileged stream."""

    type_name: ClassVar[str] = "incident.legal-advice-received.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P56",)
    sensitivity: ClassVar[Sensitivity] = "client"
    advice_no: Number
    advice: UUID

    def apply(self, case: Draft, at: Recorded) -> None:
        """Settle the question."""
        case.put(ADVICE, self.advice_no, RECEIVED, at)
        _advise(case, RECEIVED)


def _advise(case: Draft, state: str) -> None:
    """Put this state of advice on the track of the case, unless a legal action stands there.

    That one everybody sees who sees the case: if it went away, they would know that advice was sought.
    """
    if case.tracks["legal"] != AUTHORISED:
        case.tracks["legal"] = state


class AdviceEvent(Event, frozen=True, kw_only=True):
    """Something between the school and its legal adviser alone; ``incident`` is the case that it is about."""

    clauses: ClassVar[tuple[str, ...]] = ("P56",)
    sensitivity: ClassVar[Sensitivity] = "privileged"
    incident: UUID
    advice_no: Number
    sha256: Sha256 | None = None
    adviser: Sealed[Line | None] = UNSET
    text: Sealed[Text | None] = UNSET


class QuestionRecorded(AdviceEvent, frozen=True, kw_only=True):
    """What the school asked."""

    type_name: ClassVar[str] = "advice.question-recorded.v1"


class AnswerRecorded(AdviceEvent, frozen=True, kw_only=True):
    """What the adviser answered."""

    type_name: ClassVar[str] = "advice.answer-recorded.v1"


class AdviceCorrespondenceFiled(AdviceEvent, frozen=True, kw_only=True):
    """A letter to the adviser, named by the hash of its pages."""

    type_name: ClassVar[str] = "advice.correspondence-filed.v1"


class LegalActionAuthorised(IncidentEvent, frozen=True, kw_only=True):
    """The school supports a person's legal action, or takes one (P61)."""

    type_name: ClassVar[str] = "incident.legal-action-authorised.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P61",)
    is_decisive: ClassVar[bool] = True
    action_no: Number
    kind: LegalActionKind
    claimant: Label
    minute_ref: str
    reason: Sealed[Text] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Keep the case open until its last step; no time limit is left to watch."""
        case.put(LEGAL_ACTION, self.action_no, AUTHORISED, at, is_pending=True)
        case.tracks["legal"] = AUTHORISED
        case.settle("defamation_limitation")


class LegalStepRecorded(IncidentEvent, frozen=True, kw_only=True):
    """How the legal action went on, or ended."""

    type_name: ClassVar[str] = "incident.legal-step-recorded.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P61",)
    action_no: Number
    step: LegalStep
    is_last: bool
    text: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Let the case go once the last step is taken."""
        if self.is_last:
            case.put(LEGAL_ACTION, self.action_no, "ended", at)


@decision(
    "legal-advice-requests",
    clauses=("P56",),
    who=CLIENT,
    rules=(R11,),
    writes=(LegalAdviceSought, QuestionRecorded, GrantGiven),
)
def seek_legal_advice(case: Incident, at: Moment, *, adviser: AdviserId, question: Reason) -> Events:
    """Ask the school's legal adviser, and open the case to them; possible at any time."""
    number = case.next_no(ADVICE)
    stream = uuid5(at.command, ADVICE)
    yield LegalAdviceSought(advice_no=number, advice=stream)
    yield Beside(stream, QuestionRecorded(incident=case.id, advice_no=number, adviser=adviser, text=question))
    yield granted(case, at, adviser)


@decision(
    "legal-advice-requests/{n}/answers",
    clauses=("P56",),
    who=("legal", *CLIENT),
    writes=(LegalAdviceReceived, AnswerRecorded),
    acts_on=ActsOn(ADVICE, (SOUGHT,)),
    is_additive=True,
)
def record_legal_advice(
    case: Incident, _at: Moment, *, number: int, text: Reason, adviser: AdviserId | None = None
) -> Events:
    """Record what the adviser answered, where only the school's head, its chair and the adviser can read it."""
    stream = case.advice[number]
    yield LegalAdviceReceived(advice_no=number, advice=stream)
    yield Beside(stream, AnswerRecorded(incident=case.id, advice_no=number, adviser=adviser, text=text))


def _a_claimant(case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a claimant who is not a person."""
    party = case.parties.get(facts["claimant"])
    if party is not None and party.kind not in CAN_CLAIM:
        yield Fault(pointer="/claimant", expected="a person, adult or staff: no school can claim", found=party.kind)


@decision(
    "legal-actions",
    clauses=("P56", "P61"),
    who=CLIENT,
    rules=(R01_HARD, R02, R03, R04, R05, R11, R16, R21),
    writes=(LegalActionAuthorised,),
    fits=_a_claimant,
)
def authorise_legal_action(
    case: Incident,
    _at: Moment,
    *,
    posts: PostNos,
    party: Recipient,
    kind: LegalActionKind,
    claimant: Annotated[str, PartyFact("claimant")],
    minute_ref: Line,
    reason: Reason,
) -> Events:
    """Authorise legal action against the poster, in the name of a person."""
    yield LegalActionAuthorised(
        action_no=case.next_no(LEGAL_ACTION), kind=kind, claimant=claimant, minute_ref=minute_ref, reason=reason
    )


@decision(
    "legal-actions/{n}/steps",
    clauses=("P61",),
    who=("legal", *CLIENT),
    writes=(LegalStepRecorded,),
    acts_on=ActsOn(LEGAL_ACTION, (AUTHORISED,)),
    is_additive=True,
)
def record_legal_step(
    _case: Incident, _at: Moment, *, number: int, step: LegalStep, is_last: bool, text: Text | None = None
) -> Events:
    """Record a step of the legal action; the last one lets the case be closed."""
    yield LegalStepRecorded(action_no=number, step=step, is_last=is_last, text=text)


EVENTS: tuple[type[Event], ...] = (
    LegalAdviceSought,
    LegalAdviceReceived,
    QuestionRecorded,
    AnswerRecorded,
    AdviceCorrespondenceFiled,
    LegalActionAuthorised,
    LegalStepRecorded,
)
DECISIONS: tuple[Decision, ...] = (seek_legal_advice, record_legal_advice, authorise_legal_action, record_legal_step)
