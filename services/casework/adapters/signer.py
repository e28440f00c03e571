"""The checkpoint run: sign the size and root of the record, so that others can hold us to it.

One at a time, under an advisory lock:

1. open the last note; the stored leaves up to its size must give its root, else the record was forked: do not sign;
2. each new leaf must fit its entry, positions without a gap, then it is pushed;
3. sign, verify the signature, store; only then is the note shown.

A run that lives on (`casework checkpoint --every 60`) remembers the compact range of what it signed and reads only what
is new. Older leaves are left to `casework verify`.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from casework.adapters import sql_files
from casework.adapters.driver_errors import translated
from casework.adapters.schools import School
from casework.application.store import RecordBroken
from casework.ledger.entry import leaf_hash
from casework.ledger.merkle import CompactRange
from casework.ledger.note import Signer, open_note
from casework.ledger.verify import LedgerError

ROWS_AT_ONCE: Final = 1000


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint that is stored, and whether this run made it."""

    size: int
    root: bytes
    note: str
    is_new: bool


class CheckpointRun:
    """Signs the checkpoints of one record."""

    def __init__(self, dsn: str, school: School, signer: Signer) -> None:
        self._dsn = dsn
        self._school = school
        self._signer = signer
        self._range = CompactRange()

    def run(self) -> SignedCheckpoint | None:
        """Sign what is new; return the latest checkpoint, or None of an empty record.

        Raises:
            RecordBroken: the record no longer fits its last checkpoint, or an entry its leaf; nothing was signed.
            Unavailable: no database, or another run has not ended in time.
        """
        with self._locked() as connection:
            last = self._last(connection)
            signed_size = last.size if last else 0
            grown = self._caught_up(connection, last)
            for position, leaf, entry in self._new(connection, signed_size):
                _check_leaf(grown.size + 1, position, leaf, entry)
                grown.push(leaf)
            if grown.size == signed_size:
                self._range = grown
                return last
            signed = self._signed(connection, grown)
        # Stored and durable; from here on it may be shown. A crash before this line costs one more run.
        self._range = grown
        return signed

    def _signed(self, connection: psycopg.Connection[Any], grown: CompactRange) -> SignedCheckpoint:
        root = grown.root()
        note = self._signer.sign_checkpoint(grown.size, root)
        statement = sql_files.compose("SELECT {s}.keep_checkpoint(%s, %s, %s)", self._school.schema)
        connection.execute(statement, [grown.size, root, note])
        connection.commit()
        return SignedCheckpoint(grown.size, root, note, is_new=True)

    def _last(self, connection: psycopg.Connection[Any]) -> SignedCheckpoint | None:
        """Return the last checkpoint, opened: signed by us, and as its row says."""
        statement = sql_files.compose(
            "SELECT size, root, note FROM {s}.checkpoint ORDER BY size DESC LIMIT 1", self._school.schema
        )
        row = connection.execute(statement).fetchone()
        if row is None:
            return None
        size, root, note = row
        try:
            said = open_note(note, self._signer.keys, self._signer.origin)
        except LedgerError as error:
            raise RecordBroken(f"checkpoint {size}: {error}") from None
        if (said.size, said.root) != (size, root):
            raise RecordBroken(f"checkpoint {size}: its note says size {said.size}, root {said.root.hex()[:16]}")
        return SignedCheckpoint(size, root, note, is_new=False)

    def _caught_up(self, connection: psycopg.Connection[Any], last: SignedCheckpoint | None) -> CompactRange:
        """Return the compact range at the last checkpoint, proved by its root."""
        size, root = (last.size, last.root) if last else (0, CompactRange().root())
        if self._range.size > size:
            raise RecordBroken(
                f"checkpoint {self._range.size}: signed by this process, and gone; the last one there is {size}"
            )
        for begun in (self._range.copy(), CompactRange()):
            for position, leaf in self._leaves(connection, begun.size, size):
                _check_position(begun.size + 1, position)
                begun.push(leaf)
            if begun.size == size and begun.root() == root:
                return begun
        raise RecordBroken(
            f"checkpoint {size}: expected root {root.hex()[:16]} as signed, found {begun.root().hex()[:16]} of the"
            f" {begun.size} stored leaves up to it; the record was forked: run `casework verify`"
        )

    def _leaves(self, connection: psycopg.Connection[Any], after: int, upto: int) -> Iterator[tuple[int, bytes]]:
        statement = "SELECT position, leaf FROM {s}.event WHERE position > %s AND position <= %s ORDER BY position"
        yield from self._stream(connection, statement, [after, upto])

    def _new(self, connection: psycopg.Connection[Any], after: int) -> Iterator[tuple[int, bytes, bytes]]:
        statement = "SELECT position, leaf, entry FROM {s}.event WHERE position > %s ORDER BY position"
        yield from self._stream(connection, statement, [after])

    def _stream(self, connection: psycopg.Connection[Any], statement: str, parameters: list[int]) -> Iterator[Any]:
        with connection.cursor(name="leaves", binary=True) as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(sql_files.compose(statement, self._school.schema), parameters)
            yield from cursor

    @contextmanager
    def _locked(self) -> Iterator[psycopg.Connection[Any]]:
        with translated(), closing(psycopg.connect(self._dsn)) as connection:
            connection.execute("SET statement_timeout = 0")
            connection.execute(
                "SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"{self._school.schema}.checkpoint_run"]
            )
            connection.commit()
            yield connection


def _check_position(expected: int, found: int) -> None:
    if found != expected:
        raise RecordBroken(f"entry {expected}: missing; the next one there is {found}")


def _check_leaf(expected: int, position: int, leaf: bytes, entry: bytes) -> None:
    _check_position(expected, position)
    computed = leaf_hash(entry)
    if computed != leaf:
        raise RecordBroken(
            f"entry {position}: expected leaf {leaf.hex()[:16]} as stored by append, found {computed.hex()[:16]} of the"
            " stored bytes; it was altered"
        )
