"""The state of one case, folded from its events.

Only what rules, phases, tasks and answers need is kept. What steps share is generic, so that a new step needs no new
field here: *things* are what a case numbers (removal requests, warnings, referrals, blocks, holds ...), each with a
status; a *pending* thing keeps the case from being closed (R14). *Tasks* are opened and settled by effects; when one is
due is worked out on reading. *Tracks* run beside the phase in any order.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import ClassVar, Literal, Protocol, Self
from uuid import UUID

import msgspec
from msgspec.structs import replace

from casework.domain.codes import (
    Association,
    Capacity,
    Category,
    Characteristic,
    Confidence,
    Kind,
    Part,
    PartyKind,
    PostResult,
)
from casework.domain.due import Due
from casework.domain.entries import Correction, Entry, Link
from casework.domain.event import Event, Recorded, Sensitivity

INITIAL_TRACKS: Mapping[str, str] = {
    "warning": "none", "police": "none", "access": "open", "host": "none", "legal": "none",
}  # fmt: skip

POLICE_HOLD = "police_hold"
SAFEGUARDING_HOLD = "safeguarding_hold"
LEGAL_HOLD = "legal_hold"
EVIDENCE = "evidence"
PLACED = "placed"
WARNING = "warning"
LEGAL_ACTION = "legal_action"
COMPLAINT = "complaint"
"""A pending one that is about a warning makes the warning's author decide nothing in the case (R11)."""
LOST = frozenset({"altered", "missing"})
"""What a file of evidence shows nothing any more by."""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A person in this case. ``person`` (directory id) and ``name`` are personal: None once erased."""

    label: str
    part: Part
    kind: PartyKind
    is_confidential: bool
    person: str | None
    name: str | None
    event_version: int

    @property
    def is_person(self) -> bool:
        """Whether it is known to be one human being: no group, no body, nobody unknown."""
        return self.kind in {"adult", "staff", "pupil"}


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One post (or message): where, when, about whom, and what is known of it."""

    post_no: int
    channel: str
    posted_at: datetime
    targets: tuple[str, ...]
    expires_at: datetime | None
    event_version: int
    url: str | None
    evidence_nos: tuple[int, ...] = ()
    is_inappropriate: bool | None = None
    result: PostResult | None = None
    checked_at: datetime | None = None
    is_hidden: bool = False
    """Whether the school hid it on a channel of its own."""

    @property
    def is_gone(self) -> bool:
        """Whether the post was last seen removed or unavailable."""
        return self.result in {"removed", "unavailable"}


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who the poster is taken to be, or the adult who answers for a child's account, and how surely."""

    party: str
    capacity: Capacity
    association: Association
    confidence: Confidence


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to talk to somebody about the case."""

    party: str
    method: str
    purpose: str
    outcome: str
    occurred_at: datetime


class RemovalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request to take posts down: when it was asked, by when, and what was answered."""

    request_no: int
    posts: tuple[int, ...]
    party: str
    asked_at: datetime
    due_at: datetime
    answer: Literal["agreed", "refused", "lapsed"] | None = None
    is_lapsed: bool = False
    """Whether its deadline passed unmet. A promise that is made later changes the answer, and not that."""


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """Something the case numbers, in one state of its life; pending ones keep the case open (R14)."""

    status: str
    is_pending: bool
    event_version: int
    about: str | None = None
    by: str | None = None
    """The account whose decision made it, whoever put it in its present state."""
    sensitivity: Sensitivity = "open"
    """That of the event which put it in this state: who may not read the event learns nothing of the thing."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Something somebody has to do: opened by one event, settled by another."""

    name: str
    number: int | None
    due: Due
    since: datetime
    edition: str | None
    sensitivity: Sensitivity = "open"
    """That of the event which opened it: who may not read the event learns of no task."""
    posts: tuple[int, ...] = ()
    """The posts that it waits for, if it does: once they are seen gone, nothing is left to wait for."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One case. Every method returns a new value; nothing here reads the clock or the policy."""

    id: UUID
    version: int = 0
    reference: str = ""
    kind: Kind = "adult_post"
    reported_at: datetime | None = None
    reported_by: str | None = None
    handler: str | None = None
    decision_maker: str | None = None
    """The account that decides in place of somebody with a conflict of interest; it sees the case for that."""
    parties: Mapping[str, Party] = {}
    posts: Mapping[int, Post] = {}
    identity: Identity | None = None
    wrongly_named: frozenset[str] = frozenset()
    """Labels of those who were taken for the poster and are not any more."""
    categories: tuple[Category, ...] = ()
    primary: Category | None = None
    characteristics: tuple[Characteristic, ...] = ()
    is_screened: bool = False
    is_screening_needed: bool = False
    breach: str | None = None
    breach_at: datetime | None = None
    contacts: tuple[Contact, ...] = ()
    is_complaints_route_offered: bool = False
    requests: tuple[RemovalRequest, ...] = ()
    continued_at: datetime | None = None
    is_first_step_dispensed: bool = False
    overridden_thresholds: frozenset[str] = frozenset()
    things: Mapping[str, Mapping[int, Thing]] = {}
    links: tuple[Link, ...] = ()
    corrections: tuple[Correction, ...] = ()
    advice: Mapping[int, UUID] = {}
    """The privileged streams of the case, by the number of the request for advice."""
    tasks: tuple[Task, ...] = ()
    tracks: Mapping[str, str] = msgspec.field(default_factory=lambda: dict(INITIAL_TRACKS))
    outcome: str | None = None
    ended: Literal["closed", "withdrawn", "erased"] | None = None
    is_withdrawn: bool = False
    is_reopened_undecided: bool = False
    retention_review_on: date | None = None

    def numbers_of(self, kind: str) -> Mapping[int, Thing]:
        """Return the numbered things of one kind."""
        return self.things.get(kind, {})

    def next_no(self, kind: str) -> int:
        """Return the number that the next thing of this kind gets."""
        return len(self.numbers_of(kind)) + 1

    def with_thing(
        self, kind: str, number: int, status: str, at: Recorded, *, is_pending: bool = False, about: str | None = None
    ) -> Self:
        """Return the case with this thing in a new state."""
        before = self.numbers_of(kind).get(number)
        thing = Thing(
            status=status,
            is_pending=is_pending,
            event_version=at.originator_version,
            about=about,
            by=before.by if before else at.carried.actor,
            sensitivity=at.carried.sensitivity,
        )
        return replace(self, things={**self.things, kind: {**self.numbers_of(kind), number: thing}})

    @property
    def evidence_count(self) -> int:
        """How many files of evidence the case has."""
        return len(self.numbers_of(EVIDENCE))

    def is_shown(self, post: Post) -> bool:
        """Return whether a post has evidence: a file, and not one that was found altered or missing since."""
        captured = self.numbers_of(EVIDENCE)
        return any(captured[no].status not in LOST for no in post.evidence_nos)

    def is_held(self, kind: str) -> bool:
        """Return whether a hold of this kind is in place."""
        return any(thing.status == PLACED for thing in self.numbers_of(kind).values())

    def with_task(
        self, name: str, due: Due, at: Recorded, number: int | None = None, posts: tuple[int, ...] = ()
    ) -> Self:
        """Return the case with this task open; one of the same name and number is replaced."""
        carried = at.carried
        task = Task(
            name=name,
            number=number,
            due=due,
            since=carried.occurred_at,
            edition=carried.edition,
            sensitivity=carried.sensitivity,
            posts=posts,
        )
        others = self.settled(name, number)
        return replace(others, tasks=(*others.tasks, task))

    def settled(self, name: str, number: int | None = None) -> Self:
        """Return the case without this task; without a number, without any task of that name."""
        left = [task for task in self.tasks if task.name != name or (number is not None and task.number != number)]
        return self if len(left) == len(self.tasks) else replace(self, tasks=tuple(left))

    def settled_by_removal(self) -> Self:
        """Return the case without the tasks whose posts are all seen gone."""

        def is_met(task: Task) -> bool:
            return bool(task.posts) and all(self.posts[no].is_gone for no in task.posts if no in self.posts)

        return replace(self, tasks=tuple(task for task in self.tasks if not is_met(task)))

    def on_track(self, track: str, state: str) -> Self:
        """Return the case with this track in a new state."""
        return replace(self, tracks={**self.tracks, track: state})

    def with_posts(self, posts: Iterable[Post]) -> Self:
        """Return the case with these posts added or replaced."""
        return replace(self, posts={**self.posts, **{post.post_no: post for post in posts}})

    def label_of(self, person: str) -> str | None:
        """Return the label under which this person of the directory stands in the case."""
        return next((party.label for party in self.parties.values() if party.person == person), None)

    def next_label(self) -> str:
        """Return the label that the next person gets."""
        return f"P{len(self.parties) + 1}"

    @property
    def targets(self) -> frozenset[str]:
        """The labels of everybody a post is about."""
        return frozenset(label for post in self.posts.values() for label in post.targets)

    @property
    def target_persons(self) -> frozenset[str]:
        """The directory ids of everybody a post is about."""
        return frozenset(
            party.person for label, party in self.parties.items() if label in self.targets and party.person
        )

    @property
    def requests_that_count(self) -> tuple[RemovalRequest, ...]:
        """The removal requests to the person who is taken for the poster now, and to nobody else."""
        poster = self.identity.party if self.identity else None
        return tuple(request for request in self.requests if request.party == poster)

    @property
    def is_poster_contacted(self) -> bool:
        """Whether it was tried to talk to the person who is taken for the poster now, or who answers for a child."""
        return self.identity is not None and any(contact.party == self.identity.party for contact in self.contacts)

    @property
    def is_screening_awaited(self) -> bool:
        """Whether the safeguarding lead has yet to look, as always at a child's account; others' categories say so."""
        return (self.is_screening_needed or self.kind == "child_account") and not self.is_screened

    @property
    def is_cleared(self) -> bool:
        """Whether it was judged, and no post of it found inappropriate."""
        return self.breach is not None and not self.inappropriate_posts

    @property
    def posters(self) -> frozenset[str]:
        """The labels of whoever is or was taken for the poster, or for the adult who answers for a child's account."""
        named = (p.label for p in self.parties.values() if p.part in {"poster", "responsible_adult"})
        return frozenset((*named, *self.wrongly_named, *((self.identity.party,) if self.identity else ())))

    def is_awaited(self, request: RemovalRequest) -> bool:
        """Return whether its deadline still runs: not refused, not replaced, the posts not yet seen gone."""
        return any(task.name == "removal_deadline" and task.number == request.request_no for task in self.tasks)

    def overdue_requests(self, now: datetime) -> tuple[RemovalRequest, ...]:
        """Return the requests whose deadline has passed unmet; an ended case waits for nothing."""
        return tuple(r for r in self.requests if r.due_at <= now and not self.ended and self.is_awaited(r))

    @property
    def inappropriate_posts(self) -> tuple[Post, ...]:
        """The posts that were judged inappropriate."""
        return tuple(post for post in self.posts.values() if post.is_inappropriate)

    @property
    def sensitivity(self) -> Sensitivity:
        """The least that any event of this case is marked with: a child's account is for few eyes."""
        return "dsl" if self.kind == "child_account" else "open"


class Around(Protocol):
    """What an event may tell of besides its case, as it stands when the event is recorded."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """The entries of the case by their ids, where one is named."""
        ...

    def sensitivity_of(self, stream: UUID) -> Sensitivity:
        """Return the least that an event of another stream is marked with."""
        ...


class IncidentEvent(Event, frozen=True, kw_only=True):
    """A fact about one case."""

    is_decisive: ClassVar[bool] = False
    """Whether somebody settled with it what is to be done: a case that was reopened is under review until then."""

    def apply(self, case: Incident, _at: Recorded) -> Incident:
        """Return the case as it stands after this event. Never refuses; works with every sealed field absent."""
        return case

    def marks(self, _case: Incident, _around: Around) -> Iterator[Sensitivity]:
        """Yield the least that this event is marked with: that of its type, and of whatever else it tells of."""
        yield self.sensitivity


def fold(case: Incident | None, events: Iterable[Recorded]) -> Incident | None:
    """Fold the events of one case, in order; ``None`` where there are none."""
    for at in events:
        before = case or Incident(id=at.originator_id)
        if not isinstance(at.event, IncidentEvent):
            message = f"event {at.id} is a {at.event.type_name}; expected an event of a case"
            raise TypeError(message)
        after = at.event.apply(before, at)
        is_undecided = after.is_reopened_undecided and not at.event.is_decisive
        case = replace(after, version=at.originator_version, is_reopened_undecided=is_undecided)
    return case
