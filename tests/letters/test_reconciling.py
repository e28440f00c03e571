"""What people do about e-mail: say what became of it, let it go once more, send it again. Over HTTP."""

from uuid import UUID

import pytest

from letters.domain import sending_event as sev
from letters.domain.naming import resend_id
from tests.letters.mailed import Mail
from tests.letters.people import Answer

LEFT = {"outcome": "sent", "at": "2025-09-23T14:25:00+01:00", "reason": "the parent rang about it"}
DID_NOT = {"outcome": "not_sent", "reason": "the relay's log says so"}


@pytest.fixture
def unknown(mail: Mail, issued: UUID) -> UUID:
    """Answer a letter that the relay took, or not."""
    mail.sink.drops_after_dot = True
    assert mail.dispatcher.round().unknown == 1
    mail.sink.drops_after_dot = False
    mail.clock("2025-09-23T13:30:00Z")
    return issued


@pytest.fixture
def dead(mail: Mail, issued: UUID) -> UUID:
    """Answer a letter that the relay refused for good."""
    mail.sink.rcpt = "550 no such user"
    assert mail.dispatcher.round().dead == 1
    mail.sink.rcpt = "250 OK"
    return issued


def codes(answer: Answer) -> list[str]:
    assert answer.status_code == 409, answer.json
    return [refusal["code"] for refusal in answer.json["refusals"]]


def test_a_letter_that_left_is_dispatched_and_filed(mail: Mail, unknown: UUID) -> None:
    answer = mail.people.post("u-sbm", f"/v1/letters/{unknown}/reconcile", LEFT)
    assert (answer.status_code, answer.json["status"]) == (201, "dispatched")
    assert answer.json["dispatched"]["posted_at"] == "2025-09-23T14:25:00+01:00"
    assert answer.json["dispatched"]["eml_sha256"] == answer.json["claim"]["eml_sha256"]
    assert mail.names(unknown) == ["dispatch-started", "outcome-unknown", "reconciled", "dispatched"]
    assert mail.web.service.follower().once().filed == 1
    mail.dispatcher.round()
    assert len(mail.sink.arrived) == 1


def test_a_letter_that_did_not_leave_is_sent_again_with_identical_bytes(mail: Mail, unknown: UUID) -> None:
    answer = mail.people.post("u-deputy", f"/v1/letters/{unknown}/reconcile", DID_NOT)
    assert (answer.status_code, answer.json["status"]) == (201, "issued")
    assert mail.dispatcher.round().accepted == 1
    assert (len(mail.sink.arrived), len(set(mail.sink.arrived))) == (2, 1)


@pytest.mark.parametrize("outcome", [{"outcome": "sent"}, {"outcome": "not_sent", "at": "2025-09-23T13:25:00Z"}])
def test_a_sending_has_a_time_and_nothing_else_has(mail: Mail, unknown: UUID, outcome: dict[str, str]) -> None:
    asked = {**outcome, "reason": "so I think"}
    answer = mail.people.post("u-head", f"/v1/letters/{unknown}/reconcile", asked)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/at")


def test_a_letter_that_left_before_it_could_is_implausible(mail: Mail, unknown: UUID) -> None:
    early = {**LEFT, "at": "2025-09-23T13:25:00+01:00"}
    assert codes(mail.people.post("u-head", f"/v1/letters/{unknown}/reconcile", early)) == ["R20"]


def test_only_what_is_unknown_is_reconciled(mail: Mail, issued: UUID) -> None:
    assert codes(mail.people.post("u-head", f"/v1/letters/{issued}/reconcile", LEFT)) == ["wrong_status"]


def test_an_unknown_letter_is_neither_cancelled_nor_drafted_again(mail: Mail, unknown: UUID) -> None:
    path = f"/v1/letters/{unknown}"
    assert codes(mail.people.post("u-head", f"{path}/cancel", {"reason": "no"})) == ["not_unsent"]
    assert codes(mail.people.post("u-head", f"{path}/redraft", {})) == ["wrong_status"]


def test_a_case_withdrawn_meanwhile_holds_what_did_not_leave(mail: Mail, unknown: UUID) -> None:
    mail.casework.happens("withdrawn", version=30)
    mail.follow()
    mail.people.post("u-head", f"/v1/letters/{unknown}/reconcile", DID_NOT)
    assert mail.dispatcher.round().accepted == 0
    cancelled = mail.people.post("u-head", f"/v1/letters/{unknown}/cancel", {"reason": "the case was withdrawn"})
    assert cancelled.json["status"] == "cancelled"


def test_a_record_that_says_it_left_settles_an_unknown_letter(mail: Mail, unknown: UUID) -> None:
    """As after an old backup of this database was restored."""
    mail.casework.happens("correspondence-recorded", version=30, letter_id=str(unknown), state="sent")
    mail.follow()
    assert mail.found(unknown).status == "superseded"


def test_a_dead_letter_leaves_once_more_under_an_id_of_its_own(mail: Mail, dead: UUID) -> None:
    answer = mail.people.post("u-sbm", f"/v1/dead-letters/{dead}/retry", {"reason": "the address works now"})
    assert (answer.status_code, answer.json["status"], answer.json["issued"]["why"]) == (201, "issued", "retried")
    assert mail.people.get("u-sbm", "/v1/dead-letters").json["dead_letters"] == []
    assert mail.dispatcher.round().accepted == 1
    assert f"Message-ID: <{dead}.2@rowanlane.example.org>".encode() in mail.sink.arrived[0]


def test_a_held_or_overdue_dead_letter_stays_dead(mail: Mail, dead: UUID) -> None:
    mail.people.post("u-dsl", f"/v1/letters/{dead}/hold", {"reason": "wait"})
    mail.clock("2025-09-29T09:00:00Z")
    answer = mail.people.post("u-sbm", f"/v1/dead-letters/{dead}/retry", {"reason": "again"})
    assert codes(answer) == ["held", "deadline_before_arrival"]


def test_only_what_is_dead_is_retried(mail: Mail, issued: UUID) -> None:
    answer = mail.people.post("u-sbm", f"/v1/dead-letters/{issued}/retry", {"reason": "again"})
    assert codes(answer) == ["wrong_status"]


def test_a_dead_letter_may_be_drafted_again_and_needs_a_new_approval(mail: Mail, dead: UUID) -> None:
    answer = mail.people.post("u-head", f"/v1/letters/{dead}/redraft", {})
    assert (answer.status_code, answer.json["approvals"]) == (201, [])


def test_a_sent_letter_is_sent_again_as_a_new_letter_with_an_approval_of_its_own(mail: Mail, issued: UUID) -> None:
    mail.dispatcher.round()
    answer = mail.people.post("u-head", f"/v1/letters/{issued}/resend", {"reason": "it was lost"}, Idempotency_Key="r")
    new = resend_id(issued, 1)
    assert (answer.status_code, answer.json["resent"]) == (201, [str(new)])
    old, found = mail.found(issued), mail.found(new)
    assert (found.status, found.resend_of, found.draft.recipient) == ("ready", issued, old.draft.recipient)
    assert found.draft.our_ref != old.draft.our_ref
    again = mail.people.post("u-head", f"/v1/letters/{issued}/resend", {"reason": "it was lost"}, Idempotency_Key="r")
    assert (again.headers["Idempotency-Replayed"], again.json["resent"]) == ("true", [str(new)])
    second = mail.people.post("u-head", f"/v1/letters/{issued}/resend", {"reason": "once more"})
    assert second.json["resent"] == [str(new), str(resend_id(issued, 2))]
    linked = [event for event in mail.letters.history(issued) if isinstance(event, sev.Resent)]
    assert [event.by for event in linked] == ["u-head", "u-head"]


def test_what_was_not_sent_is_not_sent_again(mail: Mail, dead: UUID) -> None:
    answer = mail.people.post("u-head", f"/v1/letters/{dead}/resend", {"reason": "it was lost"})
    assert codes(answer) == ["wrong_status"]


@pytest.mark.parametrize(
    ("who", "decision"), [("u-dsl", "reconcile"), ("u-deputy", "resend"), ("u-sbm", "resend"), ("u-deputy", "retry")]
)
def test_others_may_not(mail: Mail, issued: UUID, who: str, decision: str) -> None:
    under = "dead-letters" if decision == "retry" else "letters"
    asked = DID_NOT if decision == "reconcile" else {"reason": "again"}
    assert mail.people.post(who, f"/v1/{under}/{issued}/{decision}", asked).status_code == 403


def test_an_admin_sees_that_letters_wait_and_not_whose(mail: Mail, dead: UUID) -> None:
    (row,) = mail.people.get("u-admin", "/v1/dead-letters").json["dead_letters"]
    assert sorted(row) == ["changed_at", "letter_id", "position", "status"]
    assert mail.people.get("u-deputy", "/v1/dead-letters").status_code == 403


def test_e_mail_is_neither_taken_nor_confirmed_by_hand(mail: Mail, issued: UUID) -> None:
    posting = {"posted_at": "2025-09-23T14:20:00+01:00"}
    assert codes(mail.people.post("u-sbm", f"/v1/letters/{issued}/dispatch")) == ["other_channel"]
    assert codes(mail.people.post("u-sbm", f"/v1/letters/{issued}/dispatched", posting)) == ["other_channel"]


def test_print_cannot_be_let_go_outside_hours_that_it_has_not(mail: Mail, warning: str) -> None:
    state = mail.people.get("u-head", warning).json
    ticked = [finding["id"] for finding in state["findings"] if finding["level"] == "check"]
    asked = {"pdf_sha256": state["provenance"]["pdf_sha256"], "checks": ticked, "at_any_time": True}
    assert codes(mail.people.post("u-head", f"{warning}/approve", asked)) == ["no_such_window"]
