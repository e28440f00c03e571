"""Text from outside: what cannot be seen is taken out, what cannot be printed is spelt out, and all of it is listed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.domain.text import Cleansed, clean

LATIN = {chr(code) for code in range(0xA0, 0x250)}


def cleaned(text: str, key: str = "quote") -> Cleansed:
    return clean({key: text}, LATIN.__contains__)


@pytest.mark.parametrize(
    ("text", "clean_text", "found"),
    [
        ("plain #eval(1) <b> $x$", "plain #eval(1) <b> $x$", {}),
        ("a\u202eb\u202cc", "abc", {"U+202E": 1, "U+202C": 1}),
        ("a\u200bb\ufeffc\u2060d", "abcd", {"U+200B": 1, "U+FEFF": 1, "U+2060": 1}),
        ("a\x00b\x1bc\x85d", "abc d", {"U+0000": 1, "U+001B": 1, "U+0085": 1}),
        ("a\tb\r\nc\u2028d", "a b c d", {"U+0009": 1, "U+000A": 1, "U+2028": 1}),
        ("\U0001f621\U0001f621", "[U+1F621 POUTING FACE]" * 2, {"U+1F621": 2}),
        ("\ufffd \ue000", "[U+FFFD REPLACEMENT CHARACTER] [U+E000]", {"U+FFFD": 1, "U+E000": 1}),
        ("\ud83d", "[U+D83D]", {"U+D83D": 1}),
        ("\U000e0041", "", {"U+E0041": 1}),
        ("soft\u00adhyphen", "softhyphen", {"U+00AD": 1}),
        ("e\u0301", "é", {}),
    ],
)
def test_a_quote_is_cleaned_and_what_changed_is_listed(text: str, clean_text: str, found: dict[str, int]) -> None:
    made = cleaned(text)
    assert made.value == {"quote": clean_text}
    assert {one.found: one.count for one in made.cleaned} == found
    assert {one.path for one in made.cleaned} <= {"quote"}
    assert made.problems == ()


@pytest.mark.parametrize("key", ["name", "job"])
def test_a_name_that_cannot_be_printed_is_a_problem_for_a_person(key: str) -> None:
    made = clean({"recipient": {key: "Z \u0a17"}}, LATIN.__contains__)
    assert [(problem.code, problem.path) for problem in made.problems] == [("glyph_missing", f"recipient.{key}")]
    assert "U+0A17" in made.problems[0].expected


def test_lines_of_an_address_are_named_by_their_place() -> None:
    made = clean({"recipient": {"address": ["1 Mill", "\u6f22"]}}, LATIN.__contains__)
    assert [problem.path for problem in made.problems] == ["recipient.address[1]"]


def test_a_control_in_a_name_is_taken_out_and_is_no_problem() -> None:
    made = clean({"name": "Ker\u200bry"}, LATIN.__contains__)
    assert made.value == {"name": "Kerry"}
    assert made.problems == ()


def test_numbers_flags_and_nothing_stay_as_they_are() -> None:
    value = {"n": 1, "is": True, "none": None, "list": [1, "a", [None]]}
    assert clean(value, LATIN.__contains__).value == value


def test_a_problem_names_no_value() -> None:
    made = clean({"name": "Amy \u0a17"}, LATIN.__contains__)
    assert "Amy" not in made.problems[0].expected


@given(st.text())
def test_clean_text_is_clean(text: str) -> None:
    once = cleaned(text)
    again = clean(once.value, LATIN.__contains__)
    assert again.value == once.value
    assert again.cleaned == ()


@given(st.text())
def test_clean_text_can_be_written_as_utf_8_in_one_line(text: str) -> None:
    value = cleaned(text).value
    assert isinstance(value, dict)
    value["quote"].encode()
    assert len(value["quote"].splitlines()) <= 1
