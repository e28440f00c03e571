"""The database connection of one process, and the stock recorder of eventsourcing 9.5.6 on top of it.

One pool for everything of a process, made after the fork. The stock recorder's own pool and its settings from the
environment are left out: it gets this one. Two of its habits are undone here:

- it repeats a failed statement ten times, for up to half a minute; instead a database that does not answer is
  :class:`StoreUnavailable` at once, and whoever holds an Idempotency-Key decides whether to repeat;
- its destructor closes the pool; here only :func:`close` does.
"""

import os
import time
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

CHECK_EVERY_S = 1.0
"""A connection that was found alive so recently is lent without asking: what breaks meanwhile is StoreUnavailable."""

Pool = ConnectionPool[psycopg.Connection[DictRow]]


def open_pool(dsn: str, size: int = 6) -> Pool:
    """Open a pool; waits at most 2 s for a connection, and lets at most 12 wait."""
    pool: Pool = ConnectionPool(
        dsn,
        connection_class=_Connection,
        kwargs={"row_factory": dict_row, "autocommit": True, "options": LIMITS},
        min_size=1,
        max_size=size,
        max_waiting=12,
        timeout=2.0,
        open=False,
        check=_check,
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


class _Connection(psycopg.Connection[Any]):
    """A connection that knows when it was last found alive, by the monotonic clock."""

    alive_at = float("-inf")


def _check(connection: psycopg.Connection[Any]) -> None:
    """Ask whether a connection is alive, unless it was just now: that costs a round trip, a dozen for one e-mail."""
    assert isinstance(connection, _Connection)  # noqa: S101 - the pool makes no other
    now = time.monotonic()
    if now - connection.alive_at >= CHECK_EVERY_S:
        ConnectionPool.check_connection(connection)
        connection.alive_at = now


@contextmanager
def ahead(pool: Pool) -> Iterator[psycopg.Connection[DictRow]]:
    """Borrow a connection for a transaction whose commit does not wait for the disk, but is seen by all at once.

    For what counts only with an event that is appended afterwards (content), or what the events stand good for anyhow
    (leases, lists). Postgres writes its log in order, so the commit of a later event, which does wait, makes this one
    durable too: no crash leaves an event without what was stored ahead of it.

    Raises:
        StoreUnavailable: as `borrowed`.
    """
    with borrowed(pool) as connection, connection.transaction():
        connection.execute("SET LOCAL synchronous_commit = off")
        yield connection


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
