"""`casework key rotate`: the record is signed by another key, and whoever trusts the old one can follow."""

from pathlib import Path

import pytest

from tests.cli.conftest import ORIGIN, TITLE, Operator


@pytest.fixture(scope="module")
def opened(operator: Operator) -> Operator:
    """Answer the operator of a record that was signed once; its verifier key and that checkpoint are kept."""
    assert operator.run("migrate").code == 0
    made = operator.run("school", "add", "rowan", "--title", TITLE, "--origin", ORIGIN, "--json").document
    (operator.folder / "old.vkey").write_text(made["key"] + "\n")
    assert operator.run("checkpoint", "--to", str(operator.folder / "held.txt")).code == 0
    return operator


def seeds(operator: Operator) -> list[str]:
    return (operator.folder / "keys" / "rowan.record.key").read_text().split()


def test_a_rotation_that_broke_off_after_its_key_was_made_is_finished_by_the_next(opened: Operator) -> None:
    file = opened.folder / "keys" / "rowan.record.key"
    before = seeds(opened)
    file.write_text("".join(f"{seed}\n" for seed in ["44" * 32, *before]))
    opened.query("SELECT 1")
    assert opened.run("checkpoint").code == 0
    ended = opened.run("key", "rotate", "--json")
    assert ended.code == 0, ended.err
    assert ended.document["old"] == (opened.folder / "old.vkey").read_text().strip()
    assert seeds(opened) == ["44" * 32, *before]


def test_another_rotation_makes_a_key_of_its_own_and_keeps_the_old_ones(opened: Operator) -> None:
    before = seeds(opened)
    ended = opened.run("key", "rotate")
    assert (ended.code, "start the services anew" in ended.out) == (0, True), ended.err
    assert (seeds(opened)[1:], len(set(seeds(opened)))) == (before, 3)
    assert (opened.folder / "keys" / "rowan.record.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("key", [[], ["--key", "old.vkey"]])
def test_whoever_trusts_the_first_key_can_check_the_record_as_it_is_now(opened: Operator, key: list[str]) -> None:
    ended = opened.run("verify", "--against", "held.txt", *key, "--json")
    assert ended.code == 0, ended.err
    assert [level["status"] for level in ended.document["levels"]] == ["held"] * 6
    types = opened.query("SELECT type FROM school_rowan.event WHERE type LIKE 'record.%' ORDER BY position")
    assert types == [("record.opened.v1",), ("record.key-rotated.v1",), ("record.key-rotated.v1",)]


def test_without_the_key_that_signs_now_there_is_no_new_one(opened: Operator, tmp_path: Path) -> None:
    file = opened.folder / "keys" / "rowan.record.key"
    kept = file.read_text()
    file.write_text("55" * 32 + "\n")
    try:
        ended = opened.run("key", "rotate")
    finally:
        file.write_text(kept)
    assert (ended.code, "without it no one could follow to a new one" in ended.err) == (1, True)
