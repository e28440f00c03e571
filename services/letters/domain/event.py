"""What is recorded of a letter: one frozen struct for each event, under a permanent name.

An event holds ids, codes, dates and hashes. Names, words, addresses, reasons and the PDF itself are kept beside the
events, sealed under the case's key, and found by their hash; so a case can be erased here without touching an event.

A letter is one stream, named by its id. ``letter.read.v1`` and ``letter.cause-parked.v1`` are streams of their own, so
that readers never collide with those who decide.
"""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from letters.domain.catalogue import Channel, RecipientClass

Fact = Literal["sent", "delivered", "returned"]
"""What is filed in the case's record."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """The request that caused an event: its Idempotency-Key and the hash of its body. The fold remembers it."""

    id: str
    body_sha256: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a letter cannot be made yet: a field that is missing or wrong, or a gate that is shut. Never a value."""

    code: str
    path: str
    expected: str


class Cleaned(msgspec.Struct, frozen=True, kw_only=True):
    """A character that was taken out of, or spelt out in, text from outside."""

    path: str
    found: str
    count: int


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What the lint found in a rendered letter. A ``block`` must be fixed or overridden, a ``check`` ticked."""

    id: str
    level: Literal["hard", "block", "check"]
    code: str
    path: str


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Who may see the letter, as casework last said."""

    roles: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    sensitivity: str = "open"


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """To whom, without name or address."""

    party: str
    label: str | None
    recipient_class: RecipientClass


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Everything needed to render the same bytes again, and what came out."""

    template: str
    version: int
    bundle_sha256: str
    data_sha256: str
    fonts_sha256: str
    engine: str
    machine: str
    timestamp: int
    pdf_standards: tuple[str, ...]
    pdf_sha256: str
    size_bytes: int
    pages: int
    text_sha256: str
    page_images_sha256: tuple[str, ...]


class LetterEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One fact about a letter at its place in a stream."""

    type_name: ClassVar[str]
    originator_id: UUID
    originator_version: int
    recorded_at: datetime


class HumanAct(LetterEvent, frozen=True, kw_only=True):
    """What a person did, and the request it came by. ``reason_sha256`` finds the sealed words of the reason."""

    by: str
    role: str
    reason_sha256: str | None
    command: Command


class CaseOrHumanAct(LetterEvent, frozen=True, kw_only=True):
    """What an event of the case did, or a person as in :class:`HumanAct`; nobody is named where it was the case."""

    by: str | None = None
    role: str | None = None
    reason_sha256: str | None = None
    command: Command | None = None


class Drafted(LetterEvent, frozen=True, kw_only=True):
    """A draft, or a later revision of it; every revision voids the approvals before it."""

    type_name: ClassVar[str] = "letter.drafted.v1"
    revision: int
    case: UUID
    case_reference: str | None
    case_kind: str | None
    cause: str
    template: str
    template_version: int
    catalogue_sha256: str
    our_ref: str | None
    recipient: Recipient
    channel: Channel
    posts: tuple[int, ...]
    cause_no: int | None
    """The cause's own number in the case, e.g. the ``warning_no`` of a warning."""
    letter_date: date
    deadline: datetime | None
    """The date by which the letter asks for something; it must not fall before the letter can arrive."""
    handler: str | None
    signatory: str | None
    signatory_role: str | None
    conflicted: tuple[str, ...]
    linked_parties: tuple[str, ...]
    audience: Audience
    merge_sha256: str | None
    data_sha256: str | None
    cleaned: tuple[Cleaned, ...]
    problems: tuple[Problem, ...]
    holds: tuple[str, ...]
    by: str | None
    """Who asked for this revision; None for the follower."""
    role: str | None
    command: Command | None
    choices_sha256: str | None = None
    """What staff chose for this letter, kept sealed; None while nobody chose anything."""
    resend_of: UUID | None = None
    """The letter that was sent before, where somebody had it sent again."""


class Rendered(LetterEvent, frozen=True, kw_only=True):
    """The revision was rendered: these bytes can be approved."""

    type_name: ClassVar[str] = "letter.rendered.v1"
    revision: int
    provenance: Provenance
    findings: tuple[Finding, ...]
    message_sha256: str | None = None
    """The words that go with the page by its channel: what is copied into ClassDojo, the cover of an e-mail."""


class RenderFailed(LetterEvent, frozen=True, kw_only=True):
    """The revision could not be rendered; the template's message has no personal content."""

    type_name: ClassVar[str] = "letter.render-failed.v1"
    revision: int
    code: str
    line: int | None
    field: str | None


class FindingOverridden(HumanAct, frozen=True, kw_only=True):
    """A blocking finding was set aside, with a reason."""

    type_name: ClassVar[str] = "letter.finding-overridden.v1"
    revision: int
    finding: str


class Approved(HumanAct, frozen=True, kw_only=True):
    """A named person approved exactly these bytes."""

    type_name: ClassVar[str] = "letter.approved.v1"
    revision: int
    pdf_sha256: str
    checks: tuple[str, ...]
    confirmation_sha256: str | None = None
    """Where another person than the approver signs: finds the sealed words that say how they did."""


class Rejected(HumanAct, frozen=True, kw_only=True):
    """A named person sent the letter back to be drafted again."""

    type_name: ClassVar[str] = "letter.rejected.v1"
    revision: int


class Held(CaseOrHumanAct, frozen=True, kw_only=True):
    """Nothing may leave while this hold stands. ``cause`` is an event of the case, or None where a person held it."""

    type_name: ClassVar[str] = "letter.held.v1"
    hold: str
    cause: str | None


class Released(CaseOrHumanAct, frozen=True, kw_only=True):
    """A hold was lifted, by an event of the case or by a person."""

    type_name: ClassVar[str] = "letter.released.v1"
    hold: str
    cause: str | None


class AudienceChanged(LetterEvent, frozen=True, kw_only=True):
    """Casework, asked again, named others who may see the letter, or have a conflict of interest; its text stands."""

    type_name: ClassVar[str] = "letter.audience-changed.v1"
    audience: Audience
    conflicted: tuple[str, ...]


class Issued(HumanAct, frozen=True, kw_only=True):
    """The letter may leave; appended with the last approval. From here its text is frozen."""

    type_name: ClassVar[str] = "letter.issued.v1"
    revision: int
    pdf_sha256: str
    channel: Channel
    not_before: datetime
    why: str
    expected_by: date
    calendar_sha256: str


class Cancelled(CaseOrHumanAct, frozen=True, kw_only=True):
    """The letter will not be sent, because a person or a later event of the case says so."""

    type_name: ClassVar[str] = "letter.cancelled.v1"
    cause: str


class Superseded(LetterEvent, frozen=True, kw_only=True):
    """Something made the letter pointless, or another letter took its place."""

    type_name: ClassVar[str] = "letter.superseded.v1"
    cause: str
    why: str


class Filed(LetterEvent, frozen=True, kw_only=True):
    """The fact, and the PDF, are in the case's record."""

    type_name: ClassVar[str] = "letter.filed.v1"
    fact: Fact
    entry: str


class CauseParked(LetterEvent, frozen=True, kw_only=True):
    """An event that may cause a letter has a version this software does not know; a person must look."""

    type_name: ClassVar[str] = "letter.cause-parked.v1"
    cause: str
    cause_type: str
    position: int
    why: str


class Read(LetterEvent, frozen=True, kw_only=True):
    """Someone is about to be shown this part of the letter; recorded before the first byte leaves."""

    type_name: ClassVar[str] = "letter.read.v1"
    letter: UUID
    what: str
    by: str
    role: str
