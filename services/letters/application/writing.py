"""The events of one page of the feed, in order, before they are appended together."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from letters.application.content import Content
from letters.application.letters import Letters
from letters.application.preparation import Made
from letters.application.register import Register
from letters.domain import event as ev
from letters.domain.effects import EFFECTS, effects_of
from letters.domain.feed_entry import FeedEntry
from letters.domain.letter import Letter, apply
from letters.domain.naming import parked_id


class Writing:
    """Collects events and content; a letter is folded on as events are added to it."""

    def __init__(self, letters: Letters, register: Register, moment: datetime, entries: Iterable[FeedEntry]) -> None:
        """Look up, at once, the letters of the cases that these entries, the only ones that may matter, are of."""
        self._letters = letters
        self._folded: dict[UUID, Letter | None] = {}
        cases = {entry.case for entry in entries}
        self._of_case = {case: list(known) for case, known in register.of_cases(cases).items()}
        self.moment = moment
        self.events: list[ev.LetterEvent] = []
        self.contents: list[Content] = []

    def affect(self, entry: FeedEntry) -> None:
        """Let an event of the case act on its letters, those drafted earlier in this page included."""
        if entry.name not in EFFECTS:
            return
        for letter_id_ in self._of_case.get(entry.case, ()):
            letter = self._find(letter_id_)
            if letter is not None:
                for event in effects_of(letter, entry, self.moment):
                    self._append(event)

    def add(self, drafts: Iterable[Made]) -> None:
        """Add first drafts, leaving out letters that exist."""
        for made in drafts:
            known = self._of_case.setdefault(made.draft.case, [])
            if made.draft.originator_id not in known:
                known.append(made.draft.originator_id)
                self.contents.extend(made.contents)
                self._append(made.draft)

    def park(self, entry: FeedEntry) -> None:
        """Set a cause aside for a person to look at, once."""
        stream = parked_id(entry.id)
        if not self._letters.history(stream):
            self.events.append(
                ev.CauseParked(
                    originator_id=stream,
                    originator_version=1,
                    recorded_at=self.moment,
                    cause=entry.id,
                    cause_type=entry.type,
                    position=entry.position,
                    why="unknown_version",
                )
            )

    def forget_contents(self, case: UUID) -> None:
        """Drop content of a case that was erased later in the same page: its key is gone."""
        self.contents = [each for each in self.contents if each.case != case]

    def _append(self, event: ev.LetterEvent) -> None:
        self._folded[event.originator_id] = apply(self._folded.get(event.originator_id), event)
        self.events.append(event)

    def _find(self, letter: UUID) -> Letter | None:
        if letter not in self._folded:
            self._folded[letter] = self._letters.find(letter)
        return self._folded[letter]
