"""What holds of every event type and of every decision, whatever step it belongs to (domain.md 3-5)."""

import re
from datetime import datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from msgspec import NODEFAULT, UNSET

from casework.domain.catalogue import EVENT_TYPES
from casework.domain.decision import Decision
from casework.domain.evaluation import OverrideAsked, carried
from casework.domain.event import Event, Sensitivity, in_words, registry, sealed_names
from casework.domain.rules import ALL_RULES
from casework.domain.steps import BY_NAME, DECISIONS, EVENTS, STEPS
from casework.domain.steps.people import PartyAdded
from tests.domain.playing import Played, edition, judged
from tests.domain.wandering import walks

TYPES = [pytest.param(event, id=event.type_name) for event in EVENT_TYPES.values()]
EACH = [pytest.param(decision, id=decision.name) for decision in DECISIONS]
KEPT_BY_AN_OVERRIDE = {"R03": "FirstStepDispensed", "R04": "EscalationThresholdOverridden"}


@pytest.mark.parametrize("event", TYPES)
def test_a_name_is_permanent_and_well_formed(event: type[Event]) -> None:
    assert re.fullmatch(r"(incident|advice|policy|access|disclosure|record)\.[a-z]+(-[a-z]+)*\.v[1-9]", event.type_name)
    assert EVENT_TYPES[event.type_name] is event
    assert event.sensitivity in get_args(Sensitivity)


@pytest.mark.parametrize("event", TYPES)
def test_a_default_is_nothing_and_a_personal_field_is_unset(event: type[Event]) -> None:
    sealed = sealed_names(event)
    for field in msgspec.structs.fields(event):
        assert field.default_factory is NODEFAULT, field.name
        if field.name in sealed:
            assert field.default is UNSET, field.name
        else:
            assert field.default in {None, NODEFAULT}, field.name


@pytest.mark.parametrize("event", TYPES)
def test_free_text_is_never_public(event: type[Event]) -> None:
    personal = {"reason", "words", "text", "account", "name", "person", "url", "summary", "consent", "force"}
    codes = {name for name, hint in get_type_hints(event).items() if get_origin(hint) is Literal}
    assert personal & set(event.__struct_fields__) - codes <= set(sealed_names(event))


@pytest.mark.parametrize("event", TYPES)
def test_a_field_says_what_it_is_by_its_ending(event: type[Event]) -> None:
    hints: dict[str, Any] = get_type_hints(event)
    for name in event.__struct_fields__:
        if name.endswith("_at"):
            assert datetime in {hints[name], *get_args(hints[name])}, name
        if name.startswith(("is_", "has_")):
            assert hints[name] is bool, name


@pytest.mark.parametrize("event", TYPES)
def test_the_clauses_it_applies_stand_in_the_edition(event: type[Event]) -> None:
    assert set(event.clauses) <= set(edition().clauses)


def test_two_types_of_one_name_are_refused() -> None:
    class Copy(PartyAdded, frozen=True, kw_only=True):
        """A second type that claims a name."""

    with pytest.raises(ValueError, match=r"two event types are named incident\.party-added\.v1"):
        registry([PartyAdded, Copy])


def test_each_step_owns_its_events_and_each_event_has_one_step() -> None:
    assert len(EVENTS) == len(set(EVENTS))
    for step in STEPS:
        assert all(event.__module__ == step.__name__ for event in step.EVENTS)
        assert all(decision.function.__module__ == step.__name__ for decision in step.DECISIONS)


@pytest.mark.parametrize("decision", EACH)
def test_a_decision_cites_its_clause_its_roles_its_rules_and_its_events(decision: Decision) -> None:
    assert decision.clauses
    assert set(decision.clauses) <= set(edition().clauses)
    assert decision.writes
    assert set(decision.writes) <= set(EVENTS)
    assert decision.roles(edition())
    assert {rule.id for rule in decision.rules} <= {rule.id for rule in ALL_RULES}
    assert [rule.id for rule in decision.rules] == sorted({rule.id for rule in decision.rules})
    assert decision.summary.endswith((".", "agreed."))
    assert BY_NAME[decision.name] is decision


def test_every_event_is_written_by_a_decision_or_comes_with_a_new_person() -> None:
    assert {event for decision in DECISIONS for event in decision.writes} | {PartyAdded} == set(EVENTS)


def test_no_two_decisions_share_a_path() -> None:
    paths = [decision.path for decision in DECISIONS if decision.path]
    assert len(paths) == len(set(paths))
    assert all(("{n}" in path) == bool(BY_NAME[d.name].acts_on) for d in DECISIONS if (path := d.path))


@pytest.mark.parametrize("decision", EACH)
def test_an_override_finds_a_place_for_its_reason(decision: Decision) -> None:
    if any(rule.soft for rule in decision.rules):
        assert any("override_reason" in sealed_names(event) for event in decision.writes), decision.name


@pytest.mark.parametrize("decision", EACH)
def test_what_a_soft_rule_lets_override_names_known_roles_and_a_code_for_anything_else(decision: Decision) -> None:
    for rule in decision.rules:
        if rule.soft:
            assert rule.soft.codes[-1] == "other"
            assert all(codes is None or codes <= set(rule.soft.codes) for codes in rule.soft.who.values())
        elif rule.check:
            assert rule.what_to_do


@settings(deadline=None, max_examples=100)
@given(walks())
def test_a_decision_writes_nothing_but_what_it_says(played: Played) -> None:
    for at in played.events:
        assert at.carried.clauses
        assert at.carried.edition == played.edition.edition
        assert type(at.event) is EVENT_TYPES[at.event.type_name]
        assert at.carried.occurred_at.utcoffset() is not None
    for decision, types in played.written:
        assert types <= {*BY_NAME[decision].writes, PartyAdded}, decision


def test_what_an_override_dispenses_with_is_written_by_a_decision_of_its_own() -> None:
    ahead = {d.sets_aside: [event.__name__ for event in d.writes] for d in DECISIONS if d.sets_aside}
    assert ahead == {rule: [name] for rule, name in KEPT_BY_AN_OVERRIDE.items()}


def test_every_event_of_one_decision_carries_one_command_and_one_actor() -> None:
    played = judged()
    own = [PartyAdded(party="P9", part="other", kind="adult", is_confidential=False, person=None, name=None)] * 2
    asked = OverrideAsked(rules=("R04", "R03", "R03"), code="other", reason="r")
    written = carried(played.case, played.moment("u-head"), own, BY_NAME["issue_warning"], asked)
    assert [at.originator_version for at in written] == [played.case.version + 1, played.case.version + 2]
    assert len({(at.carried.command, at.carried.actor, at.carried.role) for at in written}) == 1
    assert all(at.carried.override and at.carried.override.rules == ("R03", "R04") for at in written)


@pytest.mark.parametrize("event", TYPES)
def test_what_it_says_is_a_line_without_the_code_s_own_marks(event: type[Event]) -> None:
    says = in_words(event)
    assert re.fullmatch(r"[A-Z][^`_]{9,118}\.", says), says
    assert not re.search(r"\(P\d", says), "the clauses stand beside it"
