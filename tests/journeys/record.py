"""The record of a story's school, as its auditor reads it: every entry of the feed, in order, each once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.journeys.pair import Pair, bearer

PAGE = 1000
REFUSED = "access.decision-refused.v1"


@dataclass(frozen=True)
class Entry:
    """One entry: its type, its stream and version, when it was recorded, and its public facts."""

    type: str
    stream: str
    version: int
    time: datetime
    data: Mapping[str, Any]

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Entry":
        """Read a CloudEvent of the feed."""
        stream, _, version = event["id"].rpartition("/")
        return cls(event["type"], stream, int(version), datetime.fromisoformat(event["time"]), event["data"])

    @property
    def is_listed(self) -> bool:
        """Whether stories list it: what is in the case, its advice stream and its disclosures, and nothing else."""
        return self.type.startswith(("incident.", "advice.", "disclosure."))


class Record:
    """The entries since this began to read."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._position = 0
        self.entries: list[Entry] = []
        self._others: frozenset[str] = frozenset()
        self.read()
        # What was there before belongs to the school, or to another story, whose letters may still be filed meanwhile.
        self._others = frozenset(entry.stream for entry in self.entries if entry.is_listed)
        self.entries.clear()

    def read(self) -> list[Entry]:
        """Return what is new."""
        found: list[Entry] = []
        has_more = True
        while has_more:
            query = {"after": self._position, "limit": PAGE}
            answer = self._pair.casework.get("/v1/events", params=query, headers=bearer(self._pair, "auditor"))
            page = answer.raise_for_status().json()
            found += (entry for entry in map(Entry.of, page["events"]) if entry.stream not in self._others)
            self._position, has_more = page["next"], page["has_more"]
        self.entries += found
        return found

    def of_case(self, case: str) -> list[Entry]:
        """Return the events of one case, in order."""
        return [entry for entry in self.entries if entry.stream == case]

    def version(self, case: str) -> int:
        """Return the version that a case has now."""
        return max((entry.version for entry in self.of_case(case)), default=0)

    def newest_number(self, case: str, given_by: str, name: str) -> int | None:
        """Return the highest number that events of this type have given in a case."""
        return max((entry.data[name] for entry in self.of_case(case) if entry.type == given_by), default=None)


def told(entries: Iterable[Entry]) -> list[str]:
    """Return the types of those entries that a story lists."""
    return [entry.type for entry in entries if entry.is_listed]


def refusals(entries: Iterable[Entry], by: str) -> list[Sequence[str]]:
    """Return the rules of each refused decision of somebody."""
    return [entry.data["rules"] for entry in entries if entry.type == REFUSED and entry.data["actor"] == by]
