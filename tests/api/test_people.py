"""Correcting who the poster is, giving a case to somebody, and linking two cases, over HTTP."""

from typing import Any

from tests.api.exported import let_in, recorded, reported
from tests.api.fix_first_school import Played
from tests.api.test_evidence import SLUR, WHY
from tests.api.test_first_story import REPORT, Case, contacted_and_asked, reported_and_judged, rules, types
from tests.fix_postgres import Database

ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}
NOBODY = {"kind": "unknown", "name": "somebody using her name"}
AFTER = "2025-09-22T10:00:00+01:00"


def test_the_wrong_parent_is_cleared_and_the_feed_names_nobody(school: Played) -> None:
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    given = {"from": "P2", "to": NOBODY, "reason": "shown that there is no such account"}
    done = case.do(AFTER, "u-head", "identity-corrections", given)
    assert types(done) == ["party-added", "poster-identity-corrected"]
    [entry] = recorded(school, "incident.poster-identity-corrected.v1")
    said = {name: entry[name] for name in ("from", "to", "confidence", "was_contacted")}
    assert said == {"from": "P2", "to": "P3", "confidence": "unverified", "was_contacted": True}
    assert "wrong" not in entry
    shown = school.get("u-head", case.path).json
    assert (shown["identity"]["party"], shown["identity"]["confidence"]) == ("P3", "unverified")
    event = school.get("u-head", f"{case.path}/history").json["events"][-1]
    assert event["facts"]["from"] == "P2"
    contact = {"method": "telephone", "outcome": "no_answer"}
    assert rules(case.do(AFTER, "u-head", "contacts", contact), 409) == ["R05"]
    assert rules(case.do(AFTER, "u-head", "warnings", {"posts": [1]}), 409) == ["R03", "R04", "R05"]


def test_what_is_to_be_written_to_the_wrong_parent_is_told_to_letters(school: Played) -> None:
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    done = case.do(AFTER, "u-head", "identity-corrections", {"to": NOBODY, "reason": "no such account"})
    version = done.json["events"][-1]["id"].rpartition("/")[2]
    found = school.get("letters", f"{case.path}/events/{version}/merge-fields").json
    [recipient] = found["recipients"]
    assert (recipient["party_id"], recipient["name"]) == ("p-mallinson", "Kerry Mallinson")
    assert found["posts"] == []


def test_a_case_that_is_given_to_a_caseworker_opens_its_restricted_evidence_to_that_one(
    school: Played, database: Database
) -> None:
    case = reported(school)
    let_in(school, database, "u-other", "caseworker")
    path = f"/v1/incidents/{case}/evidence/2{WHY}"
    assert [school.get(by, path).status_code for by in ("u-deputy", "u-other")] == [200, 403]
    given = {"handler": "u-other", "why": "workload"}
    assert school.post("u-head", f"/v1/incidents/{case}/assignments", given, **ON_THE_NEWEST).status_code == 201
    answers = [school.get(by, path) for by in ("u-deputy", "u-other")]
    assert [answer.status_code for answer in answers] == [403, 200]
    assert answers[1].data == SLUR


def test_a_case_is_given_to_an_account_that_has_a_good_key(school: Played) -> None:
    case = Case(school, school.post("u-deputy", "/v1/incidents", REPORT))
    given = {"handler": "p-mallinson", "why": "workload"}
    answer = case.do("2025-09-18T09:00:00+01:00", "u-head", "assignments", given)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/handler"
    assert "mallinson" not in answer.text


def test_of_people_in_one_thread_each_case_says_so(school: Played) -> None:
    one, other = (school.post("u-deputy", "/v1/incidents", REPORT) for _ in range(2))
    ids = [answer.json["id"] for answer in (one, other)]
    path = f"/v1/incidents/{ids[0]}"
    done = school.post("u-deputy", f"{path}/links", {"to": ids[1], "relation": "same_thread"})
    assert [event["id"] for event in done.json["events"]] == [f"{ids[0]}/4", f"{ids[1]}/4"]
    assert (done.json["id"], done.json["version"], done.headers["ETag"]) == (ids[0], 4, '"4"')
    for case, to in (ids, reversed(ids)):
        assert school.get("u-head", f"/v1/incidents/{case}").json["links"] == [{"to": to, "relation": "same_thread"}]


def test_a_link_to_a_case_that_is_not_to_be_seen_leads_nowhere(school: Played) -> None:
    case = school.post("u-deputy", "/v1/incidents", REPORT).json["id"]
    childs = school.post("u-head", "/v1/incidents", {**REPORT, "kind": "child_account"}).json["id"]
    unknown = "00000000-0000-4000-8000-000000000000"
    answers = [
        school.post("u-deputy", f"/v1/incidents/{case}/links", {"to": to, "relation": "repeat"})
        for to in (childs, unknown)
    ]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json["errors"] == answers[1].json["errors"]
    assert school.post("u-dsl", f"/v1/incidents/{case}/links", {"to": childs, "relation": "repeat"}).status_code == 201


def test_what_the_directory_says_of_somebody_counts_by_the_label_too(school: Played) -> None:
    """The label stands for a person of the directory, who is looked up for the decision as one named by id is."""
    case = reported_and_judged(school)
    assert school.get("u-head", case.path).json["identity"]["association"] == "parent"
    surely = {"party": "P2", "confidence": "confirmed", "basis_code": "admitted", "basis": "said so"}
    assert types(case.do(AFTER, "u-deputy", "identifications", surely)) == ["poster-identified"]
    assert school.get("u-head", case.path).json["identity"]["association"] == "parent"
