"""What may be done now, decision by decision, and why not: the rules of ``evaluation``, asked without facts.

A rule that waits for an input says which, and nothing is guessed. A rule that needs a day the school's calendar does
not hold blocks its own decision, in the calendar's words, and no other: taking it would be answered by those words too.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from casework.domain.calendar import CalendarMissing
from casework.domain.decision import Decision
from casework.domain.evaluation import barred_as_target, barred_by_end, may_override, role_taken, states_of
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Failure
from casework.domain.rule import Needed, Question, Rule
from casework.domain.rules import R12


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
    tried = _Tried(case, at)
    return [_ability(tried, decision) for decision in decisions if decision.path is not None]


Outcome = tuple[str, ...] | Needed | CalendarMissing
"""What a rule gives: what is missing, the input that it waits for, or that the calendar ends too early."""


class _Tried:
    """The rules as they were tried in one case: each once for the facts that are known, however many decisions ask."""

    def __init__(self, case: Incident, at: Moment) -> None:
        self.case = case
        self.at = at
        self.roles = at.roles_in(case)
        self._outcomes: dict[tuple[int, tuple[str, ...]], Outcome] = {}

    def outcomes(self, decision: Decision) -> list[tuple[Rule, Outcome]]:
        """Return each rule of a decision with what it gives."""
        facts = _known_facts(self.case, decision)
        known = tuple(facts)
        found = []
        for rule in decision.rules:
            # Rules are constants of their module, so one is told from another by its place in memory; and of a fact
            # its name is enough, as whatever is known is the identified poster.
            outcome = self._outcomes.get((id(rule), known))
            if outcome is None:
                outcome = self._outcomes[id(rule), known] = self._try(rule, facts)
            found.append((rule, outcome))
        return found

    def _try(self, rule: Rule, facts: Mapping[str, Any]) -> Outcome:
        if rule.check is None:
            return ()
        try:
            return rule.check(Question(case=self.case, at=self.at, facts=facts, is_complete=False))
        except (Needed, CalendarMissing) as error:
            return error


def _ability(tried: _Tried, decision: Decision) -> Ability:
    case, at = tried.case, tried.at
    taken = role_taken(decision, case, at)
    hard = _barred(case, at, decision, taken)
    soft: list[Failure] = []
    # A role that is bound to some codes waits for the fact that says which: whether it fits, only taking it can tell.
    needs = [decision.bound_by] if decision.codes_of(taken, at.edition) else []
    for rule, outcome in tried.outcomes(decision):
        if isinstance(outcome, Needed):
            needs.append(outcome.name)
        elif isinstance(outcome, CalendarMissing):
            hard.append(_without_calendar(rule, outcome))
        elif outcome:
            failure = Failure(rule=rule, missing=outcome)
            (soft if may_override(rule, tried.roles, None) else hard).append(failure)
    return Ability(
        decision=decision,
        blocked_by=tuple(hard),
        to_override=tuple(soft),
        needs=tuple(dict.fromkeys(needs)) if needs else (),
        numbers=_to_act_on(case, at, decision, taken),
    )


def _to_act_on(case: Incident, at: Moment, decision: Decision, taken: str | None) -> tuple[int | UUID, ...] | None:
    """Return the numbers of what it may act on, none if there is nothing; None if it acts on the case as it stands.

    Whoever may not take it is told of none: that there is one may be for others to know, as of legal advice.
    """
    on = decision.acts_on
    if on is None:
        return None if case.ended or decision.is_for_open else ()
    if taken is None:
        return ()
    return tuple(number for number, status in states_of(case, at, on).items() if status in on.states)


def _barred(case: Incident, at: Moment, decision: Decision, taken: str | None) -> list[Failure]:
    """Return what is checked before all other rules and fails: no conflict, the role, and that the case is open."""
    forbidden = None if taken else Failure(rule=R12, missing=decision.forbidden(taken, at.edition, {}))
    barred = (barred_as_target(case, at, decision), forbidden, barred_by_end(case, decision))
    return [failure for failure in barred if failure]


def _known_facts(case: Incident, decision: Decision) -> dict[str, Any]:
    """Return what a request may leave out: the identified poster, where that is who is meant."""
    identity = case.identity
    if identity is None or not decision.parties:
        return {}
    return {name: identity.party for name, mark in decision.parties.items() if mark.is_poster_meant}


def _without_calendar(rule: Rule, error: CalendarMissing) -> Failure:
    """Return the failure of a rule that cannot be tried: nobody overrides what is not known."""
    untried = replace(rule, soft=None, what_to_do="add the term to the school's calendar first")
    return Failure(rule=untried, missing=(f"term dates: {error}",))
