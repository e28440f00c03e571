"""The policy itself: what is in force when, what a post is judged by, and that no later edition moves what was."""

from datetime import datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from casework.domain.codes import Clause
from casework.domain.folding import fold
from casework.domain.governing import CITED, POLICY_DECISIONS
from casework.domain.incident import Incident
from casework.domain.policy import Dated, ParameterName, Parameters
from casework.domain.policy_decision import PolicyDecision
from casework.domain.policy_events import POLICY_EVENTS, ChannelSet, ReviewTriggered, fold_policy
from tests.domain.governed import Governed, stricter
from tests.domain.playing import Played, edition, judged, reported
from tests.domain.wandering import STEP, attempt

EACH = [pytest.param(decision, id=decision.name) for decision in POLICY_DECISIONS]
NEWER = "2025-autumn"


@pytest.mark.parametrize("decision", EACH)
def test_a_decision_about_the_policy_cites_its_clauses_and_its_events(decision: PolicyDecision) -> None:
    assert set(decision.clauses) <= set(edition().clauses)
    assert set(decision.writes) <= set(POLICY_EVENTS)
    assert decision.who
    assert decision.summary.endswith(".")


def test_every_event_of_the_policy_is_written_by_a_decision_about_it_or_by_setting_a_channel() -> None:
    assert {event for decision in POLICY_DECISIONS for event in decision.writes} | {ChannelSet} == set(POLICY_EVENTS)


def test_what_software_knows_of_clauses_and_parameters_is_what_the_example_edition_says() -> None:
    assert set(get_args(Clause)) == set(edition().clauses) >= CITED
    assert set(get_args(ParameterName)) == {field.name for field in fields(Parameters)}


@pytest.mark.parametrize("written", ["2026-01-20", "spring term 2021", "autumn term 2199"])
def test_a_date_is_read_as_it_was_written(written: str) -> None:
    read = Dated.read(written)
    assert read is not None
    assert read.written == written


@pytest.mark.parametrize("written", ["", "2026-02-30", "winter term 2021", "spring term 21", "20 January 2026"])
def test_what_is_no_date_is_none_and_stops_no_fold(written: str) -> None:
    assert Dated.read(written) is None


def test_an_edition_that_is_drafted_rules_nothing_yet() -> None:
    governed = Governed()
    drafted = msgspec.to_builtins(stricter(NEWER))
    assert governed.when("u-office", "draft_policy", **drafted) == ["drafted"]
    assert NEWER in governed.policy.editions
    assert governed.policy.in_force == "2021-spring"


def test_replay_of_the_policy_equals_the_policy() -> None:
    governed = Governed().at("2025-10-01T09:00:00+01:00").adopt(stricter(NEWER))
    governed.when("u-head", "sign_policy", NEWER)
    governed.when("u-head", "change_parameter", name="grant_days", new=30)
    governed.when("u-head", "trigger_review", kind="national_change")
    governed.when("u-chair", "record_review", outcome="no_change")
    assert fold_policy(None, governed.events) == governed.policy


def test_the_new_edition_supersedes_the_one_in_force_in_the_same_decision() -> None:
    governed = Governed().at("2025-10-01T09:00:00+01:00").draft(stricter(NEWER))
    adoption = {"adopted_on": "2025-10-01", "minute_ref": "item 7"}
    assert governed.when("u-chair", "adopt_policy", NEWER, **adoption) == ["adopted", "superseded"]
    assert [at.carried.edition for at in governed.events[-2:]] == [NEWER, "2021-spring"]
    assert len({at.carried.command for at in governed.events[-2:]}) == 1
    assert governed.when("u-chair", "adopt_policy", NEWER, **adoption) == ["adopted"], "renewed, it supersedes nothing"
    assert "superseded" in governed.refused(
        "u-chair", "adopt_policy", "2021-spring", **adoption, review_due={"on": "2026-07-01"}
    )


def test_a_decision_cites_the_edition_in_force_at_that_moment_in_open_cases_too() -> None:
    governed, played = Governed(), judged()
    governed.at("2025-09-18T10:00:00+01:00").adopt(stricter(NEWER, removal_deadline_school_days=1))
    under(played, governed).at("2025-09-18T10:30:00+01:00")
    played.when("u-deputy", "contact_parent", method="telephone", outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1])
    assert [at.carried.edition for at in played.events[-2:]] == [NEWER, NEWER]
    assert played.case.requests[0].due_at == datetime.fromisoformat("2025-09-19T17:00:00+01:00")


def under(played: Played, governed: Governed) -> Played:
    """Let a case be handled under a policy."""
    played.edition, played.adoptions = governed.policy.edition, governed.policy.adoptions
    return played


def judged_under(played: Played, **facts: Any) -> str:
    given: dict[str, Any] = {"outcome": "inappropriate", "reason": "abuse", "is_fair_comment_considered": True}
    played.when("u-deputy", "decide_breach", **given, **facts)
    found: Any = played.events[-1].event
    assert played.events[-1].carried.edition == played.edition.edition
    return str(found.judged_under)


@pytest.mark.parametrize(
    ("adopted_on", "recorded", "expected"),
    [
        ("2025-09-16", "2025-09-16T09:00:00+01:00", NEWER),
        ("2025-09-16", "2025-09-18T08:00:00+01:00", NEWER),
        ("2025-09-17", "2025-09-17T20:14:00+01:00", NEWER),
        ("2025-09-17", "2025-09-17T20:14:01+01:00", "2021-spring"),
        ("2025-09-17", "2025-09-18T08:00:00+01:00", "2021-spring"),
        ("2025-09-18", "2025-09-18T08:00:00+01:00", "2021-spring"),
    ],
)
def test_a_post_is_judged_by_what_was_in_force_when_it_was_posted(
    adopted_on: str, recorded: str, expected: str
) -> None:
    governed = Governed().at(recorded).adopt(stricter(NEWER), on=adopted_on)
    assert judged_under(under(reported(), governed)) == expected


def test_a_post_older_than_all_editions_is_judged_by_the_first() -> None:
    governed = Governed().at("2025-09-18T08:00:00+01:00").adopt(stricter(NEWER))
    played = under(Played(), governed)
    played.when(
        "u-deputy", "report_incident", channel="fb-community", posted_at="2019-05-01T09:00:00+01:00", targets=[]
    )
    assert judged_under(played) == "2021-spring"


def test_posts_of_two_editions_are_judged_apart() -> None:
    governed = Governed().at("2025-09-18T08:00:00+01:00").adopt(stricter(NEWER))
    played = under(reported(), governed).at("2025-09-19T09:00:00+01:00")
    played.when("u-deputy", "add_post", channel="fb-community", posted_at="2025-09-18T20:00:00+01:00", targets=[])
    given = {"outcome": "inappropriate", "reason": "r", "is_fair_comment_considered": True}
    assert played.faults("u-deputy", "decide_breach", **given) == [("/posts", None)]
    assert [judged_under(played, posts=[no]) for no in (1, 2)] == ["2021-spring", NEWER]


def test_a_post_keeps_the_categories_of_its_time() -> None:
    kept = {code: row for code, row in edition().categories.items() if code != "C4"}
    without = replace(stricter(NEWER), categories=kept)
    governed = Governed().at("2025-09-18T08:00:00+01:00").adopt(without)
    of_then = under(reported(), governed)
    assert of_then.when("u-deputy", "categorise", codes=["C4"], primary="C4") == ["categorised"]
    of_now = under(Played(), governed).at("2025-09-18T12:00:00+01:00")
    of_now.when(
        "u-deputy", "report_incident", channel="fb-community", posted_at="2025-09-18T11:00:00+01:00", targets=[]
    )
    assert of_now.faults("u-deputy", "categorise", codes=["C4"], primary="C4") == [("/codes", None)]


def test_a_changed_parameter_rules_what_is_decided_from_then_on_under_the_same_name() -> None:
    governed, played = Governed(), judged()
    played.when("u-deputy", "contact_parent", method="telephone", outcome="discussion_held")
    before = governed.policy
    governed.at("2025-09-18T10:00:00+01:00")
    governed.when("u-head", "change_parameter", name="removal_deadline_school_days", new=1)
    under(played, governed).at("2025-09-18T11:00:00+01:00").when("u-deputy", "request_removal", posts=[1])
    assert played.events[-1].carried.edition == "2021-spring"
    assert played.case.requests[0].due_at == datetime.fromisoformat("2025-09-19T17:00:00+01:00")
    change = governed.events[-1].recorded_at
    instant = timedelta(microseconds=1)
    asked = [governed.policy.edition_then("2021-spring", at) for at in (change - instant, change, change + instant)]
    assert [found.parameters.removal_deadline_school_days for found in asked] == [3, 1, 1]
    assert asked[0] == before.edition


def test_each_signs_once_in_their_own_capacity_and_it_is_signed_by_both() -> None:
    governed = Governed()
    assert governed.when("u-head", "sign_policy", "2021-spring") == ["signed"]
    assert "signed by the headteacher already" in governed.refused("u-head", "sign_policy", "2021-spring")
    by_one = governed.policy.edition
    governed.when("u-chair", "sign_policy", "2021-spring")
    assert (by_one.is_signed, governed.policy.edition.is_signed) == (False, True)
    assert "R12" in governed.refused("u-office", "sign_policy", "2021-spring")


def test_a_signature_before_the_adoption_is_kept_by_it() -> None:
    governed = Governed().draft(stricter(NEWER))
    governed.when("u-head", "sign_policy", NEWER)
    governed.at("2025-10-01T09:00:00+01:00")
    governed.when("u-chair", "adopt_policy", NEWER, adopted_on="2025-09-30", minute_ref="item 7")
    assert governed.policy.edition.signatures == ("headteacher",)
    then = governed.policy.edition_then(NEWER, datetime.fromisoformat("2025-09-01T07:00:00+01:00"))
    assert (then.signatures, then.adopted) == ((), governed.policy.edition.adopted)


def test_a_review_cites_the_clause_that_calls_for_it_and_one_outcome_answers_all() -> None:
    governed = Governed()
    for kind in ("national_change", "own_monitoring"):
        governed.when("u-timer", "trigger_review", kind=kind)
    cited = [at.carried.clauses for at in governed.events if isinstance(at.event, ReviewTriggered)]
    assert cited == [("P05",), ("P06",)]
    governed.when("u-chair", "record_review", outcome="new_edition")
    assert [review.outcome for review in governed.policy.reviews] == ["new_edition", "new_edition"]
    governed.when("u-head", "trigger_review", kind="national_change")
    assert governed.policy.reviews[-1].outcome is None


STRICTER = st.fixed_dictionaries(
    {
        "removal_deadline_school_days": st.integers(1, 3),
        "discussion_attempts_max": st.integers(2, 9),
        "block_review_max_days": st.integers(1, 42),
        "stale_check_school_days": st.integers(1, 5),
        "police_hold_grounds": st.just(("threat_of_violence", "racial_element", "grossly_obscene", "crime_suspected")),
    }
)
TURNS = st.lists(st.one_of(STEP, STEP, STEP, STRICTER), max_size=30)


@settings(deadline=None, max_examples=80)
@given(TURNS)
def test_a_stricter_edition_moves_no_old_case_and_rules_every_decision_after_it(turns: list[Any]) -> None:
    governed, played = Governed(), reported()
    stood: list[tuple[int, Incident]] = []
    expected: list[str] = ["2021-spring"] * len(played.events)
    for turn in turns:
        if isinstance(turn, dict):
            stood.append((len(played.events), played.case))
            governed.now += timedelta(days=1)
            governed.adopt(stricter(f"edition-{len(stood)}", **turn))
            under(played, governed)
        else:
            name, by, number, facts = turn
            attempt(played, by, name, number, facts)
            expected += [played.edition.edition] * (len(played.events) - len(expected))
    assert [at.carried.edition for at in played.events] == expected
    for count, case in stood:
        assert fold(None, played.events[:count]) == case
    assert fold(None, played.events) == played.case
    assert governed.policy.in_force == (f"edition-{len(stood)}" if stood else "2021-spring")
