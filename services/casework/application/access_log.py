"""What an auditor may ask about besides the cases: who read what, what was refused, what left the house.

Each is an entry of the record, in a stream of its own, so that readers never collide. A read is recorded before the
first byte of its answer leaves; if it cannot be recorded, there is no answer.
"""

from datetime import datetime
from uuid import UUID

from casework.application.record import Record
from casework.domain.event import Carried, Event, Recorded, Sensitivity
from servicekit.credentials import Caller
from servicekit.identifiers import uuid7


class AccessLog:
    """Writes the entries of one school's `access.*` and `disclosure.*` streams."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def note(
        self,
        caller: Caller,
        now: datetime,
        event: Event,
        *,
        sensitivity: Sensitivity = "open",
        acting_for: str | None = None,
    ) -> str:
        """Record this event, which nobody asked for by a command of theirs; return its id."""
        at = self._stated(caller, now, event, command=uuid7(), sensitivity=sensitivity, acting_for=acting_for)
        self._record.append_unasked([at])
        return at.id

    def enter(
        self,
        caller: Caller,
        now: datetime,
        event: Event,
        *,
        command: UUID,
        body_sha256: bytes,
        sensitivity: Sensitivity,
        acting_for: str | None,
    ) -> Recorded:
        """Record this event under a caller's command key. Raises what `store` lists."""
        at = self._stated(caller, now, event, command=command, sensitivity=sensitivity, acting_for=acting_for)
        self._record.append([at], command=command, body_sha256=body_sha256)
        return at

    def _stated(
        self,
        caller: Caller,
        now: datetime,
        event: Event,
        *,
        command: UUID,
        sensitivity: Sensitivity,
        acting_for: str | None,
    ) -> Recorded:
        return Recorded(
            originator_id=uuid7(),
            originator_version=1,
            recorded_at=now,
            event=event,
            carried=Carried(
                occurred_at=now,
                actor=caller.subject,
                role=caller.role,
                acting_for=acting_for,
                command=command,
                edition=self._record.policy().in_force,
                clauses=("P63",),
                sensitivity=sensitivity,
            ),
        )
