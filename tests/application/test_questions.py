"""What a decision asks the database: its key, what it begins with, what it appends; of people where it names any."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from casework.adapters.asking import Asking, Question, question
from tests.api.fix_first_school import MORNING, Played
from tests.api.test_first_story import REPORT, Case

NAMES = {question(name, "school_rowan"): name for name in ("beginning", "families", "persons")}
NAMES |= {question("api_key"): "api_key"}
SURELY = {"confidence": "confirmed", "basis_code": "admitted", "basis": "said so"}


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every statement that is sent: its name, or that it is another one."""
    sent: list[str] = []

    def noted(send: Callable[..., Any]) -> Callable[..., Any]:
        def note(self: object, statement: object, *rest: object, **more: object) -> Any:
            sent.append(NAMES.get(statement, "another") if isinstance(statement, Question) else "another")
            return send(self, statement, *rest, **more)

        return note

    monkeypatch.setattr(Asking, "ask", noted(Asking.ask))
    monkeypatch.setattr(Asking, "send", noted(Asking.send))
    monkeypatch.setattr(psycopg.Cursor, "execute", noted(psycopg.Cursor.execute))
    return sent


@pytest.fixture
def case(school: Played, questions: list[str]) -> Case:
    """Answer a case of which the process has the policy at hand."""
    case = Case(school, school.post("u-deputy", "/v1/incidents", REPORT))
    case.do(MORNING, "u-deputy", "notes", {"text": "the parent rang"})
    questions.clear()
    return case


def test_a_decision_that_names_nobody_asks_three_things(case: Case, questions: list[str]) -> None:
    answer = case.do(MORNING, "u-deputy", "notes", {"text": "the parent rang again"})
    assert answer.status_code == 201, answer.text
    assert questions == ["api_key", "beginning", "another"]


def test_a_decision_that_names_somebody_asks_for_them_too(case: Case, questions: list[str]) -> None:
    for party in ({"person": "p-mallinson"}, "P2"):
        questions.clear()
        answer = case.do(MORNING, "u-deputy", "identifications", {"party": party, **SURELY})
        assert answer.status_code == 201, answer.text
        assert questions == ["api_key", "beginning", "persons", "another"]


def test_a_decision_that_was_taken_before_asks_only_for_its_answer(case: Case, questions: list[str]) -> None:
    note = {"text": "the parent rang again"}
    first = case.do(MORNING, "u-deputy", "notes", note, key="twice")
    questions.clear()
    again = case.do(MORNING, "u-deputy", "notes", note, key="twice")
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert questions == ["api_key", "beginning", "another"]
