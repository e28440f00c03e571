"""The web application of casework: routes, who may call them, and one shape of errors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import flask
import structlog

from casework.api import cases, decisions, feed, refusals
from casework.api.uploads import UploadRequest
from casework.domain.steps import DECISIONS
from servicekit import identity, openapi, problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from casework.api.uploads import Uploads
    from casework.application.casework import Casework
    from servicekit.credentials import Caller


def create_app(
    *,
    casework: Callable[[], Casework],
    authenticate: Callable[[str], Caller],
    uploads: Uploads,
    stopping: threading.Event | None = None,
    https: bool = False,
) -> flask.Flask:
    """Return the WSGI application; `casework` gives the use cases of the caller's school."""
    app = flask.Flask("casework", static_folder=None)
    app.request_class = UploadRequest
    app.config.update(
        API_TITLE="casework",
        API_VERSION="v1",
        OPENAPI_VERSION=openapi.VERSION,
        MAX_CONTENT_LENGTH=problems.JSON_BYTES_MAX,
    )
    problems.install(app, logger=structlog.get_logger("casework"), slugs=refusals.SLUGS, https=https)
    refusals.install(app)
    identity.install(app, authenticate)
    api = refusals.CaseworkApi(app)
    openapi.require_key(api)
    for blueprint in (
        decisions.blueprint(DECISIONS, casework, uploads),
        cases.blueprint(casework),
        feed.blueprint(casework, stopping or threading.Event()),
    ):
        api.register_blueprint(blueprint)
    app.extensions["api"] = api
    return app
