"""Reading legal advice (P56): question, answer and what was written, for the client and the adviser alone (R18)."""

from typing import Final
from uuid import UUID

from casework.application.casework import Casework, case_read
from casework.application.visibility import may_read, view_of
from casework.domain.event import Recorded, Sensitivity
from casework.domain.incident import Incident
from casework.domain.record import CaseRead
from casework.domain.refusal import Failure, Refused
from casework.domain.rules import R18
from servicekit.credentials import Caller

VIEW: Final = "advice"
READ: Final = f"read_{VIEW}"


def read_advice(casework: Casework, caller: Caller, incident: UUID) -> tuple[Incident, list[Recorded]]:
    """Return a case, and the events of all its privileged streams, in their order; the read is recorded first.

    Raises:
        CaseNotFound: unknown, or not this caller's to see.
        Refused: seen, but neither the client nor the adviser (R18): whether there is any advice is not said.
    """

    def look() -> tuple[tuple[Incident, list[Recorded]], CaseRead, Sensitivity]:
        case = casework.seen(caller, incident, may_read)
        if view_of(caller, "privileged") is None:
            raise Refused(READ, [Failure(rule=R18, missing=("the client or the adviser",))])
        events = [at for _, stream in sorted(case.advice.items()) for at in casework.record.events_of(stream)]
        return (case, events), case_read(case, VIEW), "privileged"

    return casework.read_recorded(caller, incident, VIEW, look)
