"""Changes of the signing key in a whole record: followed from a trusted key, by checkpoints that the old one signed."""

import pytest

from casework.ledger.entry import leaf_hash
from casework.ledger.merkle import root
from casework.ledger.note import Signer, check_signature
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import HeldNote, StoredCheckpoint
from tests.ledger.given import HOME, ORIGIN, OTHER, SIGNER, Book, book, signed_at, stream
from tests.ledger.recorded import broken, check, level, only_error, statuses


@pytest.fixture
def rotated() -> Book:
    """Return a record whose key was changed at entry 4, signed at 3 by the old, at 5 by both, at 6 by the new key."""
    made = book(3)
    made.checkpoints.clear()
    made.sign()
    made.add(stream("record"), "record.key-rotated.v1", old=SIGNER.vkey, new=OTHER.vkey)
    both = Signer(ORIGIN, [b"\x33" * 32, b"\x34" * 32])
    for by in ((SIGNER.vkey, OTHER.vkey), (OTHER.vkey,)):
        made.add(stream("case 1"), "incident.note-added.v1", note_no=len(made.entries))
        size, top = len(made.entries), root([leaf_hash(entry) for entry in made.entries])
        made.checkpoints.append(StoredCheckpoint(size, top, both.sign_checkpoint(size, top, by)))
    return made


def test_a_verifier_follows_the_keys_that_the_record_names_from_the_one_it_trusts(rotated: Book) -> None:
    held = [HeldNote(str(each.size), each.note) for each in rotated.checkpoints]
    report = check(rotated.rows(), rotated.checkpoints, held)
    assert report.holds, report.lines()
    assert (report.signed_size, statuses(report)["history"]) == (6, "held")


def test_a_new_key_is_trusted_by_nobody_who_does_not_trust_the_old_one(rotated: Book) -> None:
    stranger = Signer(ORIGIN, [b"\x35" * 32])
    rows = rotated.rows()
    checked = RecordCheck(HOME, stranger.keys, rotated.checkpoints, check=check_signature)
    for row in rows:
        checked.add(row)
    assert len(level(checked.finish(), "signature").errors) == 3


def changed(*over: Signer) -> Book:
    """Return a record whose key was changed at entry 4, the checkpoint over which is signed by these."""
    made = book(3)
    made.add(stream("record"), "record.key-rotated.v1", old=SIGNER.vkey, new=OTHER.vkey)
    made.checkpoints.append(signed_at(made, *over))
    made.add(stream("case 1"), "incident.note-added.v1", note_no=1)
    return made


def checked(made: Book, *keys: Signer, held: tuple[HeldNote, ...] = ()) -> RecordReport:
    checking = RecordCheck(
        HOME, [key for signer in keys for key in signer.keys], made.checkpoints, held=held, check=check_signature
    )
    for row in made.rows():
        checking.add(row)
    return checking.finish()


def test_which_keys_were_followed_is_told(rotated: Book) -> None:
    report = checked(rotated, SIGNER)
    assert f"key      {OTHER.vkey} from entry 4 on, signed for by the one before" in report.lines()
    assert report.as_json()["keys_followed"] == [{"position": 4, "key": OTHER.vkey}]
    assert checked(book(3), SIGNER).as_json()["keys_followed"] == []


def test_a_change_that_the_old_key_did_not_sign_is_followed_by_nobody_but_told() -> None:
    made = changed(OTHER)
    report = checked(made, SIGNER)
    assert broken(report) == {"signature"}
    error = only_error(report, "signature")
    assert error.expected == f"a signature by {SIGNER.vkey} too, over the change of keys in entry 4"
    assert error.found.startswith(f"one by {OTHER.vkey} alone: trust it only if it came another way")
    assert broken(checked(made, SIGNER, OTHER)) == set()


def test_a_change_that_no_checkpoint_covers_makes_no_key_trusted() -> None:
    made = book(3)
    made.add(stream("record"), "record.key-rotated.v1", old=SIGNER.vkey, new=OTHER.vkey)
    made.add(stream("case 1"), "incident.note-added.v1", note_no=1)
    forged = HeldNote("handed in.txt", signed_at(made, OTHER).note)
    report = checked(made, SIGNER, held=(forged,))
    assert broken(report) == {"history"}


def test_a_later_change_signed_by_all_is_followed_through_one_checkpoint() -> None:
    third = Signer(ORIGIN, [b"\x36" * 32])
    made = book(3)
    made.add(stream("record"), "record.key-rotated.v1", old=SIGNER.vkey, new=OTHER.vkey)
    made.add(stream("record"), "record.key-rotated.v1", old=OTHER.vkey, new=third.vkey)
    made.checkpoints.append(signed_at(made, SIGNER, OTHER, third))
    made.add(stream("case 1"), "incident.note-added.v1", note_no=1)
    made.checkpoints.append(signed_at(made, third))
    assert [change.position for change in checked(made, SIGNER).followed] == [4, 5]
    made.checkpoints[-2] = signed_at(Book(made.entries[:5]), SIGNER, third)
    assert "over the change of keys in entry 5" in str(level(checked(made, SIGNER), "signature").errors[0])


def test_a_key_that_was_given_up_signs_nothing_any_more() -> None:
    """Why a stolen key is changed: whoever has it could otherwise go on."""
    made = changed(SIGNER, OTHER)
    made.checkpoints.append(signed_at(made, SIGNER))
    for trusted in ((SIGNER,), (SIGNER, OTHER)):
        report = checked(made, *trusted)
        assert broken(report) == {"signature"}
        assert only_error(report, "signature").where == "checkpoint 5"
    made.checkpoints[-1] = signed_at(made, OTHER)
    assert broken(checked(made, SIGNER)) == set()


def test_where_not_all_checkpoints_are_given_the_one_over_a_change_is_asked_for() -> None:
    made = changed(SIGNER, OTHER)
    covering, latest = made.checkpoints[-1], signed_at(made, OTHER)
    for given in ([latest], [covering, latest]):
        asked: list[int] = []

        def cover(position: int, asked: list[int] = asked) -> StoredCheckpoint:
            asked.append(position)
            return covering

        checking = RecordCheck(HOME, SIGNER.keys, given, covering=cover, check=check_signature)
        for row in made.rows():
            checking.add(row)
        report = checking.finish()
        assert (broken(report), asked) == (set(), [4])
        assert level(report, "signature").summary == "2 checkpoints, each by a trusted key"
    assert broken(checked(Book(made.entries, checkpoints=[latest]), SIGNER)) == {"signature"}


def test_a_new_key_that_is_named_outside_the_records_own_stream_is_not_trusted(rotated: Book) -> None:
    made = book(3)
    made.add(stream("case 1"), "record.key-rotated.v1", old=SIGNER.vkey, new=OTHER.vkey)
    top = root([leaf_hash(entry) for entry in made.entries])
    report = check(made.rows(), [StoredCheckpoint(4, top, OTHER.sign_checkpoint(4, top))])
    assert broken(report) == {"signature"}


@pytest.mark.parametrize("new", ["nothing", None, Signer("elsewhere.example/ledger", [b"\x34" * 32]).vkey])
def test_a_new_key_that_is_none_of_the_records_is_named(new: str | None) -> None:
    made = book(3)
    made.add(stream("record"), "record.key-rotated.v1", old=SIGNER.vkey, new=new)
    made.sign()
    report = check(made.rows(), made.checkpoints[-1:])
    assert broken(report) == {"signature"}
    assert ": new" in only_error(report, "signature").where
