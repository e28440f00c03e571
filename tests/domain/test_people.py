"""The wrong person was taken for the poster: what follows once it is corrected; and who is given a case (P11, P12)."""

from typing import Any

import pytest

from casework.domain.phases import phase, threshold_missing
from casework.domain.refusal import NothingToActOn, Refused
from casework.domain.steps.people import PosterIdentityCorrected
from tests.domain.playing import Played, continued, judged, reported, warned

NOBODY = {"kind": "unknown", "name": "somebody using her name"}
OTHER_PARENT = {"person": "p-other"}
WRONG: dict[str, Any] = {"to": NOBODY, "reason": "shown there is no such account"}
CALL: dict[str, Any] = {"method": "telephone", "outcome": "discussion_held"}
TOLD: dict[str, Any] = {"route": "101", "grounds": ["threat_of_violence"], "is_immediate": False}
SURE: dict[str, Any] = {"confidence": "probable", "basis_code": "admitted", "basis": "said so"}


def corrected(played: Played, **changed: Any) -> PosterIdentityCorrected:
    """Correct who the poster is, and return what was recorded."""
    played.when("u-head", "correct_identity", **{**WRONG, **changed})
    event = played.events[-1].event
    assert isinstance(event, PosterIdentityCorrected)
    return event


def tasks(played: Played) -> list[str]:
    return [task.name for task in played.case.tasks]


def test_the_identity_follows_and_the_first_one_stays_on_record() -> None:
    played = judged()
    before = list(played.events)
    event = corrected(played)
    assert (event.wrong, event.right, event.confidence) == ("P2", "P3", "unverified")
    identity = played.case.identity
    assert identity is not None
    assert (identity.party, identity.capacity, identity.association, identity.confidence) == (
        "P3",
        "poster",
        "unknown",
        "unverified",
    )
    assert played.events[: len(before)] == before
    assert played.case.parties["P3"].kind == "unknown"


def test_the_adult_who_answers_for_a_child_stays_one_who_answers_for_a_child() -> None:
    played = reported("insta", kind="child_account")
    played.when("u-dsl", "attribute_identity", party={"person": "p-parent"}, **SURE)
    corrected(played, to=OTHER_PARENT, confidence="confirmed")
    assert played.case.identity is not None
    assert played.case.identity.capacity == "responsible_adult"


def test_nobody_unknown_is_contacted_and_the_answer_says_so() -> None:
    played = judged()
    corrected(played)
    assert played.refused("u-head", "contact_parent", **CALL) == ("R05",)
    corrected(played, to=OTHER_PARENT)
    assert played.when("u-head", "contact_parent", **CALL) == ["parent-contacted"]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("contact_parent", CALL),
        ("contact_parent", {**CALL, "outcome": "meeting_arranged"}),
        ("request_removal", {"posts": [1]}),
    ],
)
def test_whoever_was_talked_to_or_asked_was_contacted(name: str, facts: dict[str, Any]) -> None:
    played = judged()
    played.when("u-deputy", name, **facts)
    assert corrected(played).was_contacted


@pytest.mark.parametrize(
    ("party", "state", "was_contacted"),
    [("P2", "sent", True), ("P2", "delivered", True), ("P2", "returned", False), ("P1", "sent", False)],
)
def test_whoever_was_written_to_was_contacted_unless_it_came_back(
    party: str, state: str, *, was_contacted: bool
) -> None:
    played = judged()
    letter: dict[str, Any] = {
        "letter_id": "140846ae-deed-58dd-9bf4-17320d9e93d9", "template": "L01", "version": 1, "pdf_sha256": "0" * 64,
        "size_bytes": 67, "channel": "print",
    }  # fmt: skip
    played.when("u-letters", "record_correspondence", **letter, party=party, state=state)
    assert corrected(played).was_contacted is was_contacted


@pytest.mark.parametrize(
    ("kind", "by", "name", "facts", "part"),
    [
        ("adult_post", "u-dsl", "attribute_identity", {**SURE, "party": {"person": "p-parent"}}, "poster"),
        (
            "child_account",
            "u-dsl",
            "attribute_identity",
            {**SURE, "party": {"person": "p-parent"}},
            "responsible_adult",
        ),
        ("adult_post", "u-dsl", "contact_parent", {**CALL, "party": {"person": "p-other"}}, "other"),
        ("adult_post", "u-dsl", "refer_to_police", {**TOLD, "named_party": {"person": "p-parent"}}, "poster"),
        ("child_account", "u-dsl", "refer_to_police", {**TOLD, "named_party": {"person": "k-child"}}, "other"),
    ],
)
def test_only_who_is_said_to_have_posted_comes_into_the_case_as_the_poster(
    kind: str, by: str, name: str, facts: dict[str, Any], part: str
) -> None:
    played = reported("insta", kind=kind)
    played.when("u-dsl", "categorise", codes=["C4"], primary="C4")
    played.when(by, name, **facts)
    assert played.case.parties["P2"].part == part


def test_whoever_never_heard_of_it_was_not_contacted() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", **{**CALL, "outcome": "no_answer"})
    played.when("u-deputy", "contact_parent", party={"person": "p-other"}, **CALL)
    assert not corrected(played).was_contacted


def test_whoever_was_blocked_was_reached() -> None:
    played = judged("fb-school")
    block: dict[str, Any] = {"posts": [1], "channel": "fb-school", "scope": "comment", "review_on": "2025-10-20"}
    override = {"rules": ["R03", "R04"], "code": "other", "reason": "grave"}
    played.when("u-head", "block_access", **block, reason="goes on", override=override)
    assert corrected(played).was_contacted


def test_r05_whoever_was_told_is_not_replaced_without_a_correction() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", **CALL)
    assert played.refused("u-deputy", "attribute_identity", party=OTHER_PARENT, **SURE) == ("R05",)
    assert played.ability("u-deputy", "attribute_identity").needs == ("party",)
    sure = {**SURE, "confidence": "confirmed"}
    assert played.when("u-deputy", "attribute_identity", party="P2", **sure) == ["poster-identified"]
    corrected(played)
    assert played.when("u-deputy", "attribute_identity", party=OTHER_PARENT, **SURE)[-1] == "poster-identified"


@pytest.mark.parametrize("kind", ["unknown", "group"])
def test_nobody_is_surely_the_poster_who_is_not_known_to_be_one_person(kind: str) -> None:
    played = reported()
    facts: dict[str, Any] = {"party": {"kind": kind, "name": "the Year 6 parents"}, "basis_code": "other", "basis": "b"}
    assert played.faults("u-deputy", "attribute_identity", confidence="probable", **facts) == [("/confidence", None)]
    assert played.when("u-deputy", "attribute_identity", confidence="unverified", **facts)[-1] == "poster-identified"
    facts["party"] = {"kind": "adult", "name": "a grandmother"}
    assert played.when("u-deputy", "attribute_identity", confidence="probable", **facts)[-1] == "poster-identified"


def test_whoever_never_heard_of_it_is_replaced_by_an_identification() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", **{**CALL, "outcome": "no_answer"})
    assert played.when("u-deputy", "attribute_identity", party=OTHER_PARENT, **SURE)[-1] == "poster-identified"


def test_what_was_asked_of_the_wrong_person_counts_for_nothing() -> None:
    played = continued()
    assert threshold_missing(played.case, played.now) == ()
    corrected(played, to=OTHER_PARENT, confidence="confirmed")
    assert threshold_missing(played.case, played.now) == ("refusal", "continuation")
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R03", "R04")
    played.when("u-deputy", "contact_parent", **CALL)
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R03", "R04")
    played.when("u-deputy", "request_removal", posts=[1])
    played.when("u-deputy", "record_removal_response", number=2, response="refused")
    played.when("u-deputy", "record_continued_use", posts=[1], limb="still_visible", judged="inappropriate")
    assert played.when("u-head", "issue_warning", posts=[1]) == ["warning-issued", "removal-requested"]


def test_what_was_asked_counts_again_once_it_was_the_right_person_after_all() -> None:
    played = continued()
    corrected(played)
    corrected(played, to="P2", confidence="confirmed")
    assert threshold_missing(played.case, played.now) == ()
    corrected(played)
    played.when("u-deputy", "attribute_identity", party="P2", **SURE)
    assert played.when("u-head", "issue_warning", posts=[1]) == ["warning-issued", "removal-requested"]


def test_no_answer_is_awaited_from_the_wrong_person_and_no_deadline_runs() -> None:
    played = judged()
    played.when("u-deputy", "request_removal", posts=[1])
    assert "removal_deadline" in tasks(played)
    corrected(played)
    assert "removal_deadline" not in tasks(played)
    played.at("2025-10-30T09:00:00+00:00")
    assert played.case.overdue_requests(played.now) == ()
    with pytest.raises(NothingToActOn, match="removal request 1 is misdirected"):
        played.when("u-deputy", "record_removal_response", number=1, response="refused")


def test_what_the_wrong_person_answered_stays_as_it_was() -> None:
    played = continued()
    corrected(played)
    assert played.case.numbers_of("removal_request")[1].status == "refused"


def test_a_first_step_that_was_taken_with_the_wrong_person_is_due_again() -> None:
    played = judged()
    assert "first_step" in tasks(played)
    since = next(task.since for task in played.case.tasks if task.name == "first_step")
    corrected(played, to=OTHER_PARENT)
    assert next(task.since for task in played.case.tasks if task.name == "first_step") == since
    played.when("u-deputy", "contact_parent", **CALL)
    assert "first_step" not in tasks(played)
    corrected(played.at("2025-09-19T09:00:00+01:00"))
    assert next(task.since for task in played.case.tasks if task.name == "first_step") == played.now


def test_a_talk_with_somebody_else_is_not_the_first_step_that_is_due() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", **{**CALL, "party": {"person": "p-other"}, "purpose": "other"})
    assert "first_step" in tasks(played)
    played.when("u-deputy", "contact_parent", **CALL)
    assert "first_step" not in tasks(played)
    unknown = reported()
    unknown.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    unknown.when("u-deputy", "contact_parent", **{**CALL, "party": {"person": "p-other"}})
    assert "first_step" not in tasks(unknown), "as long as nobody is identified, any talk is a try"
    unknown.when("u-deputy", "attribute_identity", party="P2", **SURE)
    assert "first_step" not in tasks(unknown), "it was with the poster"
    elsewhere = reported()
    elsewhere.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    elsewhere.when("u-deputy", "contact_parent", **{**CALL, "party": {"person": "p-other"}})
    elsewhere.when("u-deputy", "attribute_identity", party={"person": "p-parent"}, **SURE)
    assert "first_step" in tasks(elsewhere), "it was with somebody else, as is known now"


def warning(played: Played, number: int = 1) -> tuple[str, bool]:
    found = played.case.numbers_of("warning")[number]
    return found.status, found.is_pending


def test_a_warning_of_the_wrong_person_is_taken_back_before_the_case_is_closed() -> None:
    played = warned()
    corrected(played, to=OTHER_PARENT)
    assert warning(played) == ("misdirected", True)
    assert played.case.tracks["warning"] == "in_force"
    played.when("u-deputy", "check_post", posts=[1], result="removed")
    closing: dict[str, Any] = {"outcome": "warning_withdrawn", "summary": "s"}
    with pytest.raises(Refused, match=r"R14 .*needs warning 1, which went to somebody else than the poster"):
        played.when("u-deputy", "close_incident", **closing)
    played.when("u-head", "withdraw_warning", number=1, reason="it was not her")
    assert (warning(played), played.case.tracks["warning"]) == (("withdrawn", False), "withdrawn")
    played.when("u-deputy", "close_incident", **closing)


@pytest.mark.parametrize("decided", ["corrected again", "identified again"])
def test_a_warning_is_in_force_again_once_it_went_to_the_right_person_after_all(decided: str) -> None:
    played = warned()
    corrected(played)
    assert warning(played) == ("misdirected", True)
    if decided == "corrected again":
        corrected(played, to="P2", confidence="confirmed")
    else:
        played.when("u-deputy", "attribute_identity", party="P2", **SURE)
    assert warning(played) == ("in_force", False)


def test_a_warning_that_was_taken_back_stays_so_whoever_it_went_to() -> None:
    played = warned()
    played.when("u-head", "withdraw_warning", number=1, reason="r")
    corrected(played)
    assert warning(played) == ("withdrawn", False)


@pytest.mark.parametrize(
    ("by", "name", "facts"),
    [
        ("u-head", "dispense_first_step", {"code": "poster_unreachable", "reason": "not identified"}),
        (
            "u-deputy",
            "decide_breach",
            {"outcome": "not_inappropriate", "reason": "r", "is_fair_comment_considered": True},
        ),
        ("u-deputy", "contact_parent", {**CALL, "party": {"person": "p-other"}}),
    ],
)
def test_no_first_step_is_due_again_that_nobody_has_to_take(by: str, name: str, facts: dict[str, Any]) -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", **CALL)
    played.when(by, name, **facts)
    corrected(played, to=OTHER_PARENT)
    assert "first_step" not in tasks(played)


def test_a_childs_case_is_under_review_again_until_the_right_adult_was_talked_to() -> None:
    played = reported("insta", kind="child_account")
    played.when("u-dsl", "categorise", codes=["C7"], primary="C7")
    played.when("u-dsl", "screen_safeguarding", is_hold=False, finding="other", reason="r")
    played.when("u-dsl", "attribute_identity", party={"person": "p-parent"}, **SURE)
    played.when("u-dsl", "contact_parent", **{**CALL, "party": {"kind": "adult", "name": "a classmate's father"}})
    assert phase(played.case, played.now) == "under_review"
    played.when("u-dsl", "contact_parent", **CALL)
    assert phase(played.case, played.now) == "first_step"
    corrected(played, to=OTHER_PARENT, confidence="confirmed")
    assert phase(played.case, played.now) == "under_review"
    played.when("u-dsl", "contact_parent", **CALL)
    assert phase(played.case, played.now) == "first_step"


def test_nobody_is_corrected_whom_nobody_named() -> None:
    played = reported()
    assert played.refused("u-head", "correct_identity", **WRONG) == ("R05",)
    assert played.ability("u-head", "correct_identity").blocked_by[0].rule.instead == "identifications"
    played.when("u-deputy", "attribute_identity", party={"person": "p-parent"}, **SURE)
    assert played.ability("u-head", "correct_identity").needs == ("to",)
    assert played.when("u-head", "correct_identity", **WRONG) == ["party-added", "poster-identity-corrected"]


def test_no_pupil_is_named_instead() -> None:
    assert judged().refused("u-head", "correct_identity", **{**WRONG, "to": {"person": "k-child"}}) == ("R21",)


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"from": "P1"}, [("/from", None)]),
        ({"from": OTHER_PARENT}, [("/from", None)]),
        ({"from": "P7"}, [("/from", None)]),
        ({"to": "P2"}, [("/to", None)]),
        ({"to": {"person": "p-parent"}}, [("/to", None)]),
        ({"confidence": "probable"}, [("/confidence", None)]),
        ({"reason": " "}, [("/reason", "R22")]),
    ],
)
def test_a_correction_says_who_was_wrong_who_is_right_and_why(changed: dict[str, Any], faults: list[Any]) -> None:
    assert judged().faults("u-head", "correct_identity", **{**WRONG, **changed}) == faults


@pytest.mark.parametrize("wrong", ["P2", {"person": "p-parent"}])
def test_whoever_was_named_may_be_named_again(wrong: Any) -> None:
    assert judged().when("u-head", "correct_identity", **{**WRONG, "from": wrong})


@pytest.mark.parametrize(("by", "may"), [("u-head", True), ("u-dsl", True), ("u-deputy", False), ("u-office", False)])
def test_who_corrects_an_identity(by: str, *, may: bool) -> None:
    if may:
        assert judged().when(by, "correct_identity", **WRONG)
    else:
        assert judged().refused(by, "correct_identity", **WRONG) == ("R12",)


def test_a_case_is_given_to_somebody_to_handle_or_to_decide_in() -> None:
    played = reported()
    assert played.when("u-deputy", "assign", handler="u-dsl", why="workload") == ["assigned"]
    assert (played.case.handler, played.case.decision_maker) == ("u-dsl", None)
    played.when("u-head", "assign", decision_maker="u-chair", why="conflict_of_interest", reason="her sister posted")
    assert (played.case.handler, played.case.decision_maker) == ("u-dsl", "u-chair")
    played.when("u-chair", "assign", handler="u-deputy", why="other")
    assert (played.case.handler, played.case.decision_maker) == ("u-deputy", "u-chair")


def test_a_case_is_given_to_an_account_that_there_is() -> None:
    nobody: dict[str, Any] = {"handler": "u-nobody", "decision_maker": "p-parent", "why": "other"}
    assert reported().faults("u-head", "assign", **nobody) == [("/handler", None), ("/decision_maker", None)]
    assert reported().faults("u-head", "assign", why="other") == [("/handler", None)]


@pytest.mark.parametrize("by", ["u-teacher", "u-office", "u-letters"])
def test_who_does_not_give_a_case_to_anybody(by: str) -> None:
    assert reported().refused(by, "assign", handler="u-deputy", why="other") == ("R12",)
