"""What a letter waits for, held against what a story says it waits for; without services: each hold is planted."""

from typing import Any

import pytest

from letters.domain.checks import HOLD_RESOLVED_BY
from tests.journeys.holding import compared
from tests.journeys.story import ExpectedLetter

ROLES = {"u-head": "headteacher", "u-deputy": "caseworker", "u-sbm": "office"}


def letter(*holds: str, status: str = "ready") -> dict[str, Any]:
    return {"template": "L02", "status": status, "holds": list(holds), "approvers": ["caseworker", "headteacher"]}


def faults(text: str, found: dict[str, Any]) -> list[str]:
    return compared(ExpectedLetter.of(text), found, ROLES)


@pytest.mark.parametrize("name", HOLD_RESOLVED_BY)
def test_a_hold_that_letters_has_is_compared_by_its_name(name: str) -> None:
    assert faults(f"L02 hold: {name}", letter(name)) == []
    assert faults(f"L02 hold: {name}", letter("another", name)) == []
    assert faults(f"L02 hold: {name}", letter("another")) == [
        f"L02: expected held ({name}), found ready and held (another)"
    ]
    assert faults(f"L02 hold: {name}", letter()) == [f"L02: expected held ({name}), found ready without a hold"]


def test_a_hold_that_a_story_calls_otherwise_is_compared_too() -> None:
    assert faults("L02 hold: recipient address", letter("address")) == []
    assert faults("L02 hold: recipient address", letter("police")) == [
        "L02: expected held (recipient address), found ready and held (police)"
    ]


def test_an_incomplete_letter_is_not_taken_for_one_under_the_hold_that_is_named() -> None:
    assert faults("L02 hold: police", letter(status="incomplete")) == [
        "L02: expected held (police), found incomplete without a hold"
    ]


@pytest.mark.parametrize("found", [letter("address"), letter(status="incomplete"), letter()])
def test_a_hold_that_letters_does_not_know_is_a_fault(found: dict[str, Any]) -> None:
    [fault] = faults("L02 hold: full moon", found)
    assert fault.startswith("L02: expected a hold that letters has (")
    assert fault.endswith("), found `full moon`")


def test_a_letter_that_waits_for_approval_is_ready_and_waits_for_nothing_else() -> None:
    assert faults("L02 hold: approval", letter()) == []
    assert faults("L02 hold: approval by u-head", letter()) == []
    for found, said in (
        (letter("police"), "ready and held (police)"),
        (letter(status="incomplete"), "incomplete without a hold"),
        (letter(status="issued"), "issued without a hold"),
    ):
        assert faults("L02 hold: approval by u-head", found) == [
            f"L02: expected ready, waiting for approval by u-head, found {said}"
        ]


def test_a_letter_that_somebody_is_to_approve_is_theirs_to_approve() -> None:
    assert faults("L02 hold: approval by u-sbm", letter()) == [
        "L02: expected u-sbm (office) to be one who approves it, found caseworker, headteacher"
    ]


def test_an_approval_by_nobody_that_is_known_is_a_fault() -> None:
    assert faults("L02 hold: approval by the full board", letter()) == [
        "L02: expected an approval by somebody of the cast, found `the full board`"
    ]
