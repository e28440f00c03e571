"""Looks at the ending of a story that go through every place: who was shown what, and what is kept.

As in `must_not.py`, each looks for what must not be, and yields where it is found.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tests.journeys import figures, places
from tests.journeys.acting import HERE
from tests.journeys.places import PLACES, Place
from tests.journeys.played import Played
from tests.journeys.stored import DIRECTORY
from tests.journeys.words import TEXT

PRIVILEGED: Final = "legal_full"
POSTING: Final = ("report_incident", "add_post")
UNTYPED: Final = re.compile(r"^(?:any|a|an)\s+")
TELLING: Final = 6
"""Letters that a word has at least by which a matter can be told: ``inhaler``."""
STAFF: Final = ("staff", "caseworker", "office", "governor", "chair")
"""Roles of people at the school, in which more of a child's account would be a breach of confidence (domain.md 8)."""
COUNTS: Final = ("reported", "by_category", "by_channel")
"""Figures that tell of a case that is counted; governors are shown none so small."""
IN_THE_CLEAR: Final = {
    "a PDF": b"%PDF-1.",
    "a picture": b"\x89PNG\r\n",
    "an e-mail": b"\nMessage-ID: ",
    "a .zip": b"PK\x03\x04",
}
"""What a letter, a file of evidence, an e-mail or an export begins with; what is sealed holds none of it."""
RULE: Final = re.compile(r"\bR[0-2][0-9]\b|decision-refused")


def said_in(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find words of a kind (`SOUGHT`) in places of a kind (`PLACES`); a kind without words looks at nothing."""
    sought = SOUGHT[match["what"]](played, match["person"])
    if not sought:
        yield f"nothing in the story that would be {match['what']}"
    for kind in re.split(r", | or ", match["places"]):
        for place in PLACES[UNTYPED.sub("", kind)](played):
            yield from (f"`{words}` in {place.name}, for {place.by}" for words in sought if place.holds(words))


def _posted(played: Played, _person: str | None) -> list[str]:
    """Return what was posted, word for word."""
    return [step.given["words"] for step in played.steps(*POSTING) if "words" in step.given]


def _held_in_evidence(played: Played, _person: str | None) -> list[str]:
    """Return what the files of evidence hold; the player writes into each which step it came with."""
    takes = [*played.steps("capture_evidence"), *(step for step in played.steps(*POSTING) if "evidence" in step.given)]
    return [str(step) for step in takes]


def _medical(played: Played, person: str | None) -> list[str]:
    """Return what was said of a child's health, word for word and in its telling words, and who the child is."""
    screened = [step.given for step in played.steps("screen_safeguarding")]
    concerns = [step.given.get("underlying_concern", "") for step in played.steps("decide_breach")]
    answers = [step.given.get("concern_response", "") for step in played.steps("contact_parent")]
    said = [given[name] for given in screened for name in ("finding", "reason")]
    texts = [text for text in (*said, *concerns, *answers) if text]
    telling = [word for text in concerns for word in re.findall(r"\w+", text) if len(word) > TELLING]
    child = [person, played.cast.people[person]["name"]] if person else []
    return [*texts, *telling, *child] if texts else []


SOUGHT: Final[Mapping[str, Callable[[Played, str | None], list[str]]]] = {
    "the slur": _held_in_evidence,
    "threat text": _posted,
    "medical detail": _medical,
}
"""What a story speaks of, and the words by which it is found; a slur is what the evidence holds, and only that."""


def refused_in_copies(played: Played, _match: re.Match[str]) -> Iterator[str]:
    """Find refused decisions in what a parent is given: their letters, and any variant of an export of the case."""
    posters = {step.given["party"] for step in played.steps("attribute_identity")}
    for row in played.letters:
        if row["party"] in posters and row["pdf_sha256"] and (found := RULE.search(played.desk.text(row["letter_id"]))):
            yield f"`{found[0]}` in {row['template']}"
    for case in played.acting.cases.values():
        for package in places.exports(played, case):
            for line in package.files["record/entries.jsonl"].splitlines():
                if (type_ := json.loads(line)["type"]).startswith("access."):
                    yield f"{type_} in the export {package.variant}"
            if b"decision-refused" in b"".join(package.files[name] for name in ("history.txt", "case.json")):
                yield f"decision-refused told in the export {package.variant}"


def advice_exported(played: Played, _match: re.Match[str]) -> Iterator[str]:
    """Find legal advice, its entries and its letters, in exports for others; and none in the one that is for it."""
    questions = [step.given["question"] for step in played.steps("seek_legal_advice")]
    advised = {row["letter_id"] for row in played.letters if row["template"] == "L10"}
    for case in played.acting.cases.values():
        for package in places.exports(played, case):
            told = [words for words in questions if any(places.holds(each, words) for each in package.files.values())]
            if package.variant == PRIVILEGED:
                yield from (f"no `{words}` in the export {PRIVILEGED}" for words in questions if words not in told)
                continue
            yield from (f"`{words}` in the export {package.variant}" for words in told)
            for line in package.files["record/entries.jsonl"].splitlines():
                if (type_ := json.loads(line)["type"]).startswith("advice."):
                    yield f"{type_} in the export {package.variant}"
            letters = [name for name in package.files if name.startswith("letters/")]
            yield from (f"{name} in the export {package.variant}" for name in letters if name[8:44] in advised)


def readable_once_erased(played: Played, match: re.Match[str]) -> Iterator[str]:
    """Find somebody in what is kept and shown of an erased case: by name, address, and all that was said of it.

    The school's list of people is no part of the case; that somebody is a parent there is no news of it. An id of that
    list stands in events of letters, which stay (letters.md 1): it may be kept there, and is shown to nobody.
    """
    person = match["person"]
    sought = [words.lower().encode() for words in personal(played, person)]
    kept = [*played.stored.tables("casework", without=DIRECTORY), *played.stored.tables("letters")]
    for name, content in (*kept, *played.stored.files()):
        left = content.lower() if name.startswith("casework") else content.lower().replace(person.encode(), b"")
        yield from (f"`{words.decode()}` in {name}" for words in (*sought, person.encode()) if words in left)
        # Their words are compressed, or in base64, so that no search finds them.
        yield from (f"{kind} in {name}" for kind, mark in IN_THE_CLEAR.items() if mark in content)
    for case in played.acting.cases.values():
        yield from (f"an export {package.variant}" for package in places.exports(played, case))
    told = [*personal(played, person), person]
    for place in _shown(played):
        yield from (f"`{words}` in {place.name}, for {place.by}" for words in told if place.holds(words))


def _shown(played: Played) -> Iterator[Place]:
    """Yield everything that anybody is shown: cases, letters, feeds and lists."""
    for by in places.everybody(played):
        for case in played.acting.cases.values():
            yield from _shown_by_casework(played, case, by)
        yield from _shown_by_letters(played, by)
    yield from places.feeds(played)
    yield from places.lists(played)


def _shown_by_casework(played: Played, case: str, by: str) -> Iterator[Place]:
    yield from places.shown_of(played, case, by)
    versions = [entry.version for entry in played.record.of_case(case)]
    yield from places.read(played, [f"{HERE}/{case}/events/{version}/merge-fields" for version in versions], by=by)
    yield from places.read(played, [f"{HERE}/{case}/evidence/1?reason=why"], by=by)


def _shown_by_letters(played: Played, by: str) -> Iterator[Place]:
    for row in played.letters:
        parts = [f"/v1/letters/{row['letter_id']}{part}" for part in ("", "/text", "/pdf", "/message", "/timeline")]
        yield from places.read(played, parts, by=by, service="letters")


def personal(played: Played, person: str) -> list[str]:
    """Return what is personal of somebody in a story: name, address, e-mail, and everything said in words."""
    name = played.cast.people[person]["name"]
    said = [text for step in played.story.steps for text in _texts(step.given) if text != TEXT]
    return [name, name.split()[-1], *played.cast.address_of(person)[:1], f"{name.replace(' ', '.')}@", *said]


def _texts(value: Any) -> Iterator[str]:
    """Yield what is said in words: two of them at least, anywhere in a step's facts."""
    if isinstance(value, str) and " " in value.strip():
        yield value
    elif isinstance(value, Mapping):
        yield from (text for each in value.values() for text in _texts(each))
    elif isinstance(value, list):
        yield from (text for each in value for text in _texts(each))


def visible_to_others(played: Played, _match: re.Match[str]) -> Iterator[str]:
    """Find a case shown or counted to people of the school who do not see to child protection; a receipt is left."""
    for account in played.cast.accounts():
        if account.role not in STAFF:
            continue
        by = account.subject
        for case in played.acting.cases.values():
            reference = played.case(case)["reference"]
            yield from (f"{place.name}, for {by}" for place in _case_alone(played, case, by))
            for place in _around(played, by):
                if place.holds(case) or place.holds(reference):
                    yield f"{reference} in {place.name}, for {by}"
        for place in places.read(played, [figures.path(played)], by=by):
            counted = json.loads(place.content)
            told = [name for name in COUNTS if counted[name]]
            yield from (f"{counted[name]} as {name}, for {by}" for name in told)


def _case_alone(played: Played, case: str, by: str) -> Iterator[Place]:
    yield from places.read(played, [f"{HERE}/{case}{part}" for part in places.PARTS], by=by)
    for row in played.letters:
        parts = [f"/v1/letters/{row['letter_id']}{part}" for part in ("", "/text", "/pdf")]
        yield from places.read(played, parts, by=by, service="letters")


def _around(played: Played, by: str) -> Iterator[Place]:
    yield from places.read(played, places.CASEWORK_LISTS, by=by)
    yield from places.read(played, places.LETTERS_LISTS, by=by, service="letters")
