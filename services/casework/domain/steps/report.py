"""Reporting a post (P10, P11): a case begins, and each further post is added to it."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.codes import Kind, Number, PostNo, Relation, Text
from casework.domain.decision import ChannelId, Decision, Events, Instant, PartyFact, Past, decision
from casework.domain.due import SchoolDays, StatedSchoolDays
from casework.domain.event import Label, Recorded, Sealed
from casework.domain.incident import Incident, IncidentEvent, Post
from casework.domain.moment import Moment

REPORTERS = ("staff", "caseworker", "headteacher", "dsl", "office")
Count = Annotated[int, msgspec.Meta(ge=1, le=500)]
"""So many messages in one entry."""
Targets = Annotated[tuple[str, ...], PartyFact("target")]


class Reported(IncidentEvent, frozen=True, kw_only=True):
    """Somebody told the school of a post."""

    type_name: ClassVar[str] = "incident.reported.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P10", "P11")
    reference: str
    kind: Kind
    discovered_at: datetime | None = None
    informant: Label | None = None
    summary: Sealed[Text | None] = UNSET
    how_seen: Sealed[Text | None] = UNSET

    def apply(self, case: Incident, at: Recorded) -> Incident:
        """Open the case, and its first two tasks."""
        opened = replace(
            case,
            reference=self.reference,
            kind=self.kind,
            reported_at=at.carried.occurred_at,
            reported_by=at.carried.actor,
        )
        screened = opened.with_task("screen_safeguarding", SchoolDays(0), at)
        return screened.with_task("first_step", StatedSchoolDays("first_step_due_school_days"), at)


class PostRecorded(IncidentEvent, frozen=True, kw_only=True):
    """A post, or several messages in one entry.

    They are ``count``, numbered from ``post_no``.
    """

    type_name: ClassVar[str] = "incident.post-recorded.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P10",)
    post_no: PostNo
    count: Number
    channel: str
    posted_at: datetime
    targets: tuple[Label, ...]
    expires_at: datetime | None = None
    url: Sealed[Text | None] = UNSET
    words: Sealed[Text | None] = UNSET

    def apply(self, case: Incident, at: Recorded) -> Incident:
        """Add the posts; one that will vanish has to be captured before it does."""
        added = case.with_posts(
            Post(
                post_no=number,
                channel=self.channel,
                posted_at=self.posted_at,
                targets=self.targets,
                expires_at=self.expires_at,
                event_version=at.originator_version,
                url=self.url if isinstance(self.url, str) else None,
            )
            for number in range(self.post_no, self.post_no + self.count)
        )
        if self.expires_at is None:
            return added
        return added.with_task("capture_before_expiry", self.expires_at, at, self.post_no)


class Linked(IncidentEvent, frozen=True, kw_only=True):
    """The case belongs together with another one, or is the same one twice (P63)."""

    type_name: ClassVar[str] = "incident.linked.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P63",)
    to: UUID
    relation: Relation


@decision(None, clauses=("P10", "P11", "P23"), who=REPORTERS, writes=(Reported, PostRecorded), is_additive=True)
def report_incident(
    case: Incident,
    at: Moment,
    *,
    channel: ChannelId,
    posted_at: Past,
    targets: Targets,
    kind: Kind = "adult_post",
    url: Text | None = None,
    words: Text | None = None,
    count: Count = 1,
    expires_at: Instant | None = None,
    discovered_at: Past | None = None,
    informant: Annotated[str, PartyFact("informant")] | None = None,
    how_seen: Text | None = None,
    summary: Text | None = None,
) -> Events:
    """Report a post to the school."""
    yield Reported(
        reference=at.reference or "",
        kind=kind,
        discovered_at=discovered_at,
        informant=informant,
        summary=summary,
        how_seen=how_seen,
    )
    yield _recorded(case, at, channel, posted_at, targets, url, words, count, expires_at)


@decision("posts", clauses=("P10",), who=REPORTERS, writes=(PostRecorded,), is_additive=True)
def add_post(
    case: Incident,
    at: Moment,
    *,
    channel: ChannelId,
    posted_at: Past,
    targets: Targets,
    url: Text | None = None,
    words: Text | None = None,
    count: Count = 1,
    expires_at: Instant | None = None,
) -> Events:
    """Add a further post to the case."""
    yield _recorded(case, at, channel, posted_at, targets, url, words, count, expires_at)


def _recorded(  # noqa: PLR0917 - the facts of a post
    case: Incident,
    at: Moment,
    channel: str,
    posted_at: datetime,
    targets: tuple[str, ...],
    url: str | None,
    words: str | None,
    count: int,
    expires_at: datetime | None,
) -> PostRecorded:
    return PostRecorded(
        post_no=len(case.posts) + 1,
        count=count,
        channel=channel,
        posted_at=posted_at,
        targets=targets,
        expires_at=expires_at or at.expiry_of(channel, posted_at),
        url=url,
        words=words,
    )


EVENTS: tuple[type[IncidentEvent], ...] = (Reported, PostRecorded, Linked)
DECISIONS: tuple[Decision, ...] = (report_incident, add_post)
