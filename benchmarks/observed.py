"""An event with eight personal texts: larger than any of a case's own, as ledger.md 8 asks of what is measured."""

from datetime import UTC, datetime
from typing import ClassVar, Final
from uuid import UUID, uuid5

from msgspec import UNSET

from casework.domain.event import Carried, Recorded, Sealed
from casework.domain.folding import Draft, IncidentEvent


class Observed(IncidentEvent, frozen=True, kw_only=True):
    """What somebody saw, in eight parts."""

    type_name: ClassVar[str] = "incident.observed.v1"
    where: Sealed[str] = UNSET
    when: Sealed[str] = UNSET
    who: Sealed[str] = UNSET
    what: Sealed[str] = UNSET
    how: Sealed[str] = UNSET
    why: Sealed[str] = UNSET
    before: Sealed[str] = UNSET
    after: Sealed[str] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Change nothing: it is stored and read here, and no case is folded of it."""


TEXTS: Final = {
    name: f"The {name} of it, told by a parent at the gate: the list of the trip, the words, and those who read it."[
        :80
    ]
    for name in Observed.__struct_fields__
}


def observed(stream: UUID, version: int, command: UUID | None = None) -> Recorded:
    """Return such an event at its place, under this command or one of its own, whose key is made as casework does."""
    now = datetime.now(UTC)
    carried = Carried(
        occurred_at=now,
        actor="u-sbm",
        role="office",
        command=command or uuid5(stream, f"u-sbm|{version}"),
        edition="2021-spring",
        clauses=("P10", "P11"),
        sensitivity="open",
    )
    return Recorded(
        originator_id=stream,
        originator_version=version,
        recorded_at=now,
        carried=carried,
        event=Observed(**TEXTS),
    )
