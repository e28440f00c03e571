"""Judging a post (P12-P22, P31-P39): what categories give somebody to do, what they prove, which laws there were."""

from typing import Any

import pytest

from casework.domain.due import LastSchoolDayOfTerm, MonthsAfterPosting
from casework.domain.refusal import BadFacts, Refused
from casework.domain.steps.judgement import (
    LIMITED_CATEGORIES,
    RETURNED_CATEGORIES,
    SCREENED_CATEGORIES,
    SafeguardingReferralMade,
)
from tests.domain.playing import Played, continued, edition, judged, reported

BREACH: dict[str, Any] = {"outcome": "inappropriate", "reason": "abuse", "is_fair_comment_considered": True}
REFERRED: dict[str, Any] = {"to": "lado", "reason": "harm alleged", "reference": "LADO 12/25"}


def categorised(*codes: str, played: Played | None = None, **facts: Any) -> Played:
    """Return a case of these categories, the first being the primary one."""
    played = played or reported()
    played.when("u-deputy", "categorise", codes=list(codes), primary=codes[0], **facts)
    return played


def tasks(played: Played) -> set[str]:
    return {task.name for task in played.case.tasks} - {"screen_safeguarding", "first_step"}


def early() -> Played:
    """Return a case with a post from before the Online Safety Act 2023, and one of the day that it came into force."""
    played = reported()
    for posted_at in ("2024-01-30T23:59:59+00:00", "2024-01-31T00:00:00+00:00"):
        posted: dict[str, Any] = {"channel": "fb-community", "posted_at": posted_at, "targets": ["P1"]}
        played.when("u-deputy", "add_post", **posted)
    return played


def test_what_the_code_says_of_categories_is_what_the_edition_says() -> None:
    rows = edition().categories
    assert {code for code, row in rows.items() if row.needs_screening} == SCREENED_CATEGORIES
    assert {code for code, row in rows.items() if row.limitation_task} == LIMITED_CATEGORIES
    assert {code for code, row in rows.items() if row.prejudice_return} == RETURNED_CATEGORIES
    assert [code for code in rows if edition().proves_nothing([code])] == ["C2"]


def test_a_defamatory_post_opens_the_year_in_which_one_may_sue() -> None:
    played = categorised("C3", "C4")
    assert [task.due for task in played.case.tasks if task.name == "defamation_limitation"] == [
        MonthsAfterPosting(12, warns=(9, 11))
    ]
    assert tasks(categorised("C4")) == set()


@pytest.mark.parametrize(
    "facts", [{"codes": ["C5"]}, {"codes": ["C4"], "characteristics": ["disability"]}], ids=["C5", "a characteristic"]
)
def test_prejudice_opens_the_return_of_the_term(facts: dict[str, Any]) -> None:
    played = reported()
    played.when("u-deputy", "categorise", primary=facts["codes"][0], **facts)
    assert [task.due for task in played.case.tasks if task.name == "prejudice_return"] == [LastSchoolDayOfTerm()]


def test_other_categories_take_their_tasks_away_again() -> None:
    played = categorised("C3", "C5", characteristics=["race"])
    assert tasks(played) == {"defamation_limitation", "prejudice_return"}
    assert tasks(categorised("C5", played=played)) == {"prejudice_return"}
    assert tasks(categorised("C3", played=played)) == {"defamation_limitation"}
    assert tasks(categorised("C4", played=played)) == set()


def test_a_task_that_was_settled_comes_back_only_with_a_category_that_was_gone() -> None:
    played = categorised("C5")
    played.when("u-office", "notify_affected", kind="prejudice_return", period="autumn_2025", said="to the authority")
    assert tasks(categorised("C5", "C4", played=played)) == set()
    categorised("C4", played=played)
    assert tasks(categorised("C5", played=played)) == {"prejudice_return"}


def test_the_safeguarding_lead_has_to_look_until_then_at_whatever_needs_it() -> None:
    def is_due(played: Played) -> bool:
        return "screen_safeguarding" in {task.name for task in played.case.tasks}

    played = categorised("C4")
    assert not is_due(played)
    assert is_due(categorised("C1", "C4", played=played))
    assert not is_due(categorised("C4", played=played))
    assert is_due(categorised("C7", played=played))
    played.when("u-dsl", "screen_safeguarding", is_hold=False, finding="other", reason="looked at")
    assert not is_due(categorised("C1", played=played))
    childs = reported("insta", kind="child_account")
    childs.when("u-dsl", "categorise", codes=["C4"], primary="C4")
    assert is_due(childs)
    childs.when("u-dsl", "screen_safeguarding", is_hold=False, finding="other", reason="looked at")
    assert not is_due(childs)


def test_the_year_to_sue_ends_with_the_case() -> None:
    played = categorised("C3")
    played.when("u-head", "close_incident", outcome="other", summary="s")
    assert tasks(played) == {"retention_review"}


def test_a_referral_settles_the_call_that_a_safeguarding_hold_asks_for_and_leaves_the_hold() -> None:
    played = reported()
    played.when("u-dsl", "screen_safeguarding", is_hold=True, finding="harm_threshold_may_be_met", reason="look")
    assert tasks(played) == {"lado_contact"}
    assert played.when("u-dsl", "refer_safeguarding", **REFERRED) == ["safeguarding-referral-made"]
    assert tasks(played) == set()
    assert played.case.is_held("safeguarding_hold")


def test_a_referral_is_the_safeguarding_leads_and_for_few_eyes() -> None:
    played = reported()
    for by in ("u-head", "u-deputy", "u-office"):
        assert played.refused(by, "refer_safeguarding", **REFERRED) == ("R12",)
    assert played.faults("u-dsl", "refer_safeguarding", **{**REFERRED, "reason": " "}) == [("/reason", "R22")]
    played.when("u-dsl", "refer_safeguarding", to="mash", reason="a child may be at risk")
    assert played.events[-1].carried.sensitivity == "dsl"
    assert isinstance(played.events[-1].event, SafeguardingReferralMade)


def test_a_complaint_alone_is_never_judged_inappropriate() -> None:
    played = categorised("C2")
    assert played.faults("u-head", "decide_breach", **BREACH) == [("/outcome", None)]
    with pytest.raises(BadFacts, match="a category besides complaint"):
        played.when("u-head", "decide_breach", **BREACH)
    for outcome in ("not_inappropriate", "insufficient_evidence"):
        assert played.when("u-head", "decide_breach", **{**BREACH, "outcome": outcome}) == ["breach-decided"]
    categorised("C4", "C2", played=played)
    assert played.when("u-head", "decide_breach", **BREACH) == ["breach-decided"]


def test_a_complaint_alone_is_acted_upon_by_no_way_round() -> None:
    played = judged()
    categorised("C2", played=played)
    assert played.refused("u-deputy", "request_removal", posts=[1]) == ("R16",)
    with pytest.raises(Refused, match=r"needs a category besides complaint.* which a complaint alone is not"):
        played.when("u-deputy", "request_removal", posts=[1])
    went_on = continued()
    categorised("C2", played=went_on)
    assert went_on.refused("u-head", "issue_warning", posts=[1]) == ("R16",)
    assert went_on.refused("u-head", "report_to_host", posts=[1], basis="policy_report") == ("R16",)
    categorised("C2", "C4", played=went_on)
    assert went_on.when("u-head", "issue_warning", posts=[1])[0] == "warning-issued"


def test_a_law_is_named_of_a_post_only_if_it_was_in_force_when_the_post_was_made() -> None:
    played = early()
    judging = {**BREACH, "law_tags": ["osa_2023_s181", "pha_1997", "osa_2023_s179"]}
    assert played.faults("u-head", "decide_breach", **judging, posts=[2]) == [("/law_tags", None), ("/law_tags", None)]
    assert played.faults("u-head", "decide_breach", **judging, posts=[3, 2]) == [("/law_tags", None)] * 2
    assert played.faults("u-head", "decide_breach", **judging) == [("/law_tags", None)] * 2
    assert played.when("u-head", "decide_breach", **judging, posts=[1, 3]) == ["breach-decided"]
    undated = {**BREACH, "law_tags": ["pha_1997", "mca_1988_s1"]}
    assert played.when("u-head", "decide_breach", **undated) == ["breach-decided"]


def test_a_case_is_put_under_a_law_that_was_in_force_for_one_of_its_posts() -> None:
    facts: dict[str, Any] = {"codes": ["C6"], "primary": "C6", "law_tags": ["osa_2023_s181"]}
    assert early().when("u-deputy", "categorise", **facts) == ["categorised"]
    old = Played().at("2024-02-01T09:00:00+00:00")
    posted: dict[str, Any] = {"channel": "fb-community", "posted_at": "2024-01-30T20:00:00+00:00", "targets": []}
    old.when("u-deputy", "report_incident", **posted)
    assert old.faults("u-deputy", "categorise", **facts) == [("/law_tags", None)]
