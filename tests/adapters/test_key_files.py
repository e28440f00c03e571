"""Key files that change under a running service: it goes by what they say now, or by what it read if they say none."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from casework.adapters.errors import KeyFileRefused
from casework.adapters.key_files import MasterKeyFile, RecordKeyFile
from casework.adapters.keys import add_master_key, add_record_seed, make_master_keys, make_record_seeds, read_signer
from casework.adapters.signer import CheckpointRun
from casework.application.store import Unavailable
from casework.ledger.note import Signer, open_note
from servicekit.outfile import write_whole
from servicekit.sealing import UnknownMasterKey, new_secret
from tests.adapters.given import ORIGIN, Place, record
from tests.adapters.test_record_keys import name_key

SCHOOL = "rowan"
CASE = uuid4()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "keys"
    made.mkdir(mode=0o700)
    make_master_keys(made)
    make_record_seeds(made, SCHOOL)
    return made


@pytest.fixture
def signing(folder: Path) -> RecordKeyFile:
    return RecordKeyFile(folder, SCHOOL, ORIGIN)


def test_a_new_signing_key_is_there_as_soon_as_it_is_in_the_file(folder: Path, signing: RecordKeyFile) -> None:
    [old] = signing.vkeys
    add_record_seed(folder, SCHOOL)
    assert len(signing.vkeys) == 2
    assert signing.vkeys[1] == old
    assert open_note(signing.sign_checkpoint(1, bytes(32)), signing.keys[:1]).size == 1


def test_a_run_that_has_begun_its_life_with_the_old_key_signs_with_the_new_one(
    folder: Path, signing: RecordKeyFile, place: Place
) -> None:
    run, [old] = CheckpointRun(place.database.app, place.school, signing), signing.vkeys
    name_key(place, 1, key=old)
    assert run.run()
    add_record_seed(folder, SCHOOL)
    new = read_signer(folder, SCHOOL, ORIGIN).vkey
    name_key(place, 2, old=old, new=new)
    covering = run.run()
    record(place)
    after = run.run()
    assert covering is not None
    assert after is not None
    assert [open_note(covering.note, [key]).size for key in (old, new)] == [2, 2]
    assert open_note(after.note, [new]).size == 3


def test_a_run_goes_on_after_the_old_key_was_lost_and_opens_what_it_signed(
    folder: Path, signing: RecordKeyFile, place: Place
) -> None:
    run, [old] = CheckpointRun(place.database.app, place.school, signing), signing.vkeys
    name_key(place, 1, key=old)
    assert run.run()
    (folder / f"{SCHOOL}.record.key").unlink()
    add_record_seed(folder, SCHOOL, [old])
    [new] = signing.vkeys
    assert list(map(str, signing.keys)) == [new, old]
    record(place)
    with pytest.raises(Unavailable, match="expected a signing key"):
        run.run()
    name_key(place, 2, old=old, new=new)
    for runner in (run, CheckpointRun(place.database.app, place.school, signing)):
        signed = runner.run()
        assert signed is not None
        assert open_note(signed.note, [new]).size == 3


def test_secrets_are_wrapped_under_a_new_master_key_and_open_under_the_old_one_while_it_is_there(folder: Path) -> None:
    masters, secret = MasterKeyFile(folder), new_secret()
    before = masters.wrap(secret, CASE)
    added = add_master_key(folder)
    after = masters.wrap(secret, CASE)
    assert (after[0], before[0]) == tuple(added.by_id)
    assert masters.unwrap(*before, CASE) == masters.unwrap(*after, CASE) == secret
    write_whole(folder / "master.key", f"{after[0]} {added.by_id[after[0]].hex()}\n".encode(), force=True, mode=0o600)
    assert masters.unwrap(*after, CASE) == secret
    with pytest.raises(UnknownMasterKey):
        masters.unwrap(*before, CASE)


def gone(path: Path) -> None:
    path.unlink()


def malformed(path: Path) -> None:
    path.write_text("nothing of the sort\n")


def for_all(path: Path) -> None:
    path.write_text(path.read_text() + "44" * 32 + "\n")
    path.chmod(0o644)


@pytest.mark.parametrize("spoil", [gone, malformed, for_all])
def test_of_a_file_that_cannot_be_read_the_keys_read_before_are_used(
    folder: Path, signing: RecordKeyFile, spoil: Callable[[Path], None]
) -> None:
    masters, before = MasterKeyFile(folder), signing.vkeys
    wrapped = masters.wrap(bytes(32), CASE)
    kept = (folder / f"{SCHOOL}.record.key").read_text()
    for path in folder.iterdir():
        spoil(path)
    assert signing.vkeys == before
    assert masters.unwrap(*wrapped, CASE) == bytes(32)
    with pytest.raises(KeyFileRefused):
        RecordKeyFile(folder, SCHOOL, ORIGIN)
    write_whole(folder / f"{SCHOOL}.record.key", f"{'55' * 32}\n{kept}".encode(), force=True, mode=0o600)
    assert signing.vkeys == (Signer(ORIGIN, [b"\x55" * 32]).vkey, *before)


def test_a_key_of_another_record_in_the_file_is_refused_and_no_line_is_told(folder: Path) -> None:
    path = folder / f"{SCHOOL}.record.key"
    for line in (Signer("elm-road.example/ledger", [b"\x55" * 32]).vkey, f"{ORIGIN}+00000000+AQ=="):
        write_whole(path, f"{'66' * 32}\n{line}\n".encode(), force=True, mode=0o600)
        with pytest.raises(KeyFileRefused, match="line 2") as refused:
            read_signer(folder, SCHOOL, ORIGIN)
        assert "66" * 32 not in str(refused.value)
