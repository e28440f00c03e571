"""The first step (P52-P54): talk to the parent, ask for removal, and see what is answered by when."""

from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.calendar import fixed_offset
from casework.domain.codes import (
    ContactMethod,
    ContactOutcome,
    DispensationCode,
    Number,
    PostNo,
    Purpose,
    RemovalBasis,
    RemovalResponse,
    Text,
)  # fmt: skip
from casework.domain.decision import ActsOn, Decision, Events, Instant, PostNos, Reason, Recipient, decision
from casework.domain.event import Label, Recorded, Sealed
from casework.domain.fact_checks import before_the_post
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import DEADLINE, MISDIRECTED, Answered, Contact, Incident, RemovalRequest
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import (
    HEAD_OR_DSL_FOR_SAFETY,
    R01,
    R02,
    R05,
    R05_CONTACT,
    R10,
    R11,
    R16_ADULT,
    R21,
)  # fmt: skip

FIRST_STEP = "first_step"
"""The task of talking to the parent."""
REQUEST = "removal_request"
OPEN = "open"
REPLACED = "replaced"
AWAITED = (OPEN, "agreed")
"""Not answered, or answered well: a deadline still runs until the posts are seen gone."""
ABOUT_MESSAGES = "P25"
"""Cited with an answer about messages: nothing of them can be taken down, so a promise is all there is to wait for."""


class ParentContacted(IncidentEvent, frozen=True, kw_only=True):
    """Somebody talked to the parent, or tried to (P52)."""

    type_name: ClassVar[str] = "incident.parent-contacted.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P52",)
    is_decisive: ClassVar[bool] = True
    party: Label
    method: ContactMethod
    purpose: Purpose
    outcome: ContactOutcome
    meeting_at: datetime | None = None
    is_concern_answered: bool
    account: Sealed[Text | None] = UNSET
    concern_response: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Count the contact: one with the poster is the first step; an answer to the parent's concern settles it."""
        contact = Contact(
            party=self.party,
            method=self.method,
            purpose=self.purpose,
            outcome=self.outcome,
            occurred_at=at.carried.occurred_at,
        )
        case.contacts += (contact,)
        if case.identity is None or case.is_poster_contacted:
            case.settle(FIRST_STEP)
        if self.is_concern_answered and case.numbers_of("concern"):
            case.put("concern", 1, "answered", at)


class FirstStepDispensed(IncidentEvent, frozen=True, kw_only=True):
    """The first step is left out, by a named role and for a reason (P52: usually)."""

    type_name: ClassVar[str] = "incident.first-step-dispensed.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P52",)
    is_decisive: ClassVar[bool] = True
    code: DispensationCode
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, _at: Recorded) -> None:
        """Let R03 hold until the case is reopened."""
        case.settle(FIRST_STEP)
        case.is_first_step_dispensed = True


class RemovalRequested(IncidentEvent, frozen=True, kw_only=True):
    """The parent was asked to take posts down by a deadline (P53)."""

    type_name: ClassVar[str] = "incident.removal-requested.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P53",)
    is_decisive: ClassVar[bool] = True
    request_no: Number
    posts: tuple[PostNo, ...]
    party: Label
    basis: RemovalBasis
    due_at: datetime
    urgent_reason: Sealed[Text | None] = UNSET
    meaning: Sealed[Text | None] = UNSET
    override_reason: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Run the deadline; it replaces an earlier one."""
        case.requests_by_no[self.request_no] = RemovalRequest(
            request_no=self.request_no,
            posts=self.posts,
            party=self.party,
            asked_at=at.carried.occurred_at,
            due_at=self.due_at,
        )
        for number, thing in case.numbers_of(REQUEST).items():
            if thing.status in AWAITED:
                case.put(REQUEST, number, REPLACED, at)
                case.settle(DEADLINE, number)
        case.put(REQUEST, self.request_no, OPEN, at)
        case.open_task(DEADLINE, self.due_at, at, self.request_no)


def _answer(case: Draft, at: Recorded, number: int, answer: Answered, *, is_lapsed: bool | None = None) -> None:
    """Hold what became of a request, and whether its deadline passed unmet, if this says so."""
    if asked := case.requests_by_no.get(number):
        is_lapsed = asked.is_lapsed if is_lapsed is None else is_lapsed
        case.requests_by_no[number] = replace(asked, answer=answer, is_lapsed=is_lapsed)
    case.put(REQUEST, number, answer, at)


def _is_kept_by_words(case: Draft, at: Recorded, number: int) -> bool:
    """Return whether a promise is all that was asked for, as of messages (P25), and came before the deadline."""
    asked = case.requests_by_no.get(number)
    in_time = asked is not None and at.carried.occurred_at <= asked.due_at
    return in_time and ABOUT_MESSAGES in (at.carried.clauses or ())


class RemovalAgreed(IncidentEvent, frozen=True, kw_only=True):
    """The parent said that the posts will come down."""

    type_name: ClassVar[str] = "incident.removal-agreed.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P54",)
    request_no: Number
    words: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold the answer; the deadline runs on until the posts are seen gone, unless words keep it.

        Whether the lapse was written down before the promise, or not yet, makes no difference.
        """
        if _is_kept_by_words(case, at, self.request_no):
            _answer(case, at, self.request_no, "agreed", is_lapsed=False)
            case.settle(DEADLINE, self.request_no)
        else:
            _answer(case, at, self.request_no, "agreed")


class RemovalRefused(IncidentEvent, frozen=True, kw_only=True):
    """The parent refused to take the posts down (P54)."""

    type_name: ClassVar[str] = "incident.removal-refused.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P54",)
    request_no: Number
    words: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold the answer; nothing is left to wait for."""
        _answer(case, at, self.request_no, "refused")
        case.settle(DEADLINE, self.request_no)


class RemovalDeadlineLapsed(IncidentEvent, frozen=True, kw_only=True):
    """The deadline passed, and the posts had not been seen gone."""

    type_name: ClassVar[str] = "incident.removal-deadline-lapsed.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P54",)
    request_no: Number

    def apply(self, case: Draft, at: Recorded) -> None:
        """Count it as a refusal."""
        _answer(case, at, self.request_no, "lapsed", is_lapsed=True)
        case.settle(DEADLINE, self.request_no)


def meet(case: Draft, posts: Container[int], at: Recorded) -> None:
    """Take as met each deadline by which all its posts were seen gone, these posts by the look that is recorded.

    Whether the lapse was written down before the look, or not yet, makes no difference: a look counts by when it was
    made, and one that was made after the deadline meets none.
    """
    for number, asked in [*case.requests_by_no.items()]:
        if not (asked.is_lapsed or case.is_awaited(asked)):
            continue
        named = [case.posts[no] for no in asked.posts]
        looks = (at.carried.occurred_at if post.post_no in posts else post.checked_at for post in named)
        if all(post.is_gone for post in named) and all(look and look <= asked.due_at for look in looks):
            case.settle(DEADLINE, number)
            answer = None if asked.answer == "lapsed" else asked.answer
            case.requests_by_no[number] = replace(asked, answer=answer, is_lapsed=False)
            if asked.answer == "lapsed":
                case.put(REQUEST, number, OPEN if number == max(case.requests_by_no) else REPLACED, at)


def misdirect(case: Draft, party: str, at: Recorded) -> None:
    """Await no answer any more from somebody who was wrongly taken for the poster."""
    for number, request in case.requests_by_no.items():
        if request.party == party and case.numbers_of(REQUEST)[number].status in AWAITED:
            case.put(REQUEST, number, MISDIRECTED, at)
            case.settle(DEADLINE, number)


def _not_before_the_posts(case: Incident, at: Moment, _facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse words about posts of which none was made yet: no post is named, so it is about all of them."""
    if at.occurred_at < min((post.posted_at for post in case.posts.values()), default=at.occurred_at):
        yield before_the_post("occurred_at", at.occurred_at)


@decision(
    "contacts",
    clauses=("P50", "P51", "P52"),
    who=("caseworker", "headteacher", "dsl"),
    rules=(R02, R05_CONTACT, R10, R21),
    writes=(ParentContacted,),
    fits=_not_before_the_posts,
)
def contact_parent(
    _case: Incident,
    _at: Moment,
    *,
    party: Recipient,
    method: ContactMethod,
    outcome: ContactOutcome,
    purpose: Purpose = "first_step",
    meeting_at: Instant | None = None,
    account: Text | None = None,
    concern_response: Text | None = None,
) -> Events:
    """Record that the school talked to the parent, or tried to."""
    yield ParentContacted(
        party=party,
        method=method,
        purpose=purpose,
        outcome=outcome,
        meeting_at=meeting_at,
        is_concern_answered=bool((concern_response or "").strip()),
        account=account,
        concern_response=concern_response,
    )


@decision(
    "first-step-dispensations",
    clauses=("P52",),
    who=HEAD_OR_DSL_FOR_SAFETY,
    rules=(R11,),
    writes=(FirstStepDispensed,),
    sets_aside="R03",
)
def dispense_first_step(_case: Incident, _at: Moment, *, code: DispensationCode, reason: Reason) -> Events:
    """Leave out the first step, for a reason."""
    yield FirstStepDispensed(code=code, reason=reason)


def _fitting_deadline(_case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a deadline without a reason, and one before the request: nobody could meet it, and R04 would count it."""
    due_at = facts["due_at"]
    if due_at is None:
        return
    if facts["urgent_reason"] is None:
        expected = "a reason, where the deadline is not the policy's"
        yield Fault(pointer="/urgent_reason", expected=expected, found="nothing", rule="R22")
    if due_at <= at.occurred_at:
        yield Fault(pointer="/due_at", expected="an instant after the request", found=due_at.isoformat(), rule="R20")


@decision(
    "removal-requests",
    clauses=("P53",),
    who=("caseworker", "headteacher", "dsl"),
    rules=(R01, R02, R05, R10, R16_ADULT, R21),
    writes=(RemovalRequested,),
    fits=_fitting_deadline,
)
def request_removal(
    case: Incident,
    at: Moment,
    *,
    posts: PostNos,
    party: Recipient,
    due_at: Instant | None = None,
    urgent_reason: Reason | None = None,
    meaning: Text | None = None,
) -> Events:
    """Ask the parent to take the posts down; an earlier deadline than the policy's needs an urgent reason."""
    yield asked_to_remove(
        case,
        at,
        posts=posts,
        party=party,
        basis="first_step",
        due_at=due_at,
        urgent_reason=urgent_reason,
        meaning=meaning,
    )


def asked_to_remove(
    case: Incident,
    at: Moment,
    *,
    posts: tuple[int, ...],
    party: str,
    basis: RemovalBasis,
    due_at: datetime | None = None,
    school_days: int | None = None,
    urgent_reason: str | None = None,
    meaning: str | None = None,
) -> RemovalRequested:
    """Return a request with its deadline: as given, or so many school days from when it was asked."""
    days = school_days or at.edition.parameters.removal_deadline_school_days
    return RemovalRequested(
        request_no=case.next_no(REQUEST),
        posts=posts,
        party=party,
        basis=basis,
        due_at=due_at or fixed_offset(at.calendar.deadline(at.occurred_at, days)),
        urgent_reason=urgent_reason,
        meaning=meaning,
    )


def _clause_of_messages(case: Incident, at: Moment, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the clause about messages, if the register of channels says that all that was asked about are messages.

    The register may change later; the event then still says what was so when it was recorded.
    """
    asked = next(request for request in case.requests if request.request_no == facts["number"])
    is_messages = all(at.is_messaging(case.posts[no].channel) for no in asked.posts)
    return (ABOUT_MESSAGES,) if is_messages else ()


@decision(
    "removal-requests/{n}/responses",
    clauses=("P54",),
    who=("caseworker", "headteacher", "dsl", "office"),
    writes=(RemovalAgreed, RemovalRefused),
    acts_on=ActsOn(REQUEST, (*AWAITED, "lapsed", REPLACED)),
    is_additive=True,
    fits=_not_before_the_posts,
    on_occasion=(ABOUT_MESSAGES,),
    further_clauses=_clause_of_messages,
)
def record_removal_response(
    _case: Incident, _at: Moment, *, number: int, response: RemovalResponse, words: Text | None = None
) -> Events:
    """Record what the parent answered to the request."""
    answer = RemovalAgreed if response == "agreed" else RemovalRefused
    yield answer(request_no=number, words=words)


@decision(
    None,
    clauses=("P54",),
    who=("system",),
    writes=(RemovalDeadlineLapsed,),
    acts_on=ActsOn(REQUEST, AWAITED),
    is_additive=True,
)
def lapse_removal_deadline(_case: Incident, _at: Moment, *, number: int) -> Events:
    """Record that the deadline passed unmet."""
    yield RemovalDeadlineLapsed(request_no=number)


EVENTS: tuple[type[IncidentEvent], ...] = (
    ParentContacted,
    FirstStepDispensed,
    RemovalRequested,
    RemovalAgreed,
    RemovalRefused,
    RemovalDeadlineLapsed,
)
DECISIONS: tuple[Decision, ...] = (
    contact_parent,
    dispense_first_step,
    request_removal,
    record_removal_response,
    lapse_removal_deadline,
)
