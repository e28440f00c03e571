"""The library's infrastructure for one school: our mapper, our recorder, and nothing that reads the environment."""

from collections.abc import Sequence
from typing import Any, NoReturn
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    EventStore,
    InfrastructureFactory,
    Mapper,
    NotSupportedError,
    TrackingRecorder,
)
from eventsourcing.utils import Environment

from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.recorder import Recorder
from casework.domain.event import Recorded


class EntryStore(EventStore[UUID]):
    """The library's event store, which knows commands, and encodes the events of one together."""

    def __init__(self, mapper: EntryMapper, recorder: Recorder) -> None:
        super().__init__(mapper, recorder)
        self._entries = mapper

    def append(self, events: Sequence[Recorded], *, command: UUID, body_sha256: bytes) -> None:
        """Append events under a command key; see `Recorder.insert_events`, and `EntryMapper.encode`."""
        self.recorder.insert_events(self._entries.encode(events), command=command, body_sha256=body_sha256)


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
