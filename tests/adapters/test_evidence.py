"""Evidence files: they come back as they were kept or not at all, and the store itself says nothing of them."""

import os
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from casework.adapters.evidence import EvidenceStore
from casework.adapters.keys import CaseKeys
from casework.application.store import EvidenceBroken, EvidenceMissing, KeyErased, Unavailable
from servicekit.sealed_file import SEGMENT_BYTES
from servicekit.sealing import MasterKeys
from tests.adapters.given import Place

MASTERS = MasterKeys.parse(f"m1 {'22' * 32}\n")
CASE = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001")
CONTENT = b"\x89PNG\r\n\x1a\n" + b"canary 4711" * 99


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence, sealed"


@pytest.fixture
def store(place: Place, folder: Path) -> EvidenceStore:
    return EvidenceStore(str(folder), CaseKeys(place.pool, place.schema, MASTERS))


def kept(store: EvidenceStore, content: bytes = CONTENT, case: UUID = CASE) -> str:
    digest = sha256(content).hexdigest()
    store.keep(case, digest, BytesIO(content))
    return digest


def objects(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, SEGMENT_BYTES, 2 * SEGMENT_BYTES + 7])
def test_a_file_comes_back_as_it_was_kept(store: EvidenceStore, size: int) -> None:
    content = os.urandom(size)
    digest = kept(store, content)
    assert b"".join(store.read(CASE, digest)) == content
    assert store.size_of(CASE, digest) == size


def test_neither_names_nor_bytes_in_the_store_tell_what_it_holds(store: EvidenceStore, folder: Path) -> None:
    digest = kept(store)
    [path] = objects(folder)
    assert path.parent.name == str(CASE)
    assert digest not in path.name
    assert b"canary" not in path.read_bytes()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_kept_again_is_one_file_and_in_another_case_it_is_another(store: EvidenceStore, folder: Path) -> None:
    kept(store)
    before = [(path, path.read_bytes()) for path in objects(folder)]
    kept(store)
    assert [(path, path.read_bytes()) for path in objects(folder)] == before
    kept(store, case=uuid4())
    assert len({path.name for path in objects(folder)}) == 2


def test_a_file_that_was_altered_cut_off_or_moved_does_not_open(store: EvidenceStore, folder: Path) -> None:
    digest = kept(store)
    [path] = objects(folder)
    other = kept(store, b"another file")
    [another] = set(objects(folder)) - {path}
    whole = path.read_bytes()
    for broken in (whole[:-1], whole[:400] + b"x" + whole[401:], b"", another.read_bytes()):
        path.write_bytes(broken)
        with pytest.raises(EvidenceBroken, match=digest[:16]):
            b"".join(store.read(CASE, digest))
    assert b"".join(store.read(CASE, other)) == b"another file"


def test_a_file_left_half_written_is_kept_anew(store: EvidenceStore, folder: Path) -> None:
    digest = kept(store)
    [path] = objects(folder)
    path.write_bytes(path.read_bytes()[:100])
    kept(store)
    assert b"".join(store.read(CASE, digest)) == CONTENT


def test_a_file_that_is_not_what_its_hash_says_is_not_kept(store: EvidenceStore, folder: Path) -> None:
    with pytest.raises(ValueError, match="expected a file with sha256 0000000000000000"):
        store.keep(CASE, "0" * 64, BytesIO(CONTENT))
    assert objects(folder) == []


def test_a_file_that_is_not_there_is_missing(store: EvidenceStore) -> None:
    kept(store)
    with pytest.raises(EvidenceMissing):
        b"".join(store.read(CASE, "0" * 64))
    with pytest.raises(EvidenceMissing):
        store.size_of(CASE, "0" * 64)


def test_with_its_key_erased_a_file_neither_opens_nor_is_added_to(
    place: Place, store: EvidenceStore, folder: Path
) -> None:
    digest = kept(store)
    place.query("UPDATE {keys}.case_key SET master = NULL, wrapped = NULL, erased_by = 1")
    with pytest.raises(KeyErased):
        b"".join(store.read(CASE, digest))
    with pytest.raises(KeyErased):
        kept(store, b"more")
    assert (store.delete_case(CASE), store.delete_case(CASE)) == (1, 0)
    assert objects(folder) == []


def test_deleting_one_case_leaves_the_others(store: EvidenceStore) -> None:
    other = uuid4()
    digest = kept(store, case=other)
    kept(store)
    store.delete_case(CASE)
    assert b"".join(store.read(other, digest)) == CONTENT


def test_a_folder_may_be_given_as_a_url(place: Place, tmp_path: Path) -> None:
    keys = CaseKeys(place.pool, place.schema, MASTERS)
    digest = kept(EvidenceStore((tmp_path / "as a url").as_uri(), keys))
    assert b"".join(EvidenceStore(str(tmp_path / "as a url"), keys).read(CASE, digest)) == CONTENT


def test_a_store_that_is_no_folder_works_the_same(place: Place) -> None:
    store = EvidenceStore("memory:///", CaseKeys(place.pool, place.schema, MASTERS))
    digest = kept(store)
    kept(store)
    assert b"".join(store.read(CASE, digest)) == CONTENT
    assert store.delete_case(CASE) == 1
    with pytest.raises(EvidenceMissing):
        b"".join(store.read(CASE, digest))


def test_a_store_that_cannot_be_written_is_unavailable(store: EvidenceStore, folder: Path) -> None:
    folder.rmdir()
    folder.write_text("in the way")
    with pytest.raises(Unavailable):
        kept(store)
