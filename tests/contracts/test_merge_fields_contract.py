"""What casework really answers is what letters can draft from: the first story, from its feed to complete drafts."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import pytest

from casework.application.merge_fields.causes import CAUSES
from letters.adapters.school_file import read_school
from letters.adapters.template_store import EXAMPLE_SCHOOL, TemplateStore
from letters.domain import drafting, lint, merge_fields, template_data
from letters.domain.catalogue import CATALOGUE, Row, rows_for
from letters.domain.drafting import Cause, Place, Prepared
from letters.domain.event import Drafted
from letters.domain.feed_entry import FeedEntry
from letters.domain.naming import letter_id
from tests.api.fix_first_school import Played
from tests.api.test_first_story import contacted_and_asked, reported_and_judged, went_on_and_warned
from tests.letters.given import merge_fields as worked_answer

DOCUMENT = Path(__file__).parent.parent.parent / "contracts" / "openapi" / "casework.json"
ROUTE = "/v1/incidents/{incident}/events/{version}/merge-fields"
SCHOOL = read_school(EXAMPLE_SCHOOL)
MODULES = SCHOOL.school.modules
STORY = ("L02", "L04", "L03")
"""The letters of the first story, in the order of their events."""


class Asked(NamedTuple):
    """A letter that an event of the feed may cause, and what casework answers about the event."""

    row: Row
    entry: FeedEntry
    at: datetime
    body: bytes


@pytest.fixture
def story(school: Played) -> Mapping[str, Asked]:
    """Answer what casework tells of the first story, asked for once it has ended, by letter."""
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    went_on_and_warned(school, case)
    return {asked.row.template: asked for asked in _follow(school)}


def _follow(school: Played) -> Iterator[Asked]:
    """Read the feed and ask about each event as the letters service does."""
    feed = school.get("letters", "/v1/events?limit=500").json
    for position, event in zip(feed["positions"], feed["events"], strict=True):
        entry = FeedEntry(position=position, id=event["id"], type=event["type"], data=event["data"])
        for row in rows_for(entry.name or ""):
            if row.may_match(entry.data, MODULES):
                case, version = entry.id.split("/")
                answer = school.get("letters", ROUTE.format(incident=case, version=version))
                assert answer.status_code == 200, answer.text
                if row.applies(answer.json["case"], MODULES):
                    yield Asked(row, entry, datetime.fromisoformat(event["time"]), answer.data)


def _drafted(asked: Asked) -> tuple[Drafted, template_data.TemplateData]:
    """Return the draft of the one letter, and its template's data, by letters' own code."""
    row, entry, at, body = asked
    fields = merge_fields.parse(body)
    (recipient,) = drafting.recipients(row, fields)
    signs = drafting.signatory(row, fields)
    assert signs is not None
    place = Place(letter=letter_id(entry.id, row.template, recipient.party_id), at=at)
    made = template_data.template_data(
        row.template,
        fields.whole,
        SCHOOL.school.fields(),
        recipient=recipient.party_id,
        letter_date=date(2025, 9, 26),
        our_ref=drafting.reference(fields, row, place.letter) or "",
        slots={},
        signatory=next(one for one in fields.whole["signatories"] if one["subject"] == signs.subject),
        large_print=False,
    )
    draft = drafting.draft(
        row,
        Cause.of_entry(entry),
        fields=fields,
        recipient=recipient,
        signs=signs,
        prepared=Prepared(
            version=1, data_sha256=template_data.digest(made.data), problems=made.problems, deadline=made.deadline
        ),
        merge_sha256="0" * 64,
        place=place,
        channel=row.channel,
    )
    return draft, made


def test_the_first_storys_feed_leads_to_its_three_letters(story: Mapping[str, Asked]) -> None:
    assert tuple(story) == STORY


@pytest.mark.parametrize("letter", STORY)
def test_each_draft_is_complete_and_nothing_holds_it(story: Mapping[str, Asked], letter: str) -> None:
    draft, made = _drafted(story[letter])
    assert (draft.problems, draft.holds, made.cleaned) == ((), (), ())
    assert (draft.recipient.party, draft.recipient.label, draft.case_kind) == ("p-mallinson", "P2", "adult_post")
    assert (draft.handler, draft.conflicted, draft.audience.excluded) == ("u-deputy", ("u-t5",), ("u-t5",))
    jsonschema_rs.validate(dict(TemplateStore(SCHOOL.logo).template(letter).schema), dict(made.data))


def test_the_handler_signs_the_request_and_the_headteacher_the_others(story: Mapping[str, Asked]) -> None:
    signed = {template: _drafted(asked)[0] for template, asked in story.items()}
    assert {template: draft.signatory for template, draft in signed.items()} == {
        "L02": "u-deputy",
        "L04": "u-head",
        "L03": "u-head",
    }
    deadlines = {template: draft.deadline and draft.deadline.isoformat() for template, draft in signed.items()}
    assert deadlines == {"L02": "2025-09-24T17:00:00+01:00", "L04": "2025-09-26T17:00:00+01:00", "L03": None}


def test_the_letters_tell_the_story(story: Mapping[str, Asked]) -> None:
    request, warning, thanks = (_drafted(story[template])[1].data for template in STORY)
    assert request["contact"] == {
        "on": "Friday 19 September 2025",
        "what": "we met and talked with you",
        "is_held": True,
    }
    assert [told["on"] for told in warning["history"]] == ["Friday 19 September 2025"] * 2
    assert warning["history"][1]["then"] == "You told us that you would not."
    assert (warning["later_posts"], [post["n"] for post in warning["posts"]]) == ([2], [1, 2])
    assert [letter["has_complaints_route"] for letter in (request, warning, thanks)] == [True, True, True]
    assert (thanks["checked_on"], thanks["concern_response"]) == ("Friday 26 September 2025", "list to be rechecked")


@pytest.mark.parametrize("letter", STORY)
def test_no_letter_names_who_may_not_be_named(story: Mapping[str, Asked], letter: str) -> None:
    asked = story[letter]
    fields = merge_fields.parse(asked.body).whole
    _, made = _drafted(asked)
    found = lint.lint(
        letter,
        texts={"text": json.dumps(made.data, ensure_ascii=False)},
        data=made.data,
        names=fields["names"],
        is_policy_overdue=fields["policy"]["is_overdue"],
        working_days_to_answer=None,
    )
    assert [finding.code for finding in found] == ["policy_review_overdue"]


@pytest.mark.parametrize("letter", STORY)
def test_a_pupil_is_named_only_among_the_names(story: Mapping[str, Asked], letter: str) -> None:
    answer = json.loads(story[letter].body)
    pupils = [name for name in answer.pop("names") if name["kind"] == "pupil"]
    assert pupils == [{"name": "Jayden Mallinson", "kind": "pupil", "allowed": False}]
    assert "Jayden" not in json.dumps(answer)


@pytest.mark.parametrize("letter", STORY)
def test_the_answer_is_as_the_document_says(story: Mapping[str, Asked], letter: str) -> None:
    route = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"][ROUTE]["get"]
    schema = route["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema_rs.validate(schema, json.loads(story[letter].body))
    assert {"403", "404", "410", "503"} <= set(route["responses"])


def test_whatever_letters_is_tested_with_is_answered_in_its_place(story: Mapping[str, Asked]) -> None:
    missing = set(_paths(worked_answer())) - set(_paths(json.loads(story["L04"].body)))
    assert missing == set()


def test_every_event_that_causes_a_letter_is_in_caseworks_table() -> None:
    told = {event_type.type_name: cause.to for event_type, cause in CAUSES.items()}
    for row in CATALOGUE.values():
        assert row.to in told[f"incident.{row.trigger}.v1"], row.template


def _paths(value: Any, at: str = "") -> Iterator[str]:
    """Yield the path of every field, those of a list's items without their place."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield f"{at}.{name}"
            yield from _paths(item, f"{at}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, f"{at}[]")
