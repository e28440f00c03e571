"""Exports across a change of the signing key: who was told the old key checks one made afterwards, offline."""

from pathlib import Path

import pytest

from casework.adapters.keys import add_record_seed, read_signer
from casework.application import key_rotation
from casework.bootstrap import Assembled
from tests.api.exported import ADVISER, Fetched, exported, let_in, reported
from tests.api.fix_first_school import SCHOOLS, Played
from tests.api.test_erasure import another_process
from tests.fix_postgres import Database

ORIGIN = SCHOOLS["rowan"][1]


class Told:
    """Two copies of a case as its adviser has them, one from before the change of keys and one from after it."""

    def __init__(self, before: Fetched, after: Fetched, keys: Path) -> None:
        self.before = before
        self.after = after
        self.keys = keys


def rotate(database: Database, folder: Path) -> None:
    """Change the key as `casework key rotate` does, in another process than the service's; nothing is signed there."""
    keys = folder / "keys"
    old = read_signer(keys, "rowan", ORIGIN).vkey
    add_record_seed(keys, "rowan")
    new = read_signer(keys, "rowan", ORIGIN).vkey

    def record(made: Assembled) -> None:
        key_rotation.rotate(made.casework.record, old=old, new=new, by="operator", now=made.casework.now())

    another_process(database, folder, record)


@pytest.fixture
def told(school: Played, database: Database, tmp_path: Path) -> Told:
    case = reported(school)
    adviser = let_in(school, database, ADVISER, "legal", case)
    old = read_signer(tmp_path / "keys", "rowan", ORIGIN).vkey
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    before = exported(school, tmp_path / "before", adviser, case, "legal_full")
    rotate(database, tmp_path)
    between = school.post("u-audit", "/ledger/checkpoint", None)
    assert between.status_code == 200
    assert len(between.text.partition("\n\n")[2].splitlines()) == 2
    rotate(database, tmp_path)
    after = exported(school, tmp_path / "after", adviser, case, "legal_full")
    keys = tmp_path / "told"
    keys.mkdir()
    (keys / "old.vkey").write_text(old + "\n")
    (keys / "new.vkey").write_text(read_signer(tmp_path / "keys", "rowan", ORIGIN).vkey + "\n")
    return Told(before, after, keys)


@pytest.mark.parametrize("key", ["old.vkey", "new.vkey", None])
def test_a_copy_made_after_the_change_holds_for_whoever_was_told_either_key(told: Told, key: str | None) -> None:
    given = ["--key", str(told.keys / key)] if key else []
    done = told.after.check(told.after.zip, "--receipt", "receipt.json", *given)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.count("signed for by the one before") == (2 if key == "old.vkey" else 0)


def test_it_names_the_changes_and_nothing_of_other_cases(told: Told) -> None:
    paths = [path for path in told.after.files if path.startswith("record/keys/")]
    assert len(paths) == 5
    lines = told.after.files["record/keys/entries.jsonl"].splitlines()
    assert [b"record.opened.v1" in line for line in lines] == [True, False, False]
    assert "record/keys/" in told.after.files["README.txt"].decode()


def test_a_copy_from_before_holds_for_whoever_was_told_the_old_key(told: Told) -> None:
    assert "record/keys/" not in told.before.files["README.txt"].decode()
    assert not [path for path in told.before.files if path.startswith("record/keys/")]
    for key, code in (("old.vkey", 0), ("new.vkey", 3)):
        done = told.before.check(told.before.zip, "--receipt", "receipt.json", "--key", str(told.keys / key))
        assert (done.returncode, done.stderr) == (code, ""), done.stdout
