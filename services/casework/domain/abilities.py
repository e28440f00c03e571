"""What may be done now, decision by decision, and why not: the rules of ``evaluation``, asked without facts.

A rule that waits for an input says which, and nothing is guessed. A rule that needs a day the school's calendar does
not hold blocks its own decision, in the calendar's words, and no other: taking it would be answered by those words too.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from casework.domain.calendar import CalendarMissing
from casework.domain.decision import Decision
from casework.domain.evaluation import barred_by_end, may_override, role_taken, states_of
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Failure
from casework.domain.rules import R12, Needed, Question, Rule


class Ability(msgspec.Struct, frozen=True, kw_only=True):
    """What may be done with one decision now, and why not."""

    decision: Decision
    blocked_by: tuple[Failure, ...]
    to_override: tuple[Failure, ...]
    needs: tuple[str, ...]
    numbers: tuple[int | UUID, ...] | None

    @property
    def status(self) -> str:
        """``blocked``, ``override`` (this person may, with a reason), ``needs`` (inputs first) or ``allowed``."""
        if self.blocked_by or self.numbers == ():
            return "blocked"
        if self.to_override:
            return "override"
        return "needs" if self.needs else "allowed"


def abilities(case: Incident, at: Moment, decisions: Iterable[Decision]) -> list[Ability]:
    """Return, for each decision that has a path, whether this person may take it now, and what it waits for."""
    return [_ability(case, at, decision) for decision in decisions if decision.path is not None]


def _ability(case: Incident, at: Moment, decision: Decision) -> Ability:
    hard = [*_barred(case, at, decision)]
    soft: list[Failure] = []
    # A role that is bound to some codes waits for the fact that says which: whether it fits, only taking it can tell.
    needs = [decision.bound_by] if decision.codes_of(role_taken(decision, case, at), at.edition) else []
    question = Question(case=case, at=at, facts=_known_facts(case, decision), is_complete=False)
    for rule in decision.rules:
        try:
            missing = rule.check(question) if rule.check else ()
        except Needed as needed:
            needs.append(needed.name)
        except CalendarMissing as error:
            hard.append(_without_calendar(rule, error))
        else:
            if missing:
                failure = Failure(rule=rule, missing=missing)
                (soft if may_override(rule, at.roles_in(case), None) else hard).append(failure)
    return Ability(
        decision=decision,
        blocked_by=tuple(hard),
        to_override=tuple(soft),
        needs=tuple(dict.fromkeys(needs)),
        numbers=_to_act_on(case, at, decision),
    )


def _to_act_on(case: Incident, at: Moment, decision: Decision) -> tuple[int | UUID, ...] | None:
    """Return the numbers of what it may act on, none if there is nothing; None if it acts on the case as it stands."""
    on = decision.acts_on
    if on is None:
        return None if case.ended or decision.is_for_open else ()
    return tuple(number for number, status in states_of(case, at, on).items() if status in on.states)


def _barred(case: Incident, at: Moment, decision: Decision) -> Iterable[Failure]:
    """Yield what is checked before all other rules: the role, and that the case is open."""
    taken = role_taken(decision, case, at)
    if taken is None:
        yield Failure(rule=R12, missing=decision.forbidden(taken, at.edition, {}))
    if barred := barred_by_end(case, decision):
        yield barred


def _known_facts(case: Incident, decision: Decision) -> dict[str, Any]:
    """Return what a request may leave out: the identified poster, where that is who is meant."""
    identity = case.identity
    if identity is None:
        return {}
    return {name: identity.party for name, mark in decision.parties.items() if mark.is_poster_meant}


def _without_calendar(rule: Rule, error: CalendarMissing) -> Failure:
    """Return the failure of a rule that cannot be tried: nobody overrides what is not known."""
    untried = replace(rule, soft=None, what_to_do="add the term to the school's calendar first")
    return Failure(rule=untried, missing=(f"term dates: {error}",))
