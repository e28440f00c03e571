"""The legal adviser's copy holds the advice too, proved like the case; no other copy holds a word of it."""

import json
from pathlib import Path

import pytest

from tests.api.exported import exported
from tests.api.fix_first_school import Played
from tests.api.test_legal_advice import ANSWER, QUESTION, advised
from tests.fix_postgres import Database


def answered(school: Played, database: Database) -> str:
    path = advised(school, database)
    school.post("x-legal", f"{path}/legal-advice-requests/1/answers", {"text": ANSWER})
    return path.rpartition("/")[2]


def test_question_and_answer_go_along_proved_and_the_verifier_holds_them(
    school: Played, database: Database, tmp_path: Path
) -> None:
    case = answered(school, database)
    made = exported(school, tmp_path, "x-legal", case, "legal_full")
    manifest = json.loads(made.files["manifest.json"])
    assert [each["version"] for each in manifest["streams"]] == [2]
    assert manifest["version"] == made.made["version"]
    history = made.files["history.txt"].decode()
    assert QUESTION in history
    assert ANSWER in history
    assert "advice 1. question recorded" in history
    assert "and 2 entries of legal advice" in made.files["README.txt"].decode()
    checked = made.check(made.zip, "--receipt", "receipt.json")
    assert checked.returncode == 0, checked.stdout
    assert f"HOLDS: {made.made['version'] + 2} entries;" in checked.stdout


def test_an_answer_that_was_left_out_is_missed(school: Played, database: Database, tmp_path: Path) -> None:
    made = exported(school, tmp_path, "x-legal", answered(school, database), "legal_full")
    folder = tmp_path / "unpacked"
    for name, octets in made.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(octets)
    entries = folder / "record" / "entries.jsonl"
    kept = [line for line in entries.read_bytes().splitlines(keepends=True) if b"advice.answer-recorded.v1" not in line]
    entries.write_bytes(b"".join(kept))
    checked = made.check(folder)
    assert checked.returncode == 3
    assert "up to version 2" in checked.stdout


@pytest.mark.parametrize(("by", "variant"), [("u-head", "police"), ("u-dsl", "police"), ("u-audit", "audit")])
def test_no_other_copy_holds_a_word_of_it(
    school: Played, database: Database, tmp_path: Path, by: str, variant: str
) -> None:
    made = exported(school, tmp_path, by, answered(school, database), variant)
    everything = b"".join(made.files.values())
    for words in (QUESTION, ANSWER, "advice.question-recorded"):
        assert words.encode() not in everything, words
    assert made.check(made.zip).returncode == 0
