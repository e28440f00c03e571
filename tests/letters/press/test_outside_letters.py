"""What every letter to an outside body or to the affected keeps to; then the update and the return."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from letters.adapters.school_file import SchoolFolder
from letters.adapters.template_store import TemplateStore
from letters.domain.lint import lint
from tests.letters.press.outside_answers import CAUSES, made, outside
from tests.letters.press.outside_told import POSTER, QUOTES, SIZES, Make, found_in, post, problems
from tests.letters.press.rendered import Rendered
from tests.letters.press.test_poster_letters import section


@pytest.mark.parametrize("template", CAUSES)
def test_an_empty_answer_is_all_problems_and_no_crash(template: str, school: SchoolFolder) -> None:
    fields = {**outside(template), "facts": {}, "posts": [], "holds": None}
    assert made(template, school.school.fields(), fields).problems


# L15


@pytest.mark.parametrize("size", SIZES)
def test_the_affected_are_told_what_was_done_and_who_helps(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L15-{size}"].rendering.text
    assert section(text, "What we have done").startswith("Both posts are gone.")
    assert "help from outside or from your union" in section(text, "How we can help")
    assert "the class teacher" in section(rendered["L15-long"].rendering.text, "How we can help")


@pytest.mark.parametrize("size", SIZES)
def test_the_affected_never_learn_who_posted(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L15-{size}"].rendering.text
    assert "We cannot say who posted it" in text
    for word in (*POSTER, *QUOTES, "parent", "police", "warn", "block", "Facebook", "http"):
        assert word not in text


def test_nothing_of_posts_or_poster_is_in_what_the_letter_is_made_from(told: Make) -> None:
    made_of = json.dumps(told("L15", posts=post()).data)
    assert [word for word in (*POSTER, QUOTES[0], "facebook") if word in made_of] == []


def test_an_update_without_anything_said_is_incomplete(told: Make) -> None:
    assert problems(told("L15", facts={"said": None})) == [("missing", "facts.said")]


def test_a_poster_named_in_an_update_has_to_go_and_a_step_has_to_be_looked_at(told: Make) -> None:
    names = [{**name, "allowed": False} for name in outside("L15")["names"]]
    data = told("L15", facts={"said": "Kerry Mallinson was warned by the police."}).data
    findings = lint(
        "L15",
        texts={"text": data["said"]},
        data=data,
        names=names,
        is_policy_overdue=False,
        working_days_to_answer=None,
    )
    assert {(finding.level, finding.id) for finding in findings} >= {
        ("block", "full_name:names[2]:text"),
        ("check", "step_named:said:police"),
        ("check", "step_named:said:warned"),
    }


@pytest.mark.parametrize(
    ("facts", "concerns"),
    [
        ({"party_kind": "staff"}, (True, False)),
        ({"party_kind": "adult", "about_kind": "pupil"}, (False, True)),
        ({"party_kind": "group"}, (False, False)),
    ],
)
def test_whom_an_update_is_about_is_as_casework_says(
    facts: dict[str, Any], concerns: tuple[bool, bool], told: Make
) -> None:
    data = told("L15", facts=facts).data
    assert (data["is_staff"], data["is_about_child"]) == concerns


# L19


@pytest.mark.parametrize("size", SIZES)
def test_a_return_has_date_type_characteristic_and_outcome(size: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[f"L19-{size}"].rendering.text
    assert "Return of prejudice incidents, autumn term 2025" in text
    assert "3 September 2025 to 19 December 2025" in text
    assert section(text, "Incidents").splitlines()[1:] == [
        "Date",
        "Type",
        "Characteristic",
        "Outcome",
        "13 October 2025",
        "racist",
        "race",
        "police told, and replied; access restricted for a time; still open",
        "20 November 2025",
        "racist; negative or offensive about particular people",
        "race; religion or belief",
        "settled by talking",
    ]
    assert section(text, "By characteristic").startswith("- race: 2\n- religion or belief: 1\n")


@pytest.mark.parametrize("name", ["L19-ok", "L19-ok-large", "L19-long"])
def test_a_return_names_nobody_and_quotes_nothing(name: str, rendered: Mapping[str, Rendered]) -> None:
    text = rendered[name].rendering.text
    for word in (*POSTER, *QUOTES, "Ellery", "Jayden", "http", "Facebook", "“"):
        assert word not in text


def test_not_even_staff_are_named_in_a_return(told: Make) -> None:
    data = told("L19").data
    assert found_in("L19", data) == []
    assert ("block", "full_name:names[0]:text") in found_in("L19", {**data, "slots": {"note": "Amy Ellery"}})


def test_a_term_without_incidents_is_returned_too(told: Make) -> None:
    empty = {**outside("L19")["facts"]["return"], "cases": []}
    found = told("L19", facts={"return": empty})
    assert (found.problems, found.data["cases"], found.data["counts"]) == ((), [], [])


def test_a_return_of_no_term_is_incomplete(told: Make) -> None:
    assert {path for _, path in problems(told("L19", facts={"return": None}))} == {
        "facts.return.term",
        "facts.return.first",
        "facts.return.last",
    }


@pytest.mark.parametrize("template", CAUSES)
def test_the_message_beside_a_letter_names_nobody(template: str, store: TemplateStore) -> None:
    found = store.template(template)
    for word in ("$recipient", "$name", "racis", "threat", "child", "poster"):
        assert word not in (found.cover + found.paste).casefold()
