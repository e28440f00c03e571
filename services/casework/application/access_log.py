"""What an auditor may ask about besides the cases: who read what, what was refused, what left the house.

Each is an entry of the record, in a stream of its own, so that readers never collide. A read is recorded before the
first byte of its answer leaves; if it cannot be recorded, there is no answer.
"""

from datetime import datetime
from uuid import uuid4

from casework.application.record import Record
from casework.domain.event import Carried, Event, Recorded, Sensitivity
from servicekit.credentials import Caller


class AccessLog:
    """Writes the entries of one school's `access.*` streams."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def note(self, caller: Caller, now: datetime, event: Event, *, sensitivity: Sensitivity = "open") -> str:
        """Record this event and return its id."""
        at = Recorded(
            originator_id=uuid4(),
            originator_version=1,
            recorded_at=now,
            event=event,
            carried=Carried(
                occurred_at=now,
                actor=caller.subject,
                role=caller.role,
                command=uuid4(),
                edition=self._record.policy().in_force,
                clauses=("P63",),
                sensitivity=sensitivity,
            ),
        )
        self._record.append_unasked([at])
        return at.id
