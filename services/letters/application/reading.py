"""What people look at. Whoever is shown a letter, or part of one, is recorded first (``letter.read.v1``).

The list shows no personal content and is not recorded. Auditors see hashes, and check them, but read no letter.
"""

from collections.abc import Sequence
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from letters.application.audience import find_for
from letters.application.clock import Clock
from letters.application.content import Contents
from letters.application.letters import Letters
from letters.application.register import Query, Viewer
from letters.application.rendering import Renderer, Verification
from letters.domain import event as ev
from letters.domain.errors import Altered, Erased, Forbidden, NotFound
from letters.domain.letter import Letter
from servicekit.identifiers import uuid7

READERS = ("caseworker", "headteacher", "dsl", "office", "chair", "legal", "dpo", "staff")
"""Roles that may read a letter, if it is in their audience; an auditor sees its hashes only. Staff are in that of a
notice which is their own, and of no other letter."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A letter in the list."""

    position: int
    letter_id: UUID
    case_id: UUID
    case_reference: str | None
    cause: str
    template: str
    template_version: int
    status: str
    version: int
    revision: int
    channel: str
    party: str | None
    label: str | None
    our_ref: str | None
    holds: Sequence[str]
    problems: Sequence[str]
    unfiled: Sequence[str]
    is_render_failed: bool
    pdf_sha256: str | None
    letter_date: str
    drafted_at: str
    changed_at: str


Why = Literal["trouble", "unfiled"]
"""Given up or of unknown outcome; or not yet in the case's record."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that waits for a person: that there is one, and nothing else."""

    position: int
    letter_id: UUID
    status: str
    changed_at: str
    unfiled: Sequence[str]


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A cause that was set aside."""

    position: int
    cause: str
    cause_type: str
    why: str
    parked_at: str


class Lists(Protocol):
    """The read models that people see."""

    def search(self, query: Query, viewer: Viewer) -> Sequence[Row]:
        """Return letters in this viewer's audience, by position, one more than asked for if there are more."""
        ...

    def waiting(self, why: Why, after: int, limit: int) -> Sequence[Waiting]:
        """Return letters that wait for a person, whoever may see them; one more than asked for if there are more."""
        ...

    def parked(self, after: int, limit: int) -> Sequence[Parked]:
        """Return parked causes by position, one more than asked for if there are more."""
        ...


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One event in a letter's timeline; the words of a reason, where the reader may see them."""

    event: ev.LetterEvent
    reason: str | None


class Reading:
    """The questions, one method each."""

    def __init__(self, letters: Letters, contents: Contents, lists: Lists, renderer: Renderer, clock: Clock) -> None:
        self._letters = letters
        self._contents = contents
        self._lists = lists
        self._renderer = renderer
        self._clock = clock

    def search(self, query: Query, viewer: Viewer) -> Sequence[Row]:
        """List letters."""
        return self._lists.search(query, viewer)

    def waiting(self, why: Why, after: int, limit: int) -> Sequence[Waiting]:
        """List which letters wait for a person, for whoever looks after the service and may see none."""
        return self._lists.waiting(why, after, limit)

    def parked(self, after: int, limit: int) -> Sequence[Parked]:
        """List causes that a person must look at."""
        return self._lists.parked(after, limit)

    def version(self, letter: UUID, viewer: Viewer) -> int:
        """Return a letter's version and nothing else: not recorded, for nothing is shown."""
        return find_for(self._letters, letter, viewer).version

    def letter(self, letter: UUID, viewer: Viewer) -> Letter:
        """Return a letter's state."""
        found = find_for(self._letters, letter, viewer)
        self._record(found, viewer, "letter")
        return found

    def is_erased(self, letter: Letter) -> bool:
        """Tell whether the letter's case was erased: it is shown without whom it was for."""
        return self._contents.is_destroyed(letter.draft.case)

    def pdf(self, letter: UUID, viewer: Viewer) -> tuple[Letter, bytes]:
        """Return a letter and its PDF, unaltered since it was rendered."""
        found = self._readable(letter, viewer)
        if found.provenance is None:
            raise NotFound
        pdf = self._contents.get(found.id, "pdf", found.provenance.pdf_sha256)
        self._record(found, viewer, "pdf")
        return found, pdf

    def text(self, letter: UUID, viewer: Viewer) -> tuple[Letter, bytes]:
        """Return a letter and its plain-text twin."""
        found = self._readable(letter, viewer)
        if found.provenance is None:
            raise NotFound
        text = self._contents.get(found.id, "text", found.provenance.text_sha256)
        self._record(found, viewer, "text")
        return found, text

    def page(self, letter: UUID, number: int, viewer: Viewer) -> tuple[Letter, bytes]:
        """Return a letter and one page of it as a picture (NotFound where it has none, or not so many)."""
        found = self._readable(letter, viewer)
        pages = self._renderer.pages(found)
        if not 1 <= number <= len(pages):
            raise NotFound
        self._record(found, viewer, f"page {number}")
        return found, pages[number - 1]

    def message(self, letter: UUID, viewer: Viewer) -> tuple[Letter, bytes]:
        """Return a letter and the words that go with it by its channel (NotFound where none do)."""
        found = self._readable(letter, viewer)
        if found.message_sha256 is None:
            raise NotFound
        message = self._contents.get(found.id, "message", found.message_sha256)
        self._record(found, viewer, "message")
        return found, message

    def scan(self, letter: UUID, viewer: Viewer) -> tuple[Letter, bytes]:
        """Return a letter and the scan that shows that it left (NotFound where nobody gave one)."""
        found = self._readable(letter, viewer)
        digest = found.dispatched.scan_sha256 if found.dispatched else None
        if digest is None:
            raise NotFound
        body = self._contents.get(found.id, "scan", digest)
        self._record(found, viewer, "scan")
        return found, body

    def timeline(self, letter: UUID, viewer: Viewer) -> tuple[Letter, list[Moment]]:
        """Return a letter and everything that happened to it."""
        found = find_for(self._letters, letter, viewer)
        self._record(found, viewer, "timeline")
        shows_reasons = viewer.role in READERS
        moments = [
            Moment(event=event, reason=self._reason(found, event) if shows_reasons else None)
            for event in self._letters.history(found.id)
        ]
        return found, moments

    def verify(self, letter: UUID, viewer: Viewer) -> Verification:
        """Check what is stored of a letter, and render it again."""
        found = find_for(self._letters, letter, viewer)
        self._record(found, viewer, "verify")
        verified = self._renderer.verify(found)
        if verified is None:
            raise NotFound
        return verified

    def _readable(self, letter: UUID, viewer: Viewer) -> Letter:
        found = find_for(self._letters, letter, viewer)
        if viewer.role not in READERS:
            raise Forbidden("read", READERS)
        return found

    def _record(self, letter: Letter, viewer: Viewer, what: str) -> None:
        """Record that this will be shown. At this point the entry is durable; nothing was shown before."""
        read = ev.Read(
            originator_id=uuid7(),
            originator_version=1,
            recorded_at=self._clock.now(),
            letter=letter.id,
            what=what,
            by=viewer.subject,
            role=viewer.role,
        )
        self._letters.append([read])

    def _reason(self, letter: Letter, event: ev.LetterEvent) -> str | None:
        digest: str | None = getattr(event, "reason_sha256", None)
        if digest is None:
            return None
        try:
            return self._contents.get(letter.id, "reason", digest).decode()
        except (Erased, Altered, NotFound):
            return None
