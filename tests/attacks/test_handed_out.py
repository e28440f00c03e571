"""A case that was exported and then tampered with, so that its manifest agrees: what the receiver's check says.

The service made the package; whoever tampers makes all hashes of files anew, but has no signing key.
"""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from casework.ledger.note import check_signature
from casework.ledger.verify import PackageReport, check_package
from tests.api.exported import ADVISER, Fetched, exported, let_in, reported
from tests.api.fix_first_school import Played
from tests.fix_postgres import Database
from tests.ledger.given import zipped

Files = dict[str, bytes]
ENTRIES, DISCLOSURES = "record/entries.jsonl", "record/disclosures.jsonl"


@pytest.fixture
def fetched(school: Played, database: Database, tmp_path: Path) -> Fetched:
    case = reported(school)
    return exported(school, tmp_path, let_in(school, database, ADVISER, "legal", case), case, "legal_full")


def lines(files: Files, path: str) -> list[bytes]:
    return files[path].splitlines(keepends=True)


def manifest(files: Files) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(files["manifest.json"])
    return said


def leave_out(files: Files, index: int) -> None:
    """Leave out an entry of the case, with its disclosures and its proof."""
    proofs = sorted((path for path in files if path.endswith(".tlog-proof")), key=lambda path: int(Path(path).stem))
    for path in (ENTRIES, DISCLOSURES):
        kept = lines(files, path)
        del kept[index]
        files[path] = b"".join(kept)
    del files[proofs[index]]


def end_sooner(files: Files) -> None:
    """Leave out the last entry, which files a letter, with the letter, and let the manifest say that there was none."""
    last = json.loads(lines(files, ENTRIES)[-1])["id"]
    leave_out(files, -1)
    del files[next(path for path in files if path.startswith("letters/"))]
    said = manifest(files)
    said["version"] -= 1
    said["withheld"].pop(last, None)
    files["manifest.json"] = json.dumps(said).encode()


def alter_disclosure(files: Files) -> None:
    """Let a personal field say something else."""
    told = lines(files, DISCLOSURES)
    index = next(index for index, line in enumerate(told) if json.loads(line)["disclosures"])
    opened = json.loads(told[index])
    text = opened["disclosures"][0]
    salt, name, _ = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    forged = json.dumps([salt, name, "nothing much"], separators=(",", ":")).encode()
    opened["disclosures"][0] = urlsafe_b64encode(forged).rstrip(b"=").decode()
    told[index] = json.dumps(opened, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    files[DISCLOSURES] = b"".join(told)


def alter_entry(files: Files) -> None:
    """Let the report have been made by somebody else."""
    files[ENTRIES] = files[ENTRIES].replace(b'"actor":"u-deputy"', b'"actor":"u-decoy1"', 1)


def alter_evidence(files: Files) -> None:
    """Put another picture in the place of the one that was captured."""
    path = next(path for path in files if path.startswith("evidence/"))
    files[path] += b"retouched"


ATTACKS: dict[str, tuple[Callable[[Files], None], str, str]] = {
    "a personal field is altered": (alter_disclosure, "disclosures", "one whose digest is in _sd"),
    "an entry is altered": (alter_entry, "proofs", "inclusion of entry"),
    "an entry is left out": (lambda files: leave_out(files, 1), "entries", "/2, found"),
    "the last entry is left out": (end_sooner, "receipt", "receipt: version"),
    "a file of evidence is altered": (alter_evidence, "attachments", "a file that an entry names by its sha256"),
}


def tampered(fetched: Fetched, attack: Callable[[Files], None]) -> Path:
    files = fetched.files
    attack(files)
    hashes = {path: hashlib.sha256(octets).hexdigest() for path, octets in files.items() if path != "manifest.json"}
    files["manifest.json"] = json.dumps(manifest(files) | {"files": hashes}).encode()
    target = fetched.to / "tampered.zip"
    target.write_bytes(zipped(files))
    return target


def broken(report: PackageReport) -> dict[str, str]:
    return {each.name: "\n".join(map(str, each.errors)) for each in report.levels if each.status == "broken"}


def test_what_the_service_handed_out_holds(fetched: Fetched) -> None:
    assert broken(check_package(fetched.zip, receipt=fetched.receipt, check=check_signature)) == {}


@pytest.mark.parametrize(("attack", "level", "said"), ATTACKS.values(), ids=ATTACKS)
def test_it_is_caught_and_named_when(fetched: Fetched, attack: Callable[[Files], None], level: str, said: str) -> None:
    found = broken(check_package(tampered(fetched, attack), receipt=fetched.receipt, check=check_signature))
    assert said in found[level], found


def test_any_entry_that_is_left_out_is_named_as_missing(fetched: Fetched) -> None:
    """The last one by the version that the manifest tells, and by the receipt if that is changed as well."""
    entries = [json.loads(line)["id"] for line in lines(fetched.files, ENTRIES)]
    assert len(entries) > 5
    for index, missing in enumerate(entries):
        package = tampered(fetched, lambda files, index=index: leave_out(files, index))  # type: ignore[misc]  # bound now
        said = broken(check_package(package, receipt=fetched.receipt, check=check_signature))["entries"]
        expected = f"expected {missing}, " if index < len(entries) - 1 else f"up to version {len(entries)}, found"
        assert expected in said


def test_any_disclosure_of_which_a_character_is_altered_is_named(fetched: Fetched) -> None:
    told = [json.loads(line) for line in lines(fetched.files, DISCLOSURES)]
    places = [(row, at) for row, line in enumerate(told) for at in range(len(line["disclosures"]))]
    assert len(places) > 5

    def alter(files: Files, row: int, at: int) -> None:
        kept = lines(files, DISCLOSURES)
        text = told[row]["disclosures"][at]
        middle = len(text) // 2
        other = "A" if text[middle] != "A" else "B"
        kept[row] = kept[row].replace(text.encode(), (text[:middle] + other + text[middle + 1 :]).encode())
        files[DISCLOSURES] = b"".join(kept)

    for row, at in places:
        package = tampered(fetched, lambda files, row=row, at=at: alter(files, row, at))  # type: ignore[misc]  # bound now
        said = broken(check_package(package, receipt=fetched.receipt, check=check_signature))["disclosures"]
        assert f"disclosure {at + 1} of {told[row]['id']}" in said


def test_without_the_receipt_it_is_not_shown_that_a_case_went_on(fetched: Fetched) -> None:
    assert broken(check_package(tampered(fetched, end_sooner), check=check_signature)) == {}
