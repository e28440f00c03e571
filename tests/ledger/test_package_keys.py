"""A package made after the signing key was changed: checked from the old key, offline, by the changes that it holds."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from casework.ledger.entry import leaf_hash
from casework.ledger.merkle import inclusion
from casework.ledger.note import Signer
from casework.ledger.proof import tlog_proof
from casework.ledger.rows import StoredCheckpoint
from casework.ledger.verify import PackageReport, check_package
from tests.ledger.checked import broken, level, statuses
from tests.ledger.given import ORIGIN, OTHER, SIGNER, Book, Exported, case_book, exported, stream

THIRD, STRANGER = (Signer(ORIGIN, [bytes([seed]) * 32]) for seed in (0x36, 0x37))
FIRST_CHANGE, SECOND_CHANGE = 8, 10
ENTRIES = "record/keys/entries.jsonl"
OWN = stream("record")
Changed = tuple[Book, list[tuple[int, StoredCheckpoint]]]


def proof(made: Book, position: int, under: StoredCheckpoint) -> bytes:
    leaves = [leaf_hash(entry) for entry in made.entries[: under.size]]
    return tlog_proof(position - 1, inclusion(leaves, position - 1, under.size), under.note).encode()


def change(
    made: Book, old: Signer, new: Signer, *signed_by: Signer, of: str = "record"
) -> tuple[int, StoredCheckpoint]:
    """Let a record go on to a new key, and something be recorded after it; return where, and the checkpoint over it."""
    position = made.add(stream(of), "record.key-rotated.v1", old=old.vkey, new=new.vkey).position
    made.add(stream(f"read {position}"), "access.case-read.v1", incident=str(stream("other case")), view="case")
    made.signers = signed_by
    covering = made.sign()
    made.signers = (new,)
    return position, covering


def files_of(made: Book, changes: Sequence[tuple[int, StoredCheckpoint]]) -> dict[str, bytes]:
    """Return what a package says of these changes."""
    lines = [made.entries[0], *(made.entries[position - 1] for position, _ in changes)]
    proofs = {
        f"record/keys/{position}/{of}.tlog-proof": proof(made, of, covering)
        for position, covering in changes
        for of in (1, position)
    }
    return {ENTRIES: b"".join(line + b"\n" for line in lines), **proofs}


def packed(made: Book, files: dict[str, bytes]) -> Exported:
    """Return a package of the case in a record, under the last checkpoint, with further files."""
    made.sign()
    package = exported(book=(made, stream("case")))
    package.files |= files
    package.write_manifest()
    return package


@pytest.fixture
def twice() -> Exported:
    """Return a package of a record whose key was changed twice."""
    made, _ = case_book()
    changes = [change(made, SIGNER, OTHER, SIGNER, OTHER), change(made, OTHER, THIRD, OTHER, THIRD)]
    made.add(stream("read"), "access.case-read.v1", incident=str(stream("other case")), view="case")
    assert [position for position, _ in changes] == [FIRST_CHANGE, SECOND_CHANGE]
    return packed(made, files_of(made, changes))


def check(package: Exported, to: Path, *keys: Signer) -> PackageReport:
    given = [key for signer in keys for key in signer.keys] or None
    return check_package(package.zip(to / "case.zip"), keys=given, receipt=json.dumps(package.receipt).encode())


def refused(report: PackageReport) -> str:
    """Return why no key could be followed; all else that needs no key holds."""
    assert broken(report) >= {"signature"}
    assert broken(report) <= {"signature", "receipt", "package"}
    assert statuses(report)["proofs"] == "not_run"
    return "\n".join(map(str, level(report, "signature").errors))


@pytest.mark.parametrize(("trusted", "followed"), [((SIGNER,), 2), ((OTHER,), 1), ((THIRD,), 0), ((), 0)])
def test_it_holds_from_each_key_that_the_record_ever_had(
    twice: Exported, tmp_path: Path, trusted: tuple[Signer, ...], followed: int
) -> None:
    report = check(twice, tmp_path, *trusted)
    assert broken(report) == {"package"}, "no more than the hash of the .zip, made before these files were put in"
    assert [each.new for each in report.followed] == [*OTHER.keys, *THIRD.keys][2 - followed :]
    told = [line for line in report.lines() if line.startswith("key ")]
    assert len(told) == followed + len(report.keys)
    assert [each["key"] for each in report.as_json()["keys_followed"]] == [str(each.new) for each in report.followed]


def test_it_holds_where_two_changes_are_under_one_checkpoint(tmp_path: Path) -> None:
    made, _ = case_book()
    made.add(OWN, "record.key-rotated.v1", old=SIGNER.vkey, new=OTHER.vkey)
    position, covering = change(made, OTHER, THIRD, SIGNER, OTHER, THIRD)
    report = check(packed(made, files_of(made, [(position - 1, covering), (position, covering)])), tmp_path, SIGNER)
    assert broken(report) == {"package"}
    assert len(report.followed) == 2


def test_a_package_without_the_changes_is_refused_and_says_what_lacks(twice: Exported, tmp_path: Path) -> None:
    for path in [path for path in twice.files if path.startswith("record/keys/")]:
        del twice.files[path]
    twice.write_manifest()
    said = refused(check(twice, tmp_path, SIGNER))
    assert f"there is no {ENTRIES} that leads there from the key that is trusted" in said
    assert check(twice, tmp_path, THIRD).levels[3].status == "held"


def test_a_key_of_somebody_else_is_followed_to_nothing(twice: Exported, tmp_path: Path) -> None:
    assert "nothing in record/keys/ leads there from the key" in refused(check(twice, tmp_path, STRANGER))


def without(package: Exported, *paths: str) -> None:
    for path in paths:
        del package.files[path]


def drop_line(package: Exported, *paths: str) -> None:
    lines = package.files[ENTRIES].splitlines(keepends=True)
    package.files[ENTRIES] = b"".join([*lines[:1], *lines[2:]])
    without(package, *paths)


FIRST_PROOFS = (f"record/keys/{FIRST_CHANGE}/1.tlog-proof", f"record/keys/{FIRST_CHANGE}/{FIRST_CHANGE}.tlog-proof")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (drop_line, "found 2 lines"),
        (lambda package: drop_line(package, *FIRST_PROOFS), "line 2: id: expected"),
        (lambda package: without(package, ENTRIES), f"{ENTRIES}: expected a file"),
        (lambda package: without(package, FIRST_PROOFS[0]), f"{FIRST_PROOFS[0]}: expected a file"),
        (lambda package: without(package, FIRST_PROOFS[1]), "as there are proofs"),
    ],
)
def test_a_change_that_is_left_out_is_missed(
    twice: Exported, tmp_path: Path, spoil: Callable[[Exported], None], said: str
) -> None:
    spoil(twice)
    twice.write_manifest()
    assert said in refused(check(twice, tmp_path, SIGNER))


@pytest.mark.parametrize("path", [ENTRIES, *FIRST_PROOFS])
@pytest.mark.parametrize("place", [0.2, 0.5])
def test_a_bit_of_a_change_that_is_altered_is_found(twice: Exported, tmp_path: Path, path: str, place: float) -> None:
    octets = bytearray(twice.files[path])
    octets[int(len(octets) * place)] ^= 1
    twice.files[path] = bytes(octets)
    twice.write_manifest()
    assert refused(check(twice, tmp_path, SIGNER))


def test_a_change_that_the_old_key_did_not_sign_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    made, _ = case_book()
    changes = [change(made, SIGNER, OTHER, OTHER)]
    package = packed(made, files_of(made, changes))
    said = refused(check(package, tmp_path, SIGNER))
    assert "over the change of keys in entry 8" in said
    assert "alone: trust it only if it came another way, and give both keys then" in said
    for trusted in ((SIGNER, OTHER), (OTHER,), ()):
        assert broken(check(package, tmp_path, *trusted)) == {"package"}


def forged(of: str = "record", *, by: Signer = STRANGER) -> Exported:
    """Return a package by somebody without the record's key, who has made a change to a key of their own up."""
    made, _ = case_book()
    return packed(made, files_of(made, [change(made, SIGNER, by, by, of=of)]))


def test_a_change_that_is_made_up_is_refused(tmp_path: Path) -> None:
    assert "over the change of keys in entry 8" in refused(check(forged(), tmp_path, SIGNER))
    assert broken(check(forged(), tmp_path)) == {"package"}, "without a key from elsewhere it is of one piece"


def test_an_entry_in_another_stream_changes_no_key_though_the_old_one_has_signed_it(tmp_path: Path) -> None:
    """Whoever may record as the service does can write such an entry, and sign beside the signature over it."""
    made, _ = case_book()
    changes = [change(made, SIGNER, STRANGER, SIGNER, STRANGER, of="case")]
    said = refused(check(packed(made, files_of(made, changes)), tmp_path, SIGNER))
    assert f"line 2: id: expected {OWN}/2, found {stream('case')}/" in said


def test_an_opening_entry_that_is_none_of_the_record_is_refused(tmp_path: Path) -> None:
    made, _ = case_book()
    changes = [change(made, SIGNER, STRANGER, SIGNER, STRANGER, of="another record")]
    files = files_of(made, changes)
    # Of the same form, with the stream in which the change stands.
    other = Book()
    opened = other.add(stream("another record"), "record.opened.v1", key=SIGNER.vkey, is_scratch=False)
    lines = files[ENTRIES].splitlines(keepends=True)
    change_line = lines[1].replace(b'/1"', b'/2"')
    files[ENTRIES] = opened.entry + b"\n" + change_line
    said = refused(check(packed(made, files), tmp_path, SIGNER))
    assert "inclusion of entry 1" in said


def test_a_key_that_was_given_up_signs_no_package_any_more(tmp_path: Path) -> None:
    made, _ = case_book()
    changes = [change(made, SIGNER, OTHER, SIGNER, OTHER)]
    made.add(stream("read"), "access.case-read.v1", incident=str(stream("other case")), view="case")
    made.signers = (SIGNER,)
    for trusted in ((SIGNER,), (SIGNER, OTHER)):
        report = check(packed(made, files_of(made, changes)), tmp_path, *trusted)
        assert "record/checkpoint" in refused(report)
