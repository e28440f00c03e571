"""Dates, times and facts as they are put to an English reader."""

from datetime import date

import pytest

from letters.domain import wording


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("2025-09-24T17:00:00+01:00", "5.00 pm on Wednesday 24 September 2025"),
        ("2025-09-24T16:00:00+00:00", "5.00 pm on Wednesday 24 September 2025"),
        ("2025-09-24T16:00:00Z", "5.00 pm on Wednesday 24 September 2025"),
        ("2026-01-05T08:05:59+00:00", "8.05 am on Monday 5 January 2026"),
        ("2026-01-05T12:00:00+00:00", "12 noon on Monday 5 January 2026"),
        ("2026-01-05T12:30:00+00:00", "12.30 pm on Monday 5 January 2026"),
        ("2026-01-05T00:00:00+00:00", "12 midnight on Monday 5 January 2026"),
        ("2026-01-05T00:10:00+00:00", "12.10 am on Monday 5 January 2026"),
        ("2025-10-26T00:30:00+00:00", "1.30 am on Sunday 26 October 2025"),
        ("2025-10-26T01:30:00+00:00", "1.30 am on Sunday 26 October 2025"),
        ("2026-03-29T01:00:00+00:00", "2.00 am on Sunday 29 March 2026"),
        ("2025-12-31T23:30:00-05:00", "4.30 am on Thursday 1 January 2026"),
    ],
)
def test_a_deadline_is_written_as_a_clock_in_england_shows_it(instant: str, words: str) -> None:
    assert wording.by_when(instant) == words


@pytest.mark.parametrize("text", ["2025-09-24T17:00:00", "24 September", "", "2025-13-01T00:00:00Z"])
def test_an_instant_without_an_offset_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"offset|isoformat|month"):
        wording.moment(text)


def test_a_time_stamp_puts_the_day_first() -> None:
    assert wording.on_day_at("2025-09-17T20:14:00+01:00") == "Wednesday 17 September 2025, 8.14 pm"


def test_the_date_of_a_letter_has_no_weekday() -> None:
    assert wording.long_date(date(2025, 9, 23), weekday=False) == "23 September 2025"


@pytest.mark.parametrize(
    ("text", "words"), [("spring term 2021", "spring term 2021"), ("2026-01-20", "20 January 2026")]
)
def test_a_policy_was_adopted_in_a_term_or_on_a_date(text: str, words: str) -> None:
    assert wording.adopted(text) == words


@pytest.mark.parametrize(
    ("method", "outcome", "words"),
    [
        ("meeting", "discussion_held", "we met and talked with you"),
        ("telephone", "no_answer", "we tried to reach you by telephone, without success"),
        ("email", "declined", "we offered to talk with you, and you preferred not to"),
        ("telephone", "meeting_arranged", "we arranged to meet you"),
        ("pigeon", "discussion_held", "we talked with you"),
        ("pigeon", "no_answer", "we tried to reach you, without success"),
    ],
)
def test_a_contact_is_told_in_words(method: str, outcome: str, words: str) -> None:
    assert wording.contact(method, outcome) == words


@pytest.mark.parametrize("code", [f"C{number}" for number in range(1, 8)])
def test_a_ground_is_told_without_its_number(code: str) -> None:
    assert wording.ground(f"{code} as the policy names it") == wording.GROUNDS[code]


def test_a_ground_of_its_own_keeps_its_words() -> None:
    assert wording.ground("C0 a picture of the staff room") == "a picture of the staff room"


def test_a_ground_draws_no_legal_conclusion() -> None:
    for words in wording.GROUNDS.values():
        assert not any(word in words for word in ("defam", "libel", "crim", "unlawful", "illegal", "harass"))


def test_a_cover_with_an_unknown_name_is_refused() -> None:
    assert wording.fill("ref $our_ref", {"our_ref": "R"}) == "ref R"
    with pytest.raises(KeyError):
        wording.fill("$other", {"our_ref": "R"})
