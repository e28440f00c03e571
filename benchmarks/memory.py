"""The memory of a worker that lays out letters: after 1,500 of them against after 100 (letters.md 8).

The worker is a process of its own with a press, and the press's child counts with it. It takes minutes, so it is done
once. What the operating system says is resident is read from /proc.
"""

import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from benchmarks.letters import AT, Texts
from benchmarks.measuring import Measured, Samples, Sampling, Skipped, Target
from letters.adapters.press import Press

COUNTS: Final = (100, 1_500)
COUNTS_SMALL: Final = (1, 3)
PROC: Final = Path("/proc/self")
KIB: Final = 1024


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Say what a worker's memory is compared by, where it can be read."""
    few, many = COUNTS_SMALL if is_small else COUNTS
    name = f"memory of a worker after {many:,} letters / after {few:,}"
    if not (PROC / "task").is_dir():
        yield [Skipped(name, "no /proc here: run it on Linux")]
        return

    def samples() -> Samples:
        after_few, after_many = _grown(few, many)
        return [after_many], [after_few]

    yield [Sampling(name, samples, {"": max}, Target(at_most=1.1), "MiB", rounds=1)]


def _grown(few: int, many: int) -> tuple[float, float]:
    """Return the memory of a fresh worker after so many letters, in MiB: first after few, then after many."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    worker = context.Process(target=work, args=(there, few, many))
    worker.start()
    there.close()
    try:
        after_few, after_many = here.recv(), here.recv()
    finally:
        worker.join()
    return after_few, after_many


def work(pipe: Connection, few: int, many: int) -> None:
    """Be the worker: lay out letters, and say how large it is after so many."""
    with closing(Press()) as press:
        texts = Texts(press)
        for done in range(1, many + 1):
            press.render(texts.bundle, texts.following(), int(AT.timestamp()))
            if done in (few, many):
                pipe.send(_resident_mib())


def _resident_mib() -> float:
    """Return the resident memory of this process and its children."""
    children = " ".join(path.read_text() for path in PROC.glob("task/*/children")).split()
    return sum(map(_resident_kib, [PROC, *(PROC.parent / child for child in children)])) / KIB


def _resident_kib(process: Path) -> int:
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
