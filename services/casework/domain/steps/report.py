"""Reporting a post (P10, P11): a case begins, and each further post and what is noted besides is added to it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Unpack
from uuid import UUID

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.codes import EventId, EvidenceMethod, Kind, Line, NoteKind, Number, PostNo, Relation, Text
from casework.domain.decision import (
    Beside,
    ChannelId,
    Decision,
    EntryId,
    Events,
    FileFacts,
    Instant,
    OtherCase,
    PartyFact,
    Past,
    Reason,
    decision,
)  # fmt: skip
from casework.domain.due import FIRST_STEP_DUE, THAT_SCHOOL_DAY
from casework.domain.entries import Correction, Link, Misfit, check_value
from casework.domain.event import Label, Recorded, Sealed, Sensitivity, known
from casework.domain.folding import Around, Draft, IncidentEvent
from casework.domain.incident import Incident, Post
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import R11
from casework.domain.steps.evidence import EvidenceCaptured, OfAFile, captured, fitting_file

NOTE: Final = "note"
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

    def apply(self, case: Draft, at: Recorded) -> None:
        """Open the case, and its first two tasks."""
        case.reference = self.reference
        case.kind = self.kind
        case.reported_at = at.carried.occurred_at
        case.reported_by = at.carried.actor
        case.open_task("screen_safeguarding", THAT_SCHOOL_DAY, at)
        case.open_task("first_step", FIRST_STEP_DUE, at)


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

    def apply(self, case: Draft, at: Recorded) -> None:
        """Add the posts; one that will vanish has to be captured before it does."""
        for number in range(self.post_no, self.post_no + self.count):
            case.posts[number] = Post(
                post_no=number,
                channel=self.channel,
                posted_at=self.posted_at,
                targets=self.targets,
                expires_at=self.expires_at,
                event_version=at.originator_version,
                url=known(self.url),
            )
        if self.expires_at is not None:
            case.open_task("capture_before_expiry", self.expires_at, at, self.post_no)


class NoteAdded(IncidentEvent, frozen=True, kw_only=True):
    """Somebody wrote something down: a note, or what was done against a rule."""

    type_name: ClassVar[str] = "incident.note-added.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P50",)
    note_no: Number
    kind: NoteKind
    text: Sealed[Text] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Count the note; a case says which of its notes tell of procedure that was not followed."""
        case.put(NOTE, self.note_no, self.kind, at)


class EntryCorrected(IncidentEvent, frozen=True, kw_only=True):
    """One field of an entry is wrong, and what is right; the entry stays as it is."""

    type_name: ClassVar[str] = "incident.entry-corrected.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P12",)
    corrects: EventId
    field: str
    value: Sealed[Text] = UNSET
    reason: Sealed[Text] = UNSET

    def apply(self, case: Draft, at: Recorded) -> None:
        """Keep what is right; the address of posts and the name of somebody who was described follow it."""
        value, of = known(self.value), int(self.corrects.rpartition("/")[2])
        correction = Correction(
            corrects=self.corrects,
            field=self.field,
            value=value,
            event_version=at.originator_version,
            sensitivity=at.carried.sensitivity,
        )
        case.corrections += (correction,)
        if self.field == "url":
            for no, post in case.posts.items():
                if post.event_version == of:
                    case.posts[no] = replace(post, url=value)
        if self.field == "name":
            for label, party in case.parties.items():
                if party.event_version == of and party.person is None:
                    case.parties[label] = replace(party, name=value)

    def marks(self, _case: Incident, around: Around) -> Iterator[Sensitivity]:
        """Yield that of the entry which it corrects: what is right is as sensitive as what was wrong."""
        yield around.entries[self.corrects].sensitivity


class Linked(IncidentEvent, frozen=True, kw_only=True):
    """The case belongs together with another one, or is the same one twice (P63)."""

    type_name: ClassVar[str] = "incident.linked.v1"
    clauses: ClassVar[tuple[str, ...]] = ("P63",)
    to: UUID
    relation: Relation

    def apply(self, case: Draft, _at: Recorded) -> None:
        """Keep where the other case is to be found."""
        case.links += (Link(to=self.to, relation=self.relation),)

    def marks(self, _case: Incident, around: Around) -> Iterator[Sensitivity]:
        """Yield that of the other case too: whoever may not know of it is told of no link."""
        yield self.sensitivity
        yield around.sensitivity_of(self.to)


def _fitting_account(_case: Incident, _at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse to name who holds the account where no child's account is reported: that would be the poster."""
    if facts["account_holder"] is not None and facts["kind"] != "child_account":
        expected = "nobody, as this is no child's account: who the poster is, is said by an identification"
        yield Fault(pointer="/account_holder", expected=expected, found="a person")


@decision(
    None,
    clauses=("P10", "P11", "P23"),
    who=REPORTERS,
    writes=(Reported, PostRecorded),
    is_additive=True,
    is_for_concerned=True,
    fits=_fitting_account,
)
def report_incident(
    case: Incident,
    at: Moment,
    *,
    channel: ChannelId,
    posted_at: Past,
    targets: Targets,
    account_holder: Annotated[str, PartyFact("other")] | None = None,
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
    """Report a post to the school.

    The child who holds a child's account comes into the case as a party of part `other`: no pupil is ever a poster
    (R21), and it is the adult who answers for the child that is identified later.
    """
    yield Reported(
        reference=at.reference or "",
        kind=kind,
        discovered_at=discovered_at,
        informant=informant,
        summary=summary,
        how_seen=how_seen,
    )
    yield PostRecorded(
        post_no=_next_post_no(case),
        count=count,
        channel=channel,
        posted_at=posted_at,
        targets=targets,
        expires_at=expires_at or at.expiry_of(channel, posted_at),
        url=url,
        words=words,
    )


@decision(
    "posts",
    clauses=("P10",),
    who=REPORTERS,
    writes=(PostRecorded, EvidenceCaptured),
    is_additive=True,
    is_for_concerned=True,
    fits=fitting_file,
)
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
    file: FileFacts | None = None,
    method: EvidenceMethod | None = None,
    **said: Unpack[OfAFile],
) -> Events:
    """Add a further post to the case; a file that shows it may come along."""
    post = PostRecorded(
        post_no=_next_post_no(case),
        count=count,
        channel=channel,
        posted_at=posted_at,
        targets=targets,
        expires_at=expires_at or at.expiry_of(channel, posted_at),
        url=url,
        words=words,
    )
    yield post
    if file:
        yield captured(case, at, file, tuple(range(post.post_no, post.post_no + post.count)), method, **said)


@decision(
    "notes",
    clauses=("P50",),
    who=("caseworker", "headteacher", "dsl", "office", "chair"),
    writes=(NoteAdded,),
    is_additive=True,
)
def add_note(case: Incident, _at: Moment, *, text: Reason, kind: NoteKind = "note") -> Events:
    """Note something in the case; what was done against a rule, as `procedure_not_followed`."""
    yield NoteAdded(note_no=case.next_no(NOTE), kind=kind, text=text)


def _fitting_correction(case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a correction of what is no entry, or none that the actor reads; of no field; with what it cannot hold."""
    entry = at.entries.get(facts["corrects"])
    if entry is None or entry.sensitivity not in at.reads or entry.event_type is EntryCorrected:
        expected = f"an entry that you may read, no correction itself: {case.id}/1 to {case.id}/{case.version}"
        yield Fault(pointer="/corrects", expected=expected, found="another id")
        return
    name, fields = facts["field"], entry.fields
    if name not in fields:
        yield Fault(pointer="/field", expected=f"one of {sorted(fields)}", found="another name")
        return
    try:
        check_value(name, fields[name], facts["value"], at.now)
    except Misfit as misfit:
        yield Fault(pointer="/value", expected=str(misfit), found="something else", rule=misfit.rule)


@decision(
    "corrections",
    clauses=("P12",),
    who=("caseworker", "headteacher", "dsl", "office"),
    rules=(R11,),
    writes=(EntryCorrected,),
    fits=_fitting_correction,
)
def correct_entry(
    _case: Incident, _at: Moment, *, corrects: EntryId, field: Line, value: Text, reason: Reason
) -> Events:
    """Say what is right instead of one field of an entry, which stays; a list is given as JSON."""
    yield EntryCorrected(corrects=corrects, field=field, value=value, reason=reason)


def _fitting_link(_case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse to write into a case that was erased: nothing is added to it any more (R13)."""
    other = at.cases.get(facts["to"])
    if facts["relation"] == "same_thread" and other is not None and other.ended == "erased":
        yield Fault(pointer="/to", expected="a case that was not erased", found="one that was")


@decision(
    "links",
    clauses=("P63",),
    who=("caseworker", "headteacher", "dsl"),
    writes=(Linked,),
    is_additive=True,
    fits=_fitting_link,
)
def link_incident(case: Incident, _at: Moment, *, to: OtherCase, relation: Relation) -> Events:
    """Say how the case stands to another one; of people in one thread, each of the two cases says so."""
    yield Linked(to=to, relation=relation)
    if relation == "same_thread":
        yield Beside(to, Linked(to=case.id, relation=relation))


def _next_post_no(case: Incident) -> int:
    """Return the number of the next post: those of several messages in one entry count, each for itself."""
    return len(case.posts) + 1


EVENTS: tuple[type[IncidentEvent], ...] = (Reported, PostRecorded, NoteAdded, EntryCorrected, Linked)
DECISIONS: tuple[Decision, ...] = (report_incident, add_post, add_note, correct_entry, link_incident)
