"""A package: it holds as it was made; whatever is altered, left out or added in it is found at its level, and named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casework.ledger.verify import check_package, encoded
from tests.ledger.checked import MADE, broken, check, copy, level, statuses
from tests.ledger.given import (
    EVIDENCE,
    OTHER,
    PERSONAL,
    SIGNER,
    Exported,
    case_book,
    exported,
    receipt_of,
    stream,
    zipped,
)

ENTRIES = MADE.files["record/entries.jsonl"].splitlines()
EVIDENCE_PATH = next(path for path in MADE.files if path.startswith("evidence/"))
PROOFS = sorted(path for path in MADE.files if path.startswith("record/proofs/"))


@pytest.fixture
def package() -> Exported:
    return copy()


def test_a_package_holds_and_says_what_was_checked(package: Exported, tmp_path: Path) -> None:
    report = check(package, tmp_path, keys=True)
    assert set(statuses(report).values()) == {"held"}, report.lines()
    assert (report.entry_count, report.disclosed_count, report.files_withheld) == (4, 3, 1)
    assert report.withheld == {f"{stream('case')}/1": 1}
    assert report.is_key_from_elsewhere
    assert "came with the package" not in "\n".join(report.lines())


def test_a_folder_holds_but_is_not_the_zip_that_the_receipt_names(package: Exported, tmp_path: Path) -> None:
    receipt = json.dumps(package.receipt).encode()
    report = check_package(package.folder(tmp_path / "case"), receipt=receipt)
    assert report.holds
    assert statuses(report)["receipt"] == "held"
    assert statuses(report)["package"] == "not_run"
    assert "came with the package" in "\n".join(report.lines())


def test_without_a_receipt_that_is_said(package: Exported, tmp_path: Path) -> None:
    report = check(package, tmp_path, receipt=False)
    assert report.holds
    assert statuses(report)["receipt"] == statuses(report)["package"] == "not_run"


def test_a_package_may_tell_everything_or_nothing(tmp_path: Path) -> None:
    for withhold, opened in ((frozenset[str](), 4), (frozenset({"summary", "how_seen", "text"}), 0)):
        report = check(exported(withhold), tmp_path)
        assert report.holds, report.lines()
        assert (report.disclosed_count, sum(report.withheld.values())) == (opened, 4 - opened)


def test_a_scratch_record_is_told_from_a_real_one(package: Exported, tmp_path: Path) -> None:
    package.write_manifest(is_scratch=True)
    report = check(package, tmp_path, receipt=False)
    assert report.as_json()["is_scratch"] is True
    assert any("SCRATCH" in line for line in report.lines())


@pytest.mark.parametrize("path", sorted(MADE.files))
def test_each_file_left_out_is_found(package: Exported, tmp_path: Path, path: str) -> None:
    del package.files[path]
    report = check(package, tmp_path, receipt=False)
    assert "files" in broken(report)
    assert any(error.where == path for error in level(report, "files").errors)


@pytest.mark.parametrize("path", sorted(set(MADE.files) - {"manifest.json"}))
def test_each_file_altered_is_found(package: Exported, tmp_path: Path, path: str) -> None:
    package.files[path] += b" "
    report = check(package, tmp_path, receipt=False)
    assert "files" in broken(report)
    assert any(error.where == path for error in level(report, "files").errors)


def test_a_file_added_is_found(package: Exported, tmp_path: Path) -> None:
    package.files["evidence/more.png"] = b"more"
    report = check(package, tmp_path, receipt=False)
    assert broken(report) == {"files"}
    package.write_manifest()
    assert broken(check(package, tmp_path, receipt=False)) == {"attachments"}


@pytest.mark.parametrize("path", sorted(MADE.files))
def test_with_the_receipt_each_file_altered_or_left_out_is_found_though_the_manifest_agrees(
    package: Exported, tmp_path: Path, path: str
) -> None:
    if path == "manifest.json":
        package.write_manifest(more="of it")
    else:
        package.files[path] += b"\n"
        package.write_manifest()
    assert "package" in broken(check(package, tmp_path))


def spoil_entries(package: Exported, change: Callable[[list[bytes]], list[bytes]]) -> None:
    package.files["record/entries.jsonl"] = b"".join(line + b"\n" for line in change(list(ENTRIES)))
    package.write_manifest()


def altered(line: bytes) -> bytes:
    return line.replace(b"RL-2026-0031", b"RL-2026-0099")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda lines: [altered(lines[0]), *lines[1:]], "proofs"),
        (lambda lines: lines[:-1], "entries"),
        (lambda lines: [lines[0], *lines[2:]], "entries"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "entries"),
        (lambda lines: [*lines, lines[-1]], "entries"),
        (lambda lines: [lines[0].replace(b":", b": "), *lines[1:]], "entries"),
        (lambda lines: [lines[0] + b"\r", *lines[1:]], "entries"),
        (lambda lines: [b"", *lines[1:]], "entries"),
        (lambda lines: [line.replace(b"rowan-lane", b"elm-road") for line in lines], "entries"),
        (
            lambda lines: [line.replace(str(stream("case")).encode(), str(stream("x")).encode()) for line in lines],
            "entries",
        ),
    ],
)
def test_entries_altered_left_out_or_moved_are_found(
    package: Exported, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], named: str
) -> None:
    spoil_entries(package, change)
    report = check(package, tmp_path, receipt=False)
    assert named in broken(report)
    assert "files" not in broken(report)


def test_an_altered_entry_is_named_by_its_position(package: Exported, tmp_path: Path) -> None:
    spoil_entries(package, lambda lines: [altered(lines[0]), *lines[1:]])
    error = level(check(package, tmp_path, receipt=False), "proofs").errors[0]
    assert error.where == "inclusion of entry 2"


def test_a_tail_left_out_with_its_proofs_is_found_by_the_version(package: Exported, tmp_path: Path) -> None:
    for path, octets in MADE.files.items():
        if path.endswith(".jsonl"):
            package.files[path] = b"".join(octets.splitlines(keepends=True)[:-1])
    del package.files[PROOFS[-1]]
    package.write_manifest(withheld={f"{stream('case')}/1": 1})
    assert broken(check(package, tmp_path, receipt=False)) == {"entries", "attachments"}
    package.write_manifest(version=3)
    del package.files["letters/l-1.pdf"]
    package.write_manifest()
    assert broken(check(package, tmp_path, receipt=False)) == set()  # this is what a receipt is for
    assert broken(check(package, tmp_path)) == {"receipt", "package"}


def spoil_disclosures(package: Exported, change: Callable[[list[dict[str, Any]]], object]) -> None:
    lines = [json.loads(line) for line in MADE.files["record/disclosures.jsonl"].splitlines()]
    change(lines)
    package.files["record/disclosures.jsonl"] = b"".join(encoded(line) + b"\n" for line in lines)
    package.write_manifest()


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines.pop(),
        lambda lines: lines.append(lines[-1]),
        lambda lines: lines.reverse(),
        lambda lines: lines[0].update(id=lines[1]["id"]),
        lambda lines: lines[0].update(more=1),
        lambda lines: lines[0].update(disclosures="x"),
        lambda lines: lines[0].update(disclosures=[1]),
        lambda lines: lines[0].update(disclosures=[]),
        lambda lines: lines[0]["disclosures"].append(lines[0]["disclosures"][0]),
        lambda lines: lines[0]["disclosures"].append("x"),
        lambda lines: lines[0].update(disclosures=lines[1]["disclosures"]),
        lambda lines: lines[0]["disclosures"].append(PERSONAL),
    ],
)
def test_disclosures_altered_left_out_or_moved_are_found(
    package: Exported, tmp_path: Path, change: Callable[[list[dict[str, Any]]], object]
) -> None:
    spoil_disclosures(package, change)
    assert broken(check(package, tmp_path, receipt=False)) == {"disclosures"}


def test_each_character_of_a_disclosure_counts(package: Exported, tmp_path: Path) -> None:
    text = json.loads(MADE.files["record/disclosures.jsonl"].splitlines()[0])["disclosures"][0]
    for place in range(0, len(text), 5):
        other = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        spoil_disclosures(package, lambda lines, other=other: lines[0].update(disclosures=[other]))  # type: ignore[misc]  # bound now
        assert broken(check(package, tmp_path, receipt=False)) == {"disclosures"}


def test_a_proof_of_another_entry_or_checkpoint_is_found(package: Exported, tmp_path: Path) -> None:
    one, other = MADE.files[PROOFS[0]], MADE.files[PROOFS[1]]
    note = SIGNER.sign_checkpoint(7, b"x" * 32).encode()
    for octets in (
        other,
        one.replace(b"index 1", b"index 2"),
        one.partition(b"\n\n")[0] + b"\n\n" + note,
        b"",
        b"\xff",
    ):
        package.files[PROOFS[0]] = octets
        package.write_manifest()
        assert broken(check(package, tmp_path, receipt=False)) == {"proofs"}


def test_a_proof_under_another_name_is_found(package: Exported, tmp_path: Path) -> None:
    package.files["record/proofs/3.tlog-proof"] = package.files.pop(PROOFS[0])
    package.write_manifest()
    assert broken(check(package, tmp_path, receipt=False)) == {"proofs"}


def test_a_package_signed_by_another_key_is_of_one_piece_only(package: Exported, tmp_path: Path) -> None:
    note = OTHER.sign_checkpoint(7, case_book()[0].checkpoints[0].root).encode()
    for path in PROOFS:
        package.files[path] = package.files[path].partition(b"\n\n")[0] + b"\n\n" + note
    package.files |= {"record/checkpoint": note, "record/log.vkey": OTHER.vkey.encode()}
    package.write_manifest()
    report = check(package, tmp_path, receipt=False)
    assert report.holds  # so the report says where the key came from
    assert "came with the package" in "\n".join(report.lines())
    report = check(package, tmp_path, keys=True, receipt=False)
    assert broken(report) == {"signature"}
    assert statuses(report)["proofs"] == "not_run"
    assert broken(check(package, tmp_path)) == {"receipt", "package"}


def test_a_key_file_of_another_key_beside_a_good_signature_is_found(package: Exported, tmp_path: Path) -> None:
    package.files["record/log.vkey"] = OTHER.vkey.encode()
    package.write_manifest()
    assert broken(check(package, tmp_path, keys=True, receipt=False)) == {"signature"}


def test_a_checkpoint_of_another_size_or_origin_is_found(package: Exported, tmp_path: Path) -> None:
    package.write_manifest(size=8)
    assert broken(check(package, tmp_path, receipt=False)) == {"signature"}
    package.write_manifest(size=7, origin="elm-road.example/ledger")
    assert broken(check(package, tmp_path, receipt=False)) == {"signature", "entries"}


def test_evidence_and_letters_that_no_entry_names_are_found(package: Exported, tmp_path: Path) -> None:
    for path, octets in (
        (EVIDENCE_PATH, b"another screenshot"),
        ("evidence/E2.png", EVIDENCE),
        ("evidence/E3.png", EVIDENCE),
        ("evidence/screenshot.png", EVIDENCE),
        ("letters/l-1.pdf", b"another letter"),
        ("letters/l-1.2.pdf", b"another letter"),
        ("letters/l-2.pdf", MADE.files["letters/l-1.pdf"]),
    ):
        spoilt = Exported({**package.files, path: octets}, {})
        spoilt.write_manifest()
        report = check(spoilt, tmp_path, receipt=False)
        assert broken(report) == {"attachments"}
        assert level(report, "attachments").errors[0].where == path


def test_evidence_and_letters_left_out_are_counted(package: Exported, tmp_path: Path) -> None:
    del package.files[EVIDENCE_PATH], package.files["letters/l-1.pdf"]
    package.write_manifest()
    report = check(package, tmp_path, receipt=False)
    assert report.holds
    assert report.files_withheld == 3


MANIFEST = json.loads(MADE.files["manifest.json"])


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "casework-export/2"},
        {"format": None},
        {"origin": "Elm Road"},
        {"is_scratch": 0},
        {"stream": "case"},
        {"version": 0},
        {"version": "4"},
        {"version": True},
        {"version": 2**63},
        {"size": 0},
        {"size": 7.0},
        {"withheld": []},
        {"withheld": {f"{stream('case')}/1": -1}},
        {"withheld": {f"{stream('case')}/1": False}},
        {"streams": {}},
        {"streams": [1]},
        {"streams": [{"stream": str(stream("case")), "version": 1}]},
        {"streams": [{"stream": str(stream("advice"))}]},
        {"files": {"x": "y"}},
        {"files": None},
    ],
)
def test_a_manifest_in_another_form_is_refused(package: Exported, tmp_path: Path, changes: dict[str, Any]) -> None:
    package.files["manifest.json"] = json.dumps(MANIFEST | changes).encode()
    report = check(package, tmp_path, receipt=False)
    assert broken(report) == {"files"}
    assert level(report, "files").errors[0].where.startswith("manifest.json: ")


@pytest.mark.parametrize("octets", [b"", b"[]", b"\xff", b"{", b"null", b'{"a":1,"a":1}', b"[" * 100_000])
def test_a_manifest_that_is_no_object_is_refused(package: Exported, tmp_path: Path, octets: bytes) -> None:
    package.files["manifest.json"] = octets
    assert broken(check(package, tmp_path, receipt=False)) == {"files"}


@pytest.mark.parametrize("withheld", [{}, {f"{stream('case')}/1": 2}, {f"{stream('case')}/9": 1}, {"x": 0}])
def test_withheld_fields_are_as_many_as_the_manifest_says(
    package: Exported, tmp_path: Path, withheld: dict[str, int]
) -> None:
    package.write_manifest(withheld=withheld)
    assert broken(check(package, tmp_path, receipt=False)) == {"disclosures"}


def test_a_further_stream_is_part_of_the_package_if_the_manifest_names_it(package: Exported, tmp_path: Path) -> None:
    package.write_manifest(streams=[{"stream": str(stream("advice")), "version": 1}])
    report = check(package, tmp_path, receipt=False)
    assert broken(report) == {"entries"}
    assert str(stream("advice")) in level(report, "entries").errors[0].where


@pytest.mark.parametrize(
    "changes",
    [
        {"incident": str(stream("other case"))},
        {"version": 5},
        {"tree_size": 6},
        {"sha256": "0" * 64},
        {"version": None},
    ],
)
def test_a_receipt_of_another_package_is_found(package: Exported, tmp_path: Path, changes: dict[str, Any]) -> None:
    made, case = case_book()
    package.receipt = receipt_of(made, case, zipped(package.files), **changes)
    report = check(package, tmp_path)
    assert broken(report) == ({"package"} if "sha256" in changes else {"receipt"})


def test_a_receipt_that_is_no_such_entry_is_found(package: Exported, tmp_path: Path) -> None:
    made, _ = case_book()
    package.receipt["entry"] = made.entries[1].decode()
    assert broken(check(package, tmp_path)) == {"receipt", "package"}


@pytest.mark.parametrize(
    "receipt",
    [
        {},
        {"entry": MADE.receipt["entry"], "proof": MADE.receipt["proof"]},
        {**MADE.receipt, "entry": 1},
        {**MADE.receipt, "entry": "\ud800"},
        {**MADE.receipt, "entry": MADE.receipt["entry"] + "\n"},
        {**MADE.receipt, "proof": ""},
        {**MADE.receipt, "proof": MADE.receipt["proof"].replace("index 7", "index 6")},
        {**MADE.receipt, "proof": MADE.receipt["proof"].replace("\n8\n", "\n9\n")},
    ],
)
def test_a_receipt_in_another_form_is_refused(package: Exported, tmp_path: Path, receipt: dict[str, Any]) -> None:
    package.receipt = receipt
    report = check(package, tmp_path)
    assert "receipt" in broken(report)
    assert statuses(report)["package"] != "broken"


def test_a_receipt_before_the_package_is_refused(package: Exported, tmp_path: Path) -> None:
    package.write_manifest(size=9)
    assert "receipt" in broken(check(package, tmp_path))


def test_a_key_that_was_given_must_be_the_one_that_signed(package: Exported, tmp_path: Path) -> None:
    report = check_package(package.zip(tmp_path / "case.zip"), keys=OTHER.keys)
    assert broken(report) == {"signature"}
    assert report.checkpoint is None
