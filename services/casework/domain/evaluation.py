"""Taking a decision: one evaluation, whose rules also answer "may I?" (``abilities``).

Facts are checked (422), then who acts (403), then whether the case is still open, then every rule; all that fail are
listed. An override sets soft rules aside; what it dispenses with is recorded first. Then the decision's own function
yields its events, and each is given what every event carries.
"""

import keyword
import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from typing import Annotated, Any, get_args
from uuid import UUID

import msgspec
from msgspec.structs import asdict, replace

from casework.domain.calendar import fixed_offset
from casework.domain.codes import EvidenceResult, Part, PartyKind
from casework.domain.decision import ActsOn, Beside, Decision, FileFacts, NewParty, PartyFact
from casework.domain.event import Carried, Event, Override, Recorded, Sensitivity
from casework.domain.fact_checks import faults_of, shown
from casework.domain.folding import IncidentEvent, fold
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.refusal import BadFacts, Failure, Fault, NoSuchNumber, NothingToActOn, Refused
from casework.domain.rule import Question, Rule
from casework.domain.rules import R11_CONCERNED, R11_KIN, R12, R13, R13_ERASED
from casework.domain.steps.people import PartyAdded
from casework.domain.steps.report import Reported

RULE_ID = re.compile(r"R[0-9]{2}")
SENSITIVITIES: tuple[Sensitivity, ...] = get_args(Sensitivity)


class OverrideAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The override object of a request."""

    rules: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    code: str
    reason: str


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A decision somebody wants to take: its facts, the number in its path, an override."""

    decision: Decision
    facts: msgspec.Struct
    number: int | UUID | None = None
    override: OverrideAsked | None = None
    file: FileFacts | None = None
    stored: EvidenceResult | None = None
    """What became of the kept file that the number names; None before it was looked at."""


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose facts can be and whose actor may decide: people are labels, new ones have their events."""

    facts: Mapping[str, Any]
    added: list[IncidentEvent]
    case: Incident
    """The case with the new people in it."""


def admit(case: Incident, at: Moment, request: Request) -> Admitted:
    """Check what is checked before the version: facts, then role, then the number in the path.

    Raises:
        BadFacts: facts that cannot be; all at once (422).
        Refused: the role may not decide this (R12, 403); the case is about the actor (R11, 403), which is told first.
        NoSuchNumber, NothingToActOn: the number in the path.
    """
    decision = request.decision
    _check_concerned(case, at, decision)
    facts, added = _resolve(case, at, decision, request.facts)
    if decision.takes_file:
        facts["file"] = request.file
    if decision.looks_at_stored:
        facts["stored"] = request.stored
    with_people = _given(case, at, added)
    if faults := faults_of(with_people, at, decision, facts):
        raise BadFacts(faults)
    _check_role(decision, with_people, at, facts)
    _check_number(case, at, request)
    return Admitted(facts=facts, added=added, case=with_people)


def decide(
    case: Incident, at: Moment, request: Request, decisions: Iterable[Decision], *, admitted: Admitted | None = None
) -> list[Recorded]:
    """Take the decision: return the events that record it, in order, with their versions.

    ``admitted`` is what :func:`admit` returned of the same request in the same case, where it was called before.

    Raises:
        Refused: rules that fail; all at once (409, or 403). And what :func:`admit` raises.
    """
    decision = request.decision
    admitted = admitted or admit(case, at, request)
    if barred := barred_by_end(case, decision):
        raise Refused(decision.name, [barred])
    if not case.ended and not decision.is_for_open:
        raise NothingToActOn("case", None, "open", "closed or withdrawn")
    question = Question(case=admitted.case, at=at, facts=admitted.facts, is_complete=True)
    failures = _failures(decision, question)
    waived = _waived(failures, request, at.roles_in(case))
    ahead = [each for each in decisions if each.sets_aside in waived]
    if left := _left(failures, waived, ahead, question):
        raise Refused(decision.name, left)
    events = list(admitted.added)
    if request.override:
        for each in sorted(ahead, key=lambda each: each.sets_aside or ""):
            events += _dispensed(each, question, request, request.override)
    arguments = dict(admitted.facts)
    if decision.acts_on:
        arguments["number"] = request.number
    own = list(decision.function(_given(case, at, events), at, **_by_parameter(arguments)))
    reported = own[:1] if own and isinstance(own[0], Reported) else []
    return carried(
        case,
        at,
        [*reported, *events, *own[len(reported) :]],
        decision,
        request.override if waived else None,
        waived=[failure.rule for failure in failures if failure.rule.id in waived],
        further_clauses=decision.further_clauses(case, at, arguments) if decision.further_clauses else (),
    )


def carried(
    case: Incident,
    at: Moment,
    events: Iterable[IncidentEvent | Beside],
    decision: Decision,
    override: OverrideAsked | None = None,
    *,
    waived: Collection[Rule] = (),
    further_clauses: tuple[str, ...] = (),
) -> list[Recorded]:
    """Give each event what every event carries, and its version in the case, or in the other stream it is for."""
    recorded = []
    versions = {**at.versions, case.id: case.version}
    kept = Override(rules=tuple(sorted(set(override.rules))), code=override.code) if override else None
    taken = _role_used(decision, case, at, waived, override.code if override else None)
    for written in events:
        stream, event = (written.stream, written.event) if isinstance(written, Beside) else (case.id, written)
        versions[stream] = versions.get(stream, 0) + 1
        if isinstance(event, Reported):
            case = replace(case, kind=event.kind)
        if "override_reason" in event.__struct_fields__:
            event = replace(event, override_reason=override.reason if override else None)
        recorded.append(
            Recorded(
                originator_id=stream,
                originator_version=versions[stream],
                recorded_at=at.now,
                event=event,
                carried=Carried(
                    occurred_at=fixed_offset(at.occurred_at),
                    actor=at.actor,
                    role=at.role,
                    acting_for=None if taken == at.role else taken,
                    command=at.command,
                    cause=at.cause,
                    edition=at.edition.edition,
                    clauses=(*further_clauses, *(type(event).clauses or decision.clauses)),
                    override=kept,
                    sensitivity=max(_marks(case, at, stream, event), key=SENSITIVITIES.index),
                ),
            )
        )
    return recorded


def _marks(case: Incident, at: Moment, stream: UUID, event: Event) -> Iterator[Sensitivity]:
    """Yield the least that an event is marked with: by its type, by its case, by whatever else it tells of."""
    yield from event.marks(case, at) if isinstance(event, IncidentEvent) else (event.sensitivity,)
    yield case.sensitivity
    yield at.sensitivity_of(stream)


def barred_by_end(case: Incident, decision: Decision) -> Failure | None:
    """Return the failure of R13, if the case ended in a way that bars this decision: an erasure bars them all."""
    if case.ended == "erased":
        return Failure(rule=R13_ERASED, missing=("a case that was not erased",))
    if case.ended and not decision.is_for_closed:
        return Failure(rule=R13, missing=("an open case",))
    return None


def may_override(rule: Rule, roles: Iterable[str], code: str | None) -> bool:
    """Return whether one of these roles may set the rule aside: with this code, or with some code if none is named."""
    if rule.soft is None:
        return False
    bound = [rule.soft.who[role] for role in roles if role in rule.soft.who]
    return any(codes is None or code is None or code in codes for codes in bound)


def _resolve(
    case: Incident, at: Moment, decision: Decision, facts: msgspec.Struct
) -> tuple[dict[str, Any], list[IncidentEvent]]:
    """Return the facts with people as labels, and an event for each person new to the case."""
    values = asdict(facts)
    added: list[IncidentEvent] = []

    def label(named: object, mark: PartyFact) -> object:
        if not isinstance(named, NewParty):
            return named
        person = at.people.get(named.person or "")
        if named.person and person is None:
            return named
        known_as = _given(case, at, added).label_of(named.person) if named.person else None
        if known_as:
            return known_as
        kind = person.kind if person else named.kind or "unknown"
        event = PartyAdded(
            party=f"P{len(case.parties) + len(added) + 1}",
            part=_part(case, mark, kind),
            kind=kind,
            is_confidential=person.is_confidential if person else False,
            person=person.id if person else None,
            name=person.name if person else named.name,
        )
        added.append(event)
        return event.party

    for name, mark in decision.parties.items():
        named = values[name]
        if named is None and mark.is_poster_meant:
            values[name] = case.identity.party if case.identity else None
        elif isinstance(named, tuple):
            values[name] = tuple(dict.fromkeys(label(one, mark) for one in named))
        else:
            values[name] = label(named, mark)
    return values, added


def _part(case: Incident, mark: PartyFact, kind: PartyKind) -> Part:
    """Return the part that somebody new gets: no pupil is a poster (R21); an adult answers for a child's account."""
    if mark.part != "poster":
        return mark.part
    if kind == "pupil":
        return "other"
    return "responsible_adult" if case.kind == "child_account" else "poster"


def _given(case: Incident, at: Moment, events: Iterable[IncidentEvent]) -> Incident:
    """Return the case as it will stand once these events are recorded."""
    carries = Carried(occurred_at=at.occurred_at, actor=at.actor, role=at.role, command=at.command, sensitivity="open")
    return (
        fold(
            case,
            (
                Recorded(originator_id=case.id, originator_version=v, recorded_at=at.now, carried=carries, event=event)
                for v, event in enumerate(events, case.version + 1)
            ),
        )
        or case
    )


def _by_parameter(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts by the names of a function's parameters: see ``decision.fact_name``."""
    return {f"{name}_" if keyword.iskeyword(name) else name: value for name, value in facts.items()}


def role_taken(decision: Decision, case: Incident, at: Moment) -> str | None:
    """Return the role by which the actor may take a decision in this case: their own, or one they stand in for."""
    return first_of(at.roles_in(case), decision.roles(at.edition))


def _role_used(
    decision: Decision, case: Incident, at: Moment, waived: Collection[Rule], code: str | None
) -> str | None:
    """Return the role by which the actor takes a decision and sets aside what refuses it: their own, if that may both.

    The chair who stands in for the headteacher decides some things as the chair, and overrides them as the headteacher.
    """
    able = (
        role
        for role in at.roles_in(case)
        if role in decision.roles(at.edition) and all(may_override(rule, (role,), code) for rule in waived)
    )
    return next(able, role_taken(decision, case, at))


def first_of(roles: Iterable[str], who: Container[str]) -> str | None:
    """Return the first of somebody's roles that may take a decision; None if none may."""
    for role in roles:
        if role in who:
            return role
    return None


def _check_concerned(case: Incident, at: Moment, decision: Decision) -> None:
    """Refuse whoever the case is about before their facts are looked at: what is wrong with these tells of it."""
    is_tried = R11_CONCERNED in decision.tried or R11_KIN in decision.tried
    if not is_tried or role_taken(decision, case, at) is None:
        return
    check = R11_CONCERNED.check
    if check and (missing := check(Question(case=case, at=at, facts={}, is_complete=True))):
        raise Refused(decision.name, [Failure(rule=R11_CONCERNED, missing=missing)])


def _check_role(decision: Decision, case: Incident, at: Moment, facts: Mapping[str, Any]) -> None:
    if missing := decision.forbidden(role_taken(decision, case, at), at.edition, facts):
        raise Refused(decision.name, [Failure(rule=R12, missing=missing)])


def _check_number(case: Incident, at: Moment, request: Request) -> None:
    on = request.decision.acts_on
    if on is None or request.number is None:
        return
    status = states_of(case, at, on).get(request.number)
    if status is None:
        raise NoSuchNumber(on.kind, request.number)
    if status not in on.states:
        raise NothingToActOn(on.kind, request.number, status, " or ".join(on.states))


def states_of(case: Incident, at: Moment, on: ActsOn) -> Mapping[int | UUID, str]:
    """Return the states of the things that a decision may act on, by number; of grants, which lie outside, by id."""
    if on.is_uuid:
        return {grant.id: "withdrawn" if grant.is_withdrawn else "good" for grant in at.grants.values()}
    return {number: thing.status for number, thing in case.numbers_of(on.kind).items()}


def _failures(decision: Decision, question: Question) -> list[Failure]:
    failures = []
    for rule in decision.tried:
        missing = rule.check(question) if rule.check else ()
        if missing:
            failures.append(Failure(rule=rule, missing=missing))
    return failures


def _waived(failures: list[Failure], request: Request, roles: Iterable[str]) -> frozenset[str]:
    """Return the rules that the override sets aside; raises :class:`BadFacts` for one that fits nothing."""
    asked = request.override
    if asked is None:
        return frozenset()
    failing = {failure.rule.id: failure.rule for failure in failures}
    soft = {rule.id: rule.soft for rule in failing.values() if rule.soft}
    faults = []
    if not asked.reason.strip():
        faults.append(Fault(pointer="/override/reason", expected="a reason in words", found="blank text", rule="R22"))
    for rule in asked.rules:
        if rule not in soft:
            named = shown(rule, RULE_ID)
            found = f"{named}, which {'cannot be overridden' if rule in failing else 'holds or is none of these'}"
            faults.append(Fault(pointer="/override/rules", expected=f"failing soft rules: {sorted(soft)}", found=found))
        elif asked.code not in soft[rule].codes:
            fitting = f"one of {list(soft[rule].codes)}"
            faults.append(Fault(pointer="/override/code", expected=fitting, found="a code that does not fit"))
    if faults:
        raise BadFacts(faults)
    return frozenset(rule for rule in asked.rules if may_override(failing[rule], roles, asked.code))


def _left(
    failures: Iterable[Failure], waived: frozenset[str], ahead: Iterable[Decision], question: Question
) -> list[Failure]:
    """Return what still refuses, by number: a rule is set aside only by whoever might take the decision to do so."""
    left = {failure.rule.id: failure for each in ahead for failure in _failures(each, question)}
    left |= {failure.rule.id: failure for failure in failures if failure.rule.id not in waived}
    return [left[rule] for rule in sorted(left)]


def _dispensed(ahead: Decision, question: Question, request: Request, override: OverrideAsked) -> list[IncidentEvent]:
    """Return what the decision writes that sets a rule aside, as the override gives the facts for it."""
    given: dict[str, Any] = {"code": override.code, "reason": override.reason}
    if "missing" in ahead.facts.__struct_fields__:
        rules = request.decision.rules
        given["missing"] = next(r.check(question) for r in rules if r.id == ahead.sets_aside and r.check)
    return [event for event in ahead.function(question.case, question.at, **given) if isinstance(event, IncidentEvent)]
