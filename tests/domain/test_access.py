"""Action 4 (P59): hiding and blocking on the school's own channels, with a review, and another way to be heard."""

from datetime import date
from typing import Any

import pytest

from casework.domain.phases import phase
from casework.domain.refusal import NothingToActOn
from tests.domain.playing import Played, continued, judged, reported

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


def reviews(played: Played) -> list[tuple[int | None, Any]]:
    return [(task.number, task.due) for task in played.case.tasks if task.name == "block_review"]


def hidden_and_gone(played: Played) -> tuple[bool, bool]:
    return played.case.posts[1].is_hidden, played.case.posts[1].is_gone


def twice_blocked() -> Played:
    """Return a case whose poster may write neither on the page nor to the class."""
    played = blocked()
    posted: dict[str, Any] = {"channel": "dojo", "posted_at": "2025-09-17T20:14:00+01:00", "targets": ["P1"]}
    played.when("u-deputy", "add_post", **posted)
    played.when("u-deputy", "capture_evidence", posts=[2], method="screenshot")
    played.when("u-deputy", "record_continued_use", posts=[2], limb="new_post", judged="inappropriate")
    facts = {**BLOCK, "posts": [2], "channel": "dojo", "scope": "messaging", "alternative_route": ROUTE}
    played.when("u-head", "block_access", **facts)
    return played


def test_rules_of_a_block_are_listed_together_as_the_channel_is() -> None:
    played = continued("fb-school")
    dojo = {**BLOCK, "channel": "dojo", "scope": "all"}
    assert played.refused("u-head", "block_access", **dojo) == ("R07", "R08")
    elsewhere = {**BLOCK, "channel": "fb-community", "scope": "all", "review_on": None}
    assert played.refused("u-head", "block_access", **elsewhere) == ("R07", "R09")


def test_a_post_is_hidden_once_it_is_on_file() -> None:
    played = reported("fb-school")
    hidden: dict[str, Any] = {"posts": [1], "channel": "fb-school", "at_platform": "hidden by page admin"}
    assert played.refused("u-office", "hide_content", **hidden) == ("R01",)
    assert hidden_and_gone(played) == (False, False)
    played.when("u-office", "capture_evidence", posts=[1], method="wacz")
    assert played.when("u-office", "hide_content", **hidden) == ["content-hidden"]
    assert hidden_and_gone(played) == (True, False)


def test_to_hide_a_post_before_it_is_on_file_is_for_the_headteacher_to_answer_for() -> None:
    played = reported("fb-school")
    hidden: dict[str, Any] = {"posts": [1], "channel": "fb-school"}
    override = {"rules": ["R01"], "code": "urgent_safety", "reason": "a child's address"}
    assert played.refused("u-office", "hide_content", **hidden, override=override) == ("R01",)
    assert played.when("u-head", "hide_content", **hidden, override=override) == ["content-hidden"]


def test_what_stands_elsewhere_the_school_can_hide_as_little_as_block() -> None:
    played = reported("fb-community")
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot")
    for channel in ("fb-community", "fb-school"):
        assert played.refused("u-head", "hide_content", posts=[1], channel=channel) == ("R07",)
    assert played.refused("u-deputy", "hide_content", posts=[1], channel="fb-community") == ("R12",)


def test_what_the_parent_says_against_a_block_leaves_it_in_force() -> None:
    played = blocked()
    said = played.when("u-office", "record_representations", number=1, text="wants to comment on match photos")
    assert said == ["representations-received"]
    assert played.case.tracks["access"] == "blocked"
    assert reviews(played) == [(1, date(2025, 10, 20))]


@pytest.mark.parametrize("decision", ["keep", "vary"])
def test_a_block_that_is_kept_or_varied_has_another_review(decision: str) -> None:
    played = blocked().at("2025-10-20T09:00:00+01:00")
    facts: dict[str, Any] = {"number": 1, "decision": decision, "reason": "no apology yet"}
    for review_on in (None, "2025-10-20", "2025-12-02"):
        assert played.refused("u-head", "review_block", **facts, review_on=review_on) == ("R09",)
    assert played.when("u-head", "review_block", **facts, review_on="2025-12-01") == ["access-block-reviewed"]
    assert reviews(played) == [(1, date(2025, 12, 1))]
    assert played.case.tracks["access"] == "blocked"


def test_a_block_that_is_lifted_restores_access_and_ends() -> None:
    played = blocked()
    lift: dict[str, Any] = {"number": 1, "decision": "lift", "reason": "apology, no repeat"}
    assert played.when("u-head", "review_block", **lift) == ["access-block-reviewed", "access-restored"]
    assert played.case.tracks["access"] == "restored"
    assert reviews(played) == []
    with pytest.raises(NothingToActOn, match="block 1 is lifted; expected one that is blocked"):
        played.when("u-head", "review_block", **lift)
    with pytest.raises(NothingToActOn, match="block 1 is lifted"):
        played.when("u-office", "record_representations", number=1, text="thank you")
    played.when("u-head", "check_post", posts=[1], result="removed", removed_by="page_admin")
    assert played.when("u-head", "close_incident", outcome="resolved_after_restriction", summary="quiet since")


def test_access_is_restored_only_with_the_last_block() -> None:
    played = twice_blocked()
    lift: dict[str, Any] = {"decision": "lift", "reason": "apology, no repeat"}
    played.when("u-head", "review_block", number=1, **lift)
    assert played.case.tracks["access"] == "blocked"
    assert reviews(played) == [(2, date(2025, 10, 20))]
    played.when("u-head", "review_block", number=2, **lift)
    assert played.case.tracks["access"] == "restored"


def test_a_lifted_block_has_no_day_for_a_review_and_every_review_has_a_reason() -> None:
    played = blocked()
    lift: dict[str, Any] = {"number": 1, "decision": "lift"}
    dated = {**lift, "review_on": "2025-10-20", "reason": "apology"}
    assert played.faults("u-head", "review_block", **dated) == [("/review_on", None)]
    assert played.faults("u-head", "review_block", **lift, reason=" ") == [("/reason", "R22")]


def test_a_review_is_the_headteachers_unless_the_post_concerns_them() -> None:
    played = blocked()
    lift: dict[str, Any] = {"number": 1, "decision": "lift", "reason": "apology"}
    assert played.refused("u-deputy", "review_block", **lift) == ("R12",)
    posted: dict[str, Any] = {"channel": "fb-school", "posted_at": "2025-09-17T20:14:00+01:00"}
    played.when("u-deputy", "add_post", **posted, targets=[{"person": "u-head"}])
    assert played.refused("u-head", "review_block", **lift) == ("R11",)


def test_the_list_of_actions_waits_for_the_decision_of_a_review_and_names_the_blocks() -> None:
    ability = twice_blocked().ability("u-head", "review_block")
    assert (ability.status, ability.needs, ability.numbers) == ("needs", ("decision",), (1, 2))


def test_a_review_decides_what_is_done_in_a_reopened_case() -> None:
    played = blocked()
    played.when("u-head", "check_post", posts=[1], result="visible")
    override = {"rules": ["R14"], "code": "hold_continues", "reason": "the block stays"}
    played.when("u-head", "close_incident", outcome="other", summary="s", override=override)
    played.when("u-head", "reopen_incident", reason="asks for a review")
    assert phase(played.case, played.now) == "under_review"
    played.when("u-head", "review_block", number=1, decision="lift", reason="apology")
    assert phase(played.case, played.now) == "escalation"
