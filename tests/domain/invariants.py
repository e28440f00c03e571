"""What no sequence of decisions may ever lead to, in plain words, read off the events alone.

Nothing here asks the rules: what was seen before an event is counted anew, so that a rule which is wrong is found.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from casework.domain.event import Recorded
from casework.domain.steps.access import AccessBlocked
from casework.domain.steps.closing import (
    Closed,
    Erased,
    LegalHoldPlaced,
    LegalHoldReleased,
    Reopened,
    RetentionReviewed,
    RetentionScheduled,
    Withdrawn,
)
from casework.domain.steps.complaints import ComplaintLinked, ComplaintOutcomeRecorded
from casework.domain.steps.correspondence import CorrespondenceRecorded
from casework.domain.steps.escalation import ContinuedUseRecorded, EscalationThresholdOverridden
from casework.domain.steps.evidence import EvidenceCaptured, EvidenceVerified
from casework.domain.steps.first_step import (
    FirstStepDispensed,
    ParentContacted,
    RemovalDeadlineLapsed,
    RemovalRefused,
    RemovalRequested,
)
from casework.domain.steps.host import HostReported
from casework.domain.steps.judgement import BreachDecided, Categorised, SafeguardingScreened
from casework.domain.steps.legal import LegalActionAuthorised
from casework.domain.steps.people import PartyAdded, PosterIdentified, PosterIdentityCorrected
from casework.domain.steps.police import PoliceHoldPlaced, PoliceHoldReleased, PoliceOutcomeRecorded
from casework.domain.steps.report import PostRecorded, Reported
from casework.domain.steps.warning import WarningIssued
from tests.domain.playing import CHANNELS, RELATED, edition

SANCTIONS: Final = (WarningIssued, AccessBlocked, LegalActionAuthorised, HostReported)
"""What the policy allows only once the first step has failed."""
TOWARDS: Final = (ParentContacted, RemovalRequested, WarningIssued)
"""What is said or written to the poster."""
ADVERSE: Final = (RemovalRequested, WarningIssued, AccessBlocked)
"""What names a person as the poster."""
HELD_BACK: Final = (ParentContacted, RemovalRequested, WarningIssued, AccessBlocked)
"""What a police hold holds back."""
LATE: Final = (
    CorrespondenceRecorded, PartyAdded, PoliceOutcomeRecorded, PoliceHoldPlaced, PoliceHoldReleased, ComplaintLinked,
    ComplaintOutcomeRecorded, LegalHoldPlaced, LegalHoldReleased, RetentionScheduled, RetentionReviewed, Reopened,
    Erased, EvidenceVerified,
)  # fmt: skip
"""What may still be recorded once a case is closed; a letter may name somebody new."""


class Poster(NamedTuple):
    """Who is taken for the poster, and how surely."""

    party: str
    confidence: str


@dataclass
class Seen:
    """What the events of a case have shown so far."""

    kind: str = ""
    judged: set[int] = field(default_factory=set)
    captured: set[int] = field(default_factory=set)
    parties: dict[str, PartyAdded] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)
    channels: dict[int, str] = field(default_factory=dict)
    poster: Poster | None = None
    cleared: set[str] = field(default_factory=set)
    """Who was taken for the poster by mistake: what was asked of them counts for nothing."""
    is_categorised: bool = False
    needs_screening: bool = False
    is_screened: bool = False
    is_held_for_safety: bool = False
    police_holds: set[int] = field(default_factory=set)
    contacts: list[ParentContacted] = field(default_factory=list)
    requests: dict[int, RemovalRequested] = field(default_factory=dict)
    asked_at: dict[int, datetime] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    continued_at: datetime | None = None
    is_dispensed: bool = False
    overridden: set[str] = field(default_factory=set)
    is_closed: bool = False
    erased_by: UUID | None = None
    """The command that erased the case."""
    legal_holds: set[int] = field(default_factory=set)

    def take(self, at: Recorded) -> None:
        """Count one more event."""
        handler = _TAKES.get(type(at.event))
        if handler is not None:
            handler(self, at.event, at)

    def counting(self) -> dict[int, RemovalRequested]:
        """Return the requests that were made to the right person, as far as it is known."""
        return {number: asked for number, asked in self.requests.items() if asked.party not in self.cleared}

    def person(self, label: str) -> str | None:
        """Return who somebody is."""
        known = self.parties.get(label)
        return known.person if known and isinstance(known.person, str) else None


def _posts(event: PostRecorded) -> range:
    return range(event.post_no, event.post_no + event.count)


def _judge(seen: Seen, event: Any, is_bad: bool) -> None:  # noqa: FBT001 - a table's row
    seen.judged = seen.judged | set(event.posts) if is_bad else seen.judged - set(event.posts)


def _continued(seen: Seen, event: ContinuedUseRecorded, at: Recorded) -> None:
    is_bad = event.judged == "inappropriate"
    _judge(seen, event, is_bad)
    if is_bad:
        seen.continued_at = max(seen.continued_at or at.carried.occurred_at, at.carried.occurred_at)


def _requested(seen: Seen, event: RemovalRequested, at: Recorded) -> None:
    seen.requests[event.request_no], seen.asked_at[event.request_no] = event, at.carried.occurred_at


def _identified(seen: Seen, event: PosterIdentified, _at: Recorded) -> None:
    seen.poster = Poster(event.party, event.confidence)
    seen.cleared.discard(event.party)


def _corrected(seen: Seen, event: PosterIdentityCorrected, _at: Recorded) -> None:
    seen.poster = Poster(event.right, event.confidence)
    seen.cleared = (seen.cleared | {event.wrong}) - {event.right}


def _screened(seen: Seen, event: SafeguardingScreened, _at: Recorded) -> None:
    seen.is_screened, seen.is_held_for_safety = True, event.is_hold


def _categorised(seen: Seen, event: Categorised, _at: Recorded) -> None:
    seen.is_categorised, seen.needs_screening = True, bool({"C1", "C7"} & set(event.codes))


def _recorded(seen: Seen, event: PostRecorded, _at: Recorded) -> None:
    seen.targets |= set(event.targets)
    seen.channels |= dict.fromkeys(_posts(event), event.channel)


def _reopened(seen: Seen) -> None:
    seen.is_closed, seen.is_dispensed = False, False
    seen.overridden.clear()


_TAKES: Final[Mapping[type, Callable[[Seen, Any, Recorded], Any]]] = {
    Reported: lambda seen, event, _: setattr(seen, "kind", event.kind),
    PostRecorded: _recorded,
    PartyAdded: lambda seen, event, _: seen.parties.update({event.party: event}),
    PosterIdentified: _identified,
    PosterIdentityCorrected: _corrected,
    EvidenceCaptured: lambda seen, event, _: seen.captured.update(event.posts),
    Categorised: _categorised,
    SafeguardingScreened: _screened,
    BreachDecided: lambda seen, event, _: _judge(seen, event, event.outcome == "inappropriate"),
    ContinuedUseRecorded: _continued,
    ParentContacted: lambda seen, event, _: seen.contacts.append(event),
    RemovalRequested: _requested,
    RemovalRefused: lambda seen, event, _: seen.refused.add(event.request_no),
    RemovalDeadlineLapsed: lambda seen, event, _: seen.refused.add(event.request_no),
    FirstStepDispensed: lambda seen, _, __: setattr(seen, "is_dispensed", True),
    EscalationThresholdOverridden: lambda seen, event, _: seen.overridden.update(event.missing),
    PoliceHoldPlaced: lambda seen, event, _: seen.police_holds.add(event.hold_no),
    PoliceHoldReleased: lambda seen, event, _: seen.police_holds.discard(event.hold_no),
    Closed: lambda seen, _, __: setattr(seen, "is_closed", True),
    Withdrawn: lambda seen, _, __: setattr(seen, "is_closed", True),
    Erased: lambda seen, _, at: setattr(seen, "erased_by", at.carried.command),
    Reopened: lambda seen, _, __: _reopened(seen),
    LegalHoldPlaced: lambda seen, event, _: seen.legal_holds.add(event.hold_no),
    LegalHoldReleased: lambda seen, event, _: seen.legal_holds.discard(event.hold_no),
}


def no_sanction_before_a_judgement(seen: Seen, at: Recorded) -> bool:
    """Nobody is warned for a post, or asked to remove one, that was not judged inappropriate (R16)."""
    event = at.event
    if isinstance(event, WarningIssued) or (isinstance(event, RemovalRequested) and seen.kind == "adult_post"):
        return set(event.posts) <= seen.judged
    return True


def no_sanction_before_the_first_step(seen: Seen, at: Recorded) -> bool:
    """No sanction before somebody talked to the poster and asked for removal, unless that was dispensed with (P52)."""
    if not isinstance(at.event, SANCTIONS) or seen.is_dispensed:
        return True
    outcomes = [c.outcome for c in seen.contacts if seen.poster and c.party == seen.poster.party]
    is_contacted = bool({"discussion_held", "declined"} & set(outcomes))
    is_tried = outcomes.count("no_answer") >= edition().parameters.discussion_attempts_max
    return bool(seen.counting()) and (is_contacted or is_tried)


def no_sanction_before_refusal_and_continuation(seen: Seen, at: Recorded) -> bool:
    """No sanction before the poster refused, or let the time pass, and went on, unless that was set aside (P54)."""
    if not isinstance(at.event, SANCTIONS):
        return True
    counting = seen.counting()
    is_late = any(asked.due_at <= at.recorded_at for asked in counting.values())
    is_refused = bool(seen.refused & set(counting)) or is_late or "refusal" in seen.overridden
    first = min((seen.asked_at[number] for number in counting), default=None)
    went_on = first is not None and seen.continued_at is not None and seen.continued_at >= first
    return is_refused and (went_on or "continuation" in seen.overridden)


def nobody_speaks_to_the_poster_while_the_police_ask_not_to(seen: Seen, at: Recorded) -> bool:
    """Nothing goes to the poster while a police hold stands (R10)."""
    return not (isinstance(at.event, HELD_BACK) and seen.police_holds)


def nobody_speaks_to_the_poster_before_the_safeguarding_lead_allows(seen: Seen, at: Recorded) -> bool:
    """Nothing goes to the poster before the case is categorised, and screened where it must be, or while held (R02)."""
    if not isinstance(at.event, TOWARDS):
        return True
    needed = seen.needs_screening or seen.kind == "child_account"
    return seen.is_categorised and (seen.is_screened or not needed) and not seen.is_held_for_safety


def no_child_is_written_to(seen: Seen, at: Recorded) -> bool:
    """No pupil is spoken to, written to, blocked, or named as the poster (R21)."""
    if isinstance(at.event, PosterIdentityCorrected):
        label = at.event.right
    elif isinstance(at.event, (*HELD_BACK, PosterIdentified)):
        label = at.event.party
    else:
        return True
    known = seen.parties.get(label)
    return known is not None and known.kind != "pupil"


def nobody_is_accused_on_a_guess(seen: Seen, at: Recorded) -> bool:
    """Only the identified poster is asked, warned or blocked, and one who is at least probable (R05)."""
    if not isinstance(at.event, ADVERSE):
        return True
    poster = seen.poster
    return poster is not None and poster.confidence != "unverified" and at.event.party == poster.party


def nothing_is_done_about_a_post_that_was_not_captured(seen: Seen, at: Recorded) -> bool:
    """Nobody is asked to remove a post, or warned for one, before it was captured, unless that was set aside (R01)."""
    override = at.carried.override
    if not isinstance(at.event, RemovalRequested | WarningIssued) or (override and "R01" in override.rules):
        return True
    return set(at.event.posts) <= seen.captured


def a_block_is_on_the_schools_own_channel_and_is_reviewed(seen: Seen, at: Recorded) -> bool:
    """Only the school's own channels are blocked, to a near day; where people write, another way is open (R07-R09)."""
    event = at.event
    if not isinstance(event, AccessBlocked):
        return True
    channel, today = CHANNELS[event.channel], at.recorded_at.date()
    latest = today + timedelta(days=edition().parameters.block_review_max_days + 1)
    is_reachable = not channel.is_messaging or event.has_alternative_route
    return channel.is_school_controlled and today < event.review_on <= latest and is_reachable


def nobody_judges_in_a_matter_of_their_own(seen: Seen, at: Recorded) -> bool:
    """Nobody whom the post is about, no poster and no relative of either judges, warns, blocks or closes (R11)."""
    if not isinstance(at.event, BreachDecided | WarningIssued | AccessBlocked | Closed | LegalActionAuthorised):
        return True
    involved = {*seen.targets, *([seen.poster.party] if seen.poster else [])}
    persons = {seen.person(label) for label in involved}
    return not persons & {at.carried.actor, *RELATED.get(at.carried.actor, ())}


def a_closed_case_stays_closed(seen: Seen, at: Recorded) -> bool:
    """Once a case is closed or withdrawn, only what may come late is recorded in it, or that it is reopened (R13)."""
    return not seen.is_closed or isinstance(at.event, LATE)


def nothing_is_recorded_once_the_case_is_erased(seen: Seen, at: Recorded) -> bool:
    """Once a case is erased, nothing is recorded in it any more (R13)."""
    return seen.erased_by in {None, at.carried.command}


def nothing_is_destroyed_under_a_legal_hold(seen: Seen, at: Recorded) -> bool:
    """No case is erased, and none is let go by a retention review, while a legal hold stands (R19)."""
    is_let_go = isinstance(at.event, RetentionReviewed) and at.event.decision == "destroy"
    return not (seen.legal_holds and (isinstance(at.event, Erased) or is_let_go))


INVARIANTS: Final[Mapping[str, Callable[[Seen, Recorded], bool]]] = {
    check.__name__: check
    for check in (
        no_sanction_before_a_judgement,
        no_sanction_before_the_first_step,
        no_sanction_before_refusal_and_continuation,
        nobody_speaks_to_the_poster_while_the_police_ask_not_to,
        nobody_speaks_to_the_poster_before_the_safeguarding_lead_allows,
        no_child_is_written_to,
        nobody_is_accused_on_a_guess,
        nothing_is_done_about_a_post_that_was_not_captured,
        a_block_is_on_the_schools_own_channel_and_is_reviewed,
        nobody_judges_in_a_matter_of_their_own,
        a_closed_case_stays_closed,
        nothing_is_recorded_once_the_case_is_erased,
        nothing_is_destroyed_under_a_legal_hold,
    )
}


def broken(events: Sequence[Recorded]) -> Iterator[tuple[str, str]]:
    """Yield each invariant that an event breaks, and which event that is."""
    seen = Seen()
    for at in events:
        for name, holds in INVARIANTS.items():
            if not holds(seen, at):
                yield name, f"event {at.originator_version}, {at.event.type_name}"
        seen.take(at)
