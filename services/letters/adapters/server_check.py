"""What a database server must be before letters are kept on it."""

from typing import Any

import psycopg

from letters.domain.errors import NotReady

MAJOR_LEAST = 15
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


def check(dsn: str, *, may_be_scratch: bool) -> None:
    """Check that what the server acknowledges it keeps, that it speaks UTF-8, and that it is not too old.

    Raises:
        NotReady: the first thing that is missing.
    """
    with psycopg.connect(dsn) as connection:
        if connection.info.server_version < MAJOR_LEAST * 10_000:
            raise NotReady(f"PostgreSQL {MAJOR_LEAST} or newer", str(connection.info.server_version // 10_000))
        if (encoding := _setting(connection, "server_encoding")) != "UTF8":
            raise NotReady("a database in UTF8", encoding)
        off = [name for name in DURABLE if _setting(connection, name) == "off"]
        if off and not may_be_scratch:
            raise NotReady(f"{', '.join(DURABLE)} on, or ALLOW_SCRATCH_DATABASE=1", f"{', '.join(off)} off")


def _setting(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(row[0]) if row else ""
