"""The database connection of one process, and the stock recorder of eventsourcing 9.5.6 on top of it.

One pool for everything of a process, made after the fork. The stock recorder's own pool and its settings from the
environment are left out: it gets this one. Two of its habits are undone here:

- it repeats a failed statement ten times, for up to half a minute; instead a database that does not answer is
  :class:`StoreUnavailable` at once, and whoever holds an Idempotency-Key decides whether to repeat;
- its destructor closes the pool; here only :func:`close` does.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from eventsourcing import persistence
from eventsourcing.postgres import PostgresDatastore, PostgresFactory
from eventsourcing.utils import Environment
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

from letters.domain.errors import StoreUnavailable

APPLICATION = "Letters"
"""The application's name: the stock recorder derives the names of its tables from it."""
SCHEMA = "letters"
LIMITS = "-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=10s"

Pool = ConnectionPool[psycopg.Connection[DictRow]]


def open_pool(dsn: str, size: int = 6) -> Pool:
    """Open a pool; waits at most 2 s for a connection, and lets at most 12 wait."""
    pool: Pool = ConnectionPool(
        dsn,
        kwargs={"row_factory": dict_row, "autocommit": True, "options": LIMITS},
        min_size=1,
        max_size=size,
        max_waiting=12,
        timeout=2.0,
        open=False,
        check=ConnectionPool.check_connection,
        name=f"letters-{os.getpid()}",
    )
    pool.open()
    return pool


@contextmanager
def borrowed(pool: Pool) -> Iterator[psycopg.Connection[DictRow]]:
    """Borrow a connection in autocommit mode.

    Raises:
        StoreUnavailable: none is free in time, or it broke.
    """
    try:
        with pool.connection() as connection:
            yield connection
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise StoreUnavailable(_sqlstate(error)) from error


def factory(pool: Pool) -> PostgresFactory:
    """Return the stock factory of recorders, on this pool, with tables that ``migrate`` made."""
    return _Factory(pool)


class _Datastore(PostgresDatastore):
    """The stock datastore on a pool that it neither opens nor closes."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(dbname="", host="", port="", user="", password="", schema=SCHEMA, lock_timeout=2)
        self.pool = cast("Any", pool)

    @contextmanager
    def get_connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        try:
            with super().get_connection() as connection:
                yield connection
        except (persistence.OperationalError, persistence.InterfaceError) as error:
            raise StoreUnavailable(_sqlstate(error.__cause__)) from error

    def close(self) -> None:
        """Leave the pool open: it is everybody's."""


class _Factory(PostgresFactory):
    """The stock factory without its reading of the environment."""

    def __init__(self, pool: Pool) -> None:
        persistence.InfrastructureFactory.__init__(self, Environment(APPLICATION, {self.CREATE_TABLE: "n"}))
        self.datastore = _Datastore(pool)


def _sqlstate(error: BaseException | None) -> str:
    """Return the code of a database error; its message may quote values."""
    return getattr(error, "sqlstate", None) or type(error).__name__
