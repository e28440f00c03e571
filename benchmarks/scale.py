"""How checking and appending keep up with the size of a record (ledger.md 8): measured only if it is named.

    SCALE_DIR=/var/tmp/scale SCALE_ENTRIES=9999999 python -m benchmarks scale

`SCALE_ENTRIES` (100000) says of how many entries the record is, beside one of 10,000, and `SCALE_DIR` where they are
kept: they are made once (ten million in about 20 minutes, 25 GB) and found again by the next run, until the folder is
deleted. The server is durable, and has the indexes that an append goes by in memory, as one that is in use. What takes
a whole record is done once a round, over a million entries at most unless `SCALE_WHOLE=1`.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import psycopg

from benchmarks.large_record import LargeRecord, opened
from benchmarks.measuring import Comparison, Measured, Samples, Sampling, Skipped, Target
from benchmarks.record import our_writer
from casework.adapters import sql_files, tiles
from casework.adapters.scan import ROWS_AT_ONCE, RecordScan
from casework.adapters.verifying import verify_record
from casework.ledger.merkle import inclusion
from casework.ledger.tiles import Tile, TileReader
from servicekit.identifiers import uuid7
from servicekit.sealing import MasterKeys

FOLDER: Final = "SCALE_DIR"
ENTRIES: Final = "SCALE_ENTRIES"
WHOLE: Final = "SCALE_WHOLE"
ENTRIES_USUAL: Final = 100_000
BASE: Final = 10_000
SMALL: Final = 1_000
WHOLE_MAX: Final = 1_000_000
READS: Final = 200
_ENTRY: Final = "SELECT entry FROM {s}.event WHERE position = %s"
_ROWS: Final = (
    "SELECT position, stream, version, type, time, command, entry, leaf, sealed FROM {s}.event ORDER BY position"
)
_INDEXES: Final = (
    "SELECT count(stream) FROM {s}.event",
    "SELECT count(key) FROM {s}.command",
    "SELECT count(id) FROM {keys}.case_key",
)
_SIZES: Final = {
    "tables": "pg_table_size('{s}.event') + pg_table_size('{s}.command')",
    "indexes": "pg_indexes_size('{s}.event') + pg_indexes_size('{s}.command')",
    "keys": "pg_total_relation_size('{keys}.case_key')",
    "tiles": "pg_total_relation_size('{s}.tile')",
}
_BYTES: Final = (
    "SELECT avg(octet_length(entry) + coalesce(octet_length(sealed), 0) + 32), (SELECT max(position) FROM {s}.event)"
    " FROM {s}.event WHERE position <= 100000"
)
Call = Callable[[], object]


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Open a record of 10,000 entries and the large one on one server."""
    given = os.environ.get(FOLDER)
    if given is None:
        yield [Skipped("scale", f"name a folder that may hold gigabytes: {FOLDER}=/var/tmp/scale")]
        return
    folder = Path(given)
    folder.mkdir(parents=True, exist_ok=True)
    base = SMALL if is_small else BASE
    size = 2 * SMALL if is_small else int(os.environ.get(ENTRIES, ENTRIES_USUAL))
    with ExitStack() as held:
        small, large = held.enter_context(opened(folder, base, size))
        connection = held.enter_context(psycopg.connect(large.app, autocommit=True))
        connection.execute("SET statement_timeout = 0")
        whole = large if size <= WHOLE_MAX or os.environ.get(WHOLE) else small
        yield [
            *_appending(connection, large, small),
            Comparison(
                f"proof at {size:,} entries / SELECT of one row",
                _proof(large),
                _one_row(connection, large),
                Target(at_most=10),
            ),
            Sampling(
                f"tiles read for a proof at {size:,} / 1: most",
                _reads(connection, large),
                {"": max},
                Target(at_most=5),
                "reads",
            ),
            *_checking(connection, whole),
            *_kept(connection, large),
        ]


def _appending(connection: psycopg.Connection[Any], large: LargeRecord, small: LargeRecord) -> Iterator[Measured]:
    """Append to both under the key of a caller, which may lie anywhere, and under one of our own: as a read is kept."""
    for each in (large, small):
        with connection.transaction():
            connection.execute("SET LOCAL enable_seqscan = off")
            for statement in _INDEXES:
                connection.execute(sql_files.compose(statement, each.schema))
    for name, new_key in {"append": None, "append under a key of our own": uuid7}.items():
        yield Comparison(
            f"{name}, at {large.size:,} entries / at {small.size:,}",
            our_writer(large.record, new_key),
            our_writer(small.record, new_key),
            Target(at_least=0.8),
        )


def _proof(large: LargeRecord) -> Call:
    chosen = random.Random(1)  # noqa: S311 - the same entries in each run
    return lambda: large.tree.proof(chosen.randint(1, large.size), large.size)


def _one_row(connection: psycopg.Connection[Any], large: LargeRecord) -> Call:
    chosen = random.Random(1)  # noqa: S311 - as above
    statement = sql_files.compose(_ENTRY, large.schema)
    return lambda: connection.execute(statement, [chosen.randint(1, large.size)], prepare=True, binary=True).fetchone()


def _reads(connection: psycopg.Connection[Any], large: LargeRecord) -> Callable[[], Samples]:
    """Return what counts the tiles of random proofs."""
    chosen = random.Random(2)  # noqa: S311 - as above

    def samples() -> Samples:
        counts = []
        for _ in range(READS):
            source = _Counted(tiles.Tiles(connection, large.schema))
            inclusion(TileReader(source, large.size), chosen.randrange(large.size), large.size)
            counts.append(float(source.count))
        return counts, [1.0]

    return samples


class _Counted:
    """Reads tiles, and counts them."""

    def __init__(self, kept: tiles.Tiles) -> None:
        self._kept = kept
        self.count = 0

    def read(self, asked: Sequence[Tile]) -> Sequence[bytes]:
        """Return the hashes of each tile."""
        self.count += len(asked)
        return self._kept.read(asked)


def _checking(connection: psycopg.Connection[Any], large: LargeRecord) -> Iterator[Measured]:
    """Check all of a record at different levels, against hashing its entries and against reading its rows."""
    name = f"of {large.size:,} entries, each: "

    def against(ours: Call, other: Callable[[], float]) -> Callable[[], Samples]:
        def samples() -> Samples:
            begun = perf_counter()
            ours()
            took = perf_counter() - begun
            return [took / large.record.head()], [other()]

        return samples

    def verify(masters: MasterKeys | None) -> None:
        with RecordScan(large.app, large.school) as scan:
            report = verify_record(scan, large.signer.keys, masters=masters)
        if not report.holds:
            raise AssertionError("\n".join(report.lines()))

    hashing, reading = _hashing(connection, large), _reading(connection, large)
    yield Sampling(
        f"order, leaf, tree {name}verify / SHA-256 alone",
        against(lambda: verify(None), hashing),
        {"": max},
        Target(at_most=10),
    )
    yield Sampling(
        f"all levels {name}verify / SELECT of the rows",
        against(lambda: verify(large.masters), reading),
        {"": max},
        Target(at_most=12),
    )
    yield Sampling(
        f"tiles {name}rebuild / SHA-256 alone",
        against(lambda: large.checkpoints.rebuild_tiles(lambda _: None), hashing),
        {"": max},
        Target(at_most=4),
    )


def _hashing(connection: psycopg.Connection[Any], large: LargeRecord) -> Callable[[], float]:
    """Return what hashes entries from memory, and says how long one takes: as many as memory may hold, spread out."""
    statement = sql_files.compose(
        "SELECT entry FROM {s}.event WHERE position %% %s = 0 ORDER BY position", large.schema
    )
    step = max(1, large.size // 100_000)
    entries: list[bytes] = [entry for (entry,) in connection.execute(statement, [step], binary=True)]

    def hashed() -> float:
        begun = perf_counter()
        for entry in entries:
            sha256(entry).digest()
        return (perf_counter() - begun) / len(entries)

    return hashed


def _reading(connection: psycopg.Connection[Any], large: LargeRecord) -> Callable[[], float]:
    """Return what reads all rows by a cursor, and says how long one takes."""

    def read() -> float:
        begun, count = perf_counter(), 0
        with connection.transaction(), connection.cursor(name="rows", binary=True) as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(sql_files.compose(_ROWS, large.schema))
            for _ in cursor:
                count += 1
        return (perf_counter() - begun) / count

    return read


def _kept(connection: psycopg.Connection[Any], large: LargeRecord) -> Iterator[Measured]:
    """Say what an entry takes on disk, beside the bytes of its own: entry, sealed part, leaf."""
    row = connection.execute(sql_files.compose(_BYTES, large.schema)).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    own, count = float(row[0]), row[1]
    for name, sizes in _SIZES.items():
        taken = connection.execute(sql_files.compose(f"SELECT {sizes}", large.schema)).fetchone()
        assert taken is not None  # noqa: S101 - the same
        samples: Samples = [float(taken[0]) / count], [own]
        yield Sampling(
            f"each of {large.size:,} entries on disk: its own bytes / {name}",
            lambda samples=samples: samples,  # type: ignore[misc]  # bound at once, as each is another
            {"": max},
            Target(is_shown=True),
            "bytes",
            rounds=1,
        )
