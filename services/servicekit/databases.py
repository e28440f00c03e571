"""The database of a service: whose it is, where it is, who makes it, and what its server must be.

    CASEWORK = Ownership("casework", owner="casework_owner", app="casework_app", roles_sql=...)
    ASKED = DatabaseSettings.of("", CASEWORK)                  # DATABASE_URL, DATABASE_OWNER_URL, their password files

    with opened(values, ASKED, CASEWORK) as at:                # a URL, or the embedded server, held while in use
        ensure(at, CASEWORK)                                   # roles and database, by a user who may make them
        psycopg.connect(at.app)

The service connects as `app`, which owns nothing; `owner` owns the database and is used by migrations alone.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from servicekit import logs, settings
from servicekit.embedded import EmbeddedPostgres
from servicekit.readiness import Check, NotReady
from servicekit.service_settings import EMBEDDED_PG_BIN, LOCAL_DIR, SCRATCH
from servicekit.settings import Setting, SettingsError, Values

MAJOR_MIN: Final = 15
DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")
MAINTENANCE: Final = "postgres"


class Ownership(NamedTuple):
    """A service's database by its usual name, who owns, uses and reads it, and the SQL that makes these roles."""

    database: str
    owner: str
    app: str
    roles_sql: str
    readers: tuple[str, ...] = ()


class DatabaseSettings(NamedTuple):
    """The four settings that say where a service's database is."""

    url: Setting[str]
    owner_url: Setting[str]
    password_file: Setting[Path]
    owner_password_file: Setting[Path]

    @classmethod
    def of(cls, prefix: str, whose: Ownership) -> "DatabaseSettings":
        """Return the settings whose names begin with a prefix."""
        return cls(
            Setting(
                f"{prefix}DATABASE_URL",
                None,
                settings.postgres_url,
                meaning=f"the database, as {whose.app}; else embedded",
            ),
            Setting(
                f"{prefix}DATABASE_OWNER_URL",
                None,
                settings.postgres_url,
                meaning=f"the same, as {whose.owner} or a superuser: for migrate",
            ),
            Setting(
                f"{prefix}DATABASE_PASSWORD_FILE",
                None,
                settings.path,
                secret_file=True,
                meaning=f"the password of {whose.app}",
            ),
            Setting(
                f"{prefix}DATABASE_OWNER_PASSWORD_FILE",
                None,
                settings.path,
                secret_file=True,
                meaning="that of the owner URL's user",
            ),
        )


@dataclass(frozen=True)
class Database:
    """Where the database is: as the service, as its owner (None: not told), and as a superuser if it is embedded."""

    app: str
    owner: str | None
    superuser: str | None

    @property
    def is_embedded(self) -> bool:
        """Tell whether the server is our own: then there are development keys."""
        return self.superuser is not None


@contextmanager
def opened(values: Values, asked: DatabaseSettings, whose: Ownership) -> Iterator[Database]:
    """Name the database, holding the embedded server while it is needed, unless a URL is set.

    Raises:
        SettingsError: the owner's URL without the service's, or of another database.
    """
    url, owner = values[asked.url], values[asked.owner_url]
    if owner is not None:
        _check_same(asked, url, owner)
    if url is not None:
        yield Database(
            app=_with_password(url, values[asked.password_file]),
            owner=None if owner is None else _with_password(owner, values[asked.owner_password_file]),
            superuser=None,
        )
        return
    home = values.need(LOCAL_DIR) / "postgres"
    with EmbeddedPostgres(home, scratch=values.need(SCRATCH), binaries=values[EMBEDDED_PG_BIN]) as server:
        yield Database(
            app=server.dsn(whose.database, whose.app),
            owner=server.dsn(whose.database, whose.owner),
            superuser=server.dsn(MAINTENANCE, "postgres"),
        )


def role_sql(whose: Ownership) -> str:
    """Return the SQL that makes the roles and the database, to be run by someone who may."""
    return (
        f"{whose.roles_sql}\n-- Then, outside a transaction:\n"
        f"CREATE DATABASE {whose.database} OWNER {whose.owner} ENCODING 'UTF8' TEMPLATE template0;\n"
    )


def ensure(at: Database, whose: Ownership) -> None:
    """Make roles and database, or set them right, if this user may create roles; else leave them as they are.

    On a server that asks for passwords, the app's is set to the one that the settings give.

    Raises:
        NotReady: roles are missing, and this user may not make them as they must be.
    """
    admin = at.superuser or (at.owner and make_conninfo(at.owner, dbname=MAINTENANCE))
    if not admin or (not at.is_embedded and not _may_create_roles(admin)):
        return
    password = conninfo_to_dict(at.app).get("password")
    try:
        ensure_roles(admin, whose, {whose.app: str(password)} if password else None)
    except NotReady:
        # Who may create roles but is no superuser may not set them right: that is left to whoever made them.
        if not _has_roles(admin, whose):
            raise
    ensure_database(admin, whose, _name_in(at.owner or at.app))


def ensure_roles(superuser_dsn: str, whose: Ownership, passwords: Mapping[str, str] | None = None) -> None:
    """Make a service's roles, or set them right; `passwords` by role, for a server that asks for them.

    Raises:
        NotReady: this user may not create roles.
    """
    with psycopg.connect(superuser_dsn) as connection:
        # Two first starts at once: `ALTER ROLE` of one row by two sessions fails, it does not wait.
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{whose.database}.roles"])
        try:
            connection.execute(whose.roles_sql.encode())
            for role, password in (passwords or {}).items():
                verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
                # The server is sent a verifier, so no log of it can hold the password.
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
                )
        except psycopg.errors.InsufficientPrivilege as error:
            cure = f"run what `{whose.database} migrate --sql` prints"
            raise NotReady("a user who may create roles", connection.info.user, cure) from error


def ensure_database(superuser_dsn: str, whose: Ownership, name: str | None = None) -> bool:
    """Make the database if it is not there; return whether it was made."""
    name = name or whose.database
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"{whose.database}.database"])
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return False
        statement = sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(whose.owner)))
        return True


def check_server(connection: psycopg.Connection[Any], *, is_scratch_allowed: bool) -> None:
    """Check that a server keeps what it acknowledges, speaks UTF-8, and is not too old.

    Raises:
        NotReady: the first thing that is not as it must be.
    """
    major = connection.info.server_version // 10_000
    if major < MAJOR_MIN:
        raise NotReady(f"PostgreSQL {MAJOR_MIN} or newer", f"PostgreSQL {major}")
    encoding = _setting(connection, "server_encoding")
    if encoding != "UTF8":
        raise NotReady("a database in UTF8", f"one in {encoding}", "make it by `migrate`, or from template0")
    off = [name for name in DURABLE if _setting(connection, name) == "off"]
    if off and not is_scratch_allowed:
        cure = "turn them on; or, for trials alone, set ALLOW_SCRATCH_DATABASE=1"
        raise NotReady(f"{', '.join(DURABLE)} on", f"{', '.join(off)} off", cure)


def answering(check: Check) -> Check:
    """Return a check that says of a database which does not answer that it does not, and nothing more of the error."""

    def checked() -> None:
        try:
            check()
        except psycopg.OperationalError as error:
            raise NotReady("a database that answers", type(error).__name__) from error

    return checked


def _setting(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(row[0]) if row else ""


def _may_create_roles(dsn: str) -> bool:
    try:
        with psycopg.connect(dsn) as connection:
            asked = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
            row = connection.execute(asked).fetchone()
            return bool(row and row[0])
    except psycopg.OperationalError:
        return False  # Not let into the maintenance database: then the roles are somebody else's to make.


def _has_roles(dsn: str, whose: Ownership) -> bool:
    roles = [whose.owner, whose.app, *whose.readers]
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY (%s)", [roles]).fetchone()
    return row == (len(roles),)


def _check_same(asked: DatabaseSettings, url: str | None, owner: str) -> None:
    """Refuse an owner's URL that leads elsewhere: what is migrated must be what is served."""
    expected = f"{asked.owner_url.name}: expected the database of {asked.url.name}"
    if url is None:
        raise SettingsError([f"{expected}, found that unset: set both, or neither"])
    names = _name_in(url), _name_in(owner)
    if names[0] != names[1]:
        raise SettingsError([f"{expected}, {names[0]!r}, found {names[1]!r}: name the same in both"])


def _name_in(url: str) -> str:
    """Return the name of the database that a URL leads to: where none stands, it is the user's."""
    parts = conninfo_to_dict(url)
    return str(parts.get("dbname") or parts.get("user") or "")


def _with_password(url: str, file: Path | None) -> str:
    if file is not None:
        return make_conninfo(url, password=settings.read_secret(file))
    if settings.holds_password(url):
        logs.get_logger().warning("a password in a database URL: it belongs into a file")
    return url
