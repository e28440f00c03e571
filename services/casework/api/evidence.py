"""Evidence: fetch one file as it was captured. That it is opened is recorded before its first byte leaves.

What is in it is somebody else's: it is an attachment, of the type that was found out when it came, and a browser that
shows it all the same runs nothing of it (CSP `sandbox`, `nosniff`).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import flask
from flask.views import MethodView
from marshmallow import Schema

from casework.api.decisions import HERE
from casework.api.handing_out import handed_out
from casework.application.evidence_file import EXTENSIONS
from casework.application.evidence_opening import EvidenceRoom
from servicekit import conditional, identity
from servicekit.bodies import Blueprint
from servicekit.fields import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask import Response

    from casework.application.casework import Casework
    from casework.application.handing_out import Kept

SANDBOX: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
REASON_MAX: Final = 500
CONTENT: Final[dict[str, Any]] = {name: {"schema": {"type": "string", "format": "binary"}} for name in EXTENSIONS}


class ReasonQuery(Schema):
    """Why a file is opened."""

    reason = Text(
        most=REASON_MAX, metadata={"description": "Why it is opened; needed for restricted evidence. Kept sealed"}
    )


def blueprint(casework: Callable[[], Casework], files: Callable[[], Kept]) -> Blueprint:
    """Return the route; `casework` and `files` are those of the caller's school."""
    made = Blueprint("evidence", __name__, description="Files of evidence; each opening is recorded")

    @made.route(f"{HERE}/<uuid:incident>/evidence/<int(min=1):number>")
    class Evidence(MethodView):
        """One file of evidence."""

        @identity.any_caller()
        @made.doc(
            operationId="read_evidence",
            responses={
                "200": {
                    "description": "The file, byte for byte as it was captured; ETag is its sha256",
                    "content": CONTENT,
                },
                "304": {"description": "The caller holds it already; nothing is recorded"},
            },
        )  # type: ignore[untyped-decorator]  # no types there
        @made.arguments(ReasonQuery, location="query", as_kwargs=True)  # type: ignore[untyped-decorator]  # as above
        def get(self, incident: UUID, number: int, reason: str | None = None) -> Response:
            """Fetch a file; restricted evidence only with a reason. That it is opened is recorded first."""
            room, caller = EvidenceRoom(casework(), files()), identity.caller()
            sought = room.find(caller, incident, number, reason)
            tag = f'"{sought.captured.sha256}"'
            if conditional.not_modified(flask.request, tag):
                response = flask.Response(status=HTTPStatus.NOT_MODIFIED)
            else:
                response = handed_out(room.open(caller, sought), _content_type(sought.captured.media_type))
                response.headers["Content-Security-Policy"] = SANDBOX
            response.headers["ETag"] = tag
            return response

    return made


def _content_type(media_type: str) -> str:
    """Return the type with its encoding: text was taken only as UTF-8."""
    return f"{media_type}; charset=utf-8" if media_type == "text/plain" else media_type
