"""Merge fields: what the letters service asks for when it drafts a letter about one event of a case.

For role ``letters`` alone. Each answer is recorded (``access.recipient-read.v1``) before its first byte leaves; one
that cannot be recorded is not given. The document's schema is made from the structs of the answer, so the two agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import flask
import msgspec
from flask.views import MethodView

from casework.api.decisions import HERE
from casework.application.merge_fields import MergeFields
from servicekit import identity, problems
from servicekit.bodies import Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from casework.api.use_cases import UseCasesOf

View = TypeVar("View", bound="Callable[..., Any]")


def blueprint(use: UseCasesOf) -> Blueprint:
    """Return the route; `use` gives the use cases of the caller's school."""
    made = Blueprint("merge-fields", __name__, description="What a letter can be drafted from; each read is recorded")

    @made.route(f"{HERE}/<uuid:incident>/events/<int(min=1):version>/merge-fields")
    class EventMergeFields(MethodView):
        """The merge fields of one event."""

        @identity.allow("letters")
        @_documented(made)
        def get(self, incident: UUID, version: int) -> Response:
            """Tell what a letter about this event needs: names, addresses, posts, facts, who may sign and see it."""
            here = use()
            found = here.casework.merge_fields(identity.caller(), incident, version, here.cases)
            return flask.Response(msgspec.json.encode(found), content_type="application/json")

    return made


def answer_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the answer, whole: nothing in it points elsewhere."""
    (schema,), parts = msgspec.json.schema_components([MergeFields], ref_template="{name}")
    inlined: dict[str, Any] = _inlined(schema, parts)
    return inlined


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"]], parts)
    return {key: _inlined(value, parts) for key, value in schema.items()}


def _documented(made: Blueprint) -> Callable[[View], View]:
    """Put the answer, and what is answered in its place, into the document."""
    problem = {problems.PROBLEM_JSON: {"schema": problems.ProblemSchema}}
    decorate: Callable[[View], View] = made.doc(
        operationId="merge_fields",
        responses={
            "200": {"description": "Recorded, then told", "content": {"application/json": {"schema": answer_schema()}}},
            "403": {"description": "The caller is not the letters service", "content": problem},
            "404": {"description": "No such case or event, or one that causes no letter", "content": problem},
            "410": {"description": "The case was erased; do not ask again", "content": problem},
            "503": {"description": "It could not be read, or not be recorded; nothing was told", "content": problem},
        },
    )
    return decorate
