"""A conflict of interest (P12, R11), and who decides instead (domain.md 8)."""

from typing import Any

import pytest
from msgspec.structs import replace

from casework.domain.decision import Decision
from casework.domain.steps import DECISIONS
from tests.domain.playing import RELATED, Played, continued, judged, reported
from tests.domain.ready import ready
from tests.domain.row import FURTHER, ROWS

WARNING: dict[str, Any] = {"posts": [1]}
BREACH: dict[str, Any] = {"outcome": "inappropriate", "reason": "r", "is_fair_comment_considered": True}


FOR_CONCERNED = "report_incident add_post capture_evidence refer_to_police assign"
"""What whoever a case is about may do: show a post to the school, call the police, give the case to somebody else."""
R11_LISTED = {name for name, row in ROWS.items() if "R11" in f"{row[2]} {FURTHER.get(name)}"} - {"assign"}
"""The decisions whose row lists R11 (domain.md 5), and those that end or open a case: no relative takes any."""


def about_the_head() -> Played:
    """Return a case with one post about the headteacher."""
    played = Played()
    played.when(
        "u-deputy",
        "report_incident",
        channel="fb-community",
        posted_at="2025-09-17T20:14:00+01:00",
        targets=[{"person": "u-head"}],
    )
    return played


def posted_by(account: str) -> Played:
    """Return a case in which this account, which belongs to somebody of the staff, is taken for the poster."""
    played = reported()
    who: dict[str, Any] = {"confidence": "confirmed", "basis_code": "admitted", "basis": "said so"}
    played.when("u-deputy", "attribute_identity", party={"person": account}, **who)
    return played


def assigned_to(played: Played, account: str) -> Played:
    """Return the case with this account in the place of who may not decide."""
    played.case = replace(played.case, decision_maker=account)
    return played


def test_whoever_a_post_is_about_judges_nothing_and_is_told_who_does() -> None:
    played = about_the_head()
    assert played.refused("u-head", "decide_breach", **BREACH) == ("R11",)
    blocked = played.ability("u-head", "decide_breach").blocked_by
    assert "the chair" in blocked[0].sentence
    assert played.when("u-deputy", "decide_breach", **BREACH) == ["breach-decided"]


def test_whoever_a_post_is_about_decides_nothing_else_either() -> None:
    """Neither who wrote it, nor that the case goes away; and is told no more than that, not even of bad facts."""
    played = about_the_head()
    who: dict[str, Any] = {"confidence": "confirmed", "basis_code": "other", "basis": "", "party": "P9"}
    tried: dict[str, dict[str, Any]] = {
        "attribute_identity": who,
        "contact_parent": {"method": "telephone", "outcome": "no_answer"},
        "withdraw_incident": {"because": "error", "reason": "nothing in it"},
        "add_note": {"text": "nothing in it"},
        "place_police_hold": {"reason": "r"},
    }
    for name, facts in tried.items():
        assert played.refused("u-head", name, **facts) == ("R11",), name
        assert "R11" in [failure.rule.id for failure in played.ability("u-head", name).blocked_by]
    assert played.when("u-deputy", "add_note", text="something in it") == ["note-added"]


def test_whoever_a_post_is_about_may_tell_of_another_and_call_the_police() -> None:
    played = about_the_head()
    post: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-17T21:14:00+01:00", "targets": ["P1"]}
    assert played.when("u-head", "add_post", **post) == ["post-recorded"]
    called = played.when("u-head", "refer_to_police", route="999", grounds=["threat_of_violence"], is_immediate=True)
    assert called == ["police-referred", "police-hold-placed"]


def test_the_poster_judges_nothing() -> None:
    assert posted_by("u-head").refused("u-head", "decide_breach", **BREACH) == ("R11",)


def test_a_relative_of_the_poster_judges_nothing() -> None:
    played = reported()
    assert played.when("u-aunt", "decide_breach", **BREACH)
    assert judged().refused("u-aunt", "decide_breach", **BREACH) == ("R11",)


def test_a_relative_of_a_child_whom_the_post_is_about_judges_nothing() -> None:
    played = reported()
    played.when(
        "u-deputy", "add_post", channel="insta", posted_at="2025-09-17T20:14:00+01:00", targets=[{"person": "k-child"}]
    )
    assert played.refused("u-aunt", "decide_breach", **BREACH) == ("R11",)


def test_the_chair_decides_what_a_headteacher_does_only_where_the_case_was_assigned() -> None:
    played = about_the_head()
    assert played.refused("u-chair", "decide_breach", **BREACH) == ("R12",)
    assert played.ability("u-chair", "decide_breach").status == "blocked"
    assigned_to(played, "u-chair")
    assert played.ability("u-chair", "decide_breach").status == "allowed"
    assert played.when("u-chair", "decide_breach", **BREACH) == ["breach-decided"]
    carried = played.events[-1].carried
    assert (carried.actor, carried.role, carried.acting_for) == ("u-chair", "chair", "headteacher")


def test_what_the_chair_may_do_anyway_is_done_for_nobody() -> None:
    played = assigned_to(about_the_head(), "u-chair")
    played.when("u-chair", "refer_to_police", route="101", grounds=["racial_element"], is_immediate=False)
    assert played.events[-1].carried.acting_for is None


def test_an_assignment_to_somebody_else_gives_nothing() -> None:
    played = assigned_to(about_the_head(), "u-office")
    assert played.refused("u-chair", "decide_breach", **BREACH) == ("R12",)
    assert played.refused("u-office", "decide_breach", **BREACH) == ("R12",)


def test_the_substitute_may_override_what_the_headteacher_might() -> None:
    override = {"rules": ["R03", "R04"], "code": "other", "reason": "grave"}
    played = judged()
    assert "R12" in played.refused("u-chair", "issue_warning", override=override, **WARNING)
    assigned_to(played, "u-chair")
    assert played.when("u-chair", "issue_warning", override=override, **WARNING)[-2:] == [
        "warning-issued",
        "removal-requested",
    ]
    assert {at.carried.acting_for for at in played.events[-4:]} == {"headteacher"}


def test_the_chair_who_authorises_legal_action_as_the_chair_sets_rules_aside_as_the_headteacher() -> None:
    override: dict[str, Any] = {"rules": ["R03", "R04"], "code": "repeat", "reason": "goes on in private"}
    action: dict[str, Any] = {
        "posts": [1],
        "kind": "harassment",
        "claimant": "P1",
        "minute_ref": "FGB 14",
        "reason": "so agreed",
    }
    assert judged().refused("u-chair", "authorise_legal_action", override=override, **action) == ("R03", "R04")
    played = assigned_to(judged(), "u-chair")
    written = played.when("u-chair", "authorise_legal_action", override=override, **action)
    assert written == ["first-step-dispensed", "escalation-threshold-overridden", "legal-action-authorised"]
    assert {at.carried.acting_for for at in played.events[-3:]} == {"headteacher"}


@pytest.mark.parametrize(
    ("decision", "facts", "acting_for"),
    [
        ("seek_legal_advice", {"adviser": "x-legal", "question": "q"}, "chair"),
        ("decide_breach", BREACH, "headteacher"),
    ],
)
def test_another_governor_stands_in_for_the_chair_and_so_for_the_headteacher(
    decision: str, facts: dict[str, Any], acting_for: str
) -> None:
    played = about_the_head()
    assert played.refused("u-governor", decision, **facts) == ("R12",)
    assigned_to(played, "u-governor").when("u-governor", decision, **facts)
    assert played.events[-1].carried.acting_for == acting_for


def blockers(played: Played, by: str, decision: Decision) -> tuple[str, ...]:
    """Return the rules that block a decision of this person's, whatever it is given."""
    return tuple(failure.rule.id for failure in played.ability(by, decision.name).blocked_by)


@pytest.mark.parametrize("decision", [d for d in DECISIONS if d.path], ids=lambda d: d.name)
def test_r11_whoever_a_post_is_about_decides_nothing_but_what_is_theirs(decision: Decision) -> None:
    assert ("R11" in blockers(about_the_head(), "u-head", decision)) == (decision.name not in FOR_CONCERNED.split())
    assert "R11" not in blockers(reported(), "u-head", decision)


@pytest.mark.parametrize("decision", [d for d in DECISIONS if d.path], ids=lambda d: d.name)
def test_r11_whoever_is_taken_for_the_poster_decides_nothing_else_either(decision: Decision) -> None:
    played = posted_by("u-head")
    assert ("R11" in blockers(played, "u-head", decision)) == (decision.name not in FOR_CONCERNED.split())
    assert "R11" not in blockers(played, "u-deputy", decision)


@pytest.mark.parametrize("decision", [d for d in DECISIONS if d.path], ids=lambda d: d.name)
def test_r11_a_relative_of_the_poster_takes_no_decision_whose_row_lists_it(decision: Decision) -> None:
    assert ("R11" in blockers(judged(), "u-aunt", decision)) == (decision.name in R11_LISTED)
    assert "R11" not in blockers(reported(), "u-aunt", decision)


def test_whom_a_post_is_about_withdraws_nothing_and_the_substitute_may() -> None:
    wrong: dict[str, Any] = {"because": "error", "reason": "r"}
    played = about_the_head()
    assert played.refused("u-head", "withdraw_incident", **wrong) == ("R11",)
    assigned_to(played, "u-chair")
    assert played.when("u-chair", "withdraw_incident", **wrong) == ["withdrawn"]


def test_whoever_a_post_is_about_gives_the_case_away_and_does_not_take_it_back() -> None:
    played = about_the_head()
    given: dict[str, Any] = {"why": "conflict_of_interest"}
    assert played.ability("u-head", "assign").needs == ("decision_maker",)
    assert played.refused("u-head", "assign", decision_maker="u-head", **given) == ("R11",)
    assert played.when("u-head", "assign", decision_maker="u-chair", **given) == ["assigned"]
    for account in ("u-head", "u-governor"):
        assert played.refused("u-head", "assign", decision_maker=account, **given) == ("R11",)
    assert played.case.decision_maker == "u-chair"


def test_a_substitute_whom_a_new_post_is_about_hands_the_case_on() -> None:
    played = about_the_head()
    given: dict[str, Any] = {"why": "conflict_of_interest"}
    played.when("u-head", "assign", decision_maker="u-chair", **given)
    posted: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-17T21:00:00+01:00"}
    played.when("u-deputy", "add_post", **posted, targets=[{"person": "u-chair"}])
    assert played.refused("u-chair", "decide_breach", **BREACH) == ("R11",)
    assert played.when("u-chair", "assign", decision_maker="u-governor", **given) == ["assigned"]


def test_r11_no_rule_is_set_aside_by_whoever_might_not_decide_to_do_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RELATED, "u-head", frozenset({"p-parent"}))
    override = {"rules": ["R03", "R04"], "code": "other", "reason": "grave"}
    report: dict[str, Any] = {"posts": [1], "basis": "policy_report"}
    played = judged()
    assert played.refused("u-head", "report_to_host", **report, override=override) == ("R11",)
    ability = played.ability("u-head", "report_to_host")
    assert (ability.to_override, [failure.rule.id for failure in ability.blocked_by]) == ((), ["R03", "R04"])
    monkeypatch.delitem(RELATED, "u-head")
    assert judged().when("u-head", "report_to_host", **report, override=override)[-1] == "host-reported"
    assert judged().ability("u-head", "report_to_host").status == "override"


def test_the_safeguarding_lead_whom_a_post_is_about_screens_nothing_and_the_deputy_does() -> None:
    played = reported()
    posted: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-17T21:00:00+01:00"}
    played.when("u-deputy", "add_post", **posted, targets=[{"person": "u-dsl"}])
    screened: dict[str, Any] = {"is_hold": False, "finding": "no_safeguarding_concern", "reason": "nothing in it"}
    assert played.refused("u-dsl", "screen_safeguarding", **screened) == ("R11",)
    [failure] = played.ability("u-dsl", "screen_safeguarding").blocked_by
    assert failure.missing == ("a person without a conflict of interest, the deputy dsl",)
    assert played.when("u-deputy-dsl", "screen_safeguarding", **screened) == ["safeguarding-screened"]
    assert played.events[-1].carried.acting_for is None


ENDING = ("withdraw_incident", "reopen_incident", "release_legal_hold", "review_retention", "erase_case")
"""What ends a case, revives it, or lets it be destroyed."""
OPENING = ("record_complaint_outcome", "give_grant")
"""What answers a complaint about a case, or opens it to an adviser."""


@pytest.mark.parametrize("name", [*ENDING, *OPENING])
def test_r11_no_relative_of_the_poster_ends_revives_destroys_or_opens_a_case(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = ready(name)
    with monkeypatch.context() as related:
        related.setitem(RELATED, tried.by, frozenset({"p-parent"}))
        assert tried.refused() == ("R11",)
    assert tried.taken()


def test_r11_the_author_of_a_warning_does_not_answer_the_complaint_about_it() -> None:
    played = assigned_to(continued(), "u-chair")
    played.when("u-chair", "issue_warning", posts=[1])
    played.when("u-office", "link_complaint", stage=1, warning_no=1)
    answer: dict[str, Any] = {"number": 1, "outcome": "not_upheld"}
    assert played.refused("u-chair", "record_complaint_outcome", **answer) == ("R11",)
    assert played.when("u-office", "record_complaint_outcome", **answer) == ["complaint-outcome-recorded"]


def test_the_author_of_a_warning_reopens_the_case_for_the_complaint_about_it_and_does_no_more() -> None:
    played = continued()
    played.when("u-head", "issue_warning", posts=[1])
    played.when("u-deputy", "check_post", posts=[1], result="removed")
    played.when("u-deputy", "close_incident", outcome="other", summary="over")
    played.when("u-office", "link_complaint", stage=1, warning_no=1)
    assert played.when("u-head", "reopen_incident", reason="a complaint") == ["reopened"]
    assert played.refused("u-head", "withdraw_incident", because="error", reason="r") == ("R11",)
    assert played.refused("u-head", "withdraw_warning", number=1, reason="r") == ("R11",)


def test_whoever_was_wrongly_taken_for_the_poster_decides_again_once_that_is_corrected() -> None:
    played = posted_by("u-head")
    wrong: dict[str, Any] = {"because": "error", "reason": "r"}
    assert played.refused("u-head", "withdraw_incident", **wrong) == ("R11",)
    played.when("u-dsl", "correct_identity", to={"kind": "unknown", "name": "somebody else"}, reason="another account")
    assert played.when("u-head", "withdraw_incident", **wrong) == ["withdrawn"]
