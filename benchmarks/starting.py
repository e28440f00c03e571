"""Starting: the embedded server on data that is there, against an empty folder; a test's database, copied or migrated.

The first is what somebody waits for who starts a service, up to the first answer of its database, durable (fsync on).
The second is what each test waits for that asks for a database, on a scratch server in memory where there is room: made
as a copy of the template, which is migrated once a run, or made empty and migrated; and dropped.
"""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from benchmarks.letters_service import BINARIES, folder
from benchmarks.measuring import Comparison, Measured, Samples, Sampling, Target
from casework.adapters import migrate
from servicekit import databases
from servicekit.embedded import EmbeddedPostgres
from tests.fix_postgres import TEMPLATE, close_for_copying, make_database, scratch_home

EMPTY: Final = "template0"


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: ARG001, FBT001 - a subject's signature
    """Have a folder for servers, and a scratch server with a template."""
    with ExitStack() as held:
        servers = Servers(held.enter_context(folder()))
        name = "embedded server, to its first answer: data there / empty folder"
        copies = held.enter_context(_test_databases())
        yield [
            Sampling(name, servers.samples, {"": max}, Target(at_most=0.3)),
            Comparison(
                "a test's database, made and dropped: copied / migrated",
                copies.copied,
                copies.migrated,
                Target(at_most=0.5),
            ),
        ]


class Servers:
    """Servers that are started in a folder, one after the other."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._numbers = count()

    def samples(self) -> Samples:
        """Return how long a server took to answer on data that was there, and in an empty folder, in seconds."""
        home = self._place / f"server{next(self._numbers)}"
        cold = started_in(home)
        return [started_in(home)], [cold]


def started_in(home: Path) -> float:
    """Start a server, and stop it; return how long its first answer took, in seconds."""
    chosen = os.environ.get(BINARIES)
    began = time.perf_counter()
    with EmbeddedPostgres(home, binaries=Path(chosen) if chosen else None) as server:
        with psycopg.connect(server.dsn("postgres", "postgres")) as connection:
            connection.execute("SELECT 1")
        return time.perf_counter() - began


class Databases:
    """Makes databases as the tests do, and drops them."""

    def __init__(self, server: EmbeddedPostgres, superuser: psycopg.Connection) -> None:
        self._server = server
        self._superuser = superuser
        self._numbers = count()

    def copied(self) -> None:
        """Make one as a copy of the template."""
        self._drop(self._made(TEMPLATE))

    def migrated(self) -> None:
        """Make an empty one, and migrate it."""
        name = self._made(EMPTY)
        migrate.migrate(self._server.dsn(name, migrate.OWNER))
        self._drop(name)

    def _made(self, template: str) -> str:
        name = f"made_{next(self._numbers)}"
        make_database(self._server, self._superuser, name, migrate.OWNERSHIP.database, template)
        return name

    def _drop(self, name: str) -> None:
        self._superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _test_databases() -> Iterator[Databases]:
    """Start a scratch server, and make the template."""
    chosen = os.environ.get(BINARIES)
    with ExitStack() as held:
        home = held.enter_context(scratch_home())
        server = EmbeddedPostgres(home / "postgres", scratch=True, binaries=Path(chosen) if chosen else None)
        held.enter_context(server)
        databases.ensure_roles(server.dsn("postgres", "postgres"), migrate.OWNERSHIP)
        superuser = held.enter_context(psycopg.connect(server.dsn("postgres", "postgres"), autocommit=True))
        make_database(server, superuser, TEMPLATE, migrate.OWNERSHIP.database, EMPTY)
        migrate.migrate(server.dsn(TEMPLATE, migrate.OWNER))
        close_for_copying(superuser, TEMPLATE)
        yield Databases(server, superuser)
