"""The access register: who read what, who was refused, what left the house; of the school, or of one case.

What is about a case that the reader may not read is left out, and so is what is about advice that is not theirs.
Reasons are sealed and stay so. Reading the register is itself an entry of it.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from uuid import UUID

import msgspec

from casework.application.casework import Casework
from casework.application.pages import Page
from casework.application.read_models.cases import Cases, Unreadable
from casework.application.store import AccessEntry
from casework.application.visibility import may_read, view_of
from casework.domain.event import Sensitivity
from servicekit.credentials import Caller


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of an entry's data."""

    actor: str
    role: str
    acting_for: str | None = None
    sensitivity: Sensitivity
    view: str | None = None
    version: int | None = None
    count: int | None = None
    evidence_no: int | None = None
    decision: str | None = None
    rules: tuple[str, ...] = ()
    variant: str | None = None
    disclosure: UUID | None = None


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    time: datetime
    type: str
    data: _Data


class AccessRow(msgspec.Struct, frozen=True, kw_only=True):
    """One access: `kind` is its type without stream and version, `incident` the case that it is about."""

    position: int
    recorded_at: datetime
    kind: str
    actor: str
    role: str
    acting_for: str | None
    incident: UUID | None
    view: str | None
    version: int | None
    count: int | None
    evidence_no: int | None
    decision: str | None
    rules: tuple[str, ...]
    variant: str | None
    disclosure: UUID | None


def access_register(
    casework: Casework, cases: Cases, caller: Caller, *, after: int, limit: int, incident: UUID | None = None
) -> Page[AccessRow]:
    """Return a page of the register; that it was read is recorded first.

    Raises:
        CaseNotFound: a case that is unknown, or not this caller's to see.
        StoreError: the record or a case cannot be read, or this read cannot be recorded.
    """
    if incident is not None:
        casework.peek(caller, incident, view="access-register")
    found = casework.record.reader.accesses(after, limit, incident)
    readable = set(_readable(cases, caller, {each.about for each in found.entries}))
    rows = tuple(_rows(found.entries, caller, readable))
    casework.list_read(caller, "access", len(rows))
    return Page(rows=rows, next=found.next, has_more=found.has_more)


def _readable(cases: Cases, caller: Caller, concerned: Collection[UUID | None]) -> Iterator[UUID]:
    """Yield those of these cases that this caller may read."""
    for found in cases.named(case for case in cases.nameless() if case.id in concerned):
        if isinstance(found, Unreadable):
            raise found.error
        if may_read(caller, found.case):
            yield found.case.id


def _rows(entries: Iterable[AccessEntry], caller: Caller, readable: Collection[UUID]) -> Iterator[AccessRow]:
    for each in entries:
        entry = msgspec.json.decode(each.entry, type=_Entry)
        data = entry.data
        if (each.about is None or each.about in readable) and view_of(caller, data.sensitivity):
            yield AccessRow(
                position=each.position,
                recorded_at=entry.time,
                kind=entry.type.split(".")[1],
                actor=data.actor,
                role=data.role,
                acting_for=data.acting_for,
                incident=each.about,
                view=data.view,
                version=data.version,
                count=data.count,
                evidence_no=data.evidence_no,
                decision=data.decision,
                rules=data.rules,
                variant=data.variant,
                disclosure=data.disclosure,
            )
