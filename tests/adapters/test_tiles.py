"""Tiles as they are kept: made by the checkpoint run, and never trusted, whatever somebody made of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from casework.adapters import signer
from casework.adapters import tiles as kept_tiles
from casework.adapters.checkpoints import Checkpoints
from casework.adapters.proofs import Prover
from casework.adapters.signer import CheckpointRun
from casework.adapters.tiles import read_tiles
from casework.adapters.tree import Tree
from casework.adapters.unproved import Unproved
from casework.application.store import RecordBroken, Unavailable
from casework.application.tree import BeyondCheckpoint, NoCheckpoint
from casework.ledger.merkle import root
from casework.ledger.note import Signer
from casework.ledger.tiles import Bundle, Tile, all_tiles, read_bundle, split_hashes
from casework.ledger.verify import check_consistency, check_proof, leaf_hash, parse_consistency
from servicekit.readiness import NotReady
from tests.adapters.given import ORIGIN, Place, record_many

SIGNER = Signer(ORIGIN, [b"\x33" * 32])
SIZE = 1100
POSITIONS = (1, 256, 257, 600, 1024, 1025, SIZE)
SPOILT = {
    "dropped": "DELETE FROM {s}.tile WHERE n = 1",
    "all dropped": "DELETE FROM {s}.tile",
    "hash altered": "UPDATE {s}.tile SET hashes = set_byte(hashes, 700, get_byte(hashes, 700) # 1) WHERE n = 2",
    "root altered": "UPDATE {s}.tile SET root = sha256('x') WHERE n = 2",
    "forged": "UPDATE {s}.tile t SET hashes = o.hashes, root = o.root FROM {s}.tile o WHERE t.n = 1 AND o.n = 3",
    "all forged": "UPDATE {s}.tile t SET hashes = o.hashes, root = o.root FROM {s}.tile o WHERE o.n = 3",
    "swapped": "UPDATE {s}.tile t SET hashes = o.hashes, root = o.root FROM {s}.tile o WHERE o.n = 3 - t.n",
}
"""What a superuser does to tiles; a service may only drop and add them, so it can forge one as well."""


@pytest.fixture
def tree(place: Place) -> Tree:
    """Return the tree over a record of 1100 entries, signed at 300 and 1100: four full tiles, and one of 76."""
    checkpoints = Checkpoints(place.pool, place.database.app, place.school, SIGNER)
    for count in (300, SIZE - 300):
        record_many(place, count)
        checkpoints.sign()
    return tree_of(place)


def tree_of(place: Place, unproved: Unproved | None = None) -> Tree:
    """Return the tree as a process of the service has it."""
    checkpoints = Checkpoints(place.pool, place.database.app, place.school, SIGNER)
    prover = Prover(place.pool, place.schema)
    return Tree(place.pool, place.school, SIGNER, checkpoints, prover, unproved=unproved)


def leaves(place: Place) -> list[bytes]:
    return [leaf for (leaf,) in place.query("SELECT leaf FROM {s}.event ORDER BY position")]


def rows(place: Place) -> list[tuple]:
    return place.query("SELECT level, n, hashes, root FROM {s}.tile ORDER BY level, n")


def note(place: Place, size: int) -> str:
    [(found,)] = place.query("SELECT note FROM {s}.checkpoint WHERE size = %s", "app", size)
    return str(found)


def tamper(place: Place, statement: str) -> None:
    place.query("ALTER TABLE {s}.event DISABLE TRIGGER USER")
    place.query(statement)


def expect_all_proved(place: Place, tree: Tree) -> None:
    """Ask for proofs, and check each by the leaf and the note that were there before."""
    known = leaves(place)
    for position in POSITIONS:
        for size in (300, SIZE, None):
            if position <= (size or SIZE):
                index, under = check_proof(tree.proof(position, size), known[position - 1], SIGNER.keys, ORIGIN)
                assert (index, under.size) == (position - 1, size or SIZE)
    shown = parse_consistency(tree.consistency(300, None))
    assert shown.note == note(place, SIZE)
    check_consistency(300, SIZE, shown.hashes, root(known[:300]), root(known))


def test_the_run_keeps_each_tile_that_is_full(place: Place, tree: Tree) -> None:
    known = leaves(place)
    kept = {(level, n): hashes for level, n, hashes, _ in rows(place)}
    assert kept == {(0, n): b"".join(known[n * 256 : n * 256 + 256]) for n in range(4)}
    assert all(top == root(split_hashes(hashes)) for _, _, hashes, top in rows(place))


def test_every_tile_and_every_entry_is_served_as_far_as_it_is_signed(place: Place, tree: Tree) -> None:
    known = leaves(place)
    for tile in all_tiles(SIZE):
        found = split_hashes(tree.tile(tile))
        below = 256**tile.level
        assert found == [
            root(known[at * below : (at + 1) * below])
            for at in range(tile.number * 256, tile.number * 256 + tile.width)
        ]
    entries = [
        entry for tile in all_tiles(SIZE) if tile.level == 0 for entry in read_bundle(tree.bundle(Bundle(*tile[1:])))
    ]
    assert [leaf_hash(entry) for entry in entries] == known
    assert tree.tile(Tile(0, 0, 7)) == b"".join(known[:7])
    record_many(place, 30)
    for beyond in (Tile(0, 4, 77), Tile(0, 5, 1), Tile(1, 0, 5), Tile(2, 0, 1), Tile(63, 10**18 - 1, 1)):
        with pytest.raises(BeyondCheckpoint) as raised:
            tree.tile(beyond)
        assert raised.value.size == SIZE
    with pytest.raises(BeyondCheckpoint):
        tree.bundle(Bundle(4, 77))


def test_every_proof_is_made_from_tiles(place: Place, tree: Tree) -> None:
    expect_all_proved(place, tree)
    tree.check()


@pytest.mark.parametrize("spoilt", SPOILT)
def test_whatever_becomes_of_tiles_the_proofs_are_the_same_and_the_tiles_come_back(
    place: Place, tree: Tree, spoilt: str
) -> None:
    before, proofs = rows(place), [tree.proof(position, None) for position in POSITIONS]
    tamper(place, SPOILT[spoilt])
    assert [tree.proof(position, None) for position in POSITIONS] == proofs
    expect_all_proved(place, tree)
    assert rows(place) == before
    tree.check()


@pytest.mark.parametrize("spoilt", SPOILT)
def test_the_run_proves_the_tiles_it_uses_and_builds_on_after_they_were_spoilt(
    place: Place, tree: Tree, spoilt: str
) -> None:
    before = rows(place)
    tamper(place, SPOILT[spoilt])
    record_many(place, 700)
    made = CheckpointRun(place.database.app, place.school, SIGNER, reread=0).run()
    assert made is not None
    assert (made.size, made.root) == (1800, root(leaves(place)))
    for number in range(7):  # The run uses their roots; what is under one is seen when the tile is asked for.
        tree.tile(Tile(0, number))
    assert (rows(place)[:4], len(rows(place))) == (before, 7)


@pytest.mark.parametrize("spoilt", ["dropped", "all dropped", "hash altered", "root altered"])
def test_a_tile_that_does_not_hash_to_its_root_is_not_served_but_made_again(
    place: Place, tree: Tree, spoilt: str
) -> None:
    before, known = rows(place), leaves(place)
    tamper(place, SPOILT[spoilt])
    for number in range(4):
        assert tree.tile(Tile(0, number)) == b"".join(known[number * 256 : number * 256 + 256])
    assert rows(place) == before


@pytest.mark.parametrize("position", [1, 300, 1050])
def test_a_leaf_that_was_altered_is_never_proved_and_readiness_says_so(place: Place, tree: Tree, position: int) -> None:
    known = leaves(place)
    tamper(place, f"UPDATE {{s}}.event SET leaf = sha256('x') WHERE position = {position}")
    kept = rows(place)
    with pytest.raises(RecordBroken, match=rf"inclusion of entry {position}: .* run `casework verify`"):
        tree.proof(position, None)
    with pytest.raises(NotReady):
        tree.check()
    assert rows(place) == kept
    place.query("UPDATE {s}.event SET leaf = %s WHERE position = %s", "superuser", known[position - 1], position)
    tree.check()
    expect_all_proved(place, tree)


@pytest.fixture
def little_reread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let readiness read few of the last leaves again."""
    monkeypatch.setattr(signer, "REREAD", 100)


@pytest.mark.parametrize(
    ("ask", "tiles"),
    [(lambda tree: tree.proof(300, 1100), "kept"), (lambda tree: tree.consistency(300, None), "all dropped")],
)
@pytest.mark.usefixtures("little_reread")
def test_what_one_process_could_not_prove_makes_none_of_them_ready(
    place: Place, tree: Tree, tmp_path: Path, ask: Callable[[Tree], str], tiles: str
) -> None:
    known = leaves(place)
    one, other = (tree_of(place, Unproved(tmp_path / "unproved.json")) for _ in range(2))
    tamper(place, "UPDATE {s}.event SET leaf = sha256('x') WHERE position = 300")
    tamper(place, SPOILT.get(tiles, "SELECT 1"))
    for each in (tree, one, other):
        each.check()  # Nothing was asked, and the leaf is further back than is read again.
    with pytest.raises(RecordBroken):
        ask(one)
    for each in (other, one, tree_of(place, Unproved(tmp_path / "unproved.json"))):
        with pytest.raises(NotReady):
            each.check()
    place.query("UPDATE {s}.event SET leaf = %s WHERE position = 300", "superuser", known[299])
    other.check()
    assert list(tmp_path.iterdir()) == []
    one.check()


def test_a_record_whose_last_leaves_do_not_fit_is_not_ready_before_anything_is_asked(place: Place, tree: Tree) -> None:
    tree.check()
    tamper(place, "UPDATE {s}.event SET leaf = sha256('x') WHERE position = 1099")
    with pytest.raises(NotReady, match="one that does not give the root of checkpoint 1100"):
        tree.check()


@pytest.mark.parametrize("position", [1, 300, 1024, 1100])
def test_what_the_next_run_will_refuse_is_told_before_it_runs(place: Place, tree: Tree, position: int) -> None:
    """Also where the tiles still give the root: the run reads the leaves below them again."""
    tamper(place, f"UPDATE {{s}}.event SET leaf = sha256('x') WHERE position = {position}")
    with pytest.raises(NotReady, match="one that does not give the root of checkpoint 1100"):
        tree.check()
    with pytest.raises(RecordBroken, match=r"checkpoint 1100: .* forked"):
        CheckpointRun(place.database.app, place.school, SIGNER).run()


def test_an_entry_that_was_altered_before_it_was_signed_is_told_before_the_run(place: Place, tree: Tree) -> None:
    record_many(place, 3)
    tree.check()
    tamper(place, "UPDATE {s}.event SET entry = entry || ' '::bytea WHERE position = 1102")
    with pytest.raises(NotReady, match="run `casework verify`"):
        tree.check()


@pytest.mark.parametrize("gone", [1, 1050])
def test_an_entry_that_is_gone_is_told_before_the_run(place: Place, tree: Tree, gone: int) -> None:
    tamper(place, f"DELETE FROM {{s}}.event WHERE position = {gone}")
    with pytest.raises(NotReady):
        tree.check()


def test_tiles_that_are_only_missing_do_not_make_a_record_unready(place: Place, tree: Tree) -> None:
    place.query("DELETE FROM {s}.tile", "app")
    tree.check()


def test_a_tile_over_too_many_leaves_waits_for_the_run(
    place: Place, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.query("DELETE FROM {s}.tile", "app")
    monkeypatch.setattr(kept_tiles, "BUILT_LEAVES_MAX", 512)
    with pytest.raises(Unavailable, match=r"tile 1/000\.p/4: not there; the next checkpoint run makes it"):
        tree.proof(1, None)
    CheckpointRun(place.database.app, place.school, SIGNER, reread=0).run()
    expect_all_proved(place, tree)


def test_of_a_tile_over_many_leaves_only_what_is_missing_is_made_of_leaves(
    place: Place, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(place)
    monkeypatch.setattr(kept_tiles, "BUILT_LEAVES_MAX", 512)
    place.query("DELETE FROM {s}.tile WHERE n IN (0, 2)", "app")
    expect_all_proved(place, tree)
    assert rows(place) == before
    place.query("DELETE FROM {s}.tile WHERE n = 3", "app")
    assert tree.tile(Tile(1, 0, 4)) == b"".join(top for *_, top in before)
    assert rows(place) == before


def test_checkpoints_and_entries_that_are_not_there_are_told_by_size(place: Place, tree: Tree) -> None:
    cases: list[tuple[Callable[[], str], int]] = [
        (lambda: tree.proof(SIZE + 1, None), SIZE),
        (lambda: tree.proof(10**39, None), SIZE),
        (lambda: tree.proof(301, 300), 300),
        (lambda: tree.consistency(SIZE + 1, None), SIZE),
        (lambda: tree.consistency(SIZE, 300), 300),
    ]
    for ask, size in cases:
        with pytest.raises(BeyondCheckpoint) as beyond:
            ask()
        assert beyond.value.size == size
    for ask in (
        lambda: tree.proof(1, 301),
        lambda: tree.proof(1, 2**63),
        lambda: tree.consistency(301, None),
        lambda: tree.consistency(1, 301),
    ):
        with pytest.raises(NoCheckpoint) as missing:
            ask()
        assert set(missing.value.nearest) <= {300, SIZE}


def test_tiles_are_dropped_and_built_anew_with_all_that_they_were(place: Place, tree: Tree) -> None:
    before, steps = rows(place), list[int]()
    tamper(place, SPOILT["all forged"])
    run = CheckpointRun(place.database.app, place.school, SIGNER)
    assert run.rebuild_tiles(steps.append) == (4, SIZE)
    assert (rows(place), sum(steps)) == (before, SIZE)


def test_tiles_are_not_rebuilt_from_leaves_that_do_not_give_the_signed_root(place: Place, tree: Tree) -> None:
    before = rows(place)
    tamper(place, "UPDATE {s}.event SET leaf = sha256('x') WHERE position = 3")
    with pytest.raises(RecordBroken, match=r"checkpoint 1100: .* forked"):
        CheckpointRun(place.database.app, place.school, SIGNER).rebuild_tiles(lambda _: None)
    assert rows(place) == before


def test_all_tiles_of_a_proof_are_read_in_one_round_trip(
    place: Place, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[Tile]] = []

    def counted(connection: psycopg.Connection, schema: str, tiles: Sequence[Tile]) -> Any:
        asked.append(tiles)
        return read_tiles(connection, schema, tiles)

    monkeypatch.setattr(kept_tiles, "read_tiles", counted)
    tree.proof(600, None)
    assert asked == [[Tile(0, 2), Tile(0, 4, 76), Tile(1, 0, 4)]]


def test_a_checkpoint_that_opens_with_no_key_is_not_proved_under(place: Place, tree: Tree) -> None:
    place.query("ALTER TABLE {s}.checkpoint DISABLE TRIGGER USER")
    place.query("UPDATE {s}.checkpoint SET note = replace(note, 'K', 'L') WHERE size = 1100")
    with pytest.raises(RecordBroken, match="checkpoint 1100: "):
        tree.proof(1, None)
    with pytest.raises(RecordBroken, match="checkpoint 1100: "):
        tree.consistency(300, None)
    with pytest.raises(NotReady):
        tree.check()
