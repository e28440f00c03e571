"""How routes stand in the OpenAPI document: headers, bodies, answers. The parser's other half.

What the document says, the edge does: schemathesis sends both what fits and what does not (`tests/api`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

from marshmallow import Schema, fields

from casework.domain.codes import PartyKind
from servicekit.fields import PLAIN_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from casework.domain.decision import Decision
    from casework.domain.policy_decision import PolicyDecision
    from servicekit.bodies import Blueprint

View = TypeVar("View", bound="Callable[..., Any]")

FORM: Final = "multipart/form-data"
PARTY: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "person": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": PLAIN_TEXT},
        "name": {"type": "string", "maxLength": 500, "pattern": PLAIN_TEXT},
        "kind": {"type": "string", "enum": list(get_args(PartyKind))},
    },
    "additionalProperties": False,
    "anyOf": [{"required": ["person"]}, {"required": ["name"], "properties": {"name": {"pattern": r"\S"}}}],
}
"""A person new to a case: by directory id, or described by a name that is not blank."""

_KEY: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "The caller's name for this request, the same again when it is repeated",
    "schema": {"type": "string", "pattern": "^[!-~]{1,64}$"},
}
_IF_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "description": "The version that the decision was taken on, from an ETag; * decides on the newest",
    "schema": {"type": "string", "pattern": r'^("(0|[1-9][0-9]{0,17})"|\*)$'},
}
_HEADERS: Final = {
    "ETag": {"description": "Its version now, in quotes", "schema": {"type": "string"}},
    "Location": {"description": "Where to read it", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "Present if this is the first answer again, and nothing was added",
        "schema": {"type": "string", "enum": ["true"]},
    },
}


class WrittenSchema(Schema):
    """One event that a decision wrote."""

    id = fields.String(required=True, metadata={"description": "`<stream>/<version>`"})
    type = fields.String(required=True)


class TakenSchema(Schema):
    """The answer to a decision that was taken."""

    id = fields.UUID(required=True, metadata={"description": "The case, or the stream of the policy"})
    version = fields.Integer(required=True, metadata={"description": "Its version now"})
    events = fields.List(fields.Nested(WrittenSchema), required=True)
    possible_duplicate_of = fields.UUID(
        allow_none=True,
        metadata={
            "description": "Present if the post, or the file, was on record before: the oldest case that has it;"
            " null if that case is not the caller's to know"
        },
    )


class PolicyStateSchema(Schema):
    """The edition in force, and in which state it is: shown wherever somebody acts under it."""

    edition = fields.String(required=True)
    is_signed = fields.Boolean(required=True)
    is_overdue = fields.Boolean(required=True, metadata={"description": "Whether its review is overdue"})
    review_due = fields.String(required=True, metadata={"description": "A date, or a term as `spring term 2022`"})


class ReportedSchema(TakenSchema):
    """The answer to a report: the case that was opened, and the policy that it is handled under."""

    policy = fields.Nested(PolicyStateSchema, required=True)


def documented(decision: Decision, schema: type[Schema]) -> dict[str, Any]:
    """Return what the document says of a decision's route."""
    answer = ReportedSchema if decision.path is None else TakenSchema
    headers = [_KEY] if decision.path is None else [_KEY, {**_IF_MATCH, "required": not decision.is_additive}]
    return {
        "operationId": decision.name,
        "parameters": headers,
        "requestBody": {"required": True, "content": _content(decision, schema)},
        "responses": {"201": {"description": "Recorded", "content": _json(answer), "headers": _HEADERS}},
    }


def documented_policy(decisions: Sequence[PolicyDecision], schemas: Sequence[type[Schema]]) -> dict[str, Any]:
    """Return what the document says of the route of a decision about the policy, or of two that share a path."""
    return {
        "operationId": "_or_".join(decision.name for decision in decisions),
        "parameters": [_KEY, {**_IF_MATCH, "required": True}],
        "requestBody": {"required": True, "content": _json(*schemas)},
        "responses": {"201": {"description": "Recorded", "content": _json(TakenSchema), "headers": _HEADERS}},
    }


def shows(made: Blueprint, description: str, *members: str) -> Callable[[View], View]:
    """Say in the document that a route answers 200 with a JSON object of at least these members."""
    answer = {"type": "object", "required": list(members)}
    content = {"application/json": {"schema": answer}}
    decorate: Callable[[View], View] = made.doc(responses={"200": {"description": description, "content": content}})
    return decorate


def prints(made: Blueprint, description: str) -> Callable[[View], View]:
    """Say in the document that a route answers 200 with plain text."""
    content = {"text/plain": {"schema": {"type": "string"}}}
    decorate: Callable[[View], View] = made.doc(responses={"200": {"description": description, "content": content}})
    return decorate


def sends(made: Blueprint, description: str) -> Callable[[View], View]:
    """Say in the document that a route answers 200 with bytes."""
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    decorate: Callable[[View], View] = made.doc(responses={"200": {"description": description, "content": content}})
    return decorate


def in_path(**patterns: str) -> list[dict[str, Any]]:
    """Return what the document says of parts of a route's address: which form each has."""
    return [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string", "pattern": f"^({pattern})$"}}
        for name, pattern in patterns.items()
    ]


def _content(decision: Decision, schema: type[Schema]) -> dict[str, Any]:
    """Return the kinds of body that a decision takes: with a file where one may come, without where none need."""
    return {
        **({} if decision.needs_file else _json(schema)),
        **(_form(schema) if decision.takes_file else {}),
    }


def _json(*schemas: type[Schema]) -> dict[str, Any]:
    return {"application/json": {"schema": schemas[0] if len(schemas) == 1 else {"oneOf": list(schemas)}}}


def _form(schema: type[Schema]) -> dict[str, Any]:
    parts = {
        "type": "object",
        "properties": {"facts": schema, "file": {"type": "string", "format": "binary"}},
        "required": ["facts", "file"],
        "additionalProperties": False,
    }
    return {FORM: {"schema": parts, "encoding": {"facts": {"contentType": "application/json"}}}}
