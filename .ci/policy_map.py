"""Write `docs/policy-map.md`: each clause of the policy, and what is done about it here.

    PYTHONPATH=. .venv/bin/python .ci/policy_map.py        (make policy-map)

A clause is served by decisions, which name it, or, where nobody decides anything, by what `KEPT_BESIDE` names. A test
compares the page with what this gives; a clause that nothing serves, or a decision that no test takes, stops it.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from casework.adapters.edition_file import read_edition
from casework.domain.decision import Decision
from casework.domain.event import Event
from casework.domain.governing import POLICY_DECISIONS
from casework.domain.policy import Edition
from casework.domain.policy_decision import PolicyDecision
from casework.domain.steps import DECISIONS
from letters.domain.catalogue import CATALOGUE

AnyDecision = Decision | PolicyDecision
ALL: Final[Sequence[AnyDecision]] = (*DECISIONS, *POLICY_DECISIONS)
ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "policy-map.md"
NOTHING: Final = "-"
HEAD: Final = """# Policy map

What each clause of the example edition asks, who decides about it here, which events that leaves in the record, which
letters follow, and which test takes each decision most. Made by `make policy-map` from the table of decisions, the
catalogue of letters and the tests; not written by hand.

"""


class Beside(NamedTuple):
    """What serves a clause about which nobody decides anything in a case."""

    what: str
    shown_by: str
    """A file of tests."""


KEPT_BESIDE: Final[Mapping[str, Beside]] = {
    "P01": Beside("the edition's `statutory_basis`, on every export", "tests/application/test_export_package.py"),
    "P13": Beside("what would help instead, in the letters L02, L03, L14", "tests/letters/press/test_samples.py"),
    "P26": Beside("`GET /v1/calendar/sending-window`", "tests/api/test_sending_window.py"),
    "P27": Beside("`GET /v1/calendar/sending-window`", "tests/api/test_sending_window.py"),
}


def page() -> str:
    """Return the page.

    Raises:
        ValueError: a clause that nothing serves, or a decision that no test takes.
    """
    edition = read_edition()
    if missing := [*unserved(edition, ALL), *untested(ALL)]:
        message = f"expected something for each, found nothing: {', '.join(missing)}"
        raise ValueError(message)
    rows = [_row(clause, says, ALL) for clause, says in edition.clauses.items()]
    table = "\n".join(
        ("| clause | in short | decisions | events | letters | tests |", "|---|---|---|---|---|---|", *rows)
    )
    return f"{HEAD}{table}\n"


def unserved(edition: Edition, decisions: Iterable[AnyDecision]) -> list[str]:
    """Return the clauses that no decision serves, and that nothing beside does."""
    served = {clause for decision in decisions for clause in decision.serves} | set(KEPT_BESIDE)
    return sorted(set(edition.clauses) - served)


def untested(decisions: Iterable[AnyDecision]) -> list[str]:
    """Return the decisions that no test of the domain takes."""
    return [decision.name for decision in decisions if not tests_of(decision.name)]


@cache
def tests_of(decision: str) -> tuple[str, ...]:
    """Return the tests of the domain that take a decision, by its name: those first that take it most."""
    files = sorted((ROOT / "tests" / "domain").glob("test_*.py"))
    times = {str(file.relative_to(ROOT)): _texts(file)[decision] for file in files}
    return tuple(sorted((file for file in times if times[file]), key=lambda file: -times[file]))


@cache
def _texts(file: Path) -> Counter[str]:
    """Return the texts that stand in a file of Python, and how often."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return Counter(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str)


def _row(clause: str, says: str, decisions: Sequence[AnyDecision]) -> str:
    serving = [decision for decision in decisions if clause in decision.serves]
    events = list(dict.fromkeys(event for decision in serving for event in decision.writes))
    shown_by = [tests_of(decision.name)[0] for decision in serving]
    beside = KEPT_BESIDE.get(clause)
    cells = (
        clause,
        says,
        _cell([f"`{decision.name}`" for decision in serving] or ([beside.what] if beside else [])),
        _cell(f"`{event.type_name}`" for event in events),
        _cell(letter for event in events for letter in _letters(event)),
        _cell(f"`{name.rpartition('/')[2]}`" for name in (shown_by or ([beside.shown_by] if beside else []))),
    )
    return f"| {' | '.join(cells)} |"


def _letters(event: type[Event]) -> list[str]:
    """Return the letters that an event causes."""
    trigger = event.type_name.removeprefix("incident.").removesuffix(".v1")
    return [f"{row.template} {row.name}" for row in CATALOGUE.values() if row.trigger == trigger]


def _cell(items: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(items)) or NOTHING


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.relative_to(ROOT)}\n")
