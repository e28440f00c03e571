"""Who makes and fetches which export, and that a package holds no word of what its reader may not see."""

import json
from pathlib import Path
from typing import Any

import pytest

from casework.ledger.verify import parse_disclosure
from tests.api.exported import ADVISER, UNKNOWN, Fetched, ask, exported, let_in, recorded, reported
from tests.api.fix_first_school import PNG, Played
from tests.fix_postgres import Database

VARIANTS = ("legal_full", "police", "audit")
MAY = {ADVISER: {"legal_full"}, "u-head": {"police"}, "u-dsl": {"police"}, "u-audit": {"audit"}}
SEES = {*MAY, "u-deputy", "office", "dpo"}
PEOPLE = [*SEES, "u-t5", "u-gov", "letters", "u-mis", "stranger", "admin"]


@pytest.mark.parametrize("by", sorted(PEOPLE))
def test_each_role_makes_the_variants_that_are_its_own(school: Played, database: Database, case: str, by: str) -> None:
    let_in(school, database, ADVISER, "legal", case)
    let_in(school, database, "stranger", "legal", UNKNOWN)
    for subject in ("office", "dpo", "admin"):
        let_in(school, database, subject, subject)
    unknown = school.get("u-head", f"/v1/incidents/{UNKNOWN}")
    for variant in VARIANTS:
        answer = ask(school, by, case, variant)
        if variant in MAY.get(by, ()):
            assert answer.status_code == 201, answer.text
        elif by in SEES:
            assert answer.status_code == 403, answer.text
            assert [refusal["rule"] for refusal in answer.json["refusals"]] == ["R12"]
        else:
            assert (answer.status_code, answer.data) == (404, unknown.data)


@pytest.mark.parametrize("by", sorted({*PEOPLE} - {ADVISER}))
def test_whoever_could_not_make_an_export_finds_none(
    school: Played, database: Database, held: Fetched, by: str
) -> None:
    let_in(school, database, "stranger", "legal", UNKNOWN)
    for subject in ("office", "dpo", "admin"):
        let_in(school, database, subject, subject)
    unknown = school.get("u-head", f"/v1/exports/{UNKNOWN}/package")
    before = len(recorded(school, "access.export-downloaded.v1"))
    for what in ("package", "receipt"):
        answer = school.get(by, f"/v1/exports/{held.made['id']}/{what}")
        assert (answer.status_code, answer.data) == (404, unknown.data)
    assert len(recorded(school, "access.export-downloaded.v1")) == before


def test_a_case_or_any_other_stream_is_no_export(school: Played, held: Fetched, case: str) -> None:
    for stream in (case, UNKNOWN):
        assert school.get(ADVISER, f"/v1/exports/{stream}/package").status_code == 404


def test_another_with_the_same_right_may_fetch_it_and_one_whose_grant_is_on_another_case_may_not(
    school: Played, database: Database, held: Fetched, case: str
) -> None:
    other = reported(school, key="another")
    let_in(school, database, "partner", "legal", case)
    let_in(school, database, "stranger", "legal", other)
    path = f"/v1/exports/{held.made['id']}/package"
    assert [school.get(by, path).status_code for by in ("partner", "stranger")] == [200, 404]


def test_whom_a_post_is_about_neither_makes_nor_fetches_an_export(school: Played, tmp_path: Path) -> None:
    case = reported(school)
    made = exported(school, tmp_path, "u-dsl", case, "police").made
    post = {"channel": "fb-community", "posted_at": "2025-09-17T20:14:00+01:00", "targets": [{"person": "u-head"}]}
    assert school.post("u-deputy", f"/v1/incidents/{case}/posts", post).status_code == 201
    assert ask(school, "u-head", case, "police").status_code == 404
    assert school.get("u-head", f"/v1/exports/{made['id']}/package").status_code == 404
    assert school.get("u-dsl", f"/v1/exports/{made['id']}/package").status_code == 200


CANARIES = {
    "open": "screenshot shown by a colleague",
    "dsl": "canary of the screening",
    "restricted": "words of the slur",
    "restricted file": "restricted",
}


def told(held: Fetched) -> str:
    """Return all that a package says, its disclosures opened."""
    lines = [json.loads(line) for line in held.files["record/disclosures.jsonl"].splitlines()]
    opened = [parse_disclosure(text) for line in lines for text in line["disclosures"]]
    files = [content.decode("utf-8", "replace") for name, content in held.files.items() if name != "verify.py"]
    return "\n".join([*files, *(f"{each.name} {each.value}" for each in opened)])


@pytest.mark.parametrize(
    ("by", "variant", "hidden"),
    [
        (ADVISER, "legal_full", set()),
        ("u-head", "police", set()),
        ("u-audit", "audit", {"dsl", "restricted", "restricted file"}),
    ],
)
def test_no_word_of_what_is_withheld_is_in_a_package(
    school: Played, database: Database, tmp_path: Path, *, by: str, variant: str, hidden: set[str]
) -> None:
    case = reported(school)
    screened = {"reason": CANARIES["dsl"], "finding": "no_safeguarding_concern", "is_hold": False}
    newest: dict[str, Any] = {"If-Match": "*"}
    path = f"/v1/incidents/{case}/safeguarding-screenings"
    assert school.post("u-dsl", path, screened, **newest).status_code == 201
    let_in(school, database, ADVISER, "legal", case)
    held = exported(school, tmp_path, by, case, variant)
    text = told(held).replace("restricted evidence", "").replace('"restricted"', "")
    hits = {name for name, word in CANARIES.items() if name != "restricted file" and word in text}
    assert hits == {"open", "dsl", "restricted"} - hidden
    assert ("evidence/E2.png" in held.files) == ("restricted file" not in hidden)
    assert (PNG + b"restricted" in held.package) == ("restricted file" not in hidden)
    done = held.check(held.zip, "--receipt", "receipt.json")
    assert done.returncode == 0, done.stdout
    assert f"{1 if hidden else 0} file{'' if hidden else 's'} withheld." in done.stdout


def test_a_childs_account_is_told_to_an_auditor_in_shells_alone(school: Played, tmp_path: Path) -> None:
    case = reported(school, by="u-head", kind="child_account")
    held = exported(school, tmp_path, "u-audit", case, "audit")
    assert "0 personal fields opened" in held.check(held.zip).stdout
    assert not [name for name in held.files if name.startswith(("evidence/", "letters/"))]
    [entry] = recorded(school, "disclosure.exported.v1")
    assert entry["sensitivity"] == "dsl"


def test_restricted_evidence_leaves_with_a_reason_only(school: Played, case: str) -> None:
    for purpose in (None, "", "  "):
        answer = ask(school, "u-head", case, "police", purpose=purpose)
        assert answer.status_code == 422, answer.text
        [fault] = answer.json["errors"]
        assert (fault["pointer"], fault["rule"]) == ("/purpose", "R22")
        assert "E2" in fault["expected"]
    assert ask(school, "u-audit", case, "audit", purpose=None).status_code == 201
    assert recorded(school, "access.decision-refused.v1")[-1]["rules"] == ["R22"]
    assert len(recorded(school, "disclosure.exported.v1")) == 1
