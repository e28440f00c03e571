"""Appending to one school's record: the writing half of the recorder.

Only one append can hold the lock, and each commit waits for the disk: commands that come meanwhile are appended
together by the next transaction, each on its own terms. Their entries were encoded by then, each in its own thread,
while the server was at work. A command with a key is tried three times in two seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
import stamina

from casework.adapters import sql_files
from casework.adapters.asking import question
from casework.adapters.combining import Combiner
from casework.adapters.driver_errors import is_connection_lost, is_transient, refusal, translated
from casework.adapters.pool import Pool
from casework.application.store import StoreError

TOGETHER_MAX: Final = 32
"""So many commands in one transaction: each is a subtransaction, and of more than 64 the server keeps less at hand."""

_ATTEMPTS: Final = 3
_ATTEMPTS_TIMEOUT_S: Final = 2.0


class Asked(NamedTuple):
    """What one command asks for, under its key, with the hash of what it was asked by: method, path, body and file.

    `sealed`: what is sealed of each entry; `erasing`: those that erase, by index.
    """

    command: UUID
    body_sha256: bytes
    entries: list[bytes]
    sealed: list[bytes | None]
    erasing: list[int]


class Appended(NamedTuple):
    """Where the entries of a command are; whether they were there before."""

    first: int
    last: int
    is_repeated: bool


class Appending:
    """Adds to one school's record."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema
        self._together = Combiner(lambda: _Line(pool, schema), most=TOGETHER_MAX)

    def append(self, asked: Asked) -> Appended:
        """Append the entries of one command, all or none. Raises what `Recorder.insert_events` lists."""
        with translated():
            appended = self._append(asked)
        if isinstance(appended, StoreError):
            raise appended
        return appended

    def _append(self, asked: Asked) -> Appended | StoreError:
        try:
            return self._append_once(asked)
        except psycopg.Error as error:
            if not is_transient(error):
                raise
        for attempt in stamina.retry_context(
            on=is_transient,
            attempts=_ATTEMPTS - 1,
            timeout=_ATTEMPTS_TIMEOUT_S,
            wait_initial=0.05,
            wait_max=0.5,
            wait_jitter=0.05,
        ):
            with attempt:
                return self._append_once(asked)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _append_once(self, asked: Asked) -> Appended | StoreError:
        return self._append_erasing(asked) if asked.erasing else self._together.ask(asked)

    def _append_erasing(self, asked: Asked) -> Appended:
        """Append entries that erase, and destroy in the same transaction the keys which they name."""
        name, values = _question([asked])
        with _checking(self._pool), self._pool.connection() as connection, connection.transaction():
            row = connection.execute(sql_files.query(name, self._schema), values, binary=True).fetchone()
            assert row is not None  # noqa: S101 - a function with OUT parameters returns one row or raises
            appended = Appended(*row)
            # Not one without the other: an entry that erases, and a key that is destroyed. What was carried out
            # before destroyed its own, which may be fewer than these.
            for index in () if appended.is_repeated else asked.erasing:
                connection.execute(sql_files.query("erase", self._schema), [appended.first + index], binary=True)
        return appended


class _Line:
    """A connection over which commands are appended, those of one call in one transaction.

    What a call appends is durable once it has ended: a crash costs an answer, never an entry.
    """

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema
        self._connection = pool.getconn()
        self._is_one = True

    def begin(self, several: Sequence[Asked]) -> None:
        """Send what several commands ask for."""
        name, values = _question(several)
        self._is_one = len(several) == 1
        with _checking(self._pool):
            self._connection.send(question(name, self._schema), values)

    def end(self) -> Sequence[Appended | StoreError]:
        """Wait for the answer to each. One that stood alone is refused by an exception."""
        with _checking(self._pool):
            rows = self._connection.receive()
        if self._is_one:
            return [Appended(*row) for row in rows]
        return [
            Appended(first, last, is_repeated) if code is None else refusal(code, problem)
            for first, last, is_repeated, code, problem in rows
        ]

    def close(self) -> None:
        """Give the connection back; the pool closes one that is in the middle of something."""
        self._pool.putconn(self._connection)


@contextmanager
def _checking(pool: Pool) -> Iterator[None]:
    """Look at all connections once one was lost: if the server stopped, the next attempt is to find a live one."""
    try:
        yield
    except psycopg.Error as error:
        if is_connection_lost(error):
            pool.check()
        raise


def _question(several: Sequence[Asked]) -> tuple[str, Mapping[str, Any]]:
    """Return what appends the entries of several commands, and its values; one needs nothing to tell it from others."""
    if len(several) > 1:
        return "append_each", {
            "commands": [asked.command for asked in several],
            "bodies_sha256": [asked.body_sha256 for asked in several],
            "counts": [len(asked.entries) for asked in several],
            "entries": [entry for asked in several for entry in asked.entries],
            "sealed": [sealed for asked in several for sealed in asked.sealed],
        }
    (asked,) = several
    values: dict[str, Any] = {"command": asked.command, "body_sha256": asked.body_sha256}
    if len(asked.entries) == 1:
        # Most commands have one entry; the driver takes longer over an array of one than over the one.
        return "append_one", {**values, "entry": asked.entries[0], "sealed": asked.sealed[0]}
    return "append", {**values, "entries": asked.entries, "sealed": asked.sealed}
