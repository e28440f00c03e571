"""What a template is given: the fields of one letter, picked from casework's answer and put into words.

One table, a row for each template, says what it takes: the name the template knows a field by, the path in the merge
fields, how it is put into words, and, for what the letter cannot do without, what was expected there. Every path that
is missing or malformed is a problem, and all of them are listed at once; nothing is guessed.

The result holds nothing the template does not print, so its canonical bytes are the inputs of the letter, whole: the
same bytes render the same page for ever. Its shape is the template's ``schema.json``.

Worked example: L04's row ``Field("remove_by", "facts.due_at", wording.by_when, "...")`` turns
``2025-09-26T17:00:00+01:00`` into ``5.00 pm on Friday 26 September 2025``.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from letters.domain import address, outside_wording, text, wording
from letters.domain.event import Cleaned, Problem
from letters.domain.outside_letters import OUTSIDE_LETTERS
from letters.domain.poster_letters import POSTER_LETTERS
from letters.domain.takes import (
    COMPLAINTS,
    DATE_CHARACTERS_MAX,
    NOTE,
    Field,
    Json,
    Takes,
    find,
    history,
    last_contact,
    lines,
    maybe,
    words,
)

QUOTE_MAX = 240
"""Characters of a post's own words that casework gives us; more is cut with an ellipsis."""


class TemplateData(NamedTuple):
    """The template's data, whatever is missing or wrong in it, and what was cleaned out of it."""

    data: dict[str, Any]
    problems: tuple[Problem, ...]
    cleaned: tuple[Cleaned, ...]
    deadline: datetime | None = None
    """The moment before which the letter must be there, if there is one."""


def template_data(
    template_id: str,
    merge_fields: Json,
    school: Json,
    *,
    recipient: str,
    letter_date: date,
    our_ref: str,
    slots: Mapping[str, str],
    signatory: Json | None,
    large_print: bool,
    channel: str = "print",
    is_covered: text.IsCovered = lambda _: True,
) -> TemplateData:
    """Return the data of one letter to one recipient (a party id); a signatory is ``{"name", "job"}``."""
    takes = TEMPLATES[template_id]
    problems = slot_problems(takes, slots)
    refused = {problem.path for problem in problems}
    source = {
        **merge_fields,
        "slots": {name: said for name, said in slots.items() if f"slots.{name}" not in refused},
        "letter_date": letter_date.isoformat(),
        "school": school,
    }
    data: dict[str, Any] = {
        "our_ref": our_ref,
        "letter_date": wording.long_date(letter_date, weekday=False),
        "large_print": large_print,
        "school": _school(school, problems),
        "recipient": _recipient(merge_fields, recipient, channel, problems),
        "signatory": _signatory(signatory, problems),
        "slots": {name: slots.get(name) or None for name in takes.slots if name not in takes.forms},
        **({"policy": _take(_POLICY, merge_fields, problems)} if takes.has_policy else {}),
        **({"posts": _posts(merge_fields, takes, problems)} if takes.has_posts else {}),
        **_take(takes.fields, source, problems),
    }
    deadline = _whole(takes, source, problems)
    cleansed = text.clean(data, is_covered)
    data = dict(cleansed.value) if isinstance(cleansed.value, Mapping) else {}
    problems += cleansed.problems + _window(data)
    return TemplateData(data, tuple(problems), cleansed.cleaned, deadline)


def sample_data(sample: Json, school: Json | None, is_covered: text.IsCovered) -> Json:
    """Return a sample as a letter's data, under a school's own letterhead if one is given."""
    letterhead = {} if school is None else {"school": _school(school, [])}
    cleansed = text.clean({**sample, **letterhead}, is_covered)
    return cleansed.value if isinstance(cleansed.value, Mapping) else {}


def canonical(data: Json) -> bytes:
    """Return the bytes that are hashed and rendered: sorted keys, no spaces, UTF-8, NFC."""
    written = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return unicodedata.normalize("NFC", written).encode()


def digest(data: Json) -> str:
    """Return the sha256 of the canonical bytes."""
    return sha256(canonical(data)).hexdigest()


def slot_problems(takes: Takes, given: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with what staff added: an unknown slot, too long, a line break, no date for a date."""
    faults = ((name, _slot_fault(takes, name, said)) for name, said in given.items())
    return [Problem(code=fault[0], path=f"slots.{name}", expected=fault[1]) for name, fault in faults if fault]


def _slot_fault(takes: Takes, name: str, said: str) -> tuple[str, str] | None:
    """Return what is wrong with one slot, as a code and what was expected."""
    if name not in takes.slots:
        return "slot_unknown", f"one of {', '.join(takes.slots) or 'no slots'}"
    if len(said) > takes.slots[name]:
        return "slot_overlong", f"at most {takes.slots[name]} characters"
    if len(said.splitlines()) > 1:
        return "slot_line_break", "one paragraph"
    try:
        takes.forms.get(name, words)(said)
    except ValueError:
        is_date = takes.slots[name] == DATE_CHARACTERS_MAX
        return "slot_malformed", "a date as 2026-03-02" if is_date else "a time as 2026-03-02T15:30:00+00:00"
    return None


def _whole(takes: Takes, source: Json, problems: list[Problem]) -> datetime | None:
    """Add what is wrong with the source as a whole; return the letter's own deadline, if it has one."""
    try:
        problems += takes.lacks(source)
        return takes.deadline(source) if takes.deadline else None
    except (ValueError, TypeError, KeyError, AttributeError):
        if not problems:
            problems.append(Problem(code="malformed", path="facts", expected="facts of the agreed form"))
        return None


def _take(fields: Iterable[Field], source: Json, problems: list[Problem], at: str = "") -> dict[str, Any]:
    """Pick and word some fields of a source, adding a problem for each that is missing or malformed."""
    taken: dict[str, Any] = {}
    for field in fields:
        found = find(source, field.path)
        if field.expected is not None and found in (None, "", (), [], {}):
            problems.append(Problem(code="missing", path=at + field.path, expected=field.expected))
            taken[field.name] = ""
            continue
        try:
            taken[field.name] = field.form(found)
        except (ValueError, TypeError, KeyError, AttributeError):
            expected = field.expected or f"a {field.name.replace('_', ' ')} of the agreed form"
            problems.append(Problem(code="malformed", path=at + (field.path or field.name), expected=expected))
            taken[field.name] = ""
    return taken


def _school(school: Json, problems: list[Problem]) -> dict[str, Any]:
    taken = _take(_SCHOOL, school, problems, "school.")
    return taken | {"letterhead": taken["letterhead"] or [taken["name"]]}


def _recipient(merge_fields: Json, party: str, channel: str, problems: list[Problem]) -> dict[str, Any]:
    """Word name and address; what is not posted needs no address, and says there how it comes instead."""
    everyone = merge_fields.get("recipients") or []
    for index, found in enumerate(everyone):
        if found.get("party_id") == party and found.get("class") == "O":
            return _outside(found, find(merge_fields, "facts.host"), problems, f"recipients[{index}].")
        if found.get("party_id") == party:
            if channel in wording.INSTEAD_OF_AN_ADDRESS and not found.get("address"):
                name = _take(_RECIPIENT[:1], found, problems, f"recipients[{index}].")
                return name | {"address": list(wording.INSTEAD_OF_AN_ADDRESS[channel])}
            return _take(_RECIPIENT, found, problems, f"recipients[{index}].")
    problems.append(Problem(code="missing", path="recipients", expected="the party this letter goes to"))
    return {"name": "", "address": []}


def _outside(found: Json, host: str | None, problems: list[Problem], at: str) -> dict[str, Any]:
    """Name an outside body, by what it is where nobody said its name; an address it has only where one is known."""
    named = {**found, "name": found.get("name") or outside_wording.body(found.get("label"), host)}
    return _take((_RECIPIENT[0], Field("address", "address", lines)), named, problems, at)


def _signatory(signatory: Json | None, problems: list[Problem]) -> dict[str, Any]:
    """Word the signature; that nobody may sign is a gate of the draft, and said there."""
    return {"name": "", "job": ""} if signatory is None else _take(_SIGNATORY, signatory, problems, "signatory.")


def _posts(merge_fields: Json, takes: Takes, problems: list[Problem]) -> list[dict[str, Any]]:
    posts = merge_fields.get("posts") or []
    if not posts:
        problems.append(Problem(code="missing", path="posts", expected="at least one post"))
    return [_post(index, post, takes, problems) for index, post in enumerate(posts)]


def _post(index: int, post: Json, takes: Takes, problems: list[Problem]) -> dict[str, Any]:
    """Word one post. What it says is its words, or, where they are withheld, a summary."""
    at = f"posts[{index}]."
    taken = _take(_POST, post, problems, at)
    if taken["posted"]:
        taken["seen"] = None
    if taken["quote"]:
        taken["summary"] = None
    if not takes.needs_words:
        return taken | dict.fromkeys(("quote", "summary", "ground", "exhibit"))
    if taken["posted"] is None and taken["seen"] is None:
        expected = "when it was posted, or when the school saw it"
        problems.append(Problem(code="missing", path=at + "posted_at", expected=expected))
    if taken["quote"] is None and taken["summary"] is None:
        expected = "the words of the post, or a summary of them"
        problems.append(Problem(code="missing", path=at + "summary", expected=expected))
    return taken


def _window(data: Json) -> tuple[Problem, ...]:
    """Put the name and address into the form an envelope's window needs; what is missing has been said before."""
    recipient = data["recipient"]
    is_posted = tuple(recipient["address"]) not in wording.INSTEAD_OF_AN_ADDRESS.values()
    if not recipient["name"] or not recipient["address"] or not is_posted:
        return ()
    repeated = recipient["address"][0] == recipient["name"]
    checked = address.check([recipient["name"], *recipient["address"][repeated:]], path="recipient.address")
    if not checked.problems:
        recipient["address"] = list(checked.lines[1:])
    return checked.problems


# Forms: how one value is put into words. Each takes what stands at the path, which is None where nothing does.


def _quote(value: str | None) -> str | None:
    said = words(value)
    return said if said is None or len(said) <= QUOTE_MAX else said[: QUOTE_MAX - 1].rstrip() + "…"


def _due_at(source: Json) -> datetime | None:
    due_at = find(source, "facts.due_at")
    return wording.moment(due_at) if due_at else None


def _later_posts(merge_fields: Json) -> list[int]:
    """Return the numbers of the posts made on a day after the last request: use went on."""
    asked = [wording.day(request["requested_on"]) for request in find(merge_fields, "facts.earlier_requests") or ()]
    dated = [(post["n"], post.get("posted_at")) for post in merge_fields.get("posts") or ()]
    return [number for number, posted in dated if asked and posted and wording.day(posted) > max(asked)]


_SCHOOL = (
    Field("name", "name", str, "the school's name"),
    Field("letterhead", "letterhead", lines),
    Field("address", "address", lines, "the lines of the school's address"),
    Field("phone", "phone", str, "the office's telephone number"),
    Field("email", "email", str, "the office's e-mail address"),
    Field("website", "website", words),
)
_RECIPIENT = (
    Field("name", "name", str, "the recipient's name"),
    Field("address", "address", lines, "the recipient's own address, a line an item"),
)
_SIGNATORY = (
    Field("name", "name", str, "the signatory's name"),
    Field("job", "job", str, "the signatory's job, as it stands under the name"),
)
_POLICY = (
    Field("title", "policy.title", str, "the title of the policy"),
    Field("adopted", "policy.adopted_on", wording.adopted, "when the policy was adopted"),
)
_POST = (
    Field("n", "n", int, "the number of the post in the case"),
    Field("where", "platform", wording.platform, "where it was posted"),
    Field("account", "account", words),
    Field("url", "url", words),
    Field("posted", "posted_at", maybe(wording.on_day_at)),
    Field("seen", "seen_at", maybe(wording.on_day_at)),
    Field("exhibit", "exhibit", words),
    Field("quote", "quote", _quote),
    Field("summary", "summary", words),
    Field("ground", "ground", maybe(wording.ground)),
)

_REMOVE_BY = Field("remove_by", "facts.due_at", wording.by_when, "the date and time by which to remove it")
_IMPACT = Field("impact", "facts.impact", words)
_CONCERN = (
    Field("concern", "facts.underlying_concern", words),
    Field("concern_response", "facts.concern_response", words),
)

TEMPLATES: Mapping[str, Takes] = {
    "L02": Takes(
        fields=(
            _REMOVE_BY,
            Field("contact", "facts.contacts", last_contact),
            Field("meaning", "facts.meaning", words),
            Field("is_child_account", "case.kind", lambda kind: kind == "child_account", "the kind of case"),
            _IMPACT,
            COMPLAINTS,
            *_CONCERN,
        ),
        slots=NOTE,
        deadline=_due_at,
    ),
    "L03": Takes(
        fields=(
            Field("checked_on", "event.occurred_at", wording.on_day, "when the school looked"),
            COMPLAINTS,
            *_CONCERN,
        ),
        slots=NOTE,
        needs_words=False,
    ),
    "L04": Takes(
        fields=(
            _REMOVE_BY,
            Field("history", "", history),
            Field("later_posts", "", _later_posts),
            Field("concerns", "facts.concerns", words),
            Field("expectations", "facts.expectations", words),
            _IMPACT,
            COMPLAINTS,
            *_CONCERN,
        ),
        slots=NOTE,
        deadline=_due_at,
    ),
    **POSTER_LETTERS,
    **OUTSIDE_LETTERS,
}
