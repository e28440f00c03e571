"""The named rules (R01 ...): each says what is missing, which clause it serves, and who may set it aside.

What a rule is, and what it is asked, stands in ``rule``.

A soft rule may be overridden by a named role with a code and a reason; a hard rule never yields (domain.md 6).
R12, R13, R15, R20, R22 and R23 are tried before all others, where the request is read; they stand here for their names,
clauses and words.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import get_args

import msgspec

from casework.domain.calendar import london_date
from casework.domain.codes import Ground
from casework.domain.conflict import close, concerned, given_away, kin
from casework.domain.incident import LEGAL_HOLD, MISDIRECTED, POLICE_HOLD, SAFEGUARDING_HOLD, Incident, Post, Thing
from casework.domain.moment import Moment
from casework.domain.phases import threshold_missing
from casework.domain.rule import NOTHING, Missing, Needed, Question, Rule, Soft

CATEGORISATION = "categorisation"
SCREENING = "safeguarding screening"
BESIDES = "a category besides complaint, which is lawful by itself (P39)"
SAFEGUARDING_RELEASE = "release of the safeguarding hold"
OUT_OF_SIGHT = "a matter that the headteacher knows of"
"""Pending, and not for everybody who may close a case to know: that legal advice was sought."""
STATED = {MISDIRECTED: ", which went to somebody else than the poster"}
"""What is said of something pending whose state is a surprise."""
TO_ADVISER = "L10"
"""The letter that instructs the legal adviser."""
FILES_ADVICE = frozenset({"headteacher", "chair", "letters"})
GROUND = f"a ground for the police: {', '.join(get_args(Ground))}"
SURE_ENOUGH = frozenset({"probable", "confirmed"})
CONTACTED = frozenset({"discussion_held", "declined"})


def _evidence(q: Question) -> Missing:
    return tuple(f"evidence of post {post.post_no}" for post in q.posts() if not q.case.is_shown(post))


def _screening(q: Question) -> Missing:
    case = q.case
    missing = []
    if not case.categories:
        missing.append(CATEGORISATION)
    elif case.is_screening_awaited:
        missing.append(SCREENING)
    if case.is_held(SAFEGUARDING_HOLD):
        missing.append(SAFEGUARDING_RELEASE)
    return tuple(missing)


def _first_step(q: Question) -> Missing:
    if q.case.is_first_step_dispensed:
        return NOTHING
    identity = q.case.identity
    contacts = [c for c in q.case.contacts if identity and c.party == identity.party]
    silent = sum(c.outcome == "no_answer" for c in contacts)
    enough = silent >= q.at.edition.parameters.discussion_attempts_max
    contacted = enough or any(c.outcome in CONTACTED for c in contacts)
    return (*(() if contacted else ("contact",)), *(() if q.case.requests_that_count else ("removal request",)))


def _threshold(q: Question) -> Missing:
    return threshold_missing(q.case, q.at.now)


def _identity(q: Question) -> Missing:
    identity = q.case.identity
    if identity is None or identity.confidence not in SURE_ENOUGH:
        return ("identification of the poster, at least probable",)
    return NOTHING if q.fact("party") == identity.party else ("the identified poster as recipient",)


def _identified(q: Question) -> Missing:
    return NOTHING if q.case.identity else ("somebody who is taken for the poster",)


def _known_person(q: Question) -> Missing:
    party = q.case.parties.get(q.fact("party") or "")
    return NOTHING if party and party.is_person else ("a known person to contact",)


def _police_ground(q: Question) -> Missing:
    grounds = set(q.fact("grounds") or ())
    if grounds - {"crime_suspected"} or ("crime_suspected" in grounds and q.fact("crime")):
        return NOTHING
    return ("the suspected crime",) if "crime_suspected" in grounds else (GROUND,)


def _school_channel(q: Question) -> Missing:
    channel = q.fact("channel")
    row = q.at.channels.get(channel or "")
    missing = []
    if row is None or not row.is_school_controlled:
        missing.append("a channel that the school controls")
    if any(post.channel != channel for post in q.posts()):
        missing.append("posts made on that channel")
    return tuple(missing)


def _alternative_route(q: Question) -> Missing:
    row = q.at.channels.get(q.fact("channel") or "")
    if row is None or not row.is_messaging or (q.facts.get("alternative_route") or "").strip():
        return NOTHING
    if not q.is_complete:
        raise Needed("alternative_route")
    return ("another way to reach the school",)


def _review_date(q: Question) -> Missing:
    review_on: date | None = q.fact("review_on")
    today = london_date(q.at.now)
    latest = today + timedelta(days=q.at.edition.parameters.block_review_max_days)
    if review_on is not None and today < review_on <= latest:
        return NOTHING
    return (f"a review date after {today} and not after {latest}",)


def _next_review_date(q: Question) -> Missing:
    return NOTHING if q.fact("decision") == "lift" else _review_date(q)


def _police_hold(q: Question) -> Missing:
    return ("release of the police hold",) if q.case.is_held(POLICE_HOLD) else NOTHING


def _police_hold_on_poster(q: Question) -> Missing:
    held = _police_hold(q)
    return held if held and q.fact("party") in q.case.posters else NOTHING


def _adult_judged(q: Question) -> Missing:
    return NOTHING if q.case.kind == "child_account" else _judged(q)


def _judged(q: Question) -> Missing:
    missing = [f"breach decision on post {post.post_no}" for post in q.posts() if not post.is_inappropriate]
    if q.at.edition.proves_nothing(q.case.categories):
        missing.append(BESIDES)
    return tuple(missing) or (NOTHING if q.posts() else ("posts",))


def _child_subject(q: Question) -> Missing:
    return _no_pupil(q, "party")


def _child_named(q: Question) -> Missing:
    return _no_pupil(q, "to")


def _no_pupil(q: Question, fact: str) -> Missing:
    party = q.case.parties.get(q.fact(fact) or "")
    return ("an adult instead of a pupil",) if party and party.kind == "pupil" else NOTHING


def _may_be_named(q: Question, thing: Thing) -> bool:
    """Return whether the actor may know of what is open; that a hold stands, everybody does who is stopped by it."""
    return thing.sensitivity in {"open", "dsl", *q.at.reads}


def _nothing_open(q: Question) -> Missing:
    case = q.case
    pending = [
        f"{kind.replace('_', ' ')} {number}{STATED.get(thing.status, '')}" if _may_be_named(q, thing) else OUT_OF_SIGHT
        for kind, things in case.things.items()
        for number, thing in things.items()
        if thing.is_pending
    ]
    seen = [
        f"post {post.post_no}, last seen {post.result}"
        for post in case.inappropriate_posts
        if post.result in {"visible", "edited"} and not q.at.is_messaging(post.channel)
    ]
    return (*dict.fromkeys(pending), *seen)


def _no_legal_hold_on_destruction(q: Question) -> Missing:
    held = _no_legal_hold(q)
    return held if held and q.fact("decision") == "destroy" else NOTHING


def _no_legal_hold(q: Question) -> Missing:
    return ("release of the legal hold",) if q.case.is_held(LEGAL_HOLD) else NOTHING


def may_file_advice(case: Incident, at: Moment) -> bool:
    """Return whether the actor may file what the school writes to its legal adviser."""
    return not FILES_ADVICE.isdisjoint(at.roles_in(case))


def _privileged_letter(q: Question) -> Missing:
    if may_file_advice(q.case, q.at) or q.fact("template") != TO_ADVISER:
        return NOTHING
    return ("the client or the letters service",)


def _fresh_check(q: Question) -> Missing:
    case = q.case
    posts = case.posts.values() if case.kind == "child_account" else case.inappropriate_posts
    most = q.at.edition.parameters.stale_check_school_days
    today = london_date(q.at.now)

    def is_stale(post: Post) -> bool:
        if post.is_gone or q.at.is_messaging(post.channel):
            return False
        checked = post.checked_at
        return checked is None or q.at.calendar.school_days_between(london_date(checked), today) > most

    return tuple(f"a check of post {post.post_no}" for post in posts if is_stale(post))


CHILD_SAFETY = frozenset({"child_safety"})
HEAD_OR_DSL_FOR_SAFETY: Mapping[str, frozenset[str] | None] = {"headteacher": None, "dsl": CHILD_SAFETY}
HEAD_DSL_CHAIR: Mapping[str, frozenset[str] | None] = {"headteacher": None, "dsl": None, "chair": None}

R01 = Rule(
    id="R01", code="evidence_required", clause="P53", check=_evidence, instead="evidence",
    soft=Soft(
        {"caseworker": None, "headteacher": None, "dsl": None},
        ("already_gone", "platform_prevents", "urgent_safety", "other"),
    ),
)  # fmt: skip
R01_HARD = msgspec.structs.replace(R01, soft=None, what_to_do="capture each post first: no claim stands without")
"""R01 where nobody may set it aside: legal action."""
R02 = Rule(
    id="R02", code="safeguarding_screening_required", clause="P14", check=_screening,
    what_to_do={
        CATEGORISATION: "categorise the case, which tells whether the designated safeguarding lead must screen it",
        SCREENING: "ask the designated safeguarding lead to screen the case",
        SAFEGUARDING_RELEASE: "wait until the designated safeguarding lead has lifted the hold, by screening again",
    },
    instead="safeguarding-screenings",
)  # fmt: skip
R03 = Rule(
    id="R03", code="first_step_required", clause="P52", check=_first_step, instead="first-step-dispensations",
    soft=Soft(
        HEAD_OR_DSL_FOR_SAFETY,
        ("threat", "repeat", "poster_unreachable", "hostile", "police_advice", "child_safety", "other"),
    ),
)  # fmt: skip
R04 = Rule(
    id="R04", code="refusal_and_continuation_required", clause="P54", check=_threshold, instead="threshold-overrides",
    soft=Soft(
        HEAD_OR_DSL_FOR_SAFETY,
        (
            "grave_single_act", "repeat", "host_only", "protected_information", "restriction_to_protect_staff",
            "child_safety", "other",
        ),
    ),
)  # fmt: skip
R05 = Rule(
    id="R05", code="identity_confidence_required", clause="P11", check=_identity, instead="identifications",
    what_to_do="identify the poster first, at least as probable, and write to that person",
)  # fmt: skip
R05_CONTACT = Rule(
    id="R05", code="identity_confidence_required", clause="P11", check=_known_person, instead="host-reports",
    what_to_do="name a person whom the school knows; if nobody knows the poster, report the post to the host",
)  # fmt: skip
R05_IDENTIFIED = Rule(
    id="R05", code="identity_confidence_required", clause="P11", check=_identified, instead="identifications",
    what_to_do="identify the poster: nobody was yet, so there is nothing to correct",
)  # fmt: skip
R06 = Rule(
    id="R06", code="police_ground_required", clause="P58", check=_police_ground,
    soft=Soft(HEAD_DSL_CHAIR, ("other_ground", "other")),
)  # fmt: skip
R07 = Rule(
    id="R07", code="school_controlled_channel_required", clause="P59", check=_school_channel, instead="host-reports",
    what_to_do="the school can hide or block only on a channel of its own; report the post to the host instead",
)  # fmt: skip
R08 = Rule(
    id="R08", code="alternative_route_required", clause="P59", check=_alternative_route,
    what_to_do="say how the parent can still reach the school",
)  # fmt: skip
R09 = Rule(
    id="R09", code="review_date_required", clause="P59", check=_review_date,
    what_to_do="give a review date within the time that the policy allows",
)  # fmt: skip
R09_REVIEWED = msgspec.structs.replace(R09, check=_next_review_date)
"""R09 at a review: a block that is kept or varied is reviewed again, one that is lifted never."""
R10 = Rule(
    id="R10", code="police_hold", clause="P58", check=_police_hold, instead="police-holds/{n}/releases",
    what_to_do="wait until the headteacher or the safeguarding lead has released the police hold",
)  # fmt: skip
R10_TO_POSTER = msgspec.structs.replace(R10, check=_police_hold_on_poster)
"""R10 where the poster is not the only one who may be spoken to: whoever is affected is told all the same."""
R11 = Rule(
    id="R11", code="conflict_of_interest", clause="P12", check=close, status=403, instead="assignments",
    what_to_do="the case concerns you: the substitute decides",
)  # fmt: skip
R11_CONCERNED = msgspec.structs.replace(R11, check=concerned)
"""R11 of whoever a post is about, or wrote it: it is tried of nearly every decision, whatever its row lists."""
R11_KIN = msgspec.structs.replace(R11, check=kin)
"""R11 where the author of what is complained of may act: a case is reopened for the complaint's sake."""
R11_GIVEN_AWAY = msgspec.structs.replace(R11, check=given_away)
"""R11 of an assignment: whoever the case concerns may give it away; not take it back, nor keep it."""
R12 = Rule(
    id="R12", code="role_forbidden", clause="P12", status=403,
    what_to_do="ask a person whose role may decide this",
)  # fmt: skip
R13 = Rule(
    id="R13", code="incident_closed", clause="P63", instead="reopenings",
    what_to_do="reopen the case first",
)  # fmt: skip
R13_ERASED = msgspec.structs.replace(
    R13, what_to_do="nothing can be done in it any more; a new post is a new case", instead=None
)
"""R13 where there is nothing to reopen."""
R14 = Rule(
    id="R14", code="open_actions", clause="P50", check=_nothing_open,
    soft=Soft(
        HEAD_DSL_CHAIR,
        (
            "concern_not_answered", "hold_continues", "post_still_visible", "handled_elsewhere", "delivery_settled",
            "other",
        ),
    ),
)  # fmt: skip
R15 = Rule(id="R15", code="version_conflict", clause="P63", status=412, what_to_do="load the case again")
R16 = Rule(
    id="R16", code="breach_decision_required", clause="P12", check=_judged, instead="breach-decisions",
    what_to_do="decide first whether these posts were inappropriate, which a complaint alone is not",
)  # fmt: skip
R16_ADULT = msgspec.structs.replace(R16, check=_adult_judged)
"""R16 where a child's account waits for no judgement: every act but a warning, a block and legal action."""
R18 = Rule(
    id="R18", code="privileged_material", clause="P56", status=403,
    what_to_do="legal advice is between the headteacher, the chair and the adviser",
)  # fmt: skip
R18_FILING = msgspec.structs.replace(R18, check=_privileged_letter)
"""R18 where a letter is filed: one to the adviser lies where the advice is."""
R19 = Rule(
    id="R19", code="legal_hold", clause="P56", check=_no_legal_hold, instead="legal-holds/{n}/releases",
    what_to_do="nothing may be destroyed until the legal hold is released",
)  # fmt: skip
R19_DESTROYING = msgspec.structs.replace(R19, check=_no_legal_hold_on_destruction)
"""R19 where a case may also be kept: a hold bars only its destruction."""
R20 = Rule(
    id="R20", code="time_implausible", clause="P63", status=422,
    what_to_do="give a time with its offset, not in the future and not before the post, e.g. 2026-09-14T16:40:00+01:00",
)  # fmt: skip
R21 = Rule(
    id="R21", code="child_subject", clause="P40", check=_child_subject,
    what_to_do="speak to the adult who answers for the child",
)  # fmt: skip
R21_RIGHT = msgspec.structs.replace(R21, check=_child_named)
"""R21 of whom a correction names instead."""
R22 = Rule(id="R22", code="reason_required", clause="P55", status=422, what_to_do="give a reason in words")
R23 = Rule(id="R23", code="idempotency_mismatch", clause="P63", status=422, what_to_do="use a new Idempotency-Key")
R24 = Rule(
    id="R24", code="stale_post_check", clause="P63", check=_fresh_check, instead="post-checks",
    soft=Soft(HEAD_DSL_CHAIR, ("closed_channel", "other")),
)  # fmt: skip

ALL_RULES = (
    R01, R02, R03, R04, R05, R06, R07, R08, R09, R10, R11, R12, R13, R14, R15, R16, R18, R19, R20, R21, R22, R23, R24,
)  # fmt: skip
