"""Legal advice and legal action (P56, P61): asked at any time, kept secret, taken in the name of a person."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from casework.domain.phases import phase
from casework.domain.refusal import NoSuchNumber, NothingToActOn
from casework.domain.steps.grants import GrantGiven, GrantWithdrawn
from casework.domain.steps.legal import AdviceCorrespondenceFiled, AnswerRecorded, QuestionRecorded
from tests.domain.playing import CASE, Played, continued, judged, reported

ACTION: dict[str, Any] = {
    "posts": [1],
    "kind": "defamation",
    "claimant": {"person": "u-teacher"},
    "minute_ref": "FGB 20/01/26 item 7",
    "reason": "the teacher asked for it",
}
LETTER: dict[str, Any] = {
    "letter_id": "33333333-3333-4333-8333-333333333333",
    "template": "L10",
    "version": 1,
    "pdf_sha256": "0" * 64,
    "size_bytes": 67,
    "channel": "print",
    "state": "sent",
}


def advised() -> Played:
    """Return a case in which advice was asked for, long before any first step."""
    played = reported()
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="Who can sue?")
    return played


def test_advice_is_sought_before_anything_else_was_done() -> None:
    played = reported()
    assert played.when("u-head", "seek_legal_advice", adviser="x-legal", question="Who can sue?") == [
        "legal-advice-sought",
        "advice.question-recorded",
        "access.grant-given",
    ]
    assert played.case.tracks["legal"] == "sought"


def test_question_and_answer_lie_outside_the_case_in_one_stream() -> None:
    played = advised()
    played.when("x-legal", "record_legal_advice", number=1, text="The cook can.")
    question, _, answer = played.beside
    assert isinstance(question.event, QuestionRecorded)
    assert isinstance(answer.event, AnswerRecorded)
    assert question.originator_id == answer.originator_id == played.case.advice[1] != CASE
    assert (question.originator_version, answer.originator_version) == (1, 2)
    assert (question.event.text, answer.event.text) == ("Who can sue?", "The cook can.")
    assert {at.carried.sensitivity for at in (question, answer)} == {"privileged"}
    assert played.case.tracks["legal"] == "received"


def test_the_case_says_only_that_advice_was_sought_and_only_to_few() -> None:
    played = advised()
    shell = played.events[-1]
    assert shell.carried.sensitivity == "client"
    assert set(type(shell.event).__struct_fields__) == {"advice_no", "advice"}


def test_a_legal_action_stays_what_the_track_shows_whatever_advice_is_sought_after_it() -> None:
    played = continued()
    played.when("u-head", "authorise_legal_action", **ACTION)
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="and the costs?")
    assert played.case.tracks["legal"] == "authorised"
    played.when("x-legal", "record_legal_advice", number=1, text="a")
    assert played.case.tracks["legal"] == "authorised"


def test_the_list_of_actions_tells_of_advice_and_grants_only_whoever_may_act_on_them() -> None:
    secret = ("record_legal_advice", "withdraw_grant")
    without, played = reported(), advised()
    for by in ("u-deputy", "u-office", "u-dsl", "u-dpo"):
        for name in secret:
            assert played.ability(by, name) == without.ability(by, name)
    assert [played.ability("u-head", name).numbers for name in secret] == [(1,), (played.grants()[0].id,)]
    assert played.ability("x-legal", "record_legal_advice").numbers == (1,)


def test_advice_that_is_not_there_or_answered_is_not_answered_again() -> None:
    played = advised()
    with pytest.raises(NoSuchNumber):
        played.when("x-legal", "record_legal_advice", number=2, text="a")
    played.when("u-head", "record_legal_advice", number=1, text="said on the telephone")
    with pytest.raises(NothingToActOn, match="legal advice 1 is received"):
        played.when("x-legal", "record_legal_advice", number=1, text="a")


def test_an_adviser_without_a_key_is_refused() -> None:
    faults = reported().faults("u-head", "seek_legal_advice", adviser="x-stranger", question="q")
    assert faults == [("/adviser", None)]


def test_an_unanswered_question_keeps_the_case_open() -> None:
    played = judged()
    played.when("u-head", "check_post", posts=[1], result="removed")
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="q")
    assert played.refused("u-head", "close_incident", outcome="other", summary="s") == ("R14",)
    played.when("x-legal", "record_legal_advice", number=1, text="a")
    assert played.when("u-head", "close_incident", outcome="other", summary="s")


def test_whoever_the_post_is_about_asks_for_no_advice() -> None:
    played = reported()
    played.when(
        "u-deputy", "add_post", channel="insta", posted_at="2025-09-17T20:14:00+01:00", targets=[{"person": "u-head"}]
    )
    assert played.refused("u-head", "seek_legal_advice", adviser="x-legal", question="q") == ("R11",)
    assert played.when("u-chair", "seek_legal_advice", adviser="x-legal", question="q")


def test_a_letter_to_the_adviser_is_filed_with_the_advice_and_nowhere_else() -> None:
    played = advised()
    version = played.case.version
    assert played.when("u-letters", "record_correspondence", **LETTER) == ["advice.correspondence-filed"]
    filed = played.beside[-1]
    assert isinstance(filed.event, AdviceCorrespondenceFiled)
    assert (filed.originator_id, filed.originator_version) == (played.case.advice[1], 2)
    assert played.case.version == version


def test_a_letter_to_an_adviser_whom_nobody_asked_is_refused() -> None:
    assert reported().faults("u-letters", "record_correspondence", **LETTER) == [("/template", None)]


@pytest.mark.parametrize("by", ["u-deputy", "u-dsl"])
def test_who_may_not_know_of_advice_files_no_letter_to_the_adviser_and_learns_nothing_by_trying(by: str) -> None:
    assert reported().refused(by, "record_correspondence", **LETTER) == ("R18",)
    assert advised().refused(by, "record_correspondence", **LETTER) == ("R18",)
    assert advised().when(by, "record_correspondence", **{**LETTER, "template": "L04"}) == ["correspondence-recorded"]
    assert advised().when("u-head", "record_correspondence", **LETTER) == ["advice.correspondence-filed"]


def test_the_adviser_gets_the_case_for_as_long_as_the_edition_says() -> None:
    given = advised().beside[1].event
    assert isinstance(given, GrantGiven)
    assert (given.incident, given.person, given.expires_on) == (CASE, "x-legal", date(2025, 12, 17))


@pytest.mark.parametrize(
    ("until", "faults"), [("2026-03-17", []), ("2026-03-18", ["/expires_on"]), ("2025-09-17", ["/expires_on"])]
)
def test_a_grant_lasts_no_longer_than_the_edition_allows(until: str, faults: list[str]) -> None:
    played = reported()
    if faults:
        found = played.faults("u-head", "give_grant", adviser="x-legal", expires_on=until)
        assert [pointer for pointer, _ in found] == faults
    else:
        assert played.when("u-head", "give_grant", adviser="x-legal", expires_on=until) == ["access.grant-given"]


def test_a_grant_is_withdrawn_once() -> None:
    played = advised()
    grant = played.grants()[0].id
    assert played.when("u-head", "withdraw_grant", number=grant) == ["access.grant-withdrawn"]
    assert isinstance(played.beside[-1].event, GrantWithdrawn)
    with pytest.raises(NothingToActOn, match="is withdrawn"):
        played.when("u-head", "withdraw_grant", number=grant)
    with pytest.raises(NoSuchNumber):
        played.when("u-head", "withdraw_grant", number=UUID(int=1))


def test_a_grant_ends_in_a_closed_case_too_and_none_is_given_there() -> None:
    played = advised()
    grant = played.grants()[0].id
    played.when("u-deputy", "withdraw_incident", because="error", reason="r")
    assert played.refused("u-head", "give_grant", adviser="x-legal") == ("R13",)
    assert played.ability("u-head", "withdraw_grant").numbers == (grant,)
    assert played.ability("u-head", "withdraw_grant").status == "allowed"
    assert played.when("u-head", "withdraw_grant", number=grant) == ["access.grant-withdrawn"]


def test_legal_action_waits_for_the_policys_order_and_is_allowed_once_it_is_kept() -> None:
    assert judged().refused("u-head", "authorise_legal_action", **ACTION) == ("R03", "R04")
    played = continued()
    assert played.when("u-head", "authorise_legal_action", **ACTION) == ["legal-action-authorised"]
    assert played.case.tracks["legal"] == "authorised"
    assert phase(played.case, played.now) == "escalation"


def test_nobody_sets_evidence_aside_for_legal_action() -> None:
    played = reported()
    override = {"rules": ["R01"], "code": "already_gone", "reason": "r"}
    assert "R01" in played.refused("u-head", "authorise_legal_action", **ACTION)
    assert ("/override/rules", None) in played.faults("u-head", "authorise_legal_action", override=override, **ACTION)


@pytest.mark.parametrize("claimant", [{"name": "the school", "kind": "group"}, {"person": "k-child"}])
def test_no_school_and_no_child_claims(claimant: dict[str, str]) -> None:
    given = {**ACTION, "claimant": claimant}
    assert continued().faults("u-head", "authorise_legal_action", **given) == [("/claimant", None)]


def test_a_legal_action_keeps_the_case_open_until_its_last_step() -> None:
    played = continued()
    played.when("u-head", "check_post", posts=[1], result="removed")
    played.when("u-head", "authorise_legal_action", **ACTION)
    played.when("x-legal", "record_legal_step", number=1, step="letter_before_claim", is_last=False)
    assert played.refused("u-head", "close_incident", outcome="other", summary="s") == ("R14",)
    played.when("x-legal", "record_legal_step", number=1, step="settled", is_last=True)
    with pytest.raises(NothingToActOn):
        played.when("x-legal", "record_legal_step", number=1, step="other", is_last=False)
    assert played.when("u-head", "close_incident", outcome="removed_after_legal_step", summary="s")
