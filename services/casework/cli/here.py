"""What an operator's command works on: the settings, the database, and the school that is meant."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from servicekit.commandline import Exit, Output, fail

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from casework.adapters.schools import School
    from casework.bootstrap import Assembled
    from servicekit.databases import Database
    from servicekit.settings import Values


@dataclass(frozen=True)
class Here:
    """Settings and database of this command."""

    values: Values
    at: Database

    @contextmanager
    def as_owner(self) -> Iterator[psycopg.Connection[Any]]:
        """Connect as whoever owns the database, for what the service itself may not do."""
        import psycopg

        with psycopg.connect(self.at.owner or self.at.app, autocommit=True) as connection:
            yield connection

    def school(self, output: Output) -> School:
        """Return the school that is meant: the one named by --school, or the only one there is."""
        import psycopg

        from casework.adapters.schools import find_school, list_schools

        with psycopg.connect(self.at.app) as connection:
            if output.common.get("school"):
                return find_school(connection, output.common["school"])
            found = list_schools(connection)
        if len(found) != 1:
            names = ", ".join(school.name for school in found) or "none; `casework school add` makes one"
            fail(f"expected one school, or --school NAME, found {names}", Exit.USAGE)
        return found[0]

    @contextmanager
    def assembled(self, output: Output) -> Iterator[Assembled]:
        """Put that school together."""
        from casework import bootstrap

        with bootstrap.schools(self.values, self.at) as made:
            yield made.of(self.school(output).name)


@contextmanager
def here() -> Iterator[Here]:
    """Read the settings and hold the database; a user of it who may not do what is asked is told as such."""
    import psycopg

    from casework import bootstrap

    values = bootstrap.read_settings()
    with bootstrap.database(values) as at:
        try:
            yield Here(values, at)
        except psycopg.errors.InsufficientPrivilege as error:
            found = f"one who may not ({error.diag.message_primary})"
            cure = f"name its owner in {bootstrap.DATABASE.owner_url.name}"
            fail(f"expected a user of the database who may do this, found {found}: {cure}", Exit.NOT_READY)
