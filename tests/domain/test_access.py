"""Action 4 (P59): a block, on a channel of the school's own, with a review, and never the only way to be heard."""

from datetime import date
from typing import Any

import pytest

from casework.domain.incident import phase
from tests.domain.playing import Played, continued, judged

BLOCK: dict[str, Any] = {
    "posts": [1],
    "channel": "fb-school",
    "scope": "comment",
    "review_on": "2025-10-20",
    "reason": "to protect the teacher",
}
ROUTE = "the office, by telephone or e-mail"


def blocked() -> Played:
    """Return a case whose poster may not comment on the school's page."""
    played = continued("fb-school")
    played.when("u-head", "block_access", **BLOCK)
    return played


def test_a_block_stands_on_its_track_until_its_review() -> None:
    played = blocked()
    assert played.case.tracks["access"] == "blocked"
    assert [(task.number, task.due) for task in played.case.tasks if task.name == "block_review"] == [
        (1, date(2025, 10, 20))
    ]
    assert phase(played.case, played.now) == "escalation"


def test_a_block_keeps_the_case_open() -> None:
    played = blocked()
    played.when("u-head", "check_post", posts=[1], result="removed", removed_by="page_admin")
    closing: dict[str, Any] = {"outcome": "resolved_after_restriction", "summary": "quiet since"}
    assert played.refused("u-head", "close_incident", **closing) == ("R14",)


def test_elsewhere_the_school_can_block_nobody() -> None:
    assert continued().refused("u-head", "block_access", **{**BLOCK, "channel": "fb-community"}) == ("R07",)


def test_a_block_is_for_the_channel_that_the_post_was_made_on() -> None:
    played = continued()
    assert played.refused("u-head", "block_access", **BLOCK) == ("R07",)
    posted: dict[str, Any] = {"channel": "fb-school", "posted_at": "2025-09-17T20:14:00+01:00", "targets": ["P1"]}
    played.when("u-deputy", "add_post", **posted)
    assert played.refused("u-head", "block_access", **BLOCK) == ("R07",)
    played.when("u-deputy", "capture_evidence", posts=[2], method="screenshot")
    played.when("u-deputy", "record_continued_use", posts=[2], limb="new_post", judged="inappropriate")
    assert played.when("u-head", "block_access", **{**BLOCK, "posts": [2]}) == ["access-blocked"]


def test_messages_are_cut_off_only_with_another_way_to_reach_the_school() -> None:
    played = continued("dojo")
    facts = {**BLOCK, "channel": "dojo", "scope": "messaging"}
    assert played.refused("u-head", "block_access", **facts) == ("R08",)
    assert played.refused("u-head", "block_access", **facts, alternative_route="  ") == ("R08",)
    assert played.when("u-head", "block_access", **facts, alternative_route=ROUTE) == ["access-blocked"]


def test_a_public_page_needs_no_other_way() -> None:
    assert blocked().case.numbers_of("block")[1].is_pending


@pytest.mark.parametrize("review_on", ["2025-09-17", "2025-09-18", "2025-10-31"])
def test_a_review_is_after_today_and_within_the_time_that_the_edition_states(review_on: str) -> None:
    assert continued("fb-school").refused("u-head", "block_access", **{**BLOCK, "review_on": review_on}) == ("R09",)


def test_a_block_without_a_review_date_is_refused_beside_whatever_else_fails() -> None:
    facts = {name: value for name, value in BLOCK.items() if name != "review_on"}
    assert continued("fb-school").refused("u-head", "block_access", **facts) == ("R09",)
    assert continued().refused("u-head", "block_access", **facts) == ("R07", "R09")


@pytest.mark.parametrize("review_on", ["2025-09-19", "2025-10-30"])
def test_the_first_and_the_last_day_for_a_review(review_on: str) -> None:
    assert continued("fb-school").when("u-head", "block_access", **{**BLOCK, "review_on": review_on})


def test_today_is_a_day_in_london() -> None:
    played = continued("fb-school").at("2025-09-19T00:30:00+01:00")
    assert played.refused("u-head", "block_access", **{**BLOCK, "review_on": "2025-09-19"}) == ("R09",)


def test_a_block_is_the_headteachers_and_waits_for_the_first_step() -> None:
    assert judged("fb-school").refused("u-head", "block_access", **BLOCK) == ("R03", "R04")
    assert continued("fb-school").refused("u-deputy", "block_access", **BLOCK) == ("R12",)


def test_a_restriction_to_protect_staff_may_come_before_a_refusal() -> None:
    played = judged("dojo")
    played.when("u-deputy", "contact_parent", method="telephone", outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1])
    override = {"rules": ["R04"], "code": "restriction_to_protect_staff", "reason": "a short pause"}
    facts = {**BLOCK, "channel": "dojo", "scope": "messaging", "alternative_route": ROUTE}
    assert played.when("u-head", "block_access", override=override, **facts) == [
        "escalation-threshold-overridden",
        "access-blocked",
    ]
