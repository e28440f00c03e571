"""The list of letters, as a protocol: a read model, advanced from our own notifications before each query."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

import msgspec

from letters.domain.letter import Status


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as far as an audience is concerned; ``cases`` limits a grant to some cases (None: all)."""

    subject: str
    role: str
    cases: frozenset[UUID] | None = None


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters; ``after`` is the ``position`` of the last row seen."""

    case: UUID | None = None
    status: Status | None = None
    template: str | None = None
    person: str | None = None
    """The recipient, by the id in the school's directory; letters of an erased case are not found by it."""
    dated_from: date | None = None
    dated_to: date | None = None
    """The first and the last day that the letter's own date may be."""
    is_unfiled: bool = False
    is_in_trouble: bool = False
    """Dead, or of unknown outcome: a person must look."""
    after: int = 0
    limit: int = 50


class Register(Protocol):
    """Finds letters; whether someone may see one is part of the question."""

    def of_case(self, case: UUID) -> Sequence[UUID]:
        """Return the letters of a case, oldest first."""
        ...

    def of_cases(self, cases: Collection[UUID]) -> Mapping[UUID, Sequence[UUID]]:
        """Return the letters of each of these cases, oldest first; a case without letters is left out."""
        ...

    def drafted(self, causes: Collection[str]) -> frozenset[tuple[str, str]]:
        """Return which of these causes have a letter already: pairs of cause and template."""
        ...

    def pending(self, *statuses: Status) -> Sequence[UUID]:
        """Return the letters in one of these states, oldest first, without those that failed to render."""
        ...

    def erased(self, stems: Collection[str]) -> frozenset[str]:
        """Return which of these are names of letters (`naming.file_stem`) whose case was erased."""
        ...

    def held(self, hold: str) -> Sequence[UUID]:
        """Return the letters under this hold that may still leave, oldest first."""
        ...

    def unfiled(self) -> Sequence[UUID]:
        """Return the letters with a fact that the case's record does not hold yet, oldest first."""
        ...
