"""`casework replay`: what the live read models say is what the record gives; where it is not, exit 3 names the case."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.cli.conftest import Operator

SPOIL = (
    "UPDATE school_rowan.live_case SET folded = jsonb_set(folded::jsonb, '{case,tracks,police}', '\"referred\"')::json"
)


@pytest.fixture
def filled(operator: Operator, reported: UUID) -> Iterator[Operator]:
    """Answer the operator of a school whose read models are made; they are made anew afterwards."""
    assert operator.run("replay", "--rebuild").code == 0
    yield operator
    assert operator.run("replay", "--rebuild").code == 0


def test_models_that_nobody_touched_say_the_same(filled: Operator) -> None:
    ended = filled.run("replay")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "7 entries, 1 cases, folded as at position 7",
        "the live read models, at position 7, say the same",
    ]
    assert filled.run("replay", "--json").document == {
        "position": 7,
        "entries": 7,
        "cases": 1,
        "compared_at": 7,
        "differences": [],
    }


def test_a_row_that_was_changed_is_named_and_made_anew(filled: Operator, reported: UUID) -> None:
    filled.query(SPOIL)
    ended = filled.run("replay")
    assert (ended.code, ended.out) == (3, "")
    assert f"({reported}), version 3: tracks" in ended.err
    found = filled.run("replay", str(reported), "--json")
    assert (found.code, found.document["exit"]) == (3, 3)
    (difference,) = found.document["differences"]
    assert (difference["incident"], difference["version"], difference["fields"]) == (str(reported), 3, ["tracks"])
    assert filled.run("replay", "--rebuild").code == 0
    assert filled.run("replay").code == 0


def test_a_case_is_shown_as_it_stood_and_nobodys_words_with_it(filled: Operator, reported: UUID) -> None:
    ended = filled.run("replay", str(reported), "--at", "v2", "--json")
    assert ended.code == 0, ended.err
    assert (ended.document["case"]["version"], ended.document["case"]["phase"]) == (2, "reported")
    assert ended.document["compared_at"] is None
    whole = filled.run("replay", str(reported))
    assert "reported  version 3" in whole.out
    assert [word for word in ("Ellery", "canary") if word in ended.out + whole.out] == []


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--at", "v2"), 2, "expected INCIDENT_ID"),
        (("--at", "yesterday"), 2, "expected v7 (a version)"),
        (("--rebuild", "--at", "p3"), 2, "without --at"),
        (("00000000-0000-4000-8000-000000000000",), 1, "found no entry of one"),
        (("RL-2025-0001",), 2, "is not a valid UUID"),
    ],
)
def test_what_cannot_be_replayed_is_said(filled: Operator, words: tuple[str, ...], code: int, said: str) -> None:
    ended = filled.run("replay", *words)
    assert (ended.code, said in ended.err) == (code, True), ended.err


def test_models_that_nobody_made_yet_are_not_compared(filled: Operator) -> None:
    filled.query("UPDATE school_rowan.live_head SET form = '', position = 0")
    ended = filled.run("replay")
    assert (ended.code, "not compared" in ended.out) == (0, True)
