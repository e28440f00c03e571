"""The policy map says what the tables say: no clause without something that serves it, no decision without a test."""

import runpy
from types import SimpleNamespace

from msgspec.structs import replace

from casework.adapters.edition_file import read_edition
from casework.domain.steps import DECISIONS
from tests.compose_file import ROOT

TOOL = SimpleNamespace(**runpy.run_path(str(ROOT / ".ci" / "policy_map.py")))
"""The program behind `make policy-map`."""


def test_the_page_is_what_the_tables_give() -> None:
    assert TOOL.PAGE.read_text(encoding="utf-8") == TOOL.page(), "run `make policy-map`"


def test_a_clause_that_nothing_serves_is_named() -> None:
    edition = read_edition()
    assert TOOL.unserved(edition, TOOL.ALL) == []
    grown = replace(edition, clauses={**edition.clauses, "P99": "something new"})
    assert TOOL.unserved(grown, TOOL.ALL) == ["P99"]


def test_a_clause_is_not_served_by_a_decision_that_is_gone() -> None:
    without = [decision for decision in TOOL.ALL if "P59" not in decision.serves]
    assert TOOL.unserved(read_edition(), without) == ["P59"]


def test_a_decision_that_no_test_takes_is_named() -> None:
    untaken = replace(DECISIONS[0], name="weigh_nothing")
    assert TOOL.untested([*TOOL.ALL, untaken]) == ["weigh_nothing"]


def test_what_serves_a_clause_beside_is_shown_by_tests_that_are_there() -> None:
    for clause, beside in TOOL.KEPT_BESIDE.items():
        assert (ROOT / beside.shown_by).exists(), clause


def test_a_decision_serves_on_occasion_what_it_may_cite() -> None:
    for decision in DECISIONS:
        assert bool(decision.on_occasion) == bool(decision.further_clauses), decision.name
        assert not set(decision.on_occasion) & set(decision.clauses), decision.name
