"""The entries of a case: of which type each is and who may read it, what was put right in it, which cases it leads to.

An entry is never rewritten. That something in it is wrong is an entry of its own, which names it by id and field, and
says what is right; both are shown. Its words are sealed, so no rule and no deadline can rest on them: an erased case
must fold alike. What only words say follows a correction; what a rule rests on is changed by the decision that set it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal, Self, get_args, get_origin
from uuid import UUID

import msgspec

from casework.domain.codes import Relation
from casework.domain.event import Event, Recorded, Sensitivity, sealed_names

NOT_BY_CORRECTION: Final = frozenset({"person"})
"""Who somebody is: whoever was named wrongly is named anew, so that rules and rights see the right person."""
AHEAD: Final = frozenset({"due_at", "expires_at", "meeting_at"})
"""Instants that may lie in the future."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the case, without what it says."""

    event_type: type[Event]
    sensitivity: Sensitivity
    is_restricted: bool
    """Whether it tells of evidence that is shown only for a reason: what it says cannot be told beside it."""

    @classmethod
    def of(cls, at: Recorded) -> Self:
        """Return what is told of an event."""
        return cls(
            event_type=type(at.event),
            sensitivity=at.carried.sensitivity,
            is_restricted=bool(getattr(at.event, "restricted", ())),
        )

    @property
    def fields(self) -> Mapping[str, Any]:
        """What may be corrected in it, by the name that an entry has for it, and of which type it is."""
        closed = NOT_BY_CORRECTION | (set(sealed_names(self.event_type)) if self.is_restricted else set())
        held = {field.encode_name: field.type for field in msgspec.structs.fields(self.event_type)}
        return {name: hint for name, hint in held.items() if name not in closed}


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """What is right instead of one field of an entry. ``value`` is personal: None once erased."""

    corrects: str
    field: str
    value: str | None
    event_version: int
    sensitivity: Sensitivity


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Another case that belongs to this one, and how."""

    to: UUID
    relation: Relation


class Misfit(ValueError):
    """A value that the field cannot hold; says what it could."""

    def __init__(self, expected: str, rule: str | None = None) -> None:
        super().__init__(expected)
        self.rule = rule


def check_value(name: str, hint: Any, value: str, now: datetime) -> None:  # noqa: ANN401 - the type of any field
    """Refuse a value that a field of this type cannot hold: text as it is, a list as JSON, anything else as its text.

    Raises:
        Misfit: with the codes that are allowed, or by R20 for an instant that cannot be.
    """
    found = _read(hint, value)
    if isinstance(found, datetime):
        if found.tzinfo is None:
            raise Misfit("an instant with its offset", "R20")
        if found > now and name not in AHEAD:
            raise Misfit("an instant that is not in the future", "R20")


def _read(hint: Any, value: str) -> object:  # noqa: ANN401 - as above
    holder: Any = msgspec.defstruct("Holder", [("value", hint)])
    try:
        return msgspec.convert({"value": value}, holder, strict=False).value
    except msgspec.ValidationError:
        pass
    try:
        return msgspec.convert({"value": msgspec.json.decode(value)}, holder).value
    except msgspec.MsgspecError:
        codes = list(_codes(hint))
        raise Misfit(f"one of {codes}" if codes else "what this field can hold") from None


def _codes(hint: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    else:
        for part in get_args(hint):
            yield from _codes(part)
