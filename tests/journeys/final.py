"""`final`: what is true at the end of a story. One table; what has no row in it is listed as not evaluated."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tests.journeys import figures
from tests.journeys.expectations import FILINGS, LONDON
from tests.journeys.played import Played
from tests.journeys.record import REFUSED

Check = Callable[[Played, str, Any], tuple[Any, Any] | None]
"""From the story, a case's id and what is said of it to expected and found, None where nothing differs."""
TEMPLATE: Final = re.compile(r"(L\d\d)\b *")
"""How an entry of letters_sent begins; what follows is a remark."""
CHRONOLOGY: Final = re.compile(
    r"(?P<count>\d+) events(?:, those filed for the \w+ letters? included)?(?:; both times of each shown)?"
    r"(?:; refused commands stand in the access stream, not in the case)?"
)
OVERRIDDEN: Final[Mapping[str, str]] = {
    "incident.first-step-dispensed.v1": "R03",
    "incident.escalation-threshold-overridden.v1": "R04",
}
POSTED: Final = "incidents_as_poster"
WARNED: Final = "incident.warning-issued.v1"


def final_faults(played: Played) -> tuple[list[str], list[str]]:
    """Return what differs from what the story says of its end, and what of it was not evaluated."""
    faults: list[str] = []
    notes: list[str] = []
    for case, member, said in _sayings(played):
        check = _check_of(member, said)
        if check is None or (case == "" and member in OF_ONE_CASE):
            notes.append(f"final {member}: {said}")
            continue
        differing = check(played, case, said)
        notes += [f"final {member}: {part}" for part in _left_over(played, member, said)]
        if differing:
            faults.append(f"final {member}: expected {differing[0]}, found {differing[1]}")
    return faults, notes


def _check_of(member: str, said: Any) -> Check | None:
    if isinstance(said, Mapping) and POSTED in said:
        return _posted_by(member.replace("_", "-"))
    return CHECKS.get(member)


def _sayings(played: Played) -> list[tuple[str, str, Any]]:
    """Return what is said, with the id of the case of which it is said; of none, where there are several."""
    cases = played.acting.cases
    only = next(iter(cases.values())) if len(cases) == 1 else ""
    found = []
    for member, said in played.story.final.items():
        if member in cases and isinstance(said, dict):
            found += [(cases[member], inner, each) for inner, each in said.items()]
        else:
            found.append((only, member, said))
    return found


def _left_over(played: Played, member: str, said: Any) -> list[str]:
    """Return the parts of a saying that its check does not look at."""
    if member == "letters_sent":
        remarks = [text for text in said if not TEMPLATE.fullmatch(text)]
        return remarks + [
            f"{code} is not yet in the catalogue of letters" for code in sorted(_codes(said) - played.catalogue)
        ]
    if member == "stats":
        return [f"{name}: {said[name]}" for name in sorted(set(said) - figures.known(said))]
    if isinstance(said, dict) and POSTED in said:
        return [f"{name}: {part}" for name, part in said.items() if name != POSTED]
    if member == "chronology":
        rest = CHRONOLOGY.sub("", said, count=1).strip(" ,;")
        return [rest] if rest else []
    return []


def _compared(expected: Any, found: Any) -> tuple[Any, Any] | None:
    return None if expected == found else (expected, found)


def _shown(name: str) -> Check:
    """Return the check that a field of the case says what the story says."""
    return lambda played, case, said: _compared(str(said), str(played.case(case)[name]))


def _warnings(played: Played, case: str, said: Any) -> tuple[Any, Any] | None:
    return _compared(said, sum(entry.type == WARNED for entry in played.record.of_case(case)))


def _codes(said: Sequence[str]) -> frozenset[str]:
    return frozenset(found[1] for text in said if (found := TEMPLATE.match(text)))


def _letters_sent(played: Played, _case: str, said: Any) -> tuple[Any, Any] | None:
    expected = sorted(found[1] for text in said if (found := TEMPLATE.match(text)) and found[1] in played.catalogue)
    return _compared(expected, sorted(row["template"] for row in played.sent))


def _guidance_says(played: Played, _case: str, said: Any) -> tuple[Any, Any] | None:
    """Find in every L14 each age that the story names, in a line of its own, and that the law is to be checked."""
    expected = [*re.findall(r"\b[0-9]{2}\b", said), "check the law"]
    told = [text for _, text in played.texts(["L14"])]
    found = [
        [each for each in expected if each in text.splitlines() or (" " in each and each in text)] for text in told
    ]
    return None if found and all(each == expected for each in found) else (expected, found)


def _chronology(played: Played, case: str, said: Any) -> tuple[Any, Any] | None:
    """Count the history; see both times of each event, and what was refused in the access stream alone."""
    history = played.history(case)
    stated = CHRONOLOGY.match(said)
    expected = {
        "events": int(stated["count"]) if stated else said,
        "filed": len(played.sent),
        "with both times": len(history),
        "refused, in the access stream": sum(step.expect == "refused" for step in played.story.steps),
        "refused, in the case": 0,
    }
    found = {
        "events": len(history),
        "filed": sum(event["type"] in FILINGS for event in history),
        "with both times": sum(bool(event.get("recorded_at") and event.get("occurred_at")) for event in history),
        "refused, in the access stream": sum(entry.data.get("incident") == case for entry in played.events(REFUSED)),
        "refused, in the case": sum(event["type"].startswith("access.") for event in history),
    }
    return _compared(expected, found)


def _overrides(played: Played, case: str, said: Any) -> tuple[Any, Any] | None:
    found = [
        f"{OVERRIDDEN[entry.type]}: {entry.data['code']}"
        for entry in played.record.of_case(case)
        if entry.type in OVERRIDDEN
    ]
    counted = figures.set_aside(played, OVERRIDDEN.values()) if len(played.acting.cases) == 1 else sorted(said)
    return _compared(sorted(said), sorted(found)) or _compared(sorted(said), counted)


def _minutes_to_police(played: Played, case: str, said: Any) -> tuple[Any, Any] | None:
    """Compare with the record, and then with the figures."""
    times = {entry.type: entry.time for entry in reversed(played.record.of_case(case))}
    reported, referred = times["incident.reported.v1"], times.get("incident.police-referred.v1")
    minutes = (referred - reported).total_seconds() / 60 if referred else None
    return _compared(said, minutes) or _compared(said, figures.figures(played)["minutes_to_police"]["median"])


def _stats(played: Played, _case: str, said: Any) -> tuple[Any, Any] | None:
    return _compared(*figures.stats(played, said))


def _return_counts(played: Played, _case: str, said: Any) -> tuple[Any, Any] | None:
    return _compared(said, figures.figures(played)["return_counts"])


def _governor_report(played: Played, _case: str, said: Any) -> tuple[Any, Any] | None:
    return _compared(*figures.governor_report(played, said))


def _posted_by(person: str) -> Check:
    """Return the check of what is said of somebody: so many cases are theirs as the poster."""
    return lambda played, _case, said: _compared(said[POSTED], figures.incidents_as_poster(played, person))


def _access(played: Played, case: str, said: Any) -> tuple[Any, Any] | None:
    """Hold the access track to its state, and to the day on which it came to be: ``restored 2025-11-25``."""
    days = [
        e.time.astimezone(LONDON).date() for e in played.record.of_case(case) if e.type.startswith("incident.access-")
    ]
    state = played.case(case)["tracks"]["access"]
    return _compared(said, f"{state} {days[-1]}" if " " in said and days else state)


CHECKS: Final[Mapping[str, Check]] = {
    "state": _shown("phase"),
    "outcome": _shown("outcome"),
    "retention_review": _shown("retention_review_on"),
    "warnings": _warnings,
    "letters_sent": _letters_sent,
    "L14_says": _guidance_says,
    "chronology": _chronology,
    "overrides": _overrides,
    "minutes_report_to_police": _minutes_to_police,
    "stats": _stats,
    "return_counts": _return_counts,
    "governor_report": _governor_report,
    "access": _access,
}
OF_ONE_CASE: Final = set(CHECKS) - {"letters_sent", "L14_says", "stats", "return_counts", "governor_report"}
"""What can be said of one case alone."""
