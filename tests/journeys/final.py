"""`final`: what is true at the end of a story. One table; what has no row in it is a fault."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from tests.journeys import figures
from tests.journeys.expectations import FILINGS, LONDON
from tests.journeys.final_of_people import OF_PEOPLE, WRONGLY
from tests.journeys.final_of_people import poster as _poster
from tests.journeys.final_of_retention import RETENTION
from tests.journeys.final_of_retention import retention as _retention
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
REMARKS: Final[Mapping[str, tuple[str, ...]]] = {"by hand or e-mail supplied by her": ("by_hand", "email")}
"""What a remark on a letter that was sent says of the channels by which it may have left."""
JUDGED: Final = "incident.breach-decided.v1"
CONTACTED: Final = "incident.parent-contacted.v1"
WARNED: Final = "incident.warning-issued.v1"


def final_faults(played: Played) -> list[str]:
    """Return what differs from what the story says of its end, and what of it nothing looks at."""
    faults: list[str] = []
    for case, member, said in _sayings(played):
        check = CHECKS.get(member) or OF_PEOPLE.get(member.rpartition(".")[2])
        if check is None or (case == "" and member in OF_ONE_CASE):
            faults.append(f"final {member}: {said}: expected a check of it, found none")
            continue
        differing = check(played, case or member, said)
        faults += [f"final {member}: {part}: expected a check of it, found none" for part in _left_over(member, said)]
        if differing:
            faults.append(f"final {member}: expected {differing[0]}, found {differing[1]}")
    return faults


def _sayings(played: Played) -> Iterator[tuple[str, str, Any]]:
    """Yield what is said, with the case of which it is said, none if there are several; of people, with their id."""
    cases = played.acting.cases
    only = next(iter(cases.values())) if len(cases) == 1 else ""
    for member, said in played.story.final.items():
        person = member.replace("_", "-")
        if member in cases and isinstance(said, Mapping):
            yield from ((cases[member], inner, each) for inner, each in said.items())
        elif person in played.cast.people and isinstance(said, Mapping):
            yield from ((person, f"{member}.{inner}", each) for inner, each in said.items())
        else:
            yield only, member, said


def _left_over(member: str, said: Any) -> list[str]:
    """Return the parts of a saying that its check does not look at."""
    if member == "letters_sent":
        return [text for text in said if TEMPLATE.sub("", text, count=1) not in ("", *REMARKS)]
    if member == "stats":
        return [f"{name}: {said[name]}" for name in sorted(set(said) - figures.known(said))]
    form = FORMS.get(member.rpartition(".")[2])
    rest = form.sub("", said, count=1).strip(" ,;") if form else ""
    return [rest] if rest else []


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
    """Compare the letters that left, and of those with a remark how they left."""
    expected = sorted(_codes(said) & played.catalogue)
    differing = _compared(expected, sorted(row["template"] for row in played.sent))
    for text in said:
        code, remark = text[:3], TEMPLATE.sub("", text, count=1)
        ways = REMARKS.get(remark, ())
        left = [row["channel"] for row in played.sent if row["template"] == code]
        if ways and not set(left) <= set(ways):
            differing = differing or (f"{code} by {' or '.join(ways)}", f"{code} by {', '.join(left)}")
    return differing


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


def _concern(played: Played, case: str, said: Any) -> tuple[Any, Any] | None:
    """Say what became of the concern in a post: upheld, if not held against who raised it, and answered."""
    entries = played.record.of_case(case)
    judged = [entry.data for entry in entries if entry.type == JUDGED]
    against = {number for data in judged if data["outcome"] == "inappropriate" for number in data["posts"]}
    is_answered = any(entry.data.get("is_concern_answered") for entry in entries if entry.type in (JUDGED, CONTACTED))
    parts = [
        "none"
        if not any(data["has_concern"] for data in judged)
        else "upheld"
        if played.posts(case) - against
        else "not_upheld",
        "answered" if is_answered else "not_answered",
    ]
    return _compared(said, "_and_".join(parts))


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
    "retention": _retention,
    "poster": _poster,
    "underlying_concern": _concern,
}
FORMS: Final[Mapping[str, re.Pattern[str]]] = {"chronology": CHRONOLOGY, "retention": RETENTION, "appears_in": WRONGLY}
"""Sayings in words of which only this form is looked at."""
OF_ONE_CASE: Final = set(CHECKS) - {"letters_sent", "L14_says", "stats", "return_counts", "governor_report"}
"""What can be said of one case alone."""
