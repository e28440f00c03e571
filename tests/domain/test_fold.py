"""The fold: the same case from the same events, with or without what was personal in them (domain.md 3)."""

from collections.abc import Hashable
from uuid import UUID

import pytest
from hypothesis import given, settings
from msgspec import UNSET
from msgspec.structs import replace

from casework.domain.event import Recorded, sealed_names
from casework.domain.folding import Draft, fold
from casework.domain.incident import Incident, State
from casework.domain.phases import phase
from casework.domain.record import ListRead
from tests.domain.playing import Played, continued, impersonal, judged, reported, warned
from tests.domain.wandering import walks


def erased(at: Recorded) -> Recorded:
    """Return an event as it is read once the key of its case is destroyed."""
    return replace(at, event=replace(at.event, **dict.fromkeys(sealed_names(type(at.event)), UNSET)))


def folded(events: list[Recorded]) -> Incident:
    """Return the case that these events make."""
    case = fold(None, events)
    assert case is not None
    return case


def test_no_event_makes_no_case() -> None:
    assert fold(None, []) is None


def test_an_erased_case_still_folds_and_counts() -> None:
    played = continued()
    played.when("u-head", "issue_warning", posts=[1])
    case = folded([erased(at) for at in played.events])
    assert phase(case, played.now) == phase(played.case, played.now) == "escalation"
    assert (case.tracks, case.tasks, case.things) == (played.case.tracks, played.case.tasks, played.case.things)
    assert {party.person for party in case.parties.values()} == {None}


def test_the_version_counts_the_events() -> None:
    played = judged()
    assert played.case.version == len(played.events)
    assert [at.originator_version for at in played.events] == list(range(1, len(played.events) + 1))
    assert [at.id for at in played.events[:2]] == [f"{played.case.id}/1", f"{played.case.id}/2"]


def test_an_event_that_is_not_of_a_case_stops_the_fold_and_is_named() -> None:
    played = reported()
    stranger = replace(played.events[-1], originator_version=4, event=ListRead(view="register", count=1, reason=None))
    with pytest.raises(TypeError, match=rf"{played.case.id}/4 is a access\.list-read\.v1"):
        fold(played.case, [stranger])


def test_a_part_folded_before_and_the_rest_after_make_the_same_case() -> None:
    played = continued()
    for cut in range(1, len(played.events)):
        assert fold(folded(played.events[:cut]), played.events[cut:]) == played.case


def test_a_later_edition_changes_nothing_that_was_recorded() -> None:
    played = judged()
    played.when("u-deputy", "request_removal", posts=[1])
    before = folded(played.events)
    played.strict(removal_deadline_school_days=9, discussion_attempts_max=1)
    assert folded(played.events) == before == played.case


@settings(deadline=None, max_examples=100)
@given(walks())
def test_an_earlier_case_is_not_changed_by_what_follows(played: Played) -> None:
    before = folded(played.events[:1])
    for count, at in enumerate(played.events[1:], 2):
        told = repr(before)
        after = fold(before, [at])
        assert repr(before) == told
        assert after is not None
        assert repr(after) == repr(folded(played.events[:count]))
        before = after


def test_a_draft_shares_with_its_case_nothing_that_can_be_changed() -> None:
    case = warned().case
    draft = Draft.of(case)
    inside = [(getattr(case, name), getattr(draft, name)) for name in case.__struct_fields__]
    inside += [(case.things[kind], draft.things[kind]) for kind in case.things]
    assert [ours for ours, theirs in inside if isinstance(ours, dict) and ours is theirs] == []
    assert all(isinstance(ours, Hashable) for ours, _ in inside if not isinstance(ours, dict))
    assert draft.finished() == case


def test_a_case_that_a_fold_gave_cannot_be_changed() -> None:
    case = reported().case
    assert type(case) is Incident
    for name in case.__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(case, name, None)


def test_a_draft_holds_exactly_what_a_case_holds_in_the_same_order() -> None:
    assert Draft.__struct_fields__ == Incident.__struct_fields__ == State.__struct_fields__


def test_a_fold_that_fails_leaves_the_case_as_it_was() -> None:
    played = reported()
    told = repr(played.case)
    good = replace(played.events[-1], originator_version=4)
    with pytest.raises(TypeError):
        fold(played.case, [good, replace(good, event=ListRead(view="register", count=1, reason=None))])
    assert repr(played.case) == told


@settings(deadline=None, max_examples=100)
@given(walks())
def test_replay_equals_the_live_case_and_erasure_takes_only_what_is_personal(played: Played) -> None:
    assert folded(played.events) == played.case
    case = folded([erased(at) for at in played.events])
    assert case == impersonal(played.case)
    assert phase(case, played.now) == phase(played.case, played.now)


@settings(deadline=None, max_examples=60)
@given(walks())
def test_the_invariants_of_a_case_hold_after_any_decisions(played: Played) -> None:
    case = played.case
    assert list(case.parties) == [f"P{n}" for n in range(1, len(case.parties) + 1)]
    assert list(case.posts) == list(range(1, len(case.posts) + 1))
    for things in case.things.values():
        assert list(things) == list(range(1, len(things) + 1))
    assert len({(task.name, task.number) for task in case.tasks}) == len(case.tasks)
    assert sum(task.name == "removal_deadline" for task in case.tasks) <= 1
    assert {label for post in case.posts.values() for label in post.targets} <= set(case.parties)
    if case.ended:
        assert {task.name for task in case.tasks} <= {
            "retention_review",
            "redeliver",
            "block_review",
            "prejudice_return",
        }
    assert {at.originator_id for at in played.events} == {UUID(str(case.id))}
