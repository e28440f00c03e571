"""Rows in which nothing stands out, looked at many at once: several times faster than one by one, and only ever a yes.

All that :meth:`Plain.look` says is that each of these rows would pass by itself: its entry is canonical and well
formed, fits its leaf and fits its columns. Of rows for which it does not say so, nothing is known; whoever asked looks
at them one by one (`verify.parse_entry`, `levels`), and so learns what is wrong with which, if anything is.

Faster, because the columns say how an entry must end, byte for byte, so that only `data` is left to be read::

    {"data":{...},"id":"<stream>/<version>","source":"<origin>","specversion":"1.0","time":"<time>","type":"<type>"}

because whoever calls may lend a fast reader of JSON, and because what has a fixed form, as digests have, is joined and
compared in one go. An entry whose `data` is not flat is read as everywhere else.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from operator import le, lt
from typing import Any, Final, NamedTuple

from casework.ledger.levels import KEY_ERASED, KEY_ROTATED
from casework.ledger.rows import Block, CommandRow, Content, Erased, Home, Opened, Row
from casework.ledger.verify import ENTRY_BYTES_MAX, Entry, LedgerError, check_digests, parse_entry

_HEAD: Final = b'{"data":'
_SD: Final = b'{"_sd":["'
_SD_END: Final = b'"],"_sd_alg":"sha-256","'
_SD_NEXT: Final = b'","'
_VERSION_MAX: Final = 10**10 - 1
_KNOWN_MAX: Final = 4096
_FLEETING: Final = "access."
_SPECIAL: Final = {KEY_ROTATED, KEY_ERASED}
"""Types of entries that say something about others."""


class _Shape(NamedTuple):
    """A form that texts of one length have: what each becomes, if all its characters of one kind become one of them."""

    table: bytes
    template: bytes
    between: bytes = b"\n"

    def fits(self, joined: bytes) -> bool:
        """Tell whether these are such texts and nothing else; what is between them stands in none of them."""
        count = (len(joined) + len(self.between)) // (len(self.template) + len(self.between))
        return joined.translate(self.table) == self.between.join([self.template] * count)


_UUID: Final = _Shape(bytes.maketrans(b"123456789abcdef", b"0" * 15), b"00000000-0000-0000-0000-000000000000")
_TIME: Final = _Shape(bytes.maketrans(b"123456789", b"0" * 9), b"0000-00-00T00:00:00.000000Z")
_BASE64URL: Final = bytes((*range(65, 91), *range(97, 123), *range(48, 58), *b"-_"))
_DIGEST: Final = _Shape(bytes.maketrans(_BASE64URL, b"A" * 64), b"A" * 43, _SD_NEXT)
_DIGEST_LAST: Final = b"AEIMQUYcgkosw048"  # Its last two bits are zero.


class FlatJson(NamedTuple):
    """A fast reader and writer of flat objects, lent by whoever checks.

    `read` takes an object whose values are texts, true, false, null, integers within +-(2**53 - 1), or lists of these,
    and raises `refusal` of anything else. `write` sorts names; of what was read it makes what `canonical` would.
    """

    read: Callable[[bytes], dict[str, Any]]
    write: Callable[[Any], bytes]
    refusal: type[Exception]


class _NotPlain(Exception):
    """Nothing is known of these rows."""


class Plain:
    """Looks at rows of one record; remembers names of types and of members that were looked at before.

    `with_commands`: what it returns says by which commands the rows were recorded.
    """

    def __init__(self, home: Home, json: FlatJson, *, with_commands: bool = True) -> None:
        self._origin = home.origin
        self._json = json
        self._with_commands = with_commands
        self._types: set[str] = set()
        self._names: set[str] = set()

    def look(self, rows: Sequence[Row], contents: Sequence[Content | None] | None = None) -> Block | None:
        """Return what is left to be checked of these rows if each of them surely holds by itself; else None.

        `contents` says what became of their sealed parts, if those were opened.
        """
        first = rows[0].position
        entries, leaves = [row.entry for row in rows], [row.leaf for row in rows]
        if first == 1 or [row.position for row in rows] != [*range(first, first + len(rows))]:
            return None
        if [sha256(b"\0" + entry).digest() for entry in entries] != leaves:
            return None
        try:
            if max(map(len, entries)) > ENTRY_BYTES_MAX or not self._are_columns(rows):
                return None
            digests = [self._digests(row) for row in rows]
            joined = _SD_NEXT.join(filter(None, digests))
            if not _DIGEST.fits(joined) or joined[42::46].translate(None, _DIGEST_LAST):
                return None
            opened, erased = (0, []) if contents is None else _opened(rows, digests, contents)
            streams, fleeting = _streams(rows)
        except (_NotPlain, LedgerError, ValueError):
            return None
        times = [row.time for row in rows]
        times = [times[0], times[-1]] if all(map(le, times, times[1:])) else times
        commands = _commands(rows) if self._with_commands else []
        return Block(first, b"".join(leaves), streams, fleeting, times, commands, opened, erased)

    def _are_columns(self, rows: Sequence[Row]) -> bool:
        """Tell whether the columns are of the form that members of an entry have. ValueError: a time no clock shows."""
        for row in rows:
            if row.type not in self._types and not self._learn(row):
                return False  # or one that has to be looked at alone
        versions, times = [row.version for row in rows], [row.time for row in rows]
        deque(map(datetime.fromisoformat, times), maxlen=0)
        return (
            min(versions) >= 1
            and max(versions) <= _VERSION_MAX
            and _TIME.fits("\n".join(times).encode())
            and _UUID.fits("\n".join([row.stream for row in rows]).encode())
        )

    def _learn(self, row: Row) -> bool:
        """Read an entry of a type that was not seen before, and tell whether it is of this type and record."""
        entry = parse_entry(row.entry)
        if (entry.type, entry.source) != (row.type, self._origin) or entry.type in _SPECIAL:
            return False
        if len(self._types) == _KNOWN_MAX:
            return False
        self._types.add(entry.type)
        return True

    def _digests(self, row: Row) -> bytes:
        """Return the digests of an entry that ends as its columns say, in their order; their form is not looked at.

        Raises:
            _NotPlain, LedgerError, ValueError: it is not plain.
        """
        _, stream, version, type_, time, command, entry, _ = row
        tail = (
            f',"id":"{stream}/{version}","source":"{self._origin}","specversion":"1.0","time":"{time}","type":"{type_}"}}'
        ).encode()
        if not entry.endswith(tail) or not entry.startswith(_HEAD):
            raise _NotPlain
        digests, octets = b"", entry[len(_HEAD) : -len(tail)]
        if octets.startswith(_SD):
            # Read without JSON: a name in lower case that follows sorts after theirs, as it must.
            end = octets.index(b"]") - 1
            digests, octets = octets[len(_SD) : end], octets[end:]
            each = digests.split(_SD_NEXT)
            if (
                not octets.startswith(_SD_END)
                or octets[len(_SD_END) : len(_SD_END) + 1] < b"a"
                or not all(map(lt, each, each[1:]))
            ):
                raise _NotPlain
            octets = b'{"' + octets[len(_SD_END) :]
        try:
            data = self._json.read(octets)
        except self._json.refusal:
            return self._read(row)
        if not self._names.issuperset(data) or b"\\" in octets:
            return self._read(row)
        if self._json.write(data) != octets or data.get("command") != command:
            raise _NotPlain
        return digests

    def _read(self, row: Row) -> bytes:
        """Return the digests of an entry that ends as its columns say, read as `verify` does; learn names from it."""
        entry = parse_entry(row.entry)
        if entry.data.get("command") != row.command:
            raise _NotPlain
        if len(self._names) + len(entry.data) <= _KNOWN_MAX:
            self._names.update(entry.data.keys() - {"_sd", "_sd_alg"})
        return '","'.join(entry.sd).encode()


def _streams(rows: Sequence[Row]) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """Return first and last version of each stream, which follow each other, and the streams of one entry."""
    streams: dict[str, tuple[int, int]] = {}
    fleeting = []
    for row in rows:
        first, last = streams.get(row.stream, (row.version, row.version - 1))
        if row.version != last + 1:
            raise _NotPlain
        if not row.type.startswith(_FLEETING):
            streams[row.stream] = first, row.version
        elif row.version == 1:
            fleeting.append(row.stream)
        else:
            raise _NotPlain
    return streams, fleeting


def _commands(rows: Sequence[Row]) -> list[CommandRow]:
    """Return which command each run of rows was recorded by, as their entries say too."""
    commands, first = [], rows[0].position
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        if following is None or following.command != row.command:
            commands.append(CommandRow(row.command, first, row.position))
            first = row.position + 1
    return commands


def _opened(
    rows: Sequence[Row], digests: Sequence[bytes], contents: Sequence[Content | None]
) -> tuple[int, list[tuple[Erased, str]]]:
    """Return how many sealed parts give exactly the digests of their entry, and those whose key is gone."""
    opened, erased = 0, []
    for row, joined, content in zip(rows, digests, contents, strict=True):
        if isinstance(content, Opened) and joined:
            sd = tuple(joined.decode().split('","'))
            entry = Entry(row.stream, row.version, row.type, row.time, "", {}, sd)
            check_digests(entry, content.values, content.salt_key)
            opened += 1
        elif isinstance(content, Erased) and joined:
            erased.append((content, str(row)))
        elif content is not None or joined:
            raise _NotPlain
    return opened, erased
