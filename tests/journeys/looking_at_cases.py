"""Looks at the ending of a story that go into one thing: what a case says of somebody, its evidence, its decisions.

As in `must_not.py`, each looks for what must not be, and yields where it is found.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from tests.journeys import figures, places
from tests.journeys.acting import HERE
from tests.journeys.places import Place
from tests.journeys.played import Played

CAPTURED: Final = "incident.evidence-captured.v1"
HIDDEN: Final = "incident.content-hidden.v1"
JUDGED: Final = "incident.breach-decided.v1"
RESPONSIBLE: Final = ("parent", "carer")
"""Associations that a school would take for parental responsibility."""
AS_A_PARENT: Final = re.compile(
    r"\b(?:parental responsibility|as (?:a|the) parent|your (?:child|son|daughter)\b)", re.IGNORECASE
)
HOURS: Final = re.compile(
    r"\b(?:out[- ]of[- ]hours|hours?|late|night|evening|\d{1,2}[:.]\d{2}|o'clock)\b", re.IGNORECASE
)
"""Words by which somebody would be blamed for the time of day."""
COPIED: Final = re.compile(rb"\A(?:\x89PNG|\xff\xd8\xff|GIF8|RIFF|PK\x03\x04|\x1aE\xdf\xa3|.{4}ftyp)", re.DOTALL)
"""How pictures, videos and archives of pages begin."""


def decided_by(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find what somebody recorded in a case, and what they did to its letters."""
    person = match["person"]
    for case in played.acting.cases.values():
        for entry in played.record.of_case(case):
            if person in (entry.data.get("actor"), entry.data.get("decision_maker")):
                yield f"{entry.type} as event {entry.version} of the case"
    for row in played.letters:
        for event in played.desk.timeline(row["letter_id"]):
            if person in (event.get("by"), event.get("facts", {}).get("signatory")):
                yield f"{event['type']} of {row['template']}"


def for_the_hour(played: Played, _match: re.Match[str]) -> Iterator[str]:
    """Find the time of day among the reasons of a judgement, and among the categories that it may cite."""
    by = played.cast.of_role("headteacher") or "auditor"
    for case in played.acting.cases.values():
        for event in played.history(case, by):
            if event["type"] == JUDGED and (found := HOURS.search(event["facts"]["reason"])):
                yield f"`{found[0]}` in the reason of {event['id']}"
    for code, category in played.ask(by, "/v1/policy").json()["edition"]["categories"].items():
        if found := HOURS.search(json.dumps(category)):
            yield f"`{found[0]}` in category {code}"


def from_a_pupils_record(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find what the school knows of children in letters to somebody: name, year, date of birth, where they live."""
    person = played.called(match["person"]) or match["person"]
    own = {*played.cast.people[person]["name"].split(), *played.cast.address_of(person)}
    for name in re.findall(r"(\w+)'s", match["children"]):
        child = played.called(name) or name
        facts = _recorded(played, child) - own
        for row in played.to(person):
            text = played.desk.text(row["letter_id"]) if row["pdf_sha256"] else ""
            found = [fact for fact in sorted(facts) if places.holds(text.encode(), fact)]
            yield from (f"`{fact}` of {child} in {row['template']}" for fact in found)


def _recorded(played: Played, child: str) -> set[str]:
    pupil = played.cast.people[child]
    dob = pupil.get("dob")
    said = {dob.isoformat(), f"{dob.day} {dob:%B %Y}"} if dob else set()
    house, *_, postcode = played.cast.address_of(child)  # The town between them is the school's too.
    return {child, *pupil["name"].split(), f"Year {pupil['year']}", house, postcode, *said}


def taken_for_a_parent(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find somebody told as one with parental responsibility: by a case, to letters, by letters, in the directory."""
    person = played.called(match["person"]) or match["person"]
    for case in played.acting.cases.values():
        identity = played.case(case)["identity"] or {}
        if identity.get("party") in played.labels(case, person) and identity["association"] in RESPONSIBLE:
            yield f"{identity['association']} in the case"
        for version in [entry.version for entry in played.record.of_case(case)]:
            for place in places.read(played, [f"{HERE}/{case}/events/{version}/merge-fields"], by="letters"):
                for each in json.loads(place.content)["recipients"]:
                    if each["party_id"] == person and each["association"] in RESPONSIBLE:
                        yield f"{each['association']} in the merge fields of event {version}"
    for row in played.to(person):
        if row["pdf_sha256"] and (found := AS_A_PARENT.search(played.desk.text(row["letter_id"]))):
            yield f"`{found[0]}` in {row['template']}"


def invented_id(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find an id of the school's information system where it gave none, or anything that looks like one."""
    person = played.called(match["person"]) or match["person"]
    known = [each["mis"] for each in played.cast.people.values() if each.get("mis")]
    form = re.compile("|".join(sorted({re.sub(r"\d", r"\\d", id) for id in known})))
    for case in played.acting.cases.values():
        for party in played.case(case)["parties"]:
            if party["name"] == played.cast.people[person]["name"] and party["person"] not in (None, person):
                yield f"{party['person']} as {party['label']}"
        by = played.cast.of_role("headteacher") or "auditor"
        for place in (*places.shown_of(played, case, by), *places.feeds(played), *places.lists(played)):
            yield from (f"{id} in {place.name}, for {place.by}" for id in form.findall(place.content.decode()))
    for name, rows in played.stored.tables("casework", "person", "relation"):
        yield from (f"{id} in {name}" for id in form.findall(rows.decode("utf-8", "replace")))


def copied(played: Played, _match: re.Match[str]) -> Iterator[str]:
    """Find a copy of what was seen on a site among the evidence: a picture, a video, an archive of the page."""
    for case in played.acting.cases.values():
        for row in played.ask("auditor", f"{HERE}/{case}/evidence?limit=200").json()["evidence"]:
            content = places.evidence(played, case, row["evidence_no"]).raise_for_status().content
            if COPIED.match(content) or not row["media_type"].startswith("text/"):
                yield f"E{row['evidence_no']}, {row['media_type']}"


def removed_without_evidence(played: Played, _match: re.Match[str]) -> Iterator[str]:
    """Find a post that was hidden before a file of it was captured, or whose file cannot be opened any more."""
    for case in played.acting.cases.values():
        captured: dict[int, int] = {}
        for entry in played.record.of_case(case):
            if entry.type == CAPTURED:
                captured |= dict.fromkeys(entry.data["posts"], entry.data["evidence_no"])
            for post in entry.data["posts"] if entry.type == HIDDEN else ():
                if post not in captured:
                    yield f"post {post} hidden before it was captured"
                elif not places.evidence(played, case, captured[post]).is_success:
                    yield f"post {post} hidden, and E{captured[post]} cannot be opened"


def logged_otherwise(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find what the school's information system is told of, but for the call about a matter, and the matter itself."""
    matter = match["matter"]
    concerns = [step.given.get("underlying_concern", "") for step in played.steps("decide_breach")]
    calls = {
        (step.given["party"], step.at)
        for step in played.steps("contact_parent")
        if step.given.get("purpose") == "underlying_concern" and any(matter in text for text in concerns)
    }
    for entry in figures.communications(played):
        at = datetime.fromisoformat(entry["occurred_at"])
        if entry["kind"] != "call_made" or (entry["person"], at) not in calls:
            yield f"{entry['kind']} at {entry['occurred_at']}"
        elif Place("the log", "mis", json.dumps(entry).encode()).holds(matter):
            yield f"`{matter}` in the entry of {entry['occurred_at']}"
