"""The checkpoint run: sign the size and root of the record, so that others can hold us to it.

One at a time, under an advisory lock:

1. open the last note; the stored leaves up to its size must give its root, else the record was forked: do not sign;
2. each new leaf must fit its entry, positions without a gap, then it is pushed;
3. sign, verify the signature, store; only then is the note shown.

The first run of a process reads all leaves. One that lives on (`casework checkpoint --every 60`) remembers the compact
range some way back, and on every run reads the last leaves again on top of it, new entries or none:

- noticed at the next run: a record shorter than its checkpoint, any of the last 1024 signed leaves altered, removed or
  replaced, the first entry gone, a checkpoint gone or signed over another record than the one remembered;
- not noticed before a new process runs: a leaf further back that was altered or removed, if the first is still there;
- not noticed here at all: signed bytes that were altered under a leaf that was not. `casework verify` reads everything.
"""

from collections import deque
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
REREAD: Final = 1024


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint that is stored, and whether this run made it."""

    size: int
    root: bytes
    note: str
    is_new: bool


class _Trail:
    """The compact range over all leaves so far, and the one `length` leaves ago, from where they are read again."""

    def __init__(self, length: int, behind: CompactRange | None = None) -> None:
        self._length = length
        self._recent = deque[bytes]()
        self.behind = behind.copy() if behind else CompactRange()
        self.reached = self.behind.copy()

    def push(self, leaf: bytes) -> None:
        self.reached.push(leaf)
        self._recent.append(leaf)
        if len(self._recent) > self._length:
            self.behind.push(self._recent.popleft())

    def again(self) -> "_Trail":
        """Return a trail that begins where this one is behind."""
        return _Trail(self._length, self.behind)


class CheckpointRun:
    """Signs the checkpoints of one record; on every run `reread` signed leaves at least are read again, or all."""

    def __init__(self, dsn: str, school: School, signer: Signer, *, reread: int = REREAD) -> None:
        self._dsn = dsn
        self._school = school
        self._signer = signer
        self._proved = _Trail(reread)

    def run(self) -> SignedCheckpoint | None:
        """Sign what is new; return the latest checkpoint, or None of an empty record.

        Raises:
            RecordBroken: the record no longer fits its last checkpoint, or an entry its leaf; nothing was signed.
            Unavailable: no database, or another run has not ended in time.
        """
        with self._locked() as connection:
            last = self._last(connection)
            signed_size = last.size if last else 0
            trail = self._caught_up(connection, last)
            for position, leaf, entry in self._new(connection, signed_size):
                _check_leaf(trail.reached.size + 1, position, leaf, entry)
                trail.push(leaf)
            if trail.reached.size == signed_size:
                self._proved = trail
                return last
            signed = self._signed(connection, trail.reached)
        # Stored and durable; from here on it may be shown. A crash before this line costs one more run.
        self._proved = trail
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

    def _caught_up(self, connection: psycopg.Connection[Any], last: SignedCheckpoint | None) -> _Trail:
        """Return the trail up to the last checkpoint, proved by its root: what is remembered is never enough."""
        size, root = (last.size, last.root) if last else (0, CompactRange().root())
        known = self._proved
        if known.reached.size > size:
            raise RecordBroken(
                f"checkpoint {known.reached.size}: signed by this process, and gone; the last one there is {size}"
            )
        for (first,) in self._stream(connection, "SELECT position FROM {s}.event ORDER BY position LIMIT 1", []):
            _check_position(1, first)
        trail = known.again()
        for position, leaf in self._leaves(connection, trail.reached.size, size):
            _check_position(trail.reached.size + 1, position)
            trail.push(leaf)
        if (trail.reached.size, trail.reached.root()) != (size, root):
            raise RecordBroken(
                f"checkpoint {size}: expected root {root.hex()[:16]} as signed, found"
                f" {trail.reached.root().hex()[:16]} of the {trail.reached.size} stored leaves up to it; the record was"
                " forked: run `casework verify`"
            )
        return trail

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
