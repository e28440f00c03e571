"""Any number of cases in which a parent is warned in writing: the feed, and casework's answers, from memory.

No two letters are alike: each has its own case, parent, address, posts and words. Everybody is invented.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from letters.application.casework import Page
from letters.domain.feed_entry import FeedEntry
from tests.letters.given import merge_fields

NAMESPACE: Final = UUID("5b0f7a52-93a5-4f5e-8f0f-0f4f9d1a7c11")
OTHERS: Final = ("note-added", "evidence-captured", "post-recorded")
"""What happens in a case between events that cause letters; three of five events are such."""
EVENTS_OF_TWO_CASES: Final = 5
WARNED_AT: Final = (1, 4)
"""Where among the events of two cases the warnings are, from 0."""
WARNING_ISSUED: Final = "incident.warning-issued.v1"
FACTS: Final[Mapping[str, Any]] = {"warning_no": 1, "party": "P2", "posts": [1, 2]}
WARNING: Final = 12
"""The version of the warning in its case."""
FIRST_NAMES: Final = ("Kerry", "Asha", "Gwen", "Piotr", "Ioana", "Mehmet", "Linh", "Eleni", "Oksana", "David")
LAST_NAMES: Final = ("Mallinson", "Okafor", "Pritchard", "Nowak", "Ionescu", "Demir", "Tran", "Pappas", "Levy")
SEEN: Final = ("lazy and vile", "never listens", "has her favourites", "lost the trip list again", "shouts at the kids")


def case(number: int) -> UUID:
    """Return the id of a case."""
    return uuid5(NAMESPACE, str(number))


def cause(number: int) -> str:
    """Return the id of the event that warns the parent of a case."""
    return f"{case(number)}/{WARNING}"


def answer(number: int) -> dict[str, Any]:
    """Return casework's merge fields about the warning of a case."""
    name = f"{_of(FIRST_NAMES, number)} {_of(LAST_NAMES, number // 10)}-{number}"
    fields = merge_fields()
    fields["case"] |= {"id": str(case(number)), "reference": f"RL-2025-{number:04}"}
    fields["event"] |= {"id": cause(number)}
    fields["recipients"][0] |= {"name": name, "address": [name, f"{number + 1} Mill Lane", "Rowan Green", "SW1A 1AA"]}
    fields["recipients"][0] |= {"email": f"parent-{number}@example.org", "email_verified_by": "u-sbm"}
    fields["names"][0] |= {"name": name}
    fields["facts"] |= {"concerns": f"The posts of {name} abuse a teacher: note {number} of the school's file."}
    for post in fields["posts"]:
        post |= {"url": f"{post['url']}{number:05}", "quote": f"{_of(SEEN, number + post['n'])}, says no. {number}"}
    return fields


def feed_entry(position: int) -> FeedEntry:
    """Return the entry at a position (from 1): of five, two warn a parent and three cause nothing."""
    two_cases, place = divmod(position - 1, EVENTS_OF_TWO_CASES)
    number = two_cases * 2 + (place > WARNED_AT[0])
    if place in WARNED_AT:
        return FeedEntry(position=position, id=cause(number), type=WARNING_ISSUED, data=dict(FACTS))
    name = OTHERS[place % len(OTHERS)]
    return FeedEntry(position=position, id=f"{case(number)}/{place + 1}", type=f"incident.{name}.v1", data={})


def warning(number: int) -> FeedEntry:
    """Return the entry that warns the parent of a case."""
    return feed_entry(number // 2 * EVENTS_OF_TWO_CASES + WARNED_AT[number % 2] + 1)


def page(after: int, size: int) -> Page:
    """Return the page of the feed that follows a position; there is always more."""
    entries = [feed_entry(position) for position in range(after + 1, after + size + 1)]
    return Page(entries=entries, next=after + size, has_more=True)


def body(number: int) -> bytes:
    """Return the same answer as bytes."""
    return json.dumps(answer(number)).encode()


class Answers:
    """Casework's answers, made beforehand as far as that goes, so that a reader is timed and not whoever answers."""

    def __init__(self, cases: int) -> None:
        self._numbers = {cause(number): number for number in range(cases)}
        self._bodies = {event: body(number) for event, number in self._numbers.items()}

    def merge_fields(self, event: str) -> bytes:
        """Return the answer about an event."""
        return self._bodies[event]


def _of(words: Sequence[str], number: int) -> str:
    return words[number % len(words)]
