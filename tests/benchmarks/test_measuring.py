"""The harness of the benchmarks: what it makes of given times. No time is asserted."""

import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest

from benchmarks.__main__ import SUBJECTS
from benchmarks.measuring import (
    Comparison,
    Cost,
    Samples,
    Sampling,
    Target,
    calls_for,
    figure_of,
    in_turns,
    measure,
    percentile_95,
    percentile_99,
    sample,
)
from tests.compose_file import ROOT


def costs(*seconds: tuple[float, float]) -> list[tuple[Cost, Cost]]:
    return [(Cost(ours, ours / 2), Cost(other, other / 2)) for ours, other in seconds]


def test_a_ratio_of_rates_grows_as_ours_takes_less_and_one_of_times_shrinks() -> None:
    rounds = costs((1, 2), (1, 3), (1, 4))
    rates, times = (figure_of("", target, rounds) for target in (Target(at_least=2), Target(at_most=2)))
    assert (rates.ratio, rates.lowest, rates.highest, rates.cpu_ratio) == (3, 2, 4, 3)
    assert (times.ratio, times.highest, times.target) == (1 / 3, 1 / 2, "<= 2")
    assert (rates.ours.amount, rates.other.amount, rates.target) == (1, 3, ">= 2")


@pytest.mark.parametrize(
    ("target", "spread", "verdict"),
    [
        ({"at_least": 2}, (2, 3), "held"),
        ({"at_least": 2}, (1.9, 2), "unclear"),
        ({"at_least": 2}, (1, 1.9), "missed"),
        ({"at_most": 4}, (1, 4), "held"),
        ({"at_most": 4}, (4, 4.1), "unclear"),
        ({"at_most": 4}, (4.1, 5), "missed"),
        ({"is_shown": True}, (0.1, 9), "shown"),
    ],
)
def test_a_spread_across_the_target_is_unclear(target: Any, spread: tuple[float, float], verdict: str) -> None:
    assert Target(**target).verdict(*spread) == verdict


@pytest.mark.parametrize("target", [{}, {"at_least": 1, "at_most": 1}, {"at_most": 1, "is_shown": True}])
def test_a_comparison_has_one_target(target: Any) -> None:
    with pytest.raises(ValueError, match="expected either at_least or at_most"):
        Target(**target)


def test_the_ways_take_turns_and_the_first_round_is_dropped() -> None:
    called: list[str] = []
    ways = Comparison("one / other", lambda: called.append("a"), lambda: called.append("b"), Target(at_least=1))
    (figure,) = measure(ways, rounds=2, seconds=0)
    assert "".join(called).endswith("ababab")
    assert figure.lowest <= figure.ratio <= figure.highest


def test_more_calls_are_made_until_they_last_long_enough() -> None:
    assert calls_for(lambda: sum(range(1000)), 0.01) > calls_for(lambda: sum(range(1000)), 0)


def test_samples_give_a_figure_for_each_statistic() -> None:
    rounds: Iterator[Samples] = iter([([9.0], [9.0]), ([1, 2, 3], [4, 8, 12]), ([1, 2, 3], [2, 4, 9])])
    sampling = Sampling("waits: ", lambda: next(rounds), {"median": median, "longest": max}, Target(at_least=2))
    middle, longest = sample(sampling, rounds=2)
    assert (middle.name, middle.lowest, middle.highest, middle.cpu_ratio) == ("waits: median", 2, 4, None)
    assert (longest.name, longest.lowest, longest.highest, longest.verdict) == ("waits: longest", 3, 4, "held")


def test_a_sampling_with_rounds_of_its_own_drops_none() -> None:
    rounds = iter([([5.0], [4.0])])
    sampling = Sampling("size", lambda: next(rounds), {"": max}, Target(at_most=1.1), "MiB", rounds=1)
    (figure,) = sample(sampling, rounds=7)
    assert (figure.ratio, figure.unit, figure.verdict) == (1.25, "MiB", "missed")


def test_of_twenty_values_one_may_be_above_the_95th_percentile() -> None:
    assert percentile_95(list(range(1, 21))) == 19
    assert percentile_95([3.0]) == 3
    assert (percentile_99(list(range(1, 101))), percentile_99([3.0])) == (99, 3)


def test_where_the_processor_decides_sleeping_costs_nothing() -> None:
    def ways(*, by_cpu: bool) -> Comparison:
        def work() -> object:
            return sum(range(20_000))

        return Comparison("one / other", lambda: time.sleep(0.02), work, Target(at_most=1), by_cpu=by_cpu)

    (by_clock,), (by_cpu,) = (measure(ways(by_cpu=each), rounds=1, seconds=0) for each in (False, True))
    assert (by_clock.verdict, by_cpu.verdict, by_cpu.cpu_ratio) == ("missed", "held", None)


def test_a_call_that_does_many_things_is_counted_by_the_thing() -> None:
    ways = Comparison("one / other", lambda: time.sleep(0.01), lambda: time.sleep(0.01), Target(at_least=1), 1000, 1)
    (figure,) = measure(ways, rounds=1, seconds=0)
    assert figure.ours.amount < figure.other.amount / 100


def test_a_subject_that_there_is_not_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "luck"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, f"expected {', '.join(SUBJECTS)}, found luck" in done.stderr) == (2, True)


def test_two_ways_in_turns_are_called_one_after_the_other_and_each_call_is_timed() -> None:
    called: list[str] = []

    def slower() -> None:
        called.append("other")
        time.sleep(0.002)

    ours, other = in_turns(lambda: called.append("ours"), slower, 3)()
    assert called == ["ours", "other"] * 3
    assert (len(ours), len(other)) == (3, 3)
    assert min(ours) < 0.002 <= min(other)
