"""What was corrected is told as it is right; who was wrongly taken for the poster is told that, and nothing else."""

from typing import Any

from casework.application.merge_fields import cause_at
from tests.application.asking import asked, text_of
from tests.domain.playing import CASE, Played, continued, judged

WRONG: dict[str, Any] = {"to": {"kind": "unknown", "name": "somebody using her name"}, "reason": "no such account"}
CALL: dict[str, Any] = {"method": "telephone", "outcome": "discussion_held"}


def right(played: Played, version: int, field: str, value: str) -> None:
    facts: dict[str, Any] = {"corrects": f"{CASE}/{version}", "field": field, "value": value}
    played.when("u-deputy", "correct_entry", **facts, reason="misheard")


def version_of(played: Played, name: str) -> int:
    return next(at.originator_version for at in played.events if at.event.type_name == f"incident.{name}.v1")


def test_a_letter_names_the_address_and_the_words_that_are_right() -> None:
    played = judged()
    played.when("u-deputy", "request_removal", posts=[1], meaning="take it down")
    for field, value in (("url", "https://facebook.example/102"), ("words", "rude"), ("words", "lazy and rude")):
        right(played, version_of(played, "post-recorded"), field, value)
    right(played, version_of(played, "removal-requested"), "meaning", "take it down, and do not post it again")
    found = asked(played, "removal-requested")
    [post] = found.posts
    assert (post.url, post.quote) == ("https://facebook.example/102", "lazy and rude")
    assert found.facts["meaning"] == "take it down, and do not post it again"


def test_what_is_no_words_is_told_as_it_was_recorded() -> None:
    played = continued()
    played.when("u-head", "issue_warning", posts=[1], concerns="a teacher was called lazy")
    right(played, version_of(played, "warning-issued"), "posts", "[1]")
    right(played, version_of(played, "warning-issued"), "concerns", "a teacher was called lazy and rude")
    facts = asked(played, "warning-issued").facts
    assert (facts["posts"], facts["concerns"]) == ((1,), "a teacher was called lazy and rude")


def test_whoever_was_contacted_by_mistake_may_be_written_to_and_learns_nothing_of_the_poster_or_the_post() -> None:
    played = judged()
    played.when("u-deputy", "contact_parent", **CALL)
    played.when("u-head", "correct_identity", **WRONG)
    found = asked(played, "poster-identity-corrected")
    [recipient] = found.recipients
    assert (recipient.label, recipient.name, recipient.recipient_class) == ("P2", "Kerry Mallinson", "P")
    assert recipient.association is None
    assert found.posts == ()
    assert found.facts["was_contacted"] is True
    assert "lazy" not in text_of(found)
    assert {name.name for name in found.names if name.allowed} >= {"Kerry Mallinson"}
    assert "somebody using her name" not in {name.name for name in found.names if name.allowed}


def test_whoever_never_heard_of_it_is_not_written_to() -> None:
    played = judged()
    played.when("u-head", "correct_identity", **WRONG)
    assert cause_at(played.events, played.case.version) is not None
    assert asked(played, "poster-identity-corrected").recipients == ()


def test_a_case_is_handled_by_whom_it_was_given_to_unless_that_person_is_in_conflict() -> None:
    played = continued()
    played.when("u-head", "issue_warning", posts=[1])
    assert asked(played, "warning-issued").handler == "u-deputy"
    played.when("u-head", "assign", handler="u-head", why="workload")
    assert asked(played, "warning-issued").handler == "u-head"
    played.when("u-head", "assign", handler="u-teacher", why="workload")
    assert asked(played, "warning-issued").handler == "u-deputy"
