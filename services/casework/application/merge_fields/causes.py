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
from casework.domain.steps.evidence import PostChecked
from casework.domain.steps.first_step import ParentContacted, RemovalRequested
from casework.domain.steps.people import PosterIdentityCorrected
from casework.domain.steps.warning import WarningIssued

Selects = Callable[[Event, Incident], tuple[str, ...]]
"""From the event, and the case as it stands now, to the labels of those written to."""


class Cause(NamedTuple):
    """One row: the event's facts that are told, and those whom its letters may go to, by class."""

    tells: tuple[str, ...]
    to: Mapping[RecipientClass, Selects]


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


CAUSES: Mapping[type[Event], Cause] = {
    RemovalRequested: Cause(("request_no", "party", "posts", "basis"), {"P": _named("party")}),
    WarningIssued: Cause(("warning_no", "party", "posts", "concerns", "expectations"), {"P": _named("party")}),
    PostChecked: Cause(("posts", "result", "removed_by"), {"P": _poster}),
    PosterIdentityCorrected: Cause(("was_contacted",), {"P": _named("wrong", only_if="was_contacted")}),
    ParentContacted: Cause(("party", "method", "purpose", "outcome", "meeting_at"), {"P": _named("party")}),
    AccessBlocked: Cause(("block_no", "party", "reason"), {"P": _named("party")}),
    AccessBlockReviewed: Cause(("block_no", "decision", "review_on", "reason"), {"P": _blocked}),
    ComplaintsRouteOffered: Cause(("how",), {"P": _poster}),
}
