"""A package as files: spoilt archives, links, strange paths, and what cannot be read."""

import json
import os
import warnings
import zipfile
from pathlib import Path

import pytest

from casework.ledger import verify
from casework.ledger.verify import check_package
from tests.ledger.checked import MADE, broken, check, copy
from tests.ledger.given import PERSONAL, Exported, zipped


@pytest.fixture
def package() -> Exported:
    return copy()


def test_each_byte_of_the_zip_counts_if_there_is_a_receipt(tmp_path: Path) -> None:
    octets, receipt = zipped(MADE.files), json.dumps(MADE.receipt).encode()
    path = tmp_path / "case.zip"
    for place in range(0, len(octets), 61):
        path.write_bytes(octets[:place] + bytes([octets[place] ^ 1 << place % 8]) + octets[place + 1 :])
        report = check_package(path, receipt=receipt, check=lambda *_: None)
        assert not report.holds, place
        assert PERSONAL not in "\n".join(report.lines())


def test_a_zip_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    octets = zipped(MADE.files)
    path = tmp_path / "case.zip"
    for length in range(0, len(octets), 211):
        path.write_bytes(octets[:length])
        report = check_package(path)
        assert broken(report) == {"files"}, length


def test_a_folder_with_a_link_in_it_is_refused(package: Exported, tmp_path: Path) -> None:
    folder = package.folder(tmp_path / "case")
    (folder / "more").symlink_to("/etc")
    assert broken(check_package(folder)) == {"files"}
    (folder / "more").unlink()
    (folder / "history.txt").unlink()
    (folder / "history.txt").symlink_to(folder / "README.txt")
    assert broken(check_package(folder)) == {"files"}


def test_what_desktops_leave_in_a_folder_is_passed_over(package: Exported, tmp_path: Path) -> None:
    folder = package.folder(tmp_path / "case")
    (folder / "evidence" / ".DS_Store").write_bytes(b"x")
    (folder / "Thumbs.db").write_bytes(b"x")
    assert check_package(folder).holds
    (folder / "notes.txt").write_bytes(b"x")
    assert broken(check_package(folder)) == {"files"}


@pytest.mark.parametrize(
    "path", ["../case.json", "/case.json", "a//b", "a/./b", "a b", "évidence", "a\x1b[31m", "C:\\x"]
)
def test_a_path_that_leads_out_or_astray_is_refused(package: Exported, tmp_path: Path, path: str) -> None:
    package.files[path] = b"x"
    package.write_manifest()
    report = check(package, tmp_path, receipt=False)
    assert broken(report) == {"files"}
    assert "\x1b" not in "\n".join(report.lines())


def test_the_same_path_twice_in_a_zip_is_refused(package: Exported, tmp_path: Path) -> None:
    path = package.zip(tmp_path / "case.zip")
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as opened:
        warnings.simplefilter("ignore")
        opened.writestr("case.json", b"another")
    assert broken(check_package(path)) == {"files"}


def test_a_text_too_large_to_hold_is_refused(
    package: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "READ_BYTES_MAX", 1000)
    assert "files" in broken(check(package, tmp_path, receipt=False))


def test_a_file_that_cannot_be_read_is_no_verdict(package: Exported, tmp_path: Path) -> None:
    folder = package.folder(tmp_path / "case")
    (folder / "case.json").chmod(0)
    if os.access(folder / "case.json", os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(OSError, match="Permission"):
        check_package(folder)
