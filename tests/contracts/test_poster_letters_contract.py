"""What casework tells of an event is what the letters without posts are drafted from: played there, drafted here."""

import json
from datetime import date
from typing import Any

import jsonschema_rs
import pytest

from letters.adapters.school_file import read_school
from letters.adapters.template_store import EXAMPLE_SCHOOL, TemplateStore
from letters.domain import address, drafting, merge_fields
from letters.domain.catalogue import rows_for
from letters.domain.template_data import TemplateData, template_data
from tests.application.asking import Directory, asked, person, point, text_of
from tests.domain.playing import CASE, OTHER_CASE, Played, continued, judged, reported

SCHOOL = read_school(EXAMPLE_SCHOOL)
STORE = TemplateStore(SCHOOL.logo)
SECRET = "said inside the school only"
BLOCK: dict[str, Any] = {
    "posts": [1],
    "party": {"person": "p-parent"},
    "channel": "dojo",
    "scope": "messaging",
    "review_on": "2025-10-14",
    "alternative_route": "office e-mail",
    "reason": "Messages at night upset the teacher.",
}


def told(template: str, played: Played, event: str, **slots: str) -> TemplateData:
    """Return the data of the letter that the last such event causes, as letters makes it of casework's answer."""
    body = text_of(asked(played, event))
    assert SECRET not in body
    fields = merge_fields.parse(body.encode())
    row = next(row for row in rows_for(event) if row.template == template)
    case = {"kind": fields.case.kind, "categories": fields.case.categories}
    assert row.applies(case, {"premises": True})
    (recipient,) = drafting.recipients(row, fields)
    signs = drafting.signatory(row, fields)
    assert signs is not None
    made = template_data(
        template,
        fields.whole,
        SCHOOL.school.fields(),
        recipient=recipient.party_id,
        letter_date=date(2025, 9, 23),
        our_ref="RL-2025-0001/L00-140846",
        slots=slots,
        signatory=next(one for one in fields.whole["signatories"] if one["subject"] == signs.subject),
        large_print=False,
    )
    assert made.problems == ()
    jsonschema_rs.validate(dict(STORE.template(template).schema), dict(made.data))
    assert made.data["recipient"]["name"] == "Kerry Mallinson"
    return made


def contacted(played: Played, **facts: Any) -> Played:
    played.when("u-deputy", "contact_parent", **{"method": "telephone", "account": SECRET, **facts})
    return played


def blocked() -> Played:
    played = continued("dojo").at("2025-09-23T08:38:00+01:00")
    played.when("u-head", "block_access", **BLOCK)
    return played


def of_a_childs_account() -> Played:
    played = reported("insta", "child_account")
    identity: dict[str, Any] = {"confidence": "confirmed", "basis_code": "known_to_staff", "basis": "her mother"}
    played.when("u-dsl", "attribute_identity", party={"person": "p-parent"}, capacity="responsible_adult", **identity)
    played.when("u-dsl", "categorise", codes=["C7"], primary="C7")
    played.when("u-dsl", "screen_safeguarding", finding="child_on_child_online", reason="looked into", is_hold=False)
    played.when(
        "u-dsl", "contact_parent", method="in_person", outcome="discussion_held", purpose="child_use", account=SECRET
    )
    return played


def test_a_talk_that_was_arranged_invites() -> None:
    played = contacted(judged(), outcome="meeting_arranged", meeting_at="2025-09-23T15:30:00+01:00")
    data = told("L01", played, "parent-contacted", second_time="2025-09-24T08:15:00+01:00").data
    assert data["times"] == ["3.30 pm on Tuesday 23 September 2025", "8.15 am on Wednesday 24 September 2025"]
    assert data["agreed_on"] == "Thursday 18 September 2025"


def test_an_invitation_is_about_the_posts_that_were_judged_by_then() -> None:
    played = judged()
    later: dict[str, Any] = {
        "channel": "fb-community",
        "posted_at": "2025-09-17T21:00:00+01:00",
        "words": "thanks anyway",
    }
    played.when("u-deputy", "add_post", targets=[{"person": "u-teacher"}], **later)
    contacted(played, outcome="meeting_arranged")
    assert asked(played, "parent-contacted").facts["posts_in_question"] == (1,)
    unjudged = reported()
    unjudged.when("u-deputy", "add_post", targets=[{"person": "u-teacher"}], **later)
    unjudged.when("u-deputy", "categorise", codes=["C4"], primary="C4")
    contacted(unjudged, outcome="meeting_arranged", party={"person": "p-parent"})
    assert asked(unjudged, "parent-contacted").facts["posts_in_question"] == (1, 2)


def test_a_block_is_told_with_its_reason_and_without_that_of_an_override() -> None:
    played = judged("dojo")
    contacted(played, outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1])
    override: dict[str, Any] = {"rules": ["R04"], "code": "restriction_to_protect_staff", "reason": SECRET}
    played.when("u-head", "block_access", override=override, **BLOCK)
    data = told("L05", played, "access-blocked").data
    assert (data["where"], data["scope"]) == ("messages on ClassDojo", "sending messages there")
    assert (data["since"], data["review_on"]) == ("Thursday 18 September 2025", "Tuesday 14 October 2025")
    assert (data["alternative_route"], data["reason"]) == ("office e-mail", BLOCK["reason"])


@pytest.mark.parametrize(("decision", "review_on"), [("lift", None), ("keep", "2025-10-21"), ("vary", "2025-10-21")])
def test_a_review_is_told_to_whom_the_block_is_on(decision: str, review_on: str | None) -> None:
    played = blocked()
    played.when("u-deputy", "record_representations", number=1, text=SECRET)
    played.when("u-head", "review_block", number=1, decision=decision, review_on=review_on, reason="An apology.")
    data = told("L06", played, "access-block-reviewed").data
    assert (data["decision"], data["since"], data["reason"]) == (decision, "Tuesday 23 September 2025", "An apology.")
    assert data["review_on"] == (review_on and "Tuesday 21 October 2025")
    assert data["has_representations"] is True


def test_a_review_tells_of_its_own_block_alone() -> None:
    played = blocked()
    played.when("u-head", "block_access", **{**BLOCK, "scope": "all", "alternative_route": "another way"})
    played.when("u-deputy", "record_representations", number=2, text=SECRET)
    played.when("u-head", "review_block", number=1, decision="lift", reason="An apology.")
    data = told("L06", played, "access-block-reviewed").data
    assert (data["scope"], data["alternative_route"]) == ("sending messages there", "office e-mail")
    assert data["has_representations"] is False


def test_an_offer_of_the_complaints_route_signposts_where_a_complaint_is_in_the_case() -> None:
    played = judged()
    played.when("u-deputy", "categorise", codes=["C4", "C2"], primary="C4")
    contacted(played, outcome="discussion_held")
    played.when("u-deputy", "offer_complaints_route", how="letter")
    data = told("L13", played, "complaints-route-offered").data
    assert data["contact"]["what"] == "we spoke with you on the telephone"
    assert data["stages"] == list(SCHOOL.school.complaints)


def test_guidance_is_told_the_age_of_the_edition_and_the_site() -> None:
    data = told("L14", of_a_childs_account(), "parent-contacted").data
    assert (data["policy_age"], data["sites"]) == (14, [{"name": "Instagram", "age": 13}])
    assert data["contact"]["what"] == "we talked with you in person"


def test_a_warning_after_a_threat_restricts_access_to_the_premises() -> None:
    played = continued()
    played.when("u-deputy", "categorise", codes=["C6"], primary="C6")
    played.when("u-head", "issue_warning", posts=[1])
    data = told("L22", played, "warning-issued").data
    assert (data["starts_on"], data["ends_on"]) == ("Tuesday 23 September 2025", "Tuesday 4 November 2025")


def corrected(played: Played) -> Played:
    facts: dict[str, Any] = {"from": {"person": "p-parent"}, "reason": SECRET}
    facts["to"] = {"name": "Sarah J Holt", "kind": "unknown"}
    played.when("u-head", "correct_identity", **facts)
    return played


def test_whoever_was_wrongly_taken_for_the_poster_is_told_what_was_done_and_nothing_of_the_other() -> None:
    played = contacted(judged(), outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1])
    made = told("L11", corrected(played), "poster-identity-corrected")
    assert [fact["what"][:20] for fact in made.data["history"]] == ["we spoke with you on", "we asked you to remo"]
    said = json.dumps(made.data)
    assert not any(word in said for word in ("Holt", "lazy", "facebook", "P3", "abuses"))


def test_an_apology_waits_until_the_block_on_the_wrong_person_is_lifted() -> None:
    played = corrected(blocked())
    with pytest.raises(AssertionError, match="block_in_force"):
        told("L11", played, "poster-identity-corrected")
    played.when("u-head", "review_block", number=1, decision="lift", reason="It was somebody else.")
    told("L11", played, "poster-identity-corrected")


def test_both_services_know_another_persons_address_by_the_same_digest() -> None:
    played = contacted(judged(), outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1])
    child = person("pupil", "Jayden Mallinson", point("address", "9 Elm Close", "Rowanby", "DE99 2QA"))
    taken = asked(played, "removal-requested", Directory().with_person("k-child", child)).taken_addresses
    assert taken == (address.digest(str(CASE), ["9, Elm  Close", "Rowan Green", "de992qa"]),)
    assert address.digest(str(OTHER_CASE), ["9 Elm Close", "DE99 2QA"]) not in taken


def test_both_services_know_another_persons_e_mail_address_by_the_same_digest() -> None:
    played = contacted(judged(), outcome="discussion_held")
    played.when("u-deputy", "request_removal", posts=[1])
    child = person("pupil", "Jayden Mallinson", point("email", "Jayden@example.org"))
    taken = asked(played, "removal-requested", Directory().with_person("k-child", child)).taken_addresses
    assert taken == (address.email_digest(str(CASE), "jayden@Example.org"),)


def test_blocks_on_the_person_written_to_are_told_as_they_stand_now() -> None:
    played = blocked()
    played.when("u-head", "issue_warning", posts=[1])
    assert [block.is_in_force for block in asked(played, "warning-issued").facts["blocks"]] == [True]
    played.when("u-head", "review_block", number=1, decision="lift", reason="An apology.")
    assert [block.is_in_force for block in asked(played, "warning-issued").facts["blocks"]] == [False]
    assert asked(played, "access-blocked").facts["blocks"] == ()
