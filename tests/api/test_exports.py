"""Exports over HTTP: a case is played, copied, fetched and checked offline; what is made is recorded, and once."""

import json
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from casework.application.export.exports import EXPORTS_PER_HOUR
from tests.api.exported import (
    ADVISER,
    LETTER,
    PDF,
    UNKNOWN,
    Fetched,
    ask,
    entries,
    exported,
    let_in,
    recorded,
)
from tests.api.fix_first_school import PNG, Played
from tests.api.test_first_story import contacted_and_asked, reported_and_judged, went_on_and_warned
from tests.fix_postgres import Database


def test_a_played_case_is_exported_and_checked_offline(school: Played, database: Database, tmp_path: Path) -> None:
    story = reported_and_judged(school)
    contacted_and_asked(school, story)
    went_on_and_warned(school, story)
    case = story.path.rpartition("/")[2]
    school.at("2025-10-11T10:00:00+01:00")
    made = exported(school, tmp_path, let_in(school, database, ADVISER, "legal", case), case, "legal_full")
    done = made.check(made.zip, "--receipt", "receipt.json")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "not run" not in done.stdout
    assert f"HOLDS: {made.made['version']} entries;" in done.stdout
    assert "0 withheld; 0 files withheld." in done.stdout
    readme = made.files["README.txt"].decode()
    assert "Stood then at closed: removed after warning" in readme
    assert "NOT SIGNED" in readme
    assert "REVIEW OVERDUE" in readme
    assert "SCRATCH RECORD" in readme  # the clock of this school is moved
    assert made.files["evidence/E1.png"] == made.files["evidence/E2.png"] == PNG
    assert "Got told off for telling the truth." in made.files["history.txt"].decode()


def test_the_answer_names_the_package_and_what_it_was_made_of(school: Played, held: Fetched, case: str) -> None:
    made = held.made
    assert made.keys() == {"id", "sha256", "size_bytes", "tree_size", "variant", "version"}
    assert made["size_bytes"] == len(held.package)
    [entry] = recorded(school, "disclosure.exported.v1")
    assert {name: entry[name] for name in ("incident", "variant", "version", "tree_size", "sha256")} == {
        "incident": case,
        **{name: made[name] for name in ("variant", "version", "tree_size", "sha256")},
    }
    assert (entry["actor"], entry["role"], len(entry["_sd"])) == (ADVISER, "legal", 2)


def test_the_package_is_handed_out_as_a_file_that_no_browser_opens(school: Played, held: Fetched) -> None:
    answer = school.get(ADVISER, f"/v1/exports/{held.made['id']}/package")
    assert (answer.content_type, answer.content_length) == ("application/zip", len(held.package))
    name = f"RL-2025-0001-legal_full-v{held.made['version']}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.zip"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    receipt = school.get(ADVISER, f"/v1/exports/{held.made['id']}/receipt")
    assert receipt.headers["Content-Disposition"] == f'attachment; filename="{name}.receipt.json"'


def test_asking_for_the_headers_alone_is_a_download_too(school: Played, held: Fetched) -> None:
    headers = {"Authorization": f"Bearer {school._keys[ADVISER]}"}
    with school._client.head(f"/v1/exports/{held.made['id']}/package", headers=headers) as answer:
        assert (answer.status_code, answer.content_length, answer.data) == (200, len(held.package), b"")
    assert len(recorded(school, "access.export-downloaded.v1")) == 2


def test_it_holds_the_very_files_of_evidence_and_letters(held: Fetched) -> None:
    assert held.files["evidence/E1.png"] == PNG
    assert held.files["evidence/E2.png"] == PNG + b"restricted"
    assert held.files[f"letters/{LETTER}.pdf"] == PDF


def spoilt(held: Fetched, path: str, octets: bytes | None) -> subprocess.CompletedProcess[str]:
    """Check a folder in which one file is another, or is not there."""
    folder = held.to / "folder"
    for name, content in held.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    assert held.check(folder).returncode == 0
    if octets is None:
        (folder / path).unlink()
    else:
        (folder / path).write_bytes(octets)
    return held.check(folder)


KINDS = [
    "README.txt",
    "history.txt",
    "case.json",
    "verify.py",
    "manifest.json",
    "record/entries.jsonl",
    "record/disclosures.jsonl",
    "record/checkpoint",
    "record/log.vkey",
    "record/proofs/",
    "evidence/E1.png",
    f"letters/{LETTER}.pdf",
]


@pytest.mark.parametrize("kind", KINDS)
def test_one_bit_of_each_kind_of_file_counts_and_the_file_is_named(held: Fetched, kind: str) -> None:
    path = next(name for name in held.files if name.startswith(kind))
    content = held.files[path]
    # In manifest.json a bit further on may as well name the file whose hash it spoils.
    place = 0 if kind == "manifest.json" else len(content) // 2
    done = spoilt(held, path, content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    assert done.returncode == 3
    assert path in done.stdout
    assert "DOES NOT HOLD" in done.stdout


def test_a_file_left_out_is_named(held: Fetched) -> None:
    done = spoilt(held, "evidence/E2.png", None)
    assert (done.returncode, "evidence/E2.png" in done.stdout) == (3, True)


def test_an_entry_left_out_is_a_hole_though_the_manifest_is_made_to_agree(held: Fetched) -> None:
    lines = held.files["record/entries.jsonl"].splitlines(keepends=True)
    done = spoilt(held, "record/entries.jsonl", b"".join([*lines[:2], *lines[3:]]))
    assert done.returncode == 3
    assert "broken   entries" in done.stdout
    assert f"/{4}" in done.stdout


def test_a_disclosure_of_another_entry_is_found(held: Fetched) -> None:
    lines = [json.loads(line) for line in held.files["record/disclosures.jsonl"].splitlines()]
    lines[0]["disclosures"], lines[1]["disclosures"] = lines[1]["disclosures"], lines[0]["disclosures"]
    done = spoilt(held, "record/disclosures.jsonl", b"".join(_line(line) for line in lines))
    assert done.returncode == 3
    assert "broken   disclosures" in done.stdout
    assert "record/disclosures.jsonl, line 1: disclosure 1 of" in done.stdout


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def test_a_receipt_of_another_export_is_refused(school: Played, held: Fetched, case: str, tmp_path: Path) -> None:
    other = exported(school, tmp_path, ADVISER, case, "legal_full", recipient="somebody else")
    (tmp_path / "other").mkdir()
    mixed = Fetched(held.made, held.package, other.receipt, tmp_path / "other")
    done = mixed.check(mixed.zip, "--receipt", "receipt.json")
    assert (done.returncode, "as the receipt says" in done.stdout) == (3, True)


def test_a_receipt_stays_the_same_and_needs_no_new_checkpoint(school: Played, held: Fetched) -> None:
    before = len(entries(school))
    again = school.get(ADVISER, f"/v1/exports/{held.made['id']}/receipt")
    assert again.data == held.receipt
    assert len(entries(school)) == before, "it holds nothing personal, so reading it is not recorded"


@pytest.mark.parametrize("variant", ["panel", "subject_access", "court", "governors", "", None, 1])
def test_another_variant_is_refused_with_those_that_there_are(school: Played, case: str, variant: Any) -> None:
    answer = ask(school, "u-head", case, variant)
    assert answer.status_code == 422
    [fault] = answer.json["errors"]
    assert fault["pointer"] == "/variant"
    if isinstance(variant, str):
        assert "legal_full, police, audit" in fault["expected"]


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"recipient": ""}, "/recipient"),
        ({"recipient": "x" * 501}, "/recipient"),
        ({"purpose": "a\x00b"}, "/purpose"),
    ],
)
def test_facts_that_cannot_be_are_refused(school: Played, case: str, facts: dict[str, Any], pointer: str) -> None:
    answer = ask(school, "u-head", case, "police", **facts)
    assert (answer.status_code, [fault["pointer"] for fault in answer.json["errors"]]) == (422, [pointer])
    refused = recorded(school, "access.decision-refused.v1")[-1]
    assert (refused["incident"], refused["decision"], refused["rules"]) == (case, "export_case", [])


def test_what_is_refused_is_recorded_and_makes_nothing(school: Played, case: str) -> None:
    assert ask(school, "u-deputy", case, "police").status_code == 403
    refused = recorded(school, "access.decision-refused.v1")[-1]
    assert (refused["incident"], refused["decision"], refused["rules"]) == (case, "export_case", ["R12"])
    assert recorded(school, "disclosure.exported.v1") == []


def test_an_older_version_is_refused_and_the_one_it_stands_at_is_not(school: Played, case: str) -> None:
    stale = ask(school, "u-head", case, "police", **{"If-Match": '"2"'})
    assert (stale.status_code, stale.json["current"]) == (412, 6)
    assert recorded(school, "access.decision-refused.v1")[-1]["rules"] == ["R15"]
    assert ask(school, "u-head", case, "police", **{"If-Match": '"6"'}).status_code == 201
    assert ask(school, "u-head", case, "police", **{"If-Match": "*"}).status_code == 201


def test_a_closed_case_is_exported_all_the_same(school: Played, database: Database, tmp_path: Path) -> None:
    story = reported_and_judged(school)
    contacted_and_asked(school, story)
    went_on_and_warned(school, story)
    assert exported(school, tmp_path, "u-head", story.path.rpartition("/")[2], "police").made["version"] > 20


def test_the_same_key_again_gives_the_first_answer_and_adds_nothing(school: Played, case: str) -> None:
    first = ask(school, "u-head", case, "police", key="once")
    before = len(entries(school))
    again = ask(school, "u-head", case, "police", key="once")
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert len(entries(school)) == before
    other = ask(school, "u-head", case, "police", key="once", recipient="somebody else")
    assert (other.status_code, other.json["errors"][0]["rule"]) == (422, "R23")


def test_an_export_without_a_key_of_ones_own_is_refused(school: Played, case: str) -> None:
    headers = {"Authorization": f"Bearer {school._keys['u-head']}"}
    answer = school._client.post(f"/v1/incidents/{case}/exports", json={"variant": "police"}, headers=headers)
    assert answer.status_code == 400
    assert b"Idempotency-Key" in answer.data


def test_a_download_is_recorded_before_its_first_byte(school: Played, database: Database, held: Fetched) -> None:
    [downloaded] = recorded(school, "access.export-downloaded.v1")
    assert (downloaded["disclosure"], downloaded["actor"]) == (held.made["id"], ADVISER)
    with psycopg.connect(database.app, autocommit=True) as another:
        another.execute("SELECT pg_advisory_lock(hashtextextended('school_rowan.event', 0))")
        answer = school.get(ADVISER, f"/v1/exports/{held.made['id']}/package")
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")


def test_a_key_makes_twelve_exports_an_hour(school: Played, case: str) -> None:
    assert ask(school, "u-head", case, "audit").status_code == 403, "what is refused does not count"
    made = [ask(school, "u-head", case, "police", key=f"key {number}".replace(" ", "-")) for number in range(13)]
    assert [answer.status_code for answer in made] == [201] * EXPORTS_PER_HOUR + [429]
    assert 3500 < made[-1].json["retry_after_s"] <= 3600
    assert made[-1].headers["Retry-After"] == str(made[-1].json["retry_after_s"])
    assert ask(school, "u-dsl", case, "police").status_code == 201, "another key is not held back"
    again = ask(school, "u-head", case, "police", key="key-3")
    assert (again.status_code, again.json) == (201, made[3].json), "the first answer costs nothing"


def test_an_unknown_case_is_not_there(school: Played) -> None:
    unknown = school.get("u-head", f"/v1/incidents/{UNKNOWN}")
    answer = ask(school, "u-head", UNKNOWN, "police")
    assert (answer.status_code, answer.data) == (404, unknown.data)


def test_every_export_has_an_id_of_its_own(school: Played, case: str) -> None:
    made = [ask(school, "u-head", case, "police").json for _ in range(2)]
    assert len({UUID(each["id"]) for each in made}) == 2
    assert made[1]["tree_size"] > made[0]["tree_size"]
