"""What the routes ask of a school: `bootstrap` puts it together, one for each."""

from collections.abc import Callable
from typing import Protocol

from casework.application.casework import Casework
from casework.application.checkpoints import Checkpoints
from casework.application.export.exports import Exports
from casework.application.handing_out import Kept
from casework.application.read_models.cases import Cases
from casework.application.tree import Tree


class UseCases(Protocol):
    """The use cases of one school."""

    @property
    def casework(self) -> Casework:
        """Reporting, deciding, reading."""
        ...

    @property
    def cases(self) -> Cases:
        """All cases as they stand."""
        ...

    @property
    def exports(self) -> Exports:
        """Copies of cases that prove themselves."""
        ...

    @property
    def evidence(self) -> Kept:
        """Files, sealed under the key of their case."""
        ...

    @property
    def checkpoints(self) -> Checkpoints:
        """What the record is held to."""
        ...

    @property
    def tree(self) -> Tree:
        """The tree over it, for others to check."""
        ...


UseCasesOf = Callable[[], UseCases]
"""Gives the use cases of the caller's school."""
