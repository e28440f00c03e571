"""Exports: make one of a case, fetch its package, fetch its receipt.

Making one is additive: no If-Match is needed, and one that is given must fit the version that was copied. A download is
recorded before its first byte; the receipt holds nothing personal, and reading it is not recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import flask
import marshmallow
import msgspec
from flask.views import MethodView
from marshmallow import fields, validate

from casework.api.decisions import HERE, body, command_of, faults_recorded
from casework.api.handing_out import attached, handed_out
from casework.application.export.exports import DECISION, Asked, Made
from casework.application.export.variants import VARIANTS
from servicekit import identity
from servicekit.bodies import Blueprint
from servicekit.fields import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from casework.application.casework import Casework
    from casework.application.export.exports import Exports

EXPORTS: Final = "/v1/exports"


class ExportRequest(marshmallow.Schema):
    """Which variant, for whom and why."""

    variant = fields.String(required=True, validate=validate.OneOf(list(VARIANTS)))
    recipient = Text(least=1, most=500, allow_none=True, metadata={"description": "Who it is for"})
    purpose = Text(
        most=20_000, allow_none=True, metadata={"description": "Why; needed if restricted evidence goes along"}
    )


def blueprint(casework: Callable[[], Casework], exports: Callable[[], Exports]) -> Blueprint:
    """Return the routes; `casework` and `exports` give the use cases of the caller's school."""
    made = Blueprint("exports", __name__, description="One case in a file that proves itself, and its receipt")
    _add_making(made, casework, exports)
    _add_fetching(made, exports)
    return made


def _add_making(made: Blueprint, casework: Callable[[], Casework], exports: Callable[[], Exports]) -> None:
    @made.route(f"{HERE}/<uuid:incident>/exports")
    class CaseExports(MethodView):
        """The exports of a case."""

        @identity.any_caller()
        @made.doc(
            operationId="export_case",
            requestBody={"required": True, "content": {"application/json": {"schema": ExportRequest}}},
            responses={"201": {"description": "Made; the same again with Idempotency-Replayed: true"}},
        )  # type: ignore[untyped-decorator]  # no types there
        def post(self, incident: UUID) -> Response:
            """Make an export of the case as it stands, under a checkpoint that is signed for it."""
            with faults_recorded(casework, DECISION, incident):
                given, digest = body(ExportRequest)
            command, _ = command_of(given, digest)
            return _answer(exports().make(command, incident, msgspec.convert(given, Asked)))


def _add_fetching(made: Blueprint, exports: Callable[[], Exports]) -> None:
    @made.route(f"{EXPORTS}/<uuid:export>/package")
    class ExportPackage(MethodView):
        """The package of an export."""

        @identity.any_caller()
        @made.doc(responses={"200": {"description": "The .zip", "content": {"application/zip": {}}}})  # type: ignore[untyped-decorator]  # as above
        def get(self, export: UUID) -> Response:
            """Fetch the package, byte for byte as it was recorded; that it is fetched is recorded first."""
            return handed_out(exports().package(identity.caller(), export), "application/zip")

    @made.route(f"{EXPORTS}/<uuid:export>/receipt")
    class ExportReceipt(MethodView):
        """The receipt of an export."""

        @identity.any_caller()
        @made.doc(responses={"200": {"description": "The receipt", "content": {"application/json": {}}}})  # type: ignore[untyped-decorator]  # as above
        def get(self, export: UUID) -> Response:
            """Fetch the record's own entry that the export was made, proved; `verify.py --receipt` reads it."""
            receipt, name = exports().receipt(identity.caller(), export)
            return attached(flask.Response(receipt.as_json(), content_type="application/json"), name)


def _answer(made: Made) -> Response:
    said: dict[str, Any] = msgspec.to_builtins(made)
    is_replayed = said.pop("is_replayed")
    response = flask.make_response(said, 201)
    response.headers["Location"] = f"{EXPORTS}/{made.id}/package"
    if is_replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response
