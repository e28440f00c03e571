"""The pool of connections of one process: made after the fork, opened and closed by whoever runs the process.

Schools are schemas on one pool. SQL names its schema, so the statements multiply by the number of schools; the driver
keeps up to 2000 prepared (its default of 100 would prepare them anew all the time, at half the speed).
"""

from collections.abc import Mapping
from typing import Any

from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from casework.adapters.connection import Connection
from casework.adapters.sql_files import Statement


class Pool(ConnectionPool[Connection]):
    """The driver's pool, and a short way for what is read over and over."""

    def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[TupleRow]:
        """Return what a query finds; see `Connection.rows`. A connection that is lost or busy goes, as it does else."""
        connection = self.getconn()
        try:
            return connection.rows(statement, values)
        finally:
            self.putconn(connection)


def make_pool(dsn: str, *, max_size: int = 6, max_waiting: int = 12, timeout_s: float = 2) -> Pool:
    """Make a pool, not yet open: a `with` statement opens and closes it.

    A full pool answers after `timeout_s`, or at once if `max_waiting` wait already: a flood gets quick refusals.
    """
    return Pool(
        dsn,
        connection_class=Connection,
        kwargs={"autocommit": True},
        configure=_configure,
        min_size=1,
        max_size=max_size,
        max_waiting=max_waiting,
        timeout=timeout_s,
        open=False,
        name="casework",
    )


def _configure(connection: Connection) -> None:
    connection.prepared_max = 2000
