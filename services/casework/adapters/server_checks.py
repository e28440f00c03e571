"""What a server must be before a service starts on it: able to keep what it acknowledged, and unable to change it."""

from typing import Any, Final

import psycopg

from casework.adapters import sql_files
from casework.adapters.driver_errors import translated
from casework.adapters.errors import NotReady

MAJOR_MIN: Final = 15
DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")

_RECORD: Final = ("record", "event", "command", "checkpoint")


def check_server(dsn: str, *, is_scratch_allowed: bool = False) -> None:
    """Check the server and the role that a service is about to use.

    Raises:
        NotReady: older than 15; not UTF-8; not durable, unless that is allowed; or a role that could change the record.
        Unavailable: it does not answer.
    """
    with translated(), psycopg.connect(dsn, autocommit=True) as connection:
        major = connection.info.server_version // 10_000
        if major < MAJOR_MIN:
            raise NotReady(f"PostgreSQL {MAJOR_MIN} or newer", f"PostgreSQL {major}")
        encoding = _setting(connection, "server_encoding")
        if encoding != "UTF8":
            raise NotReady(
                "a database in UTF8", f"one in {encoding}", "make it by `casework migrate`, or from template0"
            )
        off = [name for name in DURABLE if _setting(connection, name) == "off"]
        if off and not is_scratch_allowed:
            cure = "turn them on; or, for trials alone, set ALLOW_SCRATCH_DATABASE=1"
            raise NotReady(f"{', '.join(DURABLE)} on", f"{', '.join(off)} off", cure)
        _check_role(connection)


def _check_role(connection: psycopg.Connection[Any]) -> None:
    rows = connection.execute(sql_files.text("queries/changing_rights.sql"), {"tables": list(_RECORD)}).fetchall()
    if rows:
        user = connection.info.user
        found = "; ".join(f"{user} {reason}" for (reason,) in rows)
        raise NotReady("a role that cannot change the record", found, "connect as casework_app")


def _setting(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(row[0]) if row else ""
