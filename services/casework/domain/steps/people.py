"""The people of a case (P11, P12): who stands in it as which label, who the poster is taken to be, who works on it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.codes import (
    AssignedWhy,
    Association,
    BasisCode,
    Capacity,
    Confidence,
    Line,
    Part,
    PartyKind,
    Text,
)  # fmt: skip
from casework.domain.conflict import given_away
from casework.domain.decision import AccountId, Decision, Events, PartyFact, Reason, Recipient, decision
from casework.domain.due import FIRST_STEP_DUE
from casework.domain.event import Label, Recorded, Sealed, known
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import Identity, Incident, Party
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rule import NOTHING, Missing, Question
from casework.domain.rules import R05, R05_IDENTIFIED, R11, R11_GIVEN_AWAY, R21, R21_RIGHT
from casework.domain.steps.access import BLOCK
from casework.domain.steps.correspondence import LETTER
from casework.domain.steps.first_step import FIRST_STEP, misdirect
from casework.domain.steps.warning import mark_misdirected
from casework.domain.substitutes import unfit

ARRIVED = frozenset({"sent", "delivered"})
"""States of a letter that somebody may have read."""
ASSIGNERS = ("caseworker", "headteacher", "dsl", "chair")


class PartyAdded(IncidentEvent, frozen=True, kw_only=True):
    """A person came into the case. Only this event ties a label to a person."""

    type_name: ClassVar[str] = "incident.party-added.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P11",)
    party: Label
    part: Part
    kind: PartyKind
    is_confidential: bool
    person: Sealed[Line | None] = UNSET
    name: Sealed[Line | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Enter the person under the label."""
        case.parties[self.party] = Party(
            label=self.party,
            part=self.part,
            kind=self.kind,
            is_confidential=self.is_confidential,
            person=known(self.person),
            name=known(self.name),
            event_version=at.originator_version,
        )


class PosterIdentified(IncidentEvent, frozen=True, kw_only=True):
    """The school takes somebody to be the poster, or the adult who answers for a child's account."""

    type_name: ClassVar[str] = "incident.poster-identified.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P11",)
    party: Label
    capacity: Capacity
    association: Association
    confidence: Confidence
    basis_code: BasisCode
    basis: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold this identity from now on; the first step is still to be taken, if only somebody else was talked to."""
        case.identity = Identity(
            party=self.party, capacity=self.capacity, association=self.association, confidence=self.confidence
        )
        if self.party in case.wrongly_named:
            case.wrongly_named -= {self.party}
        mark_misdirected(case, at)
        _open_first_step(case, at)


class PosterIdentityCorrected(IncidentEvent, frozen=True, kw_only=True):
    """Somebody was wrongly taken for the poster; the entries that said so stay, and history shows the error."""

    type_name: ClassVar[str] = "incident.poster-identity-corrected.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P11",)
    wrong: Label = msgspec.field(name="from")
    right: Label = msgspec.field(name="to")
    confidence: Confidence
    was_contacted: bool
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold the other identity; what was asked of the wrong person waits for no answer and counts no more.

        What they were warned of is to be taken back. A first step that only they were talked to for has not been taken:
        it is due again.
        """
        case.identity = Identity(
            party=self.right,
            capacity=case.identity.capacity if case.identity else "poster",
            association="unknown",
            confidence=self.confidence,
        )
        case.wrongly_named = (case.wrongly_named | {self.wrong}) - {self.right}
        misdirect(case, self.wrong, at)
        mark_misdirected(case, at)
        _open_first_step(case, at)


class Assigned(IncidentEvent, frozen=True, kw_only=True):
    """Somebody was given the case to handle, or to decide in it in another's place (P12)."""

    type_name: ClassVar[str] = "incident.assigned.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P12",)
    handler: str | None = None
    decision_maker: str | None = None
    why: AssignedWhy
    reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, _at: Recorded) -> None:
        """Hold who it was given to; what is not named stays as it was."""
        case.handler = self.handler or case.handler
        case.decision_maker = self.decision_maker or case.decision_maker


def _open_first_step(case: Draft, at: Recorded) -> None:
    """Have somebody talk to whoever is taken for the poster now, if nobody did, and nobody said that it may be left."""
    is_open = (FIRST_STEP, None) in case.open_tasks
    if not (is_open or case.is_poster_contacted or case.is_first_step_dispensed or case.is_cleared):
        case.open_task(FIRST_STEP, FIRST_STEP_DUE, at)


def _fitting_basis(case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse to be sure by a name alone, as two people may share it, and of nobody."""
    if facts["basis_code"] == "name_match" and facts["confidence"] != "unverified":
        yield Fault(pointer="/confidence", expected="unverified, if by name_match", found=facts["confidence"])
    else:
        yield from _sure_of_nobody(case, facts["party"], facts["confidence"])


def _sure_of_nobody(case: Incident, named: str, confidence: Confidence) -> Iterator[Fault]:
    """Refuse to be sure of somebody who is not known to be one person: no letter and no call could reach them."""
    party = case.parties.get(named)
    if party is not None and not party.is_person and confidence != "unverified":
        expected = f"unverified, as it is not known who that is: so far, it is of kind {party.kind}"
        yield Fault(pointer="/confidence", expected=expected, found=confidence)


def _nobody_told(q: Question) -> Missing:
    """Refuse to name somebody else where the one named before was told: an apology and a retraction are owed first."""
    identity = q.case.identity
    if identity is None or not _was_contacted(q.case, identity.party) or q.fact("party") == identity.party:
        return NOTHING
    return (f"a correction: {identity.party} was told of it",)


R05_NOBODY_TOLD = replace(
    R05, check=_nobody_told, instead="identity-corrections",
    what_to_do="let the headteacher or the safeguarding lead correct who it was, so that whoever was told hears of it",
)  # fmt: skip
"""R05 where a poster is named: who was spoken or written to as the poster is not replaced without a word."""


@decision(
    "identifications",
    clauses=("P11", "P40"),
    who=("caseworker", "headteacher", "dsl", "office"),
    rules=(R05_NOBODY_TOLD, R21),
    writes=(PosterIdentified,),
    fits=_fitting_basis,
)
def attribute_identity(
    case: Incident,
    at: Moment,
    *,
    party: Annotated[str, PartyFact("poster")],
    confidence: Confidence,
    basis_code: BasisCode,
    basis: Reason,
    association: Association | None = None,
    capacity: Capacity | None = None,
) -> Events:
    """Say who the poster is, how surely, and why."""
    person = at.people.get(case.parties[party].person or "")
    yield PosterIdentified(
        party=party,
        capacity=capacity or ("responsible_adult" if case.kind == "child_account" else "poster"),
        association=association or (person.association if person else "unknown"),
        confidence=confidence,
        basis_code=basis_code,
        basis=basis,
    )


def _fitting_correction(case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a correction of what was not said, one that says the same again, and to be sure of nobody."""
    wrong, right, identity = facts["from"], case.parties.get(facts["to"]), case.identity
    if identity is not None and wrong in case.parties and wrong != identity.party:
        expected = f"{identity.party}, who is taken for the poster, or nothing"
        yield Fault(pointer="/from", expected=expected, found=wrong)
    if right is not None and right.label == wrong:
        yield Fault(pointer="/to", expected=f"somebody else than {wrong}", found=right.label)
    yield from _sure_of_nobody(case, facts["to"], facts["confidence"])


@decision(
    "identity-corrections",
    clauses=("P11",),
    who=("headteacher", "dsl"),
    rules=(R05_IDENTIFIED, R11, R21_RIGHT),
    writes=(PosterIdentityCorrected,),
    fits=_fitting_correction,
)
def correct_identity(
    case: Incident,
    _at: Moment,
    *,
    from_: Recipient,
    to: Annotated[str, PartyFact("poster")],
    reason: Reason,
    confidence: Confidence = "unverified",
) -> Events:
    """Say that somebody was wrongly taken for the poster, and who it is instead, be it nobody known."""
    yield PosterIdentityCorrected(
        wrong=from_, right=to, confidence=confidence, was_contacted=_was_contacted(case, from_), reason=reason
    )


def _was_contacted(case: Incident, party: str) -> bool:
    """Return whether this person was reached about the case: talked to, asked to remove posts, blocked, written to."""
    talked_to = any(contact.party == party and contact.outcome != "no_answer" for contact in case.contacts)
    asked = any(request.party == party for request in case.requests)
    written_to = any(
        letter.status in ARRIVED and (letter.about or "").endswith(f" {party}")
        for letter in case.numbers_of(LETTER).values()
    )
    blocked = any(block.about == party for block in case.numbers_of(BLOCK).values())
    return talked_to or asked or blocked or written_to


def _fitting_assignment(case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse an assignment to nobody, and a substitute who is not needed; not to whom R11 has more to say."""
    substitute = facts["decision_maker"]
    if facts["handler"] is None and substitute is None:
        yield Fault(pointer="/handler", expected="an account, here or as decision_maker", found="nothing")
    # Whoever may not assign is not told who has a conflict of interest.
    is_told = not set(ASSIGNERS).isdisjoint(at.roles_in(case))
    if (
        not is_told
        or substitute not in at.accounts
        or given_away(Question(case=case, at=at, facts=facts, is_complete=True))
    ):
        return
    is_declared = facts["why"] == "conflict_of_interest" and bool((facts["reason"] or "").strip())
    if misfit := unfit(case, at, substitute, is_declared=is_declared):
        expected, found = misfit
        yield Fault(pointer="/decision_maker", expected=expected, found=found, rule=R11.id)


@decision(
    "assignments",
    clauses=("P12",),
    who=ASSIGNERS,
    rules=(R11_GIVEN_AWAY,),
    writes=(Assigned,),
    fits=_fitting_assignment,
)
def assign(
    _case: Incident,
    _at: Moment,
    *,
    why: AssignedWhy,
    handler: AccountId | None = None,
    decision_maker: AccountId | None = None,
    reason: Text | None = None,
) -> Events:
    """Give the case to somebody: to handle it, or to decide in it in another's place."""
    yield Assigned(handler=handler, decision_maker=decision_maker, why=why, reason=reason)


EVENTS: tuple[type[IncidentEvent], ...] = (PartyAdded, PosterIdentified, PosterIdentityCorrected, Assigned)
DECISIONS: tuple[Decision, ...] = (attribute_identity, correct_identity, assign)
