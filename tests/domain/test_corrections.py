"""An entry that is wrong stays as it is; another one says what is right, and what only words say follows (P12)."""

from typing import Any

import pytest

from casework.domain.refusal import BadFacts
from tests.domain.playing import CASE, Played, judged, reported

RIGHT = "https://facebook.example/groups/rowanlane/posts/102"
URL: dict[str, Any] = {"corrects": f"{CASE}/3", "field": "url", "value": RIGHT, "reason": "the wrong link was pasted"}
SCREENED: dict[str, Any] = {"is_hold": False, "finding": "other", "reason": "no concern"}


def expected(played: Played, by: str, **facts: Any) -> dict[str, tuple[str, str | None]]:
    """Return what was expected instead of each fact that cannot be, and the rule."""
    with pytest.raises(BadFacts) as caught:
        played.when(by, "correct_entry", **facts)
    return {fault.pointer: (fault.expected, fault.rule) for fault in caught.value.faults}


def test_the_entry_stays_and_the_address_follows() -> None:
    played = reported()
    before = played.events[2]
    assert played.when("u-deputy", "correct_entry", **URL) == ["entry-corrected"]
    assert played.events[2] is before
    assert played.case.posts[1].url == RIGHT
    [correction] = played.case.corrections
    assert (correction.corrects, correction.field, correction.value) == (f"{CASE}/3", "url", RIGHT)
    played.when("u-deputy", "correct_entry", **{**URL, "value": f"{RIGHT}?c=1"})
    assert played.case.posts[1].url == f"{RIGHT}?c=1"
    assert len(played.case.corrections) == 2


def test_only_the_posts_of_that_entry_follow() -> None:
    played = reported()
    more: dict[str, Any] = {"channel": "dojo", "posted_at": "2025-09-17T20:14:00+01:00", "targets": ["P1"]}
    played.when("u-deputy", "add_post", **more, count=2, url="https://x.example/1")
    played.when("u-deputy", "correct_entry", **{**URL, "corrects": f"{CASE}/4"})
    assert [post.url for post in played.case.posts.values()][1:] == [RIGHT, RIGHT]
    assert played.case.posts[1].url != RIGHT


def test_the_name_of_somebody_who_was_described_follows_and_that_of_a_known_person_does_not() -> None:
    played = reported()
    posted: dict[str, Any] = {"channel": "dojo", "posted_at": "2025-09-17T20:14:00+01:00"}
    played.when("u-deputy", "add_post", **posted, targets=[{"kind": "group", "name": "a Year 6 family"}])
    for version, label in ((4, "P2"), (2, "P1")):
        facts: dict[str, Any] = {
            "corrects": f"{CASE}/{version}",
            "field": "name",
            "value": "a Year 5 family",
            "reason": "misheard",
        }
        played.when("u-deputy", "correct_entry", **facts)
        assert (played.case.parties[label].name == "a Year 5 family") is (label == "P2")


def test_what_a_rule_rests_on_is_not_changed_by_words() -> None:
    played = reported()
    when: dict[str, Any] = {
        "corrects": f"{CASE}/3",
        "field": "posted_at",
        "value": "2025-09-16T20:14:00+01:00",
        "reason": "misread",
    }
    played.when("u-deputy", "correct_entry", **when)
    assert played.case.posts[1].posted_at.isoformat() == "2025-09-17T20:14:00+01:00"
    assert played.case.corrections[0].value == "2025-09-16T20:14:00+01:00"


@pytest.mark.parametrize("corrects", [f"{CASE}/4", f"{CASE}/99", "00000000-0000-4000-8000-000000000000/1"])
def test_only_an_entry_of_this_case_is_corrected(corrects: str) -> None:
    found = expected(reported(), "u-deputy", **{**URL, "corrects": corrects})
    assert list(found) == ["/corrects"]
    assert found["/corrects"][0].endswith(f"{CASE}/1 to {CASE}/3")


def test_a_field_is_one_of_that_entry_and_all_of_them_are_named() -> None:
    found = expected(reported(), "u-deputy", **{**URL, "field": "reference"})
    fields = ["channel", "count", "expires_at", "post_no", "posted_at", "targets", "url", "words"]
    assert found == {"/field": (f"one of {fields}", None)}


def test_who_somebody_is_is_not_said_by_a_correction() -> None:
    person: dict[str, Any] = {**URL, "corrects": f"{CASE}/2", "field": "person", "value": "p-other"}
    assert list(expected(reported(), "u-deputy", **person)) == ["/field"]


@pytest.mark.parametrize(
    ("version", "field", "value", "expects", "rule"),
    [
        (1, "kind", "adult", "one of ['adult_post', 'child_account']", None),
        (3, "posted_at", "yesterday", "what this field can hold", None),
        (3, "posted_at", "2025-09-16T20:14:00", "an instant with its offset", "R20"),
        (3, "posted_at", "2025-09-18T09:00:01+01:00", "an instant that is not in the future", "R20"),
        (3, "count", "many", "what this field can hold", None),
        (3, "targets", '["nobody"]', "what this field can hold", None),
    ],
)
def test_a_value_is_one_that_the_field_can_hold(
    version: int, field: str, value: str, expects: str, rule: str | None
) -> None:
    facts: dict[str, Any] = {**URL, "corrects": f"{CASE}/{version}", "field": field, "value": value}
    assert expected(reported(), "u-deputy", **facts) == {"/value": (expects, rule)}


@pytest.mark.parametrize(
    ("version", "field", "value"),
    [
        (1, "kind", "child_account"),
        (1, "summary", "a group post about a teacher"),
        (3, "posted_at", "2025-09-16T20:14:00+01:00"),
        (3, "expires_at", "2025-09-19T20:14:00+01:00"),
        (3, "count", "3"),
        (3, "targets", '["P1", "P2"]'),
        (3, "words", ""),
    ],
)
def test_what_the_field_can_hold_is_taken(version: int, field: str, value: str) -> None:
    facts: dict[str, Any] = {**URL, "corrects": f"{CASE}/{version}", "field": field, "value": value}
    assert reported().when("u-deputy", "correct_entry", **facts) == ["entry-corrected"]


def test_a_correction_is_not_corrected_but_the_entry_again() -> None:
    played = reported()
    played.when("u-deputy", "correct_entry", **URL)
    again: dict[str, Any] = {**URL, "corrects": f"{CASE}/4", "field": "value", "value": "x"}
    assert list(expected(played, "u-deputy", **again)) == ["/corrects"]


def test_what_is_right_is_as_sensitive_as_what_was_wrong_and_only_its_readers_say_it() -> None:
    played = judged()
    played.when("u-dsl", "screen_safeguarding", **SCREENED)
    facts: dict[str, Any] = {
        **URL,
        "corrects": f"{CASE}/{played.case.version}",
        "field": "reason",
        "value": "no harm alleged",
    }
    assert list(expected(played, "u-deputy", **facts)) == ["/corrects"]
    played.when("u-dsl", "correct_entry", **facts)
    assert played.case.corrections[-1].sensitivity == "dsl"
    played.when("u-dsl", "correct_entry", **URL)
    assert [at.carried.sensitivity for at in played.events[-2:]] == ["dsl", "open"]


def test_the_words_of_restricted_evidence_are_not_said_beside_it() -> None:
    played = reported()
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot", restricted=["slur"], text="the slur")
    facts: dict[str, Any] = {**URL, "corrects": f"{CASE}/4", "field": "text", "value": "the slur, spelt right"}
    assert "'text'" not in expected(played, "u-deputy", **facts)["/field"][0]
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot", text="seen by a member")
    assert played.when("u-deputy", "correct_entry", **{**facts, "corrects": f"{CASE}/5"}) == ["entry-corrected"]


def test_a_reason_is_given_and_whoever_the_post_is_about_corrects_nothing() -> None:
    assert reported().faults("u-deputy", "correct_entry", **{**URL, "reason": " "}) == [("/reason", "R22")]
    played = Played()
    about: dict[str, Any] = {
        "channel": "dojo",
        "posted_at": "2025-09-17T20:14:00+01:00",
        "targets": [{"person": "u-head"}],
    }
    played.when("u-deputy", "report_incident", **about)
    assert played.refused("u-head", "correct_entry", **URL) == ("R11",)
    assert played.when("u-deputy", "correct_entry", **URL) == ["entry-corrected"]


def test_staff_who_only_report_correct_nothing() -> None:
    assert reported().refused("u-teacher", "correct_entry", **URL) == ("R12",)
