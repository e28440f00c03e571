"""Tiles: their paths, their hashes at every size, and the same tree and proofs out of them as out of the leaves."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.ledger import verify
from casework.ledger.merkle import CompactRange, LeafReader, Subtree, consistency, inclusion, inclusions, root
from casework.ledger.tiles import (
    WIDTH,
    Bundle,
    Edge,
    MalformedPath,
    Tile,
    TileReader,
    all_tiles,
    build,
    edge_tiles,
    parse_bundle,
    parse_count,
    parse_tile,
    read_bundle,
    split_hashes,
    write_bundle,
)
from casework.ledger.verify import Incomplete, leaf_hash
from tests.ledger.published import published, read

SIZES = range(301)
LARGE = 66_300
"""Over 256 * 256, so that there is a full tile of level 1, with some of each level beyond."""


def leaf(index: int) -> bytes:
    return leaf_hash(b"leaf %d" % index)


LEAVES = [leaf(index) for index in SIZES]
READER = LeafReader(LEAVES)


def hashes_of(tile: Tile, leaves: Sequence[bytes]) -> bytes:
    """Return a tile as its definition has it: each hash the root over the leaves below it."""
    below = 1 << 8 * tile.level
    first = tile.number * WIDTH
    return b"".join(root(leaves[at * below : (at + 1) * below]) for at in range(first, first + tile.width))


class Kept:
    """Tiles as they are kept: the full ones, and at the edge those of one size; counts how often it is read."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        edge = Edge()
        full = [tile for each in leaves for tile in edge.push(each)]
        self.edge = edge
        self.tiles = {Tile(each.level, each.number): each.hashes for each in full}
        self.tiles |= {tile: edge.open_tile(tile.level) for tile in edge_tiles(edge.size)}
        self.reads: list[list[Tile]] = []

    def read(self, tiles: Sequence[Tile]) -> Sequence[bytes]:
        self.reads.append(list(tiles))
        return [self.tiles[tile] for tile in tiles]


class Large:
    """A tree of many leaves, made once, with its tiles."""

    def __init__(self) -> None:
        self.leaves = [leaf(index) for index in range(LARGE)]
        self.reader = LeafReader(self.leaves)
        self.kept = Kept(self.leaves)


@pytest.fixture(scope="module")
def large() -> Large:
    return Large()


def test_published_numbers_are_printed_and_read() -> None:
    for number, path in read("tiles/paths.json")["index_encoding"]:
        assert Tile(0, number).path == f"0/{path}"
        assert Bundle(number).path == f"entries/{path}"
        assert parse_tile(f"0/{path}") == Tile(0, number)
        assert parse_bundle(path) == Bundle(number)


@pytest.mark.parametrize("size", [256, 70_000])
def test_a_tree_has_as_many_tiles_as_published(size: int) -> None:
    said = read("tiles/paths.json")[f"tree_{size}"]
    said = said.get("tiles", said)
    tiles = all_tiles(size)
    for level, widths in said.items():
        at = [tile for tile in tiles if tile.level == int(level)]
        assert sum(tile.width == WIDTH for tile in at) == widths["full"]
        assert sum(tile.width for tile in at if tile.width < WIDTH) == widths["partial_width"]
    assert {tile.level for tile in tiles} == {int(level) for level in said}


numbers = st.one_of(st.integers(0, 2000), st.integers(0, 10**18 - 1))
widths = st.integers(1, WIDTH)


@given(st.integers(0, 63), numbers, widths)
def test_every_path_reads_back(level: int, number: int, width: int) -> None:
    tile, bundle = Tile(level, number, width), Bundle(number, width)
    assert parse_tile(tile.path) == tile
    assert parse_bundle(bundle.path.removeprefix("entries/")) == bundle


@given(st.text("0123456789x/.p -", max_size=14))
def test_whatever_is_read_prints_the_same(text: str) -> None:
    try:
        tile = parse_tile(text)
    except MalformedPath:
        return
    assert tile.path == text


@pytest.mark.parametrize(
    "path",
    [
        "", "0", "0/", "/0/000", "0/0", "0/00", "0/0000", "0/1000", "0/x001", "0/001/000", "0/x000/000", "0/x000/001",
        "0/x0001/000", "0/X001/000", "0/x001/x000", "00/000", "01/000", "64/000", "-1/000", "+0/000", "data/000",
        "0/000.p", "0/000.p/", "0/000.p/0", "0/000.p/01", "0/000.p/256", "0/000.p/1/", "0/000p/1", "0/000.P/1",
        " 0/000", "0/000 ", "0/000\n", "0/\u0660\u0660\u0660", "0/" + "x999/" * 6 + "999", "0/000.p/\u0661",
    ],
)  # fmt: skip
def test_a_path_in_another_form_is_refused(path: str) -> None:
    with pytest.raises(MalformedPath):
        parse_tile(path)
    with pytest.raises(MalformedPath):
        parse_bundle(path.partition("/")[2] if path.startswith("0/") else path)


@pytest.mark.parametrize("text", ["", "0", "01", "+1", "-1", " 1", "1\n", "1.0", "1_0", "\u0661", "x", "1" * 41])
def test_a_position_or_size_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedPath):
        parse_count(text)
    assert (parse_count("7"), parse_count("9" * 40)) == (7, 10**40 - 1)


def test_tiles_are_those_of_the_definition_at_every_size() -> None:
    edge = Edge()
    full: dict[Tile, bytes] = {}
    for size in SIZES:
        for tile in all_tiles(size):
            assert full.get(tile, edge.open_tile(tile.level)) == hashes_of(tile, LEAVES)
        assert edge.root() == root(LEAVES[:size])
        again = Edge(size, [edge.open_tile(tile.level) for tile in edge_tiles(size)])
        assert (again.size, again.root()) == (size, edge.root())
        if size < len(LEAVES):
            for made in edge.push(LEAVES[size]):
                assert made.root == root(split_hashes(made.hashes))
                full[Tile(made.level, made.number)] = made.hashes
    assert list(full) == [Tile(0, 0)]


def test_what_is_read_from_tiles_is_what_is_read_from_leaves_at_every_size() -> None:
    for size in SIZES:
        reader = TileReader(Kept(LEAVES[:size]), size)
        subtrees = [Subtree(level, number) for level in range(9) for number in range(size >> level)]
        assert list(reader.read(subtrees)) == list(READER.read(subtrees))
        assert root(reader, size) == root(READER, size)
        indexes = range(0, size, 1 if size < 34 else 11)
        assert inclusions(reader, indexes, size) == inclusions(READER, indexes, size)
        for old in range(1, size + 1, 29):
            assert consistency(reader, old, size) == consistency(READER, old, size)


def test_several_proofs_take_one_read(large: Large) -> None:
    positions = [0, 255, 256, 40_000, 65_535, 65_536, LARGE - 1]
    large.kept.reads.clear()
    found = inclusions(TileReader(large.kept, LARGE), positions, LARGE)
    assert found == [inclusion(large.reader, index, LARGE) for index in positions]
    assert len(large.kept.reads) == 1
    assert len(large.kept.reads[0]) == len(set(large.kept.reads[0]))


def test_a_large_tree_read_from_tiles_is_the_one_read_from_leaves(large: Large) -> None:
    assert set(large.kept.tiles) == set(all_tiles(LARGE))
    for tile in (Tile(0, 258, 252), Tile(1, 0), Tile(1, 1, 2), Tile(2, 0, 1)):
        assert large.kept.tiles[tile] == hashes_of(tile, large.leaves)
    reader = TileReader(large.kept, LARGE)
    assert root(reader, LARGE) == root(large.reader, LARGE) == large.kept.edge.root()
    for index in (0, 255, 256, 65_535, 65_536, LARGE - 1):
        assert inclusion(reader, index, LARGE) == inclusion(large.reader, index, LARGE)
    for old in (1, 255, 256, 257, 65_535, 65_536, 65_537, LARGE):
        assert consistency(reader, old, LARGE) == consistency(large.reader, old, LARGE)


@pytest.mark.parametrize(
    "tile", [Tile(0, 3), Tile(0, 258, 252), Tile(1, 0), Tile(1, 0, 2), Tile(1, 1, 2), Tile(2, 0, 1)]
)
def test_a_tile_is_built_from_its_leaves_with_all_below_it(large: Large, tile: Tile) -> None:
    below = large.leaves[tile.first_leaf :][: tile.leaf_count]
    hashes, made = build(tile, below)
    assert hashes == hashes_of(tile, large.leaves)
    for each in made:
        assert large.kept.tiles[Tile(each.level, each.number)] == each.hashes
    assert len(made) == sum(tile.leaf_count // WIDTH ** (level + 1) for level in range(3))
    for wrong in (below[:-1], [*below, below[0]]):
        with pytest.raises(Incomplete):
            build(tile, wrong)


def test_a_proof_in_ten_million_leaves_reads_five_tiles() -> None:
    """The least and the most: whatever the index, all in one read."""
    size = 9_999_999
    asked: list[Sequence[Tile]] = []

    class Asked:
        def read(self, tiles: Sequence[Tile]) -> Sequence[bytes]:
            asked.append(tiles)
            return [bytes(32 * tile.width) for tile in tiles]

    for index in (0, 1, 65_535, 65_536, 5_000_000, 9_961_472, 9_999_871, 9_999_872, size - 1):
        inclusion(TileReader(Asked(), size), index, size)
    assert {len(tiles) for tiles in asked} <= {3, 4, 5}
    assert len(asked) == 9


def test_what_is_beyond_the_tree_or_too_short_is_not_read() -> None:
    kept = Kept(LEAVES[:300])
    with pytest.raises(Incomplete):
        TileReader(kept, 300).read([Subtree(0, 300)])
    with pytest.raises(Incomplete):
        TileReader(kept, 300).read([Subtree(3, 37)])
    with pytest.raises(Incomplete):
        TileReader(kept, 255).read([Subtree(8, 0)])
    kept.tiles[Tile(0, 1, 44)] = bytes(43 * 32)
    with pytest.raises(Incomplete):
        TileReader(kept, 300).read([Subtree(0, 299)])
    with pytest.raises(Incomplete):
        Edge(300, [bytes(43 * 32), bytes(32)])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3000), st.integers(0, 600))
def test_a_tree_goes_on_from_its_edge_as_if_it_had_never_stopped(size: int, more: int) -> None:
    edge, plain = Edge(), CompactRange()
    for index in range(size):
        edge.push(leaf(index))
        plain.push(leaf(index))
    again = Edge(size, [edge.open_tile(tile.level) for tile in edge_tiles(size)])
    for index in range(size, size + more):
        assert again.push(leaf(index)) == edge.push(leaf(index))
        plain.push(leaf(index))
    assert again.root() == edge.root() == plain.root()
    assert again.compact_range().hashes == plain.hashes


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 700), max_size=6))
def test_runs_of_leaves_fill_the_tiles_that_leaf_by_leaf_fills(runs: list[int]) -> None:
    edge, plain = Edge(), Edge()
    for run in runs:
        leaves = [leaf(index) for index in range(edge.size, edge.size + run)]
        assert edge.extend(leaves) == [tile for each in leaves for tile in plain.push(each)]
        assert (edge.size, edge.root()) == (plain.size, plain.root())


@given(st.lists(st.binary(max_size=300), max_size=WIDTH))
def test_a_bundle_reads_back_and_a_cut_one_is_refused(entries: list[bytes]) -> None:
    octets = write_bundle(entries)
    assert read_bundle(octets) == entries
    if octets:
        with pytest.raises(Incomplete):
            read_bundle(octets[:-1])


def test_the_longest_entry_fits_and_a_longer_one_does_not() -> None:
    assert read_bundle(write_bundle([b"x" * verify.ENTRY_BYTES_MAX])) == [b"x" * verify.ENTRY_BYTES_MAX]
    with pytest.raises(OverflowError):
        write_bundle([b"x" * (verify.ENTRY_BYTES_MAX + 1)])


def test_go_makes_the_same_tiles() -> None:
    said = read("merkle/xmod_tree_small.json")["tiles_len_sha256"]
    assert said
    for key, expected in said.items():
        size, _, path = key.partition(":")
        tile = parse_tile(path.removeprefix("tile/8/").removeprefix("tile/"))
        assert tile in all_tiles(int(size)), key
        octets = hashes_of(tile, LEAVES)
        assert f"{len(octets)} {sha256(octets).hexdigest()}" == expected


def test_the_worked_tiles_come_out_byte_for_byte() -> None:
    entries = [published(f"worked/entry-{number}.json").read_bytes().rstrip(b"\n") for number in (1, 2, 3)]
    hashes, _ = build(Tile(0, 0, 3), map(leaf_hash, entries))
    assert published("worked/tile/0/000.p/3").read_bytes() == hashes
    octets = published("worked/tile/entries/000.p/3").read_bytes()
    assert (write_bundle(entries), read_bundle(octets)) == (octets, entries)
