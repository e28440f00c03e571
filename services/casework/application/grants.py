"""Who from outside may read which case, as the record tells it now (domain.md 8): a grant, its end, its withdrawal.

Asked anew on each request of a legal adviser, so that a withdrawal works at once.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from casework.application.record import Record
from casework.domain.calendar import london_date
from casework.domain.event import known
from casework.domain.record import Grant
from casework.domain.steps.grants import GrantGiven, GrantWithdrawn
from servicekit.credentials import Caller

HOLDER: Final = "legal"
"""The role that grants are given to."""


def grants_of(record: Record) -> Collection[Grant]:
    """Return all grants of a school, also those that ended."""
    found: dict[UUID, Grant] = {}
    for at in record.decoded(record.reader.grants()):
        event = at.event
        if isinstance(event, GrantGiven):
            person = known(event.person)
            found[event.grant] = Grant(
                id=event.grant, incident=event.incident, person=person, expires_on=event.expires_on
            )
        elif isinstance(event, GrantWithdrawn):
            found[event.grant] = replace(found[event.grant], is_withdrawn=True)
    return found.values()


def with_grants(caller: Caller, record: Record, now: datetime) -> Caller:
    """Return a legal adviser with the cases that are open to them today; anybody else as they are."""
    if caller.role != HOLDER:
        return caller
    person, today = caller.person or caller.subject, london_date(now)
    given = (
        str(grant.incident)
        for grant in grants_of(record)
        if grant.person == person and today <= grant.expires_on and not grant.is_withdrawn
    )
    return replace(caller, grants=tuple(dict.fromkeys((*caller.grants, *given))))
