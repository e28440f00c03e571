"""The people of a case (P11): who stands in it under which label, and who the poster is taken to be."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.codes import Association, BasisCode, Capacity, Confidence, Line, Part, PartyKind, Text
from casework.domain.decision import Decision, Events, PartyFact, Reason, decision
from casework.domain.event import Label, Recorded, Sealed, known
from casework.domain.incident import Identity, Incident, IncidentEvent, Party
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import R21


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

    def apply(self, case: Incident, _at: Recorded) -> Incident:
        """Enter the person under the label."""
        party = Party(
            label=self.party,
            part=self.part,
            kind=self.kind,
            is_confidential=self.is_confidential,
            person=known(self.person),
            name=known(self.name),
        )
        return replace(case, parties={**case.parties, self.party: party})


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

    def apply(self, case: Incident, _at: Recorded) -> Incident:
        """Hold this identity from now on."""
        identity = Identity(
            party=self.party, capacity=self.capacity, association=self.association, confidence=self.confidence
        )
        return replace(case, identity=identity)


def _fitting_basis(_case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse to be sure by a name alone: two people may share it."""
    if facts["basis_code"] == "name_match" and facts["confidence"] != "unverified":
        yield Fault(pointer="/confidence", expected="unverified, if by name_match", found=facts["confidence"])


@decision(
    "identifications",
    clauses=("P11", "P40"),
    who=("caseworker", "headteacher", "dsl", "office"),
    rules=(R21,),
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


EVENTS: tuple[type[IncidentEvent], ...] = (PartyAdded, PosterIdentified)
DECISIONS: tuple[Decision, ...] = (attribute_identity,)
