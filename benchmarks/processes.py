"""Clients in processes of their own, as casework is served: two workers unless it is told otherwise, threads in each.

One process lets one of its threads run Python at a time, so eight clients in one wait for its interpreter as much as
for the server. Here each process opens what it needs for itself, and they begin and end together.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from multiprocessing.connection import Connection
from typing import Final

Call = Callable[[], object]
Opens = Callable[[int], AbstractContextManager[Sequence[Call]]]
"""Opens so many writers in the process that calls it; it can be sent to one."""
READY: Final = "ready"


@contextmanager
def writers(opens: Opens, *, processes: int, threads: int, each: int) -> Iterator[Call]:
    """Give what lets all clients of all processes write at once, so many times each, and waits for the last."""
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as held:
        ours = []
        for _ in range(processes):
            here, there = spawn.Pipe()
            process = spawn.Process(target=_serve, args=(there, opens, threads))
            process.start()
            held.callback(process.join)
            held.callback(here.send, 0)
            ours.append(here)
        _wait(ours)

        def write() -> None:
            for pipe in ours:
                pipe.send(each)
            _wait(ours)

        yield write


def _serve(pipe: Connection, opens: Opens, count: int) -> None:
    """Write as often as is asked for, until that is 0."""
    with opens(count) as calls, ThreadPoolExecutor(count) as threads:
        pipe.send(READY)
        while each := pipe.recv():
            list(threads.map(_repeat, calls, [each] * count))
            pipe.send(READY)


def _repeat(call: Call, times: int) -> None:
    for _ in range(times):
        call()


def _wait(pipes: Sequence[Connection]) -> None:
    for pipe in pipes:
        if (said := pipe.recv()) != READY:
            raise RuntimeError(f"a process of writers: expected {READY}, found {said}")
