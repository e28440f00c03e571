"""The level `tree`: the stored leaves, and every checkpoint that was signed over them; with it, what `leaf` found.

A leaf is a witness of its entry (`append` wrote both), a checkpoint is a witness of the leaves. So an entry that was
altered alone does not fit its leaf, and the next checkpoint tells which of the two was signed. Altered both alike, the
leaf fits and the root does not: named is then the range from the last checkpoint that fits to the first that does not.
Older checkpoints are never needed again: two compact ranges are all that is kept.
"""

from collections.abc import Sequence
from typing import NamedTuple

from casework.ledger.levels import Signatures
from casework.ledger.rows import Row
from casework.ledger.verify import (
    ERRORS_MAX,
    Checkpoint,
    CompactRange,
    Findings,
    Incomplete,
    LeafDiffers,
    NotConsistent,
    RootDiffers,
    counted,
    short,
    span,
)


class Altered(NamedTuple):
    """An entry that does not fit its leaf, until a checkpoint tells which of the two is the signed one."""

    row: str
    stored: bytes
    computed: bytes


class Tree:
    """The tree of the stored leaves and, from the first entry on that does not fit its leaf, of the computed ones."""

    def __init__(self, leaves: Findings, signatures: Signatures) -> None:
        self.findings = Findings("tree")
        self.signed_size = 0
        self._leaves = leaves
        self._signatures = signatures
        self._stored = CompactRange()
        self._computed: CompactRange | None = None
        self._altered: list[Altered] = []
        self._bad: tuple[Checkpoint, bytes] | None = None
        self._compared = 0
        self._is_shifted = False

    @property
    def size(self) -> int:
        """Return how many leaves there are so far."""
        return self._stored.size

    def root(self) -> bytes:
        """Return the root of the stored leaves so far."""
        return self._stored.root()

    def add(self, row: Row, computed: bytes) -> None:
        """Add the next leaf; compare with the checkpoint of this size, if there is one."""
        if computed != row.leaf:
            self._note_altered(Altered(str(row), row.leaf, computed))
        self._is_shifted = self._is_shifted or row.position != self._stored.size + 1
        self._stored.push(row.leaf)
        if self._computed is not None:
            self._computed.push(computed)
        ahead = self._signatures.ahead
        if ahead is not None and ahead.size == self._stored.size:
            checkpoint = self._signatures.open()
            if checkpoint is not None:
                self._compare(checkpoint)
            self._signatures.advance()

    @property
    def next_size(self) -> int:
        """Return the size of the next checkpoint; 0 after the last."""
        return self._signatures.ahead.size if self._signatures.ahead is not None else 0

    def extend(self, first: int, leaves: Sequence[bytes]) -> None:
        """Add leaves that fit their entries, from a position on; if one is the last of a checkpoint, it is the last."""
        self._is_shifted = self._is_shifted or first != self._stored.size + 1
        *most, last = leaves
        self._stored.extend(most)
        if self._computed is not None:
            self._computed.extend(most)
        self.add(Row(first + len(most), "", 0, "", "", "", b"", last), last)

    def finish(self) -> None:
        """Say what no checkpoint has settled, and whether one is ahead of the record."""
        uncovered = "no checkpoint covers it yet" if self._bad is None else "no checkpoint proves its leaf or its bytes"
        for altered in self._altered:
            self._tell(altered, uncovered)
        if self._bad is not None:
            self._tell_bad(*self._bad)
        beyond = None
        while self._signatures.ahead is not None:
            opened = self._signatures.open()
            beyond = opened if beyond is None else beyond
            self._signatures.advance()
        if beyond is not None:
            where = f"{span(self.size + 1, beyond.size)}: missing"
            if self._is_shifted:  # then it need not be the last ones
                where = f"checkpoint {beyond.size}: {counted(beyond.size - self.size, 'entry', 'entries')} missing"
            self.findings.add(
                Incomplete(where, f"{beyond.size} entries, as checkpoint {beyond.size} says", f"{self.size}")
            )
        self.findings.summary = f"the leaves give the root of {counted(self._compared, 'checkpoint', 'checkpoints')}"
        if not self._compared:
            self.findings.skip("no checkpoint opens that covers entries here")

    def _note_altered(self, altered: Altered) -> None:
        if self._computed is None:
            self._computed = self._stored.copy()
        if len(self._altered) < ERRORS_MAX:
            self._altered.append(altered)
        else:
            self._leaves.count()

    def _compare(self, checkpoint: Checkpoint) -> None:
        self._compared += 1
        found = self._stored.root()
        if found == checkpoint.root:
            self._settle(checkpoint, "its stored leaf is proved")
        elif self._computed is not None and self._computed.root() == checkpoint.root:
            where = f"{span(self.signed_size + 1, checkpoint.size)}: a stored leaf was altered"
            where += f"; checkpoint {checkpoint.size} proves the entries themselves"
            self.findings.add(RootDiffers(where, *_roots(checkpoint, found)))
            self._stored = self._computed
            self._settle(checkpoint, "its leaf, not its bytes: these are proved")
        elif self._bad is None:
            self._bad = (checkpoint, found)

    def _settle(self, checkpoint: Checkpoint, verdict: str) -> None:
        """Go on from a checkpoint that fits: all before it is as it was signed."""
        if self._bad is not None:
            bad, found = self._bad
            where = f"checkpoint {bad.size}: signed for other entries; checkpoint {checkpoint.size} fits these again"
            self.findings.add(NotConsistent(where, *_roots(bad, found)))
        for altered in self._altered:
            self._tell(altered, f"{verdict} by checkpoint {checkpoint.size}")
        self._bad, self._computed, self._altered = None, None, []
        self.signed_size = checkpoint.size

    def _tell_bad(self, checkpoint: Checkpoint, found: bytes) -> None:
        how = "altered together with its leaf"
        if self._is_shifted or self._altered:
            how = "altered, removed or moved" if self._is_shifted else "altered"
        which = "" if self.signed_size + 1 == checkpoint.size else "at least one "
        where = f"{span(self.signed_size + 1, checkpoint.size)}: {which}{how}; "
        where += f"checkpoint {checkpoint.size} is the first that does not fit"
        self.findings.add(RootDiffers(where, *_roots(checkpoint, found)))

    def _tell(self, altered: Altered, verdict: str) -> None:
        stored, computed = (
            short(altered.stored, "leaf stored by append"),
            short(altered.computed, "of the stored bytes"),
        )
        self._leaves.add(LeafDiffers(f"{altered.row}: altered; {verdict}", stored, computed))


def _roots(checkpoint: Checkpoint, found: bytes) -> tuple[str, str]:
    return short(checkpoint.root, "root signed in its note"), short(found, "root of the stored leaves")
