"""Each rule in both directions: refused while it fails, allowed once what was missing is there (domain.md 6)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from casework.domain.phases import threshold_missing
from casework.domain.refusal import BadFacts, NoSuchNumber, NothingToActOn, Refused
from casework.domain.rules import (
    ALL_RULES,
    R05_CONTACT,
    R09_REVIEWED,
    R10_TO_POSTER,
    R13_ERASED,
    R16_ADULT,
    R19_DESTROYING,
)
from casework.domain.steps import DECISIONS
from tests.domain.playing import Played, continued, judged, reported

TALK: dict[str, Any] = {"method": "telephone", "outcome": "discussion_held"}
BREACH: dict[str, Any] = {"outcome": "inappropriate", "reason": "abuse", "is_fair_comment_considered": True}
CLOSING: dict[str, Any] = {"outcome": "resolved_informally", "summary": "gone, and talked about"}
R02, NO_OVERRIDE = "R02 safeguarding_screening_required (P14)", "Cannot be overridden"


def asked() -> Played:
    """Return a case whose poster was spoken to and asked for removal."""
    played = judged()
    played.when("u-deputy", "contact_parent", **TALK)
    played.when("u-deputy", "request_removal", posts=[1])
    return played


def childs() -> Played:
    """Return a child's account with its adult identified, categorised and screened."""
    played = reported("insta", kind="child_account")
    played.when("u-dsl", "capture_evidence", posts=[1], method="url_and_description")
    played.when("u-dsl", "categorise", codes=["C7"], primary="C7")
    played.when("u-dsl", "screen_safeguarding", is_hold=False, finding="child_on_child_online", reason="looked at")
    played.when(
        "u-dsl",
        "attribute_identity",
        party={"person": "p-parent"},
        confidence="confirmed",
        basis_code="admitted",
        basis="the mother says so",
    )
    return played


def test_r01_no_removal_is_asked_for_before_the_post_is_on_file() -> None:
    played = judged()
    posted: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-17T21:00:00+01:00", "targets": ["P1"]}
    played.when("u-deputy", "add_post", **posted)
    played.when("u-deputy", "decide_breach", posts=[2], **BREACH)
    assert played.refused("u-deputy", "request_removal", posts=[1, 2]) == ("R01",)
    played.when("u-deputy", "capture_evidence", posts=[2], method="screenshot")
    assert played.when("u-deputy", "request_removal", posts=[1, 2]) == ["removal-requested"]


def test_r02_contact_waits_for_a_category_and_no_case_is_closed_under_a_safeguarding_hold() -> None:
    played = reported()
    assert played.refused("u-deputy", "contact_parent", party={"person": "p-parent"}, **TALK) == ("R02",)
    played.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    assert played.when("u-deputy", "contact_parent", party={"person": "p-parent"}, **TALK) == [
        "party-added",
        "parent-contacted",
    ]
    played.when(
        "u-dsl", "screen_safeguarding", is_hold=False, finding="harm_threshold_may_be_met", reason="to the LADO"
    )
    assert played.refused("u-head", "close_incident", **CLOSING) == ("R02", "R14")
    played.when("u-dsl", "screen_safeguarding", is_hold=False, finding="no_safeguarding_concern", reason="looked into")
    assert played.when("u-head", "close_incident", **CLOSING) == ["closed", "retention-scheduled"]


def test_r02_a_childs_account_is_always_screened_first() -> None:
    played = reported("insta", kind="child_account")
    played.when("u-dsl", "categorise", codes=["C4"], primary="C4")
    assert played.refused("u-dsl", "contact_parent", party={"person": "p-parent"}, **TALK) == ("R02",)


def test_r02_says_what_is_to_be_done_and_nothing_that_is_done() -> None:
    talk: dict[str, Any] = {"party": {"person": "p-parent"}, **TALK}
    dsl = "the designated safeguarding lead"
    categorise = f"categorise the case, which tells whether {dsl} must screen it"
    lift = f"wait until {dsl} has lifted the hold, by screening again"
    played = reported()
    assert said(played, "contact_parent", **talk) == f"{R02}: needs categorisation. {NO_OVERRIDE}: {categorise}."
    played.when("u-dsl", "screen_safeguarding", is_hold=True, finding="other", reason="look again")
    both = f"{R02}: needs categorisation, release of the safeguarding hold. {NO_OVERRIDE}: {categorise}; {lift}."
    assert said(played, "contact_parent", **talk) == both
    played.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    held = f"{R02}: needs release of the safeguarding hold. {NO_OVERRIDE}: {lift}."
    assert said(played, "contact_parent", **talk) == held
    alleged = reported()
    alleged.when("u-deputy", "categorise", codes=["C4", "C1"], primary="C4")
    unscreened = f"{R02}: needs safeguarding screening. {NO_OVERRIDE}: ask {dsl} to screen the case."
    assert said(alleged, "contact_parent", **talk) == unscreened


def said(played: Played, name: str, **facts: Any) -> str:
    """Return the one sentence of a refusal."""
    with pytest.raises(Refused) as caught:
        played.when("u-deputy", name, **facts)
    [failure] = caught.value.failures
    return failure.sentence


def test_r03_the_first_step_is_a_talk_and_a_request() -> None:
    played = judged()
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R03", "R04")
    played.when("u-deputy", "contact_parent", method="telephone", outcome="meeting_arranged")
    played.when("u-deputy", "request_removal", posts=[1])
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R03", "R04")
    played.when("u-deputy", "contact_parent", method="meeting", outcome="declined")
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R04",)


def test_r03_a_talk_with_somebody_else_is_not_the_first_step() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", party={"person": "p-other"}, **TALK)
    played.when("u-deputy", "request_removal", posts=[1])
    assert "R03" in played.refused("u-head", "issue_warning", posts=[1])


def test_r04_continuation_counts_only_after_the_request() -> None:
    played = judged()
    played.when("u-deputy", "record_continued_use", posts=[1], limb="still_visible", judged="inappropriate")
    played.at("2025-09-18T10:00:00+01:00").when("u-deputy", "contact_parent", **TALK)
    played.when("u-deputy", "request_removal", posts=[1])
    played.when("u-deputy", "record_removal_response", number=1, response="refused")
    assert threshold_missing(played.case, played.now) == ("continuation",)
    played.when("u-deputy", "record_continued_use", posts=[1], limb="edited", judged="not_inappropriate")
    assert threshold_missing(played.case, played.now) == ("continuation",)
    played.when("u-deputy", "record_continued_use", posts=[1], limb="edited", judged="inappropriate")
    assert threshold_missing(played.case, played.now) == ()


def test_r04_what_is_recorded_late_does_not_undo_a_continuation() -> None:
    played = continued()
    played.at("2025-09-19T09:00:00+01:00").happened("2025-09-18T08:00:00+01:00")
    played.when("u-deputy", "record_continued_use", posts=[1], limb="still_visible", judged="inappropriate")
    assert threshold_missing(played.case, played.now) == ()


def test_r04_a_promise_that_is_not_kept_counts_once_the_deadline_has_passed() -> None:
    played = asked()
    played.when("u-deputy", "record_removal_response", number=1, response="agreed")
    played.when("u-deputy", "record_continued_use", posts=[1], limb="still_visible", judged="inappropriate")
    assert threshold_missing(played.case, played.now) == ("refusal",)
    played.at("2025-09-23T17:00:00+01:00")
    assert threshold_missing(played.case, played.now) == ()
    assert played.when("u-timer", "lapse_removal_deadline", number=1) == ["removal-deadline-lapsed"]
    assert threshold_missing(played.case, played.now) == ()


def test_r04_a_deadline_that_was_met_is_no_refusal_when_its_hour_comes() -> None:
    played = asked()
    played.when("u-deputy", "check_post", posts=[1], result="removed", removed_by="poster")
    played.at("2025-09-24T09:00:00+01:00")
    assert threshold_missing(played.case, played.now) == ("refusal", "continuation")


def test_r05_a_warning_goes_to_the_poster_and_to_nobody_else() -> None:
    played = continued()
    played.when("u-deputy", "contact_parent", party={"person": "p-other"}, purpose="other", **TALK)
    assert played.refused("u-head", "issue_warning", posts=[1], party="P3") == ("R05",)
    assert played.when("u-head", "issue_warning", posts=[1], party="P2")[0] == "warning-issued"


def test_r05_a_poster_known_by_name_only_is_asked_for_nothing() -> None:
    played = judged()
    facts: dict[str, Any] = {"party": "P2", "basis_code": "name_match", "basis": "the same name"}
    played.when("u-deputy", "attribute_identity", confidence="unverified", **facts)
    assert played.refused("u-deputy", "request_removal", posts=[1]) == ("R05",)
    played.when("u-deputy", "attribute_identity", confidence="confirmed", **{**facts, "basis_code": "admitted"})
    assert played.when("u-deputy", "request_removal", posts=[1]) == ["removal-requested"]


def test_r05_nobody_unknown_is_contacted() -> None:
    played = judged()
    family: dict[str, Any] = {"kind": "group", "name": "a Year 6 family"}
    assert played.refused("u-deputy", "contact_parent", party=family, **TALK) == ("R05",)
    nobody = reported()
    nobody.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    assert nobody.refused("u-deputy", "contact_parent", **TALK) == ("R05",)


@pytest.mark.parametrize("ground", ["threat_of_violence", "racial_element", "grossly_obscene"])
def test_r06_any_other_ground_stands_alone(ground: str) -> None:
    facts: dict[str, Any] = {"route": "101", "is_immediate": False}
    with pytest.raises(Refused, match=f"needs a ground for the police: .*{ground}"):
        reported().when("u-office", "refer_to_police", grounds=[], **facts)
    assert reported().when("u-office", "refer_to_police", grounds=[ground], **facts)[0] == "police-referred"


def test_r11_the_poster_decides_nothing_about_the_post() -> None:
    played = reported()
    facts: dict[str, Any] = {"confidence": "probable", "basis_code": "admitted", "basis": "said so"}
    played.when("u-dsl", "attribute_identity", party={"person": "u-head"}, **facts)
    assert played.refused("u-head", "decide_breach", **BREACH) == ("R11",)
    with pytest.raises(Refused) as caught:
        played.when("u-head", "decide_breach", **BREACH)
    assert caught.value.status == 403
    assert played.when("u-deputy", "decide_breach", **BREACH) == ["breach-decided"]


def test_r12_the_role_is_asked_before_any_other_rule_and_after_the_facts() -> None:
    assert reported().refused("u-office", "issue_warning", posts=[1]) == ("R12",)
    assert reported().faults("u-office", "issue_warning", posts=[7]) == [("/posts", None)]


def test_r13_in_a_closed_case_little_is_done() -> None:
    played = reported()
    played.when("u-head", "categorise", codes=["C4"], primary="C4")
    played.when("u-head", "refer_to_police", route="101", is_immediate=False, grounds=["racial_element"])
    override: dict[str, Any] = {"rules": ["R14"], "code": "handled_elsewhere", "reason": "the force has it"}
    played.when("u-head", "close_incident", override=override, **CLOSING)
    assert played.refused("u-deputy", "categorise", codes=["C4"], primary="C4") == ("R13",)
    assert played.refused("u-deputy", "request_removal", posts=[1]) == ("R13",)
    assert played.when("u-deputy", "record_police_outcome", number=1, outcome="no_action") == [
        "police-outcome-recorded"
    ]


def test_r16_what_was_not_judged_is_not_asked_away() -> None:
    played = judged()
    played.when("u-deputy", "decide_breach", **{**BREACH, "outcome": "insufficient_evidence"})
    assert played.refused("u-deputy", "request_removal", posts=[1]) == ("R16",)
    played.when("u-deputy", "decide_breach", **BREACH)
    assert played.when("u-deputy", "request_removal", posts=[1]) == ["removal-requested"]


def test_r16_a_childs_account_is_taken_down_without_judgement_but_no_adult_is_warned_for_it() -> None:
    played = childs()
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R03", "R04", "R16")
    played.when("u-dsl", "contact_parent", **TALK)
    assert played.when("u-dsl", "request_removal", posts=[1]) == ["removal-requested"]
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R04", "R16")


@pytest.mark.parametrize("facts", [{"reason": "r"}, {"reason": "r", "decision": "destroy"}], ids=["erase", "review"])
def test_r19_nothing_is_destroyed_under_a_legal_hold(facts: dict[str, Any]) -> None:
    destroy, written = ("review_retention", "retention-reviewed") if "decision" in facts else ("erase_case", "erased")
    played = reported()
    for cause in ("proceedings", "disclosure_request"):
        played.when("u-dpo", "place_legal_hold", hold_cause=cause, reason="asked by the adviser")
    assert played.refused("u-dpo", destroy, **facts) == ("R19",)
    played.when("u-dpo", "release_legal_hold", number=1, reason="settled")
    assert played.refused("u-office", destroy, **facts) == ("R19",)
    played.when("u-head", "release_legal_hold", number=2, reason="answered")
    assert played.when("u-office", destroy, **facts) == [written]


def test_r19_a_case_under_a_legal_hold_may_still_be_kept() -> None:
    played = reported()
    played.when("u-chair", "place_legal_hold", hold_cause="other", reason="asked by the adviser")
    assert played.ability("u-head", "review_retention").needs == ("decision",)
    assert played.when("u-head", "review_retention", decision="keep", reason="held") == ["retention-reviewed"]


def test_r21_no_pupil_is_contacted_named_as_poster_or_asked() -> None:
    played = childs()
    pupil: dict[str, Any] = {"person": "k-child"}
    facts: dict[str, Any] = {"confidence": "confirmed", "basis_code": "known_to_staff", "basis": "her class"}
    assert played.refused("u-dsl", "attribute_identity", party=pupil, **facts) == ("R21",)
    assert played.refused("u-dsl", "contact_parent", party=pupil, **TALK) == ("R21",)
    assert played.refused("u-dsl", "request_removal", posts=[1], party=pupil) == ("R05", "R21")
    assert played.refused("u-head", "issue_warning", posts=[1], party=pupil) == ("R03", "R04", "R05", "R16", "R21")
    assert played.when("u-dsl", "contact_parent", **TALK) == ["parent-contacted"]


def test_r24_a_case_is_closed_on_a_fresh_look() -> None:
    played = judged()
    assert played.refused("u-head", "close_incident", **CLOSING) == ("R24",)
    played.when("u-head", "check_post", posts=[1], result="removed", removed_by="poster")
    played.at("2025-12-01T09:00:00+00:00")
    assert played.when("u-head", "close_incident", **CLOSING) == ["closed", "retention-scheduled"]


def test_a_number_that_is_not_there_and_one_that_is_done_with() -> None:
    played = asked()
    with pytest.raises(NoSuchNumber, match="no removal request 2"):
        played.when("u-deputy", "record_removal_response", number=2, response="agreed")
    played.when("u-deputy", "record_removal_response", number=1, response="refused")
    with pytest.raises(NothingToActOn, match=r"is refused; expected .* the list of actions says what may be done now"):
        played.when("u-deputy", "record_removal_response", number=1, response="agreed")


def test_a_replaced_request_does_not_lapse() -> None:
    played = asked()
    played.when("u-deputy", "request_removal", posts=[1])
    with pytest.raises(NothingToActOn, match="is replaced"):
        played.when("u-timer", "lapse_removal_deadline", number=1)
    assert played.when("u-timer", "lapse_removal_deadline", number=2) == ["removal-deadline-lapsed"]


@pytest.mark.parametrize("start", [reported, judged, continued])
def test_failing_rules_are_listed_by_number_and_each_says_what_to_do(start: Callable[[], Played]) -> None:
    played = start()
    played.when("u-head", "place_police_hold", reason="asked by the force")
    facts: dict[str, Any] = {
        "posts": [1],
        "channel": "fb-community",
        "scope": "all",
        "reason": "r",
        "review_on": "2025-09-18",
    }
    with pytest.raises(Refused) as caught:
        played.when("u-head", "block_access", **facts)
    assert list(caught.value.rules) == sorted(caught.value.rules)
    assert {"R07", "R09", "R10"} <= set(caught.value.rules)
    for failure in caught.value.failures:
        assert failure.missing
        assert failure.sentence.startswith(f"{failure.rule.id} {failure.rule.code} ({failure.rule.clause}): needs ")
        assert failure.sentence.endswith("may override with a reason." if failure.rule.soft else ".")
        assert ("Cannot be overridden: " in failure.sentence) == (failure.rule.soft is None)


def test_a_refusal_names_no_person_and_quotes_no_post() -> None:
    played = judged()
    with pytest.raises(Refused) as caught:
        played.when("u-head", "issue_warning", posts=[1])
    with pytest.raises(BadFacts) as bad:
        played.when("u-head", "issue_warning", posts=[9], party={"person": "Kerry Mallinson"})
    for text in (str(caught.value), str(bad.value)):
        assert "Kerry" not in text
        assert "lazy" not in text


def test_every_rule_has_one_number_and_every_decision_uses_rules_of_the_table() -> None:
    ids = [rule.id for rule in ALL_RULES]
    assert ids == sorted(set(ids))
    used = {rule.id: rule for decision in DECISIONS for rule in decision.rules}
    assert set(used) <= set(ids)
    for variant in (R05_CONTACT, R09_REVIEWED, R10_TO_POSTER, R13_ERASED, R16_ADULT, R19_DESTROYING):
        plain = next(rule for rule in ALL_RULES if rule.id == variant.id)
        assert (variant.code, variant.clause, variant.soft) == (plain.code, plain.clause, plain.soft)


def test_a_deadline_runs_to_its_hour_and_not_longer() -> None:
    played = asked()
    due = played.case.requests[-1].due_at
    assert "refusal" in threshold_missing(played.case, due - timedelta(seconds=1))
    assert "refusal" not in threshold_missing(played.case, due)
