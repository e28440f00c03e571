"""All cases of the school, each as it stands: what lists and the timer start from.

They are folded from the record on each reading, all in one pass. :class:`Cases` is all that a list knows of this, so
that a table kept beside the record can take its place.
"""

from collections.abc import Iterator
from typing import Final, Protocol
from uuid import UUID

import msgspec

from casework.application.record import Record
from casework.application.store import StoreError, UnreadableEntry, WholeStream
from casework.domain.incident import Incident, fold
from casework.domain.refusal import Refusal

CASES: Final = "incident."
UNFOLDABLE: Final = (StoreError, TypeError, ValueError, LookupError, AttributeError)
"""What decoding or an effect raises of entries that this version of the software does not understand."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it stands, and the position at which its entries begin."""

    position: int
    case: Incident


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A case that cannot be folded, and why: it stands in the case's place, so that none is left out in silence."""

    incident: UUID
    error: Exception

    @property
    def why(self) -> str:
        """The reason, for a log."""
        return told(self.error)


def told(error: Exception) -> str:
    """Say what went wrong, and nothing of what an entry holds: our messages name ids and rules, others quote values."""
    return str(error) if isinstance(error, StoreError | Refusal) else type(error).__name__


class Cases(Protocol):
    """The cases of one school."""

    def each(self) -> Iterator[Standing | Unreadable]:
        """Yield every case once. To be taken to the end, or closed, before anything is written."""


class FoldedCases:
    """The cases as their events make them."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def each(self) -> Iterator[Standing | Unreadable]:
        """Yield every case once, in the order of their ids."""
        for stream in self._record.reader.streams(CASES):
            yield self._standing(stream)

    def _standing(self, stream: WholeStream) -> Standing | Unreadable:
        try:
            case = fold(None, self._record.decoded(stream.entries))
            if case is None or case.version != len(stream.entries):
                raise UnreadableEntry(f"case {stream.id}: expected versions 1 to {len(stream.entries)} without a gap")
        except UNFOLDABLE as error:
            return Unreadable(incident=stream.id, error=error)
        return Standing(position=stream.positions[0], case=case)
