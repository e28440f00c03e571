"""The request schema of a decision, made from the facts that its function takes.

One table from annotation to field. A schema says what may stand in the JSON; the struct of the facts is what the domain
then gets, so nothing past this edge is text that was not looked at.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, Protocol, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import marshmallow
import msgspec
from marshmallow import fields, validate

from casework.api.documented import PARTY
from casework.domain.codes import PartyKind
from casework.domain.decision import NewParty
from casework.domain.rule import Rule
from casework.domain.rules import R20
from servicekit.faults import Complaint
from servicekit.fields import Instant, Text, WholeNumber

TEXT_LENGTH_MAX: Final = 20_000
LIST_LENGTH_MAX: Final = 200


class PartySchema(marshmallow.Schema):
    """A person new to the case: an id of the people directory, or a description."""

    person = Text(least=1, most=64, metadata={"description": "Id in the people directory"})
    name = Text(most=500)
    kind = fields.String(validate=validate.OneOf(get_args(PartyKind)))

    @marshmallow.validates_schema
    def name_somebody(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse an object that names nobody."""
        if "person" not in given and not given.get("name", "").strip():
            raise marshmallow.ValidationError("An object with person, or with a name.")


class PartyField(fields.Field[Any]):
    """A person of the case by label (`P2`), or an object naming one who is new to it."""

    def __init__(self, **kwargs: Any) -> None:
        description = "A label of the case (P2), or an object with person (directory id), or with a name"
        nothing = [{"type": "null"}] if kwargs.get("allow_none") else []
        one_of = [{"type": "string", "pattern": "^P[1-9][0-9]*$"}, PARTY, *nothing]
        super().__init__(metadata={"description": description, "oneOf": one_of}, **kwargs)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return PartySchema().load(value)
        raise marshmallow.ValidationError("Not a valid label or object naming a person.")


class OverrideSchema(marshmallow.Schema):
    """The soft rules to be set aside, why by code, and why in words."""

    rules = fields.List(fields.String(), required=True, validate=validate.Length(1, 10))
    code = fields.String(required=True)
    reason = Text(most=TEXT_LENGTH_MAX, required=True)


class Decided(Protocol):
    """What a request's schema is made from: a decision, be it in a case or about the policy."""

    @property
    def name(self) -> str:
        """The decision's name."""
        ...

    @property
    def facts(self) -> type[msgspec.Struct]:
        """The facts it takes."""
        ...

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that must hold."""
        ...


def request_schema(decision: Decided) -> type[marshmallow.Schema]:
    """Return the schema of a decision's request: its facts, when it happened, an override if a rule is soft."""
    extra: dict[str, Any] = {"occurred_at": _instant(metadata={"description": "When it happened"})}
    if any(rule.soft for rule in decision.rules):
        extra["override"] = fields.Nested(OverrideSchema)
    name = "".join(word.capitalize() for word in decision.name.split("_"))
    return marshmallow.Schema.from_dict({**_fields_of(decision.facts), **extra}, name=name)


def _fields_of(struct: type[msgspec.Struct]) -> dict[str, fields.Field[Any]]:
    hints = get_type_hints(struct, include_extras=True)
    return {info.name: field_of(hints[info.name], is_required=info.required) for info in msgspec.structs.fields(struct)}


def field_of(hint: Any, *, is_required: bool = True) -> fields.Field[Any]:
    """Return the field for an annotation.

    Raises:
        TypeError: no field is known for it; add one here.
    """
    bare, metas = _unwrapped(hint)
    common: dict[str, Any] = {"required": is_required}
    if get_origin(bare) in {Union, types.UnionType}:
        members = [member for member in get_args(bare) if member is not type(None)]
        if NewParty in members:
            return PartyField(required=is_required, allow_none=not is_required)
        field = field_of(members[0], is_required=is_required)
        field.allow_none = True
        return field
    if get_origin(bare) is Literal:
        return fields.String(validate=validate.OneOf(get_args(bare)), **common)
    if get_origin(bare) is tuple:
        return _list(get_args(bare), metas, common)
    if get_origin(bare) is dict:
        return fields.Nested(_table(*get_args(bare)), **common)
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return fields.Nested(_object(bare), validate=_whole(bare), **common)
    return _plain(bare, metas, common)


def _list(items: tuple[Any, ...], metas: list[msgspec.Meta], common: dict[str, Any]) -> fields.Field[Any]:
    """Return the field of a list: of any length, or, as `tuple[str, str]`, of just so many."""
    if Ellipsis in items:
        length = validate.Length(max((meta.min_length or 0 for meta in metas), default=0), LIST_LENGTH_MAX)
    else:
        length = validate.Length(len(items), len(items))
    return fields.List(field_of(items[0]), validate=length, **common)


@cache
def _object(struct: type[msgspec.Struct]) -> type[marshmallow.Schema]:
    """Return the schema of a struct: the same one wherever it stands, as the document has one component of a name."""
    return marshmallow.Schema.from_dict(_fields_of(struct), name=struct.__name__)


def _whole(struct: type[msgspec.Struct]) -> Callable[[Any], None]:
    """Return what refuses an object whose members are right each for itself and not together."""

    def check(given: Any) -> None:
        try:
            msgspec.convert(given, struct)
        except msgspec.ValidationError as error:
            expected = str(error).partition(" - at ")[0].removeprefix("expected ")
            raise marshmallow.ValidationError(Complaint(expected, found="another combination")) from None

    return check


@cache
def _table(key: Any, value: Any) -> type[marshmallow.Schema]:
    """Return the schema of a table whose keys are codes, each of which may be left out."""
    codes = next(meta.extra["among"] for meta in _unwrapped(key)[1] if meta.extra)
    rows = {code: field_of(value, is_required=False) for code in codes}
    return marshmallow.Schema.from_dict(rows, name=f"By{codes[0].capitalize()}To{codes[-1].capitalize()}")


def _plain(bare: Any, metas: list[msgspec.Meta], common: dict[str, Any]) -> fields.Field[Any]:
    if bare is str:
        most = min((meta.max_length for meta in metas if meta.max_length), default=TEXT_LENGTH_MAX)
        least = max((meta.min_length or 0 for meta in metas), default=0)
        pattern = next((meta.pattern for meta in metas if meta.pattern), None)
        if pattern:
            # `$` would let a line end through behind it; the document keeps it, as `\Z` is Python's alone.
            whole = validate.Regexp(pattern.replace("$", r"\Z"))
            return fields.String(
                validate=[validate.Length(least, most), whole], metadata={"pattern": pattern}, **common
            )
        return Text(least=least, most=most, **common)
    if bare is int:
        least = max((int(meta.ge) for meta in metas if meta.ge is not None), default=0)
        most = min((int(meta.le) for meta in metas if meta.le is not None), default=2**53 - 1)
        return WholeNumber(least=least, most=most, **common)
    if bare is Any:
        return fields.Raw(allow_none=True, **common)
    simple: dict[Any, Callable[..., fields.Field[Any]]] = {datetime: _instant, date: fields.Date, UUID: fields.UUID}
    if bare is bool:
        return fields.Boolean(truthy={True}, falsy={False}, **common)
    if bare in simple:
        return simple[bare](**common)
    message = f"no field for {bare!r}"
    raise TypeError(message)


def _instant(**kwargs: Any) -> Instant:
    """Return the field of an instant; one without an offset is refused by rule (R20)."""
    return Instant(unplaced={"rule": R20.id}, **kwargs)


def _unwrapped(hint: Any) -> tuple[Any, list[msgspec.Meta]]:
    if get_origin(hint) is Annotated:
        bare, *marks = get_args(hint)
        return bare, [mark for mark in marks if isinstance(mark, msgspec.Meta)]
    return hint, []
