"""The school's own monitoring (P06, P63): from which figures of a term on it calls for a review of the policy.

Counted are threats, as cases in which one was categorised, and overrides, of the decisions that one could have been
used for: reports, notes and evidence, which nobody overrides, would make every share small.
"""

import msgspec

from casework.domain.policy import ReviewTriggers
from casework.domain.steps import DECISIONS

THREAT = "C6"
OVERRIDABLE: frozenset[str] = frozenset(
    decision.writes[0].type_name
    for decision in DECISIONS
    if decision.sets_aside or any(rule.soft for rule in decision.rules)
)
"""The event by which each decision is known for which a rule may be set aside, at the time or ahead."""
DECIDED_MIN = 5
"""Of fewer decisions in a term a share tells nothing: one override in one case would be all of them."""
SETS_ASIDE: frozenset[str] = frozenset(decision.writes[0].type_name for decision in DECISIONS if decision.sets_aside)
"""What says by itself that a rule was set aside."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted in one term."""

    threats: int = 0
    """Cases with a threat of violence."""
    decided: int = 0
    """Decisions that an override could have been used for."""
    overridden: int = 0
    """Those of them for which one was."""


def calls_for_review(figures: Figures, triggers: ReviewTriggers) -> bool:
    """Return whether the figures of a term reach one of the policy's triggers."""
    is_threatened = figures.threats >= triggers.threats_per_term
    share = triggers.overrides_percent * figures.decided
    return is_threatened or (figures.decided >= DECIDED_MIN and 100 * figures.overridden >= share)
