"""The pool of connections of one process: made after the fork, opened and closed by whoever runs the process.

Schools are schemas on one pool. SQL names its schema, so the statements multiply by the number of schools; the driver
keeps up to 2000 prepared (its default of 100 would prepare them anew all the time, at half the speed).
"""

from collections import deque
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

Pool = ConnectionPool[psycopg.Connection[Any]]


class _Stack(deque[Any]):
    """Connections that are free, the one put back last in front: that one's server process has all at hand."""

    append = deque.appendleft


def make_pool(dsn: str, *, max_size: int = 6, max_waiting: int = 12, timeout_s: float = 2) -> Pool:
    """Make a pool, not yet open: a `with` statement opens and closes it.

    A full pool answers after `timeout_s`, or at once if `max_waiting` wait already: a flood gets quick refusals.
    """
    pool = ConnectionPool(
        dsn,
        kwargs={"autocommit": True},
        configure=_configure,
        min_size=1,
        max_size=max_size,
        max_waiting=max_waiting,
        timeout=timeout_s,
        open=False,
        name="casework",
    )
    # The pool takes the one that was put back first: all in turn, each of them cold.
    pool._pool = _Stack()  # noqa: SLF001 - it has no setting for it
    return pool


def _configure(connection: psycopg.Connection[Any]) -> None:
    connection.prepared_max = 2000
