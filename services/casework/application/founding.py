"""The first entries of a school's record (domain.md 9). What is set about the policy later: ``policy``.

Position 1 says which key signs the record and whether it is only for trials; the seed edition follows, drafted and
adopted as its own file says: unsigned and overdue, and shown as such everywhere.
"""

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from casework.application.record import Record
from casework.domain.calendar import london_date
from casework.domain.event import Carried, Event, Recorded
from casework.domain.policy import Dated, Edition
from casework.domain.policy_events import Drafted, PolicyAdopted
from casework.domain.record import RecordOpened
from servicekit.identifiers import uuid7


def found(record: Record, *, key: str, is_scratch: bool, edition: Edition, by: str, now: datetime) -> None:
    """Open the record and put the first edition in force: three entries, all or none."""
    plain = Carried(occurred_at=now, actor=by, role="admin", command=uuid7(), sensitivity="open")
    about = replace(plain, edition=edition.edition, clauses=("P02",))
    policy = record.policy_stream
    on = edition.adopted or Dated(on=london_date(now))
    adopted = PolicyAdopted(adopted=on.written, review_due=edition.review_due.written, minute_ref=on.minute_ref)
    opened = RecordOpened(key=key, is_scratch=is_scratch)
    events = [
        _at(record.stream, 1, opened, plain, now),
        _at(policy, 1, Drafted.of(edition), about, now),
        _at(policy, 2, adopted, about, now),
    ]
    record.append_unasked(events)


def _at(stream: UUID, version: int, event: Event, carried: Carried, now: datetime) -> Recorded:
    return Recorded(originator_id=stream, originator_version=version, recorded_at=now, carried=carried, event=event)
