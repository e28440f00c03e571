"""Evidence of a post (P53): captured before anybody is asked to take it down, and looked at again later."""

from datetime import datetime
from typing import ClassVar

from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.codes import EvidenceMethod, Number, PostNo, PostResult, RemovedBy, Restricted, Sha256, Text
from casework.domain.decision import Decision, Events, FileFacts, Past, PostNos, decision
from casework.domain.event import Recorded, Sealed
from casework.domain.incident import Incident, IncidentEvent
from casework.domain.moment import Moment


class EvidenceCaptured(IncidentEvent, frozen=True, kw_only=True):
    """A file that shows the posts as they were, named by its hash."""

    type_name: ClassVar[str] = "incident.evidence-captured.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P53",)
    evidence_no: Number
    posts: tuple[PostNo, ...]
    sha256: Sha256
    size_bytes: int
    media_type: str
    method: EvidenceMethod
    captured_at: datetime
    restricted: tuple[Restricted, ...]
    captured_by: Sealed[Text | None] = UNSET
    text: Sealed[Text | None] = UNSET

    def apply(self, case: Incident, _at: Recorded) -> Incident:
        """Tie the file to its posts; what had to be captured or attached is done."""
        posts = [case.posts[no] for no in self.posts if no in case.posts]
        tied = case.with_posts(replace(post, evidence_nos=(*post.evidence_nos, self.evidence_no)) for post in posts)
        for post in posts:
            tied = tied.settled("capture_before_expiry", post.post_no)
        return replace(tied.settled("attach_evidence"), evidence_count=self.evidence_no)


class PostChecked(IncidentEvent, frozen=True, kw_only=True):
    """Somebody looked whether the posts are still there."""

    type_name: ClassVar[str] = "incident.post-checked.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P53",)
    posts: tuple[PostNo, ...]
    result: PostResult
    removed_by: RemovedBy | None = None
    evidence_no: Number | None = None
    how: Sealed[Text | None] = UNSET

    def apply(self, case: Incident, at: Recorded) -> Incident:
        """Keep what was last seen; whatever waits for posts to go is done once they are gone."""
        seen = at.carried.occurred_at
        checked = case.with_posts(
            replace(case.posts[no], result=self.result, checked_at=seen) for no in self.posts if no in case.posts
        )
        return checked.settled_by_removal()


@decision(
    "evidence",
    clauses=("P53",),
    who=("staff", "caseworker", "headteacher", "dsl", "office"),
    writes=(EvidenceCaptured,),
    is_additive=True,
    takes_file=True,
)
def capture_evidence(
    case: Incident,
    at: Moment,
    *,
    file: FileFacts,
    posts: PostNos,
    method: EvidenceMethod,
    captured_at: Past | None = None,
    captured_by: Text | None = None,
    text: Text | None = None,
    restricted: tuple[Restricted, ...] = (),
) -> Events:
    """Put a capture of the posts on file."""
    yield EvidenceCaptured(
        evidence_no=case.evidence_count + 1,
        posts=posts,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        media_type=file.media_type,
        method=method,
        captured_at=captured_at or at.occurred_at,
        restricted=restricted,
        captured_by=captured_by,
        text=text,
    )


@decision(
    "post-checks",
    clauses=("P53",),
    who=("caseworker", "headteacher", "dsl", "office"),
    writes=(PostChecked,),
    is_additive=True,
)
def check_post(
    _case: Incident,
    _at: Moment,
    *,
    posts: PostNos,
    result: PostResult,
    removed_by: RemovedBy | None = None,
    how: Text | None = None,
) -> Events:
    """Record whether the posts are still to be seen."""
    yield PostChecked(posts=posts, result=result, removed_by=removed_by, how=how)


EVENTS: tuple[type[IncidentEvent], ...] = (EvidenceCaptured, PostChecked)
DECISIONS: tuple[Decision, ...] = (capture_evidence, check_post)
