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
    assert (ended.code, "which" in ended.out, "alone" in ended.out) == (0, True, False), ended.err
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
    assert (ended.code, "without it no one can follow to a new one" in ended.err) == (1, True)
    assert "`casework key rotate --lost` says what that costs" in ended.err


def test_a_key_that_is_there_is_not_lost(opened: Operator) -> None:
    before = seeds(opened)
    ended = opened.run("key", "rotate", "--lost")
    assert (ended.code, "without --lost, others can follow it" in ended.err) == (1, True)
    assert seeds(opened) == before
    assert opened.run("key", "rotate", "--lost", "--master").code == 2


@pytest.fixture(scope="module")
def lost(opened: Operator) -> Operator:
    """Lose the key file, and go on without it; the keys that outsiders trust then are in a file."""
    assert opened.run("checkpoint", "--to", str(opened.folder / "before.txt")).code == 0
    (opened.folder / "keys" / "rowan.record.key").unlink()
    assert opened.run("checkpoint").code == 4
    assert opened.run("key", "rotate").code == 4
    ended = opened.run("key", "rotate", "--lost")
    assert ended.code == 0, ended.err
    assert "did not sign the change" in ended.out
    assert "hand the new key to all who hold checkpoints, on paper or by telephone" in ended.out
    new = ended.out.split()[2]
    (opened.folder / "both.vkey").write_text((opened.folder / "old.vkey").read_text() + new + "\n")
    return opened


def test_the_record_goes_on_under_a_new_key_and_what_the_lost_ones_signed_still_opens(lost: Operator) -> None:
    named = [line.split("+")[0] for line in seeds(lost)[1:]]
    assert named == [ORIGIN] * 3, "the public part of each lost key stands in the file"
    ended = lost.run("verify", "--against", "held.txt", "--against", "before.txt", "--json")
    assert ended.code == 0, ended.err
    assert [level["status"] for level in ended.document["levels"]] == ["held"] * 6


def test_whoever_trusts_the_lost_key_alone_is_told_that_it_signed_no_change(lost: Operator) -> None:
    ended = lost.run("verify", "--key", "old.vkey", "--against", "before.txt")
    assert ended.code == 3
    assert "over the change of keys in entry" in ended.err
    assert "trust it only if it came another way, and give both keys then" in ended.err
    assert lost.run("verify", "--key", "both.vkey", "--against", "before.txt").code == 0


def test_from_the_new_key_on_others_can_follow_again(lost: Operator) -> None:
    assert lost.run("key", "rotate").code == 0
    ended = lost.run("verify", "--key", "both.vkey", "--against", "before.txt", "--json")
    assert ended.code == 0, ended.err
    assert len(ended.document["keys_followed"]) == 3
    assert len(seeds(lost)) == 5
