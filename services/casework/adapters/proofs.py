"""Proofs to a signed checkpoint, read from tiles and checked before they leave.

Each proof must fit the root that the note signs, and the leaf or the older root that it is asked for. One that does not
is made once more, from tiles built anew from the leaves; one that still does not is never handed out.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from casework.adapters.driver_errors import translated
from casework.adapters.pool import Pool
from casework.adapters.tiles import Tiles
from casework.application.store import RecordBroken
from casework.ledger.merkle import Reader, consistency, inclusions
from casework.ledger.proof import consistency_proof, tlog_proof
from casework.ledger.tiles import TileReader
from casework.ledger.verify import (
    Checkpoint,
    Incomplete,
    NotConsistent,
    RootDiffers,
    check_consistency,
    check_inclusion,
)
from servicekit import logs

T = TypeVar("T")

_UNFIT = (RootDiffers, NotConsistent, Incomplete)


class Stamped(NamedTuple):
    """A checkpoint and the note that signs it."""

    checkpoint: Checkpoint
    note: str


class Prover:
    """Makes the proofs of one record."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema

    def entry_proofs(self, leaves: Mapping[int, bytes], under: Stamped) -> dict[int, str]:
        """Return the `.tlog-proof` file to a checkpoint of each position, whose leaf is given with it.

        Raises:
            RecordBroken: leaves or tiles do not give the signed root.
            Unavailable: no database, or a tile is missing that only the checkpoint run makes.
            MalformedProof: a position beyond the checkpoint.
        """
        size, root = under.checkpoint.size, under.checkpoint.root

        def make(reader: Reader) -> dict[int, str]:
            made = {}
            found = inclusions(reader, [position - 1 for position in leaves], size)
            for (position, leaf), hashes in zip(leaves.items(), found, strict=True):
                check_inclusion(leaf, position - 1, size, hashes, root)
                made[position] = tlog_proof(position - 1, hashes, under.note)
            return made

        return self._proved(size, make)

    def consistency_file(self, old: Checkpoint, under: Stamped) -> str:
        """Return the file that shows a checkpoint to continue an older one. Raises as above."""
        size, root = under.checkpoint.size, under.checkpoint.root

        def make(reader: Reader) -> str:
            hashes = consistency(reader, old.size, size)
            check_consistency(old.size, size, hashes, old.root, root)
            return consistency_proof(old.size, hashes, under.note)

        return self._proved(size, make)

    def _proved(self, size: int, make: Callable[[Reader], T]) -> T:
        """Return what is made and checked: of the tiles that are kept, else of tiles built anew."""
        with translated(), self._pool.connection() as connection:
            kept = Tiles(connection, self._schema)
            try:
                made = make(TileReader(kept, size))
            except _UNFIT as error:
                logs.get_logger().warning("tiles do not fit, and are built anew", error=type(error))
                kept = Tiles(connection, self._schema, anew=True)
                made = _made_anew(make, TileReader(kept, size))
            kept.keep_built()
        return made


def _made_anew(make: Callable[[Reader], T], reader: TileReader) -> T:
    try:
        return make(reader)
    except _UNFIT as error:
        raise RecordBroken(f"{error}; run `casework verify`") from None
