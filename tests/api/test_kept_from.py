"""What is kept from whom, attacked: whoever a post is about, and who may not know of a child's account or of advice."""

import json
from typing import Any

import pytest

from casework.domain.rules import R11
from casework.domain.steps import DECISIONS
from tests.api.every_route import ASKED, BESIDE, ROUTES
from tests.api.every_route import HERE as INCIDENT
from tests.api.exported import ask
from tests.api.fix_first_school import Played
from tests.api.further_staff import employ, entries
from tests.api.test_correspondence import PDF, facts
from tests.api.test_first_story import REPORT
from tests.api.test_legal_advice import advised
from tests.fix_postgres import Database

ON_THE_NEWEST: dict[str, Any] = {"If-Match": "*"}
PAPER = ("letter.pdf", PDF, "application/pdf")
TOLD = {"add_post", "capture_evidence", "refer_to_police", "assign"}
"""What is left to whoever a post is about: to tell of more, to call the police, to give the case away."""


def reported(school: Played, by: str = "u-dsl", **facts: Any) -> str:
    answer = school.post(by, "/v1/incidents", {**REPORT, **facts})
    assert answer.status_code == 201, answer.text
    case: str = answer.json["id"]
    return case


def about(school: Played, *people: str) -> str:
    return reported(school, targets=[{"person": person} for person in people])


@pytest.mark.parametrize("by", ["u-head", "u-deputy", "u-dsl"])
def test_whoever_a_post_is_about_takes_no_decision_whatever_it_is(school: Played, database: Database, by: str) -> None:
    employ(school, database, "x-legal")
    beside, case = reported(school, "u-head"), reported(school, "u-t5", targets=[{"person": by}])
    before = len(school.get("u-audit", f"/v1/incidents/{case}/history").json["events"])
    for decision in DECISIONS:
        if decision.path is None or decision.name in TOLD:
            continue
        row = ROUTES[f"POST {INCIDENT}/{_rule(decision)}"]
        path = f"/v1/incidents/{case}/{decision.path.replace('{n}', case if _is_by_id(decision) else '1')}"
        given = json.dumps(row.facts).replace(ASKED, case).replace(BESIDE, beside).replace("as-legal", "x-legal")
        answer = school.post(by, path, json.loads(given), file=row.file, **ON_THE_NEWEST)
        assert answer.status_code in {403, 404}, (decision.name, answer.text)
        if answer.status_code == 403:
            rules = [refusal["rule"] for refusal in answer.json["refusals"]]
            assert rules in (["R11"], ["R12"]) or R11 in decision.rules, (decision.name, answer.text)
    assert len(school.get("u-audit", f"/v1/incidents/{case}/history").json["events"]) == before


def _is_by_id(decision: Any) -> bool:
    return bool(decision.acts_on and decision.acts_on.is_uuid)


def _rule(decision: Any) -> str:
    """Return the path of a decision as the table of routes has it."""
    place = "<uuid:number>" if _is_by_id(decision) else "<int(min=1):number>"
    path: str = decision.path.replace("{n}", place)
    return path


def test_a_headteacher_a_post_is_about_is_told_the_chair_decides_and_nothing_of_the_case(school: Played) -> None:
    case = about(school, "u-head")
    hold = {"reason": "asked for by the police"}
    school.post("u-dsl", f"/v1/incidents/{case}/police-holds", hold, **ON_THE_NEWEST)
    contact = {"method": "telephone", "outcome": "no_answer", "party": {"person": "p-mallinson"}}
    for headers in ({}, ON_THE_NEWEST, {"If-Match": '"1"'}):
        answer = school.post("u-head", f"/v1/incidents/{case}/contacts", contact, **headers)
        assert answer.status_code == 403
        [refusal] = answer.json["refusals"]
        assert (refusal["rule"], refusal["instead"]) == ("R11", "assignments")
        assert refusal["missing"] == ["a person without a conflict of interest, the chair"]
        assert "current" not in answer.json
    assert entries(school, "access.decision-refused.v1")[-1]["data"]["rules"] == ["R11"]


def test_a_case_about_oneself_is_in_no_figure_that_one_is_shown(school: Played) -> None:
    reported(school, "u-deputy")
    case = about(school, "u-head", "u-deputy")
    school.post("u-dsl", f"/v1/incidents/{case}/categorisations", {"primary": "C6", "codes": ["C6"]}, **ON_THE_NEWEST)
    police = {"route": "101", "grounds": ["threat_of_violence"], "is_immediate": False}
    assert school.post("u-dsl", f"/v1/incidents/{case}/police-referrals", police).status_code == 201
    for by, count in (("u-dsl", 2), ("u-audit", 2), ("u-head", 1), ("u-deputy", 1)):
        found = school.get(by, "/v1/statistics").json
        assert (found["reported"], found["threats"], found["police_referrals"]) == (count, count - 1, count - 1)
        if by != "u-audit":
            assert len(school.get(by, "/v1/incidents").json["incidents"]) == count


@pytest.mark.parametrize("hidden", [{"kind": "child_account"}, {"targets": [{"person": "u-deputy"}]}])
@pytest.mark.parametrize("relation", ["same_thread", "repeat"])
def test_a_link_to_a_case_that_is_kept_from_somebody_is_kept_from_them_too(
    school: Played, hidden: dict[str, Any], relation: str
) -> None:
    """Said in either of the two cases: neither the case, nor its history, nor an open feed names the other one."""
    kept = reported(school, **hidden)
    for case, here, there in (
        (open_case := reported(school), open_case, kept),
        (open_case := reported(school), kept, open_case),
    ):
        link = {"to": there, "relation": relation}
        assert school.post("u-dsl", f"/v1/incidents/{here}/links", link).status_code == 201
        for path in (f"/v1/incidents/{case}", f"/v1/incidents/{case}/history", "/v1/incidents", "/v1/tasks"):
            assert kept not in school.get("u-deputy", path).text
        if here == case or relation == "same_thread":
            assert kept in school.get("u-head", f"/v1/incidents/{case}").text
            assert kept in school.get("u-head", f"/v1/incidents/{case}/history").text
    if "kind" in hidden:
        assert kept not in school.get("u-mis", "/v1/events?limit=1000").text


@pytest.mark.parametrize("by", ["u-deputy", "u-dsl", "u-office"])
def test_no_list_of_actions_tells_of_legal_advice_or_of_who_was_let_in(
    school: Played, database: Database, by: str
) -> None:
    if by not in school._keys:
        employ(school, database, by)
    path = advised(school, database)
    grant = entries(school, "access.grant-given.v1")[-1]["data"]["grant"]

    def numbers(who: str) -> dict[str, Any]:
        actions = school.get(who, f"{path}/actions").json["actions"]
        return {each["decision"]: each["numbers"] for each in actions if each["numbers"]}

    told = numbers("u-head")
    assert (told["record_legal_advice"], told["withdraw_grant"]) == ([1], [grant])
    assert not {"record_legal_advice", "withdraw_grant"} & numbers(by).keys()


@pytest.mark.parametrize("by", ["u-deputy", "u-dsl"])
def test_nobody_finds_out_by_filing_a_letter_to_the_adviser_whether_advice_was_sought(
    school: Played, database: Database, by: str
) -> None:
    without, path = f"/v1/incidents/{reported(school)}", advised(school, database)
    answers = [school.post(by, f"{each}/correspondence", facts(template="L10"), file=PAPER) for each in (without, path)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json == answers[1].json
    assert [refusal["rule"] for refusal in answers[1].json["refusals"]] == ["R18"]
    assert entries(school, "advice.correspondence-filed.v1") == []
    assert school.post("letters", f"{path}/correspondence", facts(template="L10"), file=PAPER).status_code == 201


def test_no_erasure_tells_that_there_was_advice(school: Played, database: Database) -> None:
    """Not to the office that erases the case, nor to whoever reads its history then; the auditor is told of a shell."""
    path = advised(school, database)
    assert ask(school, "u-audit", path.rpartition("/")[2], "audit").status_code == 201
    office = employ(school, database, "u-office")
    erased = school.post(office, f"{path}/erasures", {"reason": "not needed any more"}, **ON_THE_NEWEST)
    assert [event["type"] for event in erased.json["events"]] == ["incident.erased.v1"] * 2
    [advice] = [entry["data"]["advice"] for entry in entries(school, "incident.legal-advice-sought.v1")]
    for by in (office, "u-deputy", "u-dsl"):
        assert advice not in school.get(by, f"{path}/history").text
    assert advice not in school.get("u-mis", "/v1/events?limit=1000").text
    for by in ("u-head", "u-audit"):
        assert advice in school.get(by, f"{path}/history").text
    assert len(entries(school, "incident.erased.v1")) == 3
