"""What letters to outside bodies, and to whoever is affected, are told besides: one table, a row for each event.

Protecting people comes first here too: a pupil is never named, of the poster's own words to the school nothing is told,
and no step is listed that only the safeguarding lead, or the client of the legal adviser, may know of.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from casework.application.merge_fields.causes import complainant, suspect
from casework.application.merge_fields.shape import (
    ComplainantShown,
    ExhibitShown,
    PoliceShown,
    ReturnedCase,
    ReturnShown,
    StepShown,
    SuspectShown,
    TypeShown,
)
from casework.application.merge_fields.view import View
from casework.domain.calendar import Calendar, CalendarMissing, Term, london_date, months_later
from casework.domain.event import Event, known
from casework.domain.incident import POLICE_HOLD, Identity, Incident, Party
from casework.domain.steps.access import AccessBlocked, AccessRestored, ContentHidden
from casework.domain.steps.complaints import ComplaintLinked
from casework.domain.steps.correspondence import AffectedPartyNotified
from casework.domain.steps.escalation import ContinuedUseRecorded
from casework.domain.steps.evidence import EvidenceCaptured, PostChecked
from casework.domain.steps.first_step import (
    ParentContacted,
    RemovalAgreed,
    RemovalDeadlineLapsed,
    RemovalRefused,
    RemovalRequested,
)
from casework.domain.steps.host import HostReported, HostResponded, is_poster_known
from casework.domain.steps.judgement import LIMITATION, BreachDecided, Categorised, is_returned
from casework.domain.steps.legal import LegalAdviceSought
from casework.domain.steps.people import PosterIdentified
from casework.domain.steps.police import PoliceOutcomeRecorded, PoliceReferenceRecorded, PoliceReferred
from casework.domain.steps.report import PostRecorded, Reported
from casework.domain.steps.warning import WarningIssued, WarningWithdrawn

NATURAL: Final = frozenset({"adult", "staff"})
STEPS: Final[Mapping[type[Event], tuple[str, ...]]] = {
    Reported: (),
    PostRecorded: (),
    EvidenceCaptured: ("method",),
    PosterIdentified: ("confidence",),
    BreachDecided: ("outcome",),
    ParentContacted: ("method", "outcome"),
    RemovalRequested: ("basis",),
    RemovalAgreed: (),
    RemovalRefused: (),
    RemovalDeadlineLapsed: (),
    ContinuedUseRecorded: ("limb",),
    PostChecked: ("result",),
    ContentHidden: (),
    AccessBlocked: ("scope",),
    AccessRestored: (),
    WarningIssued: (),
    WarningWithdrawn: (),
    HostReported: ("basis",),
    HostResponded: ("result",),
    PoliceReferred: ("route",),
    PoliceReferenceRecorded: (),
    PoliceOutcomeRecorded: ("outcome",),
    ComplaintLinked: (),
}
"""Events that are steps of a case, with the codes that are told of each. What is not here is not told."""
ACTIONS: Final = ("warning", "police", "access", "host")
"""Tracks that a return tells of; whether there was legal advice is nobody else's to know."""


def further(view: View) -> dict[str, Any]:
    """Return what is told besides of the event's kind."""
    return {name: tell(view) for name, tell in FURTHER.get(type(view.at.event), {}).items()}


def _exhibits(view: View) -> tuple[ExhibitShown, ...]:
    """Return the evidence, as it stands now, of the posts told of."""
    told = set(view.cause.posts(view.at.event, view.case))
    captured = (at.event for at in view.events if isinstance(at.event, EvidenceCaptured))
    return tuple(
        ExhibitShown(
            exhibit=f"E{event.evidence_no}",
            posts=event.posts,
            captured_at=event.captured_at,
            method=event.method,
            media_type=event.media_type,
            size_bytes=event.size_bytes,
            sha256=event.sha256,
            restricted=event.restricted,
        )
        for event in captured
        if told & set(event.posts)
    )


def _steps(view: View) -> tuple[StepShown, ...]:
    """Return what had happened before the event."""
    return tuple(
        StepShown(
            occurred_at=at.carried.occurred_at,
            step=at.event.type_name.split(".")[1],
            codes=tuple(str(getattr(at.event, name)) for name in STEPS[type(at.event)]),
        )
        for at in sorted(view.earlier, key=lambda at: at.carried.occurred_at)
        if type(at.event) in STEPS
    )


def _complainant(view: View) -> ComplainantShown | None:
    for label in complainant(view.at.event, view.case):
        party, person = view.case.parties[label], view.person_of(label)
        email = person.point("email") if person else None
        return ComplainantShown(
            label=label,
            kind=party.kind,
            name=_name(view, party) if party.kind in NATURAL else None,
            email=email.lines[0] if email and email.is_usable else None,
        )
    return None


def _suspect(view: View) -> SuspectShown | None:
    for label in suspect(view.at.event, view.case):
        party, identity = view.case.parties[label], _identity(view, label)
        bases = [at.event for at in view.events if isinstance(at.event, PosterIdentified) and at.event.party == label]
        basis = bases[-1] if bases else None
        return SuspectShown(
            label=label,
            kind=party.kind,
            name=None if party.kind == "pupil" else _name(view, party),
            association=identity.association if identity else None,
            capacity=identity.capacity if identity else None,
            confidence=identity.confidence if identity else None,
            basis_code=basis.basis_code if basis else None,
            basis=known(basis.basis) if basis else None,
        )
    return None


def _identity(view: View, label: str) -> Identity | None:
    identity = view.case.identity
    return identity if identity and identity.party == label else None


def _name(view: View, party: Party) -> str | None:
    person = view.person_of(party.label)
    return person.name if person else party.name


def _police(view: View) -> PoliceShown:
    """Return what the force gave for this referral, by now."""
    number = getattr(view.at.event, "referral_no", None)
    given = [at.event for at in view.events if isinstance(at.event, PoliceReferenceRecorded)]
    newest = next((event for event in reversed(given) if event.referral_no == number), None)
    return PoliceShown(
        force=known(newest.force) if newest else None, reference=known(newest.reference) if newest else None
    )


def _law_tags(view: View) -> tuple[str, ...]:
    """Return the laws that whoever judged the posts noted, by now, the last time that they noted any."""
    noted = [at.event.law_tags for at in view.events if isinstance(at.event, BreachDecided | Categorised)]
    return next((tags for tags in reversed(noted) if tags), ())


def _question(view: View) -> str | None:
    return known(view.question.text) if view.question else None


def _limitation(view: View) -> str | None:
    """Return the day a year after the first post, on which a claim in defamation may be out of time."""
    first = min((london_date(post.posted_at) for post in view.case.posts.values()), default=None)
    return months_later(first, LIMITATION.count).isoformat() if first else None


def _kind_of(kind: str) -> Callable[[View], str | None]:
    """Return what the person under a label of the event is: adult, staff, pupil, group."""

    def tell(view: View) -> str | None:
        party = view.case.parties.get(getattr(view.at.event, kind, None) or "")
        return party.kind if party else None

    return tell


def _return(view: View) -> ReturnShown | None:
    period, calendar = getattr(view.at.event, "period", None), view.around.calendar
    term = next((term for term in calendar.terms if term.name == period), None)
    if term is None:
        return None
    cases = [_returned(view, case) for case in returned_cases(view)]
    return ReturnShown(
        term=term.name, first=term.first, last=term.last, cases=tuple(sorted(cases, key=lambda case: case.on))
    )


def returned_cases(view: View) -> tuple[Incident, ...]:
    """Return the cases that the return of the event's term counts: none where the event is no return."""
    period, calendar = getattr(view.at.event, "period", None), view.around.calendar
    term = next((term for term in calendar.terms if term.name == period), None)
    counted = (case for case in view.around.cases if is_returned(case) and not case.is_withdrawn)
    return tuple(case for case in counted if _is_of(case, term, calendar)) if term else ()


def _is_of(case: Incident, term: Term, calendar: Calendar) -> bool:
    """Return whether a case falls into this term's return: the one in which its task is due."""
    if case.reported_at is None:
        return False
    try:
        return term.first <= calendar.last_school_day_of_term(london_date(case.reported_at)) <= term.last
    except CalendarMissing:
        return False


def _returned(view: View, case: Incident) -> ReturnedCase:
    posted = min((london_date(post.posted_at) for post in case.posts.values()), default=None)
    rows = view.edition.categories
    return ReturnedCase(
        on=posted or london_date(case.reported_at or view.now),
        types=tuple(TypeShown(code=code, name=rows[code].name) for code in case.categories if code in rows),
        characteristics=case.characteristics,
        actions=tuple(_actions(case)),
        outcome=case.outcome,
    )


def _actions(case: Incident) -> Iterator[str]:
    """Yield what was done, as track and state; under a police hold nothing hints at a referral."""
    for track in ACTIONS:
        state = case.tracks[track]
        if state not in {"none", "open"} and not (track == "police" and case.is_held(POLICE_HOLD)):
            yield f"{track} {state}"


FURTHER: Final[Mapping[type[Event], Mapping[str, Callable[[View], Any]]]] = {
    HostReported: {
        "exhibits": _exhibits,
        "complainant": _complainant,
        "is_poster_known": lambda view: is_poster_known(view.case),
    },
    PoliceReferred: {
        "exhibits": _exhibits,
        "suspect": _suspect,
        "steps": _steps,
        "police": _police,
        "law_tags": _law_tags,
    },
    LegalAdviceSought: {
        "exhibits": _exhibits,
        "suspect": _suspect,
        "steps": _steps,
        "question": _question,
        "limitation_on": _limitation,
    },
    AffectedPartyNotified: {
        "party_kind": _kind_of("party"),
        "about_kind": _kind_of("about"),
        "return": _return,
    },
}
