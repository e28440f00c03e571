"""Erasing a case: an entry for each key that is destroyed, then nothing more, and all that was counted still counts."""

from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.decision import Decision
from casework.domain.event import Recorded, sealed_names
from casework.domain.folding import fold
from casework.domain.phases import phase
from casework.domain.refusal import Refusal, Refused
from casework.domain.steps import DECISIONS
from casework.domain.steps.closing import Erased
from tests.domain.playing import CASE, OTHER_CASE, ROLES, Played, gone, impersonal, reported, warned
from tests.domain.wandering import WALKED, attempt, facts_of, walks

WHY: dict[str, Any] = {"reason": "asked for, and nothing speaks against it"}
EXPORT = UUID("9c2b7f14-8f3d-4f0e-b5a1-2d6c4e8a0001")


def unsealed(at: Recorded) -> Recorded:
    """Return an event as it is read once the key of its case is destroyed."""
    return replace(at, event=replace(at.event, **dict.fromkeys(sealed_names(type(at.event)), UNSET)))


def test_each_key_of_the_case_is_named_by_an_entry_its_own_first() -> None:
    played = reported()
    played.further_keys = (EXPORT,)
    assert played.when("u-dpo", "erase_case", **WHY) == ["erased", "erased"]
    named = [at.event.key_id for at in played.events if isinstance(at.event, Erased)]
    assert named == [CASE, EXPORT]


def test_that_there_was_a_key_of_legal_advice_is_for_those_who_know_of_advice() -> None:
    played = reported()
    played.when("u-head", "seek_legal_advice", adviser="x-legal", question="q")
    played.further_keys = (played.case.advice[1], EXPORT)
    played.when("u-dpo", "erase_case", **WHY)
    assert [at.carried.sensitivity for at in played.events[-3:]] == ["open", "client", "open"]


def test_what_was_closed_open_or_withdrawn_can_be_erased_and_a_withdrawn_case_still_counts_as_one() -> None:
    closed = gone()
    closed.when("u-deputy", "close_incident", outcome="resolved_informally", summary="gone")
    withdrawn = reported()
    withdrawn.when(
        "u-deputy", "withdraw_incident", because="duplicate", duplicate_of=str(OTHER_CASE), reason="the same"
    )
    for played, counts_as in ((closed, "closed"), (withdrawn, "withdrawn"), (warned(), "closed")):
        assert played.when("u-office", "erase_case", **WHY) == ["erased"]
        assert (played.case.ended, phase(played.case, played.now)) == ("erased", counts_as)
        assert (played.case.tasks, played.case.retention_review_on) == ((), None)


def test_after_an_erasure_nothing_is_reopened_recorded_or_erased_again() -> None:
    played = gone()
    played.when("u-dpo", "erase_case", **WHY)
    assert played.refused("u-head", "reopen_incident", reason="r") == ("R13",)
    assert played.refused("u-dpo", "erase_case", **WHY) == ("R13",)
    assert played.refused("u-chair", "place_legal_hold", hold_cause="other", reason="r") == ("R13",)
    for decision in DECISIONS:
        if decision.path:
            ability = played.ability("u-dpo", decision.name)
            assert "R13" in {failure.rule.id for failure in ability.blocked_by}
            assert ability.status == "blocked"


def test_the_refusal_in_an_erased_case_does_not_advise_to_reopen_it() -> None:
    played = gone()
    played.when("u-dpo", "erase_case", **WHY)
    ability = played.ability("u-head", "reopen_incident")
    [failure] = ability.blocked_by
    assert "reopen" not in failure.sentence
    assert failure.sentence.startswith("R13 incident_closed (P63): needs a case that was not erased.")


@settings(deadline=None, max_examples=60)
@given(walks())
def test_every_case_erased_folds_to_the_same_public_state(played: Played) -> None:
    if played.case.ended != "erased" and attempt(played, "u-dpo", "erase_case", 1, WHY):
        assert any(thing.status == "placed" for thing in played.case.numbers_of("legal_hold").values())
        return
    assert fold(None, (unsealed(at) for at in played.events)) == impersonal(played.case)
    assert played.case.ended == "erased"
    assert played.case.tasks == ()


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(WALKED).flatmap(lambda decision: st.tuples(st.just(decision), facts_of(decision.name))))
def test_in_an_erased_case_nothing_is_decided_by_anybody(tried: tuple[Decision, dict[str, Any]]) -> None:
    decision, facts = tried
    played = warned()
    played.when("u-dpo", "erase_case", **WHY)
    by = next((who for who, role in ROLES.items() if not decision.forbidden(role, played.edition, facts)), "u-timer")
    refusal = attempt(played, by, decision.name, 1, facts)
    if decision.acts_on is None:
        assert isinstance(refusal, Refused)
        assert refusal.rules == ("R13",)
    assert isinstance(refusal, Refusal)
