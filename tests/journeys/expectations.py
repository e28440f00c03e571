"""What a step led to, held against what the story says it must lead to. Pure: values in, faults out."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.story import Outcome, Step

LONDON = ZoneInfo("Europe/London")
NOT_FOUND = 404
FILINGS = ("incident.correspondence-recorded.v1", "advice.correspondence-filed.v1")


class StepFailed(AssertionError):
    """A step did not lead to what the story expects; the message lists everything that differs."""

    def __init__(self, step: Step, faults: Sequence[str]) -> None:
        super().__init__(f"{step}:\n  " + "\n  ".join(faults))


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a step led to."""

    outcome: Outcome
    status: int
    said: str = ""
    """What a refusal said of itself, for the message."""
    rules: Sequence[str] = ()
    """Of the answer, in its order; a fault of no rule stands as the place it names."""
    noted: Sequence[Sequence[str]] | None = None
    """The rules of each refused decision that the access stream holds of this step; None where it is not looked at."""
    events: Sequence[str] = ()
    letters: Sequence[str] = ()
    """Templates of the letters drafted."""
    tasks: Sequence[tuple[str, str | None]] = ()
    """The tasks open now, each with the day or instant it is due."""
    faults: Sequence[str] = field(default=())
    """What else is wrong, found on the way."""


def faults_of(step: Step, found: Found, *, not_yet: Collection[str] = ()) -> list[str]:
    """Return everything in which a step differs from what is expected; `not_yet`: templates that are still to come."""
    return [
        *_outcome(step, found),
        *_compared("events", list(step.events), list(found.events)),
        *_letters(step, found, not_yet),
        *_tasks(step, found),
        *found.faults,
    ]


def is_due(expected: Any, found: str | None) -> bool:
    """Tell whether a task is due when expected: an instant exactly, a day as a day or as an instant in it."""
    if found is None:
        return False
    if isinstance(expected, date) and not isinstance(expected, datetime):
        is_day = len(found) == len("2025-09-18")
        return expected == (date.fromisoformat(found) if is_day else _instant(found).astimezone(LONDON).date())
    return "T" in found and _instant(str(expected)) == _instant(found)


def _outcome(step: Step, found: Found) -> Iterator[str]:
    if found.outcome != step.expect:
        said = f" ({found.said})" if found.said else ""
        rules = f" {list(found.rules)}" if found.rules else ""
        expected = f"{step.expect} {step.status} {list(step.rules)}" if step.expect == "refused" else step.expect
        yield f"outcome: expected {expected}, found {found.outcome} with status {found.status}{rules}{said}"
        return
    if step.expect != "refused":
        return
    if found.status != step.status:
        yield f"status: expected {step.status}, found {found.status} ({found.said})"
    if found.status != NOT_FOUND:
        yield from _compared("rules", list(step.rules), list(found.rules))
    elif found.rules:
        yield f"rules: expected an answer of status 404 that names none, found {list(found.rules)}"
    if found.noted is not None:
        yield from _compared("access.decision-refused.v1", [list(step.rules)], [list(each) for each in found.noted])


def _letters(step: Step, found: Found, not_yet: Collection[str]) -> Iterator[str]:
    expected = [letter.template for letter in step.letters if letter.template not in not_yet]
    yield from _compared("letters", sorted(expected), sorted(found.letters))


def _tasks(step: Step, found: Found) -> Iterator[str]:
    for name, due in step.tasks.items():
        open_ones = [each for task, each in found.tasks if task == name]
        if not any(is_due(due, each) for each in open_ones):
            listed = ", ".join(str(each) for each in open_ones) or "no such task"
            yield f"task {name}: expected due {_shown(due)}, found {listed}"


def _compared(what: str, expected: Sequence[Any], found: Sequence[Any]) -> Iterator[str]:
    if expected != found:
        yield f"{what}: expected {expected}, found {found}"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _shown(due: Any) -> str:
    return due.isoformat() if isinstance(due, (date, datetime)) else str(due)
