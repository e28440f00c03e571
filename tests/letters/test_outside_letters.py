"""Letters to hosts, the police, an adviser and the authority, from the feed to the record: holds, eyes, hands."""

from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from letters.bootstrap import Web
from letters.domain.letter import Letter
from letters.domain.naming import letter_id
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import CASE, merge_fields
from tests.letters.people import Answer, People
from tests.letters.press.outside_answers import EXHIBITS, outside, party_of
from tests.letters.test_api import approval, codes, state

STAFF = merge_fields()["signatories"]
CHAIR = {"subject": "u-chair", "role": "chair", "name": "Alan Hurst", "job": "Chair of governors"}
SEEN_BY = ["caseworker", "headteacher", "dsl", "office", "auditor"]
PROOF = {"posted_at": "2025-09-23T15:50:00+01:00", "reference": "ticket 4711"}
DATA: dict[str, dict[str, Any]] = {
    "L07": {"report_no": 1, "posts": [1, 2], "host": "facebook", "basis": "policy_report"},
    "L08": {"report_no": 2, "posts": [1], "host": "facebook", "basis": "defamation_act_2013_s5"},
    "L09": {"referral_no": 1, "route": "101 online", "grounds": ["threat_of_violence"], "is_immediate": False},
    "L10": {"advice_no": 1, "advice": "5a6b7c8d-0e1f-4a2b-8c3d-4e5f6a7b0005"},
    "L15": {"kind": "person", "party": "P1"},
    "L19": {"kind": "prejudice_return", "period": "autumn_2025"},
}


def answer(template: str, *, captured: int = 2, **changed: Any) -> dict[str, Any]:
    """Return what casework says of the cause of a letter, with so many posts captured."""
    fields = outside(template)
    fields["case"] |= {"id": str(CASE), "reference": "RL-2025-0001"}
    fields |= {
        "signatories": [*STAFF, {"subject": "u-dsl", "role": "dsl", "name": "Ruth Calder", "job": "DSL"}],
        "handler": "u-deputy",
        "conflicted": ["u-t5"],
        "audience": {"roles": SEEN_BY, "subjects": [], "excluded": ["u-t5"], "sensitivity": "open"},
    }
    if template == "L09":
        for post in fields["posts"][captured:]:
            post["exhibit"] = None
        fields["facts"]["exhibits"] = EXHIBITS[:captured]
    return {**fields, **changed}


def happens(casework: FakeCasework, template: str, version: int = 12, **changed: Any) -> str:
    """Let the cause of a letter happen; return the letter's path."""
    fields = answer(template, **changed)
    name = fields["event"]["type"].split(".")[1]
    cause = casework.happens(name, version=version, **DATA[template])
    casework.fields[cause] = fields
    return f"/v1/letters/{letter_id(cause, template, party_of(template))}"


def drafted(web: Web, casework: FakeCasework, template: str, **changed: Any) -> str:
    """Let the cause of a letter happen and be followed; return the letter's path."""
    path = happens(casework, template, **changed)
    web.service.follower().once()
    return path


def says(casework: FakeCasework, template: str, **changed: Any) -> None:
    """Let casework say something else of the cause from now on."""
    casework.fields[f"{CASE}/12"] = answer(template, **changed)


def found(web: Web, path: str) -> Letter:
    stored = web.service.letters.find(UUID(path.rpartition("/")[2]))
    assert stored is not None
    return stored


def approve(people: People, path: str, who: str = "u-head", **said: Any) -> Answer:
    seen = people.get(who, path).json
    ticked = [finding["id"] for finding in seen["findings"] if finding["level"] == "check"]
    body = {"pdf_sha256": seen["provenance"]["pdf_sha256"], "checks": ticked, **said}
    return people.post(who, f"{path}/approve", body)


@pytest.mark.parametrize("template", DATA)
def test_each_is_drafted_complete_and_ready(people: People, web: Web, casework: FakeCasework, template: str) -> None:
    path = drafted(web, casework, template)
    shown = state(people, path)
    assert (shown["status"], shown["problems"], shown["holds"], shown["template"]) == ("ready", [], [], template)
    assert shown["recipient"]["party"] == party_of(template)


# What a person passes on.


@pytest.mark.parametrize("template", ["L07", "L09", "L19"])
def test_what_a_person_passed_on_is_filed_as_such_under_the_bodys_label(
    people: People, web: Web, casework: FakeCasework, home: Path, template: str
) -> None:
    path = drafted(web, casework, template)
    assert approve(people, path).json["status"] == "issued"
    taken = people.post("u-sbm", f"{path}/dispatch")
    assert (taken.status_code, taken.json["issued"]["expected_by"]) == (201, "2025-09-23")
    assert not (home / "outbox" / "print").exists(), "nothing is laid out that nobody is to print"
    (home / "clock").write_text("2025-09-23T15:00:00Z")
    assert codes(people.post("u-sbm", f"{path}/dispatched", {"posted_at": PROOF["posted_at"]})) == ["proof_needed"]
    sent = people.post("u-sbm", f"{path}/dispatched", PROOF)
    assert (sent.status_code, sent.json["dispatched"]["posting_class"]) == (201, None)
    assert web.service.follower().once().filed == 1
    ((facts, _),) = casework.filed.values()
    assert (facts["template"], facts["party"], facts["channel"]) == (template, party_of(template), "manual")


@pytest.mark.parametrize("proof", ["text_sha256", "image_sha256"])
def test_the_hash_of_text_or_picture_proves_it_too(
    people: People, web: Web, casework: FakeCasework, home: Path, proof: str
) -> None:
    path = drafted(web, casework, "L07")
    approve(people, path)
    people.post("u-sbm", f"{path}/dispatch")
    (home / "clock").write_text("2025-09-23T15:00:00Z")
    text = people.get("u-sbm", f"{path}/text").data
    body = {"posted_at": PROOF["posted_at"], proof: sha256(text).hexdigest()}
    if proof == "text_sha256":
        assert codes(people.post("u-sbm", f"{path}/dispatched", {**body, proof: "0" * 64})) == ["other_text"]
    assert people.post("u-sbm", f"{path}/dispatched", body).status_code == 201


def test_the_office_approves_a_report_in_its_own_name(people: People, web: Web, casework: FakeCasework) -> None:
    office = {"subject": "u-sbm", "role": "office", "name": "Neil Draycott", "job": "School office"}
    path = drafted(web, casework, "L07", signatories=[office])
    assert state(people, path)["signatory"] == "u-sbm"
    assert approve(people, path, "u-sbm").json["status"] == "issued"


# The police.


def test_a_referral_waits_for_evidence_and_is_drafted_again_with_it(
    people: People, web: Web, casework: FakeCasework
) -> None:
    path = drafted(web, casework, "L09", captured=0)
    assert (state(people, path)["status"], state(people, path)["holds"]) == ("ready", ["evidence"])
    assert codes(approve(people, path)) == ["held"]
    says(casework, "L09", captured=1)
    casework.happens("evidence-captured", version=13, evidence_no=1, posts=[1])
    web.service.follower().once()
    assert (state(people, path)["revision"], state(people, path)["holds"]) == (2, ["evidence"])
    says(casework, "L09", captured=2)
    casework.happens("evidence-captured", version=14, evidence_no=2, posts=[2])
    web.service.follower().once()
    assert (state(people, path)["revision"], state(people, path)["holds"]) == (3, [])
    assert EXHIBITS[1]["sha256"] in people.get("u-head", f"{path}/text").data.decode()
    assert approve(people, path).json["status"] == "issued"


@pytest.mark.parametrize("who", ["u-head", "u-dsl"])
def test_headteacher_or_dsl_let_it_go_without_and_say_why_once(
    people: People, web: Web, casework: FakeCasework, who: str
) -> None:
    path = drafted(web, casework, "L09", captured=0)
    asked = {"hold": "evidence", "reason": "the story is gone; the police have seen it"}
    assert people.post("u-deputy", f"{path}/release", asked).status_code == 403
    assert people.post(who, f"{path}/release", {"hold": "evidence"}).status_code == 422
    assert people.post(who, f"{path}/release", asked).json["holds"] == []
    says(casework, "L09", captured=1)
    casework.happens("evidence-captured", version=13, evidence_no=1, posts=[1])
    web.service.follower().once()
    assert (state(people, path)["revision"], state(people, path)["holds"]) == (2, [])


def test_what_changes_nothing_in_it_leaves_it_as_it_is(people: People, web: Web, casework: FakeCasework) -> None:
    path = drafted(web, casework, "L09")
    casework.happens("poster-identified", version=13, party="P2", confidence="probable")
    web.service.follower().once()
    assert (state(people, path)["revision"], state(people, path)["holds"]) == (1, [])


def test_a_reference_that_comes_after_the_approval_holds_it_until_a_person_drafts_it_again(
    people: People, web: Web, casework: FakeCasework
) -> None:
    no_reference = {**answer("L09")["facts"], "police": {"force": None, "reference": None}}
    path = drafted(web, casework, "L09", facts=no_reference)
    assert approve(people, path).json["status"] == "issued"
    says(casework, "L09")
    casework.happens("police-reference-recorded", version=13, referral_no=1)
    for _ in range(2):
        web.service.follower().once()
        assert (state(people, path)["revision"], state(people, path)["holds"]) == (1, ["outdated"])
    refused = people.post("u-sbm", f"{path}/dispatch")
    assert codes(refused) == ["held"]
    assert refused.json["refusals"][0]["instead"] == "redraft"
    released = people.post("u-head", f"{path}/release", {"hold": "outdated", "reason": "it will do"})
    assert codes(released) == ["held"]
    again = people.post("u-head", f"{path}/redraft", {"signatory": "u-head"})
    assert (again.status_code, again.json["revision"], again.json["holds"], again.json["approvals"]) == (201, 2, [], [])
    assert "INC 411" in people.get("u-head", f"{path}/text").data.decode()
    assert approve(people, path).json["status"] == "issued"


def test_an_issued_letter_that_nothing_outdated_stays_frozen(people: People, web: Web, casework: FakeCasework) -> None:
    path = drafted(web, casework, "L09")
    approve(people, path)
    assert codes(people.post("u-head", f"{path}/redraft")) == ["wrong_status"]


def test_while_casework_is_away_an_outdated_letter_waits_for_it(
    people: People, web: Web, casework: FakeCasework
) -> None:
    path = drafted(web, casework, "L09", captured=0)
    casework.happens("evidence-captured", version=13, evidence_no=1, posts=[1, 2])
    casework.broken = {"merge-fields": 503}
    follower = web.service.follower()
    follower.once()
    assert state(people, path)["holds"] == ["evidence", "outdated"]
    assert codes(approve(people, path)) == ["held", "held"]
    casework.broken = {}
    says(casework, "L09")
    casework.happens("evidence-captured", version=14, evidence_no=2, posts=[2])
    follower.once()
    assert state(people, path)["holds"] == []


def test_a_corrected_identity_outdates_what_the_police_are_told(
    people: People, web: Web, casework: FakeCasework
) -> None:
    path = drafted(web, casework, "L09")
    other = {**answer("L09")["facts"], "suspect": None}
    says(casework, "L09", facts=other)
    casework.happens("poster-identity-corrected", version=13, **{"from": "P2", "to": "P4", "was_contacted": False})
    web.service.follower().once()
    assert state(people, path)["status"] == "ready"
    assert "Kerry" not in people.get("u-head", f"{path}/text").data.decode()


# The complainant of a notice.


def notice(web: Web, casework: FakeCasework) -> str:
    audience = {"roles": SEEN_BY, "subjects": ["u-cook"], "excluded": [], "sensitivity": "open"}
    return drafted(web, casework, "L08", audience=audience, conflicted=["u-cook"])


def test_the_complainant_sees_the_notice_and_nothing_else(people: People, web: Web, casework: FakeCasework) -> None:
    path = notice(web, casework)
    other = drafted(web, casework, "L09", version=22, conflicted=["u-cook"])
    assert people.get("u-cook", path).status_code == 200
    assert b"Mary Oakes" in people.get("u-cook", f"{path}/text").data
    assert people.get("u-cook", f"{path}/pdf").data.startswith(b"%PDF")
    assert [row["template"] for row in people.get("u-cook", "/v1/letters").json["letters"]] == ["L08"]
    assert people.get("u-cook", other).status_code == 404
    assert people.get("u-t2", path).status_code == 404
    assert people.get("u-t2", "/v1/letters").json["letters"] == []


def test_the_complainant_decides_nothing_in_it_here(people: People, web: Web, casework: FakeCasework) -> None:
    path = notice(web, casework)
    for decision in ("approve", "reject", "redraft", "hold", "release", "cancel", "dispatch"):
        assert people.post("u-cook", f"{path}/{decision}", {"reason": "x"}).status_code == 403


def test_a_notice_is_approved_by_the_head_once_the_complainant_has_signed(
    people: People, web: Web, casework: FakeCasework
) -> None:
    path = notice(web, casework)
    assert codes(approve(people, path)) == ["not_confirmed"]
    assert codes(approve(people, path, confirmation=" ")) == ["not_confirmed"]
    signed = approve(people, path, confirmation="read, agreed to and signed by Mary Oakes in my office today")
    assert signed.json["status"] == "issued"
    digest = signed.json["approvals"][0]["confirmation_sha256"]
    kept = web.service.contents.get(found(web, path).id, "confirmation", digest)
    assert kept == b"read, agreed to and signed by Mary Oakes in my office today"
    assert "signed by" not in str(people.get("u-auditor", f"{path}/timeline").json)


def test_no_other_letter_takes_a_confirmation(people: People, warning: str) -> None:
    asked = {**approval(people, warning), "confirmation": "signed"}
    assert codes(people.post("u-head", f"{warning}/approve", asked)) == ["nothing_to_confirm"]


def test_the_complainant_stands_under_the_notice_whoever_answers_for_it(
    people: People, web: Web, casework: FakeCasework
) -> None:
    path = notice(web, casework)
    assert state(people, path)["signatory"] == "u-head"
    text = people.get("u-head", f"{path}/text").data.decode()
    assert text.rstrip().endswith("Mary Oakes\nComplainant")
    casework.happens("post-recorded", version=30)
    web.service.follower().once()
    assert state(people, path)["revision"] == 1, "that the complainant is a subject of the posts voids nothing"


def test_a_poster_who_is_identified_ends_a_notice(people: People, web: Web, casework: FakeCasework) -> None:
    path = notice(web, casework)
    known = {**answer("L08")["facts"], "is_poster_known": True}
    fields = deepcopy(casework.fields[f"{CASE}/12"])
    casework.fields[f"{CASE}/12"] = {**fields, "facts": known}
    casework.happens("poster-identified", version=13, party="P2", confidence="confirmed")
    web.service.follower().once()
    shown = state(people, path)
    assert (shown["status"], [each["code"] for each in shown["problems"]]) == ("incomplete", ["poster_known"])


# The client and the adviser.


def instruction(web: Web, casework: FakeCasework, **changed: Any) -> str:
    audience = {"roles": ["headteacher", "chair", "legal"], "subjects": [], "excluded": changed.get("conflicted", [])}
    return drafted(web, casework, "L10", **{"audience": {**audience, "sensitivity": "privileged"}, **changed})


def test_an_instruction_is_for_head_chair_and_the_adviser_of_the_case(
    people: People, web: Web, casework: FakeCasework
) -> None:
    path = instruction(web, casework, conflicted=[])
    for who in ("u-head", "u-chair"):
        assert people.get(who, path).status_code == 200
    for who in ("u-deputy", "u-dsl", "u-sbm", "u-auditor", "u-t2", "x-legal"):
        assert people.get(who, path).status_code == 404
        assert people.get(who, "/v1/letters").json["letters"] == []


def test_the_adviser_with_a_grant_reads_it(people: People, web: Web, casework: FakeCasework) -> None:
    casework.grants["x-legal"] = [str(CASE)]
    path = instruction(web, casework, conflicted=[])
    assert b"Privileged and confidential." in people.get("x-legal", f"{path}/text").data


def test_in_the_place_of_a_head_whom_the_posts_are_about_the_chair_does_it_all(
    people: People, web: Web, casework: FakeCasework, home: Path
) -> None:
    path = instruction(web, casework, conflicted=["u-head"], signatories=[*STAFF, CHAIR])
    assert people.get("u-head", path).status_code == 404
    assert approve(people, path, "u-chair").json["status"] == "issued"
    assert people.post("u-chair", f"{path}/dispatch").status_code == 201
    (home / "clock").write_text("2025-09-23T15:00:00Z")
    assert people.post("u-chair", f"{path}/dispatched", PROOF).status_code == 201
    assert web.service.follower().once().filed == 1
    ((facts, _),) = casework.filed.values()
    assert (facts["template"], facts["party"]) == ("L10", "adviser")


# The affected.


def test_a_letter_to_the_affected_is_held_where_it_may_not_be_posted(
    people: People, web: Web, casework: FakeCasework
) -> None:
    hidden = [{**answer("L15")["recipients"][0], "address": None, "is_confidential": True}]
    path = drafted(web, casework, "L15", recipients=hidden)
    assert "address" in state(people, path)["holds"]


def test_a_police_hold_reaches_the_affected_of_the_same_child_alone(
    people: People, web: Web, casework: FakeCasework
) -> None:
    poster = {"party_id": "p-x", "label": "P2", "identity_confidence": "probable", "linked_parties": [party_of("L15")]}
    linked = drafted(web, casework, "L15", poster=poster)
    other = drafted(web, casework, "L15", version=22)
    casework.happens("police-hold-placed", version=30, hold_no=1)
    web.service.follower().once()
    assert (state(people, linked)["holds"], state(people, other)["holds"]) == (["police"], [])


def test_a_conflict_of_interest_keeps_a_letter_from_whom_the_posts_are_about(
    people: People, web: Web, casework: FakeCasework
) -> None:
    path = drafted(web, casework, "L09")
    assert people.get("u-t5", path).status_code == 404
