"""Asking for the merge fields of an event of a played case, with a people directory that fits into a test."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from casework.application.merge_fields import (
    Account,
    Around,
    ContactPoint,
    KnownPerson,
    MergeFields,
    People,
    Tie,
    merge_fields_of,
)  # fmt: skip
from casework.domain.incident import Incident
from casework.domain.policy import EditionStanding, Policy
from casework.domain.steps.legal import AdviceEvent
from tests.domain.playing import CALENDAR, CHANNELS, Played, edition

POLICY = Policy(
    id=UUID(int=1),
    version=1,
    standings={"2021-spring": EditionStanding(edition=edition(), sha256="0" * 64)},
    in_force="2021-spring",
    channels=CHANNELS,
)
HOME = ("14 Mill Lane", "Rowan Green", "EX1 1AA")


def point(kind: str = "address", *lines: str, **changed: Any) -> ContactPoint:
    """Return a contact point that may be used."""
    facts = {"is_confidential": False, "has_court_order": False, "verified_by": None, **changed}
    return ContactPoint(kind=kind, lines=lines or HOME, **facts)  # type: ignore[arg-type]  # one of three words


def person(kind: str, name: str, *points: ContactPoint, **changed: Any) -> KnownPerson:
    """Return a person of the directory."""
    facts = {"language": "en", "is_large_print": False, **changed}
    return KnownPerson(kind=kind, name=name, contact_points=points, **facts)  # type: ignore[arg-type]  # as above


def account(subject: str, role: str, name: str | None, **changed: Any) -> Account:
    """Return an account with a good key."""
    return Account(**{"subject": subject, "role": role, "person": subject, "name": name, "job": None, "is_good": True,
                      **changed})  # fmt: skip


@dataclass(frozen=True)
class Directory(People):
    """Known people, their ties and the school's accounts, as the test says."""

    people: Mapping[str, KnownPerson] = field(
        default_factory=lambda: {
            "p-parent": person("adult", "Kerry Mallinson", point()),
            "p-other": person("adult", "Sarah Holt", point()),
            "u-teacher": person("staff", "Amy Ellery"),
            "k-child": person("pupil", "Jayden Mallinson"),
        }
    )
    ties: Sequence[Tie] = (Tie("p-parent", "k-child"),)
    staff: Sequence[Account] = (
        account("u-deputy", "caseworker", "Tom Birch", job="Deputy headteacher"),
        account("u-head", "headteacher", "Helen Ashdown"),
        account("u-teacher", "staff", "Amy Ellery"),
    )

    def known(self, ids: Collection[str]) -> Mapping[str, KnownPerson]:
        return {id_: person for id_, person in self.people.items() if id_ in ids}

    def families(self, ids: Collection[str]) -> Sequence[Tie]:
        pupils = {tie.pupil for tie in self.ties if {tie.adult, tie.pupil} & set(ids)}
        return [tie for tie in self.ties if tie.pupil in pupils]

    def accounts(self, now: datetime) -> Sequence[Account]:
        return self.staff

    def with_person(self, id_: str, known: KnownPerson) -> "Directory":
        """Return the directory with this person added or changed."""
        return replace(self, people={**self.people, id_: known})


def asked(
    played: Played,
    name: str,
    people: People | None = None,
    *,
    policy: Policy = POLICY,
    now: str | None = None,
    cases: Sequence[Incident] = (),
) -> MergeFields:
    """Return the merge fields of the last event of this name (``warning-issued``), as the case stands now."""
    of_name = [at for at in played.events if at.event.type_name == f"incident.{name}.v1"]
    return merge_fields_of(
        of_name[-1],
        played.events,
        policy=policy,
        people=people or Directory(),
        now=datetime.fromisoformat(now) if now else played.now.astimezone(UTC),
        around=Around(
            calendar=CALENDAR,
            advice=[at for at in played.beside if isinstance(at.event, AdviceEvent)],
            cases=(played.case, *cases),
        ),
    )


def text_of(found: MergeFields) -> str:
    """Return an answer as it leaves the house."""
    return msgspec.json.encode(found).decode()
