"""What a caller hands over to have a record checked: rows, stored checkpoints, notes kept outside, opened sealed parts.

The rows come in order of position, from a cursor of the database or from the entry bundles of a served log; in SQL::

    SELECT position, stream::text, version, type, to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           command::text, entry, leaf FROM event ORDER BY position
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import add
from typing import Final, NamedTuple
from uuid import UUID

from casework.ledger.verify import MalformedEntry, leaf_hash, parse_entry, span


class Home(NamedTuple):
    """What the record says of itself beside its entries: its own stream, its origin, whether it is only for trials."""

    stream: str
    origin: str
    is_scratch: bool


class Row(NamedTuple):
    """One entry as it is stored, and what was copied out of it: UUIDs and `time` as text, as the entry writes them."""

    position: int
    stream: str
    version: int
    type: str
    time: str
    command: str
    entry: bytes
    leaf: bytes

    def __str__(self) -> str:
        return f"entry {self.position} ({self.stream}/{self.version}, {self.type})"


class Columns(NamedTuple):
    """Rows one after another, column by column."""

    positions: tuple[int, ...]
    streams: tuple[str, ...]
    versions: tuple[int, ...]
    types: tuple[str, ...]
    times: tuple[str, ...]
    commands: tuple[str, ...]
    entries: tuple[bytes, ...]
    leaves: tuple[bytes, ...]

    def rows(self) -> Iterator[Row]:
        """Yield each row."""
        return map(Row._make, zip(*self, strict=True))


def read_row(position: int, octets: bytes) -> Row:
    """Return an entry as a served log gives it, with nothing beside it: columns and leaf are made of its own bytes.

    One that cannot be read gets columns that fit nothing, so that what checks it names it.
    """
    leaf = leaf_hash(octets)
    try:
        entry = parse_entry(octets)
    except MalformedEntry:
        return Row(position, "unread", 0, "unread", "", "", octets, leaf)
    command = str(entry.data.get("command"))
    return Row(position, entry.stream, entry.version, entry.type, entry.time, command, octets, leaf)


def read_home(first: bytes, origin: str) -> Home:
    """Return what a served log says of itself in its first entry.

    Raises:
        MalformedEntry: it is no entry.
    """
    entry = parse_entry(first, "entry 1")
    return Home(entry.stream, origin, entry.data.get("is_scratch") is True)


class CommandRow(NamedTuple):
    """What is kept of a command beside its entries: its key, and the positions of the first of them and the last."""

    key: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.key}, {span(self.first, self.last)}"


KEY_BYTES: Final = 16
POSITION_BYTES: Final = 8


class Commands(NamedTuple):
    """Many of these rows, one after another, each column joined: they are compared many at once.

    A key is its 16 bytes, a position a big-endian integer of 8, as Postgres writes both in binary::

        SELECT string_agg(uuid_send(key), ''), string_agg(int8send(first_position), ''), ...
    """

    keys: bytes = b""
    firsts: bytes = b""
    lasts: bytes = b""

    @property
    def size(self) -> int:
        """Return how many rows there are."""
        return len(self.keys) // KEY_BYTES

    def part(self, begin: int, end: int) -> "Commands":
        """Return the rows from one index to before another."""
        firsts, lasts = (each[begin * POSITION_BYTES : end * POSITION_BYTES] for each in (self.firsts, self.lasts))
        return Commands(self.keys[begin * KEY_BYTES : end * KEY_BYTES], firsts, lasts)

    def followed_by(self, others: "Commands") -> "Commands":
        """Return these rows and then others."""
        return Commands(*map(add, self, others))

    def rows(self) -> Iterator[CommandRow]:
        """Yield each row."""
        for index in range(self.size):
            yield self.row(index)

    def row(self, index: int) -> CommandRow:
        """Return one row."""
        key, first, last = self.part(index, index + 1)
        return CommandRow(str(UUID(bytes=key)), int.from_bytes(first, signed=True), int.from_bytes(last, signed=True))


def joined_commands(keys: Iterable[str], firsts: Sequence[int], lasts: Sequence[int]) -> Commands:
    """Return rows whose columns are these; `keys` are UUIDs in lower case."""
    positions = struct.Struct(f">{len(firsts)}q").pack
    return Commands(bytes.fromhex("".join(keys).replace("-", "")), positions(*firsts), positions(*lasts))


class StoredCheckpoint(NamedTuple):
    """A checkpoint as it is stored: two columns, and the note that must say the same."""

    size: int
    root: bytes
    note: str


class HeldNote(NamedTuple):
    """A checkpoint that somebody outside kept, and what to call it: a file's name."""

    label: str
    note: str


class Opened(NamedTuple):
    """The personal fields of an entry, out of its sealed part, and the key that salts its digests."""

    values: Mapping[str, object]
    salt_key: bytes

    def __repr__(self) -> str:
        return f"Opened({', '.join(sorted(self.values))})"


class Erased(NamedTuple):
    """A sealed part whose key was destroyed: which key, and the position of the entry that says so."""

    key_id: str
    by: int


class Unopened(NamedTuple):
    """A sealed part that does not open: what was expected, what was found."""

    expected: str
    found: str


Content = Opened | Erased | Unopened
"""What became of a sealed part."""


class Block(NamedTuple):
    """Rows one after another that hold by themselves (`plain`), and what is left to be compared with what was before.

    `leaves` are joined. `streams` has the first and last version of each that goes on, `fleeting` are those of one
    entry (`access.*`). `times` are all in order, or first and last of those that do not run back. `commands` are those
    that recorded the rows, in order. `opened` says how many sealed parts gave the digests of their entry; `erased` are
    the others, and in which row each is.
    """

    first: int
    leaves: bytes
    streams: Mapping[str, tuple[int, int]]
    fleeting: Sequence[str]
    times: Sequence[str]
    commands: Commands
    opened: int = 0
    erased: Sequence[tuple[Erased, str]] = ()
