"""Rows in which nothing stands out, looked at many at once: several times faster than one by one, and only ever a yes.

All that :meth:`Plain.look` says is that each of these rows would pass by itself: its entry is canonical and well
formed, fits its leaf and fits its columns. Of rows for which it does not say so, nothing is known; whoever asked looks
at them one by one (`verify.parse_entry`, `levels`), and so learns what is wrong with which, if anything is.

Faster, because the columns say how an entry must end, byte for byte, so that only `data` is left to be read::

    {"data":{...},"id":"<stream>/<version>","source":"<origin>","specversion":"1.0","time":"<time>","type":"<type>"}

and because what is left is joined, so that one call does for all: digests, which have a fixed form, and the rest of
`data`, an object a line, for which whoever calls lends a fast reader of JSON. An entry whose `data` is not flat is read
as everywhere else.
"""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import compress, islice
from operator import le, lt, ne
from typing import Any, Final, NamedTuple

from casework.ledger.levels import KEY_ERASED, KEY_ROTATED
from casework.ledger.rows import Block, Columns, Commands, Content, Erased, Home, Opened, joined_commands
from casework.ledger.verify import ENTRY_BYTES_MAX, Entry, LedgerError, check_digests, parse_entry

_HEAD: Final = b'{"data":{"'
_SD_HEAD: Final = _HEAD + b'_sd":['
_SD_END: Final = b'],"_sd_alg":"sha-256","'
_BRACKET: Final = ord("]")  # To search for one byte is fastest.
_LINES_AT_ONCE: Final = 100
"""So many objects are read at once: with more of them alive, Python would go through all it holds, over and over."""
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
_DIGEST: Final = _Shape(bytes.maketrans(_BASE64URL, b"A" * 64), b'"%b"' % (b"A" * 43), b",")
_DIGEST_LAST: Final = b"AEIMQUYcgkosw048"  # Its last two bits are zero.


class FlatJson(NamedTuple):
    """A fast reader and writer of flat objects, one a line, lent by whoever checks.

    `read` takes objects whose values are texts, true, false, null, integers within +-(2**53 - 1), or lists of these,
    and raises `refusal` of anything else. `write` sorts names and ends each line; of what was read it makes what
    `canonical` would, in which no line feed stands.
    """

    read: Callable[[bytes], list[dict[str, Any]]]
    write: Callable[[Sequence[dict[str, Any]]], bytes]
    refusal: type[Exception]


class _NotPlain(Exception):
    """Nothing is known of these rows."""


class Plain:
    """Looks at rows of one record; remembers names of types and of members that were looked at before."""

    def __init__(self, home: Home, json: FlatJson) -> None:
        self._origin = home.origin
        self._json = json
        self._types: set[str] = set()
        self._names: set[str] = set()

    def look(self, columns: Columns, contents: Sequence[Content | None] | None = None) -> Block | None:
        """Return what is left to be checked of these rows if each of them surely holds by itself; else None.

        They come column by column: to make a `Row` of each takes time too. `contents` says what became of their sealed
        parts, if those were opened.
        """
        try:
            _look_at_leaves(columns)
            self._look_at_columns(columns)
            digests = self._look_at_entries(columns)
            opened, erased = (0, []) if contents is None else _opened(columns, digests, contents)
            streams, fleeting = _streams(columns)
            commands = _commands(columns)
        except (_NotPlain, LedgerError, TypeError, ValueError, self._json.refusal):  # TypeError: a column holds nothing
            return None
        times: Sequence[str] = columns.times
        times = [times[0], times[-1]] if all(map(le, times, times[1:])) else times
        leaves = b"".join(columns.leaves)
        return Block(columns.positions[0], leaves, streams, fleeting, times, commands, opened, erased)

    def _look_at_columns(self, columns: Columns) -> None:
        """See whether the columns are of the form that members of an entry have. ValueError: a time no clock shows."""
        for type_, entry in zip(columns.types, columns.entries, strict=True):
            if type_ not in self._types:
                self._learn(type_, entry)
        deque(map(datetime.fromisoformat, columns.times), maxlen=0)
        _require(min(columns.versions) >= 1 and max(columns.versions) <= _VERSION_MAX)
        _require(_TIME.fits("\n".join(columns.times).encode()))
        _require(_UUID.fits("\n".join([*columns.streams, *columns.commands]).encode()))

    def _learn(self, type_: str, octets: bytes) -> None:
        """Read an entry of a type that was not seen before: if it says so itself, it is one that entries may have."""
        entry = parse_entry(octets)
        _require((entry.type, entry.source) == (type_, self._origin))
        _require(entry.type not in _SPECIAL and len(self._types) < _KNOWN_MAX)  # else each is looked at alone
        self._types.add(type_)

    def _look_at_entries(self, columns: Columns) -> list[bytes]:
        """Return the digests of each entry, joined as it joins them, of entries that begin and end as they must."""
        digests, lines = [], []
        for entry, tail in zip(columns.entries, self._tails(columns), strict=True):
            if entry.startswith(_SD_HEAD):
                # Read without JSON: a name in lower case that follows sorts after theirs, as it must.
                end = entry.index(_BRACKET)
                each = entry[len(_SD_HEAD) : end]
                line = entry[end + len(_SD_END) : -len(tail)]
                if not each or not entry.startswith(_SD_END, end) or line < b"a":
                    raise _NotPlain
            else:
                each = b""
                line = entry[len(_HEAD) : -len(tail)]
                if not entry.startswith(_HEAD):
                    raise _NotPlain
            if not entry.endswith(tail):
                raise _NotPlain
            digests.append(each)
            lines.append(line)
        _look_at_digests([each for each in digests if each])
        for begin in range(0, len(lines), _LINES_AT_ONCE):
            some = slice(begin, begin + _LINES_AT_ONCE)
            self._look_at_data(lines[some], columns.commands[some], columns.entries[some], digests[some])
        return digests

    def _tails(self, columns: Columns) -> list[bytes]:
        """Return how each entry must end."""
        middle = f'","source":"{self._origin}","specversion":"1.0","time":"'
        return [
            f',"id":"{stream}/{version}{middle}{time}","type":"{type_}"}}'.encode()
            for stream, version, type_, time in zip(*columns[1:5], strict=True)
        ]

    def _look_at_data(
        self, lines: Sequence[bytes], commands: Sequence[str], entries: Sequence[bytes], digests: Sequence[bytes]
    ) -> None:
        """See whether what else is in `data`, in `lines` behind the first `{"`, is canonical and names the command."""
        joined = _lines(lines)
        try:
            values = self._json.read(joined)
            is_known = b"\\" not in joined and all(map(self._names.issuperset, values))
        except self._json.refusal:
            is_known = False
        if not is_known:
            found = zip(lines, entries, commands, digests, strict=True)
            even = [not self._is_odd(each[0]) or self._read(*each[1:]) for each in found]
            joined, commands = _lines([*compress(lines, even)]), [*compress(commands, even)]
            values = self._json.read(joined)
        # As many lines as rows: so there are no more ends of lines than were put there, and each line is one object.
        _require(len(values) == len(commands) and self._json.write(values) == joined)
        _require([value.get("command") for value in values] == list(commands))

    def _is_odd(self, line: bytes) -> bool:
        """Tell whether an object has to be read as everywhere else."""
        try:
            return b"\\" in line or not all(map(self._names.issuperset, self._json.read(_lines([line]))))
        except self._json.refusal:
            return True

    def _read(self, octets: bytes, command: str, digests: bytes) -> bool:
        """Read an entry as `verify` does; learn names from it. False: it needs no more reading."""
        entry = parse_entry(octets)
        _require(entry.data.get("command") == command and tuple(_split(digests)) == entry.sd)
        if len(self._names) + len(entry.data) <= _KNOWN_MAX:
            self._names.update(entry.data.keys() - {"_sd", "_sd_alg"})
        return False


def _require(holds: bool) -> None:  # noqa: FBT001 - what is said to hold
    if not holds:
        raise _NotPlain


def _lines(lines: Sequence[bytes]) -> bytes:
    """Return objects, one a line, of what follows the head of each."""
    return b'{"' + b'\n{"'.join(lines) + b"\n" if lines else b""


def _look_at_leaves(columns: Columns) -> None:
    """See whether positions follow each other, and leaves fit their entries."""
    first, count = columns.positions[0], len(columns.positions)
    _require(first != 1 and columns.positions == tuple(range(first, first + count)))
    _require(tuple([sha256(b"\0" + entry).digest() for entry in columns.entries]) == columns.leaves)
    _require(max(map(len, columns.entries)) <= ENTRY_BYTES_MAX)


def _look_at_digests(digests: Sequence[bytes]) -> None:
    """See whether these are digests in base64url, and those of each entry sorted, each once."""
    joined = b",".join(digests)
    _require(_DIGEST.fits(joined) and not joined[43::46].translate(None, _DIGEST_LAST))
    # With nothing between those of one entry and the next, none rises to that, and all others have to rise.
    each = b",,".join(digests).split(b",") if digests else []
    _require(sum(map(lt, each, islice(each, 1, None))) == len(each) - len(digests))


def _split(digests: bytes) -> list[str]:
    """Return each of the digests of an entry."""
    return digests.decode()[1:-1].split('","') if digests else []


def _streams(columns: Columns) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """Return first and last version of each stream, which follow each other, and the streams of one entry."""
    streams: dict[str, tuple[int, int]] = {}
    fleeting = []
    lasting = {type_ for type_ in set(columns.types) if not type_.startswith(_FLEETING)}
    for stream, version, type_ in zip(columns.streams, columns.versions, columns.types, strict=True):
        first, last = streams.get(stream, (version, version - 1))
        if version != last + 1:
            raise _NotPlain
        if type_ in lasting:
            streams[stream] = first, version
        elif version == 1:
            fleeting.append(stream)
        else:
            raise _NotPlain
    return streams, fleeting


def _commands(columns: Columns) -> Commands:
    """Return which command each run of rows was recorded by, as their entries say too."""
    commands, positions = columns.commands, columns.positions
    begins = [True, *map(ne, commands[1:], commands)]
    firsts = [*compress(positions, begins)]
    return joined_commands(compress(commands, begins), firsts, [*(first - 1 for first in firsts[1:]), positions[-1]])


def _opened(
    columns: Columns, digests: Sequence[bytes], contents: Sequence[Content | None]
) -> tuple[int, list[tuple[Erased, str]]]:
    """Return how many sealed parts give exactly the digests of their entry, and those whose key is gone."""
    opened, erased = 0, []
    for row, joined, content in zip(columns.rows(), digests, contents, strict=True):
        if isinstance(content, Opened) and joined:
            entry = Entry(row.stream, row.version, row.type, row.time, "", {}, tuple(_split(joined)))
            check_digests(entry, content.values, content.salt_key)
            opened += 1
        elif isinstance(content, Erased) and joined:
            erased.append((content, str(row)))
        elif content is not None or joined:
            raise _NotPlain
    return opened, erased
