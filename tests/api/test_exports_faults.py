"""Exports when something goes wrong: two at once, a crash between two lines, a file lost, a record that was altered.

Each fault in both directions: what failed was not made; what was made is found again by the same key.
"""

import itertools
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, cast
from uuid import UUID

import psycopg
import pytest
from msgspec.structs import replace

from casework.adapters.case_book import CaseBook
from casework.adapters.evidence import EvidenceStore
from casework.application.access_log import AccessLog
from casework.application.export.book import CaseCopy
from casework.application.export.variants import VARIANTS, Variant
from tests.api.exported import Fetched, alter, ask, recorded
from tests.api.fix_first_school import Played
from tests.fix_postgres import Database

EXPORTED = "disclosure.exported.v1"


class Crash(BaseException):
    """The process ends here."""


def objects(school: Played) -> set[Path]:
    return {path for path in school.evidence.rglob("*") if path.is_file()}


def another_client(school: Played) -> Played:
    """Return the school for another thread: a test client is one browser."""
    return Played(school._client.application, school._keys, school._clock, school.evidence)


def holds(school: Played, tmp_path: Path, answer: Any) -> bool:
    """Fetch what was made and check it with its receipt."""
    path = f"/v1/exports/{answer.json['id']}"
    package, receipt = (school.get("u-head", f"{path}/{what}") for what in ("package", "receipt"))
    fetched = Fetched(answer.json, package.data, receipt.data, tmp_path)
    return fetched.check(fetched.zip, "--receipt", "receipt.json").returncode == 0


def refused(answer: Any, *says: str) -> None:
    """Check that an answer says what does not hold, and carries nothing else."""
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json"), answer.text
    assert answer.json["type"] == "urn:school-casework:problem:not-whole"
    for each in says:
        assert re.search(each, answer.json["detail"]), answer.text


def test_two_exports_at_once_both_hold(school: Played, case: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(
            threads.map(lambda number: ask(another_client(school), "u-head", case, "police", key=number), "1234")
        )
    assert [answer.status_code for answer in made] == [201] * 4, [answer.text for answer in made]
    assert len({answer.json["id"] for answer in made}) == len(recorded(school, EXPORTED)) == 4
    assert all(holds(school, tmp_path, answer) for answer in made)


def test_one_command_sent_twice_at_once_makes_one_export(school: Played, case: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: ask(another_client(school), "u-head", case, "police", key="once"), range(4)))
    assert [answer.status_code for answer in made] == [201] * 4, [answer.text for answer in made]
    assert len({answer.text for answer in made}) == len(recorded(school, EXPORTED)) == 1
    assert sorted("Idempotency-Replayed" in answer.headers for answer in made) == [False, True, True, True]
    assert holds(school, tmp_path, made[0])


def test_a_crash_before_the_entry_leaves_a_sealed_file_that_nothing_names(
    school: Played, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = objects(school)

    def crash(self: AccessLog, *_: object, **__: object) -> None:
        raise Crash

    monkeypatch.setattr(AccessLog, "enter", crash)
    with pytest.raises(Crash):
        ask(school, "u-head", case, "police", key="once")
    monkeypatch.undo()
    assert recorded(school, EXPORTED) == []
    [left] = objects(school) - before
    assert b"CASE HISTORY" not in left.read_bytes()
    again = ask(school, "u-head", case, "police", key="once")
    assert "Idempotency-Replayed" not in again.headers
    assert len(recorded(school, EXPORTED)) == 1
    assert holds(school, tmp_path, again)


def test_a_reply_lost_after_the_entry_is_found_again_by_its_key(
    school: Played, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter = AccessLog.enter

    def crash(self: AccessLog, *given: Any, **named: Any) -> None:
        enter(self, *given, **named)
        raise Crash

    monkeypatch.setattr(AccessLog, "enter", crash)
    with pytest.raises(Crash):
        ask(school, "u-head", case, "police", key="once")
    monkeypatch.undo()
    again = ask(school, "u-head", case, "police", key="once")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert len(recorded(school, EXPORTED)) == 1
    assert holds(school, tmp_path, again)


def test_a_file_that_is_lost_or_broken_stops_the_export(school: Played, case: str, tmp_path: Path) -> None:
    before = objects(school)
    for path in sorted(before):
        whole = path.read_bytes()
        path.unlink()
        named = r"(evidence/E[12]\.png|letters/.*\.pdf): evidence"
        refused(ask(school, "u-head", case, "police"), named, "no file of that hash is kept for this case")
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        refused(ask(school, "u-head", case, "police"), named, "does not open")
        path.write_bytes(whole)
    assert recorded(school, EXPORTED) == []
    assert objects(school) == before
    assert holds(school, tmp_path, ask(school, "u-head", case, "police"))


def test_a_package_that_is_lost_or_broken_is_not_handed_out(school: Played, case: str) -> None:
    before = objects(school)
    made = ask(school, "u-head", case, "police")
    [path] = objects(school) - before
    whole = path.read_bytes()
    where = made.headers["Location"]
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused(school.get("u-head", where), "does not open")
    path.unlink()
    refused(school.get("u-head", where), "no file of that hash")
    assert recorded(school, "access.export-downloaded.v1") == []
    path.write_bytes(whole)
    assert school.get("u-head", where).status_code == 200


ERASE = "UPDATE school_rowan_keys.case_key SET master = NULL, wrapped = NULL, erased_by = 1 WHERE id = '{}'"


def test_an_erased_case_is_neither_exported_nor_handed_out(school: Played, database: Database, case: str) -> None:
    """Once the key of a case is destroyed its packages are gone with it; what was recorded of them stays."""
    made = ask(school, "u-head", case, "police", key="once")
    alter(database, ERASE.format(case))
    for answer in (
        ask(school, "u-head", case, "police"),
        ask(school, "u-head", case, "police", key="once"),
        school.get("u-head", made.headers["Location"]),
    ):
        assert answer.status_code == 409, answer.text
        assert [refusal["rule"] for refusal in answer.json["refusals"]] == ["R13"]
    assert recorded(school, "access.decision-refused.v1")[-1]["rules"] == ["R13"]
    assert school.get("u-head", f"/v1/exports/{made.json['id']}/receipt").status_code == 200
    assert len(recorded(school, EXPORTED)) == 1


def test_a_case_erased_while_it_is_exported_leaves_no_export(
    school: Played, database: Database, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = EvidenceStore.keep

    def erased_first(self: EvidenceStore, incident: UUID, digest: str, file: IO[bytes]) -> None:
        alter(database, ERASE.format(incident))
        keep(self, incident, digest, file)

    monkeypatch.setattr(EvidenceStore, "keep", erased_first)
    answer = ask(school, "u-head", case, "police")
    assert (answer.status_code, [refusal["rule"] for refusal in answer.json["refusals"]]) == (409, ["R13"])
    assert recorded(school, EXPORTED) == []


def moved_on(monkeypatch: pytest.MonkeyPatch, school: Played, case: str, post: dict[str, Any]) -> None:
    """Have a post added to the case just before it is copied."""
    copy, keys = CaseBook.copy, map(str, itertools.count())

    def copied(self: CaseBook, *streams: Any) -> CaseCopy:
        added = another_client(school).post("u-deputy", f"/v1/incidents/{case}/posts", post, key=next(keys))
        assert added.status_code == 201, added.text
        return copy(self, *streams)

    monkeypatch.setattr(CaseBook, "copy", copied)


POST = {"channel": "fb-community", "posted_at": "2025-09-17T20:14:00+01:00", "targets": []}


def test_a_case_that_moves_on_meanwhile_is_exported_as_it_is_copied(
    school: Played, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved_on(monkeypatch, school, case, POST)
    stale = ask(school, "u-head", case, "police", **{"If-Match": '"6"'})
    assert (stale.status_code, stale.json["current"]) == (412, 7)
    made = ask(school, "u-head", case, "police")
    assert made.json["version"] == 8
    assert holds(school, tmp_path, made)


def test_whom_a_post_comes_to_be_about_meanwhile_gets_nothing(
    school: Played, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved_on(monkeypatch, school, case, {**POST, "targets": [{"person": "u-head"}]})
    assert ask(school, "u-head", case, "police").status_code == 404
    assert recorded(school, EXPORTED) == []


FIRST = "(SELECT min(position) FROM school_rowan.event WHERE stream = '{case}')"
LETTER = "(SELECT max(position) FROM school_rowan.event WHERE stream = '{case}')"
"""Of the case as `reported` makes it: its first entry has personal fields, its last, a letter's, has none."""
OPEN, DSL = '"sensitivity":"open"', '"sensitivity":"dsl"'
SPOIL = f"convert_to(replace(convert_from(entry, 'UTF8'), '{OPEN}', '{DSL}'), 'UTF8')"
ALTERED = [
    (f"UPDATE school_rowan.event SET entry = {SPOIL} WHERE position = {LETTER}", "expected "),
    (f"UPDATE school_rowan.event SET entry = {SPOIL} WHERE position = {FIRST}", "entry "),
    (f"UPDATE school_rowan.event SET leaf = sha256('x') WHERE position = {LETTER}", "expected "),
    ("UPDATE school_rowan.event SET leaf = sha256('x') WHERE position = 1", "expected "),
    (f"UPDATE school_rowan.event SET sealed = NULL WHERE position = {FIRST}", "expected "),
    (f"UPDATE school_rowan.event SET sealed = sealed || '\\x00' WHERE position = {FIRST}", "sealed part"),
    ("DELETE FROM school_rowan.event WHERE position = 2", "entry 2: missing|all leaves"),
    ("UPDATE school_rowan.checkpoint SET root = sha256('x')", "checkpoint "),
    ("DELETE FROM school_rowan.checkpoint", "checkpoint "),
]
ALIKE = (
    f"UPDATE school_rowan.event SET entry = {SPOIL}, leaf = sha256('\\x00'::bytea || {SPOIL}) WHERE position = {LETTER}"
)


@pytest.mark.parametrize(("statement", "says"), [*ALTERED, (ALIKE, "expected ")])
def test_a_record_altered_after_it_was_signed_is_not_exported(
    school: Played, database: Database, case: str, statement: str, says: str
) -> None:
    made = ask(school, "u-head", case, "police")
    assert made.status_code == 201
    assert school.get("u-head", made.headers["Location"]).status_code == 200
    before = objects(school)
    alter(database, statement.format(case=case))
    refused(ask(school, "u-head", case, "police"), "Nothing was handed out", says, "casework verify")
    assert objects(school) == before
    assert _count(database, EXPORTED) == 1


@pytest.mark.parametrize(("statement", "says"), ALTERED[:-2])
def test_a_record_altered_before_it_was_signed_is_not_exported(
    school: Played, database: Database, case: str, statement: str, says: str
) -> None:
    alter(database, statement.format(case=case))
    refused(ask(school, "u-head", case, "police"), says)
    assert _count(database, EXPORTED) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE school_rowan.event SET leaf = sha256('x') WHERE type = 'disclosure.exported.v1'",
        "UPDATE school_rowan.event SET leaf = sha256('x') WHERE position = 1",
        "UPDATE school_rowan.checkpoint SET note = replace(note, 'rowan', 'elm')",
        f"UPDATE school_rowan.event SET entry = {SPOIL} WHERE type = 'disclosure.exported.v1'",
    ],
)
def test_no_receipt_leaves_that_does_not_hold(school: Played, database: Database, case: str, statement: str) -> None:
    made = ask(school, "u-head", case, "police").json
    assert school.get("u-head", f"/v1/exports/{made['id']}/receipt").status_code == 200
    alter(database, statement)
    refused(school.get("u-head", f"/v1/exports/{made['id']}/receipt"))


def test_another_schools_key_signs_nothing(school: Played, database: Database, case: str) -> None:
    """A checkpoint by a key that is not this record's is not built on."""
    ask(school, "u-head", case, "police")
    alter(database, "UPDATE school_rowan.checkpoint SET note = regexp_replace(note, ' [A-Za-z0-9+/]{6}', ' AAAAAA')")
    refused(ask(school, "u-head", case, "police"), "checkpoint ")


def test_messages_about_an_altered_record_hold_no_word_of_the_case(
    school: Played, database: Database, case: str
) -> None:
    alter(database, ALTERED[5][0].format(case=case))
    answer = ask(school, "u-head", case, "police")
    for word in ("Ellery", "Mallinson", "lazy", "colleague"):
        assert word not in answer.text


def _without_an_entry(copy: CaseCopy) -> CaseCopy:
    return replace(copy, entries=(*copy.entries[:2], *copy.entries[3:]))


def _with_a_proof_of_another(copy: CaseCopy) -> CaseCopy:
    one, other, *rest = copy.entries
    return replace(copy, entries=(replace(one, proof=other.proof), other, *rest))


def _with_disclosures_of_another(copy: CaseCopy) -> CaseCopy:
    one, other, *rest = copy.entries
    return replace(copy, entries=(replace(one, disclosures=other.disclosures), other, *rest))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_without_an_entry, "record/entries.jsonl, line 3"),
        (_with_a_proof_of_another, "record/proofs/"),
        (_with_disclosures_of_another, "disclosure 1 of"),
    ],
)
def test_a_package_that_its_own_verifier_refuses_is_not_kept(
    school: Played, case: str, monkeypatch: pytest.MonkeyPatch, *, spoil: Callable[[CaseCopy], CaseCopy], says: str
) -> None:
    """Whatever defect would let such a copy through: what does not hold does not go out."""
    before, copy = objects(school), CaseBook.copy
    monkeypatch.setattr(CaseBook, "copy", lambda self, *streams: spoil(copy(self, *streams)))
    refused(ask(school, "u-head", case, "police"), says)
    assert objects(school) == before
    assert recorded(school, EXPORTED) == []


def test_an_export_of_a_variant_that_this_version_does_not_know_is_nobodys(
    school: Played, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ask(school, "u-head", case, "police")
    monkeypatch.delitem(cast("dict[str, Variant]", VARIANTS), "police")
    assert school.get("u-head", made.headers["Location"]).status_code == 404


def _count(database: Database, type_name: str) -> int:
    with psycopg.connect(database.superuser) as connection:
        row = connection.execute("SELECT count(*) FROM school_rowan.event WHERE type = %s", [type_name]).fetchone()
    assert row is not None
    count: int = row[0]
    return count
