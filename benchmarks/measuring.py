"""Two ways of one thing, side by side: rounds A B A B, the first dropped as warm-up; median and spread of the ratio.

A :class:`Comparison` times calls: its ratio is of how long one call takes, or of how many go into a second. The time by
the clock decides, unless that of the processor is said to; that stands beside it, and where the two differ much,
something else was running, or the way waits for somebody. A :class:`Sampling` is for what is no call: waiting times,
memory. What cannot be measured here is :class:`Skipped`, with the reason and its cure.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal, NamedTuple

Verdict = Literal["held", "missed", "unclear", "shown"]
Unit = Literal["s", "MiB", "bytes", "reads"]
Samples = tuple[Sequence[float], Sequence[float]]
"""Ours and the other's, of one round."""
Statistic = Callable[[Sequence[float]], float]
CALLS_FIRST: Final = 1
GROWTH_MAX: Final = 10


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a ratio is to be: `at_least` of rates, `at_most` of times or sizes; or `is_shown` only, a ratio of rates."""

    at_least: float | None = None
    at_most: float | None = None
    is_shown: bool = False

    def __post_init__(self) -> None:
        """Refuse what has no target, or two."""
        if [self.at_least is not None, self.at_most is not None, self.is_shown].count(True) != 1:
            raise ValueError("expected either at_least or at_most, or is_shown")

    def __str__(self) -> str:
        if self.is_shown:
            return "shown"
        return f"<= {self.at_most:g}" if self.at_least is None else f">= {self.at_least:g}"

    def ratio(self, ours: float, other: float) -> float:
        """Return the ratio of rates where more is better, else that of times or sizes."""
        over, under = (ours, other) if self.at_most is not None else (other, ours)
        return over / under if under else float("inf")

    def verdict(self, lowest: float, highest: float) -> Verdict:
        """Say whether the target is held: unclear where the spread lies across it."""
        if self.is_shown:
            return "shown"
        if self.at_least is not None:
            worst, best = lowest >= self.at_least, highest >= self.at_least
        else:
            most = self.at_most or 0
            worst, best = highest <= most, lowest <= most
        if worst:
            return "held"
        return "unclear" if best else "missed"


@dataclass(frozen=True)
class Comparison:
    """Two ways that are called and timed; a call does so many things of its kind (`ours_does`, `other_does`).

    `by_cpu`: this process's own time on the processor decides, not the clock.
    """

    name: str
    ours: Callable[[], object]
    other: Callable[[], object]
    target: Target
    ours_does: int = 1
    other_does: int = 1
    by_cpu: bool = False


@dataclass(frozen=True)
class Sampling:
    """What both ways show in a round, by each of these statistics; `rounds`, where not as many as asked for."""

    name: str
    samples: Callable[[], Samples]
    statistics: Mapping[str, Statistic]
    target: Target
    unit: Unit = "s"
    rounds: int | None = None


@dataclass(frozen=True)
class Skipped:
    """What cannot be measured here, and what is to be done about it."""

    name: str
    reason: str


Measured = Comparison | Sampling | Skipped
Subject = Callable[[bool], AbstractContextManager[Sequence[Measured]]]
"""Opens what a subject needs; asked for small sizes, it only shows that it runs."""


class Cost(NamedTuple):
    """What one thing takes: an amount, in seconds by the clock unless said otherwise, and seconds of the processor."""

    amount: float
    cpu: float | None = None


@dataclass(frozen=True)
class Figure:
    """What was measured: the ratio's median and spread over the rounds, and the median cost of either way."""

    name: str
    target: str
    ratio: float
    lowest: float
    highest: float
    cpu_ratio: float | None
    ours: Cost
    other: Cost
    unit: Unit
    verdict: Verdict


def measure(measured: Comparison | Sampling, *, rounds: int, seconds: float) -> list[Figure]:
    """Let both ways take turns: each of so many rounds gives one ratio."""
    if isinstance(measured, Sampling):
        return sample(measured, rounds=rounds)
    ways = (measured.ours, measured.other)
    calls = [calls_for(way, seconds) for way in ways]
    costs = [
        (timing(ways[0], calls[0], measured.ours_does), timing(ways[1], calls[1], measured.other_does))
        for _ in range(rounds + 1)  # The first is warm-up.
    ][1:]
    if measured.by_cpu:
        costs = [(_cpu_alone(ours), _cpu_alone(other)) for ours, other in costs]
    return [figure_of(measured.name, measured.target, costs)]


def sample(sampling: Sampling, *, rounds: int) -> list[Figure]:
    """Return a figure for each statistic; where the number of rounds is its own, none of them is warm-up."""
    taken = [sampling.samples() for _ in range(sampling.rounds or rounds + 1)]
    kept = taken if sampling.rounds else taken[1:]
    return [
        figure_of(
            f"{sampling.name}{name}",
            sampling.target,
            [(Cost(statistic(ours)), Cost(statistic(other))) for ours, other in kept],
            sampling.unit,
        )
        for name, statistic in sampling.statistics.items()
    ]


def figure_of(name: str, target: Target, costs: Sequence[tuple[Cost, Cost]], unit: Unit = "s") -> Figure:
    """Return the figure that these rounds give."""
    ratios = [target.ratio(ours.amount, other.amount) for ours, other in costs]
    cpu_ratios = [
        target.ratio(ours.cpu, other.cpu) for ours, other in costs if ours.cpu is not None and other.cpu is not None
    ]
    return Figure(
        name=name,
        target=str(target),
        ratio=median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
        cpu_ratio=median(cpu_ratios) if cpu_ratios else None,
        ours=_median(ours for ours, _ in costs),
        other=_median(other for _, other in costs),
        unit=unit,
        verdict=target.verdict(min(ratios), max(ratios)),
    )


def calls_for(way: Callable[[], object], seconds: float) -> int:
    """Return how many calls last about so long."""
    calls = CALLS_FIRST
    while (took := timing(way, calls).amount * calls) < seconds:
        calls = max(calls + 1, min(calls * GROWTH_MAX, round(calls * seconds / took) if took else calls * GROWTH_MAX))
    return calls


def timing(way: Callable[[], object], calls: int, does: int = 1) -> Cost:
    """Call it so many times, and return what one of the things took that a call does."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        way()
    done = calls * does
    return Cost(amount=(time.perf_counter() - wall) / done, cpu=(time.process_time() - cpu) / done)


def in_turns(ours: Callable[[], object], other: Callable[[], object], calls: int) -> Callable[[], Samples]:
    """Return what calls one way and then the other, so many times, and says how long each call took.

    For two ways that wait for one server: in a loop of its own, the shorter finds both processors awake at each call,
    which the longer never does.
    """

    def samples() -> Samples:
        taken: tuple[list[float], list[float]] = [], []
        for _ in range(calls):
            begun = time.perf_counter()
            ours()
            between = time.perf_counter()
            other()
            taken[0].append(between - begun)
            taken[1].append(time.perf_counter() - between)
        return taken

    return samples


def percentile_95(values: Sequence[float]) -> float:
    """Return the value that 19 of 20 do not exceed (nearest rank)."""
    return _nearest_rank(values, 95)


def percentile_99(values: Sequence[float]) -> float:
    """Return the value that 99 of 100 do not exceed (nearest rank)."""
    return _nearest_rank(values, 99)


def _nearest_rank(values: Sequence[float], percent: int) -> float:
    return sorted(values)[-(-len(values) * percent // 100) - 1]


def _cpu_alone(cost: Cost) -> Cost:
    """Return a cost whose amount is the time on the processor."""
    return Cost(cost.amount if cost.cpu is None else cost.cpu)


def _median(costs: Iterable[Cost]) -> Cost:
    """Return the median amount and the median processor time."""
    listed = list(costs)
    cpus = [cost.cpu for cost in listed if cost.cpu is not None]
    return Cost(median(cost.amount for cost in listed), median(cpus) if cpus else None)
