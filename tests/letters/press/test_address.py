"""Addresses: normalised for the window of an envelope, and refused by form."""

import pytest

from letters.domain.address import check, normal_postcode

NAME, STREET, TOWN, POSTCODE = "Kerry Mallinson", "14 Mill Terrace", "Rowanby", "DE99 3AB"


def codes(*lines: str) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in check(lines).problems]


def test_commas_spaces_blank_lines_and_the_country_are_dropped() -> None:
    checked = check([NAME, " 14  Mill Terrace, ", "", "Rowanby ,", "de993ab", "United Kingdom"])
    assert checked.lines == (NAME, STREET, TOWN, POSTCODE)
    assert checked.problems == ()


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("sw1a1aa", "SW1A 1AA"),
        ("M1 1AE", "M1 1AE"),
        ("gir 0aa", "GIR 0AA"),
        ("bt1  5gs", "BT1 5GS"),
        ("je2 3ab", "JE2 3AB"),
        ("bfpo 801", "BFPO 801"),
        ("BFPO801", "BFPO 801"),
        ("bf1 3aa", "BF1 3AA"),
        ("EC1A-1BB.", "EC1A 1BB"),
    ],
)
def test_postcodes_are_put_into_capitals_with_one_space(text: str, normal: str) -> None:
    assert normal_postcode(text) == normal


@pytest.mark.parametrize(
    "text", ["", "ZZ9 9ZZ", "SW1A 1A", "SW1A 1CA", "SW1A 1AAA", "AA1 1AA", "12345", "BFPO", "BFPO 12345"]
)
def test_what_is_no_postcode_is_told(text: str) -> None:
    assert normal_postcode(text) is None


def test_the_postcode_stands_last() -> None:
    assert codes(NAME, STREET, POSTCODE, TOWN) == [("postcode", "address[3]")]


@pytest.mark.parametrize("lines", [[NAME, POSTCODE], [NAME, *("Line of address",) * 6, POSTCODE], []])
def test_three_to_seven_lines_are_needed(lines: list[str]) -> None:
    assert [code for code, _ in codes(*lines)] == ["line_count"]


def test_seven_lines_are_enough() -> None:
    assert codes(NAME, *("Line of address",) * 5, POSTCODE) == []


def test_the_first_two_lines_hold_a_letter_or_digit() -> None:
    assert codes("...", "--", TOWN, POSTCODE) == [("line_empty", "address[0]"), ("line_empty", "address[1]")]


@pytest.mark.parametrize("char", '@()=[]"\\/,<>~')
def test_no_line_starts_with_a_sign_that_print_services_refuse(char: str) -> None:
    assert codes(NAME, char + STREET, TOWN, POSTCODE) == [("line_start", "address[1]")]


@pytest.mark.parametrize("line", ["NFA", "nfa, Rowanby", "No fixed abode", "of no fixed address"])
def test_no_fixed_abode_is_no_address(line: str) -> None:
    assert ("no_fixed_address", "address[1]") in codes(NAME, line, TOWN, POSTCODE)


def test_a_name_that_only_holds_such_letters_is_an_address() -> None:
    assert codes("Anfa Unfair", "NFAC House", TOWN, POSTCODE) == []
