"""What statistics count of a case beyond its state: folded beside it, from the same public facts.

Like an effect, nothing here refuses, reads the clock or looks at the policy.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from casework.domain.event import Recorded
from casework.domain.incident import Incident
from casework.domain.steps.closing import Withdrawn
from casework.domain.steps.escalation import EscalationThresholdOverridden
from casework.domain.steps.first_step import FirstStepDispensed
from casework.domain.steps.people import PosterIdentityCorrected
from casework.domain.steps.police import PoliceReferred

DUPLICATE: Final = "duplicate"


class OverrideUse(Struct, frozen=True, kw_only=True):
    """One rule set aside by one decision, and the code of the reason."""

    rule: str
    code: str
    command: UUID


class Figures(Struct, frozen=True, kw_only=True):
    """What was counted of one case."""

    overrides: tuple[OverrideUse, ...] = ()
    is_duplicate: bool = False
    is_identity_corrected: bool = False
    removed_at: datetime | None = None
    """When all that was judged inappropriate was first seen gone; None while any of it is not."""
    referred_at: datetime | None = None
    """When the police were first told."""


def counted(before: Figures, case: Incident, at: Recorded) -> Figures:
    """Return what is counted of a case after this event; `case` is its state by then."""
    count = COUNTS.get(at.event.type_name)
    after = count(before, at) if count else before
    # Whichever event comes last, the look or the judgement: how long it took is for the look to say.
    looks = [post.checked_at for post in case.inappropriate_posts if post.is_gone and post.checked_at]
    is_gone = bool(looks) and len(looks) == len(case.inappropriate_posts)
    removed_at = (before.removed_at or max(looks)) if is_gone else None
    overrides = [*after.overrides]
    for rule, code in _set_aside(at):
        use = OverrideUse(rule=rule, code=code, command=at.carried.command)
        if use not in overrides:
            overrides.append(use)
    return replace(after, removed_at=removed_at, overrides=tuple(overrides))


def _set_aside(at: Recorded) -> list[tuple[str, str]]:
    """Return the rules that a decision set aside, also ahead, each with its code; its events all say the same."""
    override = at.carried.override
    found = [(rule, override.code) for rule in override.rules] if override else []
    if isinstance(at.event, FirstStepDispensed):
        found.append(("R03", at.event.code))
    if isinstance(at.event, EscalationThresholdOverridden):
        found.append(("R04", at.event.code))
    return found


def _referred(before: Figures, at: Recorded) -> Figures:
    return replace(before, referred_at=before.referred_at or at.carried.occurred_at)


def _withdrawn(before: Figures, at: Recorded) -> Figures:
    return replace(before, is_duplicate=isinstance(at.event, Withdrawn) and at.event.because == DUPLICATE)


def _corrected(before: Figures, _at: Recorded) -> Figures:
    return replace(before, is_identity_corrected=True)


COUNTS: Final[Mapping[str, Callable[[Figures, Recorded], Figures]]] = {
    PoliceReferred.type_name: _referred,
    Withdrawn.type_name: _withdrawn,
    PosterIdentityCorrected.type_name: _corrected,
}
