"""The pool of connections of one process: made after the fork, opened and closed by whoever runs the process.

Schools are schemas on one pool. SQL names its schema, so the statements multiply by the number of schools; the driver
keeps up to 2000 prepared (its default of 100 would prepare them anew all the time, at half the speed), and `asking`
some of its own.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from psycopg_pool import ConnectionPool

from casework.adapters.asking import Asking, Question, Row

NOTICE_THE_DEAD: Final = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""When a server's machine vanishes, nobody ends a statement for us: all who append wait for who waits for it, half a
minute at most."""


class _Stack(deque[Any]):
    """Connections that are free, the one put back last in front: that one's server process has all at hand."""

    append = deque.appendleft


class Pool(ConnectionPool[Asking]):
    """Connections that can be asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pool = _Stack()  # The driver's own takes the one put back first: each in turn, and each of them cold.

    def _shrink_pool(self) -> None:
        """Close one that nobody needed, if so: the one put back first, which is the last here."""
        with self._lock:
            self._pool.rotate()
        super()._shrink_pool()

    def ask(self, asked: Question, values: Mapping[str, Any]) -> list[Row]:
        """Ask over one of them, in no transaction; see :meth:`casework.adapters.asking.Asking.ask`.

        Raises:
            psycopg.Error: as a cursor does.
        """
        connection = self.getconn()
        try:
            return connection.ask(asked, values)
        finally:
            self.putconn(connection)


def make_pool(dsn: str, *, max_size: int = 6, max_waiting: int = 12, timeout_s: float = 2) -> Pool:
    """Make a pool, not yet open: a `with` statement opens and closes it.

    A full pool answers after `timeout_s`, or at once if `max_waiting` wait already: a flood gets quick refusals.
    """
    return Pool(
        dsn,
        connection_class=Asking,
        kwargs={"autocommit": True, **NOTICE_THE_DEAD},
        configure=_configure,
        min_size=1,
        max_size=max_size,
        max_waiting=max_waiting,
        timeout=timeout_s,
        open=False,
        name="casework",
    )


def _configure(connection: Asking) -> None:
    connection.prepared_max = 2000
