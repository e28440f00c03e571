"""What a decision about the policy itself is, and how it is taken: the kind that the rows of ``governing`` are of.

It is what ``decision`` and ``evaluation`` are to a case, without a case: no parties, no posts, no soft rules. A row is
a function of the policy, the moment, the edition it is about and the facts, whose annotation is the struct that the
HTTP schema is made from::

    @policy_decision("editions/{e}/signatures", clauses=("P03",), who=("chair", "headteacher"), writes=(Signed,))
    def sign_policy(policy: Policy, at: Moment, edition: Edition, facts: Signing) -> Written:
        '''Sign an edition, each in an own capacity.'''
        yield edition.edition, Signed(capacity=...)

Facts are checked first (422), then the role (403), then the edition in the path (404, 409); the version is for the use
case. What is written names the edition that it is about.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, get_type_hints

import msgspec

from casework.domain.calendar import fixed_offset
from casework.domain.event import Carried, Recorded
from casework.domain.fact_checks import in_the_future
from casework.domain.moment import Moment
from casework.domain.policy import Edition, EditionStanding, Policy
from casework.domain.policy_events import PolicyEvent
from casework.domain.refusal import BadFacts, EditionSettled, Failure, Fault, NoSuchEdition, Refused
from casework.domain.rule import Rule
from casework.domain.rules import R12

Written = Iterator[tuple[str, PolicyEvent]]
"""Events, each with the edition that it is about."""
PolicyFits = Callable[[Policy, Moment, Edition, Any], Iterator[Fault]]
"""Yields a fault for each fact that does not fit the policy, the moment or the other facts."""
Settled = Callable[[EditionStanding, Moment], str | None]
"""Says what the edition in the path is, where that closes it to the decision."""


class PolicyDecision(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table of decisions about the policy (domain.md 8, 9)."""

    rules: ClassVar[tuple[Rule, ...]] = ()
    name: str
    path: str
    """Below ``/v1/policy/``; ``{e}`` is the edition that it is about."""
    clauses: tuple[str, ...]
    who: tuple[str, ...]
    writes: tuple[type[PolicyEvent], ...]
    function: Callable[..., Written]
    facts: type[msgspec.Struct]
    fits: PolicyFits | None = None
    settled: Settled | None = None
    summary: str = ""

    @property
    def serves(self) -> tuple[str, ...]:
        """All clauses that it applies."""
        return self.clauses


def policy_decision(
    path: str,
    *,
    clauses: tuple[str, ...],
    who: tuple[str, ...],
    writes: tuple[type[PolicyEvent], ...],
    fits: PolicyFits | None = None,
    settled: Settled | None = None,
) -> Callable[[Callable[..., Written]], PolicyDecision]:
    """Make a decision about the policy of a function; the annotation of its last parameter says which facts."""

    def made(function: Callable[..., Written]) -> PolicyDecision:
        last = list(inspect.signature(function).parameters)[-1]
        return PolicyDecision(
            name=function.__name__,
            path=path,
            clauses=clauses,
            who=who,
            writes=writes,
            function=function,
            facts=get_type_hints(function)[last],
            fits=fits,
            settled=settled,
            summary=(inspect.getdoc(function) or "").partition("\n")[0],
        )

    return made


class PolicyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A decision about the policy that somebody wants to take: its facts, and the edition in its path."""

    decision: PolicyDecision
    facts: msgspec.Struct
    edition: str | None = None


def admit_policy(policy: Policy, at: Moment, request: PolicyRequest) -> Edition:
    """Check what is checked before the version: facts, role, the edition in the path; return the edition it is about.

    Raises:
        BadFacts: facts that cannot be; all at once (422).
        Refused: the role may not decide this (R12, 403).
        NoSuchEdition, EditionSettled: the edition in the path.
    """
    decision = request.decision
    standing = policy.standings.get(request.edition or policy.in_force or "")
    edition = standing.edition if standing else policy.edition
    faults = [in_the_future("occurred_at", at.occurred_at)] if at.occurred_at > at.now else []
    if decision.fits and (standing or request.edition is None):
        faults += decision.fits(policy, at, edition, request.facts)
    if faults:
        raise BadFacts(faults)
    if at.role not in decision.who:
        needed = f"one of the roles {', '.join(sorted(decision.who))}"
        raise Refused(decision.name, [Failure(rule=R12, missing=(needed,))])
    if request.edition is not None and standing is None:
        raise NoSuchEdition(request.edition)
    if standing and decision.settled and (found := decision.settled(standing, at)):
        raise EditionSettled(standing.edition.edition, found)
    return edition


def decide_policy(policy: Policy, at: Moment, request: PolicyRequest) -> list[Recorded]:
    """Take a decision about the policy: return the events that record it, in order, with their versions.

    Raises:
        Refusal: what :func:`admit_policy` raises.
    """
    edition = admit_policy(policy, at, request)
    decision = request.decision
    return recorded(policy, at, decision.function(policy, at, edition, request.facts), decision.clauses)


def recorded(
    policy: Policy, at: Moment, written: Iterable[tuple[str, PolicyEvent]], clauses: tuple[str, ...]
) -> list[Recorded]:
    """Give each event what every event carries, and its version in the policy's stream."""
    return [
        Recorded(
            originator_id=policy.id,
            originator_version=version,
            recorded_at=at.now,
            event=event,
            carried=Carried(
                occurred_at=fixed_offset(at.occurred_at),
                actor=at.actor,
                role=at.role,
                command=at.command,
                cause=at.cause,
                edition=about,
                clauses=event.applies or clauses,
                sensitivity=type(event).sensitivity,
            ),
        )
        for version, (about, event) in enumerate(written, policy.version + 1)
    ]
