"""All cases of the school, each as it stands: what lists, statistics and the timer start from.

:class:`Cases` is all that they know of how cases are kept.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol
from uuid import UUID

import msgspec

from casework.application.read_models.folded import FoldedCase
from casework.application.store import StoreError
from casework.domain.incident import Incident
from casework.domain.refusal import Refusal

CASES: Final = "incident."
UNFOLDABLE: Final = (StoreError, TypeError, ValueError, LookupError, AttributeError)
"""What decoding or an effect raises of entries that this version of the software does not understand."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it stands, with who is in it, and the position at which its entries begin."""

    position: int
    case: Incident


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A case that cannot be folded, and why: it stands in the case's place, so that none is left out in silence."""

    id: UUID
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

    def nameless(self) -> Iterator[FoldedCase | Unreadable]:
        """Yield every case once, as its public facts make it: nobody can be told by it who is in it.

        So it cannot say whether somebody may read it either: a target is known by name alone.
        """

    def named(self, cases: Iterable[FoldedCase | Unreadable]) -> Iterator[Standing | Unreadable]:
        """Yield these cases with who is in them. To be taken to the end, or closed, before anything is written."""
