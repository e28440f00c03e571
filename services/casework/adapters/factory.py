"""The library's infrastructure for one school: our mapper, our recorder, and nothing that reads the environment."""

from collections.abc import Sequence
from typing import Any, NoReturn, cast
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    AggregateRecorder,
    EventStore,
    InfrastructureFactory,
    Mapper,
    Notification,
    NotSupportedError,
    Recording,
    TrackingRecorder,
)
from eventsourcing.utils import Environment

from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.recorder import Recorder
from casework.domain.event import Recorded


class EntryStore(EventStore[UUID]):
    """The library's event store, encoding the events of one command together: one trip for all their keys."""

    def __init__(self, mapper: EntryMapper, recorder: Recorder) -> None:
        super().__init__(mapper, recorder)
        self._entries = mapper

    def put(self, domain_events: Sequence[DomainEventProtocol[UUID]], **kwargs: Any) -> list[Recording[UUID]]:
        """Append events under a command key; see `Recorder.insert_events`."""
        stored = self._entries.encode(cast("Sequence[Recorded]", domain_events))
        positions = self.recorder.insert_events(stored, **kwargs) or ()
        return [
            Recording(
                event, Notification(entry.originator_id, entry.originator_version, entry.topic, entry.state, id=at)
            )
            for event, entry, at in zip(domain_events, stored, positions, strict=True)
        ]


class RecordFactory(InfrastructureFactory[TrackingRecorder]):
    """Gives the library's Application what it asks for."""

    def __init__(self, mapper: EntryMapper, recorder: Recorder) -> None:
        super().__init__(Environment("casework", {}))
        self._mapper = mapper
        self._recorder = recorder

    def mapper(self, *_: Any, **__: Any) -> Mapper[UUID]:  # type: ignore[override]  # ours is for UUIDs
        """Return our mapper, whatever transcoder the library suggests."""
        return self._mapper

    def application_recorder(self) -> Recorder:
        """Return our recorder."""
        return self._recorder

    def event_store(self, *_: Any, **__: Any) -> EventStore[UUID]:  # type: ignore[override]  # the same
        """Return a store over both."""
        return EntryStore(self._mapper, self._recorder)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Refuse: there are no snapshots; a case is shorter than it takes to gain by one."""
        _refuse(purpose)

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        """Refuse: casework follows nobody."""
        _refuse(str(tracking_recorder_class))

    def process_recorder(self) -> NoReturn:
        """Refuse: casework follows nobody."""
        _refuse("process")


def _refuse(purpose: str) -> NoReturn:
    raise NotSupportedError(f"casework has one recorder, of its record; none for {purpose}")
