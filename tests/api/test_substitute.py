"""A post is about the headteacher (P12): the chair decides instead, in that case alone; another governor for her."""

import io
import zipfile
from typing import Any

import psycopg
import pytest

from tests.api.exported import ask
from tests.api.fix_first_school import Played
from tests.api.further_staff import employ, entries
from tests.api.test_first_story import REPORT, SHOT, Case, rules, types
from tests.fix_postgres import Database

NOW = "2025-09-18T10:00:00+01:00"
ABOUT_THE_HEAD = {**REPORT, "targets": [{"person": "u-head"}]}
TO_THE_CHAIR = {"decision_maker": "u-chair", "why": "conflict_of_interest", "reason": "the post is about the head"}
BREACH = {"outcome": "inappropriate", "reason": "calls her a liar", "is_fair_comment_considered": True}
LISTS = ("/v1/incidents", "/v1/tasks")
VIEWS = ("", "/history", "/actions", "/evidence", "/correspondence", "/legal-advice")


@pytest.fixture
def case(school: Played, database: Database) -> Case:
    """Answer a case about the headteacher, beside another one; the chair has a key."""
    employ(school, database, "u-chair")
    school.post("u-deputy", "/v1/incidents", REPORT)
    return Case(school, school.post("u-deputy", "/v1/incidents", ABOUT_THE_HEAD))


def statuses(school: Played, by: str, case: Case) -> set[int]:
    return {school.get(by, case.path + view).status_code for view in VIEWS}


def listed(school: Played, by: str) -> list[set[str]]:
    """Return the cases that somebody's register and list of tasks name."""
    answers = [school.get(by, path) for path in LISTS]
    assert [answer.status_code for answer in answers] == [200, 200]
    return [{row["reference"] for row in rows} for answer in answers for rows in answer.json.values() if _are(rows)]


def _are(rows: Any) -> bool:
    return isinstance(rows, list)


def test_the_chair_knows_of_nothing_until_the_case_is_hers_and_then_of_that_case_alone(
    school: Played, case: Case
) -> None:
    unknown = school.get("u-chair", "/v1/incidents/00000000-0000-4000-8000-000000000000")
    hidden = school.get("u-chair", case.path)
    assert (hidden.status_code, hidden.data) == (404, unknown.data)
    assert listed(school, "u-chair") == [set(), set()]
    assert case.do(NOW, "u-chair", "breach-decisions", BREACH).status_code == 404
    assert types(case.do(NOW, "u-deputy", "assignments", TO_THE_CHAIR)) == ["assigned"]
    assert statuses(school, "u-chair", case) == {200}
    assert listed(school, "u-chair") == [{"RL-2025-0002"}] * 2
    assert "RL-2025-0002" in school.get("u-chair", "/v1/tasks.ics").text
    assert statuses(school, "u-head", case) == {404}
    assert listed(school, "u-head") == [{"RL-2025-0001"}] * 2


def test_what_she_decides_stands_in_the_record_as_done_for_the_headteacher(school: Played, case: Case) -> None:
    case.do(NOW, "u-deputy", "categorisations", {"primary": "C4", "codes": ["C4"]})
    case.do(NOW, "u-deputy", "assignments", TO_THE_CHAIR)
    assert rules(case.do(NOW, "u-head", "breach-decisions", BREACH), 403) == ["R11"]
    assert types(case.do(NOW, "u-chair", "breach-decisions", BREACH)) == ["breach-decided"]
    last = school.get("u-chair", f"{case.path}/history").json["events"][-1]
    assert (last["actor"], last["role"], last["acting_for"]) == ("u-chair", "chair", "headteacher")
    seen = {
        action["decision"]: action["status"] for action in school.get("u-chair", f"{case.path}/actions").json["actions"]
    }
    assert (seen["decide_breach"], seen["screen_safeguarding"]) == ("allowed", "blocked")


def test_the_headteacher_gives_the_case_away_and_does_not_take_it_back(school: Played, case: Case) -> None:
    assert types(case.do(NOW, "u-head", "assignments", TO_THE_CHAIR)) == ["assigned"]
    assert rules(case.do(NOW, "u-head", "assignments", {**TO_THE_CHAIR, "decision_maker": "u-gov"}), 403) == ["R11"]
    assert statuses(school, "u-chair", case) == {200}


def test_another_governor_stands_in_for_the_chair(school: Played, case: Case) -> None:
    assert (statuses(school, "u-gov", case), listed(school, "u-gov")) == ({404}, [set(), set()])
    to_another = {**TO_THE_CHAIR, "decision_maker": "u-gov", "reason": "he is my cousin"}
    assert case.do(NOW, "u-deputy", "assignments", to_another).status_code == 422
    case.do(NOW, "u-deputy", "assignments", TO_THE_CHAIR)
    assert types(case.do(NOW, "u-chair", "assignments", to_another)) == ["assigned"]
    assert (statuses(school, "u-gov", case), listed(school, "u-gov")) == ({200}, [{"RL-2025-0002"}] * 2)
    assert statuses(school, "u-chair", case) == {404}
    assert types(case.do(NOW, "u-gov", "breach-decisions", BREACH)) == ["breach-decided"]
    last = school.get("u-gov", f"{case.path}/history").json["events"][-1]
    assert (last["role"], last["acting_for"]) == ("governor", "headteacher")


def test_she_makes_the_copy_for_the_police_in_that_case_alone(school: Played, case: Case) -> None:
    incident = case.path.rpartition("/")[2]
    assert ask(school, "u-chair", incident, "police").status_code == 404
    case.do(NOW, "u-deputy", "assignments", TO_THE_CHAIR)
    assert ask(school, "u-head", incident, "police").status_code == 404
    assert rules(ask(school, "u-chair", incident, "audit"), 403) == ["R12"]
    made = ask(school, "u-chair", incident, "police")
    assert made.status_code == 201, made.text
    fetched = school.get("u-chair", f"/v1/exports/{made.json['id']}/package")
    with zipfile.ZipFile(io.BytesIO(fetched.data)) as package:
        assert "by account u-chair as chair of governors, acting for headteacher" in " ".join(
            package.read("README.txt").decode().split()
        )
    for kind in ("disclosure.exported.v1", "access.export-downloaded.v1"):
        [said] = [entry["data"] for entry in entries(school, kind)]
        assert (said["actor"], said["role"], said["acting_for"]) == ("u-chair", "chair", "headteacher")
    assert school.get("u-head", f"/v1/exports/{made.json['id']}/package").status_code == 404
    assert school.get("u-gov", f"/v1/exports/{made.json['id']}/package").status_code == 404


def test_nobody_is_let_in_where_no_conflict_of_interest_is_known(school: Played, database: Database) -> None:
    employ(school, database, "u-chair")
    plain = Case(school, school.post("u-deputy", "/v1/incidents", REPORT))
    for account in ("u-chair", "u-gov"):
        refused = plain.do(NOW, "u-deputy", "assignments", {**TO_THE_CHAIR, "decision_maker": account})
        assert refused.status_code == 422, refused.text
        [fault] = refused.json["errors"]
        assert (fault["pointer"], fault["rule"]) == ("/decision_maker", "R11")
        assert school.get(account, plain.path).status_code == 404
    assert types(plain.do(NOW, "u-head", "assignments", TO_THE_CHAIR)) == ["assigned"]
    assert school.get("u-chair", plain.path).status_code == 200


def test_she_is_let_in_where_the_headteacher_is_of_the_posters_family(school: Played, database: Database) -> None:
    employ(school, database, "u-chair")
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO school_rowan.relation VALUES ('u-head', 'k-jayden', 'relative', 'no', 'unknown')"
        )
    theirs = Case(school, school.post("u-deputy", "/v1/incidents", REPORT))
    assert theirs.do(NOW, "u-deputy", "assignments", TO_THE_CHAIR).status_code == 422
    poster = {"party": {"person": "p-mallinson"}, "confidence": "probable", "basis_code": "admitted", "basis": "b"}
    theirs.do(NOW, "u-deputy", "identifications", poster)
    assert types(theirs.do(NOW, "u-deputy", "assignments", TO_THE_CHAIR)) == ["assigned"]
    assert rules(theirs.do(NOW, "u-head", "withdrawals", {"because": "error", "reason": "r"}), 403) == ["R11"]


def test_she_is_shown_restricted_evidence_for_a_reason(school: Played, case: Case) -> None:
    slur = {"posts": [1], "method": "screenshot", "restricted": ["slur"]}
    assert types(case.do(NOW, "u-deputy", "evidence", slur, file=SHOT)) == ["evidence-captured"]
    path = f"{case.path}/evidence/1?reason=to+decide"
    assert school.get("u-chair", path).status_code == 404
    case.do(NOW, "u-deputy", "assignments", TO_THE_CHAIR)
    assert [school.get(by, path).status_code for by in ("u-chair", "u-head")] == [200, 404]
