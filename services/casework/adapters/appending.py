"""Appending to one school's record: the writing half of the recorder.

Only one append can hold the lock, and each commit waits for the disk: commands that come meanwhile are appended
together by the next transaction, each on its own terms. Whoever makes that call encodes the entries of all: in a row
they take less than each does in a thread that has just woken. A command with a key is tried three times in two
seconds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
import stamina
from eventsourcing.persistence import StoredEvent

from casework.adapters import sql_files
from casework.adapters.asking import Row, question
from casework.adapters.combining import Combiner
from casework.adapters.driver_errors import is_connection_lost, is_transient, refusal, translated
from casework.adapters.pool import Pool
from casework.adapters.stored import StoredEntry
from casework.domain.steps.closing import Erased

TOGETHER_MAX: Final = 32
"""So many commands in one transaction: each is a subtransaction, and of more than 64 the server keeps less at hand."""

_ATTEMPTS: Final = 3
_ATTEMPTS_TIMEOUT_S: Final = 2.0

Encode = Callable[[], Sequence[StoredEvent]]
"""Makes the entries of one command: `state` is an entry; what is sealed comes with a `StoredEntry`."""


class Asked(NamedTuple):
    """What one command asks for, under its key, with the hash of what it was asked by: method, path, body and file.

    `encode` may be called by another thread, and again. Entries that erase (`is_erasing`) go by themselves.
    """

    command: UUID
    body_sha256: bytes
    encode: Encode
    is_erasing: bool


class Appended(NamedTuple):
    """Where the entries of a command are, and whether they were there before; `entries` are those now asked for."""

    first: int
    last: int
    is_repeated: bool
    entries: list[bytes]


class _Encoded(NamedTuple):
    """What a command asks for, as `append` takes it; which of its entries erase, by index."""

    command: UUID
    body_sha256: bytes
    entries: list[bytes]
    sealed: list[bytes | None]
    erasing: list[int]


class Appending:
    """Adds to one school's record."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema
        self._waiting = Combiner(self._append_each, most=TOGETHER_MAX)

    def append(self, asked: Asked) -> Appended:
        """Append the entries of one command, all or none. Raises what `Recorder.insert_events` lists, and `encode`."""
        with translated():
            appended = self._append(asked)
        if isinstance(appended, Exception):
            raise appended
        return appended

    def _append(self, asked: Asked) -> Appended | Exception:
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

    def _append_once(self, asked: Asked) -> Appended | Exception:
        return self._append_erasing(_encoded(asked)) if asked.is_erasing else self._waiting.ask(asked)

    def _append_each(self, several: Sequence[Asked]) -> Sequence[Appended | Exception]:
        """Append what several commands ask for, those aside whose entries cannot be made: to each its own answer."""
        made = [_encoded_or_error(asked) for asked in several]
        encoded = [each for each in made if isinstance(each, _Encoded)]
        appended = iter(self._append_together(encoded) if encoded else ())
        return [next(appended) if isinstance(each, _Encoded) else each for each in made]

    def _append_together(self, several: Sequence[_Encoded]) -> Sequence[Appended | Exception]:
        """Append several in one transaction; one alone needs nothing to tell it from others."""
        if len(several) == 1:
            return [_appended(several[0], self._ask(*_question(several[0]))[0])]
        rows = self._ask(
            "append_each",
            {
                "commands": [each.command for each in several],
                "bodies_sha256": [each.body_sha256 for each in several],
                "counts": [len(each.entries) for each in several],
                "entries": [entry for each in several for entry in each.entries],
                "sealed": [sealed for each in several for sealed in each.sealed],
            },
        )
        return [
            Appended(first, last, is_repeated, each.entries) if code is None else refusal(code, problem)
            for each, (first, last, is_repeated, code, problem) in zip(several, rows, strict=True)
        ]

    def _append_erasing(self, encoded: _Encoded) -> Appended:
        """Append entries that erase, and destroy in the same transaction the keys which they name."""
        name, values = _question(encoded)
        with self._checking(), self._pool.connection() as connection, connection.transaction():
            row = connection.execute(sql_files.query(name, self._schema), values, binary=True).fetchone()
            assert row is not None  # noqa: S101 - a function with OUT parameters returns one row or raises
            appended = _appended(encoded, row)
            # Not one without the other: an entry that erases, and a key that is destroyed. What was carried out
            # before destroyed its own, which may be fewer than these.
            for index in () if appended.is_repeated else encoded.erasing:
                connection.execute(sql_files.query("erase", self._schema), [appended.first + index], binary=True)
        return appended

    def _ask(self, name: str, values: Mapping[str, Any]) -> Sequence[Row]:
        """Ask, in its own transaction. What it appends is durable by then: a crash costs an answer, never an entry."""
        with self._checking():
            return self._pool.ask(question(name, self._schema), values)

    @contextmanager
    def _checking(self) -> Iterator[None]:
        """Look at all connections once one was lost: if the server stopped, the next attempt is to find a live one."""
        try:
            yield
        except psycopg.Error as error:
            if is_connection_lost(error):
                self._pool.check()
            raise


def _appended(encoded: _Encoded, row: Row) -> Appended:
    first, last, is_repeated = row
    return Appended(first, last, is_repeated, encoded.entries)


def _question(encoded: _Encoded) -> tuple[str, Mapping[str, Any]]:
    """Return what appends the entries of one command, and its values."""
    values: dict[str, Any] = {"command": encoded.command, "body_sha256": encoded.body_sha256}
    if len(encoded.entries) == 1:
        # Most commands have one entry; the driver takes longer over an array of one than over the one.
        return "append_one", {**values, "entry": encoded.entries[0], "sealed": encoded.sealed[0]}
    return "append", {**values, "entries": encoded.entries, "sealed": encoded.sealed}


def _encoded_or_error(asked: Asked) -> _Encoded | Exception:
    try:
        return _encoded(asked)
    except Exception as error:  # noqa: BLE001 - of any kind: raised by whoever asked for this one, and by nobody else
        return error


def _encoded(asked: Asked) -> _Encoded:
    events = asked.encode()
    erasing = [index for index, event in enumerate(events) if event.topic == Erased.type_name]
    if erasing and not asked.is_erasing:
        raise ValueError(f"command {asked.command}: expected is_erasing, as an entry erases; else its key would stay")
    return _Encoded(
        command=asked.command,
        body_sha256=asked.body_sha256,
        entries=[event.state for event in events],
        sealed=[event.sealed if isinstance(event, StoredEntry) else None for event in events],
        erasing=erasing,
    )
