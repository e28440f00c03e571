"""The registers of a case: its evidence with what became of each file, and what was sent; made of its events.

A row's place is the version of the event that entered it; `after` is the place of the last row somebody has.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from casework.application.casework import Casework
from casework.application.pages import Page
from casework.application.visibility import shown
from casework.domain.event import Recorded, known
from casework.domain.steps.correspondence import CorrespondenceRecorded
from casework.domain.steps.evidence import EvidenceCaptured
from servicekit.credentials import Caller

VERIFIED: Final = "incident.evidence-verified.v1"
TRANSFERRED: Final = "incident.evidence-custody-transferred.v1"


class Afterwards(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file: that it was verified, or that a copy was handed on."""

    version: int
    happened_at: datetime
    result: str | None = None
    copy: str | None = None
    to: str | None = None


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One file of evidence."""

    version: int
    evidence_no: int
    posts: tuple[int, ...]
    sha256: str
    size_bytes: int
    media_type: str
    method: str
    restricted: tuple[str, ...]
    captured_at: datetime
    captured_by: str | None
    recorded_at: datetime
    verifications: tuple[Afterwards, ...]
    transfers: tuple[Afterwards, ...]


class LetterRow(msgspec.Struct, frozen=True, kw_only=True):
    """One letter, as it was sent, delivered or came back; each is a row."""

    version: int
    letter_id: UUID
    template: str
    template_version: int
    party: str | None
    channel: str
    state: str
    pdf_sha256: str
    size_bytes: int
    happened_at: datetime
    recorded_at: datetime


Row = TypeVar("Row", EvidenceRow, LetterRow)


def evidence_register(
    casework: Casework, caller: Caller, incident: UUID, *, after: int, limit: int
) -> Page[EvidenceRow]:
    """Return the evidence of a case, as this caller may know of it; the read is recorded first.

    Raises:
        CaseNotFound: unknown, or not this caller's to see.
    """
    return _page(evidence_rows(_events(casework, caller, incident, "evidence-register")), after, limit)


def correspondence_register(
    casework: Casework, caller: Caller, incident: UUID, *, after: int, limit: int
) -> Page[LetterRow]:
    """Return what was sent about a case, as this caller may know of it; the read is recorded first.

    Raises:
        CaseNotFound: unknown, or not this caller's to see.
    """
    return _page(letter_rows(_events(casework, caller, incident, "correspondence-register")), after, limit)


def evidence_rows(events: Iterable[Recorded]) -> list[EvidenceRow]:
    """Return a row for each file."""
    events = list(events)
    return [
        EvidenceRow(
            version=at.originator_version,
            evidence_no=event.evidence_no,
            posts=event.posts,
            sha256=event.sha256,
            size_bytes=event.size_bytes,
            media_type=event.media_type,
            method=event.method,
            restricted=event.restricted,
            captured_at=event.captured_at,
            captured_by=known(event.captured_by),
            recorded_at=at.recorded_at,
            verifications=_afterwards(events, VERIFIED, event.evidence_no),
            transfers=_afterwards(events, TRANSFERRED, event.evidence_no),
        )
        for at in events
        if isinstance(event := at.event, EvidenceCaptured)
    ]


def letter_rows(events: Iterable[Recorded]) -> list[LetterRow]:
    """Return a row for each state in which a letter was filed."""
    return [
        LetterRow(
            version=at.originator_version,
            letter_id=event.letter_id,
            template=event.template,
            template_version=event.version,
            party=event.party,
            channel=event.channel,
            state=event.state,
            pdf_sha256=event.pdf_sha256,
            size_bytes=event.size_bytes,
            happened_at=at.carried.occurred_at,
            recorded_at=at.recorded_at,
        )
        for at in events
        if isinstance(event := at.event, CorrespondenceRecorded)
    ]


def _events(casework: Casework, caller: Caller, incident: UUID, view: str) -> list[Recorded]:
    case = casework.read(caller, incident, view=view)
    return shown(caller, casework.record.events_of(incident)[: case.version])


def _afterwards(events: Iterable[Recorded], type_name: str, number: int) -> tuple[Afterwards, ...]:
    happened = [(at, msgspec.structs.asdict(at.event)) for at in events if at.event.type_name == type_name]
    return tuple(
        Afterwards(
            version=at.originator_version,
            happened_at=at.carried.occurred_at,
            result=facts.get("result"),
            copy=facts.get("copy"),
            to=known(facts.get("to")),
        )
        for at, facts in happened
        if facts["evidence_no"] == number
    )


def _page(rows: list[Row], after: int, limit: int) -> Page[Row]:
    left = [row for row in rows if row.version > after]
    page = tuple(left[:limit])
    return Page(rows=page, next=page[-1].version if page else after, has_more=len(left) > limit)
