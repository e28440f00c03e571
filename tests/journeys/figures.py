"""What a story says of figures, found in statistics and among the repeat posters, as the school would look it up."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from tests.journeys.expectations import LONDON
from tests.journeys.played import Played

BY_NAME: Final = {"category": "by_category", "association": "by_association"}
"""What a story names by one of its values, and the figures that have one for each."""
COUNTED: Final = (
    "reported",
    "duplicates",
    "no_breach",
    "inappropriate",
    "identity_corrected",
    "first_step_resolved",
    "escalated",
)
GOVERNORS: Final = re.compile(r"(?P<count>\d+) (?P<what>threat|police referral)s?")
FIGURES: Final = {"threat": "threats", "police referral": "police_referrals"}


def known(said: Mapping[str, Any]) -> set[str]:
    """Return the members of a story's `stats` that are looked at."""
    return {name for name in said if name in {*BY_NAME, *COUNTED, "term"}}


def stats(played: Played, said: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what is expected of the figures, and what they are; what is not looked at is in neither."""
    found = figures(played)
    expected = {name: said[name] for name in sorted(known(said))}
    return expected, {name: _figure(found, name, value) for name, value in expected.items()}


def governor_report(played: Played, said: str) -> tuple[Any, Any]:
    """Return what is expected of the counts and of what governors are told, and what is found.

    Governors are shown no figure under five, so the counts are the headteacher's.
    """
    found, told = figures(played), figures(played, "governor")
    expected = {match["what"]: int(match["count"]) for match in GOVERNORS.finditer(said)}
    counted = {what: found[FIGURES[what]] for what in expected}
    small = [FIGURES[what] for what, count in expected.items() if count < told["hidden_below"]]
    shown = {name: told[name] for name in small if told[name] is not None}
    names = [id for id, person in played.cast.people.items() if person["name"] in str(told)]
    return (expected, {}, []), (counted, shown, names)


def set_aside(played: Played, rules: Iterable[str]) -> list[str]:
    """Return which of these rules were set aside with which code, as often as they were."""
    found = figures(played)["overrides"]
    return sorted(
        f"{rule}: {code}" for rule in set(rules) for code, times in found.get(rule, {}).items() for _ in range(times)
    )


def figures(played: Played, role: str = "headteacher") -> Mapping[str, Any]:
    """Return the figures of the term in which the story begins."""
    answer: Mapping[str, Any] = played.ask(_of(played, role), path(played)).json()
    return answer


def path(played: Played) -> str:
    """Return where the figures of the term are in which the story begins."""
    begun = played.story.steps[0].at.astimezone(LONDON).date()
    return f"/v1/statistics?term={term_of(played, begun)}"


def term_of(played: Played, day: date) -> str:
    """Return the name of the term that a day lies in."""
    terms = played.cast.calendar["terms"].items()
    return next((name for name, (first, last) in terms if first <= day <= last), "none")


def incidents_as_poster(played: Played, person: str) -> int:
    """Return how many cases count for somebody as their poster."""
    answer = played.ask(_of(played, "dsl"), f"/v1/repeat-posters?person={person}").json()
    return sum(len(each["incidents"]) for each in answer["repeat_posters"])


def told_to_the_mis(played: Played, person: str) -> Iterator[str]:
    """Yield what the log for the school's information system still says of somebody."""
    for entry in communications(played):
        if entry["person"] == person:
            yield f"{entry['kind']} at position {entry['position']}"


def communications(played: Played) -> list[Mapping[str, Any]]:
    """Return the log as the school's information system reads it."""
    found: list[Mapping[str, Any]] = []
    after, has_more = 0, True
    while has_more:
        page = played.ask("mis", f"/v1/communications?after={after}&limit=200").json()
        found += page["communications"]
        after, has_more = page["next"], page["has_more"]
    return found


def _figure(found: Mapping[str, Any], name: str, value: Any) -> Any:
    if name in BY_NAME:
        return value if found[BY_NAME[name]].get(value) else None
    return found[name]


def _of(played: Played, role: str) -> str:
    who = played.cast.of_role(role)
    assert who is not None, f"expected somebody of role {role} in the cast, found nobody"
    return who
