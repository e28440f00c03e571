"""Keys: a case's secret is kept before it is used and agreed on by all writers; key files are made once and private."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from casework.adapters.errors import KeyFileRefused
from casework.adapters.keys import (
    CaseKeys,
    make_master_keys,
    make_record_seeds,
    read_master_keys,
    read_record_seeds,
)
from casework.adapters.stored import WrappedKey
from casework.application.store import KeyErased
from servicekit.sealing import MasterKeys, SealBroken, UnknownMasterKey
from tests.adapters.given import Place

MASTERS = MasterKeys.parse(f"m1 {'22' * 32}\n")
CASE = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001")


@pytest.fixture
def keys(place: Place) -> CaseKeys:
    return CaseKeys(place.pool, place.schema, MASTERS)


def test_a_new_secret_is_kept_wrapped_before_it_is_used(place: Place, keys: CaseKeys) -> None:
    made = keys.for_writing([CASE])[CASE]
    [(master, wrapped)] = place.query("SELECT master, wrapped FROM {keys}.case_key")
    assert master == "m1"
    assert len(wrapped) == 60
    assert keys.for_reading(CASE).seal_key == made.seal_key
    assert keys.for_writing([CASE])[CASE].seal_key == made.seal_key


def test_eight_first_writers_agree_on_one_secret(keys: CaseKeys) -> None:
    cases = [uuid4() for _ in range(5)]
    with ThreadPoolExecutor(8) as writers:
        found = list(writers.map(lambda _: keys.for_writing(cases), range(8)))
    for case in cases:
        assert len({secrets[case].salt_key for secrets in found}) == 1


def test_an_erased_or_unknown_secret_is_not_given_out(place: Place, keys: CaseKeys) -> None:
    with pytest.raises(KeyErased):
        keys.for_reading(CASE)
    keys.for_writing([CASE])
    place.query("UPDATE {keys}.case_key SET master = NULL, wrapped = NULL, erased_by = 7")
    for give in (keys.for_reading, lambda case: keys.for_writing([uuid4(), case])):
        with pytest.raises(KeyErased, match=str(CASE)):
            give(CASE)


def test_the_key_of_the_last_load_is_not_asked_for_again(
    place: Place, keys: CaseKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keys.for_writing([CASE])[CASE]
    other = uuid4()
    keys.for_writing([other])
    [row] = place.query("SELECT id, master, wrapped FROM {keys}.case_key WHERE id = %s", "superuser", CASE)
    keys.open(WrappedKey(*row))
    asked: list[set[UUID]] = []
    monkeypatch.setattr(keys, "for_writing", lambda ids: asked.append(set(ids)) or {})
    assert keys.for_entries([CASE])[CASE].seal_key == made.seal_key
    keys.for_entries([CASE, other])
    assert asked == [set(), {other}]


def test_the_key_of_another_threads_load_is_asked_for(keys: CaseKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.for_writing([CASE])
    asked: list[set[UUID]] = []
    monkeypatch.setattr(keys, "for_writing", lambda ids: asked.append(set(ids)) or {})
    with ThreadPoolExecutor(1) as another:
        another.submit(keys.for_entries, [CASE]).result()
    assert asked == [{CASE}]


def test_a_secret_put_in_another_cases_place_does_not_open(place: Place, keys: CaseKeys) -> None:
    other = uuid4()
    keys.for_writing([CASE, other])
    place.query(
        "UPDATE {keys}.case_key SET wrapped = (SELECT wrapped FROM {keys}.case_key WHERE id = %s)", "owner", CASE
    )
    keys.for_reading(CASE)
    with pytest.raises(SealBroken):
        keys.for_reading(other)


def test_another_master_key_opens_nothing(place: Place, keys: CaseKeys) -> None:
    keys.for_writing([CASE])
    other = CaseKeys(place.pool, place.schema, MasterKeys.generate()[0])
    with pytest.raises(UnknownMasterKey, match="wrapped under master key m1"):
        other.for_reading(CASE)


def test_a_secret_is_unwrapped_once_a_load_and_forgotten_with_it(keys: CaseKeys) -> None:
    master, wrapped = MASTERS.wrap(bytes(32), CASE)
    key = WrappedKey(CASE, master, wrapped)
    assert keys.open(key) is keys.open(key)
    assert keys.open(WrappedKey(CASE, master, wrapped)) is not keys.open(key)
    assert keys.open(WrappedKey(CASE, None, None)) is None
    assert keys.open(None) is None


def test_key_files_are_made_once_private_and_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    masters = make_master_keys(folder)
    seeds = make_record_seeds(folder, "rowanlane")
    assert read_master_keys(folder).by_id == masters.by_id
    assert read_record_seeds(folder, "rowanlane") == seeds
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "master.key": 0o600,
        "rowanlane.record.key": 0o600,
    }
    with pytest.raises(FileExistsError):
        make_master_keys(folder)
    with pytest.raises(FileExistsError):
        make_record_seeds(folder, "rowanlane")
    assert read_record_seeds(folder, "rowanlane") == seeds


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    make_master_keys(tmp_path / "keys")
    (tmp_path / "keys" / "master.key").chmod(0o640)
    with pytest.raises(KeyFileRefused, match=r"\(0600\), found 0640"):
        read_master_keys(tmp_path / "keys")


@pytest.mark.parametrize("text", ["", "33" * 31, "zz" * 32, f"{'33' * 32}\nmore", "\xff"])
def test_a_malformed_key_file_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    for name in ("master.key", "rowanlane.record.key"):
        (tmp_path / name).write_text(text, encoding="latin-1")
        (tmp_path / name).chmod(0o600)
    for read in (lambda: read_master_keys(tmp_path), lambda: read_record_seeds(tmp_path, "rowanlane")):
        with pytest.raises(KeyFileRefused) as raised:
            read()
        assert "3333" not in str(raised.value)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused, match=r"master\.key: expected a key file, found none"):
        read_master_keys(tmp_path)


def test_an_older_signing_key_stands_below_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "rowanlane.record.key"
    path.write_text(f"{'44' * 32}\n{'33' * 32}\n")
    path.chmod(0o600)
    assert read_record_seeds(tmp_path, "rowanlane") == (b"\x44" * 32, b"\x33" * 32)
