"""Another key for the record: named by an entry, so that whoever trusts the old one can go on to it."""

from datetime import datetime

from casework.application.record import Record
from casework.domain.event import Carried, Recorded
from casework.domain.record import KeyRotated
from servicekit.identifiers import uuid7


def rotate(record: Record, *, old: str, new: str, by: str, now: datetime) -> None:
    """Record that the key `new` takes the place of `old`.

    Raises:
        StaleVersion: it was changed at the same moment by another command.
    """
    stream = record.stream
    event = Recorded(
        originator_id=stream,
        originator_version=record.version_of(stream) + 1,
        recorded_at=now,
        carried=Carried(occurred_at=now, actor=by, role="admin", command=uuid7(), sensitivity="open"),
        event=KeyRotated(old=old, new=new),
    )
    record.append_unasked([event])
