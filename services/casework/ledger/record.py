"""A whole record, row by row, at the six levels of `casework verify`, in constant memory.

::

    check = RecordCheck(home, keys, checkpoints, held=[HeldNote("governor.txt", note)], check=note.check_signature)
    for row in rows:                       # a server-side cursor, in order of position
        check.add(row)                     # or check.add(row, content), if made with_content=True
    report = check.finish()                # report.holds, report.lines(), report.as_json()

Rows that `plain` found to hold by themselves may be given many at once, to `take`.

Of one case (`only` its stream), `add` takes its rows and `pass_over` the leaves of all others: the tree needs them.
`erasures` are entries elsewhere that erase its keys: which key, by position.

`checkpoints` come in order of size and are read as they are needed, so they too may come from a cursor. Where not all
are given, `covering` is asked for the one over an entry that names a new key: the old key has to have signed it.
`commands` are the rows of that table by their first position, many at a time.

| level | holds if |
|---|---|
| `order` | positions 1..n; versions 1..m a stream; times at most 65 s back; columns, `home`, `commands` fit entries |
| `leaf` | each entry is canonical and well formed, and its leaf is sha256(00 || entry) |
| `tree` | the stored leaves give the root of each checkpoint |
| `signature` | each note is by a trusted key, or one named after it and signed for by it, and says what its row says |
| `history` | the record begins with what each held checkpoint says |
| `content` | each sealed part gives exactly the digests of its entry; what is erased is counted, with its entry |

What did not run is `not_run` and why, never held. An entry altered together with its leaf leaves no trace but the root:
the report then gives the range between the last checkpoint that fits and the first that does not.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from casework.ledger.levels import KEY_ROTATED, Change, History, Notes, Order, SealedContent, Signatures
from casework.ledger.rows import Block, Commands, Content, HeldNote, Home, Row, StoredCheckpoint
from casework.ledger.tree_level import Tree
from casework.ledger.verify import (
    HASH_BYTES,
    CheckSignature,
    Entry,
    Findings,
    Level,
    MalformedEntry,
    MalformedNote,
    VerifierKey,
    check_ed25519,
    counted,
    leaf_hash,
    parse_entry,
    printable,
    span,
)


class RecordReport(NamedTuple):
    """What came of checking a record: `signed_size` is the last size that a stored checkpoint proves.

    `followed` are the changes of keys by which the notes were opened, beside the keys that were trusted.
    """

    origin: str
    size: int
    root: bytes
    signed_size: int
    erased: int
    erased_by: tuple[int, ...]
    levels: tuple[Level, ...]
    only: str | None = None
    followed: tuple[Change, ...] = ()

    @property
    def holds(self) -> bool:
        """Tell whether nothing that was run is broken."""
        return all(level.status != "broken" for level in self.levels)

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "holds": self.holds,
            "origin": self.origin,
            **({} if self.only is None else {"case": self.only}),
            "size": self.size,
            "root": self.root.hex(),
            "signed_size": self.signed_size,
            "erased": {"count": self.erased, "by": list(self.erased_by)},
            "keys_followed": [{"position": change.position, "key": str(change.new)} for change in self.followed],
            "levels": [level.as_json() for level in self.levels],
        }

    def lines(self) -> list[str]:
        """Return what a person reads."""
        told = [f"record   {self.origin}: {counted(self.size, 'entry', 'entries')}, root {self.root.hex()}"]
        if self.only is not None:
            told.append(f"case     {self.only}; of all other entries only the leaves were read")
        told += [
            f"key      {change.new} from entry {change.position} on, signed for by the one before"
            for change in self.followed
        ]
        told += [line for level in self.levels for line in level.lines()]
        if self.erased:
            by = ", ".join(str(position) for position in self.erased_by)
            told.append(f"erased   {counted(self.erased, 'sealed part', 'sealed parts')}, as entry {by} says")
        if self.signed_size < self.size:
            told.append(f"unsigned {span(self.signed_size + 1, self.size)}: no checkpoint here proves that yet")
        return [printable(line) for line in told]


class RecordCheck:
    """Checks a record that is fed to it, row by row."""

    def __init__(
        self,
        home: Home,
        keys: Iterable[VerifierKey],
        checkpoints: Iterable[StoredCheckpoint],
        *,
        held: Iterable[HeldNote] = (),
        with_content: bool = False,
        only: str | None = None,
        erasures: Mapping[int, str] | None = None,
        commands: Iterable[Commands] | None = None,
        covering: Callable[[int], StoredCheckpoint] | None = None,
        check: CheckSignature = check_ed25519,
    ) -> None:
        notes = self._notes = Notes(home.origin, tuple(keys), check)
        signatures = Signatures(notes, iter(checkpoints))
        self._home = home
        self._only = only
        self._count = 0
        self._covering = covering
        self._order = Order(home, only, commands)
        self._leaves = Findings("leaf")
        self._signatures = signatures
        self._tree = Tree(self._leaves, signatures)
        self._history = History(notes, held)
        self._content = SealedContent(None if with_content else "sealed parts were not opened", erasures)

    def add(self, row: Row, content: Content | None = None) -> None:
        """Check the next row. `content`, what became of its sealed part, counts only `with_content`."""
        self._count += 1
        computed = leaf_hash(row.entry)
        entry = self._entry(row, is_altered=computed != row.leaf)
        self._order.add(row, entry)
        if entry is not None and computed == row.leaf:
            self._follow_keys(row.position, entry)
        self._tree.add(row, computed)
        self._history.compare(self._tree.size, self._tree.root)
        if entry is not None:
            self._content.add(row, entry, content)

    def take(self, block: Block) -> bool:
        """Check rows that hold by themselves, many at once. False: nothing was taken, and `add` says what is wrong."""
        if not self._order.follows(block):
            return False
        leaves = [block.leaves[at : at + HASH_BYTES] for at in range(0, len(block.leaves), HASH_BYTES)]
        self._count += len(leaves)
        self._order.take(block, len(leaves))
        done = 0
        while done < len(leaves):
            stops = [size - self._tree.size for size in (self._tree.next_size, self._history.next_size)]
            end = min([len(leaves), *(done + stop for stop in stops if stop > 0)])
            self._tree.extend(block.first + done, leaves[done:end])
            self._history.compare(self._tree.size, self._tree.root)
            done = end
        self._content.take(block)
        return True

    def pass_over(self, position: int, leaf: bytes, rotation: bytes | None = None) -> None:
        """Take the leaf of an entry that is not looked at; of one that names a new key, its bytes as well."""
        self._order.pass_over(position)
        if rotation is not None and leaf_hash(rotation) == leaf:
            try:
                self._follow_keys(position, parse_entry(rotation, f"entry {position}"))
            except MalformedEntry as error:
                self._leaves.add(error)
        self._tree.add(Row(position, "", 0, "", "", "", b"", leaf), leaf)
        self._history.compare(self._tree.size, self._tree.root)

    def finish(self) -> RecordReport:
        """Return what was found, once all rows are in."""
        self._order.finish()
        self._tree.finish()
        self._history.finish(self._tree.size)
        self._content.finish()
        self._leaves.summary = f"{counted(self._count, 'entry', 'entries')}, each as its leaf says"
        levels = (self._order, self._tree, self._signatures, self._history, self._content)
        findings = [each.findings for each in levels]
        findings.insert(1, self._leaves)
        return RecordReport(
            origin=self._home.origin,
            size=self._tree.size,
            root=self._tree.root(),
            signed_size=self._tree.signed_size,
            erased=self._content.erased,
            erased_by=tuple(sorted(self._content.erased_by)),
            levels=tuple(each.level() for each in findings),
            only=self._only,
            followed=tuple(self._notes.followed),
        )

    def _follow_keys(self, position: int, entry: Entry) -> None:
        if entry.type == KEY_ROTATED and entry.stream == self._home.stream:
            try:
                self._notes.name(position, entry)
            except MalformedNote as error:
                self._signatures.findings.add(error)
                return
            if self._covering is not None:
                self._signatures.put_before(self._covering(position))

    def _entry(self, row: Row, *, is_altered: bool) -> Entry | None:
        try:
            return parse_entry(row.entry, str(row))
        except MalformedEntry as error:
            if not is_altered:  # else its leaf says more
                self._leaves.add(error)
            return None
