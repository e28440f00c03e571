"""The live read models: rows that are at the record's head whenever somebody reads them.

A reader finds them there, or brings them on itself, a page of entries at a time: only what is new is folded, onto the
row of its case. They are made of entries alone, without any key. Who is in a case is opened for the reader, from the
entries that say so, and kept nowhere.

A case that cannot be folded has a row that says so; it is folded anew, from its first entry, for whoever asks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Protocol, cast
from uuid import UUID

from eventsourcing.persistence import Notification

from casework.application.read_models.cases import CASES, UNFOLDABLE, Standing, Unreadable
from casework.application.read_models.folded import FoldedCase, advanced
from casework.application.read_models.form import form, from_stored, to_stored
from casework.application.record import Record
from casework.application.store import UnreadableEntry, WholeStream
from casework.domain.folding import Draft
from casework.domain.steps.people import PartyAdded

LiveRows = Mapping[UUID, str | None]
"""What is kept of each case; None where its entries cannot be folded."""
Fold = Callable[[Sequence[Notification], LiveRows], LiveRows]
"""Takes entries by position, and the rows of their cases; returns those rows after them."""
OPENED_AT_ONCE: Final = 500


class LiveStore(Protocol):
    """Where the rows are kept."""

    def read(self, form: str) -> LiveRows | None:
        """Return all rows as of one moment; None where they are behind the record, or of another form."""

    def bring_on(self, form: str, fold: Fold) -> None:
        """Fold the next page of entries into the rows; all rows anew if they are of another form."""

    def discard(self) -> None:
        """Have all rows made anew by whoever reads next."""


class LiveCases:
    """The cases of one school, from their rows."""

    def __init__(self, record: Record, store: LiveStore) -> None:
        self._record = record
        self._store = store

    def nameless(self) -> Iterator[FoldedCase | Unreadable]:
        """Yield every case once, in the order of their ids, as its public facts make it."""
        for incident, row in self._rows().items():
            yield self._folded(incident, row)

    def named(self, cases: Iterable[FoldedCase | Unreadable]) -> Iterator[Standing | Unreadable]:
        """Yield these cases with who is in them."""
        left = iter(cases)
        while found := list(islice(left, OPENED_AT_ONCE)):
            yield from self._with_people(found)

    def rebuild(self) -> None:
        """Throw all rows away and make them anew."""
        self._store.discard()
        self._rows()

    def _rows(self) -> LiveRows:
        """Return the rows at the record's head."""
        while (rows := self._store.read(form())) is None:
            self._store.bring_on(form(), self._after)
        return rows

    def _after(self, page: Sequence[Notification], rows: LiveRows) -> LiveRows:
        """Return the rows of these cases after these entries."""
        folded: dict[UUID, FoldedCase] = {}
        broken = {incident for incident, row in rows.items() if row is None}
        for entry in page:
            incident = cast("UUID", entry.originator_id)
            if incident in broken:
                continue
            row = rows.get(incident)
            try:
                before = folded.get(incident) or (from_stored(row) if row else None)
                folded[incident] = advanced(before, entry.id, self._record.decoded([entry])[0])
            except UNFOLDABLE:
                broken.add(incident)
        return {incident: to_stored(case) for incident, case in folded.items()} | dict.fromkeys(broken)

    def _folded(self, incident: UUID, row: str | None) -> FoldedCase | Unreadable:
        if row is None:
            return self._folded_anew(incident)
        try:
            return from_stored(row)
        except ValueError:
            # Somebody changed the row by hand. The record is there to be asked, and `casework replay` names the row.
            return self._folded_anew(incident)

    def _folded_anew(self, incident: UUID) -> FoldedCase | Unreadable:
        folded: FoldedCase | None = None
        try:
            for stream in self._record.reader.streams(CASES, [incident]):
                for position, at in zip(stream.positions, self._record.decoded(stream.entries), strict=True):
                    folded = advanced(folded, position, at)
        except UNFOLDABLE as error:
            return Unreadable(id=incident, error=error)
        missing = UnreadableEntry(f"case {incident}: it has a row in the read models and no entry in the record")
        return folded or Unreadable(id=incident, error=missing)

    def _with_people(self, found: Sequence[FoldedCase | Unreadable]) -> Iterator[Standing | Unreadable]:
        cases = [each.case.id for each in found if isinstance(each, FoldedCase)]
        added = {stream.id: stream for stream in self._record.reader.streams(PartyAdded.type_name, cases)}
        for each in found:
            yield each if isinstance(each, Unreadable) else self._named(each, added.get(each.case.id))

    def _named(self, folded: FoldedCase, added: WholeStream | None) -> Standing | Unreadable:
        """Return a case with those in it by name, as the entries that brought them in say; an erased one is without."""
        draft = Draft.of(folded.case)
        try:
            for at in self._record.decoded(added.entries if added else ()):
                assert isinstance(at.event, PartyAdded)  # noqa: S101 - nothing else was asked for
                at.event.apply(draft, at)
        except UNFOLDABLE as error:
            return Unreadable(id=folded.id, error=error)
        return Standing(position=folded.position, case=draft.finished())
