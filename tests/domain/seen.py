"""What the events of a case have shown so far, counted from the events alone: what the invariants look at.

Nothing here asks the rules or the state of a case, so that a rule or an effect which is wrong is found.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from casework.domain.event import Recorded
from casework.domain.steps.access import (
    AccessBlocked,
    AccessBlockReviewed,
    AccessRestored,
    RepresentationsReceived,
)  # fmt: skip
from casework.domain.steps.closing import Closed, Erased, LegalHoldPlaced, LegalHoldReleased, Reopened, Withdrawn
from casework.domain.steps.complaints import ComplaintLinked, ComplaintOutcomeRecorded
from casework.domain.steps.correspondence import CorrespondenceRecorded
from casework.domain.steps.escalation import ContinuedUseRecorded, EscalationThresholdOverridden
from casework.domain.steps.evidence import EvidenceCaptured, EvidenceCustodyTransferred, EvidenceVerified, PostChecked
from casework.domain.steps.first_step import (
    FirstStepDispensed,
    ParentContacted,
    RemovalDeadlineLapsed,
    RemovalRefused,
    RemovalRequested,
)
from casework.domain.steps.host import HostReported, HostResponded
from casework.domain.steps.judgement import BreachDecided, Categorised, SafeguardingScreened
from casework.domain.steps.legal import (
    LegalActionAuthorised,
    LegalAdviceReceived,
    LegalAdviceSought,
    LegalStepRecorded,
)  # fmt: skip
from casework.domain.steps.people import Assigned, PartyAdded, PosterIdentified, PosterIdentityCorrected
from casework.domain.steps.police import (
    PoliceHoldPlaced,
    PoliceHoldReleased,
    PoliceOutcomeRecorded,
    PoliceReferenceRecorded,
    PoliceReferred,
)
from casework.domain.steps.report import NoteAdded, PostRecorded, Reported
from casework.domain.steps.warning import WarningIssued, WarningWithdrawn


class Poster(NamedTuple):
    """Who is taken for the poster, and how surely."""

    party: str
    confidence: str


class Look(NamedTuple):
    """What was seen of a post, and when."""

    at: datetime
    result: str


class Life(NamedTuple):
    """What a case numbers: by which event it begins, in which field its number stands, by which others it ends."""

    begins: type
    number: str
    ends: tuple[type, ...] = ()
    acts: tuple[type, ...] = ()
    """What else is done about it while it lasts."""
    is_open: bool = True
    """Whether a case stays open until it ends (R14)."""


LIVES: Final[Mapping[str, Life]] = {
    "note": Life(NoteAdded, "note_no", is_open=False),
    "evidence": Life(
        EvidenceCaptured, "evidence_no", acts=(EvidenceVerified, EvidenceCustodyTransferred), is_open=False
    ),
    "request": Life(RemovalRequested, "request_no", (RemovalRefused,), (RemovalDeadlineLapsed,), is_open=False),
    "warning": Life(WarningIssued, "warning_no", (WarningWithdrawn,), is_open=False),
    "referral": Life(PoliceReferred, "referral_no", (PoliceOutcomeRecorded,), (PoliceReferenceRecorded,)),
    "police hold": Life(PoliceHoldPlaced, "hold_no", (PoliceHoldReleased,)),
    "legal hold": Life(LegalHoldPlaced, "hold_no", (LegalHoldReleased,)),
    "block": Life(AccessBlocked, "block_no", (AccessRestored,), (RepresentationsReceived, AccessBlockReviewed)),
    "report": Life(HostReported, "report_no", (HostResponded,), is_open=False),
    "advice": Life(LegalAdviceSought, "advice_no", (LegalAdviceReceived,)),
    "action": Life(LegalActionAuthorised, "action_no", acts=(LegalStepRecorded,)),
    "complaint": Life(ComplaintLinked, "complaint_no", (ComplaintOutcomeRecorded,)),
}
"""What is numbered. A legal action ends by its last step; that is told by what the step says."""
KIND_OF: Final[Mapping[type, str]] = {
    event: kind for kind, life in LIVES.items() for event in (life.begins, *life.ends, *life.acts)
}


def number_of(event: Any) -> int:
    """Return the number of what an event is about."""
    number: int = getattr(event, LIVES[KIND_OF[type(event)]].number)
    return number


def is_end(event: Any) -> bool:
    """Return whether an event ends what it is about."""
    return type(event) in LIVES[KIND_OF[type(event)]].ends or (isinstance(event, LegalStepRecorded) and event.is_last)


@dataclass
class Seen:
    """What the events of a case have shown so far."""

    kind: str = ""
    judged: set[int] = field(default_factory=set)
    shown_by: dict[int, set[int]] = field(default_factory=dict)
    """The posts that each file of evidence shows."""
    lost: set[int] = field(default_factory=set)
    """Files that were found altered or missing."""
    looks: dict[int, Look] = field(default_factory=dict)
    parties: dict[str, PartyAdded] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)
    channels: dict[int, str] = field(default_factory=dict)
    poster: Poster | None = None
    ever_posters: set[str] = field(default_factory=set)
    """Who is, or was, taken for the poster."""
    wrongly_named: set[str] = field(default_factory=set)
    """Who was, and is not any more."""
    warned: dict[int, str] = field(default_factory=dict)
    """Whom each warning went to."""
    decision_maker: str | None = None
    is_categorised: bool = False
    needs_screening: bool = False
    is_screened: bool = False
    is_held_for_safety: bool = False
    contacts: list[ParentContacted] = field(default_factory=list)
    requests: dict[int, RemovalRequested] = field(default_factory=dict)
    asked_at: dict[int, datetime] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    continued_at: datetime | None = None
    is_dispensed: bool = False
    overridden: set[str] = field(default_factory=set)
    is_concern_open: bool = False
    returned: set[tuple[str, str | None]] = field(default_factory=set)
    """Letters that came back and were not sent again: which, and to whom."""
    begun: Counter[str] = field(default_factory=Counter)
    lasting: dict[str, set[int]] = field(default_factory=lambda: {kind: set() for kind in LIVES})
    authors: dict[int, str] = field(default_factory=dict)
    """Who decided each warning."""
    complained_of: dict[int, int | None] = field(default_factory=dict)
    """The warning that each complaint which is not answered is about."""
    is_closed: bool = False
    erased_by: UUID | None = None
    """The command that erased the case."""

    def take(self, at: Recorded) -> None:
        """Count one more event."""
        if type(at.event) in KIND_OF:
            self._number(at.event)
        handler = _TAKES.get(type(at.event))
        if handler is not None:
            handler(self, at.event, at)

    def _number(self, event: Any) -> None:
        kind, number = KIND_OF[type(event)], number_of(event)
        if isinstance(event, LIVES[kind].begins):
            self.begun[kind] += 1
            self.lasting[kind].add(number)
        elif is_end(event):
            self.lasting[kind].discard(number)

    @property
    def captured(self) -> set[int]:
        """The posts that some file shows which was not lost since."""
        return {no for number, posts in self.shown_by.items() if number not in self.lost for no in posts}

    def counting(self) -> dict[int, RemovalRequested]:
        """Return the requests that were made to whoever is taken for the poster now."""
        poster = self.poster.party if self.poster else None
        return {number: asked for number, asked in self.requests.items() if asked.party == poster}

    def person(self, label: str) -> str | None:
        """Return who somebody is."""
        known = self.parties.get(label)
        return known.person if known and isinstance(known.person, str) else None

    @property
    def misdirected(self) -> set[int]:
        """The warnings of people who did not post, that were not taken back."""
        return {number for number in self.lasting["warning"] if self.warned[number] in self.wrongly_named}

    @property
    def target_persons(self) -> set[str | None]:
        """Whom a post is about, as far as it is known who they are."""
        return {self.person(label) for label in self.targets} - {None}


def _posts(event: PostRecorded) -> range:
    return range(event.post_no, event.post_no + event.count)


def _judge(seen: Seen, event: Any, is_bad: bool) -> None:  # noqa: FBT001 - a table's row
    seen.judged = seen.judged | set(event.posts) if is_bad else seen.judged - set(event.posts)


def _decided(seen: Seen, event: BreachDecided, _at: Recorded) -> None:
    _judge(seen, event, event.outcome == "inappropriate")
    if event.has_concern:
        seen.is_concern_open = not event.is_concern_answered


def _contacted(seen: Seen, event: ParentContacted, _at: Recorded) -> None:
    seen.contacts.append(event)
    seen.is_concern_open = seen.is_concern_open and not event.is_concern_answered


def _continued(seen: Seen, event: ContinuedUseRecorded, at: Recorded) -> None:
    is_bad = event.judged == "inappropriate"
    _judge(seen, event, is_bad)
    if is_bad:
        seen.continued_at = max(seen.continued_at or at.carried.occurred_at, at.carried.occurred_at)


def _requested(seen: Seen, event: RemovalRequested, at: Recorded) -> None:
    seen.requests[event.request_no], seen.asked_at[event.request_no] = event, at.carried.occurred_at


def _identified(seen: Seen, event: PosterIdentified, _at: Recorded) -> None:
    seen.poster = Poster(event.party, event.confidence)
    seen.wrongly_named.discard(event.party)
    seen.ever_posters.add(event.party)


def _corrected(seen: Seen, event: PosterIdentityCorrected, _at: Recorded) -> None:
    seen.poster = Poster(event.right, event.confidence)
    seen.ever_posters |= {event.wrong, event.right}
    seen.wrongly_named = (seen.wrongly_named | {event.wrong}) - {event.right}


def _added(seen: Seen, event: PartyAdded, _at: Recorded) -> None:
    seen.parties[event.party] = event
    if event.part in {"poster", "responsible_adult"}:
        seen.ever_posters.add(event.party)


def _screened(seen: Seen, event: SafeguardingScreened, _at: Recorded) -> None:
    seen.is_screened, seen.is_held_for_safety = True, event.is_hold


def _categorised(seen: Seen, event: Categorised, _at: Recorded) -> None:
    seen.is_categorised, seen.needs_screening = True, bool({"C1", "C7"} & set(event.codes))


def _recorded(seen: Seen, event: PostRecorded, _at: Recorded) -> None:
    seen.targets |= set(event.targets)
    seen.channels |= dict.fromkeys(_posts(event), event.channel)


def _checked(seen: Seen, event: PostChecked, at: Recorded) -> None:
    for no in event.posts:
        if no not in seen.looks or seen.looks[no].at <= at.carried.occurred_at:
            seen.looks[no] = Look(at.carried.occurred_at, event.result)


def _verified(seen: Seen, event: EvidenceVerified, _at: Recorded) -> None:
    (seen.lost.discard if event.result == "intact" else seen.lost.add)(event.evidence_no)


def _posted(seen: Seen, event: CorrespondenceRecorded, _at: Recorded) -> None:
    letter = (event.template, event.party)
    (seen.returned.add if event.state == "returned" else seen.returned.discard)(letter)


def _complained(seen: Seen, event: ComplaintLinked, _at: Recorded) -> None:
    seen.complained_of[event.complaint_no] = event.warning_no


def _warned(seen: Seen, event: WarningIssued, at: Recorded) -> None:
    seen.authors[event.warning_no], seen.warned[event.warning_no] = at.carried.actor, event.party


def _reopened(seen: Seen) -> None:
    seen.is_closed, seen.is_dispensed = False, False
    seen.overridden.clear()


def _assigned(seen: Seen, event: Assigned, _at: Recorded) -> None:
    seen.decision_maker = event.decision_maker or seen.decision_maker


_TAKES: Final[Mapping[type, Callable[[Seen, Any, Recorded], Any]]] = {
    Reported: lambda seen, event, _: setattr(seen, "kind", event.kind),
    PostRecorded: _recorded,
    PostChecked: _checked,
    PartyAdded: _added,
    PosterIdentified: _identified,
    PosterIdentityCorrected: _corrected,
    Assigned: _assigned,
    EvidenceCaptured: lambda seen, event, _: seen.shown_by.update({event.evidence_no: set(event.posts)}),
    EvidenceVerified: _verified,
    Categorised: _categorised,
    SafeguardingScreened: _screened,
    BreachDecided: _decided,
    ContinuedUseRecorded: _continued,
    ParentContacted: _contacted,
    RemovalRequested: _requested,
    RemovalRefused: lambda seen, event, _: seen.refused.add(event.request_no),
    RemovalDeadlineLapsed: lambda seen, event, _: seen.refused.add(event.request_no),
    FirstStepDispensed: lambda seen, _, __: setattr(seen, "is_dispensed", True),
    EscalationThresholdOverridden: lambda seen, event, _: seen.overridden.update(event.missing),
    WarningIssued: _warned,
    ComplaintLinked: _complained,
    ComplaintOutcomeRecorded: lambda seen, event, _: seen.complained_of.pop(event.complaint_no, None),
    CorrespondenceRecorded: _posted,
    Closed: lambda seen, _, __: setattr(seen, "is_closed", True),
    Withdrawn: lambda seen, _, __: setattr(seen, "is_closed", True),
    Erased: lambda seen, _, at: setattr(seen, "erased_by", at.carried.command),
    Reopened: lambda seen, _, __: _reopened(seen),
}
