"""What is asked of the people directory, and of the school's accounts, to write to somebody."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

import msgspec

from casework.domain.codes import PartyKind


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True):
    """An address or e-mail address of a person's own, and what forbids to use it."""

    kind: Literal["address", "email", "phone"]
    lines: tuple[str, ...]
    is_confidential: bool
    has_court_order: bool
    verified_by: str | None

    @property
    def is_usable(self) -> bool:
        """Whether a letter may go there (R17)."""
        return not self.is_confidential and not self.has_court_order


class KnownPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person whom the directory knows."""

    kind: PartyKind
    name: str
    language: str
    is_large_print: bool
    contact_points: tuple[ContactPoint, ...]

    def point(self, kind: str) -> ContactPoint | None:
        """Return the first usable point of a kind; where there is none, the first, for what forbids to use it."""
        points = [point for point in self.contact_points if point.kind == kind]
        return next((point for point in points if point.is_usable), points[0] if points else None)


class Tie(NamedTuple):
    """An adult and a pupil who belong together; ids of the directory."""

    adult: str
    pupil: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's account in one role: whose it is, and whether a key for it is good now."""

    subject: str
    role: str
    person: str
    """Id in the directory; the account's own name where it is tied to nobody."""
    name: str | None
    job: str | None
    is_good: bool


class People(Protocol):
    """The people of one school."""

    def known(self, ids: Collection[str]) -> Mapping[str, KnownPerson]:
        """Return those of these people whom the directory knows."""

    def families(self, ids: Collection[str]) -> Sequence[Tie]:
        """Return every tie of the pupils among these people, and of the pupils whom they belong to."""

    def accounts(self, now: datetime) -> Sequence[Account]:
        """Return the accounts of the school, by subject and role, those without a good key too."""
