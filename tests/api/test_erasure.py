"""Erasing a case over HTTP: keys and files are gone at once, nothing more is recorded in it, and every proof holds."""

from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from casework.adapters.evidence import EvidenceStore
from casework.adapters.keys import read_master_keys
from casework.adapters.pool import make_pool
from casework.adapters.scan import RecordScan
from casework.adapters.schools import find_school
from casework.adapters.verifying import verify_record
from casework.application.access_log import AccessLog
from casework.application.record import Record
from casework.application.store import Unavailable
from casework.bootstrap import Assembled, Places, Schools
from casework.cli.record import _timed
from casework.domain.event import Recorded
from casework.ledger.verify import parse_vkey
from servicekit.clock import FileClock
from tests.api.exported import LETTER, PDF, ask, recorded
from tests.api.fix_first_school import Played
from tests.api.further_staff import employ
from tests.api.test_exports_faults import another_client
from tests.api.test_legal_advice import QUESTION, advised
from tests.fix_postgres import Database

WHY = {"reason": "kept for six years, and not needed any more"}
NEWEST: dict[str, Any] = {"If-Match": "*"}
PERSONAL = (b"Amy Ellery", b"lazy, vile", b"facebook.example", b"shown by a colleague")

ELSEWHERE = {
    "channel": "fb-community", "posted_at": "2025-09-17T20:14:00+01:00", "targets": [], "words": "about the roof",
}  # fmt: skip


@pytest.fixture
def officer(school: Played, database: Database) -> str:
    return employ(school, database, "u-dpo")


def erase(school: Played, by: str, case: str, **given: Any) -> Any:
    return school.post(by, f"/v1/incidents/{case}/erasures", WHY, **{**NEWEST, **given})


def keys(database: Database) -> dict[str, bool]:
    """Return every key of the school, and whether it still opens anything."""
    with psycopg.connect(database.superuser) as connection:
        rows = connection.execute("SELECT id::text, wrapped IS NOT NULL FROM school_rowan_keys.case_key").fetchall()
    return dict(rows)


def files(school: Played, case: str) -> list[Path]:
    return [path for path in (school.evidence / case).rglob("*") if path.is_file()]


def rules(answer: Any, status: int) -> list[str]:
    assert answer.status_code == status, answer.text
    return [refusal["rule"] for refusal in answer.json["refusals"]]


def test_with_a_case_go_its_keys_its_exports_key_and_its_files(
    school: Played, database: Database, case: str, officer: str
) -> None:
    other = school.post("u-deputy", "/v1/incidents", ELSEWHERE).json["id"]
    export = ask(school, "u-audit", case, "audit").json["id"]
    ask(school, "u-audit", other, "audit")
    assert len(files(school, case)) == 4
    answer = erase(school, officer, case)
    assert answer.status_code == 201, answer.text
    assert [event["type"] for event in answer.json["events"]] == ["incident.erased.v1"] * 2
    assert {key for key, opens in keys(database).items() if not opens} == {case, export}
    assert [entry["key_id"] for entry in recorded(school, "incident.erased.v1")] == [case, export]
    assert files(school, case) == []
    assert len(files(school, other)) == 1


def test_an_export_made_while_the_erasure_is_decided_goes_with_the_case(
    school: Played, database: Database, case: str, officer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys_about = Record.keys_about
    made: list[str] = []

    def copied_meanwhile(self: Record, incident: UUID) -> tuple[UUID, ...]:
        found = keys_about(self, incident)
        if not made:
            made.append(ask(another_client(school), "u-audit", case, "audit", key="meanwhile").json["id"])
        return found

    monkeypatch.setattr(Record, "keys_about", copied_meanwhile)
    assert erase(school, officer, case).status_code == 201
    assert [entry["key_id"] for entry in recorded(school, "incident.erased.v1")] == [case, *made]
    assert not [key for key, opens in keys(database).items() if opens and key in {case, *made}]


def test_an_export_that_is_recorded_after_the_erasure_is_refused_and_its_key_seals_nothing(
    school: Played, case: str, officer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter = AccessLog.enter

    def erased_meanwhile(self: AccessLog, *of: Any, **given: Any) -> Recorded:
        assert erase(another_client(school), officer, case).status_code == 201
        return enter(self, *of, **given)

    monkeypatch.setattr(AccessLog, "enter", erased_meanwhile)
    assert rules(ask(school, "u-audit", case, "audit"), 409) == ["R13"]
    assert recorded(school, "disclosure.exported.v1") == []
    assert recorded(school, "access.decision-refused.v1")[-1]["rules"] == ["R13"]


def test_with_a_case_goes_the_key_of_its_legal_advice(school: Played, database: Database) -> None:
    case = advised(school, database).rpartition("/")[2]
    [advice] = [entry["advice"] for entry in recorded(school, "incident.legal-advice-sought.v1")]
    assert keys(database)[advice]
    assert erase(school, employ(school, database, "u-dpo"), case).status_code == 201
    assert {key for key, opens in keys(database).items() if not opens} == {case, advice}
    told = school.get("u-head", f"/v1/incidents/{case}/legal-advice")
    assert told.status_code == 200
    assert QUESTION.encode() not in told.data


def test_what_was_personal_is_nowhere_and_the_rest_is_still_told(school: Played, case: str, officer: str) -> None:
    before = school.get(officer, f"/v1/incidents/{case}/history")
    assert all(word in before.data for word in PERSONAL)
    erase(school, officer, case)
    shown = school.get(officer, f"/v1/incidents/{case}")
    history = school.get(officer, f"/v1/incidents/{case}/history")
    for answer in (shown, history):
        assert answer.status_code == 200
        assert not [word for word in PERSONAL if word in answer.data]
    assert (shown.json["phase"], shown.json["reference"], shown.json["tasks"]) == ("closed", "RL-2025-0001", [])
    assert [event["type"] for event in history.json["events"]] == [
        *(event["type"] for event in before.json["events"]), "incident.erased.v1"
    ]  # fmt: skip


def test_nothing_more_is_decided_filed_or_exported(school: Played, case: str, officer: str) -> None:
    erase(school, officer, case)
    path = f"/v1/incidents/{case}"
    assert rules(school.post("u-head", f"{path}/reopenings", WHY, **NEWEST), 409) == ["R13"]
    assert rules(erase(school, officer, case), 409) == ["R13"]
    assert rules(ask(school, "u-audit", case, "audit"), 409) == ["R13"]
    letter = {
        "letter_id": LETTER, "template": "L02", "version": 1, "channel": "print", "state": "returned",
        "pdf_sha256": "0" * 64, "size_bytes": len(PDF),
    }  # fmt: skip
    filed = school.post("letters", f"{path}/correspondence", letter, file=("letter.pdf", PDF, "application/pdf"))
    assert rules(filed, 409) == ["R13"]
    assert files(school, case) == []
    actions = school.get("u-head", f"{path}/actions").json["actions"]
    assert {action["status"] for action in actions} == {"blocked"}


def test_the_same_command_again_is_the_same_answer(school: Played, case: str, officer: str) -> None:
    first = erase(school, officer, case, key="once")
    again = erase(school, officer, case, key="once")
    assert (again.status_code, again.json, again.headers["Idempotency-Replayed"]) == (201, first.json, "true")
    assert len(recorded(school, "incident.erased.v1")) == 1


def test_a_legal_hold_and_a_stale_version_bar_it_and_destroy_nothing(
    school: Played, database: Database, case: str, officer: str
) -> None:
    path = f"/v1/incidents/{case}"
    hold = {"hold_cause": "proceedings", "reason": "a claim was announced"}
    placed = school.post(officer, f"{path}/legal-holds", hold, **NEWEST)
    assert placed.status_code == 201, placed.text
    assert rules(erase(school, officer, case), 409) == ["R19"]
    assert school.post(officer, f"{path}/erasures", WHY).status_code == 428
    assert rules(erase(school, officer, case, **{"If-Match": '"1"'}), 412) == ["R15"]
    assert rules(erase(school, "u-head", case), 403) == ["R12"]
    assert all(keys(database).values())
    assert len(files(school, case)) == 3
    release = school.post(officer, f"{path}/legal-holds/1/releases", {"reason": "settled"}, **NEWEST)
    assert release.status_code == 201, release.text
    assert erase(school, officer, case).status_code == 201
    assert not keys(database)[case]


def another_process(database: Database, folder: Path, run: Any) -> Any:
    """Do something with the school as the timer's process has it."""
    places = Places(keys=folder / "keys", evidence=(folder / "evidence").as_uri(), school=folder / "school")
    with make_pool(database.app) as pool:
        made: Assembled = Schools(pool, places, FileClock(folder / "clock")).of("rowan")
        return run(made)


def test_files_that_cannot_be_deleted_at_once_are_deleted_by_the_timer(
    school: Played, database: Database, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = employ(school, database, "u-dpo")

    def away(_self: EvidenceStore, _incident: UUID) -> int:
        raise Unavailable("evidence store not available")

    with monkeypatch.context() as patched:
        patched.setattr(EvidenceStore, "delete_case", away)
        assert erase(school, officer, case).status_code == 201
    assert not keys(database)[case]
    assert len(files(school, case)) == 3
    another_process(database, tmp_path, _timed)
    assert files(school, case) == []


def test_a_key_that_comes_back_with_an_old_copy_is_destroyed_by_the_timer(
    school: Played, database: Database, case: str, officer: str, tmp_path: Path
) -> None:
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        kept = connection.execute(
            "SELECT master, wrapped FROM school_rowan_keys.case_key WHERE id = %s", [case]
        ).fetchone()
        assert kept is not None
        erase(school, officer, case)
        connection.execute(
            "UPDATE school_rowan_keys.case_key SET master = %s, wrapped = %s, erased_by = NULL WHERE id = %s",
            [*kept, case],
        )
    assert b"lazy, vile" in school.get(officer, f"/v1/incidents/{case}/history").data
    assert rules(erase(school, officer, case), 409) == ["R13"]
    another_process(database, tmp_path, _timed)
    assert not keys(database)[case]
    assert b"lazy, vile" not in school.get(officer, f"/v1/incidents/{case}/history").data


def test_every_proof_holds_and_what_was_erased_is_counted_with_its_entry(
    school: Played, database: Database, case: str, officer: str, tmp_path: Path
) -> None:
    ask(school, "u-audit", case, "audit")
    answer = erase(school, officer, case)
    assert answer.status_code == 201
    school.post("u-audit", "/ledger/checkpoint", None)
    with psycopg.connect(database.app) as connection:
        here = find_school(connection, "rowan")
    trusted = another_process(database, tmp_path, lambda made: made.checkpoints.keys)
    with RecordScan(database.app, here) as scan:
        report = verify_record(scan, map(parse_vkey, trusted), masters=read_master_keys(tmp_path / "keys"))
    assert {level.name: level.status for level in report.levels if level.status == "broken"} == {}
    assert len(report.erased_by) == 2
    assert report.erased > 2
