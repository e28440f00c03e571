"""What a story says at its end of how long a case is kept, held to the day that the case says and to the edition."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from tests.journeys import figures
from tests.journeys.expectations import LONDON
from tests.journeys.played import Played

CLOSED: Final = "incident.closed.v1"
SCHEDULED: Final = "incident.retention-scheduled.v1"
RETENTION: Final = re.compile(
    r"(?P<children>subject children recorded: follows the longer of closed\+(?P<longer>\d+)y"
    r" and the pupil-record rule the school sets)"
    r"|short: closed \+ (?P<years>\d+) years? by parameter; nothing on the party's poster history"
)
PUPIL_RECORD: Final = "pupil_record"
"""What an edition would call the years for which a school keeps a pupil's record; the example edition sets none."""


def retention(played: Played, case: str, said: Any) -> tuple[Any, Any] | None:
    """Compare years, rule and day of review; children in the case, and what counts for whoever posted."""
    stated = RETENTION.match(said)
    if stated is None:
        return said, "a sentence of no known form"
    expected, found = (_with_children if stated["children"] else _short)(played, case, stated)
    return None if expected == found else (expected, found)


def _with_children(played: Played, case: str, stated: re.Match[str]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Every child that a post is about stands in the case, and it is kept for the longer of both rules."""
    years = _years(played)
    kept = max(years["closed"], years.get(PUPIL_RECORD, 0))
    about = {target for step in played.steps("report_incident", "add_post") for target in step.given.get("targets", ())}
    children = {person for person in about if played.cast.people.get(person, {}).get("pupil")}
    recorded = {party["person"] for party in played.case(case)["parties"] if party["kind"] == "pupil"}
    expected = {"years": int(stated["longer"]), "children": sorted(children), "review": _later(played, case, kept)}
    return expected, {"years": years["closed"], "children": sorted(recorded), "review": _review(played, case)}


def _short(played: Played, case: str, stated: re.Match[str]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    years = int(stated["years"])
    entries = played.record.of_case(case)
    identity = played.case(case)["identity"] or {}
    posters = [each["person"] for each in played.case(case)["parties"] if each["label"] == identity.get("party")]
    expected = {"years": years, "rule": "no_breach", "review": _later(played, case, years), "as poster": 0}
    found = {
        "years": _years(played)["no_breach"],
        "rule": [entry.data["rule"] for entry in entries if entry.type == SCHEDULED][-1],
        "review": _review(played, case),
        "as poster": sum(figures.incidents_as_poster(played, person) for person in posters),
    }
    return expected, found


def _years(played: Played) -> Mapping[str, int]:
    edition = played.ask("auditor", "/v1/policy").json()["edition"]
    years: Mapping[str, int] = edition["parameters"]["retention_years"]
    return years


def _later(played: Played, case: str, years: int) -> str:
    closed = [entry.time for entry in played.record.of_case(case) if entry.type == CLOSED][-1].astimezone(LONDON).date()
    return date(closed.year + years, closed.month, closed.day).isoformat()


def _review(played: Played, case: str) -> str:
    return str(played.case(case)["retention_review_on"])
