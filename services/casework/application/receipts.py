"""The receipt of a report (domain.md 8): what whoever reported a post, or was told about it, may know of the case.

That is less than the case: that there is one, its reference, and what the school told this person. It is all that a
member of staff sees of it, and all that is left to somebody whom the post is about. While a safeguarding hold concerns
that person, they learn not even this.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from casework.application.casework import CaseNotFound, Casework, case_read
from casework.application.visibility import is_kept_from, why_hidden
from casework.domain.event import Sensitivity, known
from casework.domain.incident import Incident
from casework.domain.record import CaseRead
from casework.domain.steps.correspondence import AffectedPartyNotified
from servicekit.credentials import Caller

VIEW: Final = "receipt"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the school told somebody, and when."""

    at: datetime
    said: str | None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody outside the case may know of it."""

    id: UUID
    reference: str
    reported_at: datetime | None
    is_own_report: bool
    told: tuple[Told, ...]


def receipt_of(casework: Casework, caller: Caller, incident: UUID) -> Receipt:
    """Return the receipt of a case for this caller; the read is recorded first.

    Raises:
        CaseNotFound: no such case, not reported by this caller, nothing told to them; or held from them.
    """

    def look() -> tuple[Receipt, CaseRead, Sensitivity]:
        case = casework.record.case(incident)
        found = None if case is None or is_kept_from(caller, case) else _receipt(casework, caller, case)
        if case is None or found is None:
            raise CaseNotFound(incident, why_hidden(caller, case))
        return found, case_read(case, VIEW), case.sensitivity

    return casework.read_recorded(caller, incident, VIEW, look)


def _receipt(casework: Casework, caller: Caller, case: Incident) -> Receipt | None:
    label = case.label_of(caller.person or caller.subject)
    told = tuple(
        Told(at=at.carried.occurred_at, said=known(at.event.said))
        for at in casework.record.events_of(case.id)
        if isinstance(at.event, AffectedPartyNotified) and label is not None and at.event.party == label
    )
    is_own = case.reported_by == caller.subject
    if not (is_own or told):
        return None
    return Receipt(id=case.id, reference=case.reference, reported_at=case.reported_at, is_own_report=is_own, told=told)
