"""Making and moving on the database: roles, schemas, tables, functions. Always a step of its own, never a service's.

Runs as `casework_owner`, under one advisory lock, one transaction per schema: first the shared one, then each school's.
Alembic keeps the order of the steps and the table `schema_version` in each schema; the steps themselves are the SQL
files of `sql/versions`. Then `sql/objects` is put in as a whole, if a step ran or an object changed: the hash of what
is in stands in the comment of `schema_version`. There is no downgrade.

Before it, somebody who may create roles makes these and the database: :func:`servicekit.databases.ensure`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from sqlalchemy import Connection, NullPool, create_engine

from casework.adapters import sql_files
from casework.adapters.errors import SchoolExists
from casework.adapters.schema_steps import Found, Schema, found, upgrade
from casework.adapters.schools import INSERT_SCHOOL, SELECT_SCHOOLS, School
from servicekit.databases import Ownership
from servicekit.identifiers import uuid7
from servicekit.readiness import NotReady

OWNER = "casework_owner"
APP = "casework_app"
AUDITOR = "casework_auditor"
OWNERSHIP = Ownership(
    "casework", owner=OWNER, app=APP, roles_sql=sql_files.text("roles.sql"), readers=("casework_auditor",)
)

_LOCK = "SELECT pg_advisory_lock(hashtextextended('casework.migrate', 0))"


@dataclass(frozen=True)
class Migrated:
    """One schema, before and after. `before` is None for one that was new; objects were replaced or not."""

    schema: str
    before: str | None
    after: str
    objects_replaced: bool


def migrate(owner_dsn: str) -> list[Migrated]:
    """Bring the shared schema and every school's to what this software needs; do nothing where it is there already.

    Raises:
        NotReady: the database is ahead of this software, or this user may not act as the owner.
    """
    with _owner(owner_dsn) as connection:
        migrated = []
        with connection.begin():
            migrated.append(_migrate_shared(connection))
        with connection.begin():
            rows = connection.exec_driver_sql("SELECT schema FROM casework.school ORDER BY schema").scalars().all()
        for name in rows:
            with connection.begin():
                migrated.append(_upgrade(connection, Schema(name, folder=".")))
        return migrated


def add_school(
    owner_dsn: str,
    name: str,
    *,
    title: str,
    origin: str,
    code: str | None = None,
    is_scratch: bool = False,
    stream: UUID | None = None,
) -> School:
    """Make a school: its two schemas, its tables, and the one row that names its record, in one transaction.

    Args:
        owner_dsn: a database that :func:`migrate` has run on.
        name: `[a-z][a-z0-9]{0,39}`.
        title: its name in full.
        origin: the public name of its record, in every entry, for ever.
        code: begins the reference of every case; if None, the initials of the first two words of the title.
        is_scratch: a record for trials: the test clock is obeyed, and exports say so.
        stream: the record's own stream; a random one unless a test says which.

    Raises:
        SchoolExists: a school of that name or origin is there.
        ValueError: name, origin or code is not of the form the tables accept.
    """
    school = School(name=name, title=title, code=code or initials(title), origin=origin)
    with _owner(owner_dsn) as connection, connection.begin():
        _migrate_shared(connection)
        driver = _driver(connection)
        try:
            driver.execute(INSERT_SCHOOL, [school.name, school.title, school.code, school.origin, school.schema])
        except psycopg.errors.UniqueViolation as error:
            raise SchoolExists(f"school {name}: one of that name, or of origin {origin}, is there already") from error
        except psycopg.errors.CheckViolation as error:
            raise ValueError(f"school {name}: {error.diag.constraint_name} does not hold") from error
        for schema in (school.schema, sql_files.keys_schema(school.schema)):
            driver.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        _upgrade(connection, Schema(school.schema, folder="."))
        insert = sql_files.compose(
            "INSERT INTO {s}.record (stream, origin, is_scratch) VALUES (%s, %s, %s)", school.schema
        )
        try:
            driver.execute(insert, [stream or uuid7(), origin, is_scratch])
        except psycopg.errors.CheckViolation as error:
            message = f"origin: expected [a-z0-9.-] and slashes, at most 100 characters, found {origin!r}"
            raise ValueError(message) from error
    return school


def status(dsn: str) -> list[Found]:
    """Return what is there, of the shared schema and of each school's, beside what this software needs.

    Raises:
        NotReady: no schema at all: `casework migrate` has not run here.
    """
    with psycopg.connect(dsn) as connection:
        shared = found(connection, Schema(sql_files.SHARED_SCHEMA, folder="shared"))
        if shared.version is None:
            raise NotReady("a migrated database", "an empty one", "run `casework migrate`")
        cursor = connection.cursor(row_factory=class_row(School))
        schools = cursor.execute(SELECT_SCHOOLS).fetchall()
        return [shared, *(found(connection, Schema(school.schema, folder=".")) for school in schools)]


def check(dsn: str) -> None:
    """Check that the database is neither behind nor ahead of this software.

    Raises:
        NotReady: which schema, the version needed and the version found.
    """
    for schema in status(dsn):
        if not schema.is_current:
            cure = "run `casework migrate`" if schema.is_behind else "run a newer version of casework"
            raise NotReady(f"{schema.name} at {schema.needed}", schema.described, cure)


def initials(title: str) -> str:
    """Return the initials of the first two words of a title: `Rowan Lane Primary School` gives `RL`."""
    words = [
        word for word in ("".join(c for c in part if c.isascii() and c.isalpha()) for part in title.split()) if word
    ]
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else "".join(words)[:2]
    return letters.upper()


def _migrate_shared(connection: Connection) -> Migrated:
    driver = _driver(connection)
    driver.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(sql_files.SHARED_SCHEMA)))
    migrated = _upgrade(connection, Schema(sql_files.SHARED_SCHEMA, folder="shared"))
    if migrated.before is None:
        database = sql.Identifier(driver.info.dbname)
        driver.execute(sql.SQL(sql_files.text("database.sql")).format(database=database))
    return migrated


def _upgrade(connection: Connection, schema: Schema) -> Migrated:
    before = found(_driver(connection), schema)
    if before.is_ahead:
        raise NotReady(f"{schema.name} at {before.needed} or less", before.described, "run a newer version of casework")
    if not before.is_current:
        upgrade(connection, schema)
    return Migrated(schema.name, before.version, before.needed, objects_replaced=not before.is_current)


@contextmanager
def _owner(dsn: str) -> Iterator[Connection]:
    """Connect, act as the owner whoever connects, and hold the lock of all migrations until the connection closes."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool)
    with engine.connect() as connection:
        try:
            connection.exec_driver_sql(f"SET ROLE {OWNER}")
        except Exception as error:
            if isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege | psycopg.errors.InvalidParameterValue):
                user = _driver(connection).info.user
                raise NotReady(f"{OWNER}, or a user who may act as it", user, "see `casework migrate --sql`") from error
            raise
        connection.exec_driver_sql(_LOCK)
        connection.commit()
        yield connection


def _driver(connection: Connection) -> psycopg.Connection[tuple[object, ...]]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - `_owner` made it so
    return driver
