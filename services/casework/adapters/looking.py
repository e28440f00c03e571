"""Looking at the rows of a whole record, a block at a time, in as many processes as the machine has processors.

Each process reads for itself, as of the moment of the scan that asks, and finds out whether the rows of a block hold by
themselves (`ledger.plain`); so what is left for the asker is to see whether they follow each other. A short record is
looked at in place: to start a process costs more.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Annotated, Final

import msgspec

from casework.adapters.scan import RecordScan
from casework.adapters.schools import School
from casework.adapters.sealed_parts import SealedParts
from casework.application.store import Unavailable
from casework.ledger.plain import FlatJson, Plain
from casework.ledger.rows import Block, Home
from casework.ledger.verify import INTEGER_MAX
from servicekit.sealing import MasterKeys

BLOCK_ROWS: Final = 500
BLOCKS_AT_ONCE: Final = 8
SHORT_ROWS: Final = 20_000

_Simple = str | bool | Annotated[int, msgspec.Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)] | None
FLAT_JSON: Final = FlatJson(
    msgspec.json.Decoder(dict[str, _Simple | list[_Simple]]).decode,
    msgspec.json.Encoder(order="sorted").encode,
    msgspec.MsgspecError,
)
Looked = tuple[int, int, Block | None]
"""Rows after one position, up to another; the block is None where something stands out."""


@contextmanager
def looking(
    scan: RecordScan, masters: MasterKeys | None, size: int, processes: int | None, *, with_commands: bool
) -> Iterator[Iterator[Looked]]:
    """Give all rows of a record up to a size, in order, in blocks; `processes` as `verify_record` has it.

    `with_commands`: each block says by which commands its rows were recorded.
    """
    if size > 2 * scan.count():
        # Positions jump: blocks of them could be empty without end.
        yield iter([(0, size, None)])
        return
    if processes is None:
        processes = 0 if size <= SHORT_ROWS else os.cpu_count() or 1
    if processes == 0:
        yield _in_place(_Looker(scan, masters, with_commands=with_commands), size)
        return
    # Started anew, not forked: an open connection cannot be shared.
    spawn = multiprocessing.get_context("spawn")
    given = (scan.dsn, scan.school, scan.moment(), masters, with_commands)
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=_begin, initargs=given) as pool:
        try:
            yield _in_processes(pool, size, processes)
        except BrokenProcessPool:
            raise Unavailable("a process that looks at rows has ended; start the check anew") from None
        finally:
            pool.shutdown(cancel_futures=True)


def home_of(scan: RecordScan) -> Home:
    """Return what names a record, as the ledger has it."""
    return Home(str(scan.home.stream), scan.home.origin, scan.home.is_scratch)


class _Looker:
    """Looks at rows over one connection."""

    def __init__(self, scan: RecordScan, masters: MasterKeys | None, *, with_commands: bool) -> None:
        self._scan = scan
        self._plain = Plain(home_of(scan), FLAT_JSON, with_commands=with_commands)
        self._parts = SealedParts(scan, masters) if masters else None

    def look(self, after: int, upto: int) -> Looked:
        """Look at the rows after one position, up to another."""
        rows, sealed = self._scan.some_rows(after, upto, with_sealed=self._parts is not None)
        if len(rows) != upto - after:
            return after, upto, None
        contents = self._parts.open_all(zip(rows, sealed, strict=True)) if self._parts else None
        return after, upto, self._plain.look(rows, contents)


def _in_place(looker: _Looker, size: int) -> Iterator[Looked]:
    for after in range(0, size, BLOCK_ROWS):
        yield looker.look(after, min(after + BLOCK_ROWS, size))


def _in_processes(pool: ProcessPoolExecutor, size: int, processes: int) -> Iterator[Looked]:
    """Yield blocks in order; a few are asked for ahead, so that nobody waits and memory stays the same."""
    asked: deque[Future[list[Looked]]] = deque()
    for after in range(0, size, BLOCK_ROWS * BLOCKS_AT_ONCE):
        asked.append(pool.submit(_look, after, min(after + BLOCK_ROWS * BLOCKS_AT_ONCE, size)))
        if len(asked) > 2 * processes:
            yield from asked.popleft().result()
    for waiting in asked:
        yield from waiting.result()


_lookers: list[_Looker] = []
"""The looker of a process that was started to look, made once."""


def _begin(dsn: str, school: School, moment: str, masters: MasterKeys | None, with_commands: bool) -> None:  # noqa: FBT001 - sent by place
    # Open until the process ends, and its transaction with it.
    scan = RecordScan(dsn, school, as_of=moment).__enter__()
    _lookers.append(_Looker(scan, masters, with_commands=with_commands))


def _look(after: int, upto: int) -> list[Looked]:
    return [_lookers[0].look(first, min(first + BLOCK_ROWS, upto)) for first in range(after, upto, BLOCK_ROWS)]
