"""Setting a soft rule aside: by a named role, with a code and a reason, and never a hard rule (domain.md 6)."""

from typing import Any

import msgspec
import pytest

from casework.domain.event import Override, sealed_names
from casework.domain.refusal import BadFacts
from casework.domain.steps.closing import Closed, RetentionScheduled
from casework.domain.steps.escalation import EscalationThresholdOverridden
from casework.domain.steps.warning import WarningIssued
from tests.domain.playing import continued, judged, reported

GRAVE = {"rules": ["R03", "R04"], "code": "repeat", "reason": "the third time this year"}


def test_an_override_records_first_what_it_dispenses_with() -> None:
    played = judged()
    assert played.when("u-head", "issue_warning", posts=[1], override=GRAVE) == [
        "first-step-dispensed",
        "escalation-threshold-overridden",
        "warning-issued",
        "removal-requested",
    ]
    kept = [at.carried.override for at in played.events[-4:]]
    assert [(o.rules, o.code) for o in kept if o] == [(("R03", "R04"), "repeat")] * 4
    warned = played.events[-2].event
    assert isinstance(warned, WarningIssued)
    assert warned.override_reason == GRAVE["reason"]


def test_an_override_of_one_rule_leaves_the_other_standing() -> None:
    override = {**GRAVE, "rules": ["R03"]}
    assert judged().refused("u-head", "issue_warning", posts=[1], override=override) == ("R04",)


def test_an_override_by_another_role_sets_nothing_aside() -> None:
    played = judged().strict(warning_decided_by="caseworker")
    assert played.refused("u-deputy", "issue_warning", posts=[1], override=GRAVE) == ("R03", "R04")


def test_a_code_that_does_not_fit_and_a_rule_that_holds_are_faults() -> None:
    assert judged().faults("u-head", "issue_warning", posts=[1], override={**GRAVE, "code": "hostile"}) == [
        ("/override/code", None)
    ]
    override = {"rules": ["R01"], "code": "other", "reason": "why"}
    assert judged().faults("u-head", "issue_warning", posts=[1], override=override) == [("/override/rules", None)]


def test_a_hard_rule_never_yields() -> None:
    override = {"rules": ["R05"], "code": "other", "reason": "why"}
    assert reported().faults("u-head", "issue_warning", posts=[1], override=override) == [("/override/rules", None)]


def test_an_override_needs_a_reason_in_words() -> None:
    assert judged().faults("u-head", "issue_warning", posts=[1], override={**GRAVE, "reason": "  "}) == [
        ("/override/reason", "R22")
    ]


def test_dispensing_ahead_lets_the_rules_hold() -> None:
    played = judged()
    played.when("u-head", "dispense_first_step", code="threat", reason="a talk would be unsafe")
    assert played.refused("u-head", "issue_warning", posts=[1]) == ("R04",)
    played.when(
        "u-head", "override_threshold", missing=["refusal", "continuation"], code="grave_single_act", reason="grave"
    )
    assert played.when("u-head", "issue_warning", posts=[1]) == ["warning-issued", "removal-requested"]


def test_the_safeguarding_lead_may_dispense_for_a_childs_safety_only() -> None:
    played = judged()
    assert played.refused("u-dsl", "dispense_first_step", code="threat", reason="r") == ("R12",)
    assert played.when("u-dsl", "dispense_first_step", code="child_safety", reason="r") == ["first-step-dispensed"]


def test_the_reason_stands_sealed_and_the_code_openly_in_whatever_an_override_wrote() -> None:
    played = continued()
    played.when("u-deputy", "check_post", posts=[1], result="visible")
    override = {"rules": ["R14"], "code": "post_still_visible", "reason": "nothing more can be done"}
    played.when("u-head", "close_incident", outcome="unresolved", summary="over", override=override)
    for at in played.events[-2:]:
        assert at.carried.override == Override(rules=("R14",), code="post_still_visible")
        assert isinstance(at.event, Closed | RetentionScheduled)
        assert at.event.override_reason == "nothing more can be done"
        assert "override_reason" in sealed_names(type(at.event))


def test_asking_for_removal_without_evidence_is_overridden_in_one_event() -> None:
    played = reported()
    facts: dict[str, Any] = {"confidence": "probable", "basis_code": "admitted", "basis": "by telephone"}
    played.when("u-deputy", "attribute_identity", party={"person": "p-parent"}, **facts)
    played.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    breach: dict[str, Any] = {"outcome": "inappropriate", "reason": "abuse", "is_fair_comment_considered": True}
    played.when("u-deputy", "decide_breach", **breach)
    gone = {"rules": ["R01"], "code": "already_gone", "reason": "deleted before anybody could keep it"}
    assert played.refused("u-deputy", "request_removal", posts=[1]) == ("R01",)
    assert played.when("u-deputy", "request_removal", posts=[1], override=gone) == ["removal-requested"]
    assert played.events[-1].carried.override == Override(rules=("R01",), code="already_gone")


def test_a_new_person_comes_before_what_is_dispensed_with() -> None:
    played = judged().strict(warning_decided_by="dsl")
    safety = {"rules": ["R03", "R04"], "code": "child_safety", "reason": "children are shown"}
    assert played.when("u-dsl", "issue_warning", posts=[1], override=safety)[:2] == [
        "first-step-dispensed",
        "escalation-threshold-overridden",
    ]
    overridden = played.events[-3].event
    assert isinstance(overridden, EscalationThresholdOverridden)
    assert overridden.missing == ("refusal", "continuation")
    referred = reported()
    ground = {"rules": ["R06"], "code": "other_ground", "reason": "advice of the force"}
    told: dict[str, Any] = {"route": "101", "grounds": [], "is_immediate": True, "named_party": {"person": "p-parent"}}
    assert referred.when("u-head", "refer_to_police", override=ground, **told) == [
        "party-added",
        "police-referred",
        "police-hold-placed",
    ]
    assert all(at.carried.override == Override(rules=("R06",), code="other_ground") for at in referred.events[-3:])


def test_only_what_is_missing_is_set_aside() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", method="telephone", outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1])
    played.when("u-deputy", "record_removal_response", number=1, response="refused")
    override = {"rules": ["R04"], "code": "grave_single_act", "reason": "grave"}
    played.when("u-head", "issue_warning", posts=[1], override=override)
    overridden = played.events[-3].event
    assert isinstance(overridden, EscalationThresholdOverridden)
    assert overridden.missing == ("continuation",)


def test_an_override_in_vain_is_said_to_be_one() -> None:
    override = {"rules": ["R04"], "code": "repeat", "reason": "to be safe"}
    with pytest.raises(BadFacts, match="holds or is none of these"):
        continued().when("u-head", "issue_warning", posts=[1], override=override)
    with pytest.raises(msgspec.ValidationError, match="length >= 1"):
        continued().when("u-head", "issue_warning", posts=[1], override={**override, "rules": []})


def test_nothing_is_marked_as_overridden_where_nothing_was() -> None:
    played = continued()
    played.when("u-head", "issue_warning", posts=[1])
    assert [at.carried.override for at in played.events] == [None] * len(played.events)
    warned = played.events[-2].event
    assert isinstance(warned, WarningIssued)
    assert warned.override_reason is None


def test_the_safeguarding_leads_override_is_bound_to_a_childs_safety() -> None:
    played = judged().strict(warning_decided_by="dsl")
    assert played.refused("u-dsl", "issue_warning", posts=[1], override=GRAVE) == ("R03", "R04")
