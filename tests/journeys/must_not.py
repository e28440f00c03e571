"""`must_not`: what is never found. One table of the forms of a sentence; a sentence of no known form is a fault.

Each check looks for what must not be and returns where it is found; nothing found is what the story asks for.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from tests.journeys import figures, looking, looking_at_cases, places
from tests.journeys.desk import SENT
from tests.journeys.expectations import LONDON
from tests.journeys.played import Played
from tests.journeys.record import REFUSED

Look = Callable[[Played, re.Match[str]], Iterator[str]]
ACCUSING: Final = ("L02", "L04", "L05", "L22")
CONTACTED: Final = "incident.parent-contacted.v1"
LEFT: Final = "letter.dispatched.v1"
LEAVING: Final = ("letter.dispatch-started.v1", LEFT)
BLOCKED: Final = "incident.access-blocked.v1"
REPORTED: Final = "incident.host-reported.v1"
DEFAMATION: Final = "defamation_act_2013_s5"
TEMPLATE: Final = r"L\d\d"


def must_not_faults(played: Played) -> list[str]:
    """Return what is found that must not be, and the sentences that nothing looks for."""
    faults: list[str] = []
    for sentence in played.story.must_not:
        fitting = ((look, match) for pattern, look in SENTENCES if (match := re.fullmatch(pattern, sentence)))
        known = next(fitting, None)
        if known is None:
            faults.append(f"must_not {sentence}: expected a known form of sentence, found none: add it to SENTENCES")
            continue
        look, match = known
        found = dict.fromkeys(look(played, match))
        faults += [f"must_not {sentence}: expected nothing of the kind, found {where}" for where in found]
    return faults


def _before(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find the first of one kind of event before any of another, in the same case."""
    for case in played.acting.cases.values():
        types = [entry.type for entry in played.record.of_case(case)]
        first, second = match["first"], match["second"]
        if first in types and (second not in types or types.index(first) < types.index(second)):
            yield f"{first} as event {types.index(first) + 1} of the case"


def _posted_unapproved(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find a letter that left, or that was taken to leave, without an approval before."""
    for row in played.letters:
        if row["template"] == match["template"]:
            types = [event["type"] for event in played.desk.timeline(row["letter_id"])]
            approved = types.index("letter.approved.v1") if "letter.approved.v1" in types else len(types)
            yield from (f"{type_} before letter.approved.v1" for type_ in types[:approved] if type_ in LEAVING)
            if row["status"] in SENT and approved == len(types):
                yield f"{row['template']} {row['status']} and never approved"


def _after_hours(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find a letter that was taken, or left, by ClassDojo outside the hours for it, by London's clocks."""
    first, last = match["first"], match["last"]
    for row in played.letters:
        for event in played.desk.timeline(row["letter_id"]) if row["channel"] == "classdojo" else ():
            left_at = event.get("facts", {}).get("posted_at") or event["recorded_at"]
            hour = f"{datetime.fromisoformat(left_at).astimezone(LONDON):%H:%M}"
            if event["type"] in LEAVING and not first <= hour < last:
                yield f"{row['template']} at {hour}"


def _lapsed_wrongly(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find a deadline that lapsed although its request was refused, or another had replaced it."""
    for case in played.acting.cases.values():
        settled: set[int] = set()
        for entry in played.record.of_case(case):
            number = entry.data.get("request_no")
            if entry.type == match["event"] and number in settled:
                yield f"it for request {number}"
            elif entry.type == "incident.removal-refused.v1":
                settled.add(number or 0)
            elif entry.type == "incident.removal-requested.v1":
                settled |= set(range(1, number or 1))


def _named_in(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find somebody's name, whole or in part, in what a kind of letter says."""
    person = played.called(match["person"])
    parts = played.cast.people[person]["name"].split() if person else [match["person"]]
    for template, text in played.texts(re.findall(TEMPLATE, match["templates"])):
        yield from (f"`{part}` in {template}" for part in parts if re.search(rf"\b{re.escape(part)}\b", text))


def _complained_by_the_school(played: Played, _match: re.Match[str]) -> Iterator[str]:
    """Find a notice of complaint that says nobody's own name: neither the report behind it nor the letter itself."""
    for entry in played.events(REPORTED):
        if entry.data["basis"] == DEFAMATION and not entry.data.get("complainant"):
            yield f"report {entry.data['report_no']} without a complainant"
    names = {person["name"] for person in played.cast.people.values()}
    for template, text in played.texts(["L08"]):
        said = re.search(r"My name is (.+?)\. I give this notice", " ".join(text.split()))
        if said is None or said[1] not in names:
            yield f"{template} of {said[1] if said else 'nobody'}"


def _letter_to(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find letters to somebody, or to where they live."""
    templates = re.findall(TEMPLATE, match["templates"]) or list(ACCUSING)
    yield from (f"{row['template']} to {match['person']}" for row in played.to(match["person"], templates))
    yield from _at_address(played, match["person"], templates)


def _posted_home(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find letters that say somebody's address."""
    if person := played.called(match["person"]):
        yield from _at_address(played, person, None)


def _at_address(played: Played, person: str, templates: list[str] | None) -> Iterator[str]:
    home = played.cast.address_of(person)
    for template, text in played.texts(templates):
        if home and home[0] in text:
            yield f"{template} with the address of {person}"


def _open_ended(played: Played, _match: re.Match[str]) -> Iterator[str]:
    for entry in played.events(BLOCKED):
        if not entry.data.get("review_on"):
            yield f"block {entry.data['block_no']} without review_on"


def _unreachable(played: Played, _match: re.Match[str]) -> Iterator[str]:
    """Find a block on messages to the school that names no other way to reach it; only there does one need to."""
    for entry in played.events(BLOCKED):
        is_messaging = played.cast.channels[entry.data["channel"]]["kind"] == "messaging"
        if is_messaging and not entry.data.get("has_alternative_route"):
            yield f"block {entry.data['block_no']} without another way"


def _uncontrolled(played: Played, _match: re.Match[str]) -> Iterator[str]:
    for entry in played.events(BLOCKED):
        if not played.cast.channels[entry.data["channel"]]["school_controlled"]:
            yield f"block {entry.data['block_no']} on {entry.data['channel']}"


def _police_refused(played: Played, _match: re.Match[str]) -> Iterator[str]:
    for entry in played.events(REFUSED):
        if entry.data["decision"] == "refer_to_police":
            yield f"{', '.join(entry.data['rules'])} to {entry.data['actor']}"


def _contact(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find a talk with somebody, or a letter to them that left, in a span of the story's year, by London's clocks."""
    year = played.story.steps[0].at.year
    first, last = (
        datetime.strptime(f"{year} {text}", "%Y %H:%M on %d %b").replace(tzinfo=LONDON)
        for text in (match["first"], match["last"])
    )
    for case in played.acting.cases.values():
        labels = [party["label"] for party in played.case(case)["parties"] if party["person"] == match["person"]]
        for entry in played.record.of_case(case):
            if entry.type == CONTACTED and entry.data["party"] in labels and first < entry.time < last:
                yield f"{entry.type} at {entry.time.isoformat()}"
    for row in played.to(match["person"]):
        for event in played.desk.timeline(row["letter_id"]):
            if event["type"] == LEFT and first < datetime.fromisoformat(event["recorded_at"]) < last:
                yield f"{row['template']} sent at {event['recorded_at']}"


def _rewritten(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find an event that the record held and that the case's history does not show at its place any more."""
    for case in played.acting.cases.values():
        shown = {event["id"]: event["type"] for event in played.history(case)}
        for entry in played.record.of_case(case):
            id = f"{entry.stream}/{entry.version}"
            if entry.type == match["event"] and shown.get(id) != entry.type:
                yield f"{shown.get(id, 'nothing')} at {id}"


def _repeated(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find somebody counted as the poster of a case: among the repeat posters, or in figures where nobody may be."""
    if count := figures.incidents_as_poster(played, match["person"]):
        yield f"{count} cases"


def _counted(played: Played, match: re.Match[str]) -> Iterator[str]:
    yield from _repeated(played, match)
    kinds = [played.case(case)["kind"] for case in played.acting.cases.values()]
    posters = sum(figures.figures(played)["by_association"].values())
    if posters > kinds.count("adult_post"):
        yield f"{posters} posters by association"


def _told(played: Played, match: re.Match[str]) -> Iterator[str]:
    yield from _repeated(played, match)
    yield from figures.told_to_the_mis(played, match["person"])


def _two_counted(played: Played, _match: re.Match[str]) -> Iterator[str]:
    if (reported := figures.figures(played)["reported"]) > 1:
        yield f"{reported} reported"


MOMENT: Final = r"[0-9]{2}:[0-9]{2} on [0-9]{1,2} [A-Z][a-z]{2}"
TEMPLATES: Final = rf"{TEMPLATE}(?:(?:, | or ){TEMPLATE})*"
WHAT: Final = "|".join(map(re.escape, looking.SOUGHT))
KIND: Final = f"(?:an? |any )?(?:{'|'.join(map(re.escape, places.PLACES))})"
IN: Final = f"{KIND}(?:(?:, | or ){KIND})*"
EVENT: Final = r"[a-z]+\.[a-z-]+\.v[0-9]+"
SENTENCES: Final[tuple[tuple[str, Look], ...]] = (
    (rf"(?P<first>{EVENT}) before (?P<second>{EVENT})", _before),
    (r"(?P<template>L\d\d) in the post before approval", _posted_unapproved),
    (r"a letter dispatched through Dojo outside (?P<first>\d\d:\d\d)-(?P<last>\d\d:\d\d)", _after_hours),
    (rf"(?P<event>{EVENT}) for a request already refused or replaced", _lapsed_wrongly),
    (rf"(?P<person>[\w-]+)'s name in (?P<templates>{TEMPLATES})(?:'s public part)?", _named_in),
    (rf"(?P<templates>{TEMPLATES}) to (?P<person>p-[\w-]+?)(?:'s address)?", _letter_to),
    (r"a defamation notice in the name of the school", _complained_by_the_school),
    (r"(?P<templates>any letter) (?:accusing|to) (?P<person>p-[\w-]+)", _letter_to),
    (r"a letter posted to (?P<person>\w+)'s home address", _posted_home),
    (r"an open-ended block", _open_ended),
    (r"a block with no other way to reach the school", _unreachable),
    (r"a block on a channel the school does not control", _uncontrolled),
    (r"a refusal of the police referral for lack of evidence or first step", _police_refused),
    (rf"any contact with (?P<person>p-[\w-]+) between (?P<first>{MOMENT}) and (?P<last>{MOMENT})", _contact),
    (r"(?P<person>[pk]-[\w-]+) in the repeat-poster view", _repeated),
    (r"(?P<person>[pk]-[\w-]+) in the repeat-poster view or the MIS communication log after .+", _told),
    (r"(?P<person>[pk]-[\w-]+) (?:as a poster in any statistic or repeat view|counted as a poster)", _counted),
    (r"two incidents counted", _two_counted),
    (rf"the original (?P<event>{EVENT}) removed or rewritten", _rewritten),
    (rf"(?P<what>{WHAT})(?: about (?P<person>[pk]-[\w-]+))? in (?P<places>{IN})", looking.said_in),
    (r"refused attempts in any copy given to the parent", looking.refused_in_copies),
    (r"the legal advice in any export other than the privileged one", looking.advice_exported),
    (r"anything personal of (?P<person>[pk]-[\w-]+) once the case is erased", looking.readable_once_erased),
    (r"visibility to staff outside the DSL team", looking.visible_to_others),
    (r"a decision by (?P<person>[ux]-[\w-]+) in this case", looking_at_cases.decided_by),
    (r"out-of-hours as a breach reason", looking_at_cases.for_the_hour),
    (
        r"any fact from (?P<children>\w+'s(?: or \w+'s)*) pupil record in a letter to (?P<person>\w+)",
        looking_at_cases.from_a_pupils_record,
    ),
    (r"(?P<person>\w+) shown as having parental responsibility", looking_at_cases.taken_for_a_parent),
    (r"a mis_id made up for (?P<person>\w+)", looking_at_cases.invented_id),
    (r"a stored copy of the video or its thumbnail", looking_at_cases.copied),
    (r"removal of the hidden comment without evidence", looking_at_cases.removed_without_evidence),
    (
        r"an entry in the MIS communication log other than the call about (?P<matter>\w+)",
        looking_at_cases.logged_otherwise,
    ),
)
