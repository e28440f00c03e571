"""The events of the record itself: it was opened, who signs it, who read what, what was refused, what left the house.

Each ``access.*`` entry is a stream of its own, version 1, so that readers never collide; its personal fields are sealed
under the school's own key.
"""

from datetime import date
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET

from casework.domain.codes import Line, Number, Sha256, Text
from casework.domain.event import Event, Sealed


class RecordOpened(Event, frozen=True, kw_only=True):
    """Position 1 of every record: the key that signs it, and whether it is only for trying out."""

    type_name: ClassVar[str] = "record.opened.v1"
    key: str
    is_scratch: bool


class KeyRotated(Event, frozen=True, kw_only=True):
    """Another key signs the record from the checkpoint on that covers this; that one is signed by both."""

    type_name: ClassVar[str] = "record.key-rotated.v1"
    old: str
    new: str


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A grant as the record tells of it now; ``person`` is personal: None where the school's key is gone."""

    id: UUID
    incident: UUID
    person: str | None
    expires_on: date
    is_withdrawn: bool = False


class CaseRead(Event, frozen=True, kw_only=True):
    """Somebody read a case; recorded before the first byte of the answer left."""

    type_name: ClassVar[str] = "access.case-read.v1"
    incident: UUID
    view: str
    version: Number | None = None
    reason: Sealed[Text | None] = UNSET


class ListRead(Event, frozen=True, kw_only=True):
    """Somebody read a list of cases or tasks."""

    type_name: ClassVar[str] = "access.list-read.v1"
    view: str
    count: int
    reason: Sealed[Text | None] = UNSET


class EvidenceOpened(Event, frozen=True, kw_only=True):
    """Somebody opened a file of evidence."""

    type_name: ClassVar[str] = "access.evidence-opened.v1"
    incident: UUID
    view: str
    evidence_no: Number
    reason: Sealed[Text | None] = UNSET


class RecipientRead(Event, frozen=True, kw_only=True):
    """The letters service fetched names and addresses for one event."""

    type_name: ClassVar[str] = "access.recipient-read.v1"
    incident: UUID
    view: str
    version: Number
    reason: Sealed[Text | None] = UNSET


class ExportDownloaded(Event, frozen=True, kw_only=True):
    """Somebody fetched an export that was made before."""

    type_name: ClassVar[str] = "access.export-downloaded.v1"
    disclosure: UUID


class DecisionRefused(Event, frozen=True, kw_only=True):
    """A decision was refused, and by which rules; never an event of the case."""

    type_name: ClassVar[str] = "access.decision-refused.v1"
    incident: UUID | None = None
    decision: str
    rules: tuple[str, ...]


class Exported(Event, frozen=True, kw_only=True):
    """A case history was made: of which version, proven by which checkpoint, with which hash."""

    type_name: ClassVar[str] = "disclosure.exported.v1"
    incident: UUID
    variant: str
    version: Number
    tree_size: Number
    sha256: Sha256
    recipient: Sealed[Line | None] = UNSET
    purpose: Sealed[Text | None] = UNSET


RECORD_EVENTS: tuple[type[Event], ...] = (
    RecordOpened,
    KeyRotated,
    CaseRead,
    ListRead,
    EvidenceOpened,
    RecipientRead,
    ExportDownloaded,
    DecisionRefused,
    Exported,
)
