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


@dataclass(frozen=True, init=False)
class StoredEntry(StoredEvent):
    """An entry of a stream: `state` is its bytes, `topic` the name of its type."""

    position: int | None = None
    sealed: bytes | None = field(default=None, repr=False)
    key: WrappedKey | None = None

    def __init__(  # noqa: PLR0917 - its fields
        self,
        originator_id: UUID | str,
        originator_version: int,
        topic: str,
        state: bytes,
        position: int | None = None,
        sealed: bytes | None = None,
        key: WrappedKey | None = None,
    ) -> None:
        # What a frozen dataclass's own __init__ does takes three times as long, and one is made of every row read.
        fields = vars(self)
        fields["originator_id"] = originator_id
        fields["originator_version"] = originator_version
        fields["topic"] = topic
        fields["state"] = state
        fields["position"] = position
        fields["sealed"] = sealed
        fields["key"] = key


@dataclass(frozen=True)
class EntryNotification(Notification):
    """An entry at its position, `id`."""

    sealed: bytes | None = field(default=None, repr=False)
    key: WrappedKey | None = None
