"""The use cases of one school: report, decide, read, ask what may be done, list what is due.

A decision is one method for all of them: find out whether the command was carried out before; load the case; check
facts, role and version; decide; append. An additive decision on a case that moved on meanwhile is decided again on the
newest version, three times.

What is refused is recorded too, before the answer leaves, but never in the case, and the command key is not used up.
That holds for a case which is not there as well: what is answered alike takes the same time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Protocol, TypeVar
from uuid import UUID

import msgspec

from casework.application.access_log import AccessLog
from casework.application.as_of import AsOf
from casework.application.checkpoints import Recording
from casework.application.duplicates import Known, known_before
from casework.application.evidence_check import looked_at
from casework.application.grants import with_grants
from casework.application.handing_out import Kept
from casework.application.merge_fields import MergeFields, PersonalFieldsGone, around, cause_at, merge_fields_of
from casework.application.moments import Beginnings, Directory, Moments
from casework.application.read_models.cases import Cases
from casework.application.record import Record
from casework.application.retrying import on_the_newest
from casework.application.store import (
    Beginning,
    CommandRepeated,
    CommandReused,
    KeyErased,
    KnownCommand,
    StaleVersion,
)
from casework.application.versions import Expected, VersionNeeded, VersionStale, check_version
from casework.application.visibility import Sees, case_shown, may_decide, may_read, reads_all, why_hidden
from casework.domain.abilities import Ability, abilities
from casework.domain.calendar import Calendar
from casework.domain.decision import Decision, FileFacts
from casework.domain.evaluation import Admitted, OverrideAsked, Request, admit, decide
from casework.domain.event import Event, Recorded, Sensitivity
from casework.domain.incident import Incident
from casework.domain.moment import Moment
from casework.domain.record import CaseRead, DecisionRefused, ListRead, RecipientRead
from casework.domain.refusal import Refusal
from casework.domain.steps import BY_NAME, DECISIONS
from servicekit.clock import Clock
from servicekit.credentials import Caller
from servicekit.identifiers import uuid7

REPORT = BY_NAME["report_incident"]
MERGE_FIELDS: Final = "merge-fields"
T = TypeVar("T")


class References(Protocol):
    """The numbers of cases."""

    def next_reference(self, year: int) -> str:
        """Return a reference that was never given."""


class CaseNotFound(LookupError):
    """There is no such case, or it is not this caller's to see: nobody can tell which from the answer."""

    def __init__(self, incident: UUID, rules: tuple[str, ...] = ()) -> None:
        super().__init__(incident)
        self.rules = rules


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What every write carries: who asks, under which key, with which body, on which version."""

    caller: Caller
    key: str
    body_sha256: bytes
    occurred_at: datetime | None = None
    expected: Expected = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that was taken: the case's id and version after it, and its events."""

    incident: UUID
    version: int
    events: tuple[Recorded, ...]
    is_replayed: bool = False
    known: Known | None = None
    """Where a post or a file of it was on record before."""


class Casework:
    """The use cases of one school."""

    def __init__(
        self,
        record: Record,
        *,
        clock: Clock,
        calendar: Calendar,
        directory: Directory,
        references: References,
        recorded: Recording,
        files: Kept,
        beginnings: Beginnings,
    ) -> None:
        self.record = record
        self.access = AccessLog(record)
        self.calendar = calendar
        self._clock = clock
        self._directory = directory
        self._references = references
        self._recorded = recorded
        self._files = files
        self._moments = Moments(record, calendar=calendar, directory=directory, beginnings=beginnings)

    def report(self, command: Command, facts: msgspec.Struct) -> Taken:
        """Open a case with the report of a post. Raises what :meth:`decide` raises, but for the case itself."""
        with self.refusals_recorded(command.caller, REPORT.name, None):
            key = self.record.command_key(command.caller.subject, command.key)
            begun = self._moments.begin(command.caller, key, REPORT, None)
            if begun.known is not None:
                return self._answered_before(command, begun.known)
            case = Incident(id=uuid7())
            request = Request(decision=REPORT, facts=facts)
            at = self._moment(command, key, None, request, begun)
            admitted = admit(case, at, request)
            reference = self._references.next_reference(at.now.year)
            return self._take(case, msgspec.structs.replace(at, reference=reference), request, command, admitted)

    def decide(
        self,
        command: Command,
        incident: UUID,
        decision: Decision,
        facts: msgspec.Struct,
        *,
        number: int | UUID | None = None,
        override: OverrideAsked | None = None,
        file: FileFacts | None = None,
    ) -> Taken:
        """Take a decision in a case, once for each command key.

        Raises:
            CaseNotFound: unknown, or not this caller's to see.
            BadFacts, Refused, NoSuchNumber, NothingToActOn: see ``domain.refusal``; recorded as refused.
            VersionNeeded, VersionStale: see their words.
            StoreError: see ``application.store``.
        """
        request = Request(decision=decision, facts=facts, number=number, override=override, file=file)
        with self.refusals_recorded(command.caller, decision.name, incident):
            key = self.record.command_key(command.caller.subject, command.key)
            try:
                return on_the_newest(lambda: self._decided(command, key, incident, request))
            except StaleVersion:
                # Of the case, or of another stream that is written to: who named a version was told so before.
                raise VersionStale(self.record.version_of(incident)) from None

    def _decided(self, command: Command, key: UUID, incident: UUID, request: Request) -> Taken:
        decision = request.decision
        begun = self._moments.begin(command.caller, key, decision, incident)
        if begun.known is not None:
            return self._answered_before(command, begun.known)
        case = _if_seen(self.record.case_of(begun.entries), command.caller, incident, may_decide(decision))
        at = self._moment(command, key, case, request, begun)
        admitted = admit(case, at, request)
        check_version(case.version, command.expected, is_additive=decision.is_additive)
        if decision.destroys_keys:
            at = msgspec.structs.replace(at, further_keys=self.record.keys_about(incident))
        looked = looked_at(self._files, case, request)
        return self._take(case, at, looked, command, admitted if looked is request else None)

    def read(self, caller: Caller, incident: UUID, *, view: str) -> Incident:
        """Return a case for reading, as it stands; the read is recorded first.

        Raises:
            CaseNotFound: unknown, or not this caller's to see.
        """
        return self.read_at(caller, incident, None, view=view)[0]

    def read_at(self, caller: Caller, incident: UUID, as_of: AsOf | None, *, view: str) -> tuple[Incident, datetime]:
        """Return a case as it stood, and the moment to look at it from; the read is recorded first.

        A version or position is looked at from when it was recorded: a deadline that has passed since had not then.

        Raises:
            CaseNotFound: unknown, or not this caller's to see as it stands now; or not there at that point.
        """

        def look() -> tuple[tuple[Incident, datetime], CaseRead, Sensitivity]:
            case, then = self.seen(caller, incident, may_read), self.now()
            if as_of is not None:
                case, then = self._as_it_stood(incident, as_of, then)
            return (case, then), case_read(case, view), case.sensitivity

        return self.read_recorded(caller, incident, view, look)

    def read_recorded(
        self, caller: Caller, incident: UUID, view: str, look: Callable[[], tuple[T, Event, Sensitivity]]
    ) -> T:
        """Return what a look at a case finds. That it was refused is recorded, or, before it leaves, that it was read.

        ``look`` gives what it finds, the entry that tells of it, and the least that this is marked with.
        """
        with self.refusals_recorded(caller, f"read_{view}", incident):
            found, event, sensitivity = look()
        self.access.note(caller, self.now(), event, sensitivity=sensitivity)
        return found

    def show(self, caller: Caller, incident: UUID, as_of: AsOf | None) -> tuple[Incident, datetime]:
        """Return a case as :meth:`read_at` does, with nothing in it that is withheld from this caller.

        Raises:
            CaseNotFound: as :meth:`read_at`.
        """
        case, then = self.read_at(caller, incident, as_of, view="case")
        if reads_all(caller):
            return case, then
        events = self.record.events_of(incident)[: case.version]
        return case_shown(caller, incident, events), then

    def peek(self, caller: Caller, incident: UUID, *, view: str = "case") -> Incident:
        """Return a case to find out its version or whether it may be seen; nothing of it may leave the house.

        Raises:
            CaseNotFound: unknown, or not this caller's to see in this view.
        """
        with self.refusals_recorded(caller, f"read_{view}", incident):
            return self.seen(caller, incident, may_read)

    def look_for(self, caller: Caller, incident: UUID, decision: Decision) -> Incident:
        """Return a case in which decisions of this caller are looked at; nothing of it may leave the house.

        Raises:
            CaseNotFound: unknown, or not this caller's to decide in.
        """
        with self.refusals_recorded(caller, decision.name, incident):
            return self.seen(caller, incident, may_decide(decision))

    def seen(self, caller: Caller, incident: UUID, sees: Sees) -> Incident:
        """Return a case that this caller may see in this way; a refusal is for the caller of this to record.

        Raises:
            CaseNotFound: unknown, or not this caller's to see; by which rule, is for the record alone.
        """
        return _if_seen(self.record.case(incident), caller, incident, sees)

    def refused(self, caller: Caller, decision: str, incident: UUID | None, rules: tuple[str, ...]) -> None:
        """Record that a decision, or a read, was refused: under a case only if there is such a case."""
        case = self.record.case(incident) if incident else None
        event = DecisionRefused(incident=case.id if case else None, decision=decision, rules=rules)
        self.access.note(caller, self.now(), event, sensitivity=case.sensitivity if case else "open")

    def list_read(self, caller: Caller, view: str, count: int) -> None:
        """Record that somebody read a list."""
        self.access.note(caller, self.now(), ListRead(view=view, count=count, reason=None))

    def merge_fields(self, caller: Caller, incident: UUID, version: int, cases: Cases) -> MergeFields:
        """Return what a letter about one event of a case can be drafted from, of all cases if it counts them.

        The read is recorded first.

        Raises:
            CaseNotFound: no such case or event, or one that causes no letter.
            PersonalFieldsGone: the case was erased.
        """

        def look() -> tuple[MergeFields, RecipientRead, Sensitivity]:
            events, now = self.record.events_of(incident), self.now()
            at = cause_at(events, version)
            if at is None:
                raise CaseNotFound(incident)
            found = merge_fields_of(
                at,
                events,
                policy=self.record.policy(),
                people=self._directory,
                now=now,
                around=around(at, self.record, self.calendar, cases),
            )
            event = RecipientRead(incident=incident, view=MERGE_FIELDS, version=version, reason=None)
            return found, event, found.audience.sensitivity

        return self.read_recorded(caller, incident, MERGE_FIELDS, look)

    def abilities(self, caller: Caller, incident: UUID) -> tuple[Incident, list[Ability]]:
        """Return what this caller may do in the case now, and what not, and why."""
        case = self.read(caller, incident, view="actions")
        command = Command(caller=caller, key="", body_sha256=b"")
        return case, abilities(case, self._moment(command, uuid7(), case), DECISIONS)

    def with_grants(self, caller: Caller) -> Caller:
        """Return a caller with the cases that the record opens to them."""
        return with_grants(caller, self.record, self.now())

    def now(self) -> datetime:
        """Return the instant that things are recorded at."""
        return self._clock.now()

    def _as_it_stood(self, incident: UUID, as_of: AsOf, now: datetime) -> tuple[Incident, datetime]:
        point = self.record.reader.point_at(incident, as_of)
        past = self.record.case(incident, version=point.version) if point else None
        if point is None or past is None:
            raise CaseNotFound(incident)
        return past, min(as_of.instant or point.recorded_at, now)

    def carried_out(self, key: UUID, command: Command) -> Taken | None:
        """Return the first answer if this command was carried out before."""
        known = self.record.reader.find_command(key)
        return None if known is None else self._answered_before(command, known)

    def _answered_before(self, command: Command, known: KnownCommand) -> Taken:
        if known.body_sha256 != command.body_sha256:
            raise CommandReused("this Idempotency-Key was used with another body")
        return self._first_answer(command, known.first_position, known.last_position)

    def _first_answer(self, command: Command, first: int, last: int) -> Taken:
        events = self.record.events_at(first, last)
        incident = incident_of(events[0])
        own = [at.originator_version for at in events if at.originator_id == incident]
        version = own[-1] if own else self.record.version_of(incident)
        known = known_before(self.record, command.caller, events)
        return Taken(incident=incident, version=version, events=tuple(events), is_replayed=True, known=known)

    @contextmanager
    def refusals_recorded(self, caller: Caller, decision: str, incident: UUID | None) -> Iterator[None]:
        """Record what is refused within, by the rules it names, before the answer leaves."""
        try:
            yield
        except REFUSALS as refusal:
            self.refused(caller, decision, incident, refusal.rules)
            raise

    def _take(self, case: Incident, at: Moment, request: Request, command: Command, admitted: Admitted | None) -> Taken:
        events = decide(case, at, request, DECISIONS, admitted=admitted)
        try:
            self.record.append(events, command=at.command, body_sha256=command.body_sha256)
        except CommandRepeated as repeated:
            return self._first_answer(command, repeated.first_position, repeated.last_position)
        self._recorded(events)
        own = [at.originator_version for at in events if at.originator_id == case.id]
        version = own[-1] if own else case.version
        known = known_before(self.record, command.caller, events)
        return Taken(incident=case.id, version=version, events=tuple(events), known=known)

    def _moment(
        self,
        command: Command,
        key: UUID,
        case: Incident | None,
        request: Request | None = None,
        begun: Beginning | None = None,
    ) -> Moment:
        return self._moments.moment(
            command.caller,
            now=self.now(),
            occurred_at=command.occurred_at,
            command=key,
            decision=request.decision if request else None,
            facts=request.facts if request else None,
            case=case,
            begun=begun,
        )


REFUSALS: Final = (
    Refusal,
    CaseNotFound,
    VersionNeeded,
    VersionStale,
    CommandReused,
    KeyErased,
    PersonalFieldsGone,
)
"""What is refused; everything else that is raised is a fault, and goes to the log."""


def _if_seen(case: Incident | None, caller: Caller, incident: UUID, sees: Sees) -> Incident:
    if case is None or not sees(caller, case):
        raise CaseNotFound(incident, why_hidden(caller, case))
    return case


def case_read(case: Incident, view: str) -> CaseRead:
    """Return the entry that tells that a case was read in this view."""
    return CaseRead(incident=case.id, view=view, version=case.version, reason=None)


def incident_of(at: Recorded) -> UUID:
    """Return the case that an event is about: its own stream, or the one that it names."""
    incident: UUID = getattr(at.event, "incident", at.originator_id)
    return incident
