"""The checkpoint run: what it signs, and everything that keeps it from signing. Proofs, under what it signed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import psycopg
import pytest

from casework.adapters import signer
from casework.adapters.proofs import Prover, Stamped
from casework.adapters.signer import CheckpointRun, SignedCheckpoint
from casework.application.store import RecordBroken
from casework.ledger.merkle import root
from casework.ledger.note import Signer, open_note
from casework.ledger.verify import MalformedProof, check_consistency, check_proof, parse_consistency
from tests.adapters.given import ORIGIN, Place, record, record_many

SIGNER = Signer(ORIGIN, [b"\x33" * 32])
REWRITE = "UPDATE {{s}}.event SET entry = entry || ' '::bytea, leaf = sha256(entry) WHERE position = {}"


@pytest.fixture
def run(place: Place) -> CheckpointRun:
    return CheckpointRun(place.database.app, place.school, SIGNER)


def signed(run: CheckpointRun) -> SignedCheckpoint:
    checkpoint = run.run()
    assert checkpoint is not None
    return checkpoint


def leaves(place: Place) -> list[bytes]:
    return [leaf for (leaf,) in place.query("SELECT leaf FROM {s}.event ORDER BY position")]


def tamper(place: Place, statement: str) -> None:
    place.query("ALTER TABLE {s}.event DISABLE TRIGGER USER")
    place.query("ALTER TABLE {s}.checkpoint DISABLE TRIGGER USER")
    place.query(statement)


def notes(place: Place) -> list[int]:
    return [size for (size,) in place.query("SELECT size FROM {s}.checkpoint ORDER BY size")]


def test_an_empty_record_is_not_signed(place: Place, run: CheckpointRun) -> None:
    assert run.run() is None
    assert notes(place) == []


def test_what_is_new_is_signed_and_stored_before_it_is_shown(place: Place, run: CheckpointRun) -> None:
    record(place, 3)
    made = signed(run)
    assert (made.size, made.root, made.is_new) == (3, root(leaves(place)), True)
    said = open_note(made.note, [SIGNER.vkey], ORIGIN)
    assert (said.size, said.root) == (3, made.root)
    assert place.query("SELECT size, root, note FROM {s}.checkpoint") == [(3, made.root, made.note)]


def test_with_nothing_new_the_last_checkpoint_stands(place: Place, run: CheckpointRun) -> None:
    record(place, 3)
    made = signed(run)
    again = signed(run)
    assert (again.note, again.is_new) == (made.note, False)
    assert notes(place) == [3]


def test_a_run_goes_on_from_its_own_or_another_processes_checkpoint(place: Place, run: CheckpointRun) -> None:
    other = CheckpointRun(place.database.app, place.school, SIGNER)
    for size, runner in ((2, run), (5, run), (9, other), (12, run), (13, other)):
        record(place, size - len(leaves(place)))
        assert (signed(runner).size, signed(runner).root) == (size, root(leaves(place)))
    assert notes(place) == [2, 5, 9, 12, 13]


def test_two_runs_at_once_sign_once(place: Place) -> None:
    record(place, 4)
    runs = [CheckpointRun(place.database.app, place.school, SIGNER) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(signed, runs))
    assert sorted(checkpoint.is_new for checkpoint in made) == [False, False, False, True]
    assert notes(place) == [4]


@pytest.mark.parametrize("position", [1, 2, 4, 5])
def test_an_entry_altered_before_it_was_signed_is_not_signed(place: Place, run: CheckpointRun, position: int) -> None:
    record(place, 5)
    tamper(place, f"UPDATE {{s}}.event SET entry = entry || ' '::bytea WHERE position = {position}")
    with pytest.raises(RecordBroken, match=f"entry {position}: expected leaf .* it was altered"):
        run.run()
    assert notes(place) == []


@pytest.mark.parametrize("position", [1, 3])
def test_a_leaf_rewritten_after_it_was_signed_is_a_fork(place: Place, run: CheckpointRun, position: int) -> None:
    record(place, 3)
    signed(run)
    record(place, 2)
    tamper(place, REWRITE.format(position))
    for runner in (run, CheckpointRun(place.database.app, place.school, SIGNER)):
        with pytest.raises(RecordBroken, match=r"checkpoint 3: expected root .* as signed, .* forked"):
            runner.run()
    assert notes(place) == [3]


def test_a_leaf_rewritten_while_nothing_is_new_is_a_fork_too(place: Place, run: CheckpointRun) -> None:
    record(place, 3)
    signed(run)
    tamper(place, REWRITE.format(2))
    for _ in range(2):
        with pytest.raises(RecordBroken, match=r"checkpoint 3: .* forked"):
            run.run()


def test_entries_removed_and_others_put_in_their_place_are_not_signed_by_who_signed_the_first(
    place: Place, run: CheckpointRun
) -> None:
    record(place, 8)
    signed(run)
    tamper(place, "DELETE FROM {s}.event WHERE position > 5")
    with pytest.raises(RecordBroken, match="of the 5 stored leaves up to it; the record was forked"):
        run.run()
    record(place, 4)
    with pytest.raises(RecordBroken, match=r"checkpoint 8: expected root .* as signed, .* forked"):
        run.run()
    assert notes(place) == [8]


@pytest.fixture
def living(place: Place) -> CheckpointRun:
    """Return a run that signed three checkpoints, the last of size 710, and reads the leaves from 513 on again."""
    run = CheckpointRun(place.database.app, place.school, SIGNER, reread=150)
    for count in (300, 300, 110):
        record_many(place, count)
        signed(run)
    return run


def another(place: Place) -> CheckpointRun:
    """Return the run of another process, that reads as few leaves again."""
    return CheckpointRun(place.database.app, place.school, SIGNER, reread=150)


@pytest.mark.parametrize("position", [513, 600, 710])
def test_the_last_leaves_are_read_again(place: Place, living: CheckpointRun, position: int) -> None:
    tamper(place, REWRITE.format(position))
    for run in (living, another(place)):
        with pytest.raises(RecordBroken, match=r"checkpoint 710: .* forked"):
            run.run()
    assert notes(place) == [300, 600, 710]


def test_older_leaves_are_proved_by_tiles_and_left_to_verify(place: Place, living: CheckpointRun) -> None:
    tamper(place, REWRITE.format(512))
    assert signed(living).size == signed(another(place)).size == 710
    place.query("DELETE FROM {s}.tile", "app")
    for run in (living, another(place)):
        with pytest.raises(RecordBroken, match=r"checkpoint 710: .* forked"):
            run.run()


def test_a_record_whose_oldest_entries_were_cleared_away_is_missed(place: Place, living: CheckpointRun) -> None:
    tamper(place, "DELETE FROM {s}.event WHERE position < 4")
    for run in (living, another(place)):
        with pytest.raises(RecordBroken, match="entry 1: missing; the next one there is 4"):
            run.run()


def test_another_record_under_the_same_key_is_not_signed_by_who_knows_the_first(
    place: Place, living: CheckpointRun
) -> None:
    """All rebuilt and signed anew, as whoever stole the key may: it holds, but not for who signed the other one."""
    for count, cut in ((900, "TRUNCATE {s}.event, {s}.tile, {s}.checkpoint"), (1800, "TRUNCATE {s}.event, {s}.tile")):
        tamper(place, cut)
        place.query("TRUNCATE {s}.checkpoint")
        record_many(place, count)
        assert signed(another(place)).size == count
        with pytest.raises(RecordBroken, match=r"checkpoint 710: expected root .* forked"):
            living.run()


@pytest.mark.parametrize("position", [1, 4])
def test_an_entry_that_was_removed_is_missed(place: Place, run: CheckpointRun, position: int) -> None:
    record(place, 3)
    signed(run)
    record(place, 2)
    tamper(place, f"DELETE FROM {{s}}.event WHERE position = {position}")
    with pytest.raises(RecordBroken, match=f"entry {position}: missing"):
        CheckpointRun(place.database.app, place.school, SIGNER).run()


def test_a_record_shorter_than_its_checkpoint_is_a_fork(place: Place, run: CheckpointRun) -> None:
    record(place, 3)
    signed(run)
    tamper(place, "DELETE FROM {s}.event WHERE position = 3")
    with pytest.raises(RecordBroken, match="of the 2 stored leaves up to it; the record was forked"):
        CheckpointRun(place.database.app, place.school, SIGNER).run()


def test_a_checkpoint_that_is_gone_is_missed_by_the_process_that_signed_it(place: Place, run: CheckpointRun) -> None:
    record(place, 3)
    signed(run)
    tamper(place, "DELETE FROM {s}.checkpoint")
    with pytest.raises(RecordBroken, match="checkpoint 3: known to this process, and gone; the last one there is 0"):
        run.run()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE {s}.checkpoint SET root = sha256('x')", "checkpoint 2: its note says size 2"),
        ("UPDATE {s}.checkpoint SET note = replace(note, 'K', 'L')", "checkpoint 2: "),
        ("UPDATE {s}.checkpoint SET note = 'nothing'", "checkpoint 2: "),
    ],
)
def test_a_stored_checkpoint_that_was_altered_is_not_built_on(
    place: Place, run: CheckpointRun, statement: str, says: str
) -> None:
    record(place, 2)
    signed(run)
    tamper(place, statement)
    record(place)
    with pytest.raises(RecordBroken, match=says):
        run.run()


def test_another_key_does_not_build_on_ours_but_a_newer_one_beside_it_does(place: Place, run: CheckpointRun) -> None:
    record(place, 2)
    signed(run)
    record(place)
    other = Signer(ORIGIN, [b"\x44" * 32])
    with pytest.raises(RecordBroken, match="checkpoint 2: "):
        CheckpointRun(place.database.app, place.school, other).run()
    rotated = Signer(ORIGIN, [b"\x44" * 32, b"\x33" * 32])
    assert signed(CheckpointRun(place.database.app, place.school, rotated)).size == 3


def test_a_crash_before_the_note_is_stored_shows_none_and_the_next_run_signs(
    place: Place, run: CheckpointRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(place, 2)

    class Crash(Exception):
        pass

    def crash(self: Signer, size: int, root: bytes, by: Sequence[str]) -> str:
        raise Crash

    monkeypatch.setattr(Signer, "sign_checkpoint", crash)
    with pytest.raises(Crash):
        run.run()
    monkeypatch.undo()
    assert notes(place) == []
    assert signed(run).is_new


def test_a_crash_after_the_note_is_stored_costs_nothing_and_the_next_run_shows_that_note(
    place: Place, run: CheckpointRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(place, 2)

    class Crash(Exception):
        pass

    class Crashing(psycopg.Connection):
        """Loses its process after the second commit: the first only takes the lock."""

        commits = 0

        def commit(self) -> None:
            super().commit()
            self.commits += 1
            if self.commits == 2:
                raise Crash

    monkeypatch.setattr(signer, "psycopg", SimpleNamespace(connect=Crashing.connect))
    with pytest.raises(Crash):
        run.run()
    monkeypatch.undo()
    again = signed(run)
    assert (again.size, again.is_new) == (2, False)
    assert place.query("SELECT note FROM {s}.checkpoint") == [(again.note,)]


def stamped(made: SignedCheckpoint) -> Stamped:
    return Stamped(open_note(made.note, SIGNER.keys, ORIGIN), made.note)


def test_every_entry_is_proved_under_a_checkpoint(place: Place, run: CheckpointRun) -> None:
    record(place, 7)
    under = stamped(signed(run))
    record(place, 4)
    known = dict(enumerate(leaves(place), start=1))
    prover = Prover(place.pool, place.schema)
    proofs = prover.entry_proofs({position: known[position] for position in range(1, 8)}, under)
    with pytest.raises(MalformedProof):
        prover.entry_proofs({8: known[8]}, under)
    for position, proof in proofs.items():
        index, checkpoint = check_proof(proof, known[position], SIGNER.keys, ORIGIN)
        assert (index, checkpoint.size) == (position - 1, 7)


def test_a_later_checkpoint_is_shown_to_continue_an_earlier_one(place: Place, run: CheckpointRun) -> None:
    record(place, 3)
    old = stamped(signed(run)).checkpoint
    record(place, 4)
    under = stamped(signed(run))
    shown = parse_consistency(Prover(place.pool, place.schema).consistency_file(old, under))
    check_consistency(old.size, under.checkpoint.size, shown.hashes, old.root, under.checkpoint.root)


def test_no_proof_leaves_that_does_not_fit_the_signed_root(place: Place, run: CheckpointRun) -> None:
    record(place, 5)
    under = stamped(signed(run))
    known = leaves(place)
    tamper(place, "UPDATE {s}.event SET leaf = sha256('x') WHERE position = 4")
    with pytest.raises(RecordBroken, match=r"inclusion of entry 1: .* run `casework verify`"):
        Prover(place.pool, place.schema).entry_proofs({1: known[0]}, under)
