"""A package as files: spoilt archives, links, strange paths, and what cannot be read."""

import json
import os
import warnings
import zipfile
from pathlib import Path

import pytest

from casework.ledger import verify
from casework.ledger.verify import check_package
from tests.ledger.checked import MADE, broken, check, copy, level, statuses
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


def test_an_archive_whose_directory_was_altered_anywhere_is_broken_and_not_merely_unread(tmp_path: Path) -> None:
    """Also where a member seems encrypted, of a later format, to begin before the file does, or inside another one."""
    octets = zipped(MADE.files)
    path = tmp_path / "case.zip"
    end = octets.rindex(b"PK\x05\x06")
    first = octets.index(b"PK\x01\x02")
    for place in [*range(first, first + 46), *range(end, end + 20)]:
        for bit in range(8):
            path.write_bytes(octets[:place] + bytes([octets[place] ^ 1 << bit]) + octets[place + 1 :])
            found = broken(check_package(path))
            assert not found or "files" in found, (place - first, bit)


def test_a_zip_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    octets = zipped(MADE.files)
    path = tmp_path / "case.zip"
    for length in range(0, len(octets), 211):
        path.write_bytes(octets[:length])
        report = check_package(path)
        assert broken(report) == {"files"}, length


NEEDS = {
    "evidence/E1.png": {"attachments": "not_run"},
    "letters/l-1.pdf": {"attachments": "not_run"},
    "record/entries.jsonl": {
        "entries": "broken",
        "disclosures": "not_run",
        "proofs": "not_run",
        "attachments": "not_run",
    },
    "record/disclosures.jsonl": {"disclosures": "broken"},
    "record/log.vkey": {"signature": "broken", "proofs": "not_run", "receipt": "not_run"},
    "record/checkpoint": {"signature": "broken", "proofs": "not_run"},
    **{path: {"proofs": "broken"} for path in MADE.files if path.startswith("record/proofs/")},
}
"""What a file is needed for, and what comes of that when the file is damaged."""


@pytest.mark.parametrize("path", sorted(set(MADE.files) - {"manifest.json"}))
def test_what_a_damaged_file_keeps_from_being_looked_at_has_not_held(path: str, tmp_path: Path) -> None:
    file = damaged(path, tmp_path)
    report = check_package(file, receipt=json.dumps(MADE.receipt).encode())
    whole = dict.fromkeys(statuses(check(copy(), tmp_path)), "held")
    assert statuses(report) == whole | {"files": "broken", "package": "broken"} | NEEDS.get(path, {})
    assert [error.where for error in level(report, "files").errors] == [path]
    for each in report.levels:
        assert {error.where for error in each.errors} <= {path, "package"}, "what is whole is blamed"


def test_files_that_cannot_be_read_are_not_told_as_withheld(tmp_path: Path) -> None:
    report = check_package(damaged("evidence/E1.png", tmp_path))
    told = next(line for line in report.lines() if "attachments" in line)
    assert told == "not run  attachments  1 file cannot be read"


def test_an_entry_that_cannot_be_read_leaves_what_it_names_undecided(package: Exported, tmp_path: Path) -> None:
    lines = MADE.files["record/entries.jsonl"].splitlines(keepends=True)
    package.files["record/entries.jsonl"] = b"".join([*lines[:-1], b"{}\n"])
    package.write_manifest()
    report = check(package, tmp_path, receipt=False)
    found = statuses(report)
    assert (found["entries"], found["disclosures"], found["attachments"]) == ("broken", "not_run", "not_run")


def damaged(path: str, folder: Path) -> Path:
    """Write the package with one byte of one file's content changed in the archive."""
    octets = bytearray(zipped(MADE.files))
    file = folder / "damaged.zip"
    file.write_bytes(octets)
    with zipfile.ZipFile(file) as opened:
        member = opened.getinfo(path)
    octets[member.header_offset + 30 + len(path) + member.compress_size // 2] ^= 0xFF
    file.write_bytes(octets)
    return file


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
