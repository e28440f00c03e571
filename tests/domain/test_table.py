"""The table of decisions is that of domain.md 5, row by row: path, roles, rules, version."""

import pytest

from casework.domain.steps import BY_NAME
from tests.domain.playing import edition
from tests.domain.row import FURTHER, LETTERS, ROWS

BEFORE_ALL = {"R12", "R13", "R15", "R20", "R22", "R23"}
"""What is tried before the rules of a row, and stands in none."""
BOUND = {"dispense_first_step": {"dsl"}, "override_threshold": {"dsl"}, "refer_to_police": {"staff"}}
"""Roles that are bound to some codes."""


def test_every_decision_has_its_row() -> None:
    assert set(BY_NAME) == set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_a_decision_is_what_its_row_says(name: str) -> None:
    (path, who, rules, version), decision = ROWS[name], BY_NAME[name]
    assert decision.path == (path or None)
    assert decision.is_additive == (version == "+")
    roles = decision.roles(edition())
    assert set(roles) == {LETTERS[letter] for letter in who.replace("W", "H").replace("°", "")}
    assert {role for role, codes in roles.items() if codes} == BOUND.get(name, set())
    found = [f"{rule.id}{'°' if rule.soft else ''}" for rule in decision.rules]
    assert found == sorted([*rules.split(), *FURTHER.get(name, "").split()])
    assert not {rule.id for rule in decision.rules} & BEFORE_ALL


def test_whoever_the_edition_names_decides_about_warnings_and_about_nothing_else() -> None:
    assert {name for name, decision in BY_NAME.items() if decision.who == "warning_decided_by"} == {
        name for name, row in ROWS.items() if row[1] == "W"
    }
