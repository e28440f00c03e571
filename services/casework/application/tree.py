"""The tree over the record, as it is handed out: tiles, entries in bundles, and proofs to signed checkpoints."""

from collections.abc import Sequence
from typing import Protocol

from casework.ledger.tiles import Bundle, Tile


class BeyondCheckpoint(Exception):
    """What was asked for is not under the checkpoint that it was asked of; `size`: how many entries are."""

    def __init__(self, size: int) -> None:
        super().__init__(f"expected what checkpoint {size} covers, found what is beyond it")
        self.size = size


class NoCheckpoint(Exception):
    """No checkpoint of this size was signed; `nearest`: the sizes below and above for which there are some."""

    def __init__(self, size: int, nearest: Sequence[int]) -> None:
        super().__init__(f"expected the size of a checkpoint, found {size}")
        self.nearest = tuple(nearest)


class Tree(Protocol):
    """The tree over one record, as far as it is signed.

    What cannot be handed out as it must be raises `RecordBroken`; what has to be built first, and is too large to be
    built at once, `Unavailable`.
    """

    def tile(self, tile: Tile) -> bytes:
        """Return the hashes of a tile, joined; raises BeyondCheckpoint."""
        ...

    def bundle(self, bundle: Bundle) -> bytes:
        """Return the entries of a bundle, each after its length; raises BeyondCheckpoint."""
        ...

    def proof(self, position: int, size: int | None) -> str:
        """Return the proof of an entry to the checkpoint of a size, or to the latest.

        Raises:
            NoCheckpoint: of this size.
            BeyondCheckpoint: that position is.
        """
        ...

    def consistency(self, old: int, new: int | None) -> str:
        """Return the proof that a checkpoint continues an older one: the one of size `new`, or the latest.

        Raises:
            NoCheckpoint: of one of these sizes.
            BeyondCheckpoint: `old` is.
        """
        ...
