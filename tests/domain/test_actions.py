"""What the list of actions says of a decision is what taking it then answers: one evaluation for both (domain.md 6)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.abilities import Ability
from casework.domain.calendar import CalendarMissing
from casework.domain.refusal import NoSuchNumber, NothingToActOn, Refusal, Refused
from casework.domain.rules import R11
from casework.domain.steps import DECISIONS
from tests.domain.playing import Played, continued, judged, reported
from tests.domain.wandering import WALKED, attempt, facts_of, walks

ACTORS = ("u-deputy", "u-head", "u-dsl", "u-teacher", "u-letters")
BLOCK: dict[str, Any] = {"posts": [1], "channel": "fb-community", "scope": "all", "reason": "r"}


def rules(failures: Any) -> tuple[str, ...]:
    return tuple(failure.rule.id for failure in failures)


def test_a_decision_whose_rules_hold_is_allowed() -> None:
    ability = judged().ability("u-deputy", "contact_parent")
    assert (ability.status, ability.needs, ability.blocked_by) == ("allowed", (), ())


def test_a_decision_of_another_role_is_blocked_by_that_alone_or_with_the_rest() -> None:
    ability = judged().ability("u-deputy", "issue_warning")
    assert ability.status == "blocked"
    assert rules(ability.blocked_by) == ("R12", "R03", "R04")


def test_a_soft_rule_is_to_override_by_who_may() -> None:
    played = judged()
    ability = played.ability("u-head", "issue_warning")
    assert (ability.status, rules(ability.to_override)) == ("override", ("R03", "R04"))
    assert ability.needs == ("posts",)


def test_what_waits_for_an_input_names_it_and_guesses_nothing() -> None:
    assert continued().ability("u-head", "issue_warning").status == "needs"
    assert continued().ability("u-head", "issue_warning").needs == ("posts",)
    assert continued().ability("u-head", "block_access").needs == ("posts", "channel", "review_on")
    assert reported().ability("u-deputy", "attribute_identity").needs == ("party",)
    assert reported().ability("u-head", "refer_to_police").needs == ("grounds",)


def test_a_hard_rule_blocks_whatever_the_inputs() -> None:
    played = continued()
    played.when("u-head", "place_police_hold", reason="asked by the force")
    ability = played.ability("u-head", "issue_warning")
    assert (ability.status, rules(ability.blocked_by)) == ("blocked", ("R10",))


def test_the_numbers_that_can_be_acted_on_are_named() -> None:
    played = judged()
    assert played.ability("u-deputy", "record_removal_response").status == "blocked"
    assert played.ability("u-deputy", "contact_parent").numbers is None
    played.when("u-deputy", "request_removal", posts=[1])
    assert played.ability("u-deputy", "record_removal_response").numbers == (1,)
    played.when("u-deputy", "record_removal_response", number=1, response="refused")
    assert played.ability("u-deputy", "record_removal_response").numbers == ()


def test_of_what_a_role_may_not_act_on_it_is_told_no_number() -> None:
    """Whether legal advice was sought is not for everybody to know."""
    played = judged()
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="q")
    assert played.ability("u-head", "record_legal_advice").numbers == (1,)
    assert played.ability("u-deputy", "record_legal_advice").numbers == ()


def test_in_a_closed_case_only_what_may_come_late_is_left() -> None:
    played = judged()
    played.when("u-head", "check_post", posts=[1], result="removed")
    played.when("u-head", "close_incident", outcome="resolved_informally", summary="gone")
    left = {d.name for d in DECISIONS if d.path and played.ability("u-deputy", d.name).status != "blocked"}
    assert left == {"record_correspondence", "link_complaint"}


def test_a_day_that_the_calendar_does_not_hold_blocks_what_asks_for_it_and_nothing_else() -> None:
    played = judged()
    played.when("u-deputy", "check_post", posts=[1], result="visible")
    played.at("2026-08-03T09:00:00+01:00")
    with pytest.raises(CalendarMissing) as missing:
        played.when("u-head", "close_incident", outcome="other", summary="s")
    closing = played.ability("u-head", "close_incident")
    untold = next(failure for failure in closing.blocked_by if failure.rule.id == "R24")
    assert (closing.status, untold.rule.soft) == ("blocked", None)
    assert str(missing.value) in untold.sentence
    assert "Cannot be overridden: add the term" in untold.sentence
    assert played.ability("u-head", "contact_parent").status == "allowed"
    assert rules(played.ability("u-deputy", "issue_warning").blocked_by) == ("R12", "R03", "R04")


def test_every_decision_with_a_path_is_listed_once() -> None:
    played = reported()
    assert [d.name for d in DECISIONS if d.path] == [
        played.ability("u-head", d.name).decision.name for d in DECISIONS if d.path
    ]


def agree(ability: Ability, refusal: Refusal | None, facts: dict[str, Any]) -> None:
    """Check that what was said and what happened are one."""
    said, name = ability.status, ability.decision.name
    refused = refusal.rules if isinstance(refusal, Refused) else ()
    # Whom a post is about is told so before all else, unless the decision has R11 among the rules that are tried.
    before = {"R12"} if R11 in ability.decision.rules else {"R11", "R12"}
    alone = (before | {"R13"}) & set(rules(ability.blocked_by))
    # What is not there is looked for before whether the case is open.
    if not before & alone and ability.numbers == ():
        assert isinstance(refusal, NoSuchNumber | NothingToActOn), (name, refusal, facts)
    elif isinstance(refusal, NoSuchNumber | NothingToActOn):
        assert 1 not in (ability.numbers or ()), (name, said, refusal, facts)
        assert ability.numbers is not None
    elif alone:
        assert refused, (name, said, refusal, facts)
        # Whether a role that is bound to some codes may, is seen from the code, and told before the case is asked.
        assert set(refused) <= alone | ({"R12"} if ability.decision.bound_by in ability.needs else set())
    elif said == "allowed":
        assert refusal is None, (name, refusal, facts)
    elif said == "needs":
        assert refusal is None or refused, (name, refusal, facts)
    else:
        assert set(rules(ability.blocked_by) + rules(ability.to_override)) <= set(refused), (name, refusal, facts)


@settings(deadline=None, max_examples=120)
@given(walks(), st.sampled_from(ACTORS), st.data())
def test_what_is_said_is_what_happens(played: Played, by: str, data: st.DataObject) -> None:
    decision = data.draw(st.sampled_from([d for d in WALKED if d.path]))
    facts = data.draw(facts_of(decision.name))
    agree(played.ability(by, decision.name), attempt(played, by, decision.name, 1, facts), facts)


@settings(deadline=None, max_examples=60)
@given(walks(), st.data())
def test_what_may_be_overridden_is_allowed_with_a_reason(played: Played, data: st.DataObject) -> None:
    for name in ("issue_warning", "request_removal", "close_incident"):
        ability = played.ability("u-head", name)
        facts = data.draw(facts_of(name))
        refusal = attempt(played, "u-head", name, 1, facts)
        if not isinstance(refusal, Refused) or not all(failure.rule.soft for failure in refusal.failures):
            continue
        assert set(rules(ability.to_override)) <= set(refusal.rules)
        override = {"rules": list(refusal.rules), "code": "other", "reason": "said so"}
        assert played.when("u-head", name, **facts, override=override)
        assert played.case.version == played.events[-1].originator_version
