"""Playing a story, step by step: the clock is set, the step is done, letters follows; all that came of it is checked.

A step that the player does not know fails; nothing is skipped. Letters that are still to come are listed in `notes`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

import httpx

from tests.journeys.acting import Acting, found_of
from tests.journeys.cast import Cast
from tests.journeys.desk import Desk
from tests.journeys.ending import check_end
from tests.journeys.expectations import Found, StepFailed, faults_of
from tests.journeys.mail import STEPS as LETTERS_STEPS
from tests.journeys.mail import Mail, templates_of
from tests.journeys.pair import Pair
from tests.journeys.played import Played
from tests.journeys.record import Record, refusals, told
from tests.journeys.remarks import Said
from tests.journeys.story import Model, Step, Story, StoryFault

READS: Final[Mapping[str, Callable[[Acting, Step], httpx.Response]]] = {
    "read_case": Acting.read_case,
    "read_feed": Acting.read_feed,
}
SERVER_ERROR: Final = 500


class Player:
    """One story, played on one pair of services."""

    def __init__(self, story: Story, pair: Pair, cast: Cast, model: Model) -> None:
        self._story = story
        self._pair = pair
        self._model = model
        self._record = Record(pair)
        self._desk = Desk(pair, cast)
        self._mail = Mail(self._desk, pair, self._record, cast)
        self._acting = Acting(pair, cast, model, self._record)
        self._catalogue = self._desk.catalogue()
        self._cast = cast
        self._said: list[Said] = []
        self.notes: list[str] = []
        """Letters that the story names and the catalogue does not have yet."""

    def play(self) -> None:
        """Play the story to its end.

        Raises:
            StepFailed, StoryFault, EndFailed: the first that differs; the message says where and in what.
        """
        for step in self._story.steps:
            self._pair.set_clock(step.at)
            if step.do in LETTERS_STEPS:
                self._letters_step(step)
            else:
                self._casework_step(step)
        played = Played(self._story, self._pair, self._acting, self._record, self._desk, self._cast, self._catalogue)
        check_end(played, self._said)

    def _casework_step(self, step: Step) -> None:
        """Do a step of casework's; let letters follow; send what may leave at once."""
        answered = self._done(step)
        recorded = self._record.read()
        self._pair.follow()
        drafted = self._desk.new()
        found = replace(
            answered,
            noted=refusals(recorded, step.by) if step.expect == "refused" else None,
            events=told([*recorded, *self._record.read()]),
            letters=[row["template"] for row in drafted],
            tasks=self._tasks(step),
            faults=self._acting.misstated(step) if step.do in self._model.paths else (),
        )
        not_yet = self._not_yet(step, (letter.template for letter in step.letters))
        self._hold(step, faults_of(step, found, not_yet=not_yet), found)
        self._hold(step, self._mail.leaves(step, drafted))

    def _letters_step(self, step: Step) -> None:
        """Do a step of letters', as far as its letters are in the catalogue."""
        named = templates_of(step)
        not_yet = self._not_yet(step, named)
        here = [template for template in named if template not in not_yet]
        if not here:
            return
        found = self._mail.step(step, here, list(self._acting.cases.values()))
        recorded = replace(found, letters=[row["template"] for row in self._desk.new()])
        # Of each letter that is still to come, one filing is still to come; all that are listed are filings.
        expected = replace(step, events=step.events[: max(0, len(step.events) - len(named) + len(here))])
        self._hold(step, faults_of(expected, recorded), recorded)

    def _done(self, step: Step) -> Found:
        """Do what the step says, and return what was answered."""
        if step.do in self._model.paths:
            answer = self._acting.decide(step)
            found = found_of(answer)
            if found.outcome == "accepted":
                self._said += [Said(step, self._acting.case_of(step) or "", word) for word in self._acting.unsaid]
            return found
        if step.do in READS:
            return found_of(READS[step.do](self._acting, step))
        if step.do == "run_timers":
            ran = self._pair.run("casework", "timers", "--once")
            outcome: Found = Found(outcome="accepted", status=ran.returncode)
            return outcome if ran.returncode == 0 else replace(outcome, outcome="refused", said=ran.stderr.strip())
        message = f"{step}: expected a step that the player plays, found one that it does not know yet"
        raise StoryFault(message)

    def _tasks(self, step: Step) -> list[tuple[str, str | None]]:
        case = self._acting.case_of(step) if step.tasks else None
        tasks = self._acting.shown(case)["tasks"] if case else ()
        return [(task["task"], task["due"]) for task in tasks]

    def _not_yet(self, step: Step, templates: Iterable[str]) -> frozenset[str]:
        """Return which of these letters are still to come, and note them."""
        missing = frozenset(templates) - self._catalogue
        if missing:
            self.notes.append(f"{step.place}: not yet in the catalogue of letters: {', '.join(sorted(missing))}")
        return missing

    def _hold(self, step: Step, faults: list[str], found: Found | None = None) -> None:
        """Stop the story at the first step that differs."""
        if found and found.status >= SERVER_ERROR:
            faults = [*faults, "the services' last words:", self._pair.last_lines()]
        if faults:
            raise StepFailed(step, faults)
