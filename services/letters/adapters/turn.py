"""Whose turn it is to follow, as an advisory lock in the database, on a connection of its own.

The lock is the session's. When the process ends, killed or not, the system closes its connection and the server lets go
at once; when a whole machine vanishes, the server finds out by keep-alives, within half a minute. A connection that the
server has closed is noticed by :meth:`PostgresTurn.is_mine`.
"""

from typing import Any

import psycopg

from letters.domain.errors import StoreUnavailable

LOCK = "letters.follow"
NOTICE_THE_DEAD = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"


class PostgresTurn:
    """The right to follow; give it back when done."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection[Any] | None = None

    def take(self) -> bool:
        """Take the lock if nobody has it; tell whether it is ours.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        try:
            if self._connection is None:
                self._connection = _connected(self._dsn)
            asked = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
            row = self._connection.execute(asked, [LOCK]).fetchone()
        except psycopg.Error as error:
            self.give_back()
            raise StoreUnavailable(error.sqlstate or type(error).__name__) from error
        return bool(row and row[0])

    def is_mine(self) -> bool:
        """Make sure that the session which holds the lock is still there."""
        try:
            if self._connection is None:
                return False
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            self.give_back()
            return False
        return True

    def give_back(self) -> None:
        """Close the connection, and with it let go of the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connected(dsn: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        dsn,
        autocommit=True,
        options=NOTICE_THE_DEAD,
        application_name="letters follow",
        connect_timeout=5,
        tcp_user_timeout=10_000,
    )
