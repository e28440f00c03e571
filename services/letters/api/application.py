"""The web application of letters: routes, who may call them, and one shape of errors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flask

from letters.api import around, decisions, letters, refusals
from letters.api.use_cases import UseCasesOf
from letters.domain.errors import StoreUnavailable
from servicekit import health, identity, logs, openapi, problems, requestlog
from servicekit.credentials import Caller
from servicekit.readiness import Check

Checks = Mapping[str, Check]


def create_app(
    use: UseCasesOf,
    authenticate: Callable[[str], Caller],
    *,
    checks: Checks | None = None,
    notices: Sequence[str] = (),
    trusted_proxies: int = 0,
    https: bool = False,
) -> flask.Flask:
    """Return the WSGI application; ``use`` gives the use cases of the process."""
    app = flask.Flask("letters", static_folder=None)
    app.config.update(
        API_TITLE="letters",
        API_VERSION="v1",
        OPENAPI_VERSION=openapi.VERSION,
        MAX_CONTENT_LENGTH=problems.JSON_BYTES_MAX,
    )
    identity.behind_proxies(app, trusted_proxies)
    requestlog.install(app)
    problems.install(app, logger=logs.get_logger(), slugs=refusals.SLUGS, https=https)
    refusals.install(app)
    identity.install(app, authenticate)
    health.install(app, checks or {}, notices=notices, failures=(OSError, StoreUnavailable))
    api = problems.ProblemApi(app)
    openapi.require_key(api)
    for blueprint in (letters.blueprint(use), decisions.blueprint(use), around.blueprint(use)):
        api.register_blueprint(blueprint)
    app.extensions["api"] = api
    return app


def unopened() -> flask.Flask:
    """Return the application with nothing behind it: for its document and its list of routes."""

    def nothing(*_: object) -> Any:
        message = "nothing is behind this application"
        raise RuntimeError(message)

    return create_app(nothing, nothing)


def document() -> str:
    """Return the OpenAPI document."""
    return openapi.document(unopened().extensions["api"])
