"""The harness of the benchmarks: what it makes of given times, and that each subject runs. No time is asserted."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import SUBJECTS
from benchmarks.measuring import Comparison, Timed, calls_for, figure_of, measure, verdict_of
from tests.compose_file import ROOT


def comparison(**target: float) -> Comparison:
    return Comparison("one / other", int, float, **target)


def timed(*seconds: tuple[float, float]) -> list[tuple[Timed, Timed]]:
    return [(Timed(ours, ours / 2), Timed(other, other / 2)) for ours, other in seconds]


def test_a_ratio_of_rates_grows_as_ours_takes_less_and_one_of_times_shrinks() -> None:
    rounds = timed((1, 2), (1, 3), (1, 4))
    rates, times = (figure_of(comparison(**target), rounds) for target in ({"at_least": 2}, {"at_most": 2}))
    assert (rates.ratio, rates.lowest, rates.highest, rates.cpu_ratio) == (3, 2, 4, 3)
    assert (times.ratio, times.highest, times.target) == (1 / 3, 1 / 2, "<= 2")
    assert (rates.ours.wall, rates.other.wall, rates.target) == (1, 3, ">= 2")


@pytest.mark.parametrize(
    ("target", "spread", "verdict"),
    [
        ({"at_least": 2}, (2, 3), "held"),
        ({"at_least": 2}, (1.9, 2), "unclear"),
        ({"at_least": 2}, (1, 1.9), "missed"),
        ({"at_most": 4}, (1, 4), "held"),
        ({"at_most": 4}, (4, 4.1), "unclear"),
        ({"at_most": 4}, (4.1, 5), "missed"),
    ],
)
def test_a_spread_across_the_target_is_unclear(target: Any, spread: tuple[float, float], verdict: str) -> None:
    assert verdict_of(comparison(**target), *spread) == verdict


@pytest.mark.parametrize("target", [{}, {"at_least": 1, "at_most": 1}])
def test_a_comparison_has_one_target(target: Any) -> None:
    with pytest.raises(ValueError, match="expected either at_least or at_most"):
        comparison(**target)


def test_the_ways_take_turns_and_the_first_round_is_dropped() -> None:
    called: list[str] = []
    ways = Comparison("one / other", lambda: called.append("a"), lambda: called.append("b"), at_least=1)
    figure = measure(ways, rounds=2, seconds=0)
    assert "".join(called).endswith("ababab")
    assert figure.lowest <= figure.ratio <= figure.highest


def test_more_calls_are_made_until_they_last_long_enough() -> None:
    assert calls_for(lambda: sum(range(1000)), 0.01) > calls_for(lambda: sum(range(1000)), 0)


def test_each_subject_runs_and_says_on_which_machine(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    options = ["--rounds", "1", "--seconds", "0.001", "--json", str(file)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text())
    assert set(found) == {"date", "machine", "load", "versions", "settings", "subjects"}
    assert {name: len(figures) for name, figures in found["subjects"].items()} == {
        name: len(comparisons) for name, comparisons in SUBJECTS.items()
    }
    assert all(figure["name"] in done.stdout for figures in found["subjects"].values() for figure in figures)


def test_a_subject_that_there_is_not_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "luck"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "expected fold, actions, found luck" in done.stderr) == (2, True)
