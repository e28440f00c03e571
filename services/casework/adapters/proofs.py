"""Proofs to a signed checkpoint, made of the stored leaves and checked before they leave.

Each proof must fit the root that the note signs; one that does not is never handed out. (Tiles, once there are any,
will save reading all leaves; what a proof says stays the same.)
"""

from collections.abc import Iterable
from typing import NamedTuple

from casework.adapters.scan import RecordScan
from casework.ledger.merkle import LeafReader, consistency, inclusion
from casework.ledger.proof import consistency_proof, tlog_proof
from casework.ledger.verify import Checkpoint, check_consistency, check_inclusion


class Stamped(NamedTuple):
    """A checkpoint and the note that signs it."""

    checkpoint: Checkpoint
    note: str


def entry_proofs(scan: RecordScan, positions: Iterable[int], under: Stamped) -> dict[int, str]:
    """Return for each position its `.tlog-proof` file to a checkpoint.

    Raises:
        LedgerError: a position beyond the checkpoint, or leaves that no longer give the signed root.
    """
    size, root = under.checkpoint.size, under.checkpoint.root
    leaves = list(scan.leaves(upto=size))
    reader = LeafReader(leaves)
    proofs = {}
    for position in positions:
        hashes = inclusion(reader, position - 1, size)
        check_inclusion(leaves[position - 1], position - 1, size, hashes, root)
        proofs[position] = tlog_proof(position - 1, hashes, under.note)
    return proofs


def consistency_file(scan: RecordScan, old: Checkpoint, under: Stamped) -> str:
    """Return the file that shows a checkpoint to continue an older one.

    Raises:
        LedgerError: an older one that is not older, or leaves that no longer give both signed roots.
    """
    size, root = under.checkpoint.size, under.checkpoint.root
    hashes = consistency(LeafReader(list(scan.leaves(upto=size))), old.size, size)
    check_consistency(old.size, size, hashes, old.root, root)
    return consistency_proof(old.size, hashes, under.note)
