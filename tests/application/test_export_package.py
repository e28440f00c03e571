"""A package holds by the verifier that travels in it; its bytes follow from what it is made of, and tell no more."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from msgspec.structs import replace

from casework.application.export.package import build, write_zip
from casework.application.export.telling import Attachment, tell
from casework.application.export.variants import VARIANTS
from casework.application.store import EvidenceMissing
from casework.domain.event import Recorded, Sensitivity
from casework.domain.steps.correspondence import CorrespondenceRecorded
from casework.domain.steps.evidence import EvidenceCaptured
from casework.ledger.verify import PackageReport, check_package, parse_disclosure
from tests.application.given_export import SIGNER, content, copied, cover, packed, with_files
from tests.domain.playing import Played, judged

LETTER = UUID("33333333-3333-4333-8333-333333333333")
SENSITIVITIES: tuple[Sensitivity, ...] = ("open", "dsl", "client", "privileged")


def lettered() -> Played:
    """Return a case with evidence and with letters, two of them filed under one id with other pages."""
    played = judged()
    for state in ("sent", "delivered", "returned"):
        played.when(
            "u-letters", "record_correspondence", letter_id=str(LETTER), template="L02", version=1,
            pdf_sha256="0" * 64, size_bytes=67, channel="print", state=state,
        )  # fmt: skip
    return played


def opened(octets: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(octets)) as package:
        return {name: package.read(name) for name in package.namelist()}


def checked(octets: bytes, to: Path) -> PackageReport:
    path = to / "case.zip"
    path.write_bytes(octets)
    return check_package(path, keys=SIGNER.keys)


def told_everywhere(octets: bytes) -> str:
    """Return all that a package says, its disclosures read as their reader will."""
    files = opened(octets)
    lines = [json.loads(line) for line in files["record/disclosures.jsonl"].splitlines()]
    disclosed = [parse_disclosure(text) for line in lines for text in line["disclosures"]]
    return octets.decode("utf-8", "replace") + json.dumps([[each.name, each.value] for each in disclosed])


def test_a_package_holds_and_has_everything_in_it(tmp_path: Path) -> None:
    octets = packed(lettered().events)
    report = checked(octets, tmp_path)
    assert report.holds, report.lines()
    assert {level.name for level in report.levels if level.status == "not_run"} == {"receipt", "package"}
    assert (report.withheld, report.files_withheld) == ({}, 0)
    assert set(opened(octets)) >= {
        "README.txt",
        "history.txt",
        "case.json",
        "verify.py",
        "manifest.json",
        "record/entries.jsonl",
        "record/disclosures.jsonl",
        "record/checkpoint",
        "record/log.vkey",
        "evidence/E1.png",
        f"letters/{LETTER}.pdf",
    }


def test_the_same_case_moment_and_reader_give_the_same_bytes() -> None:
    played = lettered()
    assert packed(played.events) == packed(played.events)
    with zipfile.ZipFile(io.BytesIO(packed(played.events))) as package:
        members = package.infolist()
    assert [member.filename for member in members] == sorted(member.filename for member in members)
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {(member.compress_type, member.create_system, member.external_attr >> 16) for member in members} == {
        (zipfile.ZIP_STORED, 3, 0o100644)
    }


def test_entries_are_the_stored_bytes_and_all_of_them() -> None:
    given, _ = with_files(lettered().events)
    entries = opened(packed(lettered().events))["record/entries.jsonl"]
    assert entries == b"".join(one.octets + b"\n" for one in copied(given).entries)


def test_other_pages_filed_under_one_letters_id_are_all_there(tmp_path: Path) -> None:
    octets = packed(lettered().events)
    files, letters = opened(octets), [at for at in lettered().events if isinstance(at.event, CorrespondenceRecorded)]
    paths = [f"letters/{LETTER}.pdf", f"letters/{LETTER}.2.pdf", f"letters/{LETTER}.3.pdf"]
    assert [files[path] for path in paths] == [
        content(cast("CorrespondenceRecorded", at.event), at.originator_version) for at in letters
    ]
    assert checked(octets, tmp_path).holds


def test_the_same_pages_filed_again_are_there_once(tmp_path: Path) -> None:
    given, files = with_files(lettered().events)
    first = next(at.event for at in given if isinstance(at.event, CorrespondenceRecorded))
    again = [
        replace(at, event=replace(at.event, pdf_sha256=first.pdf_sha256, size_bytes=first.size_bytes))
        if isinstance(at.event, CorrespondenceRecorded)
        else at
        for at in given
    ]
    made, target = copied(again), io.BytesIO()
    write_zip(target, build(made, tell(made, VARIANTS["legal_full"]), cover()), lambda file: [files[file.sha256]])
    octets = target.getvalue()
    assert [path for path in opened(octets) if path.startswith("letters/")] == [f"letters/{LETTER}.pdf"]
    assert checked(octets, tmp_path).holds


def marked(played: Played, sensitivity: Sensitivity) -> list[Recorded]:
    return [replace(at, carried=replace(at.carried, sensitivity=sensitivity)) for at in played.events]


def restricted(played: Played) -> list[Recorded]:
    return [
        replace(at, event=replace(at.event, restricted=("child_image",), text="canary of the text"))
        if isinstance(at.event, EvidenceCaptured)
        else at
        for at in played.events
    ]


VIEWS = [
    (name, sensitivity, is_whole)
    for name, whole in (
        ("legal_full", {"open", "dsl", "client", "privileged"}),
        ("police", {"open", "dsl"}),
        ("audit", {"open"}),
    )
    for sensitivity in SENSITIVITIES
    for is_whole in [sensitivity in whole]
]


@pytest.mark.parametrize(("variant", "sensitivity", "is_whole"), VIEWS)
def test_a_variant_tells_entries_of_a_sensitivity_whole_or_as_shells(
    tmp_path: Path, variant: str, sensitivity: Sensitivity, *, is_whole: bool
) -> None:
    octets = packed(marked(lettered(), sensitivity), cover(variant))
    report, told = checked(octets, tmp_path), told_everywhere(octets)
    assert report.holds, report.lines()
    assert report.entry_count == len(lettered().events)
    words = ("Amy Ellery", "abuses a teacher", "https://facebook.example", "as a file")
    assert [word in told for word in words] == [is_whole] * len(words)
    assert (report.withheld == {}) == is_whole
    assert report.files_withheld == (0 if is_whole else 4)


def test_a_sensitivity_that_no_variant_names_is_told_as_a_shell(tmp_path: Path) -> None:
    """No such event can be recorded; a package made from a newer record must not tell more than it knows."""
    made = copied(judged().events)
    first = made.entries[0]
    secret = first.octets.replace(b'"sensitivity":"open"', b'"sensitivity":"secret"')
    [told, *_] = tell(replace(made, entries=(replace(first, octets=secret),)), VARIANTS["legal_full"])
    assert (told.opened, told.withheld) == ({}, 2)


@pytest.mark.parametrize(("variant", "is_there"), [("legal_full", True), ("police", True), ("audit", False)])
def test_restricted_evidence_goes_along_or_its_hash_only(tmp_path: Path, variant: str, *, is_there: bool) -> None:
    octets = packed(restricted(judged()), cover(variant))
    report, told = checked(octets, tmp_path), told_everywhere(octets)
    assert report.holds, report.lines()
    assert ("as a file" in told, "canary of the text" in told) == (is_there, is_there)
    assert ("evidence/E1.png" in opened(octets)) == is_there
    assert report.files_withheld == (0 if is_there else 1)


def test_a_file_that_is_missing_leaves_no_package() -> None:
    made = copied(with_files(judged().events)[0])

    def missing(_: Attachment) -> Iterator[bytes]:
        yield b"the first piece"
        raise EvidenceMissing("gone")

    with pytest.raises(EvidenceMissing):
        write_zip(io.BytesIO(), build(made, tell(made, VARIANTS["legal_full"]), cover()), missing)


def test_case_json_says_of_each_entry_what_is_opened_and_what_is_withheld() -> None:
    said: Any = json.loads(opened(packed(restricted(judged()), cover("audit")))["case.json"])
    assert [one["position"] for one in said["entries"]] == list(range(6, 6 + len(judged().events)))
    [evidence] = [one for one in said["entries"] if "evidence_no" in one["entry"]["data"]]
    assert (evidence["opened"], evidence["withheld"], evidence["file"]) == ({}, 2, None)
    assert evidence["is_file_withheld"]
    names = [one["opened"]["name"] for one in said["entries"] if one["entry"]["type"] == "incident.party-added.v1"]
    assert names == ["Amy Ellery", "Kerry Mallinson"]
