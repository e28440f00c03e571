"""The letters of a story: each leaves when the story says, and is then filed in the case; none leaves before.

A letter without a hold is approved and sent at once. One that waits for an approval waits for the step that gives it;
one that waits for something else is sent as soon as letters itself holds it no more.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from tests.journeys.cast import Cast
from tests.journeys.desk import CHANNELS, Desk, is_closed_now, rules_of, said
from tests.journeys.expectations import FILINGS, Found
from tests.journeys.holding import compared
from tests.journeys.pair import Pair
from tests.journeys.record import Record, told
from tests.journeys.story import Step, StoryFault

STEPS: Final = ("approve_letter", "record_delivery")


class Mail:
    """What is drafted, what waits, what was sent."""

    def __init__(self, desk: Desk, pair: Pair, record: Record, cast: Cast) -> None:
        self._desk = desk
        self._pair = pair
        self._record = record
        self._cast = cast
        self._waiting: set[str] = set()

    def leaves(self, step: Step, drafted: Sequence[Mapping[str, Any]]) -> list[str]:
        """Send what the step drafted without a hold, and what waits no more; see it filed. Return what failed."""
        faults, ready = self._sorted(step, drafted)
        ready += self._released()
        for letter in ready:
            faults += self._desk.send(letter, step.by, step.at)
        return faults or self._filed(len(ready))

    def step(self, step: Step, templates: Sequence[str], cases: Sequence[str]) -> Found:
        """Do a step of letters': approve and send, or confirm a delivery. What is filed are the step's events."""
        for template in templates:
            letter = self._desk.unsent(template, cases)
            if letter is None:
                message = f"{step}: expected a letter {template} that has not left, found none"
                raise StoryFault(message)
            self._waiting.discard(letter)
            failed = self._approved(step, letter) if step.do == "approve_letter" else self._delivered(step, letter)
            if failed is not None:
                rules = rules_of(failed)
                return Found(outcome="refused", status=failed.status_code, rules=rules, said=said(failed))
        self._pair.follow()
        return Found(outcome="accepted", status=201, events=told(self._record.read()))

    def _sorted(self, step: Step, drafted: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
        """Hold each drafted letter to what the story says it waits for; return the faults, and what may leave."""
        faults, ready = [], []
        left = list(step.letters)
        for row in drafted:
            expected = next(letter for letter in left if letter.template == row["template"])
            left.remove(expected)
            if expected.hold is None:
                ready.append(row["letter_id"])
                continue
            faults += compared(expected, self._desk.show(row["letter_id"]), self._desk.roles)
            if not expected.waits_for_approval:
                self._waiting.add(row["letter_id"])
        return faults, ready

    def _released(self) -> list[str]:
        """Return the letters that waited for something that has happened."""
        found = [
            row["letter_id"]
            for row in self._desk.rows()
            if row["letter_id"] in self._waiting and row["status"] == "ready" and not row["holds"]
        ]
        self._waiting -= set(found)
        return found

    def _filed(self, count: int) -> list[str]:
        """See that so many letters are filed in the record, and nothing else happened meanwhile."""
        if not count:
            return []
        self._pair.follow()
        found = told(self._record.read())
        if len(found) == count and set(found) <= set(FILINGS):
            return []
        return [f"filing of letters: expected {count} of {', '.join(FILINGS)}, found {found}"]

    def _approved(self, step: Step, letter: str) -> httpx.Response | None:
        """Approve and send a letter; return a refusal, if there is one. A closed channel is none: it waits."""
        changed = self._changed(step, letter)
        if changed is not None:
            return changed
        approved = self._desk.approve(letter, step.by, step.at)
        return self._delivered(step, letter, is_now=False) if approved.is_success else approved

    def _delivered(self, step: Step, letter: str, *, is_now: bool = True) -> httpx.Response | None:
        sent = self._desk.dispatch(letter, step.by, step.at)
        may_wait = is_closed_now(sent) and not is_now
        return None if sent.is_success or may_wait else sent

    def _changed(self, step: Step, letter: str) -> httpx.Response | None:
        """Change channel or address as the step says; return a refusal, if there is one."""
        draft: dict[str, Any] = {}
        if "channel" in step.given:
            draft["channel"] = CHANNELS.get(step.given["channel"], step.given["channel"])
        if "address_from" in step.given:
            lines = list(self._cast.address_of(step.given["address_from"]))
            draft["address"] = {"lines": lines, "basis": "as the story tells", "verified_by": step.by}
        if not draft:
            return None
        answer = self._desk.change(letter, step.by, draft)
        return None if answer.is_success else answer


def templates_of(step: Step) -> list[str]:
    """Return the letters that a step of letters' names."""
    named = step.given.get("letters") or [step.given.get("letter")]
    if None in named:
        message = f"{step}: expected a letter or letters, found neither"
        raise StoryFault(message)
    return list(named)
