"""Judging a post (P12-P22, P31-P39): its categories, safeguarding screening, and whether it breached the policy."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.codes import BreachOutcome, Category, Characteristic, Finding, LawTag, PostNo, Text
from casework.domain.decision import Decision, Events, PostNos, Reason, decision
from casework.domain.event import Recorded, Sealed, Sensitivity
from casework.domain.incident import PLACED, SAFEGUARDING_HOLD, Incident, IncidentEvent, WorkingDays
from casework.domain.moment import Moment
from casework.domain.policy import CategoryRow
from casework.domain.refusal import Fault
from casework.domain.rules import R11

SCREENED_CATEGORIES = frozenset({"C1", "C7"})


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

    def apply(self, case: Incident, _at: Recorded) -> Incident:
        """Hold the categories; C1 and C7 need the safeguarding lead to look first."""
        needed = bool(SCREENED_CATEGORIES & set(self.codes))
        judged = replace(case, categories=self.codes, primary=self.primary, is_screening_needed=needed)
        return judged if needed and not case.is_screened else judged.settled("screen_safeguarding")


class SafeguardingScreened(IncidentEvent, frozen=True, kw_only=True):
    """The designated safeguarding lead looked at the case (P14)."""

    type_name: ClassVar[str] = "incident.safeguarding-screened.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P14",)
    sensitivity: ClassVar[Sensitivity] = "dsl"
    is_hold: bool
    finding: Sealed[Finding] = UNSET
    reason: Sealed[Text] = UNSET

    def apply(self, case: Incident, at: Recorded) -> Incident:
        """Place or lift the hold: while it stands nobody contacts the poster."""
        screened = replace(case, is_screened=True).settled("screen_safeguarding")
        if self.is_hold:
            number = screened.next_no(SAFEGUARDING_HOLD)
            held = screened.with_thing(SAFEGUARDING_HOLD, number, PLACED, at, is_pending=True)
            return held.with_task("lado_contact", WorkingDays(1), at)
        for number, thing in case.numbers_of(SAFEGUARDING_HOLD).items():
            if thing.status == PLACED:
                screened = screened.with_thing(SAFEGUARDING_HOLD, number, "released", at)
        return screened.settled("lado_contact")


class BreachDecided(IncidentEvent, frozen=True, kw_only=True):
    """A reasoned judgement whether the posts were inappropriate (P12, P15, P20-P22)."""

    type_name: ClassVar[str] = "incident.breach-decided.v1"
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

    def apply(self, case: Incident, at: Recorded) -> Incident:
        """Judge the posts; a concern behind them stays open until it is answered."""
        is_bad = self.outcome == "inappropriate"
        judged = case.with_posts(
            replace(case.posts[no], is_inappropriate=is_bad) for no in self.posts if no in case.posts
        )
        if self.has_concern:
            status = "answered" if self.is_concern_answered else "open"
            judged = judged.with_thing("concern", 1, status, at, is_pending=not self.is_concern_answered)
        if not judged.inappropriate_posts:
            judged = judged.settled("first_step")
        return replace(judged, breach=self.outcome, breach_at=at.carried.occurred_at, is_reopened_undecided=False)


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


def _categories(case: Incident, at: Moment) -> Mapping[str, CategoryRow]:
    """Return the categories that were in force when the posts of a case were made."""
    editions = [at.edition_judging(post.posted_at) for post in case.posts.values()] or [at.edition]
    return {code: row for edition in editions for code, row in edition.categories.items()}


@decision(
    "categorisations",
    clauses=("P31", "P39"),
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
    clauses=("P12", "P15", "P20", "P21", "P22"),
    who=("caseworker", "headteacher"),
    rules=(R11,),
    writes=(BreachDecided,),
    fits=_of_one_edition,
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


EVENTS: tuple[type[IncidentEvent], ...] = (Categorised, SafeguardingScreened, BreachDecided)
DECISIONS: tuple[Decision, ...] = (categorise, screen_safeguarding, decide_breach)
