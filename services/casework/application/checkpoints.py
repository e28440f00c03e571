"""Signed checkpoints of the record, as use cases and readers ask for them."""

from typing import NamedTuple, Protocol


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
