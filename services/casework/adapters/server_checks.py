"""What a server must be before casework starts on it: able to keep what it acknowledged, and unable to change it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import psycopg

from casework.adapters import sql_files
from casework.adapters.driver_errors import translated
from servicekit import databases
from servicekit.readiness import NotReady

APART_S_MAX: Final = 5
"""`append` refuses an entry that is further ahead (CW004)."""

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


def check_clock(dsn: str, now: Callable[[], datetime]) -> None:
    """Check that the database's clock and ours agree, so that `append` takes what we record.

    Raises:
        NotReady: says by how much they differ.
    """
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None  # noqa: S101 - a query without FROM gives one row
    differs_s = (row[0] - now()).total_seconds()
    if not -APART_S_MAX <= differs_s <= APART_S_MAX:
        found = f"the database {abs(differs_s):.0f} s {'ahead' if differs_s > 0 else 'behind'}"
        raise NotReady(f"two clocks at most {APART_S_MAX} s apart", found, "set both by NTP")
