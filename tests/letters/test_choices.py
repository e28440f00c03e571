"""What staff choose for a letter, changed bit by bit, and whether it fits."""

from typing import Any

import msgspec
import pytest

from letters.domain.catalogue import CATALOGUE
from letters.domain.choices import Change, Choices, TypedAddress, TypedEmail, faults
from letters.domain.template_data import TEMPLATES

HOME: dict[str, Any] = {"lines": ["2 Hill Road", "Rowanby", "DE99 3AD"], "basis": "she told us", "verified_by": "u-sbm"}


def change(**asked: Any) -> Change:
    return msgspec.convert(asked, Change)


def unfit(template: str = "L05", before: Choices | None = None, **asked: Any) -> list[tuple[str, str]]:
    """Return code and pointer of everything that does not fit."""
    wanted = change(**asked)
    after = wanted.of(before or Choices())
    return [(fault.code, fault.pointer) for fault in faults(wanted, after, CATALOGUE[template], TEMPLATES[template])]


def test_what_is_not_named_stays_and_null_takes_a_choice_back() -> None:
    first = change(channel="classdojo", slots={"note": "Thank you."}).of(Choices())
    assert first == Choices(channel="classdojo", slots={"note": "Thank you."})
    second = change(large_print=True, slots={"note": None}).of(first)
    assert second == Choices(channel="classdojo", large_print=True)
    third = change(channel=None, address=HOME).of(second)
    assert third.channel is None
    assert third.address == TypedAddress(**{**HOME, "lines": tuple(HOME["lines"])})
    assert change(address=None, large_print=None).of(third) == Choices()
    typed = {"address": "kerry@example.org", "basis": "she wrote it down", "verified_by": "u-sbm"}
    fourth = change(email=typed).of(third)
    assert fourth.email == TypedEmail(**typed)
    assert change(large_print=True).of(fourth).email == fourth.email
    assert change(email=None).of(fourth) == third


def test_choices_are_kept_and_read_again_whole() -> None:
    chosen = change(channel="classdojo", slots={"note": "é"}, address=HOME, large_print=False).of(Choices())
    assert msgspec.json.decode(msgspec.json.encode(chosen), type=Choices) == chosen


def test_nothing_to_choose_is_a_mistake() -> None:
    assert unfit() == [("nothing_chosen", "")]


@pytest.mark.parametrize("channel", ["print", "classdojo", "by_hand", None])
def test_a_channel_of_the_letters_row_fits(channel: str | None) -> None:
    assert unfit(channel=channel) == []


@pytest.mark.parametrize(("template", "channel"), [("L04", "classdojo"), ("L05", "email"), ("L22", "web_form")])
def test_another_channel_does_not(template: str, channel: str) -> None:
    assert unfit(template, channel=channel) == [("channel", "/channel")]


def test_everything_that_does_not_fit_is_named_at_once() -> None:
    asked: dict[str, Any] = {
        "channel": "portal",
        "slots": {"note": "x" * 601, "other": "y", "ends_on": "never"},
        "address": {**HOME, "lines": ["(Hill Road)", "Rowanby", "nowhere"]},
    }
    assert unfit("L22", **asked) == [
        ("channel", "/channel"),
        ("slot_overlong", "/slots/note"),
        ("slot_unknown", "/slots/other"),
        ("slot_malformed", "/slots/ends_on"),
        ("line_start", "/address/lines/0"),
        ("postcode", "/address/lines/2"),
    ]


def test_an_e_mail_address_is_one_address_and_nothing_else() -> None:
    known: dict[str, Any] = {"basis": "on her card", "verified_by": "u-sbm"}
    assert unfit("L10", email={**known, "address": "adviser@law.example.org"}) == []
    assert unfit("L10", email={**known, "address": "a@b.example, c@d.example"}) == [("email", "/email/address")]


def test_too_few_lines_are_a_fault_of_the_address() -> None:
    assert unfit(address={**HOME, "lines": ["DE99 3AD"]}) == [("line_count", "/address/lines")]


def test_an_address_that_fits_is_no_fault() -> None:
    assert unfit(address=HOME) == []
