"""What a step led to, held against what it says; without services: what they cannot be made to do wrong is planted."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from tests.journeys.expectations import Found, faults_of, is_due
from tests.journeys.story import ExpectedLetter, Step

STEP = Step(
    story="S00",
    number=7,
    at=datetime.fromisoformat("2025-09-18T09:00:00+01:00"),
    by="u-head",
    do="issue_warning",
    expect="accepted",
    events=["incident.warning-issued.v1"],
    letters=[ExpectedLetter("L04", "approval by u-head")],
)
FOUND = Found(outcome="accepted", status=201, events=["incident.warning-issued.v1"], letters=["L04"])
REFUSED = replace(STEP, expect="refused", status=409, rules=["R03", "R04"], events=(), letters=())
ANSWERED = Found(outcome="refused", status=409, rules=["R03", "R04"], noted=[["R03", "R04"]])


def test_what_is_as_expected_has_no_faults() -> None:
    assert faults_of(STEP, FOUND) == []
    assert faults_of(REFUSED, ANSWERED) == []


@pytest.mark.parametrize(
    ("noted", "found"),
    [([], "[]"), ([["R03"]], "[['R03']]"), ([["R03", "R04"], ["R12"]], "[['R03', 'R04'], ['R12']]")],
)
def test_a_refusal_that_the_access_stream_does_not_hold_as_it_was_is_a_fault(noted: Any, found: str) -> None:
    assert faults_of(REFUSED, replace(ANSWERED, noted=noted)) == [
        f"access.decision-refused.v1: expected [['R03', 'R04']], found {found}"
    ]


def test_a_refusal_that_records_something_in_the_case_is_a_fault() -> None:
    faults = faults_of(REFUSED, replace(ANSWERED, events=["incident.note-added.v1"]))
    assert faults == ["events: expected [], found ['incident.note-added.v1']"]


def test_an_answer_of_404_names_no_rule_and_the_access_stream_does() -> None:
    step = replace(REFUSED, status=404, rules=["R12"])
    assert faults_of(step, Found(outcome="refused", status=404, noted=[["R12"]])) == []
    talking = Found(outcome="refused", status=404, rules=["R12"], noted=[["R12"]])
    assert faults_of(step, talking) == ["rules: expected an answer of status 404 that names none, found ['R12']"]


def test_what_went_wrong_on_the_way_is_a_fault() -> None:
    assert faults_of(STEP, replace(FOUND, faults=['ETag: expected "3", found "2"'])) == [
        'ETag: expected "3", found "2"'
    ]


def test_a_letter_counts_from_when_its_template_is_there() -> None:
    missing = replace(FOUND, letters=[])
    assert faults_of(STEP, missing, not_yet={"L04"}) == []
    assert faults_of(STEP, missing) == ["letters: expected ['L04'], found []"]
    assert faults_of(STEP, replace(FOUND, letters=["L04", "L04"])) == [
        "letters: expected ['L04'], found ['L04', 'L04']"
    ]


@pytest.mark.parametrize(
    ("expected", "found", "is_as_expected"),
    [
        (date(2025, 9, 25), "2025-09-25", True),
        (date(2025, 9, 25), "2025-09-26", False),
        (date(2025, 9, 25), "2025-09-24T23:30:00+00:00", True),  # half past midnight in London
        (date(2025, 9, 25), None, False),
        ("2025-09-24T17:00:00+01:00", "2025-09-24T16:00:00+00:00", True),
        ("2025-09-24T17:00:00+01:00", "2025-09-24T17:00:00+00:00", False),
        ("2025-09-24T17:00:00+01:00", "2025-09-24", False),
    ],
)
def test_a_task_is_due_on_a_day_or_at_an_instant(expected: Any, found: str | None, *, is_as_expected: bool) -> None:
    assert is_due(expected, found) is is_as_expected
