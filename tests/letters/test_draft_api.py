"""Choosing how a letter leaves and what it says besides, and sending it by ClassDojo: over HTTP, as staff would."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from letters.bootstrap import Web
from letters.cli import words
from letters.domain import address
from letters.domain.naming import letter_id
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import CASE, PARTY, merge_fields
from tests.letters.people import People
from tests.letters.test_api import approval, approve, codes, state

HOME = ["2 Hill Road", "Rowanby", "DE99 3AD"]
TYPED = {"lines": HOME, "basis": "she told us on the telephone", "verified_by": "u-sbm"}


@pytest.fixture
def restriction(web: Web, casework: FakeCasework) -> str:
    """Answer the path of a restriction of ClassDojo messages, rendered and ready."""
    cause = casework.access_blocked()
    web.service.follower().once()
    return f"/v1/letters/{letter_id(cause, 'L05', PARTY)}"


def at(home: Path, instant: str) -> None:
    (home / "clock").write_text(instant)


def by_dojo(people: People, letter: str) -> None:
    chosen = people.patch("u-head", f"{letter}/draft", {"channel": "classdojo"})
    assert (chosen.status_code, chosen.json["channel"]) == (201, "classdojo")
    approve(people, letter)


def text(people: People, letter: str) -> str:
    said: bytes = people.get("u-head", f"{letter}/text").data
    return said.decode()


def test_a_message_leaves_by_classdojo_next_morning_and_is_filed_as_such(
    people: People, web: Web, casework: FakeCasework, restriction: str, home: Path
) -> None:
    at(home, "2025-09-23T16:20:00Z")
    by_dojo(people, restriction)
    assert state(people, restriction)["issued"]["not_before"] == "2025-09-24T08:00:00+01:00"
    refused = people.post("u-deputy", f"{restriction}/dispatch")
    assert codes(refused) == ["outside_window"]
    assert refused.json["opens_at"] == refused.json["refusals"][0]["opens_at"] == "2025-09-24T08:00:00+01:00"
    at(home, "2025-09-24T07:02:00Z")
    assert people.post("u-deputy", f"{restriction}/dispatch").status_code == 201
    message = people.get("u-deputy", f"{restriction}/message")
    assert "A letter from Rowan Lane Primary School is attached, reference RL-2025-0001/L05-" in message.data.decode()
    laid_out = {path.suffix: path.read_bytes() for path in (home / "outbox" / "print").iterdir()}
    assert laid_out == {".pdf": people.get("u-head", f"{restriction}/pdf").data, ".txt": message.data}
    sent = {"posted_at": "2025-09-24T08:02:00+01:00", "text_sha256": sha256(message.data).hexdigest()}
    posted = people.post("u-deputy", f"{restriction}/dispatched", sent)
    assert (posted.status_code, posted.json["dispatched"]["expected_by"]) == (201, "2025-09-24")
    assert posted.json["dispatched"]["posting_class"] is None
    assert web.service.follower().once().filed == 1
    ((facts, _),) = casework.filed.values()
    assert (facts["template"], facts["channel"], facts["occurred_at"]) == ("L05", "classdojo", sent["posted_at"])


def test_the_office_is_told_by_what_and_from_when_a_letter_leaves(people: People, restriction: str, home: Path) -> None:
    assert "leaves by  print" in " ".join(words.sheet(state(people, restriction), "").splitlines())
    at(home, "2025-09-23T16:20:00Z")
    by_dojo(people, restriction)
    lines = {
        line.split("  ")[0]: line.split("  ")[-1] for line in words.sheet(state(people, restriction), "").splitlines()
    }
    assert lines["leaves by"] == "classdojo"
    assert lines["leaves from"] == "24 Sep 2025, 08:00, when messages may be sent"


def test_an_invitation_waits_for_times_that_staff_offer(people: People, web: Web, casework: FakeCasework) -> None:
    cause = casework.happens(
        "parent-contacted", version=8, party="P2", outcome="meeting_arranged", purpose="first_step"
    )
    facts = {"party": "P2", "outcome": "meeting_arranged", "meeting_at": None, "posts_in_question": [1]}
    casework.fields[cause] = {**merge_fields(), "posts": [], "facts": facts}
    web.service.follower().once()
    letter = f"/v1/letters/{letter_id(cause, 'L01', PARTY)}"
    (problem,) = state(people, letter)["problems"]
    assert (problem["path"], problem["code"]) == ("slots.second_time", "missing")
    times = {"first_time": "2025-09-29T15:30:00+01:00", "second_time": "2025-09-30T08:15:00+01:00"}
    assert people.patch("u-deputy", f"{letter}/draft", {"slots": times}).status_code == 201
    assert state(people, letter)["deadline"] == "2025-09-29T15:30:00+01:00"
    assert "- 3.30 pm on Monday 29 September 2025\n- 8.15 am on Tuesday 30 September 2025" in text(people, letter)
    ready = people.post("u-deputy", f"{letter}/approve", approval(people, letter))
    assert (ready.status_code, ready.json["status"]) == (201, "issued")
    casework.happens("post-checked", version=20, posts=[1], result="removed", removed_by="host")
    web.service.follower().once()
    assert state(people, letter)["status"] == "superseded"


def test_other_words_than_the_approved_ones_are_no_proof(people: People, restriction: str) -> None:
    by_dojo(people, restriction)
    assert people.post("u-sbm", f"{restriction}/dispatch").status_code == 201
    sent: dict[str, Any] = {"posted_at": "2025-09-23T14:20:00+01:00"}
    assert codes(people.post("u-sbm", f"{restriction}/dispatched", sent)) == ["other_text"]
    other = {**sent, "text_sha256": "0" * 64}
    assert codes(people.post("u-sbm", f"{restriction}/dispatched", other)) == ["other_text"]
    message = state(people, restriction)["message_sha256"]
    answer = people.post("u-sbm", f"{restriction}/dispatched", {**sent, "text_sha256": message})
    assert answer.status_code == 201


def test_a_letter_by_post_has_no_message(people: People, restriction: str) -> None:
    assert state(people, restriction)["message_sha256"] is None
    assert people.get("u-head", f"{restriction}/message").status_code == 404


def test_whoever_reads_the_message_is_recorded_and_an_auditor_reads_none(people: People, restriction: str) -> None:
    by_dojo(people, restriction)
    assert people.get("u-auditor", f"{restriction}/message").status_code == 403
    assert people.get("u-t5", f"{restriction}/message").status_code == 404


def test_a_choice_is_a_new_revision_that_voids_what_was_approved(people: People, warning: str) -> None:
    before = approval(people, warning)
    chosen = people.patch("u-deputy", f"{warning}/draft", {"slots": {"note": "Thank you for coming in."}})
    assert (chosen.status_code, chosen.json["revision"]) == (201, 2)
    assert state(people, warning)["status"] == "ready"
    assert "Thank you for coming in." in text(people, warning)
    assert codes(people.post("u-head", f"{warning}/approve", before)) == ["other_pdf"]
    approve(people, warning)


def test_choices_outlive_every_later_revision_until_they_are_taken_back(people: People, warning: str) -> None:
    asked = {"slots": {"note": "Thank you for coming in."}, "large_print": True, "channel": "by_hand"}
    assert people.patch("u-dsl", f"{warning}/draft", asked).status_code == 201
    pages = state(people, warning)["provenance"]["pages"]
    assert people.post("u-head", f"{warning}/redraft").status_code == 201
    again = state(people, warning)
    assert (again["channel"], again["provenance"]["pages"]) == ("by_hand", pages)
    assert "Thank you for coming in." in text(people, warning)
    assert people.patch("u-head", f"{warning}/draft", {"channel": None, "slots": {"note": None}}).status_code == 201
    back = state(people, warning)
    assert (back["channel"], back["provenance"]["pages"]) == ("print", pages)
    assert "Thank you for coming in." not in text(people, warning)


def test_choices_outlive_a_revision_that_nobody_asked_for(people: People, web: Web, casework: FakeCasework) -> None:
    cause = casework.warning_issued(facts={**merge_fields()["facts"], "due_at": None})
    web.service.follower().once()
    letter = f"/v1/letters/{letter_id(cause, 'L04', PARTY)}"
    assert people.patch("u-head", f"{letter}/draft", {"slots": {"note": "Thank you."}}).json["status"] == "incomplete"
    casework.fields[cause] = merge_fields()
    casework.happens("evidence-captured", version=30)
    web.service.follower().once()
    assert state(people, letter)["status"] == "ready"
    assert "Thank you." in text(people, letter)


def test_what_does_not_fit_is_named_at_once_and_nothing_changes(people: People, warning: str) -> None:
    asked = {"channel": "classdojo", "slots": {"other": "x"}, "address": {**TYPED, "lines": ["(x)", "DE99"]}}
    answer = people.patch("u-head", f"{warning}/draft", asked)
    assert answer.status_code == 422
    faults = {error["pointer"]: (error["expected"], error["found"]) for error in answer.json["errors"]}
    assert set(faults) == {"/channel", "/slots/other", "/address/lines/0", "/address/lines/1"}
    assert faults["/channel"] == ("one of print, by_hand", "classdojo")
    assert faults["/slots/other"] == ("one of note", "x")
    assert state(people, warning)["revision"] == 1


@pytest.mark.parametrize(
    "asked",
    [{}, {"channel": "pigeon"}, {"large_print": "yes"}, {"address": {"lines": HOME}}, {"slots": {"note": ""}}],
)
def test_a_choice_of_another_shape_is_malformed(asked: dict[str, Any], people: People, warning: str) -> None:
    assert people.patch("u-head", f"{warning}/draft", asked).status_code == 422
    assert state(people, warning)["revision"] == 1


def test_an_address_that_somebody_made_sure_of_lifts_the_hold(people: People, web: Web, casework: FakeCasework) -> None:
    nowhere = {**merge_fields()["recipients"][0], "address": None, "address_source": None}
    cause = casework.warning_issued(recipients=[nowhere])
    web.service.follower().once()
    letter = f"/v1/letters/{letter_id(cause, 'L04', PARTY)}"
    assert (state(people, letter)["status"], state(people, letter)["holds"]) == ("incomplete", ["address"])
    assert people.patch("u-head", f"{letter}/draft", {"address": TYPED}).json["holds"] == []
    approve(people, letter)


def test_what_is_handed_over_needs_no_address(people: People, web: Web, casework: FakeCasework) -> None:
    nowhere = {**merge_fields()["recipients"][0], "address": None, "address_source": None}
    cause = casework.warning_issued(recipients=[nowhere])
    web.service.follower().once()
    letter = f"/v1/letters/{letter_id(cause, 'L04', PARTY)}"
    assert people.patch("u-head", f"{letter}/draft", {"channel": "by_hand"}).json["holds"] == []
    approve(people, letter)
    people.post("u-sbm", f"{letter}/dispatch")
    handed = {"posted_at": "2025-09-23T14:20:00+01:00", "reference": "handed over in the office"}
    assert people.post("u-sbm", f"{letter}/dispatched", handed).status_code == 201
    assert web.service.follower().once().filed == 1
    ((facts, _),) = casework.filed.values()
    assert facts["channel"] == "manual"


def test_another_persons_address_is_refused_by_r17(people: People, web: Web, casework: FakeCasework) -> None:
    cause = casework.warning_issued(taken_addresses=[address.digest(str(CASE), HOME)])
    web.service.follower().once()
    letter = f"/v1/letters/{letter_id(cause, 'L04', PARTY)}"
    spelt = {**TYPED, "lines": ["2, hill road", "Rowan Green", "de993ad"]}
    answer = people.patch("u-head", f"{letter}/draft", {"address": spelt})
    assert codes(answer) == ["R17"]
    assert "Hill" not in str(answer.json)
    assert state(people, letter)["revision"] == 1
    other = {**TYPED, "lines": ["3 Hill Road", *HOME[1:]]}
    assert people.patch("u-head", f"{letter}/draft", {"address": other}).status_code == 201


def test_an_address_that_turns_out_to_be_anothers_holds_the_letter(
    people: People, web: Web, casework: FakeCasework
) -> None:
    cause = casework.warning_issued(facts={**merge_fields()["facts"], "due_at": None})
    web.service.follower().once()
    letter = f"/v1/letters/{letter_id(cause, 'L04', PARTY)}"
    assert people.patch("u-head", f"{letter}/draft", {"address": TYPED}).json["holds"] == []
    casework.fields[cause] = merge_fields(taken_addresses=[address.digest(str(CASE), HOME)])
    casework.happens("party-added", version=30)
    web.service.follower().once()
    assert state(people, letter)["holds"] == ["address"]


def test_the_same_choice_again_is_carried_out_once(people: People, warning: str) -> None:
    asked = {"slots": {"note": "Thank you."}}
    first = people.patch("u-head", f"{warning}/draft", asked, Idempotency_Key="one")
    again = people.patch("u-head", f"{warning}/draft", asked, Idempotency_Key="one")
    assert (first.json["revision"], again.json["revision"]) == (2, 2)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_who_may_choose(people: People, warning: str) -> None:
    for who, status in (("u-deputy", 201), ("u-head", 201), ("u-dsl", 201), ("u-sbm", 403), ("u-t5", 404)):
        assert people.patch(who, f"{warning}/draft", {"large_print": False}).status_code == status, who


def test_an_issued_letter_is_frozen(people: People, warning: str) -> None:
    approve(people, warning)
    assert codes(people.patch("u-head", f"{warning}/draft", {"large_print": True})) == ["wrong_status"]


def test_an_erased_case_takes_no_choices(people: People, web: Web, casework: FakeCasework, warning: str) -> None:
    people.patch("u-head", f"{warning}/draft", {"slots": {"note": "Thank you."}})
    casework.happens("erased", version=40, key_id="k")
    web.service.follower().once()
    assert codes(people.patch("u-head", f"{warning}/draft", {"large_print": True})) == ["wrong_status"]


@pytest.mark.parametrize(
    ("query", "is_open", "opens_at"),
    [
        ("channel=classdojo", True, "2025-09-23T14:20:00+01:00"),
        ("channel=classdojo&at=2025-10-24T17:20:00%2B01:00", False, "2025-10-27T08:00:00+00:00"),
        ("channel=print&at=2025-10-24T23:20:00%2B01:00", True, "2025-10-24T23:20:00+01:00"),
        ("channel=email&at=2025-12-24T19:00:00Z", False, "2025-12-29T08:00:00+00:00"),
    ],
)
def test_anybody_may_ask_when_a_letter_may_leave(query: str, is_open: bool, opens_at: str, people: People) -> None:  # noqa: FBT001 - a column of the table
    answer = people.get("u-sbm", f"/v1/windows?{query}")
    assert answer.status_code == 200
    assert (answer.json["is_open"], answer.json["opens_at"]) == (is_open, opens_at)


def test_where_the_calendar_ends_nobody_knows_when_a_message_may_leave(people: People) -> None:
    answer = people.get("u-sbm", "/v1/windows?channel=classdojo&at=2026-02-06T12:00:00Z")
    assert answer.status_code == 409
    assert answer.json["type"].endswith(":calendar-missing")
    assert "2026-02-06" in answer.json["detail"]
