"""Tiles: the tree over the leaves in pieces of 256 hashes, by which others fetch it (C2SP tlog-tiles); pure functions.

Level 0 holds leaves, 256 to a tile. The root of each full tile is one hash of the level above, so a tile of level L
covers up to ``256 ** (L + 1)`` leaves. A tile that is not full yet is asked for by its width. Entry bundles have the
same numbers: the entries under a tile of level 0, each as its length (2 bytes, big-endian) and its bytes::

    0/x001/x234/067      level 0, number 1234067: groups of three digits, all but the last with an x
    1/000.p/17           level 1, the first tile, of which there are 17 hashes
    entries/000.p/3      the first three entries

A tree of 70,000 leaves has 273 full tiles of level 0 and one of 112; one of level 1 and one of 17; one of 1 above.

A tree is read through :class:`TileReader`, which knows of one method of its source and plans all tiles before it reads.
It grows at its :class:`Edge`: the tiles that are not full yet, from which root and next full tiles are made.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from casework.ledger.merkle import LeafReader, Subtree, root
from casework.ledger.verify import HASH_BYTES, CompactRange, Incomplete, LedgerError

WIDTH: Final = 256
TILE_BYTES: Final = WIDTH * HASH_BYTES

_HEIGHT: Final = 8
_READERS_MAX: Final = 256  # About 10 MB.
_NUMBER: Final = r"(?:x(?:00[1-9]|0[1-9][0-9]|[1-9][0-9]{2})(?:/x[0-9]{3}){0,4}/)?[0-9]{3}"
_PARTIAL: Final = r"[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]"
COUNT_PATTERN: Final = r"[1-9][0-9]{0,39}"
LEVEL_PATTERN: Final = r"0|[1-9]|[1-5][0-9]|6[0-3]"
NUMBER_PATTERN: Final = rf"({_NUMBER})(?:\.p/({_PARTIAL}))?"

_TILE = re.compile(rf"({LEVEL_PATTERN})/{NUMBER_PATTERN}")
_BUNDLE = re.compile(NUMBER_PATTERN)
_COUNT = re.compile(COUNT_PATTERN)


class MalformedPath(LedgerError):
    """The path of a tile, an entry bundle, a proof or a checkpoint in another form than the one it has."""


class Tile(NamedTuple):
    """A tile: `width` hashes of a level, from the hash `number * 256` on."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return its path, below `tile/`."""
        return f"{self.level}/{_numbered(self.number, self.width)}"

    @property
    def first_leaf(self) -> int:
        """Return the index of the first leaf below it."""
        return self.number << _HEIGHT * (self.level + 1)

    @property
    def leaf_count(self) -> int:
        """Return how many leaves are below it."""
        return self.width << _HEIGHT * self.level


class Bundle(NamedTuple):
    """An entry bundle: `width` entries, from the one with the index `number * 256` on."""

    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return its path, below `tile/`."""
        return f"entries/{_numbered(self.number, self.width)}"


class FullTile(NamedTuple):
    """A tile that will never change again: its hashes, joined, and their root, a hash of the level above."""

    level: int
    number: int
    hashes: bytes
    root: bytes


def parse_tile(path: str) -> Tile:
    """Return the tile of a path as `0/x001/067.p/5`.

    Raises:
        MalformedPath: any other form, leading zeros among them.
    """
    found = _TILE.fullmatch(path)
    if found is None:
        raise MalformedPath("tile", "a level, a number and perhaps a width, as 0/x001/067.p/5", "another form")
    level, number, width = found.groups()
    return Tile(int(level), _read_number(number), int(width or WIDTH))


def parse_bundle(path: str) -> Bundle:
    """Return the entry bundle of a path as `x001/067.p/5`, below `entries/`.

    Raises:
        MalformedPath: any other form, leading zeros among them.
    """
    found = _BUNDLE.fullmatch(path)
    if found is None:
        raise MalformedPath("entry bundle", "a number and perhaps a width, as x001/067.p/5", "another form")
    number, width = found.groups()
    return Bundle(_read_number(number), int(width or WIDTH))


def parse_count(text: str) -> int:
    """Return the position or size that ends the path of a proof or a checkpoint, as `1234067`: in one form only.

    Raises:
        MalformedPath: any other form, 0 and leading zeros among them.
    """
    if _COUNT.fullmatch(text) is None:
        raise MalformedPath("position or size", "a number from 1 in at most 40 digits, as 1234067", "another form")
    return int(text)


def hashes_at(level: int, size: int) -> int:
    """Return how many hashes a level has in a tree of this size."""
    return size >> _HEIGHT * level


def edge_tiles(size: int) -> list[Tile]:
    """Return the tiles that are not full in a tree of this size, from level 0 up: at most one a level."""
    levels = range(-(-size.bit_length() // _HEIGHT))
    widths = ((level, hashes_at(level, size)) for level in levels)
    return [Tile(level, count // WIDTH, count % WIDTH) for level, count in widths if count % WIDTH]


def all_tiles(size: int) -> list[Tile]:
    """Return the tiles of a tree of this size, the full ones first: what a copy of the whole tree consists of."""
    levels = range(-(-size.bit_length() // _HEIGHT))
    full = [Tile(level, number) for level in levels for number in range(hashes_at(level, size) // WIDTH)]
    return full + edge_tiles(size)


def split_hashes(hashes: bytes) -> list[bytes]:
    """Return each of the hashes that a tile is."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def write_bundle(entries: Iterable[bytes]) -> bytes:
    """Return the bytes of an entry bundle; an entry has at most 65,535 bytes, so two say how many."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def read_bundle(octets: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        Incomplete: it ends in the middle of an entry.
    """
    entries, at = [], 0
    while at < len(octets):
        length = int.from_bytes(octets[at : at + 2], "big")
        entries.append(octets[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(octets):
        raise Incomplete("entry bundle", f"{at} bytes", str(len(octets)))
    return entries


class Source(Protocol):
    """Where tiles are read from."""

    def read(self, tiles: Sequence[Tile]) -> Sequence[bytes]:
        """Return the hashes of each tile, joined, in the order asked for."""
        ...


class TileReader:
    """Reads the perfect subtrees of a tree of this size from its tiles: a reader for `merkle`."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._size = size

    def read(self, subtrees: Sequence[Subtree]) -> Sequence[bytes]:
        """Return the root of each subtree, with one read of the source.

        Raises:
            Incomplete: a subtree beyond the tree, or a tile of the source with fewer hashes than it must have.
        """
        places = [self._place(subtree) for subtree in subtrees]
        tiles = sorted({tile for tile, _ in places})
        found = zip(tiles, self._source.read(tiles), strict=True)
        readers = {tile: _reader(tile, hashes) for tile, hashes in found}
        return [readers[tile].read([within])[0] for tile, within in places]

    def _place(self, subtree: Subtree) -> tuple[Tile, Subtree]:
        """Return the tile that a subtree is found in, and which subtree it is over the hashes of that tile."""
        level, height = divmod(subtree.level, _HEIGHT)
        number, first = divmod(subtree.number << height, WIDTH)
        width = min(WIDTH, hashes_at(level, self._size) - number * WIDTH)
        if first + (1 << height) > width:
            raise Incomplete("tiles", "all leaves of the tree that was asked for", str(self._size))
        return Tile(level, number, width), Subtree(height, first >> height)


class Edge:
    """The right edge of a growing tree: of each level the tile that is not full yet."""

    def __init__(self, size: int = 0, tiles: Iterable[bytes] = ()) -> None:
        """Go on from a size: `tiles` holds the hashes of each of `edge_tiles(size)`.

        Raises:
            Incomplete: one that has fewer or more hashes than it must have.
        """
        self.size = size
        self._open: list[list[bytes]] = [[] for _ in range(-(-size.bit_length() // _HEIGHT))]
        for tile, hashes in zip(edge_tiles(size), tiles, strict=True):
            self._open[tile.level] = _whole(tile, hashes)

    def push(self, leaf: bytes) -> list[FullTile]:
        """Add the next leaf; return the tiles that are full by it, from level 0 up."""
        self.size += 1
        full: list[FullTile] = []
        while True:
            level = len(full)
            if level == len(self._open):
                self._open.append([])
            hashes = self._open[level]
            hashes.append(leaf)
            if len(hashes) < WIDTH:
                return full
            self._open[level] = []
            leaf = root(hashes)
            number = hashes_at(level + 1, self.size) - 1
            full.append(FullTile(level, number, b"".join(hashes), leaf))

    def extend(self, leaves: Sequence[bytes]) -> list[FullTile]:
        """Add leaves as `push` does, a tile of them at a time."""
        full: list[FullTile] = []
        done = 0
        while done < len(leaves):
            room = WIDTH - self.size % WIDTH
            *most, last = leaves[done : done + room]
            if most:
                self._open[:1] = [[*(self._open[0] if self._open else ()), *most]]
                self.size += len(most)
            full += self.push(last)
            done += len(most) + 1
        return full

    def open_tile(self, level: int) -> bytes:
        """Return the hashes of the tile of this level that is not full, joined."""
        return b"".join(self._open[level]) if level < len(self._open) else b""

    def compact_range(self) -> CompactRange:
        """Return the roots of the perfect subtrees over all leaves, left to right."""
        return CompactRange(self.size, [each for hashes in reversed(self._open) for each in _compacted(hashes)])

    def root(self) -> bytes:
        """Return the root over all leaves."""
        return self.compact_range().root()


def build(tile: Tile, leaves: Iterable[bytes]) -> tuple[bytes, list[FullTile]]:
    """Return the hashes of a tile, joined, made of the leaves below it, with every full tile that was made on the way.

    Raises:
        Incomplete: fewer or more leaves than are below it.
    """
    edge, made = Edge(), []
    for leaf in leaves:
        for full in edge.push(leaf):
            # Counted from its first leaf on: what is before it in a level has as many hashes a level below.
            number = full.number + hashes_at(full.level + 1, tile.first_leaf)
            made.append(full._replace(number=number))
    if edge.size != tile.leaf_count:
        raise Incomplete(f"tile {tile.path}", f"{tile.leaf_count} leaves", str(edge.size))
    if tile.width == WIDTH:
        return next(each.hashes for each in made if (each.level, each.number) == tile[:2]), made
    return edge.open_tile(tile.level), made


def _numbered(number: int, width: int) -> str:
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *before, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    path = "".join(f"x{group}/" for group in before) + last
    return path if width == WIDTH else f"{path}.p/{width}"


def _read_number(text: str) -> int:
    return int(text.replace("x", "").replace("/", ""))


def _reader(tile: Tile, hashes: bytes) -> LeafReader:
    """Return what reads subtrees of a tile. Most proofs need other leaves, but the same few tiles above and beside."""
    if len(hashes) != tile.width * HASH_BYTES or (tile.level == 0 and tile.width == WIDTH):
        return LeafReader(_whole(tile, hashes))
    return _kept_reader(hashes)


@lru_cache(maxsize=_READERS_MAX)
def _kept_reader(hashes: bytes) -> LeafReader:
    """Return what reads subtrees over these hashes: by the hashes themselves, so it can never be out of date."""
    return LeafReader(split_hashes(hashes))


def _whole(tile: Tile, hashes: bytes) -> list[bytes]:
    if len(hashes) != tile.width * HASH_BYTES:
        raise Incomplete(f"tile {tile.path}", f"{tile.width * HASH_BYTES} bytes", str(len(hashes)))
    return split_hashes(hashes)


def _compacted(hashes: Sequence[bytes]) -> list[bytes]:
    grown = CompactRange()
    for each in hashes:
        grown.push(each)
    return grown.hashes
