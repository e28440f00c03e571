"""A case as an aggregate of the library eventsourcing: what `fold` is measured against.

Written as the library's documentation shows, a class whose methods are decorated as events; it holds what ours holds of
the same events, in plain mutable lists and dictionaries.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eventsourcing.domain import Aggregate, event


@dataclass
class LibraryPost:
    """One post."""

    channel: str
    posted_at: datetime
    targets: list[str]
    url: str
    evidence_nos: list[int] = field(default_factory=list)
    is_inappropriate: bool | None = None


class LibraryCase(Aggregate):
    """A case."""

    @event("Reported")
    def __init__(self, reference: str, kind: str, reported_by: str) -> None:
        self.reference, self.kind, self.reported_by = reference, kind, reported_by
        self.parties: dict[str, tuple[str, str, str]] = {}
        self.posts: dict[int, LibraryPost] = {}
        self.evidence_count = 0
        self.identity: tuple[str, str, str] | None = None
        self.categories: list[str] = []
        self.breach: str | None = None
        self.contacts: list[tuple[str, str, str]] = []
        self.requests: dict[int, dict[str, Any]] = {}
        self.continued_at: datetime | None = None
        self.tasks: dict[str, str] = {"screen_safeguarding": "school_days 0", "first_step": "school_days 5"}

    @event("PartyAdded")
    def add_party(self, party: str, part: str, kind: str, person: str) -> None:
        """Enter a person."""
        self.parties[party] = (part, kind, person)

    @event("PostRecorded")
    def record_post(self, post_no: int, channel: str, posted_at: datetime, targets: list[str], url: str) -> None:
        """Add a post."""
        self.posts[post_no] = LibraryPost(channel, posted_at, targets, url)

    @event("EvidenceCaptured")
    def capture_evidence(self, evidence_no: int, posts: list[int], sha256: str, method: str) -> None:  # noqa: ARG002 - facts of the event
        """Tie a file to its posts."""
        self.evidence_count = evidence_no
        for number in posts:
            self.posts[number].evidence_nos.append(evidence_no)

    @event("PosterIdentified")
    def identify_poster(self, party: str, association: str, confidence: str) -> None:
        """Hold who the poster is."""
        self.identity = (party, association, confidence)

    @event("Categorised")
    def categorise(self, codes: list[str], primary: str) -> None:  # noqa: ARG002 - a fact of the event
        """Hold the categories."""
        self.categories = codes
        self.tasks.pop("screen_safeguarding", None)

    @event("BreachDecided")
    def decide_breach(self, outcome: str, posts: list[int], reason: str) -> None:  # noqa: ARG002 - a fact of the event
        """Judge the posts."""
        self.breach = outcome
        for number in posts:
            self.posts[number].is_inappropriate = outcome == "inappropriate"

    @event("ParentContacted")
    def contact_parent(self, party: str, method: str, outcome: str) -> None:
        """Count the contact."""
        self.contacts.append((party, method, outcome))
        self.tasks.pop("first_step", None)

    @event("RemovalRequested")
    def request_removal(self, request_no: int, posts: list[int], party: str, due_at: datetime) -> None:
        """Run the deadline."""
        self.requests[request_no] = {"posts": posts, "party": party, "due_at": due_at, "answer": None}
        self.tasks["removal_deadline"] = due_at.isoformat()

    @event("RemovalRefused")
    def refuse_removal(self, request_no: int) -> None:
        """Hold the answer."""
        self.requests[request_no]["answer"] = "refused"
        self.tasks.pop("removal_deadline", None)

    @event("ContinuedUseRecorded")
    def record_continued_use(self, posts: list[int], judged: str, at: datetime) -> None:
        """Judge the posts anew."""
        self.continued_at = at
        for number in posts:
            self.posts[number].is_inappropriate = judged == "inappropriate"


def played(now: datetime) -> LibraryCase:
    """Return the case that `tests.domain.playing.continued` plays, event by event."""
    case = refused(now)
    go_on(case, now)
    return case


def go_on(case: LibraryCase, now: datetime) -> None:
    """Let the poster go on after a refusal: the twelfth event."""
    case.record_continued_use(posts=[1], judged="inappropriate", at=now)


def refused(now: datetime) -> LibraryCase:
    """Return that case up to the poster's refusal: eleven events."""
    case = LibraryCase(reference="RL-2025-0001", kind="adult_post", reported_by="u-deputy")
    case.add_party(party="P1", part="target", kind="staff", person="u-teacher")
    case.record_post(
        post_no=1, channel="fb-community", posted_at=now, targets=["P1"], url="https://facebook.example/posts/101"
    )
    case.capture_evidence(evidence_no=1, posts=[1], sha256="0" * 64, method="screenshot")
    case.add_party(party="P2", part="poster", kind="adult", person="p-parent")
    case.identify_poster(party="P2", association="parent", confidence="probable")
    case.categorise(codes=["C4"], primary="C4")
    case.decide_breach(outcome="inappropriate", posts=[1], reason="abuses a teacher")
    case.contact_parent(party="P2", method="telephone", outcome="discussion_held")
    case.request_removal(request_no=1, posts=[1], party="P2", due_at=now)
    case.refuse_removal(request_no=1)
    return case
