"""Facts that cannot be: each is refused with what was expected and what was found, and changes nothing.

What is personal is never repeated in an answer. Bodies that are no JSON, headers and files have files of their own.
"""

from typing import Any

import pytest

from tests.api.fix_refusals import Tried, faults
from tests.api.test_first_story import REPORT

POST = {name: value for name, value in REPORT.items() if name not in {"how_seen", "discovered_at"}}
CHECK = {"posts": [1], "result": "visible"}
CATEGORIES = {"codes": ["C4"], "primary": "C4"}
IDENTITY = {
    "party": {"person": "p-mallinson"},
    "confidence": "probable",
    "basis": "profile name and photograph",
    "basis_code": "profile_match",
}
INSTANT = "an instant with its offset, such as 2026-09-14T16:40:00+01:00"


def test_a_time_without_an_offset_is_refused_wherever_a_time_may_stand(tried: Tried) -> None:
    naive = {
        "posted_at": "2025-09-17T20:14:00",
        "occurred_at": "2025-09-18T09:00:00",
        "expires_at": "2025-09-18T20:00:00",
    }
    answer = tried.refused(422, "invalid", "posts", POST | naive, rules=("R20",))
    assert faults(answer) == {f"/{name}": (INSTANT, "a time without an offset") for name in naive}
    assert {error["rule"] for error in answer.json["errors"]} == {"R20"}


def test_words_are_no_time_and_no_reason_to_name_a_rule(tried: Tried) -> None:
    answer = tried.refused(422, "invalid", "posts", POST | {"posted_at": "yesterday"}, rules=())
    assert faults(answer) == {"/posted_at": (INSTANT, "a string of 9 characters")}
    assert "rule" not in answer.json["errors"][0]


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_that_no_calendar_of_ours_reaches_is_refused(tried: Tried, instant: str) -> None:
    for path, facts in (
        ("posts", POST | {"posted_at": "2025-09-17T20:14:00+01:00", "expires_at": instant}),
        ("contacts", {"method": "telephone", "outcome": "meeting_arranged", "meeting_at": instant}),
    ):
        answer = tried.refused(422, "invalid", path, facts, rules=())
        [(pointer, (expected, _))] = faults(answer).items()
        assert pointer in {"/expires_at", "/meeting_at"}
        assert expected == "an instant between the years 1900 and 2199"


@pytest.mark.parametrize(
    ("path", "facts", "pointer"),
    [
        ("/v1/incidents", REPORT | {"posted_at": "2031-01-01T00:00:00+00:00"}, "/posted_at"),
        ("/v1/incidents", REPORT | {"discovered_at": "2031-01-01T00:00:00+00:00"}, "/discovered_at"),
        ("posts", POST | {"occurred_at": "2025-09-22T10:00:01+01:00"}, "/occurred_at"),
    ],
)
def test_a_time_in_the_future_is_refused(tried: Tried, path: str, facts: dict[str, Any], pointer: str) -> None:
    answer = tried.refused(422, "invalid", path, facts, rules=("R20",))
    found = facts[pointer[1:]]
    assert faults(answer) == {pointer: ("an instant that is not in the future", found)}
    assert answer.json["errors"][0]["rule"] == "R20"


@pytest.mark.parametrize(
    ("path", "facts", "pointer"),
    [
        ("/v1/incidents", REPORT | {"discovered_at": "2025-09-17T20:13:59+01:00"}, "/discovered_at"),
        ("post-checks", CHECK | {"occurred_at": "2025-09-17T20:00:00+01:00"}, "/occurred_at"),
    ],
)
def test_a_time_before_the_post_that_it_is_about_is_refused(
    tried: Tried, path: str, facts: dict[str, Any], pointer: str
) -> None:
    answer = tried.refused(422, "invalid", path, facts, rules=("R20",))
    assert faults(answer) == {pointer: ("an instant not before the post", facts[pointer[1:]])}


def test_a_deadline_that_has_passed_when_it_is_set_is_refused(tried: Tried) -> None:
    facts = {"posts": [1], "due_at": "2025-09-22T09:00:00+01:00", "urgent_reason": "a child is named"}
    answer = tried.refused(422, "invalid", "removal-requests", facts, rules=("R20",))
    assert faults(answer) == {"/due_at": ("an instant after the request", "2025-09-22T09:00:00+01:00")}


def test_every_fault_is_named_at_once_by_its_place(tried: Tried) -> None:
    facts = {
        "posted_at": None,
        "targets": ["P1", {"person": "u-t5", "shoe_size": 4}, 7, {"kind": "adult"}],
        "count": "5",
        "words": "a\x00b",
        "url": ["https://facebook.example"],
        "colour/of~hair": "red",
    }
    answer = tried.refused(422, "invalid", "posts", facts, rules=())
    assert faults(answer) == {
        "/channel": ("a value", "nothing"),
        "/posted_at": ("a value other than null", "null"),
        "/targets/1/shoe_size": ("no such field", "a number"),
        "/targets/3": ("an object with person, or with a name", "an object"),
        "/targets/2": ("a valid label or object naming a person", "a number"),
        "/count": ("a valid whole number", "a string of 1 characters"),
        "/words": ("text without control characters", "a string of 3 characters"),
        "/url": ("a valid string", "a list of 1"),
        "/colour~1of~0hair": ("no such field", "a string of 3 characters"),
    }
    assert answer.json["detail"] == "The request holds 9 faults: see errors."


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ("5", "a string of 1 characters"),
        (5.5, "a number"),
        (True, "true"),
        (None, "null"),
        ([5], "a list of 1"),
        ({}, "an object"),
        (0, "a number"),
        (501, "a number"),
        (10**30, "a number"),
    ],
)
def test_a_number_is_a_whole_number_in_its_range(tried: Tried, wrong: Any, found: str) -> None:
    answer = tried.refused(422, "invalid", "posts", POST | {"count": wrong}, rules=())
    assert list(faults(answer)) == ["/count"]
    assert faults(answer)["/count"][1] == found


@pytest.mark.parametrize(
    ("path", "facts", "pointer", "allowed"),
    [
        ("post-checks", CHECK | {"result": "gone"}, "/result", ("visible", "edited", "removed", "unavailable")),
        ("categorisations", CATEGORIES | {"codes": ["C4", "C9"]}, "/codes/1", ("C0", "C7")),
        ("categorisations", CATEGORIES | {"characteristics": ["hair"]}, "/characteristics/0", ("age", "race")),
        ("identifications", IDENTITY | {"basis_code": "gossip"}, "/basis_code", ("name_match", "admitted")),
        ("posts", POST | {"targets": [{"kind": "robot", "name": "R"}]}, "/targets/0/kind", ("adult", "pupil")),
    ],
)
def test_an_unknown_code_is_refused_and_the_known_ones_are_listed(
    tried: Tried, path: str, facts: dict[str, Any], pointer: str, allowed: tuple[str, ...]
) -> None:
    answer = tried.refused(422, "invalid", path, facts, rules=())
    [(place, (expected, _))] = faults(answer).items()
    assert place == pointer
    assert expected.startswith("must be one of: ")
    assert set(allowed) <= set(expected.removeprefix("must be one of: ").split(", "))


BY_NAME_ALONE = IDENTITY | {"basis_code": "name_match"}
REFERRAL = {"route": "101", "grounds": ["racial_element"], "is_immediate": False, "evidence_nos": [2]}
WORDLESS = {"codes": ["C0"], "primary": "C0", "other_text": " \n"}


@pytest.mark.parametrize(
    ("path", "facts", "fault"),
    [
        ("post-checks", CHECK | {"posts": [1, 4]}, ("/posts", "posts of this case: [1]", "4")),
        (
            "posts",
            POST | {"channel": "myspace"},
            ("/channel", "one of ['fb-community', 'fb-school']", "an unknown channel"),
        ),
        ("posts", POST | {"targets": ["P9"]}, ("/targets", "one of ['P1', 'P2'], or a person", "P9")),
        (
            "posts",
            POST | {"targets": [{"person": "u-nobody"}]},
            ("/targets/person", "an id of the people directory", "an unknown id"),
        ),
        ("police-referrals", REFERRAL, ("/evidence_nos", "evidence of this case, 1 to 1", "2")),
        ("categorisations", CATEGORIES | {"primary": "C5"}, ("/primary", "one of the codes given: ['C4']", "C5")),
        ("categorisations", WORDLESS, ("/other_text", "words that say what C0 is here", "blank text")),
        ("identifications", BY_NAME_ALONE, ("/confidence", "unverified, if by name_match", "probable")),
    ],
)
def test_what_the_case_or_the_school_does_not_know_is_refused(
    tried: Tried, path: str, facts: dict[str, Any], fault: tuple[str, str, str]
) -> None:
    answer = tried.refused(422, "invalid", path, facts, rules=())
    assert faults(answer) == {fault[0]: fault[1:]}


@pytest.mark.parametrize(
    ("path", "facts", "pointer"),
    [
        ("identifications", IDENTITY | {"basis": " "}, "/basis"),
        ("police-holds", {"reason": "\u2003\n"}, "/reason"),
        (
            "removal-requests",
            {"posts": [1], "due_at": "2025-09-23T12:00:00+01:00", "urgent_reason": ""},
            "/urgent_reason",
        ),
    ],
)
def test_a_blank_reason_is_refused(tried: Tried, path: str, facts: dict[str, Any], pointer: str) -> None:
    answer = tried.refused(422, "invalid", path, facts, by="u-head", rules=("R22",))
    assert faults(answer) == {pointer: ("a reason in words", "blank text")}
    assert answer.json["errors"][0]["rule"] == "R22"


def test_a_deadline_other_than_the_policys_without_a_reason_is_refused(tried: Tried) -> None:
    facts = {"posts": [1], "due_at": "2025-09-23T12:00:00+01:00"}
    answer = tried.refused(422, "invalid", "removal-requests", facts, rules=("R22",))
    assert faults(answer) == {"/urgent_reason": ("a reason, where the deadline is not the policy's", "nothing")}


@pytest.mark.parametrize(
    ("override", "pointer", "expected", "found"),
    [
        (
            {"rules": ["R01"], "code": "already_gone"},
            "/override/rules",
            "failing soft rules: ['R04']",
            "R01, which holds or is none of these",
        ),
        (
            {"rules": ["R99"], "code": "other"},
            "/override/rules",
            "failing soft rules: ['R04']",
            "R99, which holds or is none of these",
        ),
    ],
)
def test_an_override_of_a_rule_that_does_not_fail_is_refused(
    tried: Tried, override: dict[str, Any], pointer: str, expected: str, found: str
) -> None:
    facts = {"posts": [1], "override": override | {"reason": "it is urgent"}}
    answer = tried.refused(422, "invalid", "warnings", facts, by="u-head", rules=())
    assert faults(answer) == {pointer: (expected, found)}


def test_an_override_with_the_code_of_another_rule_is_refused(tried: Tried) -> None:
    facts = {"posts": [1], "override": {"rules": ["R04"], "code": "platform_prevents", "reason": "it is urgent"}}
    answer = tried.refused(422, "invalid", "warnings", facts, by="u-head", rules=())
    [(place, (expected, found))] = faults(answer).items()
    assert (place, found) == ("/override/code", "a code that does not fit")
    assert "'grave_single_act', 'repeat'" in expected


def test_an_override_without_a_reason_is_refused(tried: Tried) -> None:
    facts = {"posts": [1], "override": {"rules": ["R04"], "code": "repeat", "reason": " "}}
    answer = tried.refused(422, "invalid", "warnings", facts, by="u-head", rules=("R22",))
    assert faults(answer) == {"/override/reason": ("a reason in words", "blank text")}


def test_a_hard_rule_cannot_be_overridden(tried: Tried) -> None:
    facts = {"posts": [1], "override": {"rules": ["R02"], "code": "other", "reason": "it is urgent"}}
    answer = tried.refused(422, "invalid", "warnings", facts, by="u-head", case=tried.new, rules=())
    found = "R02, which cannot be overridden"
    assert faults(answer) == {"/override/rules": ("failing soft rules: ['R01', 'R03', 'R04']", found)}


def test_a_decision_that_knows_no_soft_rule_takes_no_override(tried: Tried) -> None:
    facts = CHECK | {"override": {"rules": ["R01"], "code": "other", "reason": "it is urgent"}}
    answer = tried.refused(422, "invalid", "post-checks", facts, rules=())
    assert faults(answer) == {"/override": ("no such field", "an object")}


def test_no_answer_repeats_what_may_be_somebodys_name(tried: Tried) -> None:
    canary = "Canary-4711"
    for facts in (
        POST | {"channel": 5, "words": canary + "\x00", "targets": canary},
        POST | {"targets": [canary]},
        POST | {"targets": [{"person": canary}]},
        POST | {"channel": canary},
    ):
        answer = tried.refused(422, "invalid", "posts", facts, rules=())
        assert canary not in answer.text
