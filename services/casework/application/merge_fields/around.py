"""What a letter needs to know besides its case: the legal advice in a stream of its own, the cases of a term.

Fetched for the few events whose letters need it, outside the pure part of the answer.
"""

from collections.abc import Iterator, Sequence

import msgspec

from casework.application.read_models.cases import Cases, Unreadable
from casework.application.record import Record
from casework.domain.calendar import Calendar
from casework.domain.event import Recorded
from casework.domain.incident import Incident
from casework.domain.steps.correspondence import AffectedPartyNotified
from casework.domain.steps.judgement import PREJUDICE_RETURN
from casework.domain.steps.legal import LegalAdviceSought


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """The calendar, the events of the privileged stream that the event names, and all cases where it counts them.

    Those cases are as their public facts make them: nobody in them has a name.
    """

    calendar: Calendar = Calendar()
    advice: Sequence[Recorded] = ()
    cases: Sequence[Incident] = ()


def around(at: Recorded, record: Record, calendar: Calendar, cases: Cases) -> Around:
    """Return what lies around an event that causes letters.

    Raises:
        StoreError: a case that must be counted cannot be read; a return that leaves one out would be believed.
    """
    event = at.event
    is_return = isinstance(event, AffectedPartyNotified) and event.kind == PREJUDICE_RETURN
    return Around(
        calendar=calendar,
        advice=record.events_of(event.advice) if isinstance(event, LegalAdviceSought) else (),
        cases=tuple(_all(cases)) if is_return else (),
    )


def _all(cases: Cases) -> Iterator[Incident]:
    for found in cases.nameless():
        if isinstance(found, Unreadable):
            raise found.error
        yield found.case
