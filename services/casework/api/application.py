"""The web application of casework: routes, who may call them, and one shape of errors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import flask

from casework.api import (
    cases,
    channels,
    communications,
    decisions,
    exports,
    feed,
    ledger,
    lists,
    merge_fields,
    refusals,
)
from casework.api.uploads import Uploads
from casework.application.store import StoreError
from casework.domain.steps import DECISIONS
from servicekit import health, identity, logs, openapi, problems, requestlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from casework.api.use_cases import UseCasesOf
    from casework.application.casework import Casework
    from servicekit.credentials import Caller
    from servicekit.readiness import Check


def create_app(
    *,
    use: UseCasesOf,
    authenticate: Callable[[str], Caller],
    uploads: Uploads,
    stopping: threading.Event | None = None,
    checks: Mapping[str, Check] | None = None,
    notices: Sequence[str] = (),
    trusted_proxies: int = 0,
    https: bool = False,
) -> flask.Flask:
    """Return the WSGI application; `use` gives the use cases of the caller's school."""

    def casework() -> Casework:
        return use().casework

    app = flask.Flask("casework", static_folder=None)
    app.config.update(
        API_TITLE="casework",
        API_VERSION="v1",
        OPENAPI_VERSION=openapi.VERSION,
        MAX_CONTENT_LENGTH=problems.JSON_BYTES_MAX,
    )
    identity.behind_proxies(app, trusted_proxies)
    requestlog.install(app)
    problems.install(app, logger=logs.get_logger(), slugs=refusals.SLUGS, https=https)
    refusals.install(app)
    identity.install(app, authenticate)
    health.install(app, checks or {}, notices=notices, failures=(OSError, StoreError))
    api = problems.ProblemApi(app)
    openapi.require_key(api)
    for blueprint in (
        decisions.blueprint(DECISIONS, casework, uploads),
        cases.blueprint(casework),
        merge_fields.blueprint(casework),
        exports.blueprint(lambda: use().exports),
        lists.blueprint(casework),
        communications.blueprint(casework),
        channels.blueprint(casework),
        feed.blueprint(casework, stopping or threading.Event()),
        ledger.blueprint(lambda: use().checkpoints),
    ):
        api.register_blueprint(blueprint)
    app.extensions["api"] = api
    return app


def unopened() -> flask.Flask:
    """Return the application with nothing behind it: for its document and its list of routes."""

    def nothing(*_: object) -> Any:
        raise RuntimeError("nothing is behind this application")

    return create_app(use=nothing, authenticate=nothing, uploads=Uploads(nothing, limit_bytes=0))


def document() -> str:
    """Return the OpenAPI document."""
    return openapi.document(unopened().extensions["api"])
