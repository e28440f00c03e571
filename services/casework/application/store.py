"""What use cases ask of the store, and what it may answer instead of doing it.

The adapters that speak to Postgres stand above this floor and raise these errors; a use case catches one leaf, or the
base, and never sees a driver's error. Several of them are also errors of the library eventsourcing, so that its own
code treats them rightly::

    StoreError
    ├── StaleVersion        somebody wrote this version first: 412, or decide again            (23505)
    ├── CommandReused       the command key came before with another body: 422, R23            (CW001)
    ├── CommandRepeated     the command was carried out before: answer from its positions
    ├── KeyErased           the key of this case is destroyed, so nothing can be sealed: 409, R13  (CW006)
    ├── ClockDiffers        our clock and the database's differ too much: 503                   (CW004)
    ├── Unavailable         no connection, no lock or no answer in time: 503, same key again
    ├── Rejected            the store refuses what we built: our defect, 500     (CW002 CW003 CW005 CW007 22xxx 23514)
    ├── UnknownEventType    a stored type that this version of the software does not know: reading stops there
    ├── UnreadableEntry     stored bytes that do not fit their type, or a sealed part that does not open
    ├── RecordBroken        the record no longer fits what was signed of it: nothing can be proved, and nothing goes out
    ├── NotReversible       an event that would not come back as it is: refused before it is stored, our defect
    ├── EvidenceMissing     a file that the record names is not in the evidence store
    └── EvidenceBroken      a file in the evidence store does not open, or is not what its hash says
"""

from dataclasses import dataclass
from uuid import UUID

from eventsourcing.persistence import DataError, IntegrityError, OperationalError, PersistenceError, StoredEvent


class StoreError(PersistenceError):
    """Base of what the store raises. Messages name ids, types, expected and found; never a sealed value."""


class StaleVersion(StoreError, IntegrityError):
    """Somebody was first: the version is taken, or what was decided of other streams is not so any more."""


class CommandReused(StoreError):
    """The command key is known with another body."""

    rules = ("R23",)


class CommandRepeated(StoreError):
    """The command was carried out before; its events are at these positions."""

    def __init__(self, first_position: int, last_position: int) -> None:
        super().__init__(f"carried out before: entries {first_position} to {last_position}")
        self.first_position = first_position
        self.last_position = last_position


class KeyErased(StoreError):
    """The key of this case was destroyed; nothing personal can be added to it."""

    rules = ("R13",)


class ClockDiffers(StoreError, OperationalError):
    """An event's time is too far from the database's clock."""


class Unavailable(StoreError, OperationalError):
    """The database gave no connection, no lock or no answer in time. The same command may be sent again."""


class Rejected(StoreError, DataError):
    """The store refuses what was built here: a defect of this software."""


class UnknownEventType(StoreError):
    """A stored event has a type that this version of the software does not know; it is never skipped."""

    def __init__(self, event_id: str, type_name: str, position: int | None = None) -> None:
        place = f"entry {position}" if position else "event"
        super().__init__(f"{place} ({event_id}): unknown type {type_name}; a newer version of casework wrote it")
        self.event_id = event_id
        self.type_name = type_name
        self.position = position


class UnreadableEntry(StoreError):
    """Stored bytes do not fit their type, or their sealed part does not open: `casework verify` says more."""


class RecordBroken(StoreError):
    """Entries, leaves, sealed parts or checkpoints no longer fit one another: nothing of it is handed out as proved."""


class NotReversible(StoreError):
    """An event would not come back from the record as it is; nothing was stored."""


class EvidenceMissing(StoreError):
    """A file that the record names is not in the evidence store."""


class EvidenceBroken(StoreError):
    """A file in the evidence store does not open, or is not what its hash says."""


@dataclass(frozen=True)
class KnownCommand:
    """A command that was carried out: the hash of its body and where its events are."""

    body_sha256: bytes
    first_position: int
    last_position: int


@dataclass(frozen=True)
class Beginning:
    """What a decision begins with, as of one moment."""

    known: KnownCommand | None
    policy_version: int
    """The version of the policy's stream; 0 where there is none."""
    family: frozenset[str]
    """Directory ids of the pupils whom the actor belongs to, and of all adults of these; empty where nobody asked."""
    entries: tuple[StoredEvent, ...]
    """All of the case, in order; none where there is no such stream."""


@dataclass(frozen=True)
class WholeStream:
    """All entries of one stream, in order, and their positions."""

    id: UUID
    positions: tuple[int, ...]
    entries: tuple[StoredEvent, ...]


@dataclass(frozen=True)
class FeedPage:
    """A page of the feed: stored bytes, and where to go on.

    `next` passes what was filtered out, and repeats the position asked for where there was nothing at all.
    """

    positions: tuple[int, ...]
    entries: tuple[bytes, ...]
    next: int
    has_more: bool


@dataclass(frozen=True)
class AccessEntry:
    """Stored bytes of who read, exported or was refused something, and the case that it is about, if any."""

    position: int
    entry: bytes
    about: UUID | None


@dataclass(frozen=True)
class AccessPage:
    """A page of them; `next` as of a page of the feed."""

    entries: tuple[AccessEntry, ...]
    next: int
    has_more: bool
