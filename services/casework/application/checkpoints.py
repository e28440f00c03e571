"""Signed checkpoints of the record, as use cases and readers ask for them."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Protocol

from casework.application.store import StoreError
from casework.domain.event import Recorded
from casework.domain.steps.police import PoliceReferred
from servicekit import logs

URGENT: Final = (PoliceReferred,)
"""What is signed as soon as it is recorded (ledger.md 4), instead of at the next run."""

Recording = Callable[[Iterable[Recorded]], None]
"""Is told what was recorded, once it is durable. It raises nothing: what is recorded stands, whatever comes of it."""


class StoredNote(NamedTuple):
    """A signed checkpoint: the size of the record under it, and the note itself (C2SP tlog-checkpoint)."""

    size: int
    note: str


class Checkpoints(Protocol):
    """The checkpoints of one record."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The verifier keys, newest first."""
        ...

    def latest(self) -> StoredNote | None:
        """Return the latest one, if there is one yet."""
        ...

    def of_size(self, size: int) -> StoredNote | None:
        """Return the one of this size."""
        ...

    def nearest(self, size: int) -> tuple[int, ...]:
        """Return the sizes next to this one for which there are checkpoints."""
        ...

    def sign(self) -> StoredNote:
        """Sign what is new, and return the latest."""
        ...


def each_of(*recordings: Recording) -> Recording:
    """Return what tells each of these."""

    def recorded(events: Iterable[Recorded]) -> None:
        told = tuple(events)
        for recording in recordings:
            recording(told)

    return recorded


def sign_urgent(checkpoints: Checkpoints) -> Recording:
    """Return what signs a checkpoint as soon as something urgent was recorded.

    It is recorded all the same where that fails: the next run signs it, or says that the record does not fit.
    """

    def recorded(events: Iterable[Recorded]) -> None:
        if any(isinstance(at.event, URGENT) for at in events):
            try:
                checkpoints.sign()
            except StoreError as error:
                logs.get_logger().error("an urgent entry was not signed at once", error=type(error))

    return recorded
