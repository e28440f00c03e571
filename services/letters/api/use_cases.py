"""What the views call, and who is calling."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from letters.application.clock import Clock
from letters.application.desk import Desk
from letters.application.press import Press, Released
from letters.application.reading import READERS, Reading
from letters.application.register import Viewer
from letters.application.windows import Windows
from servicekit import identity

LOOKERS = (*READERS, "auditor")
"""Roles that may see letters of which they are the audience."""
ADVISER = "legal"
"""The role whose key names the cases it is for."""


class UseCases(Protocol):
    """The use cases of one process, as bootstrap puts them together."""

    desk: Desk
    reading: Reading
    windows: Windows

    @property
    def clock(self) -> Clock:
        """Return what tells the time."""
        ...

    @property
    def press(self) -> Press:
        """Return what lays letters out."""
        ...

    @property
    def templates(self) -> Released:
        """Return the templates."""
        ...


UseCasesOf = Callable[[], UseCases]


def viewer() -> Viewer:
    """Return who is calling, as far as an audience is concerned."""
    caller = identity.caller()
    cases = frozenset(map(_case, caller.grants)) - {None} if caller.role == ADVISER else None
    return Viewer(subject=caller.subject, role=caller.role, cases=cases)  # type: ignore[arg-type]  # None was taken out


def _case(grant: str) -> UUID | None:
    """Return the case that a grant names, None if it names none."""
    try:
        return UUID(grant)
    except ValueError:
        return None
