"""What merge fields tell of a case: what had happened before the event, and what protects people as it stands now."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from casework.application.merge_fields import PersonalFieldsGone, cause_at, merge_fields_of
from casework.domain.event import sealed_names
from casework.domain.policy import Dated, EditionStanding
from tests.application.asking import POLICY, Directory, asked, text_of
from tests.domain.playing import Played, continued, judged

SECRET = "said inside the school only"


def requested(**facts: Any) -> Played:
    """Return a case whose poster was spoken to and asked to remove the post."""
    played = judged()
    played.when("u-deputy", "contact_parent", method="meeting", outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1], **facts)
    return played


def with_words(words: str | None, **facts: Any) -> Played:
    """Return a case with a request about a post of these words."""
    played = Played()
    report: dict[str, Any] = {
        "channel": "fb-community",
        "posted_at": "2025-09-17T20:14:00+01:00",
        "words": words,
        **facts,
    }
    played.when("u-deputy", "report_incident", targets=[{"person": "u-teacher"}], **report)
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot")
    identity: dict[str, Any] = {"confidence": "probable", "basis_code": "profile_match", "basis": "name and photograph"}
    played.when("u-deputy", "attribute_identity", party={"person": "p-parent"}, **identity)
    played.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    judgement: dict[str, Any] = {
        "outcome": "inappropriate",
        "reason": "abuses a teacher",
        "is_fair_comment_considered": True,
    }
    played.when("u-deputy", "decide_breach", **judgement)
    played.when("u-deputy", "request_removal", posts=[1])
    return played


def test_the_story_is_told_as_before_the_event_however_late_it_is_asked_for() -> None:
    played = requested()
    before = asked(played, "removal-requested")
    assert [contact.method for contact in before.facts["contacts"]] == ["meeting"]
    assert (before.facts["earlier_requests"], before.facts["is_complaints_route_offered"]) == ((), False)
    played.at("2025-09-19T09:00:00+01:00")
    played.when("u-deputy", "contact_parent", method="telephone", outcome="no_answer", concern_response="we looked")
    played.when("u-deputy", "offer_complaints_route", how="letter")
    played.when("u-deputy", "record_removal_response", number=1, response="refused")
    later = asked(played, "removal-requested")
    assert (later.facts, later.posts) == (before.facts, before.posts)


def test_a_warning_tells_of_the_first_request_and_asks_by_the_deadline_of_its_own() -> None:
    played = continued().at("2025-09-23T14:15:00+01:00")
    played.when("u-head", "issue_warning", posts=[1], concerns="It abuses a teacher.", expectations="Please stop.")
    facts = asked(played, "warning-issued").facts
    assert [(request.request_no, request.answer) for request in facts["earlier_requests"]] == [(1, "refused")]
    assert (facts["warning_no"], facts["request_no"], facts["due_at"].isoformat()) == (
        1, 2, "2025-09-26T17:00:00+01:00",
    )  # fmt: skip
    assert (facts["concerns"], facts["expectations"]) == ("It abuses a teacher.", "Please stop.")


def test_a_deadline_that_passed_unanswered_is_told_as_lapsed_before_the_timer_says_so() -> None:
    played = requested().at("2025-09-24T09:00:00+01:00")
    played.when("u-deputy", "request_removal", posts=[1])
    assert [request.answer for request in asked(played, "removal-requested").facts["earlier_requests"]] == ["lapsed"]


def test_a_request_that_still_runs_has_no_answer() -> None:
    played = requested()
    played.when("u-deputy", "request_removal", posts=[1])
    assert [request.answer for request in asked(played, "removal-requested").facts["earlier_requests"]] == [None]


def test_a_check_asks_for_nothing_and_has_no_deadline() -> None:
    played = requested()
    played.when("u-deputy", "check_post", posts=[1], result="removed", removed_by="poster", how=SECRET)
    found = asked(played, "post-checked")
    assert (found.facts["due_at"], found.facts["request_no"]) == (None, None)
    assert (found.facts["result"], found.facts["removed_by"]) == ("removed", "poster")
    assert [recipient.party_id for recipient in found.recipients] == ["p-parent"]
    assert SECRET not in text_of(found)


def test_a_deadline_brought_forward_is_told_and_the_reason_is_not() -> None:
    played = requested(due_at="2025-09-18T17:00:00+01:00", urgent_reason=SECRET, meaning="the post and its copies")
    found = asked(played, "removal-requested")
    assert found.facts["due_at"].isoformat() == "2025-09-18T17:00:00+01:00"
    assert found.facts["meaning"] == "the post and its copies"
    assert SECRET not in text_of(found)


def test_why_a_rule_was_set_aside_is_not_told() -> None:
    played = judged()
    override = {"rules": ["R03", "R04"], "code": "repeat", "reason": SECRET}
    played.when("u-head", "issue_warning", posts=[1], override=override)
    assert SECRET not in text_of(asked(played, "warning-issued"))


def test_what_another_adult_was_told_or_asked_is_not_told_to_the_poster() -> None:
    played = judged()
    played.when(
        "u-deputy",
        "contact_parent",
        party={"person": "p-other"},
        method="telephone",
        outcome="discussion_held",
        concern_response=SECRET,
    )
    played.when("u-deputy", "request_removal", posts=[1])
    found = asked(played, "removal-requested")
    assert (found.facts["contacts"], found.facts["concern_response"]) == ((), None)
    assert SECRET not in text_of(found)


def test_the_newest_concern_impact_and_response_that_say_something_are_told() -> None:
    played = judged()
    judgement: dict[str, Any] = {"outcome": "inappropriate", "reason": SECRET, "is_fair_comment_considered": True}
    played.when("u-deputy", "decide_breach", **judgement, underlying_concern="trip place", impact="teacher distressed")
    played.when("u-deputy", "decide_breach", **judgement, underlying_concern=" ")
    response: dict[str, Any] = {"concern_response": "list to be rechecked"}
    played.when("u-deputy", "contact_parent", method="meeting", outcome="discussion_held", **response)
    played.when("u-deputy", "request_removal", posts=[1])
    found = asked(played, "removal-requested")
    told = [found.facts[name] for name in ("underlying_concern", "impact", "concern_response")]
    assert told == ["trip place", "teacher distressed", "list to be rechecked"]
    assert SECRET not in text_of(found)


@pytest.mark.parametrize("reason", ["child_image", "slur", "protected_address"])
def test_words_of_a_post_with_restricted_evidence_are_withheld_also_if_it_was_captured_later(reason: str) -> None:
    played = requested()
    assert asked(played, "removal-requested").posts[0].quote == "lazy"
    played.when("u-deputy", "capture_evidence", posts=[1], method="screenshot", restricted=[reason])
    (post,) = asked(played, "removal-requested").posts
    assert (post.quote, post.exhibit) == (None, "E1")
    assert post.summary is not None
    assert "lazy" not in post.summary
    assert "address" not in post.summary, "nothing may confirm that an address is the right one"


@pytest.mark.parametrize("words", ["Jayden Mallinson lost out", "poor JAYDEN  mallinson's place", "jayden\nMallinson"])
def test_words_that_name_a_pupil_in_full_are_withheld(words: str) -> None:
    (post,) = asked(with_words(words), "removal-requested").posts
    assert (post.quote, post.summary) == (None, "It names a child, so its words are not repeated here.")


def test_a_summary_that_names_a_pupil_is_withheld_too() -> None:
    (post,) = asked(with_words(" ", summary="a picture of Jayden Mallinson"), "removal-requested").posts
    assert (post.quote, post.summary) == (None, "It names a child, so its words are not repeated here.")


@pytest.mark.parametrize(
    "words",
    ["Jayden lost out", "Jayden Mallinsons", "#eval(1) <b>*x*</b> $", "\u202egnp.\u202c {{7*7}} %s", "é\U0001f621"],
)
def test_other_words_are_quoted_as_they_are(words: str) -> None:
    assert asked(with_words(words), "removal-requested").posts[0].quote == words


def test_long_words_are_cut_to_240_characters() -> None:
    (exact,) = asked(with_words("x" * 240), "removal-requested").posts
    (cut,) = asked(with_words("word " * 60), "removal-requested").posts
    assert exact.quote == "x" * 240
    assert cut.quote is not None
    assert len(cut.quote) <= 240
    assert cut.quote.endswith("word…")


def test_of_a_post_without_words_the_summary_of_its_report_is_given_and_of_others_it_is_not() -> None:
    (wordless,) = asked(with_words(None, summary="a doctored photograph"), "removal-requested").posts
    (worded,) = asked(with_words("lazy", summary="a doctored photograph"), "removal-requested").posts
    assert (wordless.quote, wordless.summary, worded.summary) == (None, "a doctored photograph", None)


def test_a_post_was_seen_when_its_report_says_or_when_it_was_recorded() -> None:
    discovered = "2025-09-18T08:40:00+01:00"
    played = with_words("lazy", discovered_at=discovered).at("2025-09-19T09:00:00+01:00")
    further: dict[str, Any] = {
        "channel": "fb-community",
        "posted_at": "2025-09-18T20:00:00+01:00",
        "words": "still lazy",
    }
    played.when("u-deputy", "add_post", targets=[{"person": "u-teacher"}], **further)
    played.when("u-deputy", "check_post", posts=[1, 2], result="removed")
    seen = [post.seen_at.isoformat() for post in asked(played, "post-checked").posts]
    assert seen == [discovered, "2025-09-19T09:00:00+01:00"]


def test_a_case_put_under_another_category_is_grounded_on_that() -> None:
    played = requested()
    assert asked(played, "removal-requested").posts[0].ground == "C4 negative or offensive about particular people"
    played.when("u-deputy", "categorise", codes=["C3", "C4"], primary="C3")
    found = asked(played, "removal-requested")
    assert (found.posts[0].ground, found.case.categories) == ("C3 defamatory", ("C3", "C4"))


def test_a_letter_that_was_filed_is_told() -> None:
    played = requested()
    letter: dict[str, Any] = {
        "letter_id": str(uuid4()),
        "template": "L02",
        "version": 1,
        "pdf_sha256": "0" * 64,
        "size_bytes": 67,
    }
    played.when("u-letters", "record_correspondence", **letter, channel="print", state="sent", party="P2")
    (filed,) = asked(played, "removal-requested").earlier_letters
    assert (str(filed.letter_id), filed.template, filed.party, filed.state) == (
        letter["letter_id"],
        "L02",
        "P2",
        "sent",
    )


def test_the_policy_is_the_edition_that_the_event_cites_and_overdue_as_of_today() -> None:
    cited = POLICY.edition
    dated = Dated(on=date(2026, 1, 20), minute_ref="item 7")
    newer = replace(cited, edition="2026-spring", title="Another", adopted=dated, review_due=dated)
    standings = {each.edition: EditionStanding(edition=each, sha256="0" * 64) for each in (cited, newer)}
    policy = replace(POLICY, standings=standings, in_force="2026-spring")
    shown = asked(requested(), "removal-requested", policy=policy, now="2022-03-31T12:00:00+01:00").policy
    assert (shown.edition, shown.title, shown.clause) == ("2021-spring", cited.title, "P53")
    assert shown.clause_text == cited.clauses["P53"]
    assert (shown.adopted_on, shown.review_due_on, shown.is_signed) == ("spring term 2021", "spring term 2022", False)
    assert not shown.is_overdue
    assert asked(requested(), "removal-requested", policy=policy, now="2022-04-01T12:00:00+01:00").policy.is_overdue
    renewed = EditionStanding(edition=replace(newer, edition="2021-spring"), sha256="0" * 64)
    by_date = replace(POLICY, standings={"2021-spring": renewed})
    assert asked(requested(), "removal-requested", policy=by_date).policy.adopted_on == "2026-01-20"


@pytest.mark.parametrize("version", [-1, 0, 1, 3, 99])
def test_there_is_nothing_to_tell_of_an_event_that_causes_no_letter_or_is_not_there(version: int) -> None:
    assert cause_at(requested().events, version) is None
    assert cause_at([], version) is None


def test_an_erased_case_tells_nothing() -> None:
    played = requested()
    events = [
        replace(at, event=replace(at.event, **dict.fromkeys(sealed_names(type(at.event)), UNSET)))
        for at in played.events
    ]
    with pytest.raises(PersonalFieldsGone):
        merge_fields_of(events[-1], events, policy=POLICY, people=Directory(), now=played.now)
