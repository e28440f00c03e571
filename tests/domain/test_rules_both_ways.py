"""Each rule of each row of the table of decisions, both ways: refused, and allowed once mended (domain.md 5, 6).

A decision that is allowed is broken by what one rule forbids, tried, mended, and taken. Whoever adds a rule to a row
has to say here how it is broken and mended; nothing else has to be listed.
"""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, Final

import pytest
from msgspec.structs import replace

from casework.domain.decision import Decision
from casework.domain.fact_checks import marks_of
from casework.domain.rule import Rule
from casework.domain.rules import ALL_RULES
from casework.domain.steps import BY_NAME, DECISIONS
from tests.compose_file import ROOT
from tests.domain.playing import RELATED, ROLES, Played, continued, edition, judged, reported
from tests.domain.ready import CHANNEL, READY, SURE, WHY, Try, ready
from tests.domain.row import FURTHER, OVERRIDES, may_set_aside

CHILD: Final[dict[str, Any]] = {"person": "k-child"}
FAMILY: Final[dict[str, Any]] = {"kind": "group", "name": "a Year 6 family"}
SET_ASIDE: Final[dict[str, Any]] = {"missing": ["refusal", "continuation"], "code": "grave_single_act", **WHY}
Step = Callable[[Try], Try]


def taking(by: str, name: str, **facts: Any) -> Step:
    """Return what takes another decision in the case first."""

    def taken(tried: Try) -> Try:
        tried.played.when(by, name, **facts)
        return tried

    return taken


def giving(**facts: Any) -> Step:
    """Return what changes the facts."""
    return lambda tried: tried.given(**facts)


def instead(start: Callable[[], Played], *decisions: tuple[str, str, dict[str, Any]]) -> Step:
    """Return what tries it in another case, in which these decisions were taken."""

    def other(tried: Try) -> Try:
        played = start()
        for by, name, facts in decisions:
            played.when(by, name, **facts)
        return tried._replace(played=played)

    return other


def unidentified() -> Played:
    """Return a case in which nobody is taken for the poster."""
    played = reported(CHANNEL)
    played.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    return played


def about_the_head(tried: Try) -> Try:
    """Add a post about the headteacher, who then tries."""
    posted: dict[str, Any] = {"channel": CHANNEL, "posted_at": "2025-09-17T21:00:00+01:00"}
    tried.played.when("u-deputy", "add_post", **posted, targets=[{"person": "u-head"}])
    return tried._replace(by="u-head")


def by_the_substitute(tried: Try) -> Try:
    """Give the case to the chair, who then tries."""
    tried.played.when("u-dsl", "assign", decision_maker="u-chair", why="conflict_of_interest")
    return tried._replace(by="u-chair")


def posted_by(person: str | None) -> Step:
    """Return what takes somebody for the poster: this person, or whoever tries. No decision could in a closed case."""

    def posted(tried: Try) -> Try:
        case = tried.played.case
        assert case.identity is not None
        poster = replace(case.parties[case.identity.party], person=person or tried.by)
        tried.played.case = replace(case, parties={**case.parties, poster.label: poster})
        return tried

    return posted


def judging(outcome: str) -> Step:
    """Return what judges the posts."""
    return taking("u-deputy", "decide_breach", posts=[1], outcome=outcome, is_fair_comment_considered=True, **WHY)


def naming(**sure: Any) -> Step:
    """Return what says how sure the school is of the poster."""
    return taking("u-deputy", "attribute_identity", party="P2", **sure)


WAYS: Final[Mapping[str, tuple[Step, Step]]] = {
    "R01": (
        taking("u-head", "verify_evidence", number=1, stored="missing"),
        taking("u-head", "verify_evidence", number=1, stored="intact"),
    ),
    "R02": (
        taking("u-dsl", "screen_safeguarding", is_hold=True, finding="other", **WHY),
        taking("u-dsl", "screen_safeguarding", is_hold=False, finding="other", **WHY),
    ),
    "R03": (
        instead(lambda: judged(CHANNEL), ("u-head", "override_threshold", SET_ASIDE)),
        taking("u-head", "dispense_first_step", code="hostile", **WHY),
    ),
    "R04": (
        instead(lambda: judged(CHANNEL), ("u-head", "dispense_first_step", {"code": "hostile", **WHY})),
        taking("u-head", "override_threshold", **SET_ASIDE),
    ),
    "R05": (naming(confidence="unverified", basis_code="name_match", basis="the same name"), naming(**SURE)),
    "R06": (giving(grounds=["crime_suspected"]), giving(crime="stalking")),
    "R07": (giving(channel="fb-community"), giving(channel=CHANNEL)),
    "R08": (
        lambda tried: instead(lambda: continued("dojo"))(tried).given(channel="dojo"),
        giving(alternative_route="the office, by telephone"),
    ),
    "R09": (giving(review_on=None), giving(review_on="2025-10-20")),
    "R10": (
        taking("u-head", "place_police_hold", **WHY),
        taking("u-head", "release_police_hold", number=1, consent="PC 411"),
    ),
    "R11": (about_the_head, by_the_substitute),
    "R14": (
        taking("u-dpo", "place_legal_hold", hold_cause="other", **WHY),
        taking("u-dpo", "release_legal_hold", number=1, **WHY),
    ),
    "R16": (judging("not_inappropriate"), judging("inappropriate")),
    "R18": (
        lambda tried: tried.given(template="L10")._replace(by="u-deputy"),
        lambda tried: tried.given(template="L04")._replace(by="u-deputy"),
    ),
    "R19": (
        taking("u-dpo", "place_legal_hold", hold_cause="other", **WHY),
        taking("u-dpo", "release_legal_hold", number=1, **WHY),
    ),
    "R21": (giving(party=CHILD), giving(party="P2")),
    "R24": (
        instead(lambda: judged(CHANNEL)),
        taking("u-head", "check_post", posts=[1], result="removed"),
    ),
}
"""How each rule is broken, and mended."""
OTHERWISE: Final[Mapping[tuple[str, str], tuple[Step, Step]]] = {
    ("R05", "attribute_identity"): (giving(party={"person": "p-other"}), giving(party="P2")),
    ("R05", "contact_parent"): (giving(party=FAMILY), giving(party="P2")),
    ("R05", "correct_identity"): (
        instead(unidentified),
        taking("u-deputy", "attribute_identity", party={"person": "p-parent"}, **SURE),
    ),
    **{("R11", name): (posted_by(None), posted_by("p-parent")) for name, rules in FURTHER.items() if rules == "R11"},
    ("R11", "assign"): (
        lambda tried: about_the_head(tried).given(decision_maker="u-head"),
        giving(decision_maker="u-chair"),
    ),
    ("R21", "attribute_identity"): (giving(party=CHILD), giving(party="P2")),
    ("R21", "correct_identity"): (giving(to=CHILD), giving(to=FAMILY)),
}
"""Where the facts of a decision ask for another way."""
ALONGSIDE: Final[Mapping[tuple[str, str], set[str]]] = {
    ("R02", "close_incident"): {"R14"},
    **{
        ("R21", name): {"R05"}
        for name in ("attribute_identity", "request_removal", "issue_warning", "block_access", "authorise_legal_action")
    },
}
"""What else must fail with a rule: a hold keeps a case open, too; no pupil is the identified poster."""
LISTED: Final = [(rule.id, decision.name) for decision in DECISIONS for rule in decision.rules]
NAMES: Final = tuple(READY)
REASONED: Final = (
    "add_note correct_entry transfer_evidence correct_identity screen_safeguarding refer_safeguarding decide_breach "
    "dispense_first_step request_removal consider_escalation override_threshold withdraw_warning place_police_hold "
    "release_police_hold review_block reopen_incident withdraw_incident place_legal_hold release_legal_hold "
    "review_retention erase_case"
)
"""The decisions whose row lists R22."""
ELSEWHERE: Final[Mapping[str, str]] = {
    "R15": "tests/api/test_bad_requests.py",
    "R23": "tests/api/test_file_with_a_decision.py",
}
"""Rules of the request and its reader, which no decision tries: the tests that reach them."""


def test_every_decision_has_a_case_in_which_it_is_allowed() -> None:
    assert set(READY) == set(BY_NAME)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_ready_is_allowed(name: str) -> None:
    assert ready(name).taken()


@pytest.mark.parametrize(("rule", "name"), LISTED)
def test_a_rule_of_a_row_refuses_and_allows_once_mended(rule: str, name: str) -> None:
    broken, mended = OTHERWISE.get((rule, name)) or WAYS[rule]
    tried = broken(ready(name))
    assert set(tried.refused()) == {rule, *ALONGSIDE.get((rule, name), ())}
    assert mended(tried).taken()


@pytest.mark.parametrize("name", NAMES)
def test_r12_another_role_is_refused_and_the_one_of_the_row_allowed(name: str) -> None:
    tried = ready(name)
    for by in (who for who, role in ROLES.items() if role not in BY_NAME[name].roles(edition())):
        assert tried._replace(by=by).refused() == ("R12",)
    assert tried.taken()


@pytest.mark.parametrize("name", [d.name for d in DECISIONS if d.is_for_open and d.name != "report_incident"])
def test_r13_what_ended_takes_what_may_come_late_and_the_rest_once_it_is_reopened(name: str) -> None:
    tried = ready(name)
    if not tried.played.case.ended:
        tried.played.when("u-deputy", "withdraw_incident", because="error", **WHY)
    if BY_NAME[name].is_for_closed:
        assert tried.taken()
        return
    assert tried.refused() == ("R13",)
    tried.played.when("u-head", "reopen_incident", **WHY)
    assert tried.taken()


@pytest.mark.parametrize("name", NAMES)
def test_r20_nothing_happens_in_the_future(name: str) -> None:
    tried = ready(name)
    tried.played.happened("2025-09-18T09:00:01+01:00")
    assert ("/occurred_at", "R20") in tried.faults()
    tried.played.happened("2025-09-18T09:00:00+01:00")
    assert tried.taken()


@pytest.mark.parametrize("name", NAMES)
def test_r22_a_reason_is_not_blank_where_one_is_asked_for(name: str) -> None:
    tried = ready(name)
    reasons = [
        fact for fact, marks in marks_of(BY_NAME[name].facts).items() if "reason" in marks and fact in tried.facts
    ]
    assert reasons or name not in REASONED.split()
    for fact in reasons:
        assert tried.given(**{fact: " \n"}).faults() == [(f"/{fact}", "R22")]
    assert tried.taken()


SOFT: Final = [(rule, decision) for decision in DECISIONS for rule in decision.rules if rule.soft]


@pytest.mark.parametrize(("rule", "decision"), SOFT, ids=lambda each: getattr(each, "id", None) or each.name)
def test_a_soft_rule_is_set_aside_by_who_may_with_each_code_and_by_nobody_else(rule: Rule, decision: Decision) -> None:
    broken, _ = OTHERWISE.get((rule.id, decision.name)) or WAYS[rule.id]
    able = [who for who, role in ROLES.items() if not decision.forbidden(role, edition(), READY[decision.name][2])]
    codes = OVERRIDES[rule.id][1].split()
    for by, code in product(set(able) - set(RELATED), codes):
        override = {"rules": [rule.id], "code": code, "reason": "so decided"}
        tried = broken(ready(decision.name))._replace(by=by).given(override=override)
        if may_set_aside(rule.id, ROLES[by], code):
            assert tried.taken()
        else:
            assert tried.refused() == (rule.id,)
    foreign = {"rules": [rule.id], "code": "because", "reason": "so decided"}
    assert broken(ready(decision.name)).given(override=foreign).faults() == [("/override/code", None)]
    assert rule.soft is not None
    assert list(rule.soft.codes) == codes


def test_every_rule_is_reached_in_both_directions() -> None:
    tried = {rule for rule, _ in LISTED} | {"R12", "R13", "R20", "R22"}
    assert {rule.id for rule in ALL_RULES} == tried | set(ELSEWHERE)
    for rule, path in ELSEWHERE.items():
        assert rule in (ROOT / path).read_text(encoding="utf-8"), path


def test_the_ways_are_for_rules_of_the_table() -> None:
    assert set(WAYS) == {rule for rule, _ in LISTED}
    assert set(OTHERWISE) <= set(LISTED)
    assert set(ALONGSIDE) <= set(LISTED)
