"""Cases that were played without a store, put on the record of a school or folded without one."""

from collections.abc import Iterable
from itertools import groupby
from uuid import UUID, uuid4

from msgspec.structs import replace

from casework.application.read_models.folded import FoldedCase, advanced
from casework.application.record import Record
from casework.domain.event import Recorded


def decisions_of(events: Iterable[Recorded]) -> list[list[Recorded]]:
    """Return the events of a played case by the decision that wrote them."""
    return [list(together) for _, together in groupby(events, key=lambda at: at.carried.command)]


def recorded(record: Record, decisions: Iterable[list[Recorded]], case: UUID | None = None) -> UUID:
    """Append these decisions; return the id that the case has here."""
    case = case or uuid4()
    for together in decisions:
        command = uuid4()
        record.append_unasked(
            [replace(at, originator_id=case, carried=replace(at.carried, command=command)) for at in together]
        )
    return case


def folded(events: Iterable[Recorded]) -> FoldedCase:
    """Fold a case as the read models do, from its first event at position 1."""
    case: FoldedCase | None = None
    for position, at in enumerate(events, 1):
        case = advanced(case, position, at)
    assert case is not None
    return case
