"""Two readers who are shown two records: each holds alone; whoever compares notes, or asks for consistency, sees it."""

from collections.abc import Iterator

import psycopg
import pytest

from casework.adapters.scan import RecordScan
from casework.ledger.merkle import consistency
from casework.ledger.note import open_note
from casework.ledger.rows import HeldNote
from casework.ledger.verify import NotConsistent, check_consistency
from servicekit.embedded import EmbeddedPostgres
from tests.attacks.attacked import Attacked, Original
from tests.fix_postgres import make_database


@pytest.fixture
def other(server: EmbeddedPostgres, superuser: psycopg.Connection, original: Original) -> Iterator[Attacked]:
    """Answer a second copy of the record, kept for another reader."""
    name = "attacked_other"
    try:
        yield Attacked(original, make_database(server, superuser, name, "casework", original.template))
    finally:
        superuser.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def shown(attacked: Attacked, other: Attacked) -> tuple[str, str]:
    """Let both go on from the same entries to the same size, with other entries; return the notes of the two."""
    for each in (attacked, other):
        each.append(3)
    return attacked.sign(), other.sign()


def test_each_holds_alone_and_they_are_told_apart_by_the_notes(
    attacked: Attacked, other: Attacked, shown: tuple[str, str]
) -> None:
    assert attacked.check(held=attacked.sizes).broken == other.check(held=other.sizes).broken == {}
    one, two = (open_note(note, attacked.signer.keys, attacked.signer.origin) for note in shown)
    assert (one.origin, one.size) == (two.origin, two.size)
    assert one.root != two.root


def test_either_note_breaks_the_other_record(attacked: Attacked, other: Attacked, shown: tuple[str, str]) -> None:
    [said] = attacked.check_against(HeldNote("the-other-readers.txt", shown[1])).broken.values()
    assert "held checkpoint the-other-readers.txt: entries 1 to 271 not those it was signed for" in said
    assert attacked.check_against(HeldNote("mine.txt", shown[0])).broken == {}


def test_no_proof_joins_a_later_checkpoint_to_the_other_readers(
    attacked: Attacked, other: Attacked, shown: tuple[str, str]
) -> None:
    attacked.append(2)
    later = open_note(attacked.sign(), attacked.signer.keys, attacked.signer.origin)
    with RecordScan(attacked.database.app, attacked.original.school) as scan:
        leaves = [leaf for _, leaf in scan.leaves(upto=later.size)]
    mine, theirs = (open_note(note, attacked.signer.keys, attacked.signer.origin) for note in shown)
    proof = consistency(leaves, mine.size, later.size)
    check_consistency(mine.size, later.size, proof, mine.root, later.root)
    with pytest.raises(NotConsistent):
        check_consistency(theirs.size, later.size, proof, theirs.root, later.root)
