"""Judging a post (P12-P22, P31-P39): its categories, safeguarding screening, and whether it breached the policy."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.calendar import london_date
from casework.domain.codes import (
    LAW_IN_FORCE_FROM,
    BreachOutcome,
    Category,
    Characteristic,
    Finding,
    LawTag,
    Line,
    PostNo,
    SafeguardingBody,
    Text,
)
from casework.domain.decision import Decision, Events, PostNos, Reason, decision
from casework.domain.due import THAT_SCHOOL_DAY, Due, LastSchoolDayOfTerm, MonthsAfterPosting, WorkingDays
from casework.domain.event import Recorded, Sealed, Sensitivity
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import LEGAL_ACTION, PLACED, SAFEGUARDING_HOLD, Incident, State
from casework.domain.moment import Moment
from casework.domain.policy import CategoryRow
from casework.domain.refusal import Fault
from casework.domain.rules import BESIDES, R11

# What categories mean for a case is written here, not looked up: an effect runs again under later editions, and the
# event has no field that says it. A test holds these to the edition that the software comes with.
LAWFUL, UNLAWFUL, EXAMPLES_ONLY = "P39", "P17", "P38"
SCREENING = "screen_safeguarding"
"""The task of looking first whether a child may be at risk; a report opens it."""
SCREENED_CATEGORIES = frozenset({"C1", "C7"})
LIMITED_CATEGORIES = frozenset({"C3"})
RETURNED_CATEGORIES = frozenset({"C5"})
DEFAMATION_LIMITATION = "defamation_limitation"
PREJUDICE_RETURN = "prejudice_return"
LIMITATION = MonthsAfterPosting(12, warns=(9, 11))
"""Limitation Act 1980 s.4A: a year to sue for defamation; for the school's adviser to confirm."""


class Guidance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The questions that the policy asks anybody to think of before posting (P20-P22)."""

    right_channel: bool | None = None
    private_better: bool | None = None
    unjustified_harm: bool | None = None
    school_had_chance_to_investigate: Literal["no", "yes", "ongoing"] | None = None


class Categorised(IncidentEvent, frozen=True, kw_only=True):
    """What kind of misuse the posts are (P31-P39)."""

    type_name: ClassVar[str] = "incident.categorised.v1"
    codes: tuple[Category, ...]
    primary: Category
    characteristics: tuple[Characteristic, ...]
    law_tags: tuple[LawTag, ...]
    other_text: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold the categories; C1 and C7 need the safeguarding lead to look first, C3 and C5 open further tasks."""
        before = _called_for(case) if case.categories else {}
        case.categories = self.codes
        case.primary = self.primary
        case.characteristics = self.characteristics
        case.is_screening_needed = not SCREENED_CATEGORIES.isdisjoint(self.codes)
        if not case.is_screening_awaited:
            case.settle(SCREENING)
        elif (SCREENING, None) not in case.open_tasks:
            case.open_task(SCREENING, THAT_SCHOOL_DAY, at)
        after = _called_for(case)
        for name in before:
            if name not in after:
                case.settle(name)
        for name, due in after.items():
            if name not in before:
                case.open_task(name, due, at)


def _called_for(case: State) -> dict[str, Due]:
    """Return what categories give somebody to do: a task that was settled stays so while they still call for it."""
    tasks: dict[str, Due] = {}
    if not LIMITED_CATEGORIES.isdisjoint(case.categories):
        tasks[DEFAMATION_LIMITATION] = LIMITATION
    if case.characteristics or not RETURNED_CATEGORIES.isdisjoint(case.categories):
        tasks[PREJUDICE_RETURN] = LastSchoolDayOfTerm()
    return tasks


def is_returned(case: State) -> bool:
    """Return whether a case belongs in the return of prejudice incidents."""
    return PREJUDICE_RETURN in _called_for(case)


def limit_again(case: Draft, at: Recorded) -> None:
    """Keep the year to sue in sight again in a case that goes on, unless legal action was taken."""
    if DEFAMATION_LIMITATION in _called_for(case) and not case.numbers_of(LEGAL_ACTION):
        case.open_task(DEFAMATION_LIMITATION, LIMITATION, at)


class SafeguardingScreened(IncidentEvent, frozen=True, kw_only=True):
    """The designated safeguarding lead looked at the case (P14)."""

    type_name: ClassVar[str] = "incident.safeguarding-screened.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P14",)
    sensitivity: ClassVar[Sensitivity] = "dsl"
    is_hold: bool
    finding: Sealed[Finding] = UNSET
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Place or lift the hold: while it stands nobody contacts the poster."""
        case.is_screened = True
        case.settle(SCREENING)
        if self.is_hold:
            case.put(SAFEGUARDING_HOLD, case.next_no(SAFEGUARDING_HOLD), PLACED, at, is_pending=True)
            case.open_task("lado_contact", WorkingDays(1), at)
            return
        for number, thing in case.numbers_of(SAFEGUARDING_HOLD).items():
            if thing.status == PLACED:
                case.put(SAFEGUARDING_HOLD, number, "released", at)
        case.settle("lado_contact")


class SafeguardingReferralMade(IncidentEvent, frozen=True, kw_only=True):
    """The designated safeguarding lead referred what was found to a body outside the school (P14)."""

    type_name: ClassVar[str] = "incident.safeguarding-referral-made.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P14",)
    sensitivity: ClassVar[Sensitivity] = "dsl"
    to: SafeguardingBody
    reference: Sealed[Line | None] = UNSET
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, _at: Recorded) -> None:
        """Settle the call that a hold asks for; the hold itself stays until it is lifted."""
        case.settle("lado_contact")


class BreachDecided(IncidentEvent, frozen=True, kw_only=True):
    """A reasoned judgement whether the posts were inappropriate (P12, P15, P20-P22)."""

    type_name: ClassVar[str] = "incident.breach-decided.v1"
    is_decisive: ClassVar[bool] = True
    outcome: BreachOutcome
    posts: tuple[PostNo, ...]
    judged_under: str
    guidance: Guidance
    law_tags: tuple[LawTag, ...]
    has_concern: bool
    is_fair_comment_considered: bool
    is_concern_answered: bool
    reason: Sealed[Text] = UNSET
    impact: Sealed[Text | None] = UNSET
    underlying_concern: Sealed[Text | None] = UNSET
    concern_response: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Judge the posts; a concern behind them stays open until it is answered."""
        is_bad = self.outcome == "inappropriate"
        case.breach = self.outcome
        case.breach_at = at.carried.occurred_at
        for no in self.posts:
            if post := case.posts.get(no):
                case.posts[no] = replace(post, is_inappropriate=is_bad)
        if self.has_concern:
            status = "answered" if self.is_concern_answered else "open"
            case.put("concern", 1, status, at, is_pending=not self.is_concern_answered)
        if not (is_bad or case.inappropriate_posts):
            case.settle("first_step")


def _fitting_codes(case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    codes, primary = facts["codes"], facts["primary"]
    if primary not in codes:
        yield Fault(pointer="/primary", expected=f"one of the codes given: {sorted(codes)}", found=primary)
    known = _categories(case, at)
    if unknown := [code for code in codes if code not in known]:
        yield Fault(
            pointer="/codes", expected=f"categories in force when it was posted: {sorted(known)}", found=unknown[0]
        )
    needing = [code for code in codes if code in known and known[code].needs_text]
    if needing and not (facts["other_text"] or "").strip():
        yield Fault(pointer="/other_text", expected=f"words that say what {needing[0]} is here", found="blank text")
    # A case holds several posts; a law that was in force for one of them may be named of the case.
    newest = max((post.posted_at for post in case.posts.values()), default=at.occurred_at)
    yield from _early_laws(facts["law_tags"], [newest])


def _early_laws(tags: tuple[LawTag, ...], posted_at: Iterable[datetime]) -> Iterator[Fault]:
    """Name the laws that were not in force yet when a post was made."""
    posted_on = london_date(min(posted_at))
    for tag in tags:
        since = LAW_IN_FORCE_FROM.get(tag, date.min)
        if posted_on < since:
            yield Fault(pointer="/law_tags", expected=f"a law in force on {posted_on}", found=f"{tag}, from {since}")


def _clauses_of_categories(_case: Incident, at: Moment, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the clauses of the categories chosen; of complaints, that they are lawful; of laws named, P17."""
    rows = [at.edition.categories[code] for code in facts["codes"] if code in at.edition.categories]
    named = [*(row.clause for row in rows), *(LAWFUL for row in rows if row.never_alone)]
    return tuple(sorted({*named, *((UNLAWFUL,) if facts["law_tags"] else ())} - {EXAMPLES_ONLY}))


def _categories(case: Incident, at: Moment) -> Mapping[str, CategoryRow]:
    """Return the categories that were in force when the posts of a case were made."""
    editions = [at.edition_judging(post.posted_at) for post in case.posts.values()] or [at.edition]
    return {code: row for edition in editions for code, row in edition.categories.items()}


@decision(
    "categorisations",
    clauses=("P38",),
    on_occasion=("P17", "P31", "P32", "P33", "P34", "P35", "P36", "P37", "P39"),
    further_clauses=_clauses_of_categories,
    who=("caseworker", "headteacher", "dsl", "office"),
    writes=(Categorised,),
    fits=_fitting_codes,
)
def categorise(
    _case: Incident,
    _at: Moment,
    *,
    codes: tuple[Category, ...],
    primary: Category,
    characteristics: tuple[Characteristic, ...] = (),
    law_tags: tuple[LawTag, ...] = (),
    other_text: Text | None = None,
) -> Events:
    """Say what kind of misuse this is."""
    yield Categorised(
        codes=codes, primary=primary, characteristics=characteristics, law_tags=law_tags, other_text=other_text
    )


@decision("safeguarding-screenings", clauses=("P14",), who=("dsl",), writes=(SafeguardingScreened,))
def screen_safeguarding(_case: Incident, _at: Moment, *, is_hold: bool, finding: Finding, reason: Reason) -> Events:
    """Say whether a child may be at risk, and hold all contact if so."""
    yield SafeguardingScreened(
        is_hold=is_hold or finding == "harm_threshold_may_be_met", finding=finding, reason=reason
    )


@decision("safeguarding-referrals", clauses=("P14",), who=("dsl",), writes=(SafeguardingReferralMade,))
def refer_safeguarding(
    _case: Incident, _at: Moment, *, to: SafeguardingBody, reason: Reason, reference: Line | None = None
) -> Events:
    """Refer what was found to the authority's officer for staff, its child protection desk, or the police."""
    yield SafeguardingReferralMade(to=to, reference=reference, reason=reason)


def _fitting_judgement(case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a judgement on a complaint alone (P39), and laws that were not in force for each of the posts."""
    if facts["outcome"] == "inappropriate" and at.edition.proves_nothing(case.categories):
        yield Fault(pointer="/outcome", expected=f"{BESIDES}, given before", found="inappropriate")
    posted_at = [case.posts[no].posted_at for no in facts["posts"] or case.posts if no in case.posts]
    yield from _early_laws(facts["law_tags"], posted_at or [at.occurred_at])
    yield from _of_one_edition(case, at, facts)


def _of_one_edition(case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    posts = facts["posts"] or tuple(case.posts)
    by_edition: dict[str, list[int]] = {}
    for no in posts:
        if no in case.posts:
            by_edition.setdefault(at.edition_judging(case.posts[no].posted_at).edition, []).append(no)
    if len(by_edition) > 1:
        found = "; ".join(f"{numbers} of {edition}" for edition, numbers in by_edition.items())
        yield Fault(pointer="/posts", expected="posts made under one edition; judge the others apart", found=found)


@decision(
    "breach-decisions",
    clauses=("P12", "P15", "P16", "P20", "P21", "P22"),
    who=("caseworker", "headteacher"),
    rules=(R11,),
    writes=(BreachDecided,),
    fits=_fitting_judgement,
)
def decide_breach(
    case: Incident,
    at: Moment,
    *,
    outcome: BreachOutcome,
    reason: Reason,
    is_fair_comment_considered: bool,
    posts: PostNos | None = None,
    guidance: Guidance | None = None,
    law_tags: tuple[LawTag, ...] = (),
    impact: Text | None = None,
    underlying_concern: Text | None = None,
    concern_response: Text | None = None,
) -> Events:
    """Judge whether the posts were inappropriate, having considered fair comment."""
    judged = posts or tuple(case.posts)
    yield BreachDecided(
        outcome=outcome,
        posts=judged,
        judged_under=at.edition_judging(case.posts[judged[0]].posted_at).edition,
        guidance=guidance or Guidance(),
        law_tags=law_tags,
        has_concern=bool((underlying_concern or "").strip()),
        is_fair_comment_considered=is_fair_comment_considered,
        is_concern_answered=bool((concern_response or "").strip()),
        reason=reason,
        impact=impact,
        underlying_concern=underlying_concern,
        concern_response=concern_response,
    )


EVENTS: tuple[type[IncidentEvent], ...] = (Categorised, SafeguardingScreened, SafeguardingReferralMade, BreachDecided)
DECISIONS: tuple[Decision, ...] = (categorise, screen_safeguarding, refer_safeguarding, decide_breach)
