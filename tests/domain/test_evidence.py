"""Evidence that comes with a post or a check, is verified, and is handed on (P53, P58)."""

from typing import Any

import pytest

from casework.domain.codes import EvidenceResult
from casework.domain.decision import FileFacts
from casework.domain.refusal import NoSuchNumber, NothingToActOn
from casework.domain.steps.evidence import EvidenceCaptured, PostChecked
from tests.domain.playing import PNG, Played, judged, reported

POSTED: dict[str, Any] = {"channel": "fb-community", "posted_at": "2025-09-17T20:14:00+01:00", "targets": ["P1"]}
HANDED: dict[str, Any] = {"copy": "original", "to": "PC 411", "purpose": "the investigation"}
GONE: dict[str, Any] = {"posts": [1], "result": "removed"}


def newest(played: Played) -> EvidenceCaptured:
    """Return what was captured last."""
    return [at.event for at in played.events if isinstance(at.event, EvidenceCaptured)][-1]


def test_a_file_that_comes_with_a_post_is_its_evidence() -> None:
    played = reported()
    assert played.when("u-deputy", "add_post", **POSTED, count=5, file=PNG) == ["post-recorded", "evidence-captured"]
    assert newest(played).posts == (2, 3, 4, 5, 6)
    assert [post.evidence_nos for post in played.case.posts.values()] == [(), (1,), (1,), (1,), (1,), (1,)]
    assert played.when("u-deputy", "add_post", **POSTED) == ["post-recorded"]


def test_what_is_said_of_the_file_is_kept_and_what_is_not_comes_from_the_moment() -> None:
    played = reported()
    said: dict[str, Any] = {
        "method": "forwarded_image", "captured_at": "2025-09-17T21:00:00+01:00", "captured_by": "a colleague",
        "text": "seen by a member", "restricted": ["slur"],
    }  # fmt: skip
    played.when("u-deputy", "add_post", **POSTED, file=PNG, **said)
    event = newest(played)
    assert (event.method, event.captured_by, event.text, event.restricted) == (
        "forwarded_image",
        "a colleague",
        "seen by a member",
        ("slur",),
    )
    assert event.captured_at.isoformat() == "2025-09-17T21:00:00+01:00"
    played.when("u-deputy", "add_post", **POSTED, file=PNG)
    assert (newest(played).captured_at, newest(played).restricted) == (played.now, ())


@pytest.mark.parametrize(
    ("media_type", "method"),
    [("image/png", "screenshot"), ("text/plain", "url_and_description"), ("application/wacz", "wacz")],
)
def test_a_method_that_is_not_said_claims_no_more_than_the_files_type(media_type: str, method: str) -> None:
    played = reported()
    file = FileFacts(sha256="1" * 64, size_bytes=9, media_type=media_type)
    played.when("u-deputy", "add_post", **POSTED, file=file)
    assert newest(played).method == method


@pytest.mark.parametrize(
    "said",
    [
        {"method": "screenshot"},
        {"captured_at": "2025-09-18T08:00:00+01:00"},
        {"captured_by": "a colleague"},
        {"text": "as seen"},
        {"restricted": ["child_image"]},
    ],
)
@pytest.mark.parametrize(("name", "facts"), [("add_post", POSTED), ("check_post", GONE)])
def test_nothing_is_said_of_a_file_that_did_not_come(name: str, facts: dict[str, Any], said: dict[str, Any]) -> None:
    played = reported()
    assert played.faults("u-deputy", name, **facts, **said) == [(f"/{next(iter(said))}", None)]
    assert played.when("u-deputy", name, **facts, **said, file=PNG)[-1] == "evidence-captured"


def test_no_post_is_captured_before_it_was_made_also_with_it() -> None:
    early = {"captured_at": "2025-09-17T20:13:59+01:00"}
    assert reported().faults("u-deputy", "add_post", **POSTED, file=PNG, **early) == [("/captured_at", "R20")]
    assert reported().faults("u-deputy", "check_post", **GONE, file=PNG, **early) == [("/captured_at", "R20")]


def test_a_story_that_comes_with_its_file_has_not_to_be_captured_any_more() -> None:
    def tasks(**file: Any) -> list[str]:
        played = reported()
        played.when("u-deputy", "add_post", **{**POSTED, "channel": "insta"}, **file)
        return [task.name for task in played.case.tasks if task.name == "capture_before_expiry"]

    assert tasks() == ["capture_before_expiry"]
    assert tasks(file=PNG) == []


def test_a_file_that_shows_what_was_seen_is_named_by_the_check() -> None:
    played = judged()
    assert played.when("u-head", "check_post", **GONE, file=PNG) == ["post-checked", "evidence-captured"]
    checked = played.events[-2].event
    assert isinstance(checked, PostChecked)
    assert (checked.evidence_no, newest(played).evidence_no, played.case.evidence_count) == (2, 2, 2)
    played.when("u-head", "check_post", **GONE)
    last = played.events[-1].event
    assert isinstance(last, PostChecked)
    assert last.evidence_no is None


def test_a_look_that_is_written_down_late_does_not_bring_a_post_back() -> None:
    played = judged()
    played.when("u-head", "check_post", **GONE)
    played.happened("2025-09-18T08:00:00+01:00").when("u-head", "check_post", posts=[1], result="visible")
    assert (played.case.posts[1].result, played.case.posts[1].checked_at) == ("removed", played.now)
    played.at("2025-09-18T10:00:00+01:00").happened("2025-09-18T10:00:00+01:00")
    played.when("u-head", "check_post", posts=[1], result="visible")
    assert played.case.posts[1].result == "visible"


@pytest.mark.parametrize("found", ["intact", "altered", "missing"])
def test_what_the_service_finds_of_a_file_is_recorded(found: EvidenceResult) -> None:
    played = judged()
    assert played.when("u-head", "verify_evidence", number=1, stored=found) == ["evidence-verified"]
    assert played.case.numbers_of("evidence")[1].status == found
    assert played.case.numbers_of("evidence")[1].about == PNG.sha256


def test_nobodys_word_is_taken_for_what_became_of_a_file() -> None:
    played = judged()
    claimed: dict[str, Any] = {"number": 1, "result": "intact"}
    assert played.faults("u-head", "verify_evidence", **claimed, stored="altered") == [("/result", None)]
    assert played.when("u-head", "verify_evidence", **claimed, stored="intact") == ["evidence-verified"]


@pytest.mark.parametrize("lost", ["altered", "missing"])
def test_a_file_that_is_not_what_was_captured_is_no_evidence(lost: EvidenceResult) -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", method="telephone", outcome="discussion_held")
    played.when("u-head", "verify_evidence", number=1, stored=lost)
    assert played.refused("u-deputy", "request_removal", posts=[1]) == ("R01",)
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot")
    assert played.when("u-deputy", "request_removal", posts=[1]) == ["removal-requested"]


def test_a_file_that_is_found_again_is_evidence_again() -> None:
    played = judged()
    for found in ("missing", "intact"):
        played.when("u-head", "verify_evidence", number=1, stored=found)
    assert played.when("u-deputy", "request_removal", posts=[1]) == ["removal-requested"]


def test_a_file_that_the_case_does_not_have_is_neither_verified_nor_handed_on() -> None:
    for name, facts in (("verify_evidence", {}), ("transfer_evidence", HANDED)):
        with pytest.raises(NoSuchNumber):
            judged().when("u-head", name, number=2, **facts)


def test_a_closed_case_is_verified_all_the_same_but_hands_nothing_on() -> None:
    played = judged()
    played.when("u-head", "check_post", **GONE)
    played.when("u-head", "close_incident", outcome="resolved_informally", summary="gone")
    assert played.when("u-office", "verify_evidence", number=1) == ["evidence-verified"]
    assert played.refused("u-head", "transfer_evidence", number=1, **HANDED) == ("R13",)


def test_a_file_is_handed_on_with_a_purpose_and_to_somebody() -> None:
    played = judged()
    for blank in ("to", "purpose"):
        assert played.faults("u-head", "transfer_evidence", number=1, **{**HANDED, blank: " "}) == [
            (f"/{blank}", "R22")
        ]
    assert played.when("u-head", "transfer_evidence", number=1, **HANDED) == ["evidence-custody-transferred"]


def test_a_file_that_is_missing_cannot_be_handed_on() -> None:
    played = judged()
    played.when("u-head", "verify_evidence", number=1, stored="missing")
    with pytest.raises(
        NothingToActOn, match="evidence 1 is missing; expected one that is captured or intact or altered"
    ):
        played.when("u-head", "transfer_evidence", number=1, **HANDED)
    played.when("u-head", "verify_evidence", number=1, stored="altered")
    assert played.when("u-head", "transfer_evidence", number=1, **HANDED) == ["evidence-custody-transferred"]


@pytest.mark.parametrize(
    ("name", "facts", "may"),
    [
        ("verify_evidence", {}, {"u-head", "u-dsl", "u-office", "x-legal", "u-timer"}),
        ("transfer_evidence", HANDED, {"u-deputy", "u-head", "u-dsl"}),
    ],
)
def test_who_verifies_and_who_hands_on(name: str, facts: dict[str, Any], may: set[str]) -> None:
    for by in ("u-teacher", "u-deputy", "u-head", "u-dsl", "u-office", "u-chair", "u-letters", "x-legal", "u-timer"):
        played = judged()
        if by in may:
            assert played.when(by, name, number=1, **facts)
        else:
            assert played.refused(by, name, number=1, **facts) == ("R12",)
