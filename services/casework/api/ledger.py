"""The record as a transparency log shows it: checkpoints and the keys they are signed with (C2SP tlog-tiles 0.1.0).

Nothing here is personal, and reading it is not recorded; any signed-in role may, so that whoever keeps a checkpoint can
fetch it without asking for more.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import flask
from flask.views import MethodView

from casework.api.documented import prints
from servicekit import conditional, identity, problems
from servicekit.bodies import Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from casework.application.checkpoints import Checkpoints, StoredNote

TEXT: Final = "text/plain; charset=utf-8"
IMMUTABLE: Final = "private, max-age=31536000, immutable"


def blueprint(checkpoints: Callable[[], Checkpoints]) -> Blueprint:
    """Return the routes; `checkpoints` gives those of the caller's school."""
    made = Blueprint("ledger", __name__, description="The record as a transparency log: nothing personal, not recorded")

    @made.route("/ledger/checkpoint")
    class Latest(MethodView):
        """The latest checkpoint."""

        @identity.any_caller()
        @prints(made, "The note")
        def get(self) -> Response:
            """Show the latest signed checkpoint: keep it, and the record is held to it."""
            found = checkpoints().latest()
            if found is None:
                raise problems.not_found()
            tag = conditional.etag(found.size)
            if conditional.not_modified(flask.request, tag):
                return _tagged(flask.Response(status=HTTPStatus.NOT_MODIFIED), found.size)
            return _note(found)

        @identity.any_caller()
        @prints(made, "The note")
        def post(self) -> Response:
            """Sign what is new, and show the checkpoint; with nothing new, it is the latest one again."""
            return _note(checkpoints().sign())

    @made.route("/ledger/checkpoint/<int(min=1):size>")
    class OfSize(MethodView):
        """The checkpoint of a size."""

        @identity.any_caller()
        @prints(made, "The note")
        def get(self, size: int) -> Response:
            """Show the checkpoint of this size; where none was signed, the problem names the nearest sizes."""
            found = checkpoints().of_size(size)
            if found is None:
                problem = problems.not_found()
                problem.members["nearest"] = list(checkpoints().nearest(size))
                raise problem
            response = _note(found)
            response.headers["Cache-Control"] = IMMUTABLE
            return response

    @made.route("/ledger/key")
    class Key(MethodView):
        """The keys."""

        @identity.any_caller()
        @prints(made, "A line each")
        def get(self) -> Response:
            """Show the verifier keys, newest first. Trust one only if it also came to you another way."""
            return _text("".join(f"{key}\n" for key in checkpoints().keys))

    return made


def _note(found: StoredNote) -> Response:
    return _tagged(_text(found.note), found.size)


def _text(text: str) -> Response:
    response = flask.Response(text, content_type=TEXT)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _tagged(response: Response, size: int) -> Response:
    response.headers["ETag"] = conditional.etag(size)
    response.headers["Cache-Control"] = "no-cache"
    return response
