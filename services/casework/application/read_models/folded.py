"""A case as its public facts make it: folded from the same events as ever, with every sealed field left out.

So nothing personal can get into it, whoever wrote the effect: what is not there cannot be copied. Everything that a
list orders, counts or filters by is public; who somebody is, is opened by the reader (:mod:`live`).
"""

from uuid import UUID

from msgspec import UNSET, Struct
from msgspec.structs import replace

from casework.application.read_models.figures import Figures, counted
from casework.application.store import UnreadableEntry
from casework.domain.event import Recorded, sealed_names
from casework.domain.folding import fold
from casework.domain.incident import Incident


class FoldedCase(Struct, frozen=True, kw_only=True):
    """One case: its state, what statistics count of it, and the position at which its entries begin."""

    position: int
    case: Incident
    figures: Figures

    @property
    def id(self) -> UUID:
        """The case's id."""
        return self.case.id


def advanced(before: FoldedCase | None, position: int, at: Recorded) -> FoldedCase:
    """Return a case after one more of its events, which stands at this position of the record.

    Raises:
        UnreadableEntry: the event is not the next one of the case.
    """
    expected = before.case.version + 1 if before else 1
    if at.originator_version != expected:
        raise UnreadableEntry(f"case {at.originator_id}: expected version {expected}, found {at.originator_version}")
    public = without_sealed(at)
    case = fold(before.case if before else None, (public,))
    assert case is not None  # noqa: S101 - one event was folded
    return FoldedCase(
        position=before.position if before else position,
        case=case,
        figures=counted(before.figures if before else Figures(), case, public),
    )


def without_sealed(at: Recorded) -> Recorded:
    """Return an event as the record holds it without any key: its personal fields are withheld."""
    names = sealed_names(type(at.event))
    return replace(at, event=replace(at.event, **dict.fromkeys(names, UNSET))) if names else at
