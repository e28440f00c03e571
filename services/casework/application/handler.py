"""Who handles a case: whoever it was assigned to, else the first to decide in it (domain.md 1)."""

from collections.abc import Container, Sequence
from typing import Final

from casework.domain.event import Recorded
from casework.domain.incident import Incident

HANDLER: Final = "caseworker"


def handler_of(case: Incident, events: Sequence[Recorded], left_out: Container[str] = ()) -> str | None:
    """Return the account of who handles the case, passing over those left out; who only reported it does not."""
    if case.handler is not None and case.handler not in left_out:
        return case.handler
    report = events[0].carried.command
    deciding = (at.carried for at in events if at.carried.command != report and at.carried.role == HANDLER)
    return next((carried.actor for carried in deciding if carried.actor not in left_out), None)
