"""Ten thousand cases in which anybody tries anything at any time: what may never happen does not (domain.md 5, 6).

`python -m tests.domain.random_cases 1000000` plays a million; a case that breaks something is named by its number.
"""

import pytest
from msgspec.structs import replace

from casework.domain.rules import ALL_RULES
from casework.domain.steps import DECISIONS
from tests.domain.invariants import INVARIANTS, broken
from tests.domain.playing import warned
from tests.domain.random_cases import Tried, played_at_random, tried

CASES = 10_000
ASKED_ELSEWHERE = {"R15", "R17", "R23"}
"""Rules of the version, the letter and the request: no decision of the domain tries them."""


@pytest.fixture(scope="module")
def cases() -> Tried:
    return tried(range(CASES))


def test_a_refusal_is_all_that_is_ever_raised_and_replay_gives_the_live_case(cases: Tried) -> None:
    assert [each for each in cases.broken if each[0] not in INVARIANTS] == []


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_it_holds_in_every_case(cases: Tried, invariant: str) -> None:
    assert [each for each in cases.broken if each[0] == invariant] == []


def test_every_decision_was_taken_in_some_of_them(cases: Tried) -> None:
    assert {decision.name for decision in DECISIONS} == set(cases.taken)


def test_every_rule_refused_in_some_of_them(cases: Tried) -> None:
    assert {rule.id for rule in ALL_RULES} - ASKED_ELSEWHERE <= set(cases.refused)


def test_a_case_is_the_same_when_it_is_played_again() -> None:
    assert played_at_random(7).events == played_at_random(7).events


@pytest.mark.parametrize("first", range(3, 12))
def test_a_warning_before_its_turn_is_found(first: int) -> None:
    events = warned().events
    moved = [*events[:first], *events[-2:], *events[first:-2]]
    assert list(broken([replace(at, originator_version=n) for n, at in enumerate(moved, 1)]))
