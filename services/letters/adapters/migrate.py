"""Making and moving on the database of letters: roles, schema, tables, rights. A step of its own, never a service's.

Runs as ``letters_owner``, under one advisory lock, in one transaction: the missing files of ``sql/versions``, in the
order of their numbers, then all of ``sql/objects`` if any changed. The table ``letters.schema_version`` keeps the
numbers, with the hash of the objects as its comment. A version's file is frozen once released. There is no downgrade.

Before it, somebody who may create roles makes these and the database: :func:`servicekit.databases.ensure`.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql

from servicekit.databases import Ownership
from servicekit.readiness import NotReady

OWNER: Final = "letters_owner"
APP: Final = "letters_app"
SQL: Final = Path(__file__).parent / "sql"
OWNERSHIP: Final = Ownership("letters", owner=OWNER, app=APP, roles_sql=(SQL / "roles.sql").read_text(encoding="utf-8"))

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('letters.migrate', 0))"


class Status(NamedTuple):
    """What is there (None: nothing), what this software needs, and whether functions and rights are current."""

    found: int | None
    needed: int
    has_current_objects: bool

    @property
    def is_current(self) -> bool:
        """Tell whether there is nothing to do."""
        return self.found == self.needed and self.has_current_objects


def migrate(owner_dsn: str, *, is_scratch: bool = False) -> Status:
    """Bring the schema to what this software needs; return what was there before.

    ``is_scratch`` marks a new database as one for trials, where the test clock is obeyed; it never changes an old one.

    Raises:
        NotReady: the database is ahead of this software, or this user may not act as the owner.
    """
    with psycopg.connect(owner_dsn) as connection:
        _become_owner(connection)
        connection.execute(_LOCK)
        before = _status(connection)
        if before.found is not None and before.found > before.needed:
            raise NotReady(f"a database at version {before.needed} or less", f"version {before.found}")
        if before.found is None:
            _create(connection)
        for number, path in _versions():
            if number > (before.found or 0):
                connection.execute(_text(path).encode())
                connection.execute("INSERT INTO letters.schema_version (version) VALUES (%s)", [number])
        if not before.is_current:
            _replace_objects(connection)
        connection.execute("INSERT INTO letters.server (is_scratch) VALUES (%s) ON CONFLICT DO NOTHING", [is_scratch])
    return before


def check(dsn: str) -> None:
    """Check that the database is neither behind nor ahead of this software, and that its role alters no record.

    Raises:
        NotReady: what is needed, and what is there.
    """
    with psycopg.connect(dsn) as connection:
        status = _status(connection)
        if not status.is_current:
            found = "none" if status.found is None else f"version {status.found}"
            found += "" if status.has_current_objects or status.found != status.needed else " with other rights"
            raise NotReady(f"a database at version {status.needed}: run `letters migrate`", found)
        row = connection.execute(
            "SELECT r.rolsuper, pg_has_role(t.tableowner, 'MEMBER') FROM pg_roles AS r, pg_tables AS t"
            " WHERE r.rolname = current_user AND t.schemaname = 'letters' AND t.tablename = 'letters_events'"
        ).fetchone()
        if row is None or any(row):
            user = connection.info.user
            raise NotReady(f"a role that cannot change what is recorded, such as {APP}", f"{user}, who can")


def is_scratch(dsn: str) -> bool:
    """Tell whether this database is for trials."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT is_scratch FROM letters.server").fetchone()
        return bool(row and row[0])


def _status(connection: psycopg.Connection[Any]) -> Status:
    needed = _versions()[-1][0]
    row = connection.execute(
        "SELECT to_regclass('letters.schema_version') IS NOT NULL,"
        " obj_description(to_regclass('letters.schema_version'), 'pg_class')"
    ).fetchone()
    if row is None or not row[0]:
        return Status(None, needed, has_current_objects=False)
    version = connection.execute("SELECT max(version) FROM letters.schema_version").fetchone()
    return Status(version[0] if version else None, needed, has_current_objects=row[1] == _objects_mark())


def _create(connection: psycopg.Connection[Any]) -> None:
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL(_text(SQL / "database.sql")).format(database=database))
    connection.execute(
        "CREATE SCHEMA IF NOT EXISTS letters;"
        " CREATE TABLE letters.schema_version (version integer PRIMARY KEY, made_at timestamptz NOT NULL DEFAULT now())"
    )


def _replace_objects(connection: psycopg.Connection[Any]) -> None:
    for path in sorted((SQL / "objects").glob("*.sql")):
        connection.execute(_text(path).encode())
    comment = sql.SQL("COMMENT ON TABLE letters.schema_version IS {}").format(sql.Literal(_objects_mark()))
    connection.execute(comment)


def _become_owner(connection: psycopg.Connection[Any]) -> None:
    """Act as the owner, whoever connects, so that everything belongs to one role."""
    try:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(OWNER)))
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue) as error:
        expected = f"{OWNER}, or a user who may act as it; see `letters migrate --sql`"
        raise NotReady(expected, connection.info.user) from error


def _objects_mark() -> str:
    texts: Mapping[str, str] = {path.name: _text(path) for path in (SQL / "objects").glob("*.sql")}
    return "objects " + hashlib.sha256("".join(texts[name] for name in sorted(texts)).encode()).hexdigest()


def _versions() -> list[tuple[int, Path]]:
    return sorted((int(path.name[:4]), path) for path in (SQL / "versions").glob("*.sql"))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
