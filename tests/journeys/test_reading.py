"""Reading stories, cast and words: what is misread would pass for the wrong reason, so it is refused or listed."""

import copy
import shutil
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from pathlib import Path, PurePath
from typing import Any

import pytest

from casework.adapters.people_rows import read_people, read_relations
from casework.adapters.school_calendar import read_calendar
from casework.application.evidence_file import media_type_of
from letters.adapters.school_file import read_school
from letters.domain import address
from tests.journeys.cast import Cast
from tests.journeys.contract import request_of
from tests.journeys.files import BY_METHOD, KINDS, evidence_file
from tests.journeys.story import STORIES, ExpectedLetter, Model, Step, StoryFault, load, read_story, story_files
from tests.journeys.words import Around, Facts, facts_of

FIRST = load(STORIES / "S01-refusal-then-warning.yaml")
CAST = Cast.read(STORIES)
MODEL = Model.read(STORIES)


def doctored(number: int, **members: Any) -> dict[str, Any]:
    told = copy.deepcopy(dict(FIRST))
    told["steps"][number - 1].update(members)
    return told


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (doctored(2, do="teleport"), "S01 step 2: expected a step of model.yaml, found `teleport`"),
        (doctored(2, by="u-nobody"), "S01 step 2: expected somebody of cast.yaml, found `u-nobody`"),
        (doctored(2, expect="maybe"), "S01 step 2: expected accepted, refused or replayed, found `maybe`"),
        (doctored(2, rules=["R99"]), "S01 step 2: expected a rule of model.yaml, found `R99`"),
        (doctored(2, rules=[]), "S01 step 2: expected status and rules of a refusal, found one or both missing"),
        (doctored(2, if_match="fresh"), "S01 step 2: expected if_match: stale, found `fresh`"),
        (
            doctored(1, events=["incident.sung.v1"]),
            "S01 step 1: expected an event of model.yaml, found `incident.sung.v1`",
        ),
        (doctored(1, letters=["L99 hold: x"]), "S01 step 1: expected a letter of model.yaml, found `L99`"),
        (doctored(1, task={}), "S01 step 1: no member of a step: task"),
        ({**FIRST, "finally": {}}, "S01: no member of a story: finally"),
        ({"id": "S01"}, "S01: expected steps, found none"),
    ],
)
def test_a_story_with_a_fault_is_refused_with_its_place(told: Mapping[str, Any], expected: str) -> None:
    with pytest.raises(StoryFault) as failed:
        read_story(told, MODEL, CAST.people)
    assert expected in str(failed.value).splitlines()


def test_a_letter_says_what_it_waits_for() -> None:
    assert ExpectedLetter.of("L02") == ExpectedLetter("L02")
    assert ExpectedLetter.of("L04 hold: approval by u-head") == ExpectedLetter("L04", "approval by u-head")
    assert not ExpectedLetter.of("L09 hold: evidence").waits_for_approval


def test_what_lies_beside_stories_is_found_there_or_one_folder_up(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    with pytest.raises(StoryFault, match=r"expected cast\.yaml in .* or one folder up, found none"):
        Cast.read(tmp_path / "open")
    for name in ("cast.yaml", "model.yaml", "edition-2021-spring.toml"):
        shutil.copy(STORIES / name, tmp_path)
    shutil.copy(STORIES / "S01-refusal-then-warning.yaml", tmp_path / "open")
    assert Cast.read(tmp_path / "open") == CAST
    assert [path.name for path in story_files(tmp_path / "open")] == ["S01-refusal-then-warning.yaml"]
    assert story_files(tmp_path) == []


def test_another_edition_than_a_school_begins_with_is_refused(tmp_path: Path) -> None:
    for name in ("cast.yaml", "edition-2021-spring.toml"):
        shutil.copy(STORIES / name, tmp_path)
    edition = tmp_path / "edition-2021-spring.toml"
    edition.write_text(
        edition.read_text().replace("removal_deadline_school_days = 3", "removal_deadline_school_days = 4")
    )
    with pytest.raises(StoryFault, match="expected the edition that a new school begins with, found another one"):
        Cast.read(tmp_path)


def test_the_cast_makes_files_that_both_services_read(tmp_path: Path) -> None:
    CAST.write_people(tmp_path / "people.csv", tmp_path / "relations.csv")
    people = {person.id: person for person in read_people(tmp_path / "people.csv")}
    relations = read_relations(tmp_path / "relations.csv", {id: person.kind for id, person in people.items()})
    assert "p-unknown5" not in people
    assert people["k-tyler"].dob == date(2016, 2, 11)
    assert [relation.has_parental_responsibility for relation in relations if relation.adult == "p-pickard-d"] == ["no"]
    assert people["p-pickard-d"].contact_points == ()
    for person in people.values():
        for point in person.contact_points:
            assert point.kind != "address" or address.check([person.name, *point.lines]).problems == ()
    homes = [point.lines for person in people.values() for point in person.contact_points if point.kind == "address"]
    assert len(homes) == len(set(homes))


@pytest.mark.parametrize("media_type", KINDS)
def test_the_files_handed_in_are_what_they_claim_and_no_two_the_same(media_type: str) -> None:
    first, second = (evidence_file("screenshot", label, media_type) for label in ("S01 step 3", "S01 step 17"))
    assert first.content != second.content
    assert media_type_of(BytesIO(first.content), first.media_type, PurePath(first.name).suffix) == media_type
    assert set(BY_METHOD.values()) <= set(KINDS)


def test_the_school_of_a_story_has_its_calendar_and_its_modules(tmp_path: Path) -> None:
    CAST.write_school(tmp_path / "school", {"modules.premises": "on"})
    calendar = read_calendar(tmp_path / "school" / "calendar.toml")
    assert [term.name for term in calendar.terms] == ["autumn_2025", "spring_2026", "summer_2026"]
    assert read_school(tmp_path / "school").school.modules == {"premises": True}
    with pytest.raises(StoryFault, match=r"expected a setting modules\.<name> on or off, .* found colour: blue"):
        CAST.write_school(tmp_path / "other", {"colour": "blue"})


def facts(do: str, given: dict[str, Any], case: dict[str, Any] | None = None, **around: Any) -> Facts:
    step = Step(story="S00", number=1, at=AT, by="u-head", do=do, given=given, expect="accepted")
    request = request_of(do)
    assert request is not None
    return facts_of(step, request, Around(at=AT, case=case or {}, **around), CAST)


AT = read_story(FIRST, MODEL, CAST.people).steps[0].at


def test_words_are_sent_under_the_names_that_the_api_has() -> None:
    assert facts("screen_safeguarding", {"hold": False, "finding": "other", "reason": "x"}).body == {
        "is_hold": False,
        "finding": "other",
        "reason": "x",
    }
    breach = facts(
        "decide_breach", {"outcome": "inappropriate", "guidance": {"right_channel": True, "impact": "upset"}}
    )
    assert breach.body["guidance"] == {"right_channel": True}
    assert breach.body["impact"] == "upset"
    options = dict.fromkeys(("legal_advice", "warning", "police", "block", "host", "other_legal"), "take")
    assert facts("consider_escalation", {"options": options, "reasons": "x"}).body == {**options, "reasons": "x"}
    blocked = facts("block_access", {"scope": "comment", "review_on": date(2025, 11, 25)})
    assert blocked.body["review_on"] == "2025-11-25"


def test_a_word_without_a_field_is_listed_and_not_sent() -> None:
    found = facts("check_post", {"posts": [1], "result": "removed", "why": "it expired", "colour": "blue"})
    assert (found.body, list(found.unsaid)) == ({"posts": [1], "result": "removed", "how": "it expired"}, ["colour"])


def test_people_are_named_by_id_by_description_or_by_the_label_that_the_description_has() -> None:
    targets = ["k-oskar", "a Year 6 family", "p-unknown5"]
    assert facts("report_incident", {"channel": "fb-school", "targets": targets}).body["targets"] == [
        {"person": "k-oskar"},
        {"name": "a Year 6 family", "kind": "group"},
        {"name": "unknown person using the name Sarah J Holt", "kind": "unknown"},
    ]
    known = {"parties": [{"label": "P3", "name": "a Year 6 family", "person": None}]}
    assert facts("report_incident", {"targets": targets[1:2]}, known).body["targets"] == ["P3"]


def test_what_is_needed_and_left_out_gets_a_plausible_value() -> None:
    posts = [
        {"post_no": 1, "is_inappropriate": None, "channel": "dojo", "targets": ["P1"]},
        {"post_no": 2, "is_inappropriate": True, "channel": "dojo", "targets": ["P1"]},
    ]
    body = facts("add_post", {"channel": "dojo"}, {"posts": posts}).body
    assert (body["posted_at"], body["targets"]) == (AT.isoformat(), ["P1"])
    assert facts("issue_warning", {}, {"posts": posts}).body["posts"] == [2]
    assert facts("issue_warning", {}, {"posts": posts[:1]}).body["posts"] == [1]
    assert facts("close_incident", {"outcome": "other"}).body["summary"] == "As the story tells it."


def test_what_a_rule_waits_for_is_never_made_up() -> None:
    assert "review_on" not in facts("block_access", {"channel": "fb-school", "scope": "comment"}).body


def test_a_needed_code_without_a_default_is_a_fault() -> None:
    with pytest.raises(StoryFault, match="the field finding is needed and left out: give it a default"):
        facts("screen_safeguarding", {"hold": False, "reason": "x"})


def test_two_words_for_one_field_are_a_fault() -> None:
    with pytest.raises(StoryFault, match="two words for the field is_hold"):
        facts("screen_safeguarding", {"hold": False, "is_hold": True, "finding": "other", "reason": "x"})
