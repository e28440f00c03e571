"""What a story says at its end of somebody: who posted, who was wrongly taken for it, and where they still stand."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from tests.journeys import figures, places
from tests.journeys.expectations import FILINGS, LONDON
from tests.journeys.played import Played
from tests.journeys.record import Entry

IDENTIFIED: Final = "incident.poster-identified.v1"
CORRECTED: Final = "incident.poster-identity-corrected.v1"
NAMING: Final = ("party", "about", "named_party", "complainant", "claimant", "informant", "to")
"""Fields of events in which somebody of the case is named."""
APOLOGY: Final = "L11"
FOR_NOTHING_ELSE: Final = "may be used for nothing else"
WRONGLY: Final = re.compile(
    r"this case's history as 'wrongly identified (?P<first>\d+)-(?P<last>\d+) (?P<month>[A-Z][a-z]{2})', nowhere else"
)


def poster(played: Played, case: str, said: Any) -> tuple[Any, Any] | None:
    """Compare who the case takes for the poster; unknown, if it is nobody of the school's directory."""
    shown = played.case(case)
    label = (shown["identity"] or {}).get("party")
    person = next((party["person"] for party in shown["parties"] if party["label"] == label), None) or "unknown"
    return None if said == person else (said, person)


def _as_poster(played: Played, person: str, said: Any) -> tuple[Any, Any] | None:
    count = figures.incidents_as_poster(played, person)
    return None if said == count else (said, count)


def _restricted(played: Played, person: str, said: Any) -> tuple[Any, Any] | None:
    """See that what is kept of somebody is used for nothing else: since they were cleared, and they were told so.

    Nothing recorded since names them, but that an apology was filed; and the apology says what it may be used for.
    """
    used = [f"{entry.type} as event {entry.version}" for entry in _since_cleared(played, person)]
    apologies = [text for template, text in played.texts([APOLOGY]) if played.to(person, [template])]
    untold = [] if any(FOR_NOTHING_ELSE in " ".join(text.split()) for text in apologies) else ["they were not told so"]
    is_cleared = any(True for _ in _corrections(played, person))
    uncleared = [] if is_cleared else ["they were never cleared"]
    found = [*used, *untold, *uncleared]
    return None if (not found) is said else (said, found)


def _since_cleared(played: Played, person: str) -> Iterator[Entry]:
    for case, label, cleared in _corrections(played, person):
        for entry in played.record.of_case(case):
            is_named = label in [entry.data.get(name) for name in NAMING]
            is_apology = entry.type in FILINGS and entry.data.get("template") == APOLOGY
            if entry.version > cleared.version and is_named and not is_apology:
                yield entry


def _corrections(played: Played, person: str) -> Iterator[tuple[str, str, Entry]]:
    """Yield each correction that cleared somebody, with the case and their label in it."""
    for case in played.acting.cases.values():
        for label in played.labels(case, person):
            for entry in played.record.of_case(case):
                if entry.type == CORRECTED and entry.data["from"] == label:
                    yield case, label, entry


def _appears_in(played: Played, person: str, said: Any) -> tuple[Any, Any] | None:
    """Find somebody in the history from the day they were taken for the poster to the day they were cleared, alone."""
    stated = WRONGLY.match(said)
    if stated is None:
        return said, "a sentence of no known form"
    expected = [f"{stated['first']} {stated['month']}", f"{stated['last']} {stated['month']}"]
    days = [
        f"{datetime.fromisoformat(event['recorded_at']).astimezone(LONDON):%-d %b}"
        for case, label, _ in _corrections(played, person)
        for event in played.history(case, played.cast.of_role("headteacher") or "auditor")
        if (event["type"], label)
        in (
            (IDENTIFIED, event["facts"].get("party")),
            (CORRECTED, event["facts"].get("from")),
        )
    ]
    found = (days, sorted(set(_elsewhere(played, person))))
    return None if found == (expected, []) else ((expected, []), found)


def _elsewhere(played: Played, person: str) -> Iterator[str]:
    """Yield where else somebody is named: lists, figures, feeds, and letters but the apology to themselves."""
    name = played.cast.people[person]["name"]
    for by in places.everybody(played):
        for place in places.read(played, places.CASEWORK_LISTS, by=by):
            if place.holds(name) or place.holds(person):
                yield f"{place.name}, for {by}"
    for place in (*places.reports(played), *places.feeds(played)):
        if place.holds(name) or place.holds(person):
            yield f"{place.name}, for {place.by}"
    for row in played.letters:
        is_theirs = row["party"] == person and row["template"] == APOLOGY
        text = played.desk.text(row["letter_id"]) if row["pdf_sha256"] and not is_theirs else ""
        if places.holds(text.encode(), name) or (row["party"] == person and not is_theirs):
            yield row["template"]


OF_PEOPLE: Final[Mapping[str, Callable[[Played, str, Any], tuple[Any, Any] | None]]] = {
    "incidents_as_poster": _as_poster,
    "restricted": _restricted,
    "appears_in": _appears_in,
}
"""What is said of somebody of the cast, under their id: ``p_holt: {incidents_as_poster: 0}``."""
