"""Looking at the rows of a whole record, a block at a time, in as many processes as the machine has processors.

Each process reads for itself, as of the moment of the scan that asks, and finds out whether the rows of a block hold by
themselves (`ledger.plain`); so what is left for the asker is to see whether they follow each other. The asker looks at
rows as well: nobody waits for a process to start, and a short record, which would be over before it did, has none.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from casework.adapters.scan import RecordScan
from casework.adapters.schools import School
from casework.application.store import StoreError, Unavailable
from casework.ledger.plain import FlatJson, Plain
from casework.ledger.rows import Block, Columns, Home
from casework.ledger.verify import INTEGER_MAX

if TYPE_CHECKING:
    from casework.adapters.sealed_parts import SealedParts
    from servicekit.sealing import MasterKeys

BLOCK_ROWS: Final = 500
BLOCKS_AT_ONCE: Final = 4
"""So many are with each other process, so that none waits for the next."""
BLOCKS_AHEAD_MAX: Final = 256
"""So many may be looked at before one in front of them is: what came of it is kept in memory."""
SHORT_ROWS: Final = 40_000
SHORT_ROWS_SEALED: Final = 5_000
"""Up to so many rows, to start a process costs more: fewer, if sealed parts are opened, which takes longest."""

_Simple = str | bool | Annotated[int, msgspec.Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)] | None
FLAT_JSON: Final = FlatJson(
    msgspec.json.Decoder(dict[str, _Simple | list[_Simple]]).decode_lines,
    msgspec.json.Encoder(order="sorted").encode_lines,
    msgspec.MsgspecError,
)
Looked = tuple[int, int, Block | None]
"""Rows after one position, up to another; the block is None where something stands out."""


@contextmanager
def looking(
    scan: RecordScan, masters: "MasterKeys | None", size: int, processes: int | None
) -> Iterator[Iterator[Looked]]:
    """Give all rows of a record up to a size, in order, in blocks; `processes` as `verify_record` has it."""
    looker = _Looker(scan, masters)
    if processes is None:
        processes = 1 if size <= (SHORT_ROWS_SEALED if masters else SHORT_ROWS) else os.cpu_count() or 1
    if processes <= 1:
        with RecordScan(scan.dsn, scan.school, as_of=scan.moment()) as beside:
            yield _unless_sparse(scan, size, _in_place(looker, beside, size))
        return
    with _helping(processes - 1, scan, masters) as pipes:
        yield _unless_sparse(scan, size, _shared(pipes, looker, size))


def home_of(scan: RecordScan) -> Home:
    """Return what names a record, as the ledger has it."""
    return Home(str(scan.home.stream), scan.home.origin, scan.home.is_scratch)


def _unless_sparse(scan: RecordScan, size: int, looked: Iterable[Looked]) -> Iterator[Looked]:
    """Yield blocks; the rest as one, once it is seen that positions jump: blocks could be empty without end."""
    is_dense = False
    for after, upto, block in looked:
        if block is None and upto > 1 and not is_dense:
            is_dense = size <= 2 * scan.count()
            if not is_dense:
                yield after, size, None
                return
        yield after, upto, block


class _Looker:
    """Looks at rows over one connection."""

    def __init__(self, scan: RecordScan, masters: "MasterKeys | None") -> None:
        self._scan = scan
        self._plain = Plain(home_of(scan), FLAT_JSON)
        self._parts = _sealed_parts(scan, masters) if masters else None
        self.with_sealed = masters is not None

    def look(self, after: int, upto: int) -> Looked:
        """Read the rows after one position, up to another, and look at them."""
        return self.look_at(after, upto, self._scan.some_rows(after, upto, with_sealed=self.with_sealed))

    def look_at(self, after: int, upto: int, rows: Sequence[tuple[Any, ...]]) -> Looked:
        """Look at rows that were read, unless one is missing."""
        if len(rows) != upto - after:
            return after, upto, None
        *cells, sealed = zip(*rows, strict=True)
        columns = Columns._make(cells)
        contents = self._parts.open_all(zip(columns.rows(), sealed, strict=True)) if self._parts else None
        return after, upto, self._plain.look(columns, contents)


def _sealed_parts(scan: RecordScan, masters: "MasterKeys") -> "SealedParts":
    # All that opens them takes a while to import, and a process that opens none is there sooner.
    from casework.adapters.sealed_parts import SealedParts  # noqa: PLC0415 - as said above

    return SealedParts(scan, masters)


def _spans(size: int) -> Iterator[tuple[int, int]]:
    """Yield all positions in parts, after one and up to another; the first entry alone, as it is never plain."""
    if size > 0:
        yield 0, 1
    for after in range(1, size, BLOCK_ROWS):
        yield after, min(after + BLOCK_ROWS, size)


def _in_place(looker: _Looker, beside: RecordScan, size: int) -> Iterator[Looked]:
    """Yield blocks in order, read over a connection beside, on which the server goes on while they are looked at."""
    spans = _spans(size)
    rows = beside.stream(with_sealed=looker.with_sealed)
    for after, upto in spans:
        found = list(islice(rows, upto - after))
        yield looker.look_at(after, upto, found)
        if not found or found[-1][0] != upto:
            break
    rows.close()
    # Where one is missing, those that follow are read by their positions.
    for span in spans:
        yield looker.look(*span)


def _shared(pipes: Sequence[Connection], looker: _Looker, size: int) -> Iterator[Looked]:
    """Yield blocks in order: a few are with each process behind a pipe, and the asker looks at others, not to wait."""
    spans = _spans(size)
    span = next(spans, None)
    asked: deque[int] = deque()
    found: dict[int, Looked] = {}
    busy = dict.fromkeys(pipes, 0)
    while asked or span is not None:
        may_ask = span is not None and len(asked) < BLOCKS_AHEAD_MAX
        ready = wait(pipes, 0 if may_ask or asked[0] in found else None)
        for pipe in pipes:
            if pipe in ready:
                looked = _received(pipe)
                found[looked[0]] = looked
                busy[pipe] -= 1
            while span is not None and len(asked) < BLOCKS_AHEAD_MAX and busy[pipe] < BLOCKS_AT_ONCE:
                _send(pipe, span)
                asked.append(span[0])
                busy[pipe] += 1
                span = next(spans, None)
        while asked and asked[0] in found:
            yield found.pop(asked.popleft())
        if span is not None and len(asked) < BLOCKS_AHEAD_MAX:
            found[span[0]] = looker.look(*span)
            asked.append(span[0])
            span = next(spans, None)


def _received(pipe: Connection) -> Looked:
    try:
        received: Looked | StoreError = pipe.recv()
    except (EOFError, OSError):
        raise _ended() from None
    if isinstance(received, StoreError):
        raise received
    return received


def _send(pipe: Connection, span: tuple[int, int]) -> None:
    try:
        pipe.send(span)
    except OSError:
        raise _ended() from None


def _ended() -> Unavailable:
    return Unavailable("a process that looks at rows has ended; start the check anew")


@contextmanager
def _helping(count: int, scan: RecordScan, masters: "MasterKeys | None") -> Iterator[list[Connection]]:
    """Start processes that look at rows as of the moment of a scan; give a pipe to each. They end with the pipe."""
    # Started anew, not forked: an open connection cannot be shared.
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    moment = scan.moment()
    try:
        for _ in range(count):
            ours, theirs = spawn.Pipe()
            pipes.append(ours)
            process = spawn.Process(target=_help, args=(theirs, scan.dsn, scan.school, moment, masters), daemon=True)
            process.start()
            theirs.close()
            processes.append(process)
        yield pipes
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join()


def _help(pipe: Connection, dsn: str, school: School, moment: str, masters: "MasterKeys | None") -> None:
    """Look at what comes through the pipe, until whoever asks closes it."""
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            with RecordScan(dsn, school, as_of=moment) as scan:
                looker = _Looker(scan, masters)
                while True:
                    pipe.send(looker.look(*pipe.recv()))
        except StoreError as error:
            pipe.send(error)
