"""How many appends a record takes: against pgbench calling the same function, and eight schools against one.

Ours builds, seals and checks each event, in threads of one process. pgbench calls the same `append` for entries of the
same size that were built and sealed beforehand and lie in a table: it reads one by its key and appends it, each under a
command of its own. What it does is the most that can be had from this function here, and ours is a share of that.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from benchmarks import casework_record, pgbench
from benchmarks.casework_record import Place
from benchmarks.measuring import Comparison, Measured, Samples, Sampling, Skipped, Target
from benchmarks.observed import observed
from benchmarks.record import BODY_SHA256, CLIENTS, EACH, STREAM_EVENTS, at_once, our_writer
from casework.adapters import sql_files
from servicekit.identifiers import uuid7

ALONE: Final = 200
TOGETHER: Final = 60
"""So many appends of each client in a round."""
SMALL: Final = 3

_PREPARED_TABLE: Final = """
    CREATE TABLE {s}.prepared (
      client integer, n integer, command uuid, body_sha256 bytea, entry bytea, sealed bytea, PRIMARY KEY (client, n));
    ALTER TABLE {s}.prepared ALTER COLUMN sealed SET STORAGE EXTERNAL;
    GRANT SELECT ON {s}.prepared TO casework_app;
"""
_COPY: Final = "COPY {s}.prepared FROM STDIN"
_SCRIPT: Final = """\
\\set n :n + 1
SELECT {s}.append(p.command, p.body_sha256, ARRAY[p.entry], ARRAY[p.sealed])
FROM {s}.prepared p WHERE p.client = :client_id AND p.n = :n;
"""


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Open nine schools' records side by side on one server."""
    with ExitStack() as held:
        names = ["one", *(f"of{number}" for number in range(CLIENTS))]
        one, *several = held.enter_context(casework_record.opened(*names, connections=CLIENTS))
        threads = held.enter_context(ThreadPoolExecutor(CLIENTS))
        yield [
            *_against_pgbench(one, threads, is_small=is_small),
            Comparison(
                "append, 8 clients: in 8 schools / in one",
                at_once(threads, [our_writer(place.record) for place in several]),
                at_once(threads, [our_writer(one.record) for _ in several]),
                Target(at_least=1.3),
                CLIENTS * EACH,
                CLIENTS * EACH,
            ),
        ]


def _against_pgbench(place: Place, threads: ThreadPoolExecutor, *, is_small: bool) -> Iterator[Measured]:
    found = pgbench.program()
    loads = (("1 client", 1, ALONE, 0.5), (f"{CLIENTS} clients", CLIENTS, TOGETHER, 0.8))
    if found is not None:
        with psycopg.connect(place.owner) as connection:
            connection.execute(sql_files.compose(_PREPARED_TABLE, place.schema))
    for said, clients, each, least in loads:
        name = f"append, {said}: ours / pgbench, same function"
        if found is None:
            yield Skipped(name, pgbench.CURE)
        else:
            bench = Bench(found, place, threads, clients=clients, each=SMALL if is_small else each)
            yield Sampling(name, bench.samples, {"": max}, Target(at_least=least))


class Bench:
    """So many clients that append so many events each: our own, then pgbench's."""

    def __init__(self, program: Path, place: Place, threads: ThreadPoolExecutor, *, clients: int, each: int) -> None:
        self._program = program
        self._place = place
        self._clients = clients
        self._each = each
        self._streams: dict[int, UUID] = {}
        self._ours = at_once(threads, [our_writer(place.record) for _ in range(clients)], each)

    def samples(self) -> Samples:
        """Return how long one append takes, both ways, in seconds."""
        self.prepare()
        began = time.perf_counter()
        self._ours()
        ours = (time.perf_counter() - began) / (self._clients * self._each)
        return [ours], [self.pgbench()]

    def prepare(self) -> None:
        """Lay out in the table what pgbench appends: as many events of each client, in their order."""
        with psycopg.connect(self._place.owner) as connection:
            connection.execute(sql_files.compose("TRUNCATE {s}.prepared", self._place.schema))
            with connection.cursor().copy(sql_files.compose(_COPY, self._place.schema)) as copy:
                for client, n in product(range(self._clients), range(self._each)):
                    copy.write_row(self._row(client, n))

    def pgbench(self) -> float:
        """Let pgbench append all that is laid out; return how long one took, in seconds."""
        script = sql_files.compose(_SCRIPT, self._place.schema).decode()
        clients, each = self._clients, self._each
        return pgbench.seconds_each(self._program, self._place.app, script, clients=clients, each=each)

    def _row(self, client: int, n: int) -> tuple[object, ...]:
        """Return the n-th event of a client, from 0, built and sealed: ten of each stream."""
        before = n % STREAM_EVENTS
        if before == 0:
            self._streams[client] = uuid7()
        event = observed(self._streams[client], before + 1)
        (entry,) = self._place.mapper.encode([event])
        return client, n + 1, event.carried.command, BODY_SHA256, entry.state, entry.sealed
