"""`casework verify` of one case, and by an auditor who may read the record in the database and nothing else."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.cli.conftest import Operator, altered


@pytest.fixture
def auditor(operator: Operator, reported: UUID, tmp_path: Path) -> Operator:
    """Answer an auditor at a machine of their own: a role that may read, the verifier key, a checkpoint."""
    key = operator.query("SELECT convert_from(entry, 'UTF8')::jsonb->'data'->>'key' FROM school_rowan.event LIMIT 1")
    (tmp_path / "rowan.vkey").write_text(f"{key[0][0]}\n")
    (tmp_path / "held.txt").write_bytes((operator.folder / "held.txt").read_bytes())
    return Operator(tmp_path, operator.server, {"DATABASE_URL": operator.server.dsn("casework", "casework_auditor")})


def statuses(document: dict) -> dict[str, str]:
    return {level["name"]: level["status"] for level in document["levels"]}


def test_a_case_holds_against_a_checkpoint_kept_elsewhere(operator: Operator, reported: UUID) -> None:
    ended = operator.run("verify", "--case", str(reported), "--against", str(operator.folder / "held.txt"), "--json")
    assert ended.code == 0, ended.err
    assert (ended.document["case"], ended.document["size"]) == (str(reported), 7)
    assert set(statuses(ended.document).values()) == {"held"}
    levels = {level["name"]: level["summary"] for level in ended.document["levels"]}
    assert "versions 1 to 3 of" in levels["order"]
    assert levels["leaf"].startswith("3 entries")


def test_an_altered_entry_of_the_case_is_named(untouched: Operator, reported: UUID) -> None:
    untouched.query(altered(5))
    ended = untouched.run("verify", "--case", str(reported))
    assert (ended.code, "entry 5 (" in ended.err, "expected" in ended.err) == (3, True, True), ended.err


def test_an_altered_leaf_of_another_entry_is_found_too_as_no_case_is_proved_without_it(
    untouched: Operator, reported: UUID
) -> None:
    untouched.query("UPDATE school_rowan.event SET leaf = sha256('x') WHERE position = 2")
    ended = untouched.run("verify", "--case", str(reported))
    assert (ended.code, "entries 1 to 3: at least one altered" in ended.err) == (3, True), ended.err


def test_a_case_that_is_not_there_is_not_called_whole(operator: Operator, reported: UUID) -> None:
    ended = operator.run("verify", "--case", str(uuid4()))
    assert (ended.code, "expected a case of this record, found no entry of" in ended.err) == (1, True)


def test_an_auditor_checks_the_record_and_opens_nothing(auditor: Operator) -> None:
    ended = auditor.run("verify", "--key", "rowan.vkey", "--against", "held.txt", "--json")
    assert ended.code == 0, ended.err
    assert statuses(ended.document) == {
        **dict.fromkeys(("order", "leaf", "tree", "signature", "history"), "held"),
        "content": "not_run",
    }
    assert "may not read the cases' keys" in ended.err


def test_an_auditor_without_the_verifier_key_is_told_what_to_give(auditor: Operator) -> None:
    ended = auditor.run("verify")
    assert (ended.code, "--key FILE" in ended.err) == (4, True), ended.err


def test_an_auditor_is_shown_what_was_altered(auditor: Operator, untouched: Operator) -> None:
    untouched.query(altered(5))
    ended = auditor.run("verify", "--key", "rowan.vkey", "--against", "held.txt")
    assert (ended.code, "entry 5 (" in ended.err) == (3, True), ended.err


def test_without_a_database_that_answers_it_is_not_ready(auditor: Operator) -> None:
    away = Operator(auditor.folder, auditor.server, {"DATABASE_URL": "postgresql://casework_auditor@127.0.0.1:9/x"})
    assert away.run("verify", "--key", "rowan.vkey").code == 4
