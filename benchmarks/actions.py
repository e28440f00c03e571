"""Asking what may be done in a case, against trying one decision: a rule is tried once, not once a decision."""

from typing import Final

from benchmarks.measuring import Comparison, Target
from casework.domain.abilities import abilities
from casework.domain.evaluation import Request, decide
from casework.domain.steps import BY_NAME, DECISIONS
from tests.domain.playing import continued

PLAYED: Final = continued()
AT: Final = PLAYED.moment("u-head")
WARN: Final = BY_NAME["issue_warning"]
WARNING: Final = Request(decision=WARN, facts=WARN.facts(posts=(1,)))


def ask() -> object:
    """Ask what the headteacher may do, of every decision there is."""
    return abilities(PLAYED.case, AT, DECISIONS)


def warn() -> object:
    """Take the decision to warn the parent, who was asked, refused and went on."""
    return decide(PLAYED.case, AT, WARNING, DECISIONS)


COMPARISONS: Final = (Comparison("all actions of a case / trying issue_warning", ask, warn, Target(at_most=4)),)
