"""The record of one school as use cases see it: the library's Application over our recorder and mapper.

What the library gives: storing with a command key in the same transaction, loading a stream and folding it. What is
ours: loading a case and the fold (its repository adds nothing here, its default projector is several times slower), the
environment (the library would merge the process's own), and everything about readers, who ask anew instead of
subscribing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from typing import Any, Final, Protocol, cast
from uuid import UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, StoredEvent
from eventsourcing.utils import Environment, EnvType

from casework.application.as_of import AsOf, Point
from casework.application.store import AccessPage, FeedPage, KnownCommand, WholeStream
from casework.domain.event import Recorded
from casework.domain.folding import IncidentEvent, fold
from casework.domain.incident import Incident
from casework.domain.policy import Policy
from casework.domain.policy_events import fold_policy

ABOUT_CASES: Final = ("advice.", "disclosure.")
"""Kinds of streams that are about a case and sealed under keys of their own."""
PAGE: Final = 500


class RecordReader(Protocol):
    """What use cases ask of the recorder beyond the library's own interface."""

    def find_command(self, command: UUID) -> KnownCommand | None:
        """Return what is known of a command key."""

    def select_positions(self, first: int, last: int) -> Sequence[StoredEvent]:
        """Return the entries from one position to another."""

    def point_at(self, stream: UUID, at: AsOf) -> Point | None:
        """Return where a stream was at a point of the past; None where it had not begun, or has no such version."""

    def grants(self) -> Sequence[StoredEvent]:
        """Return the entries that give or withdraw a grant, in order."""

    def streams(self, kind: str, only: Collection[UUID] | None = None) -> Iterator[WholeStream]:
        """Yield all streams of one kind (`incident.`), or only these of them, in one pass."""

    def feed(
        self, after: int, limit: int, types: Sequence[str] | None = None, sensitivities: Sequence[str] | None = None
    ) -> FeedPage:
        """Return stored bytes after a position."""

    def accesses(self, after: int, limit: int, incident: UUID | None = None) -> AccessPage:
        """Return who read, exported or was refused what after a position; all, or what is about one case."""


class RecordWriter(Protocol):
    """What use cases ask of the event store: more than the library's own, which knows no commands."""

    def append(self, events: Sequence[Recorded], *, command: UUID, body_sha256: bytes) -> None:
        """Append events, all or none, in one transaction with the command key."""


class EntryDecoder(Protocol):
    """What use cases ask of the mapper beyond the library's own interface."""

    def decode(self, entries: Iterable[StoredEvent]) -> Iterator[Recorded]:
        """Decode entries, each when it is asked for. Raises what `to_domain_event` does."""


class Record(Application[UUID]):
    """One school's record."""

    def __init__(self, factory: InfrastructureFactory[Any], stream: UUID) -> None:
        self._factory = factory
        self.stream = stream
        self.policy_stream = uuid5(stream, "policy")
        """The stream of the school's policy: editions, signatures, channels."""
        self._policy: Policy | None = None
        super().__init__()

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Take nothing from the process's environment: `bootstrap` has passed in all there is."""
        return Environment(name, dict(env or {}))

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:  # noqa: ARG002 - the library's interface
        """Return the factory that was given, instead of importing the one a text names."""
        return self._factory

    @property
    def reader(self) -> RecordReader:
        """The recorder, as readers use it."""
        return cast("RecordReader", self.recorder)

    def head(self) -> int:
        """Return the last position; 0 of an empty record."""
        return self.recorder.max_notification_id() or 0

    def command_key(self, caller: str, key: str) -> UUID:
        """Return the command key of a caller's Idempotency-Key."""
        return uuid5(self.stream, f"{caller}|{key}")

    def case(self, incident: UUID, *, version: int | None = None) -> Incident | None:
        """Return a case as it stands, or as it stood at a version; None where there is none."""
        return self.case_of(self.recorder.select_events(incident, lte=version))

    def version_of(self, stream: UUID) -> int:
        """Return the version of a stream; 0 where there is none."""
        last = self.recorder.select_events(stream, desc=True, limit=1)
        return last[0].originator_version if last else 0

    def case_of(self, entries: Iterable[StoredEvent]) -> Incident | None:
        """Return the case that the entries of a stream make, from its first on; None where they make none."""
        return _fold_case(None, self._decode(entries))

    def policy(self, *, version: int | None = None) -> Policy:
        """Return the policy as it stands now.

        What was folded last is kept, as nothing in it is secret. It is the answer where the store says that the policy
        is no further: as it has just said, `version`, or is asked now.
        """
        policy = self._policy
        if policy is not None and version is None:
            version = self.version_of(self.policy_stream)
        if policy is None or policy.version != version:
            self._policy = policy = self.repository.get(self.policy_stream, projector_func=fold_policy)
        return policy

    def keys_about(self, incident: UUID) -> tuple[UUID, ...]:
        """Return the other keys under which something is sealed about a case: of its legal advice, of its exports.

        Each is the id of a stream whose first event names the case. All such streams are looked through, which takes
        its time and is done for erasures only.
        """
        found = chain.from_iterable(self.reader.streams(kind) for kind in ABOUT_CASES)
        firsts = ((stream.id, self.decoded(stream.entries[:1])[0].event) for stream in found)
        return tuple(key for key, event in firsts if getattr(event, "incident", None) == incident)

    def events_of(self, stream: UUID) -> list[Recorded]:
        """Return the events of one stream, in order."""
        return self.decoded(self.recorder.select_events(stream))

    def events_at(self, first: int, last: int) -> list[Recorded]:
        """Return the events at these positions."""
        return self.decoded(self.reader.select_positions(first, last))

    def entries_of_types(self, types: Sequence[str]) -> Iterator[StoredEvent]:
        """Yield the entries of these types, in order, a page at a time."""
        after = 0
        while page := self.recorder.select_notifications(after, PAGE, topics=types, inclusive_of_start=False):
            yield from page
            after = page[-1].id

    def decoded(self, entries: Iterable[StoredEvent]) -> list[Recorded]:
        """Return the events that stored entries hold. Raises what the mapper does of an entry it cannot read."""
        return list(self._decode(entries))

    def append(self, events: Sequence[Recorded], *, command: UUID, body_sha256: bytes) -> None:
        """Append events, all or none, in one transaction with the command key. Raises what `store` lists."""
        cast("RecordWriter", self.events).append(events, command=command, body_sha256=body_sha256)

    def append_unasked(self, events: Sequence[Recorded]) -> None:
        """Append what came by no request with a key of its own: the command's id stands for the body too."""
        command = events[0].carried.command
        self.append(events, command=command, body_sha256=sha256(command.bytes).digest())

    def _decode(self, entries: Iterable[StoredEvent]) -> Iterator[Recorded]:
        return cast("EntryDecoder", self.mapper).decode(entries)


def _fold_case(case: Incident | None, events: Iterable[Recorded]) -> Incident | None:
    """Fold a case; the stream of something else is none, and its id may be asked for by anybody."""
    following = iter(events)
    first = next(following, None)
    if first is None or not isinstance(first.event, IncidentEvent):
        return case
    return fold(case, chain((first,), following))
