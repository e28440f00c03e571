"""What happens by itself when time passes: the deadline of a removal request lapses (P54, domain.md 7).

Last, the school's own monitoring is looked at (:mod:`monitoring`).

A run looks at all cases and records what has lapsed by then, each once, however often or late it comes and however many
run at once: the command key is made from the event that asked for removal, and what is overdue is asked anew of the
newest version before anything is appended. That the deadline passed happened at the deadline; when it was written down
stands in the entry's time.
"""

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID, uuid5

import msgspec

from casework.application.casework import Casework
from casework.application.monitoring import Monitoring
from casework.application.read_models.cases import UNFOLDABLE, Cases, Unreadable, told
from casework.application.retrying import on_the_newest
from casework.application.store import ClockDiffers, CommandRepeated, Unavailable
from casework.domain.evaluation import Request, decide
from casework.domain.event import Recorded
from casework.domain.folding import fold
from casework.domain.incident import RemovalRequest
from casework.domain.moment import Moment
from casework.domain.refusal import Refusal
from casework.domain.steps import BY_NAME, DECISIONS
from casework.domain.steps.first_step import RemovalRequested

LAPSE: Final = BY_NAME["lapse_removal_deadline"]
ACTOR: Final = "timer"


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """A case in which the timer could do nothing, and why; nothing personal is in the words."""

    incident: UUID
    why: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did: cases looked at, deadlines it wrote down as lapsed, and cases that it could not deal with."""

    looked_at: int
    lapsed: int
    is_review_triggered: bool = False
    """Whether it called for a review of the policy."""
    failed: tuple[Failed, ...] = ()


class Timers:
    """The timer of one school."""

    def __init__(self, casework: Casework, cases: Cases) -> None:
        self._casework = casework
        self._cases = cases

    def run(self, now: datetime) -> Run:
        """Record what has lapsed by `now`. A case that fails stops no other; it is named, and tried again next time.

        Raises:
            Unavailable, ClockDiffers: nothing more can be recorded at the moment; the next run goes on from there.
        """
        looked_at, lapsed = 0, 0
        overdue: list[UUID] = []
        failed: list[Failed] = []
        for found in self._cases.nameless():
            looked_at += 1
            if isinstance(found, Unreadable):
                failed.append(Failed(incident=found.id, why=found.why))
            elif found.case.overdue_requests(now):
                overdue.append(found.case.id)
        for incident in overdue:
            try:
                lapsed += on_the_newest(partial(self._lapse, incident, now))
            except (Unavailable, ClockDiffers):
                raise
            except (*UNFOLDABLE, Refusal) as error:
                failed.append(Failed(incident=incident, why=told(error)))
        is_review_triggered = Monitoring(self._casework).run(now)
        return Run(looked_at=looked_at, lapsed=lapsed, is_review_triggered=is_review_triggered, failed=tuple(failed))

    def _lapse(self, incident: UUID, now: datetime) -> bool:
        """Write down the lapse of the one deadline that a case waits for, if it still does; return whether we did."""
        events = self._casework.record.events_of(incident)
        case = fold(None, events)
        overdue = case.overdue_requests(now) if case else ()
        if case is None or not overdue:
            return False
        at = self._moment(overdue[0], _asked_by(events, overdue[0]))
        request = Request(decision=LAPSE, facts=LAPSE.facts(), number=overdue[0].request_no)
        try:
            self._casework.record.append_unasked(decide(case, at, request, DECISIONS))
        except CommandRepeated:
            return False
        # The lapse is durable here; a crash from here on costs this run's summary, nothing of the record.
        return True

    def _moment(self, request: RemovalRequest, cause: str) -> Moment:
        record = self._casework.record
        policy = record.policy()
        return Moment(
            now=self._casework.now(),
            occurred_at=request.due_at,
            actor=ACTOR,
            role="system",
            person=None,
            command=uuid5(record.stream, f"{cause} lapse"),
            cause=cause,
            edition=policy.edition,
            adoptions=policy.adoptions,
            channels=policy.channels,
            calendar=self._casework.calendar,
        )


def _asked_by(events: list[Recorded], request: RemovalRequest) -> str:
    """Return the id of the event that made this request: the cause of its lapse."""
    return next(
        at.id for at in events if isinstance(at.event, RemovalRequested) and at.event.request_no == request.request_no
    )
