"""What is decided about the policy itself (P01-P08), and by whom: the table that the API, documents and tests read.

The governing body owns the policy. The headteacher or the office drafts an edition, the chair adopts it as the minutes
say, chair and headteacher sign it. The headteacher changes a parameter that the policy leaves to the school. National
change or the school's own monitoring calls for a review; what came of it, the chair records.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import msgspec
from msgspec.structs import replace

from casework.domain.calendar import london_date
from casework.domain.codes import ReviewKind, ReviewOutcome, Signatory
from casework.domain.moment import Moment
from casework.domain.policy import Dated, Edition, EditionStanding, Minute, ParameterName, Parameters, Policy
from casework.domain.policy_decision import PolicyDecision, Written, policy_decision
from casework.domain.policy_events import (
    CALLED_FOR_BY,
    Drafted,
    ParameterChanged,
    PolicyAdopted,
    Reviewed,
    ReviewTriggered,
    Signed,
    Superseded,
    as_json,
)
from casework.domain.refusal import Fault
from casework.domain.rules import ALL_RULES, R20
from casework.domain.steps import DECISIONS, EVENTS


class Adopting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the governing body adopted an edition, where that is minuted, and when it is due for review."""

    adopted_on: date
    minute_ref: Minute
    review_due: Dated | None = None


class Changing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A parameter, and its new value."""

    name: ParameterName
    new: Any


class Nothing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No facts: who decides, and about which edition, says all."""


class Triggering(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What calls for the review."""

    kind: ReviewKind


class Reviewing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of the review."""

    outcome: ReviewOutcome


def _fitting_draft(policy: Policy, _at: Moment, _edition: Edition, facts: Edition) -> Iterator[Fault]:
    known = policy.standings.get(facts.edition)
    if known and (known.state != "drafted" or known.edition.signatures):
        state = "signed" if known.state == "drafted" else known.state.replace("_", " ")
        expected = "a name that is new, or an unsigned draft's"
        yield Fault(pointer="/edition", expected=expected, found=f"the name of one that is {state}")
    if facts.signatures:
        yield Fault(pointer="/signatures", expected="none yet: each signs for themselves", found="somebody's signature")
    for clause in sorted(CITED - facts.clauses.keys()):
        yield Fault(pointer=f"/clauses/{clause}", expected="its words, as decisions cite it", found="no words")
    for code, row in facts.categories.items():
        if row.clause not in facts.clauses:
            expected = f"a clause of this edition: {sorted(facts.clauses)}"
            yield Fault(pointer=f"/categories/{code}/clause", expected=expected, found=row.clause)
    yield from _fitting_parameters(facts.parameters, "/parameters")


def _fitting_parameters(parameters: Parameters, pointer: str) -> Iterator[Fault]:
    opening, closing = parameters.dojo_hours
    if opening >= closing:
        yield Fault(pointer=f"{pointer}/dojo_hours", expected="opening before closing", found=f"{opening} to {closing}")
    if parameters.grant_days > parameters.grant_days_max:
        expected = f"at most grant_days_max, {parameters.grant_days_max}"
        yield Fault(pointer=f"{pointer}/grant_days", expected=expected, found=str(parameters.grant_days))


@policy_decision(
    "editions", clauses=("P07", "P08"), who=("headteacher", "office"), writes=(Drafted,), fits=_fitting_draft
)
def draft_policy(_policy: Policy, _at: Moment, _edition: Edition, facts: Edition) -> Written:
    """Write an edition of the policy down, whole; it rules nothing until it is adopted."""
    yield facts.edition, Drafted.of(facts)


def _superseded(standing: EditionStanding, _at: Moment) -> str | None:
    return "superseded" if standing.state == "superseded" else None


def _fitting_adoption(_policy: Policy, at: Moment, edition: Edition, facts: Adopting) -> Iterator[Fault]:
    if facts.adopted_on > london_date(at.now):
        expected = "a day that is not in the future"
        yield Fault(pointer="/adopted_on", expected=expected, found=facts.adopted_on.isoformat(), rule=R20.id)
    due = facts.review_due or edition.review_due
    if due.last_day <= facts.adopted_on:
        yield Fault(pointer="/review_due", expected="a review after the adoption", found=due.written)


@policy_decision(
    "editions/{e}/adoptions",
    clauses=("P02", "P04"),
    who=("chair",),
    writes=(PolicyAdopted, Superseded),
    fits=_fitting_adoption,
    settled=_superseded,
)
def adopt_policy(policy: Policy, _at: Moment, edition: Edition, facts: Adopting) -> Written:
    """Put an edition in force, as the governing body resolved; one in force already is renewed, with a new review."""
    adopted = PolicyAdopted(
        adopted=facts.adopted_on.isoformat(),
        review_due=(facts.review_due or edition.review_due).written,
        minute_ref=facts.minute_ref,
    )
    yield edition.edition, adopted
    if policy.in_force and policy.in_force != edition.edition:
        yield policy.in_force, Superseded(by=edition.edition)


def _signed_already(standing: EditionStanding, at: Moment) -> str | None:
    is_signed = at.role in standing.edition.signatures
    return f"signed by the {at.role} already" if is_signed else _superseded(standing, at)


@policy_decision(
    "editions/{e}/signatures",
    clauses=("P03",),
    who=get_args(Signatory),
    writes=(Signed,),
    settled=_signed_already,
)
def sign_policy(_policy: Policy, at: Moment, edition: Edition, _facts: Nothing) -> Written:
    """Sign an edition: the chair of governors and the headteacher, each in their own capacity, once."""
    yield edition.edition, Signed(capacity=msgspec.convert(at.role, Signatory))


def _fitting_change(_policy: Policy, _at: Moment, edition: Edition, facts: Changing) -> Iterator[Fault]:
    present = as_json(edition.parameters)
    new = in_whole_numbers(facts.new)
    if new == present[facts.name]:
        yield Fault(pointer="/new", expected="another value than it has", found="the same value")
        return
    try:
        changed = msgspec.convert({**present, facts.name: new}, Parameters)
    except msgspec.ValidationError as error:
        yield _mistyped(facts.name, error)
    else:
        yield from (replace(fault, pointer="/new") for fault in _fitting_parameters(changed, ""))


@policy_decision(
    "parameter-changes",
    clauses=("P08",),
    who=("headteacher",),
    writes=(ParameterChanged,),
    fits=_fitting_change,
)
def change_parameter(_policy: Policy, _at: Moment, edition: Edition, facts: Changing) -> Written:
    """Give a parameter of the edition in force another value, for what is decided from now on."""
    old = as_json(edition.parameters)[facts.name]
    yield edition.edition, ParameterChanged(name=facts.name, old=old, new=in_whole_numbers(facts.new))


@policy_decision("reviews", clauses=("P05", "P06"), who=("headteacher", "chair", "system"), writes=(ReviewTriggered,))
def trigger_review(_policy: Policy, _at: Moment, edition: Edition, facts: Triggering) -> Written:
    """Say that the policy is to be reviewed: national requirements changed, or the school's monitoring calls for it."""
    yield edition.edition, ReviewTriggered(kind=facts.kind)


@policy_decision("reviews", clauses=("P05", "P06"), who=("chair",), writes=(Reviewed,))
def record_review(_policy: Policy, _at: Moment, edition: Edition, facts: Reviewing) -> Written:
    """Record what came of a review; it answers every one that was called for."""
    yield edition.edition, Reviewed(outcome=facts.outcome)


def in_whole_numbers(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with 5.0 as 5: JSON does not tell them apart (RFC 7493 2.2)."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [in_whole_numbers(each) for each in value]
    if isinstance(value, dict):
        return {name: in_whole_numbers(each) for name, each in value.items()}
    return value


def _mistyped(name: ParameterName, error: msgspec.ValidationError) -> Fault:
    """Return the fault that msgspec found in a value; its own words may quote the value, so a few of them are kept."""
    text, _, place = str(error).partition(" - at `$.")
    expected, _, found = text.removeprefix("Expected ").partition(", got ")
    below = place.rstrip("`").removeprefix(name).replace("[", "/").replace("]", "").replace(".", "/")
    is_quoting = not text.startswith("Expected ")
    return Fault(
        pointer=f"/new{below}",
        expected="one of the values that this parameter may have" if is_quoting else expected.replace("`", ""),
        found="another value" if is_quoting or not found else f"{found} there".replace("`", ""),
    )


POLICY_DECISIONS: tuple[PolicyDecision, ...] = (
    draft_policy,
    adopt_policy,
    sign_policy,
    change_parameter,
    trigger_review,
    record_review,
)
CITED: frozenset[str] = frozenset(
    clause
    for cites in (
        *(decision.serves for decision in DECISIONS),
        *(decision.clauses for decision in POLICY_DECISIONS),
        *(event.clauses for event in EVENTS),
        *((rule.clause,) for rule in ALL_RULES),
        *CALLED_FOR_BY.values(),
    )
    for clause in cites
)
"""The clauses that decisions, events and rules cite: without one of them, entries would cite what is not there."""
