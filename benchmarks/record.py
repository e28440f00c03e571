"""Casework's record against the library's stock recorder, and against bare SQL (ledger.md 8, platform.md 10).

One event of each is alike: eight personal texts of about 650 bytes in all, ten events a stream, on one durable server.
Ours hashes the texts one by one, seals them together, and appends under a command key; stock stores them as they are.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg

from benchmarks import casework_record, processes
from benchmarks.casework_record import Place
from benchmarks.library_record import Observations, Stock, stock
from benchmarks.measuring import Comparison, Measured, Target
from benchmarks.observed import TEXTS, observed
from casework.adapters import sql_files
from casework.adapters.pool import make_pool
from casework.adapters.schools import RecordHome
from casework.application.record import Record
from casework.domain.folding import fold
from servicekit.identifiers import uuid7
from servicekit.sealing import MasterKeys

STREAM_EVENTS: Final = 10
CLIENTS: Final = 8
PROCESSES: Final = 2
EACH: Final = 25
"""So many appends of each client in one call of all: enough that starting and ending together weighs little."""
CASES: Final = 100
CASES_SMALL: Final = 3
PAGE: Final = 10
BODY_SHA256: Final = bytes(32)
LEAF: Final = bytes(32)
TYPE: Final = "incident."
Call = Callable[[], object]

_RAW_TABLE: Final = """
    CREATE TABLE {s}.raw (LIKE {s}.event INCLUDING ALL);
    CREATE SEQUENCE {s}.raw_position;
    ALTER TABLE {s}.raw ALTER COLUMN position SET DEFAULT nextval('{s}.raw_position');
"""
_RAW_INSERT: Final = """
    INSERT INTO {s}.raw (stream, version, type, time, command, entry, sealed, leaf)
    VALUES (%b, %b, %b, %b, %b, %b, %b, %b)
"""
_RAW_SELECT: Final = """
    SELECT position, stream, version, type, entry, sealed FROM {s}.event
    WHERE starts_with(type, 'incident.') ORDER BY stream, version
"""


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Open two schools' records and a stock application, side by side on one server."""
    with ExitStack() as held:
        written, kept = held.enter_context(casework_record.opened("written", "kept", connections=CLIENTS))
        other = held.enter_context(closing(stock(written.owner, connections=CLIENTS)))
        threads = held.enter_context(ThreadPoolExecutor(CLIENTS))
        raw = [held.enter_context(_raw(written, number)) for number in range(CLIENTS)]
        ours = [our_writer(written.record) for _ in range(CLIENTS)]
        others = [stock_writer(other) for _ in range(CLIENTS)]
        yield [
            Comparison("append, 1 client: ours / stock save", ours[0], others[0], Target(at_least=1.2)),
            _together("append, 8 clients: ours / stock save", threads, ours, others, Target(at_least=2)),
            _as_served(held, written),
            Comparison("append, 1 client: ours / INSERT alone", ours[0], raw[0], Target(at_least=0.35)),
            _together("append, 8 clients: ours / INSERT alone", threads, ours, raw, Target(at_least=0.2)),
            *_reading(held, kept, other, CASES_SMALL if is_small else CASES),
        ]


def our_writer(record: Record, new_key: Callable[[], UUID] | None = None) -> Call:
    """Return what appends one event under a command of its own: as of a caller, or under such a key."""
    places = _places()

    def write() -> None:
        event = observed(*next(places), new_key() if new_key else None)
        record.append([event], command=event.carried.command, body_sha256=BODY_SHA256)

    return write


def stock_writer(application: Stock) -> Call:
    """Return what saves an aggregate of the library after one event."""
    numbers = count()
    held: list[Observations] = []

    def write() -> None:
        if next(numbers) % STREAM_EVENTS == 0:
            held[:] = [Observations(**TEXTS)]
        else:
            held[0].observe(**TEXTS)
        application.save(held[0])

    return write


def fill(record: Record, application: Stock, cases: int) -> tuple[UUID, UUID]:
    """Let both hold so many more streams of ten events; return the last stream of either."""
    places = _places()
    for _ in range(cases):
        command = uuid4()
        events = [observed(*next(places), command) for _ in range(STREAM_EVENTS)]
        record.append(events, command=command, body_sha256=BODY_SHA256)
    aggregates = [Observations(**TEXTS) for _ in range(cases)]
    for aggregate in aggregates:
        for _ in range(STREAM_EVENTS - 1):
            aggregate.observe(**TEXTS)
        application.save(aggregate)  # One by one: a thousand events in one save stand still for minutes.
    return events[0].originator_id, aggregates[-1].id


def _reading(held: ExitStack, kept: Place, application: Stock, cases: int) -> Iterator[Comparison]:
    """Load one case, and replay all: opened and folded; against the library's own way, and the rows alone."""
    before = application.recorder.max_notification_id() or 0
    stream, aggregate = fill(kept.record, application, cases)
    connection = held.enter_context(psycopg.connect(kept.app, autocommit=True))
    statement = sql_files.compose(_RAW_SELECT, kept.schema)
    events = cases * STREAM_EVENTS

    def replay() -> object:
        return [fold(None, kept.record.decoded(each.entries)) for each in kept.record.reader.streams(TYPE)]

    def select() -> object:
        return connection.execute(statement, prepare=True, binary=True).fetchall()

    def stock_pages() -> object:
        recorder, mapper = application.recorder, application.mapper
        firsts = range(before + 1, before + events + 1, PAGE)
        pages = (recorder.select_notifications(first, PAGE) for first in firsts)
        return [mapper.to_domain_event(each) for page in pages for each in page]

    def load() -> object:
        return kept.record.case(stream)

    def stock_get() -> object:
        return application.repository.get(aggregate)

    name = "replay of all events, opened and folded / "
    yield Comparison("load of a sealed case of 10 events: ours / stock get", load, stock_get, Target(at_least=2))
    yield Comparison(f"{name}SELECT alone", replay, select, Target(at_least=0.3), events, events)
    yield Comparison(f"{name}stock, pages of 10", replay, stock_pages, Target(at_least=2.5), events, events)


def at_once(threads: ThreadPoolExecutor, writers: Sequence[Call], each: int = EACH) -> Call:
    """Return what lets all clients append at once, so many events each."""

    def several(write: Call) -> None:
        for _ in range(each):
            write()

    return lambda: list(threads.map(several, writers))


def _together(
    name: str, threads: ThreadPoolExecutor, ours: Sequence[Call], others: Sequence[Call], target: Target
) -> Comparison:
    """Compare what all clients do at once."""
    return _of_all(name, at_once(threads, ours), at_once(threads, others), target)


def _as_served(held: ExitStack, written: Place) -> Comparison:
    """Compare the same clients in as many processes as casework is served by."""
    ours = partial(our_writers, written.app, written.schema, written.home, written.masters)
    each, shape = EACH, {"processes": PROCESSES, "threads": CLIENTS // PROCESSES}
    return _of_all(
        f"append, {CLIENTS} clients in {PROCESSES} processes: ours / stock save",
        held.enter_context(processes.writers(ours, each=each, **shape)),
        held.enter_context(processes.writers(partial(stock_writers, written.owner), each=each, **shape)),
        Target(at_least=2),
    )


def _of_all(name: str, ours: Call, other: Call, target: Target) -> Comparison:
    return Comparison(name, ours, other, target, CLIENTS * EACH, CLIENTS * EACH)


@contextmanager
def our_writers(app: str, schema: str, home: RecordHome, masters: MasterKeys, count: int) -> Iterator[Sequence[Call]]:
    """Open the record of a school for so many clients of this process."""
    with make_pool(app, max_size=count) as pool:
        _, record = casework_record.over(pool, schema, home, masters)
        yield [our_writer(record) for _ in range(count)]


@contextmanager
def stock_writers(owner: str, count: int) -> Iterator[Sequence[Call]]:
    """Open the stock application, whose tables are there, for so many clients of this process."""
    with closing(stock(owner, connections=count, is_there=True)) as application:
        yield [stock_writer(application) for _ in range(count)]


@contextmanager
def _raw(place: Place, number: int) -> Iterator[Call]:
    """Open a connection that inserts what ours would, encoded beforehand, with neither lock nor hash."""
    places = _places()
    (entry,) = place.mapper.encode([observed(uuid4(), 1)])
    statement = sql_files.compose(_RAW_INSERT, place.schema)
    with psycopg.connect(place.owner, autocommit=True) as connection:
        if number == 0:
            connection.execute(sql_files.compose(_RAW_TABLE, place.schema))

        def write() -> None:
            values: list[Any] = [*next(places), entry.topic, datetime.now(UTC), uuid4()]
            connection.execute(statement, [*values, entry.state, entry.sealed, LEAF], prepare=True, binary=True)

        yield write


def _places() -> Iterator[tuple[UUID, int]]:
    """Yield streams and versions without end, ten of each stream."""
    while True:
        stream = uuid7()
        for version in range(1, STREAM_EVENTS + 1):
            yield stream, version
