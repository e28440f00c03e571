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
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from letters.domain import address, text, wording
from letters.domain.event import Cleaned, Problem

QUOTE_MAX = 240
"""Characters of a post's own words that casework gives us; more is cut with an ellipsis."""

Json = Mapping[str, Any]


class TemplateData(NamedTuple):
    """The template's data, whatever is missing or wrong in it, and what was cleaned out of it."""

    data: dict[str, Any]
    problems: tuple[Problem, ...]
    cleaned: tuple[Cleaned, ...]


class Field(NamedTuple):
    """One field of a template: its name there, its path in the merge fields, its form in words.

    ``expected`` describes what must stand at the path; where it is None the field may be missing and becomes the form
    of None.
    """

    name: str
    path: str
    form: Callable[[Any], Any]
    expected: str | None = None


class Takes(NamedTuple):
    """What one template takes besides letterhead, recipient, signatory and policy."""

    fields: tuple[Field, ...]
    slots: Mapping[str, int]
    """Free text that staff may add: name and most characters, as ``template.toml`` says to them."""
    needs_words: bool = True
    """Whether each post must say something: its words, or a summary of them."""


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
    is_covered: text.IsCovered = lambda _: True,
) -> TemplateData:
    """Return the data of one letter to one recipient (a party id); a signatory is ``{"name", "job"}``."""
    takes = TEMPLATES[template_id]
    problems: list[Problem] = []
    data: dict[str, Any] = {
        "our_ref": our_ref,
        "letter_date": wording.long_date(letter_date, weekday=False),
        "large_print": large_print,
        "school": _school(school, problems),
        "recipient": _recipient(merge_fields, recipient, problems),
        "signatory": _signatory(signatory, problems),
        "policy": _take(_POLICY, merge_fields, problems),
        "posts": _posts(merge_fields, takes, problems),
        "slots": {name: slots.get(name) or None for name in takes.slots},
        **_take(takes.fields, merge_fields, problems),
    }
    problems += slot_problems(takes.slots, slots)
    cleansed = text.clean(data, is_covered)
    data = dict(cleansed.value) if isinstance(cleansed.value, Mapping) else {}
    problems += cleansed.problems + _window(data)
    return TemplateData(data, tuple(problems), cleansed.cleaned)


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


def slot_problems(known: Mapping[str, int], given: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with the free text staff added: an unknown slot, too long, a line break."""
    problems = []
    for name, words in given.items():
        if name not in known:
            expected = f"one of {', '.join(known) or 'no slots'}"
            problems.append(Problem(code="slot_unknown", path=f"slots.{name}", expected=expected))
        elif len(words) > known[name]:
            expected = f"at most {known[name]} characters"
            problems.append(Problem(code="slot_overlong", path=f"slots.{name}", expected=expected))
        elif len(words.splitlines()) > 1:
            problems.append(Problem(code="slot_line_break", path=f"slots.{name}", expected="one paragraph"))
    return problems


def _take(fields: Iterable[Field], source: Json, problems: list[Problem], at: str = "") -> dict[str, Any]:
    """Pick and word some fields of a source, adding a problem for each that is missing or malformed."""
    taken: dict[str, Any] = {}
    for field in fields:
        found = _find(source, field.path)
        if field.expected is not None and found in (None, "", [], {}):
            problems.append(Problem(code="missing", path=at + field.path, expected=field.expected))
            taken[field.name] = ""
            continue
        try:
            taken[field.name] = field.form(found)
        except (ValueError, TypeError, KeyError, AttributeError):
            expected = field.expected or f"a {field.name.replace('_', ' ')} of the agreed form"
            problems.append(Problem(code="malformed", path=at + field.path, expected=expected))
            taken[field.name] = ""
    return taken


def _find(source: Any, path: str) -> Any:  # noqa: ANN401 - JSON of any shape, on its way to a form that checks it
    """Return what stands at a dotted path, or None."""
    for key in path.split(".") if path else ():
        source = source.get(key) if isinstance(source, Mapping) else None
    return source


def _school(school: Json, problems: list[Problem]) -> dict[str, Any]:
    taken = _take(_SCHOOL, school, problems, "school.")
    return taken | {"letterhead": taken["letterhead"] or [taken["name"]]}


def _recipient(merge_fields: Json, party: str, problems: list[Problem]) -> dict[str, Any]:
    everyone = merge_fields.get("recipients") or []
    for index, found in enumerate(everyone):
        if found.get("party_id") == party:
            return _take(_RECIPIENT, found, problems, f"recipients[{index}].")
    problems.append(Problem(code="missing", path="recipients", expected="the party this letter goes to"))
    return {"name": "", "address": []}


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
    if not recipient["name"] or not recipient["address"]:
        return ()
    repeated = recipient["address"][0] == recipient["name"]
    checked = address.check([recipient["name"], *recipient["address"][repeated:]], path="recipient.address")
    if not checked.problems:
        recipient["address"] = list(checked.lines[1:])
    return checked.problems


# Forms: how one value is put into words. Each takes what stands at the path, which is None where nothing does.


def _words(value: str | None) -> str | None:
    """Keep free text, one paragraph; blank counts as nothing."""
    return " ".join(value.split(" ")).strip() or None if value is not None else None


def _quote(value: str | None) -> str | None:
    words = _words(value)
    return words if words is None or len(words) <= QUOTE_MAX else words[: QUOTE_MAX - 1].rstrip() + "…"


def _maybe(form: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    """Apply a form to what is there, and leave out what is not."""
    return lambda value: None if value in (None, "") else form(value)


def _lines(value: Iterable[str] | None) -> list[str]:
    return [str(line) for line in value or ()]


def _last_contact(value: Iterable[Json] | None) -> dict[str, Any] | None:
    """Word the newest conversation; where there was none, the newest attempt."""
    contacts = sorted(value or (), key=lambda contact: wording.moment(contact["occurred_at"]))
    held = [contact for contact in contacts if contact["outcome"] == "discussion_held"]
    last = next(reversed(held or contacts), None)
    return None if last is None else {**_contact(last), "is_held": bool(held)}


def _contact(contact: Json) -> dict[str, Any]:
    what = wording.contact(contact["method"], contact["outcome"])
    return {"on": wording.on_day(contact["occurred_at"]), "what": what}


def _request(request: Json) -> dict[str, Any]:
    what = f"we asked you to remove what had been posted by {wording.by_when(request['due_at'])}"
    return {"on": wording.on_day(request["requested_on"]), "what": what, "then": wording.answer(request["answer"])}


def _history(merge_fields: Json) -> list[dict[str, Any]]:
    """Word the contacts and requests before this letter, by day; on one day the talk came before the request."""
    contacts = _find(merge_fields, "facts.contacts") or ()
    requests = _find(merge_fields, "facts.earlier_requests") or ()
    told = [(wording.moment(contact["occurred_at"]), {**_contact(contact), "then": None}) for contact in contacts]
    by_time = [(when.date(), words) for when, words in sorted(told, key=lambda pair: pair[0])]
    asked = [(wording.day(request["requested_on"]), _request(request)) for request in requests]
    return [words for _, words in sorted(by_time + asked, key=lambda pair: pair[0])]


def _later_posts(merge_fields: Json) -> list[int]:
    """Return the numbers of the posts made on a day after the last request: use went on."""
    asked = [wording.day(request["requested_on"]) for request in _find(merge_fields, "facts.earlier_requests") or ()]
    dated = [(post["n"], post.get("posted_at")) for post in merge_fields.get("posts") or ()]
    return [number for number, posted in dated if asked and posted and wording.day(posted) > max(asked)]


_SCHOOL = (
    Field("name", "name", str, "the school's name"),
    Field("letterhead", "letterhead", _lines),
    Field("address", "address", _lines, "the lines of the school's address"),
    Field("phone", "phone", str, "the office's telephone number"),
    Field("email", "email", str, "the office's e-mail address"),
    Field("website", "website", _words),
)
_RECIPIENT = (
    Field("name", "name", str, "the recipient's name"),
    Field("address", "address", _lines, "the recipient's own address, a line an item"),
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
    Field("account", "account", _words),
    Field("url", "url", _words),
    Field("posted", "posted_at", _maybe(wording.on_day_at)),
    Field("seen", "seen_at", _maybe(wording.on_day_at)),
    Field("exhibit", "exhibit", _words),
    Field("quote", "quote", _quote),
    Field("summary", "summary", _words),
    Field("ground", "ground", _maybe(wording.ground)),
)

_REMOVE_BY = Field("remove_by", "facts.due_at", wording.by_when, "the date and time by which to remove it")
_IMPACT = Field("impact", "facts.impact", _words)
_COMPLAINTS = Field("has_complaints_route", "facts.is_complaints_route_offered", bool)
_CONCERN = (
    Field("concern", "facts.underlying_concern", _words),
    Field("concern_response", "facts.concern_response", _words),
)

TEMPLATES: Mapping[str, Takes] = {
    "L02": Takes(
        fields=(
            _REMOVE_BY,
            Field("contact", "facts.contacts", _last_contact),
            Field("meaning", "facts.meaning", _words),
            Field("is_child_account", "case.kind", lambda kind: kind == "child_account", "the kind of case"),
            _IMPACT,
            _COMPLAINTS,
            *_CONCERN,
        ),
        slots={"note": 600},
    ),
    "L03": Takes(
        fields=(
            Field("checked_on", "event.occurred_at", wording.on_day, "when the school looked"),
            _COMPLAINTS,
            *_CONCERN,
        ),
        slots={"note": 600},
        needs_words=False,
    ),
    "L04": Takes(
        fields=(
            _REMOVE_BY,
            Field("history", "", _history),
            Field("later_posts", "", _later_posts),
            Field("concerns", "facts.concerns", _words),
            Field("expectations", "facts.expectations", _words),
            _IMPACT,
            _COMPLAINTS,
            *_CONCERN,
        ),
        slots={"note": 600},
    ),
}
