"""The school's own monitoring, by the timer: what calls for a review of the policy is recorded once a term (P06).

What is counted is public, so entries are read as they stand, without any key: those of a few types, by a filter of the
store. A term goes on until the next one begins. Outside all terms that the school has given, nothing is counted.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from casework.application.casework import Casework
from casework.application.retrying import on_the_newest
from casework.application.store import CommandRepeated
from casework.domain.calendar import Term, london_date
from casework.domain.governing import Triggering, trigger_review
from casework.domain.moment import Moment
from casework.domain.monitoring import OVERRIDABLE, SETS_ASIDE, THREAT, Figures, calls_for_review
from casework.domain.policy import Policy
from casework.domain.policy_decision import PolicyRequest, decide_policy
from casework.domain.steps.closing import Reopened, Withdrawn
from casework.domain.steps.judgement import Categorised

ACTOR: Final = "timer"
KIND: Final = "own_monitoring"
TAKEN_OUT_OR_BACK: Final = (Withdrawn.type_name, Reopened.type_name)
COUNTED: Final = (Categorised.type_name, *TAKEN_OUT_OR_BACK, *sorted(OVERRIDABLE))
PAGE: Final = 1000


class _Facts(msgspec.Struct, frozen=True):
    """What is counted of an entry."""

    occurred_at: datetime
    command: UUID
    codes: tuple[str, ...] = ()
    override: Any = None


class _Entry(msgspec.Struct, frozen=True):
    """An entry, as far as it is counted."""

    id: str
    type: str
    data: _Facts

    @property
    def case(self) -> str:
        """The id of its case."""
        return self.id.partition("/")[0]

    @property
    def is_threat(self) -> bool:
        """Whether it says that somebody was threatened."""
        return self.type == Categorised.type_name and THREAT in self.data.codes

    @property
    def is_override(self) -> bool:
        """Whether a rule was set aside."""
        return self.data.override is not None or self.type in SETS_ASIDE


class Monitoring:
    """Looks at one school's record, and calls for a review of its policy."""

    def __init__(self, casework: Casework) -> None:
        self._casework = casework

    def run(self, now: datetime) -> bool:
        """Call for a review, if the figures of this term do and nobody has; return whether we did.

        Raises:
            StoreError: see ``application.store``.
        """
        term = self._casework.calendar.term_begun(london_date(now))
        if term is None:
            return False
        return on_the_newest(lambda: self._called_for(term))

    def _called_for(self, term: Term) -> bool:
        policy = self._casework.record.policy()
        if _is_called_for(policy, term):
            return False
        entries = list(self._entries(term))
        if not calls_for_review(_figures(entries), policy.edition.parameters.review_triggers):
            return False
        return self._trigger(policy, term, entries)

    def _trigger(self, policy: Policy, term: Term, entries: list[_Entry]) -> bool:
        """Record that a review is called for; however many timers run at once, one of them does."""
        record, now = self._casework.record, self._casework.now()
        at = Moment(
            now=now,
            occurred_at=now,
            actor=ACTOR,
            role="system",
            person=None,
            command=uuid5(record.stream, f"review {KIND} {term.name} {term.first.isoformat()}"),
            cause=next(each.id for each in reversed(entries) if each.is_threat or each.is_override),
            edition=policy.edition,
            channels=policy.channels,
            calendar=self._casework.calendar,
        )
        request = PolicyRequest(decision=trigger_review, facts=Triggering(kind=KIND))
        try:
            record.append_unasked(decide_policy(policy, at, request))
        except CommandRepeated:
            return False
        return True

    def _entries(self, term: Term) -> Iterator[_Entry]:
        """Yield what counts of this term, in order; nothing of a case that is a mistake or another one's double."""
        found = list(self._read())
        ended = {entry.case: entry.type for entry in found if entry.type in TAKEN_OUT_OR_BACK}
        withdrawn = {case for case, last in ended.items() if last == Withdrawn.type_name}
        for entry in found:
            if entry.case not in withdrawn and london_date(entry.data.occurred_at) >= term.first:
                yield entry

    def _read(self) -> Iterator[_Entry]:
        after, has_more = 0, True
        while has_more:
            page = self._casework.record.reader.feed(after, PAGE, COUNTED)
            yield from (msgspec.json.decode(entry, type=_Entry) for entry in page.entries)
            after, has_more = page.next, page.has_more


def _is_called_for(policy: Policy, term: Term) -> bool:
    """Return whether monitoring called for a review in this term already, whoever said so."""
    return any(each.kind == KIND and london_date(each.triggered_at) >= term.first for each in policy.reviews)


def _figures(entries: list[_Entry]) -> Figures:
    decided = {(entry.case, entry.data.command) for entry in entries if entry.type in OVERRIDABLE}
    overridden = {(entry.case, entry.data.command) for entry in entries if entry.is_override}
    threats = {entry.case for entry in entries if entry.is_threat}
    return Figures(threats=len(threats), decided=len(decided), overridden=len(overridden))
