"""Records of any size on one durable server, made once and kept: a run that finds them there, whole, makes nothing.

Two processes make rows (`made_entries`), this one writes them in order of position, 20,000 entries a transaction, with
a checkpoint after each; triggers, indexes and checks are on, as for every other writer. Broken off, it goes on there.
"""

import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from benchmarks.letters_service import BINARIES
from benchmarks.made_entries import BODY_SHA256, COLUMNS, COPY_HEAD, COPY_TAIL, Making, Rows, make_rows, time_of
from benchmarks.observed import Observed
from casework import bootstrap
from casework.adapters import sql_files
from casework.adapters.checkpoints import Checkpoints
from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.errors import SchoolExists
from casework.adapters.factory import RecordFactory
from casework.adapters.keys import CaseKeys, make_record_seeds, read_master_keys, read_record_seeds, record_key_file
from casework.adapters.migrate import add_school
from casework.adapters.pool import Pool, make_pool
from casework.adapters.proofs import Prover
from casework.adapters.recorder import Recorder
from casework.adapters.schools import School, find_school, record_home
from casework.adapters.tree import Tree
from casework.application.record import Record
from casework.domain.catalogue import EVENT_TYPES
from casework.domain.event import Carried, Recorded
from casework.domain.record import RecordOpened
from casework.ledger.note import Signer
from servicekit.databases import Database
from servicekit.sealing import MasterKeys
from servicekit.service_settings import KEYS_DIR

CHUNK: Final = 2_000
BATCH: Final = 20_000
MAKERS: Final = 2

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class LargeRecord:
    """One school's record of at least `size` entries: appends go on behind them. `app`, `owner`: libpq URLs."""

    size: int
    school: School
    record: Record
    tree: Tree
    checkpoints: Checkpoints
    signer: Signer
    masters: MasterKeys
    app: str
    owner: str

    @property
    def schema(self) -> str:
        """Return the schema it is in."""
        return self.school.schema


@contextmanager
def opened(folder: Path, *sizes: int) -> Iterator[list[LargeRecord]]:
    """Open a record of each size on the server in this folder, over one pool; what is missing is made before."""
    environ = {"LOCAL_DIR": str(folder)}
    environ |= {BINARIES: os.environ[BINARIES]} if BINARIES in os.environ else {}
    values = bootstrap.read_settings(environ)
    with bootstrap.database(values) as at:
        bootstrap.prepare(values, at)
        keys = values.need(KEYS_DIR)
        with make_pool(at.app) as pool:
            yield [_opened(at, pool, keys, size) for size in sizes]


def _opened(at: Database, pool: Pool, keys: Path, size: int) -> LargeRecord:
    masters, owner, name = read_master_keys(keys), at.owner or at.app, f"entries{size}"
    with suppress(SchoolExists):  # From an earlier run; whether it is whole, is looked at below.
        add_school(owner, name, title=f"{size} entries", origin=f"{name}.example/ledger", is_scratch=False)
    if not record_key_file(keys, name).exists():
        make_record_seeds(keys, name)
    with psycopg.connect(at.app) as connection:
        school = find_school(connection, name)
        home = record_home(connection, school)
    signer = Signer(school.origin, read_record_seeds(keys, name))
    mapper = EntryMapper((*EVENT_TYPES.values(), Observed), home, CaseKeys(pool, school.schema, masters))
    checkpoints = Checkpoints(pool, at.app, school, signer)
    with psycopg.connect(owner) as connection:
        _fill(connection, school, mapper, checkpoints, Making(school.origin, masters, size))
    return LargeRecord(
        size=size,
        school=school,
        record=Record(RecordFactory(mapper, Recorder(pool, school.schema)), home.stream),
        tree=Tree(pool, school, signer, checkpoints, Prover(pool, school.schema)),
        checkpoints=checkpoints,
        signer=signer,
        masters=masters,
        app=at.app,
        owner=owner,
    )


def _fill(
    connection: Connection, school: School, mapper: EntryMapper, checkpoints: Checkpoints, making: Making
) -> None:
    """Write what is missing of a record; the first entry names the key, the others are whole cases."""
    head = _head(connection, school)
    if head == 0:
        _open_record(connection, school, mapper, checkpoints.keys[0], making)
        head = 1
    if head >= making.size:
        return
    with _progress(making.size, head) as advance:
        for count, chunks in _batches(making, head + 1):
            for table, columns in COLUMNS.items():
                statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT binary)"
                with connection.cursor().copy(sql_files.compose(statement, school.schema)) as copy:
                    copy.write(COPY_HEAD)
                    for rows in chunks:
                        copy.write(rows[list(COLUMNS).index(table)])
                    copy.write(COPY_TAIL)
            connection.commit()
            checkpoints.sign()
            advance(count)
    connection.autocommit = True
    for table in (*COLUMNS, "{s}.tile"):
        connection.execute(sql_files.compose(f"VACUUM (ANALYZE) {table}", school.schema))


def _batches(making: Making, first: int) -> Iterator[tuple[int, list[Rows]]]:
    """Yield rows in order of position, and of how many entries: made a few chunks ahead, so memory stays the same."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(MAKERS, mp_context=spawn) as makers:
        begins = deque(range(first, making.size + 1, CHUNK))
        waiting: deque[tuple[int, Future[Rows]]] = deque()
        while begins or waiting:
            chunks: list[Rows] = []
            done = 0
            while done < BATCH and (begins or waiting):
                while begins and len(waiting) < 2 * BATCH // CHUNK:
                    begin = begins.popleft()
                    count = min(CHUNK, making.size + 1 - begin)
                    waiting.append((count, makers.submit(make_rows, making, begin, count)))
                count, made = waiting.popleft()
                chunks.append(made.result())
                done += count
            yield done, chunks


def _open_record(connection: Connection, school: School, mapper: EntryMapper, key: str, making: Making) -> None:
    home, now, command = record_home(connection, school), time_of(1, making.size), uuid4()
    carried = Carried(occurred_at=now, actor="operator", role="admin", command=command, sensitivity="open")
    opening = RecordOpened(key=key, is_scratch=False)
    recorded = Recorded(
        originator_id=home.stream, originator_version=1, recorded_at=now, carried=carried, event=opening
    )
    entry = mapper.encode([recorded])[0]
    insert = (
        "INSERT INTO {s}.event (position, stream, version, type, time, command, entry, leaf)"
        " VALUES (1, %s, 1, %s, %s, %s, %s, sha256('\\x00'::bytea || %s))"
    )
    values: list[Any] = [home.stream, entry.topic, now, command, entry.state, entry.state]
    connection.execute(sql_files.compose(insert, school.schema), values)
    connection.execute(
        sql_files.compose("INSERT INTO {s}.command VALUES (%s, %s, 1, 1)", school.schema), [command, BODY_SHA256]
    )
    connection.commit()


def _head(connection: Connection, school: School) -> int:
    statement = sql_files.compose("SELECT coalesce(max(position), 0) FROM {s}.event", school.schema)
    row = connection.execute(statement).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has a row
    head: int = row[0]
    return head


@contextmanager
def _progress(total: int, done: int) -> Iterator[Any]:
    """Show on stderr how far the making is, also where that is no terminal: it takes its time."""
    columns = (*Progress.get_default_columns()[:3], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr)) as shown:
        task = shown.add_task(f"making {total:,} entries", total=total, completed=done)
        yield lambda count: shown.advance(task, count)
