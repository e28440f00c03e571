"""The tree over the leaves: root, inclusion and consistency proofs (RFC 6962 section 2.1), as pure functions.

A proof is a list of roots of runs of leaves. Each run is cut into perfect subtrees, their hashes are read in one go and
folded together again; so a reader has one method, and what it reads from (leaves in memory, tiles) is its own affair.
In a tree of 7 leaves the proof of index 3 needs the runs [2,3), [0,2), [4,7): three hashes, read as the four
subtrees (0,2), (1,0), (1,2), (0,6), the last two folded into one.

Checking is `verify`'s, which also has the compact range that a growing tree is carried on with.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol

from casework.ledger.verify import EMPTY_ROOT, CompactRange, Incomplete, MalformedProof, node_hash

__all__ = ["CompactRange", "LeafReader", "Reader", "Subtree", "consistency", "inclusion", "inclusions", "root"]


class Subtree(NamedTuple):
    """The perfect subtree over the `2**level` leaves that begin at `number * 2**level`."""

    level: int
    number: int


class Reader(Protocol):
    """Reads hashes of perfect subtrees."""

    def read(self, subtrees: Sequence[Subtree]) -> Sequence[bytes]:
        """Return the root of each subtree, in the order asked for."""
        ...


class LeafReader:
    """Reads from leaves in memory, hashing each subtree once."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            # A proof takes a thousand of these: `node_hash` spelled out.
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([sha256(b"\x01" + left + right).digest() for left, right in pairs])

    def read(self, subtrees: Sequence[Subtree]) -> Sequence[bytes]:
        """Return the root of each subtree.

        Raises:
            Incomplete: a subtree over leaves that are not there.
        """
        try:
            return [self._levels[level][number] for level, number in subtrees]
        except IndexError:
            raise Incomplete("leaves", "all leaves of the tree that was asked for", str(len(self._levels[0]))) from None


Source = Reader | Sequence[bytes]
"""A reader, or the leaves themselves."""


def root(source: Source, size: int | None = None) -> bytes:
    """Return the root over the first `size` leaves; of a sequence of leaves, by default over all.

    Raises:
        Incomplete: there are fewer leaves, or a reader was given without a size.
    """
    if size is None:
        if not isinstance(source, Sequence):
            raise Incomplete("root", "a size, to read a tree by", "none")
        size = len(source)
    return _hashes(source, [(0, size)])[0] if size else EMPTY_ROOT


def inclusion(source: Source, index: int, size: int) -> list[bytes]:
    """Return the hashes that join the leaf at this index to the root of this size (RFC 6962 section 2.1.1).

    Raises:
        MalformedProof: an index that is not in the tree.
        Incomplete: there are fewer leaves.
    """
    return inclusions(source, [index], size)[0]


def inclusions(source: Source, indexes: Sequence[int], size: int) -> list[list[bytes]]:
    """Return for each index what `inclusion` does, all with one read.

    Raises:
        MalformedProof, Incomplete: as `inclusion`.
    """
    for index in indexes:
        if not 0 <= index < size:
            raise MalformedProof("inclusion proof", f"an index below the size {size}", str(index))
    plans = [_inclusion_runs(index, 0, size) for index in indexes]
    hashes = iter(_hashes(source, [run for plan in plans for run in plan]))
    return [[next(hashes) for _ in plan] for plan in plans]


def consistency(source: Source, old: int, new: int) -> list[bytes]:
    """Return the hashes that join the root of size `old` to the root of size `new` (RFC 6962 section 2.1.2).

    Raises:
        MalformedProof: sizes that prove nothing: old 0, or old over new.
        Incomplete: there are fewer leaves.
    """
    if not 0 < old <= new:
        raise MalformedProof("consistency proof", f"an old size from 1 to {new}", str(old))
    return _hashes(source, _consistency_runs(old, 0, new, is_known=True))


_Run = tuple[int, int]
"""The leaves from the first number on, up to but not with the second."""


def _inclusion_runs(index: int, first: int, end: int) -> list[_Run]:
    """Return PATH(m, D[n]) of RFC 6962 section 2.1.1, as runs of leaves."""
    if end - first == 1:
        return []
    middle = first + _split(end - first)
    if index < middle:
        return [*_inclusion_runs(index, first, middle), (middle, end)]
    return [*_inclusion_runs(index, middle, end), (first, middle)]


def _consistency_runs(old: int, first: int, end: int, *, is_known: bool) -> list[_Run]:
    """Return SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2; `is_known`: whoever checks has this root already."""
    if old == end:
        return [] if is_known else [(first, end)]
    middle = first + _split(end - first)
    if old <= middle:
        return [*_consistency_runs(old, first, middle, is_known=is_known), (middle, end)]
    return [*_consistency_runs(old, middle, end, is_known=False), (first, middle)]


def _split(size: int) -> int:
    """Return the largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


def _hashes(source: Source, runs: Sequence[_Run]) -> list[bytes]:
    """Return the root of each run, with one read."""
    plans = [_subtrees(first, end) for first, end in runs]
    reader = LeafReader(source) if isinstance(source, Sequence) else source
    read = iter(reader.read([subtree for plan in plans for subtree in plan]))
    return [_folded([next(read) for _ in plan]) for plan in plans]


def _subtrees(first: int, end: int) -> list[Subtree]:
    """Cut a run of a tree into perfect subtrees, left to right, the largest first."""
    cut = []
    while first < end:
        level = (end - first).bit_length() - 1
        cut.append(Subtree(level, first >> level))
        first += 1 << level
    return cut


def _folded(hashes: Sequence[bytes]) -> bytes:
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found
