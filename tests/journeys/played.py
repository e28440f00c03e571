"""A story that was played to its end: everything that the checks of its ending look at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx

from tests.journeys.acting import HERE, Acting
from tests.journeys.cast import Cast
from tests.journeys.desk import SENT, Desk
from tests.journeys.pair import Pair, bearer
from tests.journeys.record import Entry, Record
from tests.journeys.stored import Stored
from tests.journeys.story import Step, Story

if TYPE_CHECKING:
    from tests.journeys.places import Package


@dataclass
class Played:
    """Story, cases, record and letters, each asked for once."""

    story: Story
    pair: Pair
    acting: Acting
    record: Record
    desk: Desk
    cast: Cast
    catalogue: frozenset[str]
    packages: "dict[str, list[Package]]" = field(default_factory=dict)
    """Exports that were made of each case."""

    @property
    def stored(self) -> Stored:
        """What both services keep."""
        return self.pair.stored

    @cached_property
    def letters(self) -> Sequence[Mapping[str, Any]]:
        """The letters of the story, in the order in which they were drafted."""
        return self.desk.of_this_story()

    @cached_property
    def sent(self) -> Sequence[Mapping[str, Any]]:
        """Those that left."""
        return [row for row in self.letters if row["status"] in SENT]

    def to(self, person: str, templates: Sequence[str] | None = None) -> list[Mapping[str, Any]]:
        """Return the letters to a person, of these templates, if any are named."""
        return [
            row
            for row in self.letters
            if row["party"] == person and (templates is None or row["template"] in templates)
        ]

    def texts(self, templates: Sequence[str] | None = None) -> Iterator[tuple[str, str]]:
        """Yield template and words of each letter that was rendered."""
        for row in self.letters:
            if row["pdf_sha256"] and (templates is None or row["template"] in templates):
                yield row["template"], self.desk.text(row["letter_id"])

    def steps(self, *decisions: str) -> Iterator[Step]:
        """Yield the steps of these decisions that were accepted, in order."""
        yield from (step for step in self.story.steps if step.do in decisions and step.expect == "accepted")

    def labels(self, case: str, person: str) -> list[str]:
        """Return the labels under which somebody is known in a case: one at most, but none if they are not in it."""
        return [party["label"] for party in self.case(case)["parties"] if party["person"] == person]

    def posts(self, case: str) -> set[int]:
        """Return the numbers of all posts of a case; an entry of several messages has as many, from its own on."""
        posted = [entry.data for entry in self.record.of_case(case) if entry.type == "incident.post-recorded.v1"]
        return {number for data in posted for number in range(data["post_no"], data["post_no"] + data["count"])}

    def events(self, *types: str) -> list[Entry]:
        """Return the entries of these types, in order."""
        return [entry for entry in self.record.entries if entry.type in types]

    def called(self, name: str) -> str | None:
        """Return the id of whoever is called so: by id, or by the first name that nobody else has."""
        if name in self.cast.people:
            return name
        found = [id for id, person in self.cast.people.items() if person["name"].split()[0] == name]
        return found[0] if len(found) == 1 else None

    def case(self, case: str) -> Mapping[str, Any]:
        """Return a case as it stands."""
        return self.acting.shown(case)

    def history(self, case: str, by: str = "auditor") -> Sequence[Mapping[str, Any]]:
        """Return the events of a case, as its auditor is shown them, or somebody else."""
        events: Sequence[Mapping[str, Any]] = self.ask(by, f"{HERE}/{case}/history").json()["events"]
        return events

    def ask(self, by: str, path: str) -> httpx.Response:
        """Ask casework for something."""
        return self.pair.casework.get(path, headers=bearer(self.pair, by)).raise_for_status()
