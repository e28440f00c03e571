"""The tiles of one record, as they are kept: a cache of the full ones, made of leaves and made again from them.

The checkpoint run adds them (`signer`); a request builds what it misses from up to 65,536 leaves, beyond that it is
told to wait for the run. No check trusts a tile: what is made of them must fit a signed root before it leaves.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from casework.adapters import sql_files
from casework.adapters.asking import Asking, question
from casework.application.store import Unavailable
from casework.ledger import tiles
from casework.ledger.merkle import root
from casework.ledger.tiles import TILE_BYTES, WIDTH, Edge, FullTile, Tile, split_hashes
from casework.ledger.verify import HASH_BYTES

BUILT_LEAVES_MAX: Final = 65_536
TILES_AT_ONCE: Final = 64

Connection = psycopg.Connection[Any]


class Tiles:
    """Reads tiles over one connection; those that are not there are built from leaves, and can be kept afterwards.

    `anew`: reads none that can be built instead.
    """

    def __init__(self, connection: Connection, schema: str, *, anew: bool = False) -> None:
        self._connection = connection
        self._schema = schema
        self._anew = anew
        self._made: list[FullTile] = []

    def read(self, asked: Sequence[Tile]) -> Sequence[bytes]:
        """Return the hashes of each tile, joined; in one round trip, if all are there.

        Raises:
            Unavailable: one is not there, and too many leaves are below it that no tile is there for.
            Incomplete: so are leaves below it.
        """
        found = dict(zip(asked, read_tiles(self._connection, self._schema, asked), strict=True))
        return [self._whole(tile, *found[tile]) for tile in asked]

    def served(self, tile: Tile) -> bytes:
        """Return a tile for others: as it is kept if it hashes to its root, else built. Raises as `read`."""
        [(hashes, top)] = read_tiles(self._connection, self._schema, [tile])
        if top is not None and (hashes is None or len(hashes) != TILE_BYTES or root(split_hashes(hashes)) != top):
            hashes = None
        return self._whole(tile, hashes, top)

    def keep_built(self) -> None:
        """Keep the full tiles that were built, in the place of those that were other."""
        if self._made:
            with self._connection.transaction(), _keeping(self._connection, self._schema) as keep:
                for tile in self._made:
                    keep(tile)

    def _whole(self, tile: Tile, hashes: bytes | None, _root: bytes | None = None) -> bytes:
        is_built = self._anew and tile.leaf_count <= BUILT_LEAVES_MAX
        if hashes is not None and len(hashes) == tile.width * HASH_BYTES and not is_built:
            return hashes
        return self._built(tile) if tile.leaf_count <= BUILT_LEAVES_MAX else self._joined(tile)

    def _built(self, tile: Tile) -> bytes:
        """Return a tile made of the leaves below it."""
        parameters = {"after": tile.first_leaf, "upto": tile.first_leaf + tile.leaf_count}
        rows = self._connection.execute(sql_files.query("leaves", self._schema), parameters, binary=True)
        built, made = tiles.build(tile, [leaf for _, leaf in rows])
        self._made += made
        return built

    def _joined(self, tile: Tile) -> bytes:
        """Return a tile made of the roots of the tiles below it; of these, what is missing is made of leaves."""
        level, first = tile.level - 1, tile.number * WIDTH
        parameters = {"level": level, "first": first, "end": first + tile.width}
        rows = self._connection.execute(sql_files.query("tile_roots", self._schema), parameters, binary=True)
        roots: dict[int, bytes] = dict(rows.fetchall())
        missing = [Tile(level, number) for number in range(first, first + tile.width) if number not in roots]
        if sum(below.leaf_count for below in missing) > BUILT_LEAVES_MAX:
            raise Unavailable(f"tile {tile.path}: not there; the next checkpoint run makes it")
        for below in missing:
            roots[below.number] = root(split_hashes(self._built(below)))
        hashes = b"".join(roots[number] for number in sorted(roots))
        if tile.width == WIDTH:
            self._made.append(FullTile(tile.level, tile.number, hashes, root(split_hashes(hashes))))
        return hashes


def read_tiles(connection: Connection, schema: str, asked: Sequence[Tile]) -> list[tuple[bytes | None, bytes | None]]:
    """Return of each tile its hashes as far as they are there, and of a full one its root, in one round trip."""
    parameters = {
        "levels": [tile.level for tile in asked],
        "numbers": [tile.number for tile in asked],
        "widths": [tile.width for tile in asked],
    }
    if isinstance(connection, Asking) and asked:  # A proof waits for little else.
        return connection.ask(question("tiles", schema), parameters)
    return connection.execute(sql_files.query("tiles", schema), parameters, binary=True).fetchall()


def read_edge(connection: Connection, schema: str, size: int) -> Edge:
    """Return the edge of the tree of a size, from the tiles and leaves beside it, in one round trip; proved by nothing.

    Raises:
        Incomplete: some of them are not there.
    """
    found = read_tiles(connection, schema, tiles.edge_tiles(size)) if size else []
    return Edge(size, [hashes or b"" for hashes, _ in found])


def grow(connection: Connection, schema: str, edge: Edge, runs: Iterable[Sequence[bytes]]) -> Iterator[int]:
    """Add runs of leaves to an edge and keep the tiles that are full by them; yield the size after each run.

    In a transaction of the caller; what was added counts only once all was taken.
    """
    with _keeping(connection, schema) as keep:
        for run in runs:
            for full in edge.extend(run):
                keep(full)
            yield edge.size


@contextmanager
def _keeping(connection: Connection, schema: str) -> Iterator[Callable[[FullTile], None]]:
    """Give what keeps a tile; many go together."""
    waiting: list[FullTile] = []

    def flush() -> None:
        parameters = {
            "levels": [tile.level for tile in waiting],
            "numbers": [tile.number for tile in waiting],
            "hashes": [tile.hashes for tile in waiting],
            "roots": [tile.root for tile in waiting],
        }
        for step in ("drop_tiles", "add_tiles"):
            connection.execute(sql_files.query(step, schema), parameters)
        waiting.clear()

    def keep(tile: FullTile) -> None:
        waiting.append(tile)
        if len(waiting) == TILES_AT_ONCE:
            flush()

    yield keep
    if waiting:
        flush()
