"""Replay: fold all again from the record, in the order of positions, and compare with the live read models.

It reads one snapshot of the record and of the rows beside it, decodes every entry as the service would, keys and all,
and writes nothing. Where the rows stand at an earlier position than the record does, they are compared as at theirs.

As at a point of the past it only folds: the rows know no past.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol, cast
from uuid import UUID

import msgspec
from eventsourcing.persistence import Notification

from casework.application.as_of import AsOf
from casework.application.read_models.cases import UNFOLDABLE
from casework.application.read_models.folded import FoldedCase, advanced
from casework.application.read_models.form import form, from_stored
from casework.application.read_models.live import LiveRows
from casework.application.record import Record
from casework.application.store import StoreError, UnreadableEntry
from casework.domain.folding import IncidentEvent
from servicekit.mapper import differing_fields

Progress = Callable[[int], None]


class Models(msgspec.Struct, frozen=True, kw_only=True):
    """The live read models as they stand: which software folded them, up to which position."""

    form: str
    position: int
    rows: LiveRows


class Snapshot(Protocol):
    """A record and the rows beside it, as of one moment."""

    def position_at(self, instant: datetime) -> int:
        """Return the last position recorded at or before an instant; 0 if there is none."""

    def entries(self, *, upto: int | None = None, stream: UUID | None = None) -> Iterator[Notification]:
        """Yield the entries up to a position, of all streams or of one, in order of position."""

    def models(self) -> Models:
        """Return the live read models."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows say otherwise of a case, at which version of it; values are never shown."""

    incident: UUID
    reference: str
    version: int
    fields: tuple[str, ...]

    def __str__(self) -> str:
        known_as = f"{self.reference} ({self.incident})" if self.reference else str(self.incident)
        return f"case {known_as}, version {self.version}: {', '.join(self.fields)}"


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What was folded: entries, the last position and when it was recorded, and each case.

    `compared` says at which position the rows were compared; None where they were not.
    """

    entries: int
    position: int
    recorded_at: datetime | None
    cases: Mapping[UUID, FoldedCase]
    compared: int | None
    differences: tuple[Difference, ...] = ()


def replay(
    record: Record, snapshot: Snapshot, *, only: UUID | None = None, at: AsOf | None = None, progress: Progress
) -> Replayed:
    """Fold the record, or one case of it, and compare with the live read models; as at a point of the past, only fold.

    Raises:
        UnknownEventType, UnreadableEntry: it stops there, and names position, id and type.
    """
    models = snapshot.models() if at is None else None
    compared = models.position if models is not None and models.form == form() else None
    cases: dict[UUID, FoldedCase] = {}
    then: Mapping[UUID, FoldedCase] | None = None
    entries, position, recorded_at = 0, 0, None
    for entry in snapshot.entries(upto=_last(snapshot, at), stream=only):
        if at is not None and at.version is not None and entry.originator_version > at.version:
            break
        if then is None and compared is not None and entry.id > compared:
            then = dict(cases)
        recorded_at = _fold_in(record, entry, cases)
        entries, position = entries + 1, entry.id
        progress(1)
    found = _differences(models.rows, cases if then is None else then, only) if models and compared is not None else ()
    return Replayed(
        entries=entries,
        position=position,
        recorded_at=recorded_at,
        cases=cases,
        compared=compared,
        differences=tuple(found),
    )


def _last(snapshot: Snapshot, at: AsOf | None) -> int | None:
    """Return the last position to be read; None for all."""
    if at is None:
        return None
    return at.position if at.instant is None else snapshot.position_at(at.instant)


def _fold_in(record: Record, entry: Notification, cases: dict[UUID, FoldedCase]) -> datetime:
    """Decode an entry and fold it into its case, if it is of one; return when it was recorded."""
    (event,) = record.decoded([entry])
    if isinstance(event.event, IncidentEvent):
        incident = cast("UUID", entry.originator_id)
        try:
            cases[incident] = advanced(cases.get(incident), entry.id, event)
        except StoreError:
            raise
        except UNFOLDABLE as error:
            where = f"entry {entry.id} ({event.id}), {entry.topic}"
            raise UnreadableEntry(f"{where}: its effect fails with {type(error).__name__}") from error
    return event.recorded_at


def _differences(rows: LiveRows, cases: Mapping[UUID, FoldedCase], only: UUID | None) -> Iterator[Difference]:
    concerned = rows.keys() | cases.keys()
    for incident in sorted(concerned if only is None else concerned & {only}):
        case = cases.get(incident)
        fields = _differing(case, rows[incident]) if incident in rows else ("it has no row",)
        if fields:
            reference, version = (case.case.reference, case.case.version) if case else ("", 0)
            yield Difference(incident=incident, reference=reference, version=version, fields=fields)


def _differing(case: FoldedCase | None, row: str | None) -> tuple[str, ...]:
    """Name what a row says otherwise."""
    if case is None:
        return ("it has a row and no entry",)
    if row is None:
        return ("its row says that it cannot be folded",)
    try:
        found = from_stored(row)
    except ValueError:
        return ("its row cannot be read",)
    if found == case:
        return ()
    parts = ((found.case, case.case, ""), (found.figures, case.figures, "figures."))
    named = [f"{prefix}{name}" for one, other, prefix in parts if one != other for name in differing_fields(one, other)]
    return tuple(named) or ("position",)
