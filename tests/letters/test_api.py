"""The HTTP interface, from a draft to a filed letter, as the people of S01 use it."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from letters.bootstrap import Web
from letters.domain.naming import letter_id
from tests.fix_postgres import Database
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import CASE, PARTY
from tests.letters.people import Answer, People


def letter_uuid(path: str) -> UUID:
    """Return the id in a letter's path."""
    return UUID(path.rpartition("/")[2])


def state(people: People, letter: str, who: str = "u-head") -> dict[str, Any]:
    answer = people.get(who, letter)
    assert answer.status_code == 200
    return answer.json


def approval(people: People, letter: str) -> dict[str, Any]:
    """Return what somebody sends who read the PDF and ticked every check."""
    found = state(people, letter)
    ticked = [finding["id"] for finding in found["findings"] if finding["level"] == "check"]
    return {"pdf_sha256": found["provenance"]["pdf_sha256"], "checks": ticked}


def approve(people: People, letter: str) -> dict[str, Any]:
    answer = people.post("u-head", f"{letter}/approve", approval(people, letter))
    assert answer.status_code == 201, answer.json
    return answer.json


def codes(answer: Answer) -> list[str]:
    assert answer.status_code == 409, answer.json
    assert answer.json["type"] == "urn:school-casework:problem:refused"
    return [refusal["code"] for refusal in answer.json["refusals"]]


def test_from_draft_to_the_cases_record(
    people: People, web: Web, casework: FakeCasework, warning: str, home: Path
) -> None:
    assert state(people, warning)["status"] == "ready"
    issued = approve(people, warning)
    assert (issued["status"], issued["approvals"][0]["by"]) == ("issued", "u-head")
    taken = people.post("u-sbm", f"{warning}/dispatch")
    assert (taken.status_code, taken.json["status"]) == (201, "dispatching")
    (laid_out,) = (home / "outbox" / "print").iterdir()
    assert laid_out.name.startswith("RL-2025-0001_L04-")
    (home / "clock").write_text("2025-09-23T15:00:00Z")
    posting = {"posted_at": "2025-09-23T15:50:00+01:00", "class": "first", "place": "Rowanby post office"}
    posted = people.post("u-sbm", f"{warning}/dispatched", posting)
    assert (posted.status_code, posted.json["status"]) == (201, "dispatched")
    assert posted.json["dispatched"]["expected_by"] == "2025-09-26"  # handed in after the last collection
    assert people.get("u-sbm", "/v1/unfiled").json["letters"][0]["unfiled"] == ["sent"]
    assert web.service.follower().once().filed == 1
    ((facts, pdf),) = casework.filed.values()
    assert pdf == laid_out.read_bytes() == people.get("u-head", f"{warning}/pdf").data
    assert (facts["state"], facts["party"], facts["channel"]) == ("sent", "P2", "print")
    assert facts["occurred_at"] == "2025-09-23T15:50:00+01:00"
    filed = state(people, warning)
    assert filed["filed"] == {"sent": f"{CASE}/101"}
    assert people.get("u-sbm", "/v1/unfiled").json["letters"] == []


def test_a_wrong_hash_is_refused_and_both_hashes_are_shown(people: People, warning: str) -> None:
    asked = {**approval(people, warning), "pdf_sha256": "0" * 64}
    answer = people.post("u-head", f"{warning}/approve", asked)
    assert codes(answer) == ["other_pdf"]
    refusal = answer.json["refusals"][0]
    assert (refusal["expected"], refusal["found"]) == ("0" * 64, approval(people, warning)["pdf_sha256"])
    assert state(people, warning)["status"] == "ready"


def test_an_unticked_check_is_refused_by_name(people: People, warning: str) -> None:
    answer = people.post("u-head", f"{warning}/approve", {**approval(people, warning), "checks": []})
    assert set(codes(answer)) == {"check_not_ticked"}
    named = {refusal["expected"] for refusal in answer.json["refusals"]}
    assert "policy_review_overdue:policy.review_due_on" in named


def test_the_same_key_gives_the_first_answer_again_and_nothing_new(people: People, web: Web, warning: str) -> None:
    asked = approval(people, warning)
    first = people.post("u-head", f"{warning}/approve", asked, Idempotency_Key="one")
    people.post("u-sbm", f"{warning}/dispatch")
    before = web.service.letters.find(letter_uuid(warning))
    again = people.post("u-head", f"{warning}/approve", asked, Idempotency_Key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert web.service.letters.find(letter_uuid(warning)) == before


def test_the_same_taking_again_lays_nothing_out_again(people: People, warning: str, home: Path) -> None:
    """The office may have posted the letter since, and put the PDF away: it would be posted twice."""
    approve(people, warning)
    first = people.post("u-sbm", f"{warning}/dispatch", Idempotency_Key="one")
    (laid_out,) = (home / "outbox" / "print").iterdir()
    laid_out.unlink()
    for _ in range(2):
        again = people.post("u-sbm", f"{warning}/dispatch", Idempotency_Key="one")
        assert (again.status_code, again.json) == (201, first.json)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert list(laid_out.parent.iterdir()) == []
        people.post("u-sbm", f"{warning}/dispatched", {"posted_at": "2025-09-23T14:20:00+01:00"})
    assert state(people, warning)["status"] == "dispatched"


def test_a_letter_that_was_taken_and_not_laid_out_is_laid_out_when_it_is_taken_again(
    people: People, warning: str, home: Path
) -> None:
    approve(people, warning)
    tray = home / "outbox" / "print"
    tray.parent.mkdir()
    tray.write_text("in the way")
    assert people.post("u-sbm", f"{warning}/dispatch", Idempotency_Key="one").status_code == 500
    assert state(people, warning)["status"] == "dispatching"
    tray.unlink()
    assert people.post("u-sbm", f"{warning}/dispatch", Idempotency_Key="one").status_code == 201
    assert not tray.exists()
    assert people.post("u-sbm", f"{warning}/dispatch").status_code == 201
    (laid_out,) = tray.iterdir()
    assert laid_out.read_bytes() == people.get("u-head", f"{warning}/pdf").data


def test_the_same_key_with_another_body_is_refused(people: People, warning: str) -> None:
    held = people.post("u-head", f"{warning}/hold", {"reason": "wait"}, Idempotency_Key="one")
    assert held.status_code == 201
    other = people.post("u-head", f"{warning}/hold", {"reason": "wait longer"}, Idempotency_Key="one")
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json["errors"][0]["expected"]


def test_a_refused_request_does_not_use_its_key_up(people: People, warning: str) -> None:
    asked = approval(people, warning)
    people.post("u-dsl", f"{warning}/hold", {"reason": "call the parent first"})
    assert codes(people.post("u-head", f"{warning}/approve", asked, Idempotency_Key="one")) == ["held"]
    people.post("u-dsl", f"{warning}/release", {"hold": "manual", "reason": "called"})
    assert people.post("u-head", f"{warning}/approve", asked, Idempotency_Key="one").status_code == 201


def test_every_post_needs_an_idempotency_key(people: People, warning: str) -> None:
    answer = people.post("u-head", f"{warning}/hold", {"reason": "wait"}, Idempotency_Key="")
    assert (answer.status_code, answer.json["header"]) == (400, "Idempotency-Key")


def test_if_match_may_be_left_out_and_a_stale_one_is_refused(people: People, warning: str) -> None:
    tag = people.get("u-head", warning).headers["ETag"]
    assert people.post("u-head", f"{warning}/hold", {"reason": "wait"}, If_Match=tag).status_code == 201
    stale = people.post("u-head", f"{warning}/cancel", {"reason": "no"}, If_Match=tag)
    assert (stale.status_code, stale.json["current"]) == (412, int(tag.strip('"')) + 1)


def test_a_letter_one_has_seen_is_answered_304_and_not_recorded_again(people: People, web: Web, warning: str) -> None:
    tag = people.get("u-head", warning).headers["ETag"]
    before = web.service.letters.head()
    again = people.get("u-head", warning, If_None_Match=tag)
    assert (again.status_code, again.data) == (304, b"")
    assert web.service.letters.head() == before


@pytest.mark.parametrize("part", ["", "/pdf", "/text", "/timeline", "/verify"])
def test_outside_the_audience_a_letter_is_unknown_to_the_byte(people: People, warning: str, part: str) -> None:
    unknown = f"/v1/letters/{uuid4()}{part}"
    for who in ("u-t5", "x-legal"):  # whom the posts are about, whatever the role; a role that is not in the audience
        mine, nobodys = people.get(who, warning + part), people.get(who, unknown)
        assert (mine.status_code, nobodys.status_code) == (404, 404)
        assert mine.data == nobodys.data


@pytest.mark.parametrize("path", ["approve", "redraft", "hold", "cancel", "dispatch", "dispatched"])
def test_outside_the_audience_nothing_can_be_done_either(people: People, warning: str, path: str) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "approve": {"pdf_sha256": "0" * 64},
        "hold": {"reason": "x"},
        "cancel": {"reason": "x"},
        "dispatched": {"posted_at": "2025-09-23T14:00:00+01:00"},
    }
    answer = people.post("u-t5", f"{warning}/{path}", bodies.get(path, {}))
    assert answer.status_code == 404
    assert answer.data == people.post("u-t5", f"/v1/letters/{uuid4()}/{path}", bodies.get(path, {})).data


def test_the_list_shows_what_the_caller_may_see(people: People, warning: str) -> None:
    found = people.get("u-deputy", f"/v1/letters?case={CASE}&status=ready&template=L04").json
    assert [letter["letter_id"] for letter in found["letters"]] == [str(letter_uuid(warning))]
    assert not found["has_more"]
    assert "Mallinson" not in str(found)
    assert people.get("u-t5", "/v1/letters").json["letters"] == []
    assert people.get("u-deputy", f"/v1/letters?case={uuid4()}").json["letters"] == []


def test_the_list_is_read_page_by_page(people: People, web: Web, casework: FakeCasework) -> None:
    for version in (12, 22, 32):
        casework.warning_issued(version=version)
    web.service.follower().once()
    first = people.get("u-head", "/v1/letters?limit=2").json
    assert first.keys() >= {"letters"}, first
    assert (len(first["letters"]), first["has_more"]) == (2, True)
    rest = people.get("u-head", f"/v1/letters?limit=2&after={first['next']}").json
    assert (len(rest["letters"]), rest["has_more"]) == (1, False)


def test_every_look_is_recorded_before_it_is_answered(people: People, web: Web, warning: str) -> None:
    before = web.service.letters.head()
    for part in ("", "/pdf", "/text", "/timeline", "/verify"):
        assert people.get("u-deputy", warning + part).status_code == 200
    reads = [event for _, event in web.service.letters.notifications(before)]
    assert [getattr(read, "what", None) for read in reads] == ["letter", "pdf", "text", "timeline", "verify"]
    assert {getattr(read, "by", None) for read in reads} == {"u-deputy"}


def test_a_look_that_cannot_be_recorded_is_not_answered(
    people: People, warning: str, letters_database: Database
) -> None:
    with psycopg.connect(letters_database.owner, autocommit=True) as owner:
        owner.execute("REVOKE INSERT ON letters.letters_events FROM letters_app")
    answer = people.get("u-head", f"{warning}/pdf")
    assert answer.status_code in (500, 503)
    assert b"%PDF" not in answer.data


def test_an_auditor_sees_hashes_and_proofs_but_no_letter(people: People, warning: str) -> None:
    assert people.get("u-auditor", warning).json["provenance"]["pdf_sha256"]
    assert people.get("u-auditor", f"{warning}/verify").json["is_good"] is True
    for part in ("/pdf", "/text"):
        assert people.get("u-auditor", warning + part).status_code == 403
    people.post("u-dsl", f"{warning}/hold", {"reason": "mother is in hospital"})
    assert b"hospital" not in people.get("u-auditor", f"{warning}/timeline").data
    assert b"hospital" in people.get("u-dsl", f"{warning}/timeline").data


def test_an_adviser_sees_the_cases_of_the_key_only(people: People, web: Web, casework: FakeCasework) -> None:
    audience = {"roles": ["headteacher", "legal"], "subjects": [], "excluded": [], "sensitivity": "open"}
    cause = casework.warning_issued(audience=audience)
    web.service.follower().once()
    path = f"/v1/letters/{letter_id(cause, 'L04', PARTY)}"
    assert people.get("x-legal", path).status_code == 404


def test_an_adviser_with_a_grant_reads_the_letter(people: People, web: Web, casework: FakeCasework) -> None:
    casework.grants["x-legal"] = [str(CASE)]
    audience = {"roles": ["headteacher", "legal"], "subjects": [], "excluded": [], "sensitivity": "open"}
    cause = casework.warning_issued(audience=audience)
    web.service.follower().once()
    assert people.get("x-legal", f"/v1/letters/{letter_id(cause, 'L04', PARTY)}/pdf").status_code == 200


def test_someone_else_who_may_sign_gets_the_letter_in_their_name(
    people: People, web: Web, casework: FakeCasework
) -> None:
    cause = casework.removal_requested()
    web.service.follower().once()
    letter = f"/v1/letters/{letter_id(cause, 'L02', PARTY)}"
    answer = people.post("u-head", f"{letter}/approve", approval(people, letter))
    assert codes(answer) == ["not_the_signatory"]
    assert answer.json["refusals"][0]["instead"] == "redraft"
    redrafted = people.post("u-head", f"{letter}/redraft", {"signatory": "u-head"})
    assert (redrafted.status_code, redrafted.json["revision"]) == (201, 2)
    found = state(people, letter)
    assert (found["status"], found["signatory"]) == ("ready", "u-head")
    assert approve(people, letter)["status"] == "issued"
    assert b"Helen Ashdown" in people.get("u-head", f"{letter}/text").data


def test_an_old_letter_is_redrafted_with_todays_date(people: People, warning: str, home: Path) -> None:
    asked = approval(people, warning)
    (home / "clock").write_text("2025-09-26T13:20:00Z")
    assert "letter_date_old" in codes(people.post("u-head", f"{warning}/approve", asked))
    assert people.post("u-head", f"{warning}/redraft").status_code == 201
    assert state(people, warning)["letter_date"] == "2025-09-26"


def test_a_rejected_letter_is_redrafted_and_approved(people: People, warning: str) -> None:
    rejected = people.post("u-head", f"{warning}/reject", {"reason": "the second post is missing"})
    assert rejected.json["status"] == "rejected"
    people.post("u-deputy", f"{warning}/redraft")
    assert approve(people, warning)["status"] == "issued"


def test_only_the_row_of_the_catalogue_approves(people: People, warning: str) -> None:
    asked = approval(people, warning)
    deputy = people.post("u-deputy", f"{warning}/approve", asked)
    assert (deputy.status_code, deputy.json["roles"]) == (403, ["headteacher"])
    assert people.post("letters", f"{warning}/approve", asked).status_code == 403
    assert people.post("u-auditor", f"{warning}/approve", asked).status_code == 403


def test_posting_in_the_future_without_zone_or_under_an_unseen_hold(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    approve(people, warning)
    assert people.post("u-sbm", f"{warning}/dispatch").status_code == 201
    no_zone = people.post("u-sbm", f"{warning}/dispatched", {"posted_at": "2025-09-23T14:20:00"})
    assert (no_zone.status_code, no_zone.json["errors"][0]["pointer"]) == (422, "/posted_at")
    assert codes(people.post("u-sbm", f"{warning}/dispatched", {"posted_at": "2025-09-24T09:00:00+01:00"})) == ["R20"]
    casework.happens("police-hold-placed", version=30, hold_no=1)
    web.service.follower().once()
    now = {"posted_at": "2025-09-23T14:20:00+01:00"}
    assert codes(people.post("u-sbm", f"{warning}/dispatched", now)) == ["held"]
    told = people.post("u-sbm", f"{warning}/dispatched", {**now, "despite_hold": True})
    assert told.json["dispatched"]["despite_hold"] is True


def test_a_taken_letter_is_not_taken_twice(people: People, warning: str, home: Path) -> None:
    approve(people, warning)
    assert people.post("u-sbm", f"{warning}/dispatch").status_code == 201
    assert codes(people.post("u-deputy", f"{warning}/dispatch")) == ["taken"]
    (home / "clock").write_text("2025-09-23T13:36:00Z")
    assert people.post("u-deputy", f"{warning}/dispatch").status_code == 201


def test_a_returned_letter_is_filed_as_returned(
    people: People, web: Web, casework: FakeCasework, warning: str, home: Path
) -> None:
    approve(people, warning)
    people.post("u-sbm", f"{warning}/dispatched", {"posted_at": "2025-09-23T14:20:00+01:00"})
    (home / "clock").write_text("2025-09-30T09:00:00Z")
    returned = people.post("u-sbm", f"{warning}/returned", {"at": "2025-09-30T09:30:00+01:00", "reason": "gone away"})
    assert returned.json["status"] == "returned"
    assert web.service.follower().once().filed == 2
    assert [facts["state"] for facts, _ in casework.filed.values()] == ["sent", "returned"]


def test_filing_waits_for_casework_and_is_done_once(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    approve(people, warning)
    people.post("u-sbm", f"{warning}/dispatched", {"posted_at": "2025-09-23T14:20:00+01:00"})
    follower = web.service.follower()
    casework.broken["correspondence"] = 422
    assert follower.once().filed == 0
    assert people.get("u-head", "/v1/unfiled").json["letters"]
    del casework.broken["correspondence"]
    assert follower.once().filed == 0, "what was refused waits half a minute"
    assert web.service.follower().once().filed == 1
    assert web.service.follower().once().filed == 0
    assert len(casework.filed) == 1
