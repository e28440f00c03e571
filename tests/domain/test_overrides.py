"""Setting a soft rule aside: by a named role, with a code and a reason, and never a hard rule (domain.md 6)."""

from casework.domain.steps.warning import WarningIssued
from tests.domain.playing import judged, reported

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
