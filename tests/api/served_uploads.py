"""A program for test_upload_connection: the routes of decisions under the real server, with no record behind them.

What is tried is how an upload that is too large ends on the wire; the use case is a fake that takes everything.
"""

import os
import sys
from datetime import UTC, datetime
from typing import IO, Any
from uuid import UUID

import flask

from casework.api import decisions
from casework.api.uploads import UploadRequest, Uploads
from casework.application.casework import Taken
from casework.domain.steps import DECISIONS
from servicekit import identity, logs, openapi, problems, server
from servicekit.identity import Caller

LIMIT_BYTES = 100_000


class TakesEverything:
    """Stands for the use cases of a school."""

    def look_for(self, *_: object) -> None:
        """Find every case."""

    def refused(self, *_: object) -> None:
        """Record nothing."""

    def decide(self, _command: object, incident: UUID, *_: object, **__: object) -> Taken:
        """Take every decision."""
        return Taken(incident=incident, version=1, events=())


class KeepsNothing:
    """Stands for the evidence store."""

    def keep(self, incident: UUID, digest: str, file: IO[bytes]) -> None:
        """Keep nothing."""


def authenticate(text: str) -> Caller:
    """Let everybody in."""
    key_id = identity.parse_key(text)[0]
    expires_at = datetime(2036, 1, 1, tzinfo=UTC)
    return Caller(key_id=key_id, subject="u", role="caseworker", school="s", expires_at=expires_at)


def load() -> flask.Flask:
    """Return the application, in a worker."""
    app = flask.Flask(__name__, static_folder=None)
    app.request_class = UploadRequest
    app.config.update(API_TITLE="casework", API_VERSION="v1", OPENAPI_VERSION=openapi.VERSION)
    problems.install(app, logger=logs.get_logger())
    identity.install(app, authenticate)
    fake: Any = TakesEverything()
    uploads = Uploads(KeepsNothing, limit_bytes=LIMIT_BYTES)
    problems.ProblemApi(app).register_blueprint(decisions.blueprint(DECISIONS, lambda: fake, uploads))
    return app


if __name__ == "__main__":
    logs.configure("served", "info")
    said = server.serve(load, bind=sys.argv[1], workers=1, threads=2, ready=lambda: os.close(1))
    sys.exit(said)
