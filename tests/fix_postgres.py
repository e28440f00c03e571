"""Postgres for tests: real servers, real roles, a database of one's own for each test that asks.

One scratch server a run, in memory where there is room. The migrations run once, into a template; a test's database is
a copy of that, made and dropped in a few milliseconds. What is said about durability is tested on `durable_server`.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from servicekit import databases
from servicekit.embedded import EmbeddedPostgres

MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 1 << 30
PREFIX = "school-casework-test-"
ABANDONED_AFTER_S = 3600
TEMPLATE = "template_casework"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """One database of one test, as each role would connect to it (libpq URLs)."""

    name: str
    owner: str
    app: str
    auditor: str
    superuser: str


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    """Answer the scratch server of this run; PG* variables of the shell do not reach its clients."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PG")]:
            patch.delenv(name)
        with _running(_quick_place(), scratch=True) as running:
            yield running


@pytest.fixture(scope="session")
def superuser(server: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """Answer a connection that makes and drops databases."""
    with psycopg.connect(server.dsn("postgres", "postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def template(server: EmbeddedPostgres, superuser: psycopg.Connection) -> str:
    """Answer the name of a database with casework's migrations in it, to copy and not to use."""
    from casework.adapters import migrate  # noqa: PLC0415 - slow to load, and few runs need it

    _create(superuser, TEMPLATE, "casework_owner")
    migrate.migrate(server.dsn(TEMPLATE, "casework_owner"))
    close_for_copying(superuser, TEMPLATE)
    return TEMPLATE


@pytest.fixture
def database(
    request: pytest.FixtureRequest, server: EmbeddedPostgres, superuser: psycopg.Connection
) -> Iterator[Database]:
    """Answer a database with casework's tables, functions, triggers and rights, and nothing in them.

    For a test that asks for `school` as well, it is a copy of the one in which that school was set up.
    """
    template = request.getfixturevalue("furnished" if "school" in request.fixturenames else "template")
    with _database(server, superuser, "casework", str(template)) as made:
        yield made


@pytest.fixture(scope="module")
def module_database(server: EmbeddedPostgres, superuser: psycopg.Connection, template: str) -> Iterator[Database]:
    """Answer such a database for all tests of a module, which leave alone what the others look at."""
    with _database(server, superuser, "casework", template) as made:
        yield made


@pytest.fixture
def empty_database(server: EmbeddedPostgres, superuser: psycopg.Connection) -> Iterator[Database]:
    """Answer a database of casework_owner's with nothing in it: for the migrations themselves."""
    with _database(server, superuser, "casework") as made:
        yield made


@pytest.fixture
def empty_letters_database(server: EmbeddedPostgres, superuser: psycopg.Connection) -> Iterator[Database]:
    """Answer a database of letters_owner's with nothing in it; `.app` is letters_app, and `.auditor` has no rights."""
    with _database(server, superuser, "letters") as made:
        yield made


@pytest.fixture(scope="module")
def durable_server() -> Iterator[EmbeddedPostgres]:
    """Answer a server with the settings of production, on disk, which this module's tests may kill and start again."""
    with _running(Path(tempfile.gettempdir()), scratch=False) as running:
        yield running


@contextmanager
def scratch_home() -> Iterator[Path]:
    """Answer a folder in which a scratch server may live, of whatever account; it is removed afterwards."""
    with _home(_quick_place()) as folder:
        yield folder


@contextmanager
def _running(parent: Path, *, scratch: bool) -> Iterator[EmbeddedPostgres]:
    """Run a server in a folder of its own."""
    with _home(parent) as folder:
        running = EmbeddedPostgres(folder / "postgres", scratch=scratch)
        try:
            with running:
                _make_roles(running)
                yield running
        finally:
            shutil.rmtree(running.home, ignore_errors=True)  # Elsewhere, if that account could not reach the folder.


@contextmanager
def _home(parent: Path) -> Iterator[Path]:
    """Make a folder, and remove it afterwards, and what runs that were broken off left."""
    for left in parent.glob(f"{PREFIX}*"):
        if _is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    folder.chmod(0o711)  # For the account that the server runs as, if this is root.
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _quick_place() -> Path:
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN
    return MEMORY if in_memory else Path(tempfile.gettempdir())


def _is_abandoned(folder: Path) -> bool:
    """Tell whether an old folder's server has ended; a young one may have no server yet."""
    try:
        if time.time() - folder.stat().st_mtime < ABANDONED_AFTER_S:
            return False
        with (folder / "postgres" / "server.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # There never was one, or it belongs to somebody else, whose folder cannot be removed.
        return True
    return True


def _make_roles(running: EmbeddedPostgres) -> None:
    """Make the roles of both services, which all databases of a server share, as `migrate` makes them."""
    from casework.adapters import migrate as casework  # noqa: PLC0415 - slow to load, and few runs need it
    from letters.adapters import migrate as letters  # noqa: PLC0415 - the same

    for service in (casework, letters):
        databases.ensure_roles(running.dsn("postgres", "postgres"), service.OWNERSHIP)


@contextmanager
def _database(
    server: EmbeddedPostgres, superuser: psycopg.Connection, service: str, template: str = "template0"
) -> Iterator[Database]:
    name = f"test_{next(_numbers)}"
    try:
        yield make_database(server, superuser, name, service, template)
    finally:
        superuser.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def make_database(
    server: EmbeddedPostgres, superuser: psycopg.Connection, name: str, service: str, template: str
) -> Database:
    """Make a database of one service, as a copy of another one."""
    owner = f"{service}_owner"
    _create(superuser, name, owner, template)
    return Database(
        name=name,
        owner=server.dsn(name, owner),
        app=server.dsn(name, f"{service}_app"),
        auditor=server.dsn(name, "casework_auditor"),
        superuser=server.dsn(name, "postgres"),
    )


def close_for_copying(superuser: psycopg.Connection, name: str) -> None:
    """Let nobody into a database any more: it is there to be copied."""
    superuser.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))


def _create(superuser: psycopg.Connection, name: str, owner: str, template: str = "template0") -> None:
    """Copy a database, also what belongs to it but is not in it: who may connect, and settings of roles in it."""
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY")
    superuser.execute(statement.format(*map(sql.Identifier, (name, owner, template))))
    if template == "template0":
        return
    superuser.execute(
        "UPDATE pg_database SET datacl = (SELECT datacl FROM pg_database WHERE datname = %s) WHERE datname = %s",
        (template, name),
    )
    superuser.execute(
        "INSERT INTO pg_db_role_setting SELECT made.oid, setrole, setconfig FROM pg_db_role_setting"
        " JOIN pg_database AS copied ON copied.oid = setdatabase AND copied.datname = %s,"
        " pg_database AS made WHERE made.datname = %s",
        (template, name),
    )
