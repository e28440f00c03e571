"""What a server must be before casework starts on it: able to keep what it acknowledged, and unable to change it."""

from typing import Any, Final

import psycopg

from casework.adapters import sql_files
from casework.adapters.driver_errors import translated
from servicekit import databases
from servicekit.readiness import NotReady

_RECORD: Final = ("record", "event", "command", "checkpoint")


def check_server(dsn: str, *, is_scratch_allowed: bool = False) -> None:
    """Check the server and the role that a service is about to use.

    Raises:
        NotReady: a server that may lose data, unless that is allowed; or a role that could change the record.
        Unavailable: it does not answer.
    """
    with translated(), psycopg.connect(dsn, autocommit=True) as connection:
        databases.check_server(connection, is_scratch_allowed=is_scratch_allowed)
        _check_role(connection)


def _check_role(connection: psycopg.Connection[Any]) -> None:
    rows = connection.execute(sql_files.text("queries/changing_rights.sql"), {"tables": list(_RECORD)}).fetchall()
    if rows:
        user = connection.info.user
        found = "; ".join(f"{user} {reason}" for (reason,) in rows)
        raise NotReady("a role that cannot change the record", found, "connect as casework_app")
