"""Who from outside may read a case (P56): a legal adviser, one case, until a day. A grant is an entry of its own.

The case itself does not change: what a grant opens is found in the record anew on each request, so that one which was
withdrawn opens nothing from then on.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID, uuid5

from msgspec import UNSET

from casework.domain.calendar import london_date
from casework.domain.codes import Line, Role
from casework.domain.decision import ActsOn, AdviserId, Beside, Decision, Events, decision
from casework.domain.event import Event, Sealed, Sensitivity
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.refusal import Fault
from casework.domain.rules import R11

GRANT: Final = "grant"
GOOD: Final = "good"
CLIENT: Final = ("headteacher", "chair")
"""Who asks for legal advice on behalf of the school, and whose right it is to keep it secret (R18)."""


class GrantGiven(Event, frozen=True, kw_only=True):
    """A legal adviser may read one case until a day, what is privileged in it too; ``grant`` is its own stream."""

    type_name: ClassVar[str] = "access.grant-given.v1"
    grant: UUID
    incident: UUID
    granted_role: Role
    sensitivities: tuple[Sensitivity, ...]
    expires_on: date
    person: Sealed[Line] = UNSET


class GrantWithdrawn(Event, frozen=True, kw_only=True):
    """A grant ended before its day."""

    type_name: ClassVar[str] = "access.grant-withdrawn.v1"
    grant: UUID
    incident: UUID


def granted(case: Incident, at: Moment, adviser: str, expires_on: date | None = None) -> Beside:
    """Return the grant of a case to an adviser, until the day given or as long as the edition says."""
    stream = uuid5(at.command, f"{GRANT} {case.id}")
    last = expires_on or london_date(at.now) + timedelta(days=at.edition.parameters.grant_days)
    event = GrantGiven(
        grant=stream,
        incident=case.id,
        granted_role="legal",
        sensitivities=("open", "dsl", "client", "privileged"),
        expires_on=last,
        person=adviser,
    )
    return Beside(stream, event)


def _fitting_end(_case: Incident, at: Moment, facts: Mapping[str, Any]) -> Iterator[Fault]:
    """Refuse a grant that is over already, or one longer than the edition allows."""
    found, today = facts["expires_on"], london_date(at.now)
    latest = today + timedelta(days=at.edition.parameters.grant_days_max)
    if found is not None and not today <= found <= latest:
        yield Fault(pointer="/expires_on", expected=f"a day from {today} to {latest}", found=found.isoformat())


@decision(
    "grants", clauses=("P56",), who=CLIENT, rules=(R11,), writes=(GrantGiven,), is_additive=True, fits=_fitting_end
)
def give_grant(case: Incident, at: Moment, *, adviser: AdviserId, expires_on: date | None = None) -> Events:
    """Open the case to a legal adviser until a day."""
    yield granted(case, at, adviser, expires_on)


@decision(
    "grants/{n}/withdrawals",
    clauses=("P56",),
    who=CLIENT,
    writes=(GrantWithdrawn,),
    acts_on=ActsOn(GRANT, (GOOD,), is_uuid=True),
    is_additive=True,
    is_for_closed=True,
)
def withdraw_grant(case: Incident, at: Moment, *, number: UUID) -> Events:
    """Close the case to the adviser again, at once, whether it is closed itself or not."""
    yield Beside(uuid5(at.command, f"{GRANT} withdrawn"), GrantWithdrawn(grant=number, incident=case.id))


EVENTS: tuple[type[Event], ...] = (GrantGiven, GrantWithdrawn)
DECISIONS: tuple[Decision, ...] = (give_grant, withdraw_grant)
