"""Figures per term: each case is counted where it belongs, and governors can work out no small figure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from casework.application.read_models.folded import FoldedCase
from casework.application.statistics import (
    BREAKDOWNS,
    HIDDEN_BELOW,
    JUDGED,
    PARTS_OF_REPORTED,
    Spread,
    Statistics,
    concealed,
    statistics_of,
)
from casework.domain.event import Recorded
from casework.domain.folding import Draft, IncidentEvent
from tests.application.recording import folded
from tests.domain.playing import CALENDAR, OTHER_CASE, Played, continued, judged, reported

NOW = datetime.fromisoformat("2025-12-01T09:00:00+00:00")
AUTUMN = CALENDAR.terms[0]


class Corrected(IncidentEvent, frozen=True, kw_only=True):
    """Somebody was wrongly taken for the poster."""

    type_name: ClassVar[str] = "incident.poster-identity-corrected.v1"

    def apply(self, case: Draft, _at: Recorded) -> None:
        case.identity = None


def case_of(played: Played, *further: IncidentEvent) -> FoldedCase:
    """Return a case as the read models keep it, with further events that nothing decided."""
    events = [*played.events]
    for event in further:
        events.append(replace(events[-1], originator_version=len(events) + 1, event=event))
    return folded(events)


def figures(*cases: FoldedCase, **given: Any) -> Statistics:
    return statistics_of(cases, **{"term": AUTUMN, "calendar": CALENDAR, "now": NOW, **given})


def talked(channel: str = "fb-community") -> Played:
    """Return a case whose poster was talked to two days after the report, and whose post is gone a day later."""
    played = judged(channel)
    played.at("2025-09-20T10:00:00+01:00").when("u-deputy", "contact_parent", method="telephone", outcome="declined")
    played.at("2025-09-21T10:00:00+01:00").when("u-deputy", "check_post", posts=[1], result="removed")
    return played


def closed(played: Played, **more: Any) -> Played:
    played.when("u-head", "close_incident", outcome="other", summary="over", **more)
    return played


def test_a_case_is_counted_by_category_channel_and_association() -> None:
    found = figures(case_of(judged()), case_of(continued("fb-school")), case_of(reported()))
    assert (found.term, found.reported) == ("autumn_2025", 3)
    assert (found.inappropriate, found.undecided, found.no_breach) == (2, 1, 0)
    assert found.by_category == {"C4": 2}
    assert found.by_channel == {"fb-community": 2, "fb-school": 1}
    assert found.by_association == {"parent": 2}
    assert (found.hidden_below, found.includes_child_accounts, found.outside_terms) == (None, True, 0)


def test_a_case_belongs_to_the_term_it_was_reported_in_and_a_holiday_to_none() -> None:
    assert figures(case_of(judged())).reported == 1
    played = reported()
    moved = replace(folded(played.events).case, reported_at=datetime.fromisoformat("2025-12-29T09:00:00+00:00"))
    case = replace(folded(played.events), case=moved)
    found = figures(case)
    assert (found.reported, found.outside_terms) == (0, 1)
    assert figures(case, term=CALENDAR.terms[1]).reported == 0


def test_days_are_counted_from_the_report() -> None:
    found = figures(case_of(talked()), case_of(judged()))
    assert (found.days_to_contact, found.days_to_removal) == (
        Spread(cases=1, median=2),
        Spread(cases=1, median=3),
    )


def test_a_post_that_came_back_is_not_removed_and_one_seen_gone_twice_was_gone_the_first_time() -> None:
    again = talked().at("2025-09-25T10:00:00+01:00")
    again.when("u-deputy", "check_post", posts=[1], result="removed")
    back = talked().at("2025-09-25T10:00:00+01:00")
    back.when("u-deputy", "check_post", posts=[1], result="visible")
    assert figures(case_of(again)).days_to_removal == Spread(cases=1, median=3)
    assert figures(case_of(back)).days_to_removal == Spread(cases=0, median=None)


def test_a_post_that_went_before_it_was_judged_went_when_it_was_seen_gone() -> None:
    played = reported()
    played.at("2025-09-20T10:00:00+01:00").when("u-deputy", "check_post", posts=[1], result="removed")
    judging: dict[str, Any] = {"outcome": "inappropriate", "is_fair_comment_considered": True, "reason": "r"}
    played.at("2025-09-25T10:00:00+01:00").when("u-deputy", "decide_breach", **judging)
    assert figures(case_of(played)).days_to_removal == Spread(cases=1, median=2)


@pytest.mark.parametrize(
    ("facts", "cases"),
    [
        ({"outcome": "no_answer"}, 0),
        ({"outcome": "discussion_held", "purpose": "underlying_concern"}, 0),
        ({"outcome": "discussion_held", "party": {"person": "p-other"}}, 0),
        ({"outcome": "discussion_held"}, 1),
    ],
)
def test_only_a_talk_with_the_poster_about_the_post_is_a_first_step(facts: dict[str, Any], cases: int) -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", method="telephone", **facts)
    assert figures(case_of(played)).days_to_contact.cases == cases


def test_a_first_step_resolved_is_a_case_closed_after_it_and_after_nothing_else() -> None:
    found = figures(case_of(closed(talked())), case_of(talked()), case_of(continued()))
    assert (found.first_step_resolved, found.first_step_rate, found.escalated) == (1, 1.0, 1)
    untold = judged()
    untold.when("u-deputy", "check_post", posts=[1], result="removed")
    found = figures(case_of(closed(talked())), case_of(closed(untold)))
    assert (found.first_step_resolved, found.first_step_rate) == (1, 0.5)
    police = talked()
    police.when("u-head", "refer_to_police", route="101", grounds=["racial_element"], is_immediate=False)
    police.when("u-head", "record_police_outcome", number=1, outcome="no_action")
    police.when("u-head", "release_police_hold", number=1, consent="c") if police.case.things.get(
        "police_hold"
    ) else None
    found = figures(case_of(closed(police)))
    assert (found.first_step_resolved, found.police_referrals) == (0, 1)


def test_overrides_are_counted_by_rule_and_code_once_for_each_decision() -> None:
    played = judged()
    override = {"rules": ["R03", "R04"], "code": "repeat", "reason": "the third time"}
    played.when("u-head", "issue_warning", posts=[1], override=override)
    ahead = judged()
    ahead.when("u-head", "dispense_first_step", code="hostile", reason="threw a chair")
    assert figures(case_of(played), case_of(ahead)).overrides == {
        "R03": {"hostile": 1, "repeat": 1},
        "R04": {"repeat": 1},
    }


def test_threats_and_the_minutes_to_the_police_are_counted() -> None:
    played = reported()
    played.when("u-deputy", "categorise", codes=["C6"], primary="C6", characteristics=["race"])
    played.at("2025-09-18T09:07:30+01:00").when(
        "u-teacher", "refer_to_police", route="999", grounds=["threat_of_violence"], is_immediate=True
    )
    found = figures(case_of(played))
    assert (found.threats, found.police_referrals, found.return_counts) == (1, 1, {"race": 1})
    assert found.minutes_to_police == Spread(cases=1, median=7.5)


def withdrawn(**facts: Any) -> FoldedCase:
    played = judged()
    played.when("u-deputy", "withdraw_incident", reason="not another one", **facts)
    return case_of(played)


def test_what_was_withdrawn_is_not_counted_as_reported() -> None:
    cases = (
        withdrawn(because="duplicate", duplicate_of=str(OTHER_CASE)),
        withdrawn(because="error"),
        case_of(judged()),
    )
    found = figures(*cases)
    assert (found.reported, found.duplicates, found.withdrawn_in_error, found.by_category) == (1, 1, 1, {"C4": 1})


def test_a_corrected_identity_is_counted_and_its_poster_is_not() -> None:
    found = figures(case_of(judged(), Corrected()))
    assert (found.identity_corrected, found.by_association) == (1, {})


def test_neither_a_child_nor_who_answers_for_one_is_counted_as_a_poster() -> None:
    played = reported(kind="child_account")
    played.when(
        "u-deputy",
        "attribute_identity",
        party={"person": "p-parent"},
        confidence="confirmed",
        basis_code="admitted",
        basis="said so",
    )
    found = figures(case_of(played))
    assert (found.reported, found.by_association) == (1, {})


def test_no_breach_is_counted_apart() -> None:
    played = reported()
    played.when(
        "u-deputy", "decide_breach", outcome="not_inappropriate", reason="true", is_fair_comment_considered=True
    )
    found = figures(case_of(played))
    assert (found.reported, found.no_breach, found.inappropriate, found.undecided) == (1, 1, 0, 0)


COUNT = st.integers(0, 12)
PARTS = st.dictionaries(st.sampled_from(["C1", "C4", "C6", "C7"]), st.integers(1, 9))


@st.composite
def any_statistics(draw: st.DrawFn) -> Statistics:
    """Return figures that fit each other: three kinds of judgement are all that was reported, categories no more."""
    judged_as = {name: draw(COUNT) for name in JUDGED}
    whole = sum(judged_as.values())
    by_category: dict[str, int] = {}
    for name, count in draw(PARTS).items():
        by_category[name] = min(count, whole - sum(by_category.values()))
    spread = draw(COUNT)
    return replace(
        figures(),
        reported=whole,
        **judged_as,
        by_category={name: count for name, count in by_category.items() if count},
        **{name: draw(st.integers(0, whole)) for name in PARTS_OF_REPORTED},
        first_step_resolved=draw(st.integers(0, judged_as["inappropriate"])),
        first_step_rate=0.5,
        duplicates=draw(COUNT),
        police_referrals=draw(COUNT),
        days_to_contact=Spread(cases=spread, median=1.0),
        overrides={"R03": draw(PARTS)},
        outside_terms=draw(COUNT),
    )


def numbers(found: Any) -> Sequence[int]:
    """Return every count in an answer."""
    if isinstance(found, dict):
        return [number for each in found.values() for number in numbers(each)]
    return [found] if isinstance(found, int) and not isinstance(found, bool) else []


@given(any_statistics())
def test_governors_see_no_small_figure_and_none_that_gives_one_away(whole: Statistics) -> None:
    shown = asdict(concealed(whole))
    counted = {name: value for name, value in shown.items() if name not in {"hidden_below", "first_step_rate"}}
    counted |= {
        name: asdict(shown[name])["cases"] for name in ("days_to_contact", "days_to_removal", "minutes_to_police")
    }
    assert all(number >= HIDDEN_BELOW for number in numbers(counted))
    assert shown["hidden_below"] == HIDDEN_BELOW
    reported_, bad = whole.reported or 0, whole.inappropriate or 0
    wholes = {"judged": [shown[name] for name in JUDGED], **{name: shown[name].values() for name in BREAKDOWNS}}
    for parts in wholes.values():
        seen = sum(part or 0 for part in parts)
        assert not seen or not 0 < reported_ - seen < HIDDEN_BELOW
    for name in PARTS_OF_REPORTED:
        assert shown[name] is None or reported_ - shown[name] not in range(1, HIDDEN_BELOW)
    assert shown["first_step_resolved"] is None or bad - shown["first_step_resolved"] not in range(1, HIDDEN_BELOW)
    assert (shown["first_step_rate"] is None) == (shown["first_step_resolved"] is None)


def test_governors_see_what_is_not_small() -> None:
    cases = [case_of(continued()) for _ in range(6)]
    found = concealed(figures(*cases))
    assert (found.reported, found.inappropriate, found.escalated, found.by_category) == (6, 6, 6, {"C4": 6})
    assert (found.no_breach, found.threats, found.days_to_contact.cases) == (None, None, 6)
