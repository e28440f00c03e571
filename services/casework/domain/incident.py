"""The state of one case, folded from its events.

Only what rules, phases, tasks and answers need is kept. What steps share is generic, so that a new step needs no new
field here: *things* are what a case numbers (removal requests, warnings, referrals, blocks, holds ...), each with a
status; a *pending* thing keeps the case from being closed (R14). *Tasks* are opened and settled by effects; when one is
due is worked out on reading. *Tracks* run beside the phase in any order.

There is one :class:`State` in two forms. An :class:`Incident` is what everybody holds, and is never changed. A draft
(``folding``) lives only inside a fold, and is what effects change.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

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
from casework.domain.entries import Correction, Link
from casework.domain.event import Sensitivity

INITIAL_TRACKS: Final[dict[str, str]] = {
    "warning": "none", "police": "none", "access": "open", "host": "none", "legal": "none",
}  # fmt: skip

POLICE_HOLD = "police_hold"
SAFEGUARDING_HOLD = "safeguarding_hold"
LEGAL_HOLD = "legal_hold"
EVIDENCE = "evidence"
PLACED = "placed"
WARNING = "warning"
LEGAL_ACTION = "legal_action"
MISDIRECTED = "misdirected"
"""The state of what went to somebody who was wrongly taken for the poster."""
DEADLINE = "removal_deadline"
"""The task of waiting for what a removal request asks."""
COMPLAINT = "complaint"
"""A pending one that is about a warning makes the warning's author decide nothing in the case (R11)."""
GONE = frozenset({"removed", "unavailable"})
"""What a post was found to be of which nothing is to be seen any more."""
LOST = frozenset({"altered", "missing"})
"""What a file of evidence shows nothing any more by."""


class Party(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class Post(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
        return self.result in GONE


class Identity(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who the poster is taken to be, or the adult who answers for a child's account, and how surely."""

    party: str
    capacity: Capacity
    association: Association
    confidence: Confidence


class Contact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One attempt to talk to somebody about the case."""

    party: str
    method: str
    purpose: str
    outcome: str
    occurred_at: datetime


Answered = Literal["agreed", "refused", "lapsed"]
"""What became of a request; a deadline that passed unmet counts as a refusal."""


class RemovalRequest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request to take posts down: when it was asked, by when, and what was answered."""

    request_no: int
    posts: tuple[int, ...]
    party: str
    asked_at: datetime
    due_at: datetime
    answer: Answered | None = None
    is_lapsed: bool = False
    """Whether its deadline passed unmet. A promise that is made later changes the answer, and not that."""


class Thing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something the case numbers, in one state of its life; pending ones keep the case open (R14)."""

    status: str
    is_pending: bool
    event_version: int
    about: str | None = None
    by: str | None = None
    """The account whose decision made it, whoever put it in its present state."""
    sensitivity: Sensitivity = "open"
    """That of the event which put it in this state: who may not read the event learns nothing of the thing."""


class Task(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


TaskKey = tuple[str, int | None]
"""A task's name, and the number of what it is about, if it has one: no two that are open share both."""


class State(msgspec.Struct, gc=False):
    """What is known of one case, finished or in the making; nothing here reads the clock or the policy.

    It is inherited from, against the rule, so that a fact is declared once and read alike in both forms.
    """

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
    requests_by_no: Mapping[int, RemovalRequest] = {}
    continued_at: datetime | None = None
    is_first_step_dispensed: bool = False
    overridden_thresholds: frozenset[str] = frozenset()
    things: Mapping[str, Mapping[int, Thing]] = {}
    links: tuple[Link, ...] = ()
    corrections: tuple[Correction, ...] = ()
    advice: Mapping[int, UUID] = {}
    """The privileged streams of the case, by the number of the request for advice."""
    open_tasks: Mapping[TaskKey, Task] = {}
    """In the order in which they were opened."""
    shelved_tasks: Mapping[TaskKey, Task] = {}
    """What was left to do when the case was withdrawn, and is again if it goes on after all."""
    tracks: Mapping[str, str] = msgspec.field(default_factory=INITIAL_TRACKS.copy)
    outcome: str | None = None
    ended: Literal["closed", "withdrawn", "erased"] | None = None
    is_withdrawn: bool = False
    is_reopened_undecided: bool = False
    retention_review_on: date | None = None

    @property
    def requests(self) -> tuple[RemovalRequest, ...]:
        """The removal requests, in the order in which they were made."""
        return tuple(self.requests_by_no.values())

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that are open, in the order in which they were opened."""
        return tuple(self.open_tasks.values())

    def numbers_of(self, kind: str) -> Mapping[int, Thing]:
        """Return the numbered things of one kind."""
        return self.things.get(kind, {})

    def next_no(self, kind: str) -> int:
        """Return the number that the next thing of this kind gets."""
        return len(self.numbers_of(kind)) + 1

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

    def label_of(self, person: str) -> str | None:
        """Return the label under which this person of the directory stands in the case."""
        return next((party.label for party in self.parties.values() if party.person == person), None)

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
    def is_poster_contacted(self) -> bool:
        """Whether it was tried to talk to the person who is taken for the poster now, or who answers for a child."""
        return self.identity is not None and self.identity.party in [contact.party for contact in self.contacts]

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

    @property
    def inappropriate_posts(self) -> tuple[Post, ...]:
        """The posts that were judged inappropriate."""
        return tuple(post for post in self.posts.values() if post.is_inappropriate)

    @property
    def sensitivity(self) -> Sensitivity:
        """The least that any event of this case is marked with: a child's account is for few eyes."""
        return "dsl" if self.kind == "child_account" else "open"

    @property
    def requests_that_count(self) -> tuple[RemovalRequest, ...]:
        """The removal requests to the person who is taken for the poster now, and to nobody else."""
        poster = self.identity.party if self.identity else None
        return tuple(request for request in self.requests if request.party == poster)

    def is_awaited(self, request: RemovalRequest) -> bool:
        """Return whether its deadline still runs: not refused, not replaced, the posts not yet seen gone."""
        return (DEADLINE, request.request_no) in self.open_tasks

    def overdue_requests(self, now: datetime) -> tuple[RemovalRequest, ...]:
        """Return the requests whose deadline has passed unmet; an ended case waits for nothing."""
        return tuple(r for r in self.requests if r.due_at <= now and not self.ended and self.is_awaited(r))


class Incident(State, frozen=True):  # type: ignore[misc]  # mypy knows of no frozen form of what is not
    """One case, as its events make it; never changed."""
