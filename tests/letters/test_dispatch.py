"""How e-mail leaves: what arrives at the relay, what the relay may answer, and what is made of that. Real SMTP."""

from email import message_from_bytes
from email.policy import SMTP
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from letters.adapters.smtp_relay import Server, SmtpRelay
from tests.letters.mailed import ADDRESS, Mail
from tests.letters.smtp_sink import HOST, smtp_sink


def test_an_accepted_letter_is_dispatched_with_the_relays_word_and_filed(mail: Mail, issued: UUID) -> None:
    assert mail.dispatcher.round().accepted == 1
    letter = mail.found(issued)
    assert (letter.status, mail.names(issued)) == ("dispatched", ["dispatch-started", "dispatched"])
    assert mail.sink.to == [[ADDRESS]]
    assert letter.dispatched is not None
    assert letter.dispatched.eml_sha256 == sha256(mail.sink.arrived[0]).hexdigest()
    proof = mail.web.service.contents.get(issued, "proof", str(letter.dispatched.proof_sha256))
    assert b'"code":250' in proof
    assert mail.web.service.contents.get(issued, "eml", letter.dispatched.eml_sha256) == mail.sink.arrived[0]
    assert mail.web.service.follower().once().filed == 1
    ((facts, _),) = mail.casework.filed.values()
    assert (facts["channel"], facts["state"]) == ("email", "sent")
    assert mail.dispatcher.round().accepted == 0
    assert len(mail.sink.arrived) == 1


def test_the_e_mail_carries_the_approved_pdf_and_says_nothing_of_the_matter(mail: Mail, issued: UUID) -> None:
    mail.dispatcher.round()
    message: Any = message_from_bytes(mail.sink.arrived[0], policy=SMTP)
    letter = mail.found(issued)
    (attached,) = message.iter_attachments()
    assert attached.get_content() == mail.people.get("u-head", f"/v1/letters/{issued}/pdf").data
    head = {name: message[name] for name in ("Subject", "To", "Reply-To", "Auto-Submitted", "Message-ID", "Date")}
    assert head == {
        "Subject": f"A letter from Rowan Lane Primary School, ref {letter.draft.our_ref}",
        "To": ADDRESS,
        "Reply-To": "office@rowanlane.example.org",
        "Auto-Submitted": "auto-generated",
        "Message-ID": f"<{issued}.1@rowanlane.example.org>",
        "Date": "Tue, 23 Sep 2025 13:20:00 +0000",
    }
    cover = message.get_body().get_content()
    for word in ("Mallinson", "Kerry", "warning", "post", "Helen", "Amy"):
        assert word.casefold() not in cover.casefold().replace("open it", "")
    assert message.get_boundary() == "=_" + sha256(str(issued).encode()).hexdigest()[:32]


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_refused_for_now_is_tried_again_with_identical_bytes(mail: Mail, issued: UUID, stage: str) -> None:
    setattr(mail.sink, stage, "450 try again later")
    assert mail.dispatcher.round().refused == 1
    letter = mail.found(issued)
    assert letter.status == "issued"
    (failure,) = letter.failures
    expected = "message" if stage == "data" else stage
    assert (failure.kind, failure.stage, failure.code) == ("temporary", expected, 450)
    assert failure.next_at is not None
    assert 48 <= (failure.next_at - failure.recorded_at).total_seconds() <= 72
    assert mail.dispatcher.round().refused == 0, "its time has not come"
    mail.clock("2025-09-23T13:21:30Z")
    setattr(mail.sink, stage, "250 OK")
    assert mail.dispatcher.round().accepted == 1
    assert len(set(mail.sink.arrived)) == 1
    assert len(mail.sink.arrived) == (2 if stage == "data" else 1)
    assert mail.names(issued) == ["dispatch-started", "dispatch-failed", "dispatch-started", "dispatched"]


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_refused_for_good_is_dead_and_a_task_for_the_office(mail: Mail, issued: UUID, stage: str) -> None:
    setattr(mail.sink, stage, "550 no such user")
    assert mail.dispatcher.round().dead == 1
    assert mail.names(issued) == ["dispatch-started", "dispatch-failed", "dead-lettered"]
    (row,) = mail.people.get("u-sbm", "/v1/dead-letters").json["dead_letters"]
    assert (row["letter_id"], row["status"]) == (str(issued), "dead")
    mail.clock("2025-09-24T13:20:00Z")
    assert mail.dispatcher.round().accepted == 0


def test_dropped_after_the_final_dot_is_unknown_and_never_sent_again(mail: Mail, issued: UUID) -> None:
    mail.sink.drops_after_dot = True
    assert mail.dispatcher.round().unknown == 1
    letter = mail.found(issued)
    assert letter.unknown is not None
    assert (letter.status, letter.unknown.stage) == ("unknown", "no_answer")
    mail.sink.drops_after_dot = False
    for moment in ("2025-09-23T13:30:00Z", "2025-09-24T13:30:00Z", "2025-09-26T13:30:00Z"):
        mail.clock(moment)
        assert mail.dispatcher.round().accepted == 0
    assert len(mail.sink.arrived) == 1
    (row,) = mail.people.get("u-head", "/v1/dead-letters").json["dead_letters"]
    assert row["status"] == "unknown"


def test_no_answer_in_time_is_unknown(mail: Mail, issued: UUID) -> None:
    server = Server(host=HOST, port=mail.sink.port)
    hurried = SmtpRelay(server, hello="rowanlane.example.org", tls=mail.sink.trusted(), answer_within_s=0.3)
    mail.sink.may_answer.clear()
    assert mail.sending(hurried).round().unknown == 1
    assert len(mail.sink.arrived) == 1


@pytest.mark.parametrize("words", ["199 perhaps", "250 " + "x" * 9000])
def test_an_answer_that_is_neither_yes_nor_no_is_unknown(mail: Mail, issued: UUID, words: str) -> None:
    mail.sink.data = words
    assert mail.dispatcher.round().unknown == 1
    assert len(mail.sink.arrived) == 1


def test_lost_before_the_message_is_refused_for_now(mail: Mail, issued: UUID) -> None:
    mail.sink.drops_at_data = True
    assert mail.dispatcher.round().refused == 1
    assert mail.found(issued).failures[0].code is None
    mail.clock("2025-09-23T13:22:00Z")
    mail.sink.drops_at_data = False
    assert mail.dispatcher.round().accepted == 1
    assert len(mail.sink.arrived) == 1


def test_nothing_is_said_without_tls(mail: Mail, issued: UUID) -> None:
    mail.sink.offers_tls = False
    assert mail.dispatcher.round().refused == 1
    assert mail.found(issued).failures[0].stage == "starttls"
    assert mail.sink.arrived == []


def test_a_relay_that_nobody_vouches_for_gets_nothing(mail: Mail, issued: UUID) -> None:
    stranger = SmtpRelay(Server(host=HOST, port=mail.sink.port), hello="rowanlane.example.org")
    assert mail.sending(stranger).round().refused == 1
    assert mail.found(issued).failures[0].stage == "starttls"
    assert mail.sink.arrived == []


def test_a_relay_that_is_away_is_tried_again(mail: Mail, issued: UUID, tmp_path: Path) -> None:
    with smtp_sink(tmp_path) as gone:
        relay = SmtpRelay(Server(host=HOST, port=gone.port), hello="rowanlane.example.org", tls=gone.trusted())
    assert mail.sending(relay).round().refused == 1
    assert mail.found(issued).failures[0].stage == "connect"


def test_after_72_hours_of_refusals_the_letter_is_dead(mail: Mail, issued: UUID) -> None:
    mail.sink.rcpt = "450 mailbox busy"
    tries = 0
    while mail.found(issued).status == "issued" and tries < 30:
        next_at = mail.found(issued).not_before
        assert next_at is not None
        mail.clock(next_at.isoformat())
        done = mail.dispatcher.round()
        tries += 1
        if not done.refused:  # Its hours are over: on the next morning.
            mail.clock(next_at.replace(hour=7, minute=30).isoformat())
            done = mail.dispatcher.round()
            if not done.refused:
                mail.clock(f"2025-09-{next_at.day + 1:02}T07:30:00Z")
                mail.dispatcher.round()
    letter = mail.found(issued)
    assert letter.dead is not None
    assert letter.dead.cause == "too_long_refused"
    began, ended = letter.failures[0].recorded_at, letter.failures[-1].recorded_at
    assert (ended - began).total_seconds() >= 72 * 3600
    assert letter.failures[-1].next_at is None
    assert mail.sink.arrived == []


def test_e_mail_waits_for_its_hours_unless_the_headteacher_lets_it_go(mail: Mail) -> None:
    mail.clock("2025-09-23T17:00:00Z")  # 18:00 in London
    waits = mail.drafted()
    state = mail.approve(waits)
    assert (state["issued"]["not_before"], state["issued"]["why"]) == ("2025-09-24T08:00:00+01:00", "window_closed")
    goes = mail.drafted(version=13)
    assert mail.approve(goes, at_any_time=True)["issued"]["why"] == "any_time"
    assert mail.dispatcher.round().accepted == 1
    assert (mail.found(waits).status, mail.found(goes).status) == ("issued", "dispatched")
    mail.clock("2025-09-24T07:00:00Z")
    assert mail.dispatcher.round().accepted == 1
    assert len(mail.sink.arrived) == 2
