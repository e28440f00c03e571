"""Facts that cannot be: each is named, all at once, and nothing is recorded (domain.md 12)."""

from typing import Any

import msgspec
import pytest

from casework.domain.refusal import BadFacts
from tests.domain.playing import judged, reported

POSTED: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-17T20:14:00+01:00", "targets": ["P1"]}
SURE: dict[str, Any] = {"party": {"person": "p-parent"}, "basis_code": "name_match", "basis": "the same name"}
BREACH: dict[str, Any] = {"outcome": "inappropriate", "reason": "abuse", "is_fair_comment_considered": True}


@pytest.mark.parametrize("posted_at", ["2025-09-18T09:00:01+01:00", "2025-09-18T08:00:01Z"])
def test_nothing_was_posted_in_the_future(posted_at: str) -> None:
    assert reported().faults("u-deputy", "add_post", **{**POSTED, "posted_at": posted_at}) == [("/posted_at", "R20")]


def test_a_time_without_offset_is_no_instant() -> None:
    with pytest.raises(msgspec.ValidationError, match="timezone"):
        reported().when("u-deputy", "add_post", **{**POSTED, "posted_at": "2025-09-17T20:14:00"})


def test_nothing_happens_in_the_future() -> None:
    played = reported().happened("2025-09-18T09:00:01+01:00")
    assert played.faults("u-deputy", "categorise", codes=["C4"], primary="C4") == [("/occurred_at", "R20")]


@pytest.mark.parametrize(
    ("happened", "captured", "faults"),
    [
        ("2025-09-17T20:13:00+01:00", "2025-09-17T20:14:00+01:00", [("/occurred_at", "R20")]),
        ("2025-09-18T08:00:00+01:00", "2025-09-17T20:13:59+01:00", [("/captured_at", "R20")]),
        ("2025-09-17T20:14:00+01:00", "2025-09-17T20:14:00+01:00", []),
    ],
)
def test_no_post_is_captured_before_it_was_made(happened: str, captured: str, faults: list[Any]) -> None:
    played = reported().happened(happened)
    facts: dict[str, Any] = {"posts": [1], "method": "screenshot", "captured_at": captured}
    if faults:
        assert played.faults("u-deputy", "capture_evidence", **facts) == faults
    else:
        assert played.when("u-deputy", "capture_evidence", **facts) == ["evidence-captured"]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("contact_parent", {"method": "telephone", "outcome": "discussion_held"}),
        ("record_removal_response", {"number": 1, "response": "refused"}),
    ],
)
def test_nobody_speaks_of_a_post_before_it_was_made(name: str, facts: dict[str, Any]) -> None:
    played = judged()
    played.when("u-deputy", "request_removal", posts=[1])
    played.happened("2025-09-17T20:13:59+01:00")
    assert played.faults("u-deputy", name, **facts) == [("/occurred_at", "R20")]
    assert played.happened("2025-09-17T20:14:00+01:00").when("u-deputy", name, **facts)


def test_what_is_set_aside_of_the_threshold_is_something() -> None:
    nothing: dict[str, Any] = {"code": "repeat", "reason": "r", "missing": []}
    with pytest.raises(msgspec.ValidationError, match="length >= 1"):
        judged().when("u-head", "override_threshold", **nothing)


@pytest.mark.parametrize("blank", ["", " ", "\n\t ", "\u00a0"])
def test_a_reason_is_more_than_blanks(blank: str) -> None:
    assert reported().faults("u-deputy", "decide_breach", **{**BREACH, "reason": blank}) == [("/reason", "R22")]
    assert reported().faults("u-head", "place_police_hold", reason=blank) == [("/reason", "R22")]


def test_a_deadline_of_ones_own_needs_a_reason() -> None:
    played = judged()
    due: dict[str, Any] = {"posts": [1], "due_at": "2025-09-18T17:00:00+01:00"}
    assert played.faults("u-deputy", "request_removal", **due) == [("/urgent_reason", "R22")]
    assert played.faults("u-deputy", "request_removal", **due, urgent_reason=" ") == [("/urgent_reason", "R22")]
    played.when("u-deputy", "request_removal", **due, urgent_reason="a child's address")
    assert played.case.requests[-1].due_at.isoformat() == "2025-09-18T17:00:00+01:00"


def test_posts_evidence_channels_labels_and_people_have_to_be_there() -> None:
    played = reported()
    assert played.faults("u-deputy", "capture_evidence", posts=[1, 2, 3], method="screenshot") == [
        ("/posts", None),
        ("/posts", None),
    ]
    told: dict[str, Any] = {"route": "101", "grounds": ["racial_element"], "is_immediate": False}
    assert played.faults("u-head", "refer_to_police", **told, evidence_nos=[1]) == [("/evidence_nos", None)]
    assert played.faults("u-deputy", "add_post", **{**POSTED, "channel": "tiktok"}) == [("/channel", None)]
    assert played.faults("u-deputy", "add_post", **{**POSTED, "targets": ["P1", "P9"]}) == [("/targets", None)]
    stranger = [{"person": "p-nobody"}]
    assert played.faults("u-deputy", "add_post", **{**POSTED, "targets": stranger}) == [("/targets/person", None)]


def test_all_faults_are_told_at_once_with_what_was_expected() -> None:
    played = reported()
    facts: dict[str, Any] = {
        "channel": "nowhere",
        "posted_at": "2026-01-01T00:00:00Z",
        "targets": ["P9", {"person": "p-nobody"}],
    }
    with pytest.raises(BadFacts) as caught:
        played.when("u-deputy", "add_post", **facts)
    faults = {fault.pointer: fault for fault in caught.value.faults}
    assert set(faults) == {"/channel", "/posted_at", "/targets", "/targets/person"}
    assert faults["/channel"].expected == "one of ['dojo', 'fb-community', 'fb-school', 'insta']"
    assert faults["/targets"].expected == "one of ['P1'], or a person"
    assert played.case.version == 3


def test_the_primary_category_is_one_of_the_codes_and_other_says_what() -> None:
    played = reported()
    assert played.faults("u-deputy", "categorise", codes=["C4"], primary="C5") == [("/primary", None)]
    assert played.faults("u-deputy", "categorise", codes=["C0"], primary="C0") == [("/other_text", None)]
    assert played.faults("u-deputy", "categorise", codes=[], primary="C0", other_text="x") == [("/primary", None)]
    assert played.when("u-deputy", "categorise", codes=["C0"], primary="C0", other_text="spam") == ["categorised"]


def test_nobody_is_sure_by_a_name_alone() -> None:
    played = reported()
    assert played.faults("u-deputy", "attribute_identity", confidence="probable", **SURE) == [("/confidence", None)]
    assert played.when("u-deputy", "attribute_identity", confidence="unverified", **SURE) == [
        "party-added",
        "poster-identified",
    ]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("categorise", {"codes": ["C9"], "primary": "C9"}),
        ("categorise", {"codes": ["C4"], "primary": "C4", "colour": "red"}),
        ("capture_evidence", {"posts": [], "method": "screenshot"}),
        ("capture_evidence", {"posts": [0], "method": "screenshot"}),
        ("add_post", {**POSTED, "count": 501}),
        ("add_post", {**POSTED, "count": 0}),
        ("add_post", {**POSTED, "words": "x" * 20_001}),
        ("add_post", {**POSTED, "targets": [{"persona": "u-teacher"}]}),
    ],
)
def test_an_unknown_code_field_or_size_is_no_fact(name: str, facts: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        reported().when("u-deputy", name, **facts)


def test_one_person_has_one_label_however_often_named() -> None:
    played = reported()
    both = [{"person": "u-teacher"}, {"person": "p-other"}, {"person": "p-other"}]
    assert played.when("u-deputy", "add_post", **{**POSTED, "targets": both}) == ["party-added", "post-recorded"]
    assert list(played.case.parties) == ["P1", "P2"]
    assert played.case.posts[2].targets == ("P1", "P2")


def test_described_people_are_people_of_their_own() -> None:
    played = reported()
    family = {"kind": "group", "name": "a Year 6 family"}
    played.when("u-deputy", "add_post", **{**POSTED, "targets": [family]})
    assert played.case.parties["P2"].kind == "group"
    assert played.case.parties["P2"].person is None


def test_eleven_messages_in_one_entry_take_eleven_numbers() -> None:
    played = reported()
    played.when("u-deputy", "add_post", **POSTED, count=11)
    played.when("u-deputy", "add_post", **POSTED)
    assert list(played.case.posts) == list(range(1, 14))


def test_a_childs_account_is_for_few_eyes_from_its_report_on() -> None:
    played = reported("insta", kind="child_account")
    assert {at.carried.sensitivity for at in played.events} == {"dsl"}
    assert {at.carried.sensitivity for at in reported().events} == {"open"}
