"""Four levels at which a record is checked row by row: order, signature, history, content (the tree: `tree_level`).

Each collects its own findings and goes on after an error. Nothing here grows with the entries, but for the last version
of each stream; `access.*` entries, the many, are streams of one version and are not kept.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Final, NamedTuple

from casework.ledger.command_rows import CommandRows
from casework.ledger.rows import Block, Commands, Content, Erased, HeldNote, Home, Row, StoredCheckpoint, Unopened
from casework.ledger.verify import (
    Checkpoint,
    CheckSignature,
    Entry,
    Findings,
    Incomplete,
    LedgerError,
    MalformedNote,
    NotConsistent,
    SealBroken,
    UnknownKey,
    VerifierKey,
    WrongOrder,
    check_digests,
    counted,
    open_checkpoint,
    parse_checkpoint,
    parse_vkey,
    short,
    span,
)

BACK_MAX: Final = timedelta(seconds=65)
"""`append` refuses an entry over 60 s behind or 5 s ahead of the clock: no time is further back than their sum."""

KEY_ROTATED: Final = "record.key-rotated.v1"
KEY_ERASED: Final = "incident.erased.v1"


class Change(NamedTuple):
    """A key that an entry names in the place of another."""

    position: int
    old: str
    new: VerifierKey


class Notes:
    """Opens the notes of one record: by the keys that are trusted, and by those which the record names after them.

    A key that an entry names is trusted once the old one, which is, has signed a checkpoint over that entry; from then
    on the old one is not. So whoever adds such an entry, or has a key that was given up, is believed nothing.
    """

    def __init__(self, origin: str, keys: tuple[VerifierKey, ...], check: CheckSignature) -> None:
        self.followed: list[Change] = []
        self._origin = origin
        self._keys = list(keys)
        self._check = check
        self._waiting: list[Change] = []

    def name(self, position: int, entry: Entry) -> None:
        """Take a key that an entry names, until a checkpoint over it is opened.

        Raises:
            MalformedNote: it is no key of this record.
        """
        new = parse_vkey(str(entry.data.get("new")), f"entry {entry.id}: new")
        if new.name != self._origin:
            raise MalformedNote(f"entry {entry.id}: new", f"a key of {self._origin}", f"one of {new.name}")
        self._waiting.append(Change(position, str(entry.data.get("old")), new))

    def open(self, note: str, where: str) -> Checkpoint:
        """Return what a note says, if it is signed for this record."""
        try:
            return self._opened(note, self._keys, where)
        except UnknownKey:
            self._refuse_unfollowed(note, where)
            raise

    def settle(self, note: str, size: int) -> None:
        """Go on to the keys that a checkpoint covers, whose note was opened: where the old key has signed it as well.

        Raises:
            UnknownKey: it has not; the key that is named is not trusted.
        """
        covered = [change for change in self._waiting if change.position <= size]
        self._waiting = [change for change in self._waiting if change.position > size]
        for change in covered:
            old = next((key for key in self._keys if str(key) == change.old), None)
            if old is None:
                continue
            if change.new not in self._keys:
                self._opened(note, [old], f"checkpoint {size}, over the change of keys in entry {change.position}")
                self.followed.append(change)
                self._keys.append(change.new)
            self._keys.remove(old)

    def _opened(self, note: str, keys: Iterable[VerifierKey], where: str) -> Checkpoint:
        return open_checkpoint(note, keys, self._origin, check=self._check, where=where)

    def _refuse_unfollowed(self, note: str, where: str) -> None:
        """Say of a note by a key which the record names, and which cannot be followed, why that is not enough."""
        for change in self._waiting:
            try:
                self._opened(note, [change.new], where)
            except LedgerError:
                continue
            expected = f"a signature by {change.old} too, over the change of keys in entry {change.position}"
            found = f"one by {change.new} alone: trust it only if it came another way, and give both keys then"
            raise UnknownKey(where, expected, found)


class Order:
    """Positions 1..n, versions 1..m of each stream, times that do not run back, columns that fit their entries.

    `commands` are the rows of the table of that name, in order of their first position; None: they are not at hand.
    """

    def __init__(self, home: Home, only: str | None = None, commands: Iterable[Commands] | None = None) -> None:
        self.findings = Findings("order")
        self._commands = None if commands is None else CommandRows(self.findings, commands)
        self._home = home
        self._only = only
        self._position = 0
        self._versions: dict[str, int] = {}
        self._latest = ""

    def add(self, row: Row, entry: Entry | None) -> None:
        """Check the next row; `entry` is None if it could not be read."""
        self._follow_position(row.position, str(row))
        self._follow_version(row)
        if entry is not None:
            self._compare_columns(row, entry)
            self._follow_time(row, entry)
        if self._commands is not None:
            self._commands.add(row.position, row.command if entry is None else str(entry.data.get("command")))

    def follows(self, block: Block) -> bool:
        """Tell whether these rows follow those before: if not, which does not is for `add` to say."""
        if block.first != self._position + 1 or any(stream in self._versions for stream in block.fleeting):
            return False
        if any(self._versions.get(stream, 0) + 1 != first for stream, (first, _) in block.streams.items()):
            return False
        latest = self._latest
        for time in block.times:
            if self._is_back(time, latest):
                return False
            latest = max(latest, time)
        return True

    def take(self, block: Block, count: int) -> None:
        """Go on after rows that follow."""
        self._position += count
        self._versions.update((stream, last) for stream, (_, last) in block.streams.items())
        self._latest = max(self._latest, *block.times)
        if self._commands is not None:
            self._commands.take(block.commands)

    def pass_over(self, position: int) -> None:
        """Go past an entry of which no more than its position is looked at."""
        self._follow_position(position, f"entry {position}")

    def finish(self) -> None:
        """Say what was checked."""
        if self._position == 0:
            self._differs("entry 1", "record.opened.v1", "no entry at all")
        self.findings.summary = f"positions 1 to {self._position}, versions, times and columns follow"
        if self._only is not None:
            last = self._versions.get(self._only, 0)
            self.findings.summary = f"positions 1 to {self._position}; versions 1 to {last} of {self._only} follow"
        if self._commands is not None:
            self._commands.finish()
            self.findings.summary += f"; {counted(self._commands.count, 'command', 'commands')}, each with its row"
        else:
            why = "their table is not at hand" if self._only is None else "their table is of the whole record"
            self.findings.summary += f"; commands not run: {why}"
        if self._home.is_scratch:
            self.findings.summary += "; times not tried: a scratch record"

    def _follow_position(self, position: int, where: str) -> None:
        if position != self._position + 1:
            self._differs(f"{where}: position", str(self._position + 1), str(position))
        self._position = position

    def _follow_version(self, row: Row) -> None:
        expected = self._versions.get(row.stream, 0) + 1
        if row.version != expected:
            self._differs(f"{row}: version", str(expected), str(row.version))
        if not row.type.startswith("access."):
            self._versions[row.stream] = row.version

    def _compare_columns(self, row: Row, entry: Entry) -> None:
        names = ("stream", "version", "type", "time", "command", "source")
        said = (entry.stream, entry.version, entry.type, entry.time, entry.data.get("command"), entry.source)
        found = (row.stream, row.version, row.type, row.time, row.command, self._home.origin)
        for name, one, other in zip(names, said, found, strict=True) if said != found else ():
            if one != other:
                self._differs(f"{row}: {name}", f"{one}, as the entry says", f"{other}")
        if row.position == 1:
            self._compare_home(row, entry)

    def _compare_home(self, row: Row, entry: Entry) -> None:
        """Compare the record's own row with the entry that opened the record."""
        said = f"{entry.type} {entry.id}, is_scratch {entry.data.get('is_scratch')}"
        home = f"record.opened.v1 {self._home.stream}/1, is_scratch {self._home.is_scratch}"
        if said != home:
            self._differs(f"{row}: the entry that opens this record", home, said)

    def _follow_time(self, row: Row, entry: Entry) -> None:
        if self._is_back(entry.time, self._latest):
            self._differs(f"{row}: time", f"at most 65 s before {self._latest}", entry.time)
        self._latest = max(self._latest, entry.time)  # times have one form, so they sort as text

    def _is_back(self, time: str, latest: str) -> bool:
        """Tell whether a time is further back than any that `append` takes."""
        return time < latest and not self._home.is_scratch and _instant(latest) - _instant(time) > BACK_MAX

    def _differs(self, where: str, expected: str, found: str) -> None:
        self.findings.add(WrongOrder(where, expected, found))


class Signatures:
    """The stored checkpoints in order of size; `ahead` is the next one, not opened yet, None after the last."""

    def __init__(self, notes: Notes, stored: Iterator[StoredCheckpoint]) -> None:
        self.findings = Findings("signature")
        self.ahead: StoredCheckpoint | None = None
        self._notes = notes
        self._stored = stored
        self._count = 0
        self._size = 0
        self.advance()

    def advance(self) -> None:
        """Go on to the next checkpoint."""
        self.ahead = None
        for stored in self._stored:
            self._count += 1
            if stored.size > self._size:
                self.ahead, self._size = stored, stored.size
                return
            self.findings.add(WrongOrder(f"checkpoint {stored.size}", f"a size over {self._size}", str(stored.size)))
        if not self._count:
            self.findings.skip("no checkpoint is stored yet")
        self.findings.summary = f"{counted(self._count, 'checkpoint', 'checkpoints')}, each by a trusted key"

    def put_before(self, stored: StoredCheckpoint) -> None:
        """Take one more checkpoint, where not all were given, unless it is the one that is next anyway."""
        if self.ahead is not None and stored.size < self.ahead.size:
            self._stored = chain([self.ahead], self._stored)  # where it is counted again
            self.ahead, self._size = stored, stored.size

    def open(self) -> Checkpoint | None:
        """Return what the next checkpoint says, if it opens; go on to the keys that entries under it name."""
        if self.ahead is None:
            return None
        try:
            checkpoint = self._opened(self.ahead)
            self._notes.settle(self.ahead.note, checkpoint.size)
        except LedgerError as error:
            self.findings.add(error)
            return None
        return checkpoint

    def _opened(self, stored: StoredCheckpoint) -> Checkpoint:
        where = f"checkpoint {stored.size}"
        checkpoint = self._notes.open(stored.note, where)
        if checkpoint.size != stored.size:
            raise MalformedNote(f"{where}: size", f"{checkpoint.size}, as its note says", f"{stored.size} in its row")
        if checkpoint.root != stored.root:
            said, found = short(checkpoint.root, "as its note says"), short(stored.root, "in its row")
            raise MalformedNote(f"{where}: root", said, found)
        return checkpoint


class History:
    """Checkpoints that somebody outside kept: the record must still begin with what they say."""

    def __init__(self, notes: Notes, held: Iterable[HeldNote]) -> None:
        self.findings = Findings("history")
        self._waiting: list[tuple[int, HeldNote]] = []
        self._notes = notes
        count = 0
        for each in held:
            count += 1
            try:
                self._waiting.append((_claimed_size(each), each))
            except LedgerError as error:
                self.findings.add(error)
        self._waiting.sort(key=lambda waiting: waiting[0], reverse=True)
        self.findings.summary = f"{counted(count, 'held checkpoint', 'held checkpoints')}: the record begins with that"
        if not count:
            self.findings.skip("no checkpoint kept elsewhere was given")

    @property
    def next_size(self) -> int:
        """Return the size of the next one, as it says; 0 after the last."""
        return self._waiting[-1][0] if self._waiting else 0

    def compare(self, size: int, root: Callable[[], bytes]) -> None:
        """Compare the checkpoints of this size with the root of the stored leaves."""
        while self._waiting and self._waiting[-1][0] == size:
            held = self._waiting.pop()[1]
            checkpoint = self._opened(held)
            if checkpoint is not None and (found := root()) != checkpoint.root:
                where = f"held checkpoint {held.label}: {span(1, size)} not those it was signed for"
                expected = short(checkpoint.root, "root signed in it")
                self.findings.add(NotConsistent(where, expected, short(found, "root of the stored leaves")))

    def finish(self, size: int) -> None:
        """Name the checkpoints that are ahead of the record."""
        for claimed, held in reversed(self._waiting):
            if self._opened(held) is not None:
                where = f"held checkpoint {held.label}: {span(size + 1, claimed)} missing"
                self.findings.add(Incomplete(where, f"at least {claimed} entries", f"{size}"))

    def _opened(self, held: HeldNote) -> Checkpoint | None:
        """Open a note, once the record has named all keys up to its size."""
        try:
            return self._notes.open(held.note, f"held checkpoint {held.label}")
        except LedgerError as error:
            self.findings.add(error)
            return None


class SealedContent:
    """Sealed parts: the values give exactly the digests of the entry; what is erased is counted, with its entry."""

    def __init__(self, not_run: str | None, erasures: Mapping[int, str] | None = None) -> None:
        self.findings = Findings("content", not_run)
        self.erased = 0
        self.erased_by: set[int] = set()
        self._opened = 0
        self._erasures = dict(erasures or {})
        self._claims: dict[Erased, str] = {}

    def add(self, row: Row, entry: Entry, content: Content | None) -> None:
        """Check the sealed part of the next row; None: it has none."""
        if not self.findings.is_run:
            return
        if entry.type == KEY_ERASED:
            self._erasures[row.position] = str(entry.data.get("key_id"))
        try:
            self._check(row, entry, content)
        except LedgerError as error:
            self.findings.add(error)

    def take(self, block: Block) -> None:
        """Count the sealed parts of rows that hold."""
        self._opened += block.opened
        for claim, where in block.erased:
            self._count_erased(claim, where)

    def finish(self) -> None:
        """Check that each key that is gone was erased by an entry of the record."""
        for claim, row in self._claims.items():
            if self._erasures.get(claim.by) != claim.key_id:
                expected = f"entry {claim.by} to be {KEY_ERASED} of key {claim.key_id}"
                self.findings.add(SealBroken(f"{row}: sealed part not opened", expected, "another entry, or none"))
        opened = counted(self._opened, "sealed part", "sealed parts")
        self.findings.summary = f"{opened} opened, each with the digests of its entry; {self.erased} erased"

    def _check(self, row: Row, entry: Entry, content: Content | None) -> None:
        if (content is not None) != bool(entry.sd):
            expected, found = ("a sealed part", "none") if entry.sd else ("no sealed part", "one")
            raise SealBroken(str(row), expected, found)
        if isinstance(content, Unopened):
            raise SealBroken(f"{row}: sealed part", content.expected, content.found)
        if isinstance(content, Erased):
            self._count_erased(content, str(row))
        elif content is not None:
            self._opened += 1
            check_digests(entry, content.values, content.salt_key, str(row))

    def _count_erased(self, claim: Erased, where: str) -> None:
        self.erased += 1
        self.erased_by.add(claim.by)
        self._claims.setdefault(claim, where)


def _claimed_size(held: HeldNote) -> int:
    """Return which size a note is of, as it says; whether it may say so is seen when it is opened."""
    where = f"held checkpoint {held.label}"
    size = parse_checkpoint(held.note.rpartition("\n\n")[0] + "\n", where).size
    if size == 0:
        raise MalformedNote(f"{where}, line 2", "a size from 1: size 0 proves nothing", "0")
    return size


def _instant(time: str) -> datetime:
    return datetime.fromisoformat(time)
