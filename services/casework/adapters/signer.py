"""The checkpoint run: sign the size and root of the record, so that others can hold us to it.

One at a time, under an advisory lock:

1. open the last note; the record must still give its root. The edge of the tree is read from the tiles (`tiles`) up to
   1024 leaves at least before that size, and from the leaves from there on: the root proves the tiles it was read from.
   If it is another, all tiles are built anew from the leaves; if it still is, the record was forked: do not sign;
2. each new leaf must fit its entry, positions without a gap, then it is pushed;
3. add the tiles that are full now; sign, verify the signature, store; only then is the note shown.

So on every run, new entries or none:

- noticed: a record shorter than its checkpoint, any of the last 1024 signed leaves altered, removed or replaced, the
  first entry gone, a checkpoint gone or signed over another record than the last one this process knows of;
- not noticed: a leaf further back that was altered or removed, or signed bytes under a leaf that was not. `casework
  verify` reads everything.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, Final, NamedTuple

import psycopg

from casework.adapters import sql_files
from casework.adapters.driver_errors import translated
from casework.adapters.key_files import Signing
from casework.adapters.record_keys import named_keys, signing_keys
from casework.adapters.schools import School
from casework.adapters.tiles import grow, read_edge
from casework.application.store import RecordBroken
from casework.ledger.entry import leaf_hash
from casework.ledger.note import open_note
from casework.ledger.tiles import WIDTH, Edge, split_hashes
from casework.ledger.verify import Incomplete, LedgerError, RootDiffers, short
from servicekit import logs

ROWS_AT_ONCE: Final = 1000
REREAD: Final = 1024

_LAST: Final = "SELECT size, root, note FROM {s}.checkpoint ORDER BY size DESC LIMIT 1"
_FIRST: Final = "SELECT position FROM {s}.event ORDER BY position LIMIT 1"
_SIGNED: Final = "SELECT position, leaf FROM {s}.event WHERE position > %s AND position <= %s ORDER BY position"
_NEW: Final = "SELECT position, leaf, entry FROM {s}.event WHERE position > %s ORDER BY position"

Connection = psycopg.Connection[Any]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint that is stored, and whether this run made it."""

    size: int
    root: bytes
    note: str
    is_new: bool


def last_signed(connection: Connection, school: School, signer: Signing) -> SignedCheckpoint | None:
    """Return the last checkpoint, opened: signed by us, and as its row says.

    Raises:
        RecordBroken: it is not.
    """
    row = connection.execute(sql_files.compose(_LAST, school.schema)).fetchone()
    if row is None:
        return None
    size, root, note = row
    try:
        said = open_note(note, signer.keys, signer.origin)
    except LedgerError as error:
        raise RecordBroken(f"checkpoint {size}: {error}") from None
    if (said.size, said.root) != (size, root):
        raise RecordBroken(f"checkpoint {size}: its note says size {said.size}, root {said.root.hex()[:16]}")
    return SignedCheckpoint(size, root, note, is_new=False)


def read_again(connection: Connection, school: School, last: SignedCheckpoint | None) -> None:
    """Read what the next run will read, and sign nothing: the last signed leaves, the first entries not signed yet.

    Raises:
        RecordBroken, RootDiffers: the next run will refuse, or has to build tiles anew first.
        Incomplete: a tile that it goes on from is missing, which tells nothing: the run builds it.
    """
    size = last.size if last else 0
    for (first,) in _rows(connection, school, _FIRST):
        _check_position(1, first)
    for expected, row in enumerate(_rows(connection, school, f"{_NEW} LIMIT {REREAD}", size), size + 1):
        _check_leaf(expected, *row)
    if last is not None:
        edge = read_edge(connection, school.schema, max(0, size - REREAD) // WIDTH * WIDTH)
        for _, leaf in _rows(connection, school, _SIGNED, edge.size, size):
            edge.push(leaf)
        _check_root(last, edge.size, edge.root())


class Rebuilt(NamedTuple):
    """How many tiles were built, and from how many entries."""

    tiles: int
    size: int


class CheckpointRun:
    """Signs the checkpoints of one record; on every run `reread` signed leaves at least are read again, or all."""

    def __init__(self, dsn: str, school: School, signer: Signing, *, reread: int = REREAD) -> None:
        self._dsn = dsn
        self._school = school
        self._schema = school.schema
        self._signer = signer
        self._reread = reread
        self._known: SignedCheckpoint | None = None
        self._numbers = count()

    def run(self) -> SignedCheckpoint | None:
        """Sign what is new; return the latest checkpoint, or None of an empty record.

        Raises:
            RecordBroken: the record no longer fits its last checkpoint, or an entry its leaf; nothing was signed.
            Unavailable: no database, another run has not ended in time, or the record names a key we do not have.
        """
        with self._locked() as connection:
            last = self._last(connection)
            edge = self._proved_edge(connection, last)
            signed_size = edge.size
            for _ in grow(connection, self._schema, edge, _runs(self._new_leaves(connection, signed_size))):
                pass
            made = self._signed(connection, edge, signed_size) if edge.size > signed_size else last
            # The commit point: tiles and note are durable from here on, and the note may be shown. A crash before this
            # line costs one more run.
            connection.commit()
        self._known = made
        return made

    def rebuild_tiles(self, progress: Progress) -> Rebuilt:
        """Drop all tiles and build them from the leaves, up to the last checkpoint.

        `progress` is told how many more leaves are done.

        Raises:
            RecordBroken: the leaves do not give the root that was signed; the tiles stay as they were.
            Unavailable: as above.
        """
        with self._locked() as connection:
            last = self._last(connection)
            with _forked():
                edge = self._edge_of_leaves(connection, last, progress)
            built = connection.execute(self._composed("SELECT count(*) FROM {s}.tile")).fetchone()
            connection.commit()
        assert built is not None  # noqa: S101 - an aggregate always has a row
        return Rebuilt(built[0], edge.size)

    def _signed(self, connection: Connection, edge: Edge, signed_size: int) -> SignedCheckpoint:
        root = edge.root()
        keys = signing_keys(named_keys(connection, self._schema, edge.size), signed_size, self._signer)
        note = self._signer.sign_checkpoint(edge.size, root, keys)
        statement = sql_files.compose("SELECT {s}.keep_checkpoint(%s, %s, %s)", self._schema)
        connection.execute(statement, [edge.size, root, note])
        return SignedCheckpoint(edge.size, root, note, is_new=True)

    def _last(self, connection: Connection) -> SignedCheckpoint | None:
        """Return the last checkpoint; it cannot be of fewer entries, or of others, than the one this process knows."""
        last, known = last_signed(connection, self._school, self._signer), self._known
        if known is not None and (last is None or last.size < known.size):
            found = last.size if last else 0
            raise RecordBroken(
                f"checkpoint {known.size}: known to this process, and gone; the last one there is {found}"
            )
        for (first,) in self._stream(connection, self._composed(_FIRST), []):
            _check_position(1, first)
        return last

    def _proved_edge(self, connection: Connection, last: SignedCheckpoint | None) -> Edge:
        """Return the edge at the last checkpoint, proved by its root: what is kept or remembered is never enough."""
        if last is None:
            return Edge()
        base = max(0, last.size - self._reread) // WIDTH * WIDTH
        with _forked():
            if base:
                try:
                    return self._edge_of_tiles(connection, last, base)
                except LedgerError as error:
                    logs.get_logger().warning("tiles are missing or do not fit, and are built anew", error=type(error))
            return self._edge_of_leaves(connection, last)

    def _edge_of_tiles(self, connection: Connection, last: SignedCheckpoint, base: int) -> Edge:
        edge = read_edge(connection, self._schema, base)
        known = self._known
        if known is not None and known.size < base:
            _check_root(known, known.size, read_edge(connection, self._schema, known.size).root())
        self._reread_leaves(connection, edge, last)
        return edge

    def _edge_of_leaves(
        self, connection: Connection, last: SignedCheckpoint | None, progress: Progress | None = None
    ) -> Edge:
        connection.execute(sql_files.compose("DELETE FROM {s}.tile", self._schema))
        edge = Edge()
        if last is not None:
            self._reread_leaves(connection, edge, last, progress)
        return edge

    def _reread_leaves(
        self, connection: Connection, edge: Edge, last: SignedCheckpoint, progress: Progress | None = None
    ) -> None:
        """Push the signed leaves from an edge on; there must be as many as were signed, and they must give the root."""
        for signed in filter(None, (self._known, last)):
            begun = edge.size
            if begun <= signed.size:
                for size in grow(connection, self._schema, edge, self._signed_leaves(connection, begun, signed.size)):
                    if progress is not None:
                        progress(size - begun)
                    begun = size
                _check_root(signed, edge.size, edge.root())

    def _signed_leaves(self, connection: Connection, after: int, upto: int) -> Iterator[Sequence[bytes]]:
        statement = sql_files.query("leaf_runs", self._schema)
        for before, number, joined in self._stream(connection, statement, {"after": after, "upto": upto}):
            if number < min(before + WIDTH, upto) - before:
                self._tell_missing(connection, before)
            yield split_hashes(joined or b"")

    def _tell_missing(self, connection: Connection, before: int) -> None:
        """Name the first entry that is missing after a position; where it is the last that is, the root will differ."""
        statement = self._composed("SELECT position FROM {s}.event WHERE position > %s ORDER BY position")
        for expected, (position,) in enumerate(self._stream(connection, statement, [before]), before + 1):
            _check_position(expected, position)

    def _new_leaves(self, connection: Connection, after: int) -> Iterator[bytes]:
        for expected, row in enumerate(self._stream(connection, self._composed(_NEW), [after]), after + 1):
            _check_leaf(expected, *row)
            yield row[1]

    def _stream(
        self, connection: Connection, statement: bytes, parameters: Sequence[int] | Mapping[str, int]
    ) -> Iterator[Any]:
        with connection.cursor(name=f"cursor_{next(self._numbers)}", binary=True) as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(statement, parameters)
            yield from cursor

    def _composed(self, statement: str) -> bytes:
        return sql_files.compose(statement, self._schema)

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        with translated(), closing(psycopg.connect(self._dsn)) as connection:
            connection.execute("SET statement_timeout = 0")
            connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"{self._schema}.checkpoint_run"])
            connection.commit()
            yield connection


def _rows(connection: Connection, school: School, statement: str, *parameters: int) -> list[Any]:
    return connection.execute(sql_files.compose(statement, school.schema), parameters, binary=True).fetchall()


def _runs(leaves: Iterator[bytes]) -> Iterator[Sequence[bytes]]:
    while run := list(islice(leaves, WIDTH)):
        yield run


def _check_root(signed: SignedCheckpoint, size: int, root: bytes) -> None:
    if (size, root) != (signed.size, signed.root):
        found = short(root, f"of the {size} stored leaves up to it")
        raise RootDiffers(f"checkpoint {signed.size}", f"root {short(signed.root, 'as signed')}", found)


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


@contextmanager
def _forked() -> Iterator[None]:
    try:
        yield
    except (RootDiffers, Incomplete) as error:
        raise RecordBroken(f"{error}; the record was forked: run `casework verify`") from None
