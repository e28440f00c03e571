"""The request schema of a decision, made from the facts that its function takes.

One table from annotation to field. A schema says what may stand in the JSON; the struct of the facts is what the domain
then gets, so nothing past this edge is text that was not looked at.
"""

from __future__ import annotations

import types
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import marshmallow
import msgspec
from marshmallow import fields, validate

from casework.domain.codes import PartyKind
from casework.domain.decision import Decision, NewParty
from servicekit.fields import Text, WholeNumber

TEXT_LENGTH_MAX: Final = 20_000
LIST_LENGTH_MAX: Final = 200


class PartySchema(marshmallow.Schema):
    """A person new to the case: an id of the people directory, or a description."""

    person = Text(most=64, metadata={"description": "Id in the people directory"})
    name = Text(most=500)
    kind = fields.String(validate=validate.OneOf(get_args(PartyKind)))


class PartyField(fields.Field[Any]):
    """A person of the case by label (`P2`), or an object naming one who is new to it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "metadata",
            {
                "description": "A label of the case (P2), or an object with person (directory id), or name and kind",
                "oneOf": [{"type": "string", "pattern": "^P[1-9][0-9]*$"}, {"type": "object"}],
            },
        )
        super().__init__(**kwargs)

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


def request_schema(decision: Decision) -> type[marshmallow.Schema]:
    """Return the schema of a decision's request: its facts, when it happened, an override if a rule is soft."""
    extra: dict[str, Any] = {"occurred_at": fields.AwareDateTime(metadata={"description": "When it happened"})}
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
        least = max((meta.min_length or 0 for meta in metas), default=0)
        return fields.List(field_of(get_args(bare)[0]), validate=validate.Length(least, LIST_LENGTH_MAX), **common)
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        schema = marshmallow.Schema.from_dict(_fields_of(bare), name=bare.__name__)
        return fields.Nested(schema, **common)
    return _plain(bare, metas, common)


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
    simple: dict[Any, type[fields.Field[Any]]] = {datetime: fields.AwareDateTime, date: fields.Date, UUID: fields.UUID}
    if bare is bool:
        return fields.Boolean(truthy={True}, falsy={False}, **common)
    if bare in simple:
        return simple[bare](**common)
    message = f"no field for {bare!r}"
    raise TypeError(message)


def _unwrapped(hint: Any) -> tuple[Any, list[msgspec.Meta]]:
    if get_origin(hint) is Annotated:
        bare, *marks = get_args(hint)
        return bare, [mark for mark in marks if isinstance(mark, msgspec.Meta)]
    return hint, []
