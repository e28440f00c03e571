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
from casework.domain.evaluation import barred_by_end, first_of, may_override, states_of
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
    decisions = tuple(decisions)
    tried = _Tried(case, at, decisions)
    return [_ability(tried, decision) for decision in decisions if decision.path is not None]


Outcome = tuple[str, ...] | Needed | CalendarMissing
"""What a rule gives: what is missing, the input that it waits for, or that the calendar ends too early."""


class _Tried:
    """The rules as they were tried in one case: each once for the facts that are known, however many decisions ask."""

    def __init__(self, case: Incident, at: Moment, decisions: Iterable[Decision]) -> None:
        self.case = case
        self.at = at
        self.roles = at.roles_in(case)
        self._ahead = {decision.sets_aside: decision for decision in decisions if decision.sets_aside}
        self._outcomes: dict[int, Outcome] = {}
        self._with_facts: dict[tuple[int, tuple[str, ...]], Outcome] = {}

    def not_held(self, decision: Decision) -> list[tuple[Rule, Outcome]]:
        """Return each rule of a decision that does not simply hold, with what it gives."""
        # Rules are constants of their module, so one is told from another by its place in memory.
        found = []
        for rule in decision.tried:
            outcome = self._outcomes.get(id(rule))
            if outcome is None:
                outcome = self._outcomes[id(rule)] = self._try(rule, {})
            if isinstance(outcome, Needed):
                outcome = self._knowing(rule, decision, outcome)
            if outcome:
                found.append((rule, outcome))
        return found

    def _knowing(self, rule: Rule, decision: Decision, needed: Needed) -> Outcome:
        """Try a rule that waits for a fact with those that are known; if none is, it waits."""
        facts = _known_facts(self.case, decision)
        if needed.name not in facts:
            return needed
        # Of a fact its name is enough, as whatever is known is the identified poster.
        key = (id(rule), tuple(facts))
        if key not in self._with_facts:
            self._with_facts[key] = self._try(rule, facts)
        return self._with_facts[key]

    def may_set_aside(self, rule: Rule) -> bool:
        """Return whether this person may, with some code: also by the decision that does so ahead, if there is one."""
        ahead = self._ahead.get(rule.id)
        is_barred = ahead is not None and bool(self.not_held(ahead))
        return may_override(rule, self.roles, None) and not is_barred

    def _try(self, rule: Rule, facts: Mapping[str, Any]) -> Outcome:
        if rule.check is None:
            return ()
        try:
            return rule.check(Question(case=self.case, at=self.at, facts=facts, is_complete=False))
        except (Needed, CalendarMissing) as error:
            return error


def _ability(tried: _Tried, decision: Decision) -> Ability:
    case, at = tried.case, tried.at
    who = decision.roles(at.edition)
    taken = first_of(tried.roles, who)
    hard = [] if taken and not case.ended else _barred(case, at, decision, taken)
    soft: list[Failure] = []
    # A role that is bound to some codes waits for the fact that says which: whether it fits, only taking it can tell.
    needs = [decision.bound_by] if taken and who[taken] else []
    for rule, outcome in tried.not_held(decision):
        if isinstance(outcome, Needed):
            needs.append(outcome.name)
        elif isinstance(outcome, CalendarMissing):
            hard.append(_without_calendar(rule, outcome))
        else:
            failure = Failure(rule=rule, missing=outcome)
            (soft if tried.may_set_aside(rule) else hard).append(failure)
    return Ability(
        decision=decision,
        blocked_by=tuple(hard),
        to_override=tuple(soft),
        needs=tuple(dict.fromkeys(needs)) if needs else (),
        numbers=_to_act_on(case, at, decision, taken),
    )


def _to_act_on(case: Incident, at: Moment, decision: Decision, taken: str | None) -> tuple[int | UUID, ...] | None:
    """Return the numbers of what it may act on, none if there is nothing; None if it acts on the case as it stands.

    Whoever may not take it is told of none: that there is something to answer, as legal advice, may be a secret.
    """
    on = decision.acts_on
    if on is None:
        return None if case.ended or decision.is_for_open else ()
    if taken is None:
        return ()
    return tuple(number for number, status in states_of(case, at, on).items() if status in on.states)


def _barred(case: Incident, at: Moment, decision: Decision, taken: str | None) -> list[Failure]:
    """Return what is checked before all other rules and fails: the role, and that the case is open."""
    failures = [] if taken else [Failure(rule=R12, missing=decision.forbidden(taken, at.edition, {}))]
    barred = barred_by_end(case, decision)
    return [*failures, barred] if barred else failures


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
