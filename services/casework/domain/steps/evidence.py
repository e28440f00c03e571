"""Evidence of a post (P53): captured before anybody is asked to take it down, handed on, and looked at again later."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, TypedDict, Unpack

from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.codes import (
    Copy,
    EvidenceMethod,
    EvidenceResult,
    Number,
    PostNo,
    PostResult,
    RemovedBy,
    Restricted,
    Sha256,
    Text,
)  # fmt: skip
from casework.domain.decision import ActsOn, Decision, Events, FileFacts, Past, PostNos, Reason, decision
from casework.domain.event import Recorded, Sealed
from casework.domain.folding import Draft, IncidentEvent
from casework.domain.incident import EVIDENCE, GONE, Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.steps.first_step import meet

CAPTURED: Final = "captured"
THERE: Final = (CAPTURED, "intact", "altered")
"""What can be handed on: a file that is missing cannot."""
METHODS: Final[Mapping[str, EvidenceMethod]] = {"application/wacz": "wacz", "text/plain": "url_and_description"}
"""How a file was made that nobody said it of: no more than its type shows; else it is a screenshot."""


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

    def apply(self, case: Draft, at: Recorded) -> None:
        """Tie the file to its posts; what had to be captured or attached is done."""
        for no in self.posts:
            post = case.posts.get(no)
            if post and self.evidence_no not in post.evidence_nos:
                case.posts[no] = replace(post, evidence_nos=(*post.evidence_nos, self.evidence_no))
                case.settle("capture_before_expiry", no)
        case.settle_each("attach_evidence")
        case.put(EVIDENCE, self.evidence_no, CAPTURED, at, about=self.sha256)


class EvidenceVerified(IncidentEvent, frozen=True, kw_only=True):
    """The kept file was read, and its hash compared with the one on record."""

    type_name: ClassVar[str] = "incident.evidence-verified.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P53",)
    evidence_no: Number
    result: EvidenceResult

    def apply(self, case: Draft, at: Recorded) -> None:
        """Hold what was found: a file that is no longer what was captured shows nothing (R01)."""
        about = case.numbers_of(EVIDENCE)[self.evidence_no].about
        case.put(EVIDENCE, self.evidence_no, self.result, at, about=about)


class EvidenceCustodyTransferred(IncidentEvent, frozen=True, kw_only=True):
    """A file, or a copy of it, was handed to somebody outside, who from then on keeps it too."""

    type_name: ClassVar[str] = "incident.evidence-custody-transferred.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P58",)
    evidence_no: Number
    copy: Copy
    to: Sealed[Text] = UNSET
    purpose: Sealed[Text] = UNSET
    receipt: Sealed[Text | None] = UNSET


class PostChecked(IncidentEvent, frozen=True, kw_only=True):
    """Somebody looked whether the posts are still there."""

    type_name: ClassVar[str] = "incident.post-checked.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P53",)
    posts: tuple[PostNo, ...]
    result: PostResult
    removed_by: RemovedBy | None = None
    evidence_no: Number | None = None
    how: Sealed[Text | None] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Keep what was seen last, whenever it is recorded; what waits for posts to go is done once they are gone."""
        seen = at.carried.occurred_at
        for no in self.posts:
            post = case.posts.get(no)
            if post and (post.checked_at is None or post.checked_at <= seen):
                case.posts[no] = replace(post, result=self.result, checked_at=seen)
        if self.result in GONE:
            case.settle_by_removal()
            meet(case, self.posts, at)


class OfAFile(TypedDict):
    """What may be said of a file that comes along."""

    captured_at: Past | None
    captured_by: Text | None
    text: Text | None
    restricted: tuple[Restricted, ...]


def captured(
    case: Incident,
    at: Moment,
    file: FileFacts,
    posts: tuple[int, ...],
    method: EvidenceMethod | None,
    **said: Unpack[OfAFile],
) -> EvidenceCaptured:
    """Return what puts a file on record as the case's next evidence; how it was made, if not said, by its type."""
    return EvidenceCaptured(
        evidence_no=case.evidence_count + 1,
        posts=posts,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        media_type=file.media_type,
        method=method or METHODS.get(file.media_type, "screenshot"),
        captured_at=said["captured_at"] or at.occurred_at,
        restricted=said["restricted"],
        captured_by=said["captured_by"],
        text=said["text"],
    )


def fitting_file(_case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse what is said of a file where none came along."""
    if facts["file"] is None:
        for name in ("method", *OfAFile.__annotations__):
            if facts[name]:
                yield Fault(pointer=f"/{name}", expected="nothing, as no file came along", found="something of a file")


@decision(
    "evidence",
    clauses=("P53",),
    who=("staff", "caseworker", "headteacher", "dsl", "office"),
    writes=(EvidenceCaptured,),
    is_additive=True,
    is_for_concerned=True,
)
def capture_evidence(
    case: Incident, at: Moment, *, file: FileFacts, posts: PostNos, method: EvidenceMethod, **said: Unpack[OfAFile]
) -> Events:
    """Put a capture of the posts on file."""
    yield captured(case, at, file, posts, method, **said)


def _fitting_result(_case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a result that the kept file does not bear out: what is recorded is what the service found."""
    stored, said = facts["stored"], facts["result"]
    if stored is not None and said not in {None, stored}:
        yield Fault(pointer="/result", expected=f"{stored}, which the file was found to be, or nothing", found=said)


@decision(
    "evidence/{n}/verifications",
    clauses=("P53",),
    who=("headteacher", "dsl", "office", "legal", "auditor", "system"),
    writes=(EvidenceVerified,),
    acts_on=ActsOn(EVIDENCE, (*THERE, "missing")),
    is_additive=True,
    is_for_closed=True,
    fits=_fitting_result,
)
def verify_evidence(
    _case: Incident, _at: Moment, *, number: int, stored: EvidenceResult, result: EvidenceResult | None = None
) -> Events:
    """Have the service read a kept file and compare it with its hash; `result` may say what is expected."""
    yield EvidenceVerified(evidence_no=number, result=stored)


@decision(
    "evidence/{n}/transfers",
    clauses=("P58",),
    who=("caseworker", "headteacher", "dsl"),
    writes=(EvidenceCustodyTransferred,),
    acts_on=ActsOn(EVIDENCE, THERE),
    is_additive=True,
)
def transfer_evidence(
    _case: Incident, _at: Moment, *, number: int, copy: Copy, to: Reason, purpose: Reason, receipt: Text | None = None
) -> Events:
    """Record that a file was handed to somebody outside: to whom, what for."""
    yield EvidenceCustodyTransferred(evidence_no=number, copy=copy, to=to, purpose=purpose, receipt=receipt)


@decision(
    "post-checks",
    clauses=("P53",),
    who=("caseworker", "headteacher", "dsl", "office"),
    writes=(PostChecked, EvidenceCaptured),
    is_additive=True,
    fits=fitting_file,
)
def check_post(
    case: Incident,
    at: Moment,
    *,
    posts: PostNos,
    result: PostResult,
    removed_by: RemovedBy | None = None,
    how: Text | None = None,
    file: FileFacts | None = None,
    method: EvidenceMethod | None = None,
    **said: Unpack[OfAFile],
) -> Events:
    """Record whether the posts are still to be seen; a file that shows it may come along."""
    evidence_no = case.evidence_count + 1 if file else None
    yield PostChecked(posts=posts, result=result, removed_by=removed_by, evidence_no=evidence_no, how=how)
    if file:
        yield captured(case, at, file, posts, method, **said)


EVENTS: tuple[type[IncidentEvent], ...] = (
    EvidenceCaptured,
    EvidenceVerified,
    EvidenceCustodyTransferred,
    PostChecked,
)
DECISIONS: tuple[Decision, ...] = (capture_evidence, verify_evidence, transfer_evidence, check_post)
