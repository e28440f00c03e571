"""What the recorder and the mapper pass to each other: an entry, its sealed part, and the key it is sealed under."""

from dataclasses import dataclass, field
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent


@dataclass
class WrappedKey:
    """The secret of one case as it is stored. `master` and `wrapped` are None once it was erased.

    One object serves all entries of one load, and what the mapper unwrapped goes with it: no secret outlives its load.
    """

    id: UUID
    master: str | None
    wrapped: bytes | None = field(repr=False)
    opened: object = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class StoredEntry(StoredEvent):
    """An entry of a stream: `state` is its bytes, `topic` the name of its type."""

    position: int | None = None
    sealed: bytes | None = field(default=None, repr=False)
    key: WrappedKey | None = None


@dataclass(frozen=True)
class EntryNotification(Notification):
    """An entry at its position, `id`."""

    sealed: bytes | None = field(default=None, repr=False)
    key: WrappedKey | None = None
