"""The service itself reads a kept file and says what became of it; nobody's word is taken (P53)."""

from typing import Any

import pytest

from tests.api.exported import recorded
from tests.api.fix_first_school import PNG, Played
from tests.api.fix_refusals import REFUSED
from tests.api.further_staff import employ
from tests.api.test_evidence import OPENED, SLUR, erase, problem, the_file_of
from tests.fix_postgres import Database

VERIFIED = "incident.evidence-verified.v1"
ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}


def verified(school: Played, case: str, number: int = 1, by: str = "u-audit", **facts: Any) -> Any:
    return school.post(by, f"/v1/incidents/{case}/evidence/{number}/verifications", facts)


def results(school: Played) -> list[tuple[int, str]]:
    return [(entry["evidence_no"], entry["result"]) for entry in recorded(school, VERIFIED)]


def test_a_file_that_is_what_was_captured_is_intact_and_counts_as_opened_by_nobody(school: Played, case: str) -> None:
    for number in (1, 2):  # the second is restricted: an auditor has it verified, and never sees it
        assert verified(school, case, number).status_code == 201
    assert results(school) == [(1, "intact"), (2, "intact")]
    assert recorded(school, OPENED) == []
    things = school.get("u-head", f"/v1/incidents/{case}").json["things"]["evidence"]
    assert {number: thing["status"] for number, thing in things.items()} == {"1": "intact", "2": "intact"}


def test_a_file_that_was_altered_cut_off_or_exchanged_is_found_out(school: Played, case: str) -> None:
    path = the_file_of(school, PNG)
    whole = path.read_bytes()
    for broken in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:-1], the_file_of(school, SLUR).read_bytes(), b""):
        path.write_bytes(broken)
        assert verified(school, case).status_code == 201
    assert results(school) == [(1, "altered")] * 4
    path.write_bytes(whole)
    verified(school, case)
    assert results(school)[-1] == (1, "intact")


def test_a_file_that_is_gone_is_missing_and_no_evidence(school: Played, case: str) -> None:
    the_file_of(school, PNG).unlink()
    assert verified(school, case, by="u-head").status_code == 201
    assert results(school) == [(1, "missing")]
    handed = {"copy": "original", "to": "PC 411", "purpose": "the investigation"}
    path = f"/v1/incidents/{case}/evidence/1/transfers"
    problem(school.post("u-head", path, handed), 409, "nothing-to-act-on")


def test_a_result_that_the_file_does_not_bear_out_is_refused(school: Played, case: str) -> None:
    the_file_of(school, PNG).unlink()
    [error] = problem(verified(school, case, result="intact"), 422, "invalid")["errors"]
    assert (error["pointer"], error["found"]) == ("/result", "intact")
    assert error["expected"].startswith("missing")
    assert results(school) == []
    assert recorded(school, REFUSED)[-1]["decision"] == "verify_evidence"
    assert verified(school, case, result="missing").status_code == 201


def test_a_number_that_was_not_captured_is_not_found(school: Played, case: str) -> None:
    problem(verified(school, case, 3), 404, "not-found")


@pytest.mark.parametrize("by", ["u-t5", "u-deputy"])
def test_whose_word_is_not_asked(school: Played, case: str, by: str) -> None:
    assert verified(school, case, by=by).status_code == (404 if by == "u-t5" else 403)
    assert results(school) == []


def test_the_same_key_again_gives_what_was_found_then(school: Played, case: str) -> None:
    path = f"/v1/incidents/{case}/evidence/1/verifications"
    first = school.post("u-audit", path, {}, key="once")
    the_file_of(school, PNG).unlink()
    again = school.post("u-audit", path, {}, key="once")
    assert (again.status_code, again.json) == (201, first.json)
    assert results(school) == [(1, "intact")]


def test_a_case_that_was_erased_has_nothing_to_verify(school: Played, database: Database, case: str) -> None:
    erase(database, case)
    problem(verified(school, case), 409, "refused")
    assert recorded(school, REFUSED)[-1]["rules"] == ["R13"]
    assert results(school) == []


def test_a_file_that_was_handed_on_is_recorded_with_its_receipt_sealed(
    school: Played, database: Database, case: str
) -> None:
    handed = {"copy": "working_copy", "to": "PC 411", "purpose": "the investigation", "receipt": "signed 18 Sept"}
    path = f"/v1/incidents/{case}/evidence/1/transfers"
    assert school.post("u-deputy", path, handed).status_code == 201
    [entry] = recorded(school, "incident.evidence-custody-transferred.v1")
    assert (entry["evidence_no"], entry["copy"], len(entry["_sd"])) == (1, "working_copy", 3)
    assert "PC 411" not in str(entry)
    employ(school, database, "u-office")
    assert school.post("u-office", path, handed).status_code == 403
