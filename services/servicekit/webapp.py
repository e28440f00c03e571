"""A web application as every service has it: one shape of errors, nobody let in unchecked, a log line for each request.

    app = new_app("things", authenticate, answers=refusals.install, slugs=refusals.SLUGS, failures=(StoreDown,))
    register(app, things.blueprint(use))

What is put in first runs first: forwarded headers, the request's id, errors, the key, the query.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import flask
from flask.json.provider import DefaultJSONProvider

from servicekit import health, identity, logs, openapi, problems, queries, requestlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask.sansio.app import App

    from servicekit.bodies import Blueprint
    from servicekit.credentials import Caller
    from servicekit.metrics import Figure
    from servicekit.readiness import Check


class Surroundings(NamedTuple):
    """What stands around an application.

    What readiness asks and says, figures for `/metrics`, proxies in front, whether people use https.
    """

    checks: Mapping[str, Check] = {}
    notices: Sequence[str] = ()
    figures: Mapping[str, Figure] = {}
    trusted_proxies: int = 0
    https: bool = False


class _Json(DefaultJSONProvider):
    """Flask's JSON, with the encoder of answers made once."""

    def __init__(self, app: App) -> None:
        super().__init__(app)
        self._encode = json.JSONEncoder(
            ensure_ascii=self.ensure_ascii, sort_keys=self.sort_keys, separators=(",", ":"), default=self.default
        ).encode

    def response(self, *args: Any, **members: Any) -> flask.Response:
        """Return an answer of this value, or of these members, compact also where one debugs."""
        text = f"{self._encode(self._prepare_response_obj(args, members))}\n"
        return self._app.response_class(text, mimetype=self.mimetype)  # type: ignore[return-value]  # an application's own


class _Application(flask.Flask):
    """Flask for what runs in threads."""

    json_provider_class = _Json

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return what is to be called as it is: nothing here is a coroutine, and to look costs at every call."""
        return func


def new_app(
    name: str,
    authenticate: Callable[[str], Caller],
    *,
    answers: Callable[[flask.Flask], None],
    slugs: Mapping[str, problems.Slug],
    failures: tuple[type[Exception], ...],
    around: Surroundings | None = None,
    api_type: type[problems.ProblemApi] = problems.ProblemApi,
    request_type: type[flask.Request] = flask.Request,
) -> flask.Flask:
    """Return an application without routes of its own.

    `answers` puts in how the service's errors are answered, `slugs` are its problem types; `failures`: exceptions of a
    readiness check that mean that it fails.
    """
    around = around or Surroundings()
    app = _Application(name, static_folder=None)
    app.request_class = request_type
    app.config.update(
        API_TITLE=name,
        API_VERSION="v1",
        OPENAPI_VERSION=openapi.VERSION,
        MAX_CONTENT_LENGTH=problems.JSON_BYTES_MAX,
    )
    identity.behind_proxies(app, around.trusted_proxies)
    requestlog.install(app)
    problems.install(app, logger=logs.get_logger(), slugs=slugs, https=around.https)
    answers(app)
    identity.install(app, authenticate)
    queries.install(app)
    health.install(app, around.checks, notices=around.notices, failures=(OSError, *failures), figures=around.figures)
    api = api_type(app)
    openapi.require_key(api)
    app.extensions["api"] = api
    return app


def register(app: flask.Flask, *blueprints: Blueprint) -> None:
    """Add routes."""
    for blueprint in blueprints:
        app.extensions["api"].register_blueprint(blueprint)


def nothing(*_: object) -> Any:
    """Stand behind an application that is made for its document and its list of routes alone."""
    message = "nothing is behind this application"
    raise RuntimeError(message)
