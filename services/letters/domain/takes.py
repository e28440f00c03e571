"""What a template takes, and the forms by which several letters put a value into words.

A form takes what stands at a field's path, which is None where nothing does; a field that is put together from several
places has the path "" and is given the whole source: casework's answer, and beside it ``slots`` (what staff added),
``letter_date`` and ``school`` (what ``school.toml`` says).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from letters.domain import wording
from letters.domain.event import Problem

Json = Mapping[str, Any]
Form = Callable[[Any], Any]
NOTE: Mapping[str, int] = {"note": 600}
"""The free text that every letter has room for: a sentence or two in the school's own words."""
INSTANT_CHARACTERS_MAX = 32
DATE_CHARACTERS_MAX = 10
"""How long a slot for a date is, as ``2026-03-02``; that is how it is known for one."""


class Field(NamedTuple):
    """One field of a template: its name there, its path in the source, its form in words.

    ``expected`` describes what must stand at the path; where it is None the field may be missing and becomes the form
    of None.
    """

    name: str
    path: str
    form: Form
    expected: str | None = None


class Takes(NamedTuple):
    """What one template takes besides letterhead, recipient and signatory."""

    fields: tuple[Field, ...]
    slots: Mapping[str, int]
    """What staff may add: name and most characters, as ``template.toml`` says to them."""
    needs_words: bool = True
    """Whether each post must say something: its words, or a summary of them."""
    has_posts: bool = True
    """Whether the letter lists the posts."""
    has_policy: bool = True
    """Whether it names the policy."""
    forms: Mapping[str, Form] = {}
    """Slots that the template knows as fields, and not as free text: how each is put into words."""
    lacks: Callable[[Json], Iterable[Problem]] = lambda _source: ()
    """What is wrong with the source besides single fields, such as dates in the wrong order."""
    deadline: Callable[[Json], datetime | None] | None = None
    """The moment before which the letter must be there, if there is one."""


def find(source: Any, path: str) -> Any:  # noqa: ANN401 - JSON of any shape, on its way to a form that checks it
    """Return what stands at a dotted path, or None."""
    for key in path.split(".") if path else ():
        source = source.get(key) if isinstance(source, Mapping) else None
    return source


def words(value: str | None) -> str | None:
    """Keep free text, one paragraph; blank counts as nothing."""
    return " ".join(value.split(" ")).strip() or None if value is not None else None


def maybe(form: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    """Apply a form to what is there, and leave out what is not."""
    return lambda value: None if value in (None, "") else form(value)


def lines(value: Iterable[str] | None) -> list[str]:
    """Keep lines, one an item."""
    return [str(line) for line in value or ()]


def last_contact(value: Iterable[Json] | None) -> dict[str, Any] | None:
    """Word the newest conversation; where there was none, the newest attempt."""
    contacts = sorted(value or (), key=lambda contact: wording.moment(contact["occurred_at"]))
    held = [contact for contact in contacts if contact["outcome"] == "discussion_held"]
    last = next(reversed(held or contacts), None)
    return None if last is None else {**_contact(last), "is_held": bool(held)}


def this_contact(source: Json) -> dict[str, Any]:
    """Word the contact that the letter comes from."""
    facts, on = source["facts"], source["event"]["occurred_at"]
    return {**_contact({**facts, "occurred_at": on}), "is_held": facts["outcome"] == "discussion_held"}


def history(source: Json) -> list[dict[str, Any]]:
    """Word the contacts and requests before this letter, by day; on one day the talk came before the request."""
    contacts = find(source, "facts.contacts") or ()
    requests = find(source, "facts.earlier_requests") or ()
    told = [(wording.moment(contact["occurred_at"]), {**_contact(contact), "then": None}) for contact in contacts]
    by_time = [(when.date(), said) for when, said in sorted(told, key=lambda pair: pair[0])]
    asked = [(wording.day(request["requested_on"]), _request(request)) for request in requests]
    return [said for _, said in sorted(by_time + asked, key=lambda pair: pair[0])]


def _contact(contact: Json) -> dict[str, Any]:
    what = wording.contact(contact["method"], contact["outcome"])
    return {"on": wording.on_day(contact["occurred_at"]), "what": what}


def _request(request: Json) -> dict[str, Any]:
    what = f"we asked you to remove, by {wording.by_when(request['due_at'])}, what had been posted"
    return {"on": wording.on_day(request["requested_on"]), "what": what, "then": wording.answer(request["answer"])}


COMPLAINTS = Field("has_complaints_route", "facts.is_complaints_route_offered", bool)
"""Whether the letter points out the complaints procedure."""
