"""From casework's answer to a template's data: picked, put into words, and every missing path named at once."""

from datetime import date
from typing import Any

import pytest

from letters.adapters.school_file import SchoolFolder
from letters.domain.template_data import TemplateData, canonical, digest, template_data
from tests.letters.press.merge_fields import s01


@pytest.fixture(name="made")
def make(school: SchoolFolder) -> Any:
    def made(template: str, fields: dict[str, Any], **given: Any) -> TemplateData:
        options: dict[str, Any] = {
            "recipient": "p-mallinson",
            "letter_date": date(2025, 9, 23),
            "our_ref": "RL-2025-0031/L04-140846",
            "slots": {},
            "signatory": fields["signatories"][0],
            "large_print": False,
        }
        return template_data(template, fields, school.school.fields(), **options | given)

    return made


def problems(made: TemplateData) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in made.problems]


def test_everything_that_is_missing_is_named_at_once(made: Any) -> None:
    fields = s01("L04")
    del fields["facts"]["due_at"], fields["policy"]["title"], fields["recipients"][0]["address"]
    fields["posts"][0] |= {"quote": None, "posted_at": None, "seen_at": None}
    del fields["posts"][1]["platform"]
    assert problems(made("L04", fields)) == [
        ("missing", "recipients[0].address"),
        ("missing", "policy.title"),
        ("missing", "posts[0].posted_at"),
        ("missing", "posts[0].summary"),
        ("missing", "posts[1].platform"),
        ("missing", "facts.due_at"),
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("facts", "due_at"), "next week"),
        (("facts", "due_at"), "2025-09-26T17:00:00"),
        (("facts", "contacts"), [{"occurred_at": "2025-09-19T15:30:00+01:00"}]),
        (("facts", "earlier_requests"), [{"requested_on": "x", "due_at": "y", "answer": None}]),
    ],
)
def test_what_is_malformed_is_a_problem_and_never_a_crash(path: tuple[str, str], value: Any, made: Any) -> None:
    fields = s01("L04")
    fields[path[0]][path[1]] = value
    found = problems(made("L04", fields))
    assert found
    assert {code for code, _ in found} == {"malformed"}


def test_an_empty_answer_is_all_problems(made: Any) -> None:
    found = problems(made("L02", {"signatories": [{}]}, signatory={}))
    assert {"recipients", "posts", "policy.title", "facts.due_at", "signatory.name"} <= {path for _, path in found}


def test_a_party_that_is_no_recipient_gets_no_letter(made: Any) -> None:
    assert ("missing", "recipients") in problems(made("L04", s01("L04"), recipient="p-other"))


def test_each_recipient_gets_the_own_name_and_address(made: Any) -> None:
    fields = s01("L04")
    other = {
        "party_id": "p-other",
        "name": "Sam Mallinson",
        "address": ["2 Hill Road", "Rowanby", "de993ad", "England"],
    }
    fields["recipients"].append(other)
    data = made("L04", fields, recipient="p-other").data
    assert data["recipient"] == {"name": "Sam Mallinson", "address": ["2 Hill Road", "Rowanby", "DE99 3AD"]}
    assert b"Kerry" not in canonical(data)


def test_a_name_repeated_in_the_address_is_printed_once(made: Any) -> None:
    fields = s01("L04")
    fields["recipients"][0]["address"].insert(0, "Kerry Mallinson")
    assert made("L04", fields).data["recipient"]["address"] == ["14 Mill Terrace", "Rowanby", "DE99 3AB"]


def test_an_address_of_bad_form_is_a_problem_by_line(made: Any) -> None:
    fields = s01("L04")
    fields["recipients"][0]["address"] = ["NFA", "Rowanby", "nowhere"]
    assert problems(made("L04", fields)) == [
        ("no_fixed_address", "recipient.address[1]"),
        ("postcode", "recipient.address[3]"),
    ]


def test_nobody_to_sign_is_left_to_the_gate(made: Any) -> None:
    made_without = made("L04", s01("L04"), signatory=None)
    assert made_without.problems == ()
    assert made_without.data["signatory"] == {"name": "", "job": ""}


def test_withheld_words_are_summarised_and_words_are_never_told_twice(made: Any) -> None:
    fields = s01("L04")
    fields["posts"][0] |= {"quote": None, "summary": "It names a child."}
    fields["posts"][1] |= {"summary": "It mocks a teacher."}
    first, second = made("L04", fields).data["posts"]
    assert (first["quote"], first["summary"]) == (None, "It names a child.")
    assert second["summary"] is None


def test_a_quote_is_cut_at_240_characters(made: Any) -> None:
    fields = s01("L04")
    fields["posts"][0]["quote"] = "word " * 60
    quote = made("L04", fields).data["posts"][0]["quote"]
    assert len(quote) <= 240
    assert quote.endswith("word…")


def test_the_newest_conversation_is_thanked_for_and_else_the_newest_attempt(made: Any) -> None:
    fields = s01("L02")
    fields["facts"]["contacts"] = [
        {"occurred_at": "2025-09-22T09:00:00+01:00", "method": "telephone", "outcome": "no_answer"},
        {"occurred_at": "2025-09-19T15:30:00+01:00", "method": "meeting", "outcome": "discussion_held"},
    ]
    assert made("L02", fields).data["contact"]["on"] == "Friday 19 September 2025"
    fields["facts"]["contacts"].pop()
    contact = made("L02", fields).data["contact"]
    assert (contact["on"], contact["is_held"]) == ("Monday 22 September 2025", False)
    fields["facts"]["contacts"] = []
    assert made("L02", fields).data["contact"] is None


def test_posts_after_the_last_request_show_that_it_went_on(made: Any) -> None:
    fields = s01("L04")
    assert made("L04", fields).data["later_posts"] == [2]
    fields["posts"][1]["posted_at"] = "2025-09-19T23:00:00+01:00"
    assert made("L04", fields).data["later_posts"] == []
    fields["facts"]["earlier_requests"] = []
    assert made("L04", fields).data["later_posts"] == []


@pytest.mark.parametrize(
    ("slots", "code"),
    [({"note": "x" * 601}, "slot_overlong"), ({"note": "a\nb"}, "slot_line_break"), ({"extra": "x"}, "slot_unknown")],
)
def test_a_slot_that_does_not_fit_is_a_problem(slots: dict[str, str], code: str, made: Any) -> None:
    found = made("L04", s01("L04"), slots=slots).problems
    assert [problem.code for problem in found] == [code]


def test_a_note_is_printed_and_a_blank_one_is_none(made: Any) -> None:
    assert made("L04", s01("L04"), slots={"note": "Thank you."}).data["slots"] == {"note": "Thank you."}
    assert made("L04", s01("L04"), slots={"note": ""}).data["slots"] == {"note": None}


def test_what_was_cleaned_is_listed_by_its_place_in_the_data(made: Any) -> None:
    fields = s01("L04")
    fields["posts"][0]["quote"] = "a\u202eb \U0001f621"
    fields["recipients"][0]["name"] = "Kerry \u0a17"
    result = made("L04", fields, is_covered=lambda char: char.isascii())
    assert {(one.path, one.found) for one in result.cleaned} == {
        ("posts[0].quote", "U+202E"),
        ("posts[0].quote", "U+1F621"),
        ("recipient.name", "U+0A17"),
    }
    assert problems(result) == [("glyph_missing", "recipient.name")]


def test_the_same_facts_in_another_order_are_the_same_bytes() -> None:
    assert canonical({"b": "e\u0301", "a": 1}) == '{"a":1,"b":"é"}'.encode()
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
