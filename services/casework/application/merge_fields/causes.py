"""Which events of a case cause letters, to whom, and which of their own facts a letter is told.

One table, and nothing else decides: a further letter is a further row. Facts are listed by name, so that what is said
inside the school only (why an override, how somebody looked) is never told by default.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from casework.application.merge_fields.shape import RecipientClass
from casework.domain.event import Event, Recorded
from casework.domain.incident import Incident
from casework.domain.steps.access import BLOCK, AccessBlocked, AccessBlockReviewed
from casework.domain.steps.complaints import ComplaintsRouteOffered
from casework.domain.steps.correspondence import AffectedPartyNotified
from casework.domain.steps.evidence import PostChecked
from casework.domain.steps.first_step import ParentContacted, RemovalRequested
from casework.domain.steps.host import SECTION_5, HostReported
from casework.domain.steps.judgement import PREJUDICE_RETURN
from casework.domain.steps.legal import LegalAdviceSought
from casework.domain.steps.people import PosterIdentityCorrected
from casework.domain.steps.police import PoliceReferred
from casework.domain.steps.warning import WarningIssued

Selects = Callable[[Event, Incident], tuple[str, ...]]
"""From the event, and the case as it stands now, to labels: of those written to, of those who may be named."""
Posts = Callable[[Event, Incident], tuple[int, ...]]
"""From the event, and the case as it stands now, to the numbers of the posts that its letters are about."""


def _nobody(_event: Event, _case: Incident) -> tuple[str, ...]:
    return ()


def _own_posts(event: Event, _case: Incident) -> tuple[int, ...]:
    return tuple(getattr(event, "posts", ()))


class Cause(NamedTuple):
    """One row: the event's facts that are told, and those whom its letters may go to, by class."""

    tells: tuple[str, ...]
    to: Mapping[RecipientClass, Selects]
    posts: Posts = _own_posts
    may_name: Selects = _nobody
    """Who may be named in these letters besides those written to and the staff; a pupil only to their own family."""
    keeps_from: Selects = _nobody
    """Who may not, whoever they are."""
    is_for_client: bool = False
    """Whether the letters are privileged: for the client and the adviser alone (R18)."""


def cause_at(events: Sequence[Recorded], version: int) -> Recorded | None:
    """Return the event of this version in a case; None if there is none, or it causes no letter."""
    at = events[version - 1] if 1 <= version <= len(events) else None
    return at if at is not None and type(at.event) in CAUSES else None


def _named(field: str, only_if: str | None = None) -> Selects:
    """Select whom the event names: also where somebody else is taken for the poster since, and identity then fails."""
    return lambda event, _case: (getattr(event, field),) if only_if is None or getattr(event, only_if) else ()


def _poster(_event: Event, case: Incident) -> tuple[str, ...]:
    """Select whoever is taken for the poster, or answers for the child's account, now."""
    return (case.identity.party,) if case.identity else ()


def _blocked(event: Event, case: Incident) -> tuple[str, ...]:
    """Select whom the block is on that the event is about."""
    block = case.numbers_of(BLOCK).get(getattr(event, "block_no", 0))
    return (block.about,) if block and block.about else ()


def _posters(_event: Event, case: Incident) -> tuple[str, ...]:
    """Select everybody who is or was taken for the poster, or for the adult who answers for a child's account."""
    return tuple(sorted(case.posters))


def _body(label: str) -> Selects:
    """Select an outside body."""
    return lambda _event, _case: (label,)


def _all_posts(_event: Event, case: Incident) -> tuple[int, ...]:
    return tuple(case.posts)


def complainant(event: Event, _case: Incident) -> tuple[str, ...]:
    """Select in whose own name posts are complained of to a host; nobody where the school reports them."""
    if not isinstance(event, HostReported) or event.basis != SECTION_5 or event.complainant is None:
        return ()
    return (event.complainant,)


def suspect(event: Event, case: Incident) -> tuple[str, ...]:
    """Select who is taken for the poster now; before anybody is, whom the event names."""
    return _poster(event, case) or tuple(filter(None, [getattr(event, "named_party", None)]))


def _told(event: Event, _case: Incident) -> tuple[str, ...]:
    """Select the affected person who was told."""
    return (event.party,) if isinstance(event, AffectedPartyNotified) and event.party else ()


def _told_of(event: Event, _case: Incident) -> tuple[str, ...]:
    """Select whom that person was told about: their own child, say."""
    return (event.about,) if isinstance(event, AffectedPartyNotified) and event.about else ()


def _authority(event: Event, _case: Incident) -> tuple[str, ...]:
    """Select the authority, which gets the return of prejudice incidents and nothing else."""
    is_return = isinstance(event, AffectedPartyNotified) and event.kind == PREJUDICE_RETURN
    return ("authority",) if is_return else ()


CAUSES: Mapping[type[Event], Cause] = {
    RemovalRequested: Cause(("request_no", "party", "posts", "basis"), {"P": _named("party")}),
    WarningIssued: Cause(("warning_no", "party", "posts", "concerns", "expectations"), {"P": _named("party")}),
    PostChecked: Cause(("posts", "result", "removed_by"), {"P": _poster}),
    PosterIdentityCorrected: Cause(("was_contacted",), {"P": _named("wrong", only_if="was_contacted")}),
    ParentContacted: Cause(("party", "method", "purpose", "outcome", "meeting_at"), {"P": _named("party")}),
    AccessBlocked: Cause(("block_no", "party", "reason"), {"P": _named("party")}),
    AccessBlockReviewed: Cause(("block_no", "decision", "review_on", "reason"), {"P": _blocked}),
    ComplaintsRouteOffered: Cause(("how",), {"P": _poster}),
    HostReported: Cause(
        ("report_no", "posts", "host", "basis", "particulars"), {"O": _body("host")}, may_name=complainant
    ),
    PoliceReferred: Cause(
        ("referral_no", "route", "grounds", "crime", "is_immediate", "account"),
        {"O": _body("police")},
        posts=_all_posts,
        may_name=suspect,
    ),
    LegalAdviceSought: Cause(
        ("advice_no",), {"O": _body("adviser")}, posts=_all_posts, may_name=suspect, is_for_client=True
    ),
    AffectedPartyNotified: Cause(
        ("kind", "period", "said"), {"A": _told, "O": _authority}, may_name=_told_of, keeps_from=_posters
    ),
}
