"""What casework tells of an event is what letters to outside bodies are drafted from: played there, drafted here."""

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from casework.application.merge_fields import People
from letters.adapters.school_file import read_school
from letters.adapters.template_store import EXAMPLE_SCHOOL, TemplateStore
from letters.application.preparation import COMPLAINANT
from letters.domain import drafting, lint, merge_fields
from letters.domain.catalogue import rows_for
from letters.domain.template_data import TemplateData, template_data
from tests.api.fix_first_school import Played as School
from tests.api.further_staff import employ, entries
from tests.api.test_first_story import REPORT, SHOT, Case, contacted_and_asked, reported_and_judged
from tests.api.test_legal_advice import QUESTION, advised
from tests.application.asking import Directory, account, asked, person, point, text_of
from tests.domain.playing import Played, continued, judged, reported
from tests.fix_postgres import Database

SCHOOL = read_school(EXAMPLE_SCHOOL)
STORE = TemplateStore(SCHOOL.logo)
SECRET = "said inside the school only"
NOW = "2025-09-23T12:00:00+01:00"
HOST_ONLY = {"rules": ["R03", "R04"], "code": "other", "reason": SECRET}
PARTICULARS: dict[str, Any] = {
    "email": True,
    "meaning": "that she steals",
    "inaccurate": True,
    "poster_unknown": True,
    "consent_to_pass_name": False,
}
TEACHER = person("staff", "Amy Ellery", point("email", "amy@example.org"), point())
PEOPLE = Directory(
    people={**Directory().people, "u-teacher": TEACHER},
    staff=(*Directory().staff, account("x-legal", "legal", "Fiona Ingram")),
)
CONTRACTS = Path(__file__).parents[2] / "contracts"
PDF = b"%PDF-1.7 of a letter"


def drafted(template: str, event: str, body: str) -> TemplateData:
    """Return the data of the letter, as letters makes it of casework's answer; it is complete and fits its schema."""
    assert SECRET not in body
    fields = merge_fields.parse(body.encode())
    row = next(row for row in rows_for(event) if row.template == template)
    (recipient,) = drafting.recipients(row, fields)
    signs = drafting.signatory(row, fields)
    assert signs is not None
    signed = next(one for one in fields.whole["signatories"] if one["subject"] == signs.subject)
    if row.signer == "complainant":
        signed = {"name": fields.whole["facts"]["complainant"]["name"], "job": COMPLAINANT}
    made = template_data(
        template,
        fields.whole,
        SCHOOL.school.fields(),
        recipient=recipient.party_id,
        letter_date=date(2025, 9, 23),
        our_ref=f"RL-2025-0001/{template}-140846",
        slots={},
        signatory=signed,
        large_print=False,
    )
    assert made.problems == ()
    jsonschema_rs.validate(dict(STORE.template(template).schema), dict(made.data))
    return made


def told(template: str, event: str, played: Played, people: People = PEOPLE) -> Mapping[str, Any]:
    return drafted(template, event, text_of(asked(played, event, people))).data


def named(template: str, event: str, played: Played) -> list[str]:
    """Return what the lint finds in a letter and in what it is made from."""
    body = json.loads(text_of(asked(played, event, PEOPLE)))
    data = told(template, event, played)
    found = lint.lint(
        template,
        texts={"text": json.dumps(data, ensure_ascii=False)},
        data=data,
        names=body["names"],
        is_policy_overdue=False,
        working_days_to_answer=None,
        quotes=[post["quote"] for post in body["posts"] if post["quote"]],
    )
    return [finding.id for finding in found]


def unknown() -> Played:
    """Return a case whose post was judged and whose poster nobody knows."""
    played = reported()
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot")
    played.when("u-deputy", "categorise", codes=["C3"], primary="C3")
    played.when("u-deputy", "decide_breach", outcome="inappropriate", reason=SECRET, is_fair_comment_considered=True)
    return played


def complained() -> Played:
    played = unknown()
    notice: dict[str, Any] = {"posts": [1], "basis": "defamation_act_2013_s5", "particulars": PARTICULARS}
    played.when("u-head", "report_to_host", complainant={"person": "u-teacher"}, override=HOST_ONLY, **notice)
    return played


def referred(played: Played, **facts: Any) -> Played:
    given: dict[str, Any] = {"route": "101 online", "grounds": ["racial_element"], "is_immediate": False, **facts}
    played.when("u-head", "refer_to_police", **given)
    return played


def asked_a_lawyer() -> Played:
    played = continued()
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question=QUESTION)
    return played


def notified() -> Played:
    played = judged()
    played.when("u-deputy", "notify_affected", kind="person", party="P1", said="The post is gone.")
    return played


def test_a_report_to_a_host() -> None:
    played = continued()
    played.when("u-deputy", "report_to_host", posts=[1], basis="policy_report")
    data = told("L07", "host-reported", played)
    assert (data["site"], data["rule"], data["ages"]) == ("Facebook", "bullying, harassment and abuse of people", None)
    assert data["posts"][0]["url"] == "https://facebook.example/groups/rowanlane/posts/101"
    assert named("L07", "host-reported", played) == []


def test_a_report_of_a_childs_account_has_both_ages_from_where_they_stand() -> None:
    played = reported("insta", "child_account")
    played.when("u-dsl", "capture_evidence", posts=[1], method="url_and_description", restricted=["child_image"])
    child_safety = {"rules": ["R03", "R04"], "code": "child_safety", "reason": SECRET}
    played.when("u-dsl", "report_to_host", posts=[1], basis="underage_account", override=child_safety)
    data = told("L07", "host-reported", played)
    assert (data["site"], data["ages"]) == ("Instagram", {"policy": 14, "site": 13})


def test_a_notice_of_the_person_who_is_defamed() -> None:
    data = told("L08", "host-reported", complained())
    assert (data["signatory"]["name"], data["email"], data["meaning"]) == (
        "Amy Ellery", "amy@example.org", "that she steals",
    )  # fmt: skip
    assert (data["passes_name"], data["passes_email"], data["posts"][0]["words"]) == (False, False, "lazy")
    assert named("L08", "host-reported", complained()) == []


def test_a_referral_to_the_police() -> None:
    data = told("L09", "police-referred", referred(continued(), account="It came at night."))
    assert [box["is_ticked"] for box in data["grounds"]] == [False, True, False, False]
    assert (data["suspect"]["name"], data["suspect"]["confidence"]) == ("Kerry Mallinson", "probable")
    assert (data["account"], data["is_in_danger"], data["exhibits"][0]["exhibit"]) == ("It came at night.", False, "E1")
    assert [step["what"] for step in data["steps"]] == [
        "We talked with the person by telephone.",
        "The school asked the person to remove it.",
        "The person refused to remove it.",
        "The school saw that it went on: still online.",
    ]
    assert named("L09", "police-referred", referred(continued())) == []


def test_a_referral_before_anything_is_known_is_complete_and_waits_for_evidence() -> None:
    played = referred(reported("insta"), route="999", grounds=["threat_of_violence"], is_immediate=True)
    body = text_of(asked(played, "police-referred", PEOPLE))
    data = drafted("L09", "police-referred", body).data
    assert (data["suspect"], data["exhibits"], data["is_in_danger"], data["is_held"]) == (None, [], True, True)
    fields = merge_fields.parse(body.encode())
    assert [post.get("exhibit") for post in fields.posts] == [None]


def test_a_question_to_the_adviser() -> None:
    played = asked_a_lawyer()
    data = told("L10", "legal-advice-sought", played)
    assert (data["question"], data["greeting"]) == (QUESTION, "Dear Fiona Ingram")
    assert data["limitation_on"] == "Thursday 17 September 2026"
    assert len(data["steps"]) == 9
    fields = merge_fields.parse(text_of(asked(played, "legal-advice-sought", PEOPLE)).encode())
    assert drafting.audience(fields).roles == ("headteacher", "chair", "legal")


def test_an_update_for_the_affected() -> None:
    data = told("L15", "affected-party-notified", notified())
    assert (data["recipient"]["name"], data["said"], data["is_staff"]) == ("Amy Ellery", "The post is gone.", True)
    assert named("L15", "affected-party-notified", notified()) == []


def test_a_return_to_the_authority() -> None:
    played = reported()
    played.when("u-head", "categorise", codes=["C5"], primary="C5", characteristics=["race"])
    played.when("u-office", "notify_affected", kind="prejudice_return", period="autumn_2025")
    data = told("L19", "affected-party-notified", played)
    assert data["term"] == "autumn term 2025"
    assert data["cases"] == [
        {"on": "17 September 2025", "type": "racist", "characteristic": "race", "outcome": "still open"}
    ]
    assert named("L19", "affected-party-notified", played) == []


# Over HTTP: what lies in other streams and other cases, and what is filed.


def fetched(school: School, event: str) -> str:
    """Return casework's answer about the last event of this name on the feed of letters."""
    feed = school.get("letters", "/v1/events?limit=1000").json["events"]
    of_name = [entry["id"].split("/") for entry in feed if entry["type"] == f"incident.{event}.v1"]
    case, version = of_name[-1]
    answer = school.get("letters", f"/v1/incidents/{case}/events/{version}/merge-fields")
    assert answer.status_code == 200, answer.text
    text: str = answer.text
    return text


def filed(school: School, path: str, template: str, party: str) -> Any:
    facts = {
        "letter_id": "140846ae-deed-58dd-9bf4-17320d9e93d9",
        "template": template,
        "version": 1,
        "pdf_sha256": sha256(PDF).hexdigest(),
        "size_bytes": len(PDF),
        "party": party,
        "channel": "manual",
        "state": "sent",
    }
    return school.post("letters", f"{path}/correspondence", facts, file=("letter.pdf", PDF, "application/pdf"))


def test_the_question_comes_from_the_privileged_stream_and_the_reading_is_as_secret(
    school: School, database: Database
) -> None:
    advised(school, database)
    body = json.loads(fetched(school, "legal-advice-sought"))
    assert (body["facts"]["question"], body["audience"]["sensitivity"]) == (QUESTION, "privileged")
    assert entries(school, "access.recipient-read.v1")[-1]["data"]["sensitivity"] == "privileged"


def test_a_letter_to_the_adviser_is_filed_where_the_advice_is_and_not_in_the_case(
    school: School, database: Database
) -> None:
    path = advised(school, database)
    before = school.get("u-head", path).headers["ETag"]
    answer = filed(school, path, "L10", "adviser")
    assert answer.status_code == 201, answer.text
    assert [event["type"] for event in answer.json["events"]] == ["advice.correspondence-filed.v1"]
    assert school.get("u-head", path).headers["ETag"] == before
    assert "L10" not in [entry["data"]["template"] for entry in entries(school, "incident.correspondence-recorded.v1")]
    kept = school.get("u-head", f"{path}/legal-advice").json["events"]
    assert [event["type"] for event in kept][-1] == "advice.correspondence-filed.v1"


@pytest.mark.parametrize(("letter", "party"), [("L07", "host"), ("L09", "police"), ("L19", "authority")])
def test_a_letter_to_another_body_is_filed_in_the_case_under_its_label(school: School, letter: str, party: str) -> None:
    case = Case(school, school.post("u-deputy", "/v1/incidents", REPORT))
    answer = filed(school, case.path, letter, party)
    assert answer.status_code == 201, answer.text
    (entry,) = entries(school, "incident.correspondence-recorded.v1")
    assert (entry["data"]["party"], entry["data"]["channel"]) == (party, "manual")


def test_a_return_counts_the_cases_of_the_whole_school(school: School, database: Database) -> None:
    employ(school, database, "u-office")
    for key in ("one", "two"):
        case = Case(school, school.post("u-deputy", "/v1/incidents", REPORT, key=key))
        facts = {"codes": ["C5"], "primary": "C5", "characteristics": ["race"]}
        case.do(NOW, "u-deputy", "categorisations", facts)
    other = Case(school, school.post("u-deputy", "/v1/incidents", REPORT, key="three"))
    other.do(NOW, "u-deputy", "categorisations", {"codes": ["C4"], "primary": "C4"})
    case.do(NOW, "u-office", "affected-party-notices", {"kind": "prejudice_return", "period": "autumn_2025"})
    data = drafted("L19", "affected-party-notified", fetched(school, "affected-party-notified")).data
    assert (len(data["cases"]), data["counts"]) == (2, [{"characteristic": "race", "count": 2}])


def test_who_was_told_is_written_to_at_their_own_address(school: School) -> None:
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    facts = {"kind": "person", "party": {"person": "u-t5"}, "said": "The post is gone."}
    answer = case.do(NOW, "u-deputy", "affected-party-notices", facts)
    assert answer.status_code == 201, answer.text
    body = json.loads(fetched(school, "affected-party-notified"))
    assert [(to["class"], to["party_id"]) for to in body["recipients"]] == [("A", "u-t5")]
    assert "Mallinson" not in json.dumps({**body, "names": []})


def test_the_answers_are_as_the_document_says(school: School, database: Database) -> None:
    case = Case(school, school.post("u-deputy", "/v1/incidents", REPORT))
    case.do(NOW, "u-deputy", "evidence", {"posts": [1], "method": "screenshot"}, file=SHOT)
    case.do(NOW, "u-head", "police-referrals", {"route": "101", "grounds": ["racial_element"], "is_immediate": False})
    advised(school, database)
    document = json.loads((CONTRACTS / "openapi" / "casework.json").read_text(encoding="utf-8"))
    route = document["paths"]["/v1/incidents/{incident}/events/{version}/merge-fields"]["get"]
    schema = route["responses"]["200"]["content"]["application/json"]["schema"]
    for event in ("police-referred", "legal-advice-sought"):
        jsonschema_rs.validate(schema, json.loads(fetched(school, event)))
