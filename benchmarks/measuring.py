"""Timing two ways of one thing: rounds A B A B, the first dropped as warm-up; median and spread of the ratio.

A ratio is of how long one call takes, or of how many calls go into a second. The time by the clock decides; processor
time stands beside it, and where the two differ much, something else was running, or the way waits for somebody.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal, NamedTuple

Verdict = Literal["held", "missed", "unclear"]
CALLS_FIRST: Final = 1
GROWTH_MAX: Final = 10


@dataclass(frozen=True)
class Comparison:
    """Two ways, and what their ratio is to be: `at_least` of rates, or `at_most` of times."""

    name: str
    ours: Callable[[], object]
    other: Callable[[], object]
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        """Refuse a comparison that has no target, or two."""
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"{self.name}: expected either at_least or at_most")

    @property
    def target(self) -> str:
        """The target, as the table shows it."""
        return f"<= {self.at_most:g}" if self.at_least is None else f">= {self.at_least:g}"


class Timed(NamedTuple):
    """How long one call took, in seconds: by the clock, and of the processor."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Figure:
    """What was measured of a comparison: the ratio's median and spread over the rounds, and a call's median times."""

    name: str
    target: str
    ratio: float
    lowest: float
    highest: float
    cpu_ratio: float
    ours: Timed
    other: Timed
    verdict: Verdict


def measure(comparison: Comparison, *, rounds: int, seconds: float) -> Figure:
    """Time both ways in turns: each of so many rounds gives one ratio."""
    ways = (comparison.ours, comparison.other)
    calls = [calls_for(way, seconds) for way in ways]
    timed = [
        (timing(ways[0], calls[0]), timing(ways[1], calls[1]))
        for _ in range(rounds + 1)  # The first is warm-up.
    ][1:]
    return figure_of(comparison, timed)


def figure_of(comparison: Comparison, timed: list[tuple[Timed, Timed]]) -> Figure:
    """Return the figure that these rounds give."""
    ratios = [_ratio(comparison, ours.wall, other.wall) for ours, other in timed]
    cpu_ratios = [_ratio(comparison, ours.cpu, other.cpu) for ours, other in timed]
    return Figure(
        name=comparison.name,
        target=comparison.target,
        ratio=median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
        cpu_ratio=median(cpu_ratios),
        ours=_median(ours for ours, _ in timed),
        other=_median(other for _, other in timed),
        verdict=verdict_of(comparison, min(ratios), max(ratios)),
    )


def verdict_of(comparison: Comparison, lowest: float, highest: float) -> Verdict:
    """Say whether the target is held: unclear where the spread lies across it."""
    if comparison.at_least is not None:
        worst, best = lowest >= comparison.at_least, highest >= comparison.at_least
    else:
        most = comparison.at_most or 0
        worst, best = highest <= most, lowest <= most
    if worst:
        return "held"
    return "unclear" if best else "missed"


def calls_for(way: Callable[[], object], seconds: float) -> int:
    """Return how many calls last about so long."""
    calls = CALLS_FIRST
    while (took := timing(way, calls).wall * calls) < seconds:
        calls = max(calls + 1, min(calls * GROWTH_MAX, round(calls * seconds / took) if took else calls * GROWTH_MAX))
    return calls


def timing(way: Callable[[], object], calls: int) -> Timed:
    """Call it so many times, and return how long one call took."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        way()
    return Timed(wall=(time.perf_counter() - wall) / calls, cpu=(time.process_time() - cpu) / calls)


def _ratio(comparison: Comparison, ours: float, other: float) -> float:
    """Return the ratio of rates where more is better, else that of times."""
    over, under = (other, ours) if comparison.at_least is not None else (ours, other)
    return over / under if under else float("inf")


def _median(timed: Iterable[Timed]) -> Timed:
    walls, cpus = zip(*timed, strict=True)
    return Timed(wall=median(walls), cpu=median(cpus))
