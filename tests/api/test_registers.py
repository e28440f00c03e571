"""The registers over HTTP: evidence and letters of a case by hash, who read what; the chronology in neutral words."""

import hashlib
from typing import Any, ClassVar

import psycopg
import pytest
from msgspec.structs import replace

from casework.application.case_registers import evidence_rows
from casework.domain.event import Recorded, Sealed
from casework.domain.folding import IncidentEvent
from tests.api.exported import ADVISER, LETTER, PDF, UNKNOWN, ask, let_in, reported
from tests.api.fix_first_school import PNG, Played
from tests.api.further_staff import employ
from tests.domain.playing import judged
from tests.fix_postgres import Database


@pytest.fixture
def case(school: Played) -> str:
    """Answer a case with two files of evidence, one of them restricted, and a letter."""
    return reported(school)


def rows(school: Played, by: str, path: str, name: str) -> Any:
    answer = school.get(by, path)
    assert answer.status_code == 200, answer.text
    return answer.json[name]


def accesses(school: Played, by: str = "u-audit", query: str = "") -> Any:
    return rows(school, by, f"/v1/access{query}", "accesses")


def test_evidence_is_listed_by_hash_and_its_words_are_not(school: Played, case: str) -> None:
    found = rows(school, "u-deputy", f"/v1/incidents/{case}/evidence", "evidence")
    assert [row["evidence_no"] for row in found] == [1, 2]
    assert [row["sha256"] for row in found] == [hashlib.sha256(file).hexdigest() for file in (PNG, PNG + b"restricted")]
    assert [row["restricted"] for row in found] == [[], ["slur"]]
    assert (found[0]["posts"], found[0]["method"], found[0]["media_type"]) == ([1], "screenshot", "image/png")
    assert "words of the slur" not in str(found)


def test_letters_are_listed_with_the_hash_of_their_pages(school: Played, case: str) -> None:
    (row,) = rows(school, "u-deputy", f"/v1/incidents/{case}/correspondence", "correspondence")
    assert (row["letter_id"], row["template"], row["template_version"]) == (LETTER, "L02", 1)
    assert (row["pdf_sha256"], row["state"], row["party"]) == (hashlib.sha256(PDF).hexdigest(), "sent", "P1")


def test_a_register_comes_a_page_at_a_time(school: Played, case: str) -> None:
    path = f"/v1/incidents/{case}/evidence"
    first = school.get("u-head", f"{path}?limit=1")
    assert (len(first.json["evidence"]), first.json["has_more"]) == (1, True)
    last = school.get("u-head", first.headers["Link"].partition(">")[0][1:])
    assert ([row["evidence_no"] for row in last.json["evidence"]], last.json["has_more"]) == ([2], False)
    after = last.json["next"]
    assert school.get("u-head", f"{path}?after={after}").json == {"evidence": [], "next": after, "has_more": False}


@pytest.mark.parametrize("name", ["evidence", "correspondence"])
def test_reading_a_register_is_a_read_of_the_case(school: Played, case: str, name: str) -> None:
    rows(school, "u-deputy", f"/v1/incidents/{case}/{name}", name)
    last = accesses(school)[-1]
    assert (last["kind"], last["view"], last["incident"], last["actor"]) == (
        "case-read",
        f"{name}-register",
        case,
        "u-deputy",
    )


class Verified(IncidentEvent, frozen=True, kw_only=True):
    """A file was looked at again."""

    type_name: ClassVar[str] = "incident.evidence-verified.v1"
    evidence_no: int
    result: str


class Transferred(IncidentEvent, frozen=True, kw_only=True):
    """A copy was handed on."""

    type_name: ClassVar[str] = "incident.evidence-custody-transferred.v1"
    evidence_no: int
    copy: str
    to: Sealed[str]


def test_what_became_of_a_file_stands_with_it() -> None:
    events: list[Recorded] = [*judged().events]
    for event in (
        Verified(evidence_no=1, result="intact"),
        Transferred(evidence_no=1, copy="working", to="the police"),
    ):
        events.append(replace(events[-1], originator_version=len(events) + 1, event=event))
    (row,) = evidence_rows(events)
    assert [each.result for each in row.verifications] == ["intact"]
    assert [(each.copy, each.to) for each in row.transfers] == [("working", "the police")]
    others = [at for at in events if not isinstance(at.event, Verified | Transferred)]
    assert evidence_rows(others)[0].verifications == ()


def test_who_read_and_who_was_refused_is_listed_in_order(school: Played, case: str) -> None:
    school.get("u-head", f"/v1/incidents/{case}")
    stated: Any = {"If-Match": '"6"'}
    school.post("u-head", f"/v1/incidents/{case}/warnings", {"posts": [1]}, **stated)
    school.get("u-deputy", "/v1/tasks")
    found = accesses(school)
    assert [(row["kind"], row["actor"]) for row in found] == [
        ("case-read", "u-head"),
        ("decision-refused", "u-head"),
        ("list-read", "u-deputy"),
    ]
    assert (found[0]["view"], found[0]["version"], found[0]["incident"]) == ("case", 6, case)
    assert (found[1]["decision"], "R03" in found[1]["rules"], found[1]["incident"]) == ("issue_warning", True, case)
    assert (found[2]["view"], found[2]["count"], found[2]["incident"]) == ("tasks", 2, None)
    assert accesses(school)[-1]["view"] == "access", "reading it is an entry of it"


def test_of_one_case_it_lists_downloads_of_its_exports_too(school: Played, database: Database, case: str) -> None:
    other = reported(school, key="another")
    let_in(school, database, ADVISER, "legal", case)
    school.get("u-head", f"/v1/incidents/{other}")
    made = ask(school, ADVISER, case, "legal_full")
    assert made.status_code == 201, made.text
    school.get(ADVISER, f"/v1/exports/{made.json['id']}/package")
    found = accesses(school, query=f"?incident={case}")
    assert [row["kind"] for row in found] == ["exported", "export-downloaded"]
    assert {row["incident"] for row in found} == {case}
    assert found[0]["variant"] == "legal_full"
    assert found[1]["disclosure"] == made.json["id"]


def test_pages_of_it_pass_what_is_about_other_cases(school: Played, case: str) -> None:
    other = reported(school, key="another")
    for incident in (case, other, case):
        school.get("u-head", f"/v1/incidents/{incident}")
    first = school.get("u-audit", f"/v1/access?incident={case}&limit=1").json
    assert (len(first["accesses"]), first["has_more"]) == (1, True)
    second = school.get("u-audit", f"/v1/access?incident={case}&limit=1&after={first['next']}").json
    assert len(second["accesses"]) == 1
    assert second["accesses"][0]["position"] > first["accesses"][0]["position"]


def test_what_is_about_a_case_that_is_not_yours_to_read_is_left_out(school: Played, case: str) -> None:
    about_the_head = reported(school, key="another", targets=[{"person": "u-head"}])
    for incident in (case, about_the_head):
        school.get("u-dsl", f"/v1/incidents/{incident}")
    seen = {by: [row["incident"] for row in accesses(school, by)] for by in ("u-head", "u-audit")}
    assert about_the_head in seen["u-audit"]
    assert about_the_head not in seen["u-head"]
    assert case in seen["u-head"]
    hidden = school.get("u-head", f"/v1/access?incident={about_the_head}")
    assert (hidden.status_code, hidden.data) == (404, school.get("u-head", f"/v1/access?incident={UNKNOWN}").data)


def test_a_reading_that_cannot_be_recorded_is_not_answered(school: Played, database: Database, case: str) -> None:
    with psycopg.connect(database.superuser) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('school_rowan.event', 0))")
        for path in ("/v1/access", f"/v1/incidents/{case}/evidence", f"/v1/incidents/{case}/correspondence"):
            assert school.get("u-head", path).status_code == 503


def test_the_data_protection_officer_reads_it(school: Played, database: Database, case: str) -> None:
    employ(school, database, "u-dpo")
    school.get("u-head", f"/v1/incidents/{case}")
    assert [row["kind"] for row in accesses(school, "u-dpo")] == ["case-read"]


def test_the_chronology_says_each_event_in_neutral_words(school: Played, case: str) -> None:
    events = school.get("u-head", f"/v1/incidents/{case}/history").json["events"]
    said = [(event["says"], event["clauses"], event["role"], event["edition"]) for event in events]
    assert said[0] == ("Somebody told the school of a post.", ["P10", "P11"], "caseworker", "2021-spring")
    assert said[3][0] == "A file that shows the posts as they were, named by its hash."
    assert len(said) == 6
