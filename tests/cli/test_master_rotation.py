"""`casework key rotate --master`: every secret is wrapped anew, and what was sealed is still read."""

from uuid import UUID

from tests.cli.conftest import Operator

MASTERS = "SELECT DISTINCT master FROM school_rowan_keys.case_key WHERE wrapped IS NOT NULL"


def lines(operator: Operator) -> list[str]:
    return (operator.folder / "keys" / "master.key").read_text().splitlines()


def test_all_secrets_are_under_the_new_key_and_the_old_one_can_be_taken_out(operator: Operator, reported: UUID) -> None:
    [old] = lines(operator)
    count = len(operator.query("SELECT id FROM school_rowan_keys.case_key"))
    ended = operator.run("key", "rotate", "--master", "--json")
    assert ended.code == 0, ended.err
    new, kept = lines(operator)
    assert (kept, new.split()[0]) == (old, ended.document["master"])
    assert (ended.document["is_new"], ended.document["wrapped"]) == (True, count)
    assert operator.query(MASTERS) == [(ended.document["master"],)]
    again = operator.run("key", "rotate", "--master")
    assert "0 secrets" in again.out
    assert "take them out, and destroy them" in again.out
    assert lines(operator) == [new, kept]
    (operator.folder / "keys" / "master.key").write_text(new + "\n")
    levels = operator.run("verify", "--json").document["levels"]
    assert {level["name"]: level["status"] for level in levels}["content"] == "held"
    assert (operator.folder / "keys" / "master.key").stat().st_mode & 0o077 == 0


def test_what_was_wrapped_under_an_older_line_meanwhile_is_wrapped_anew(operator: Operator, reported: UUID) -> None:
    assert operator.run("key", "rotate", "--master").code == 0
    newest, older = lines(operator)
    file = operator.folder / "keys" / "master.key"
    file.write_text(f"{older}\n{newest}\n")  # As a service that was not started anew still reads it.
    assert operator.run("key", "rotate", "--master", "--json").document["is_new"] is False
    assert operator.query(MASTERS) == [(older.split()[0],)]
    file.write_text(f"{newest}\n{older}\n")
    ended = operator.run("key", "rotate", "--master", "--json")
    assert (ended.document["wrapped"] > 0, operator.query(MASTERS)) == (True, [(newest.split()[0],)])
