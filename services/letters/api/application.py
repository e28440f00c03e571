"""The web application of letters: routes, who may call them, and one shape of errors."""

from collections.abc import Callable

from flask import Flask

from letters.api import around, decisions, letters, refusals, templates
from letters.api.use_cases import UseCasesOf
from letters.domain.errors import StoreUnavailable
from servicekit import openapi
from servicekit.credentials import Caller
from servicekit.webapp import Surroundings, new_app, nothing, register


def create_app(
    use: UseCasesOf, authenticate: Callable[[str], Caller], *, surroundings: Surroundings | None = None
) -> Flask:
    """Return the WSGI application; ``use`` gives the use cases of the process."""
    app = new_app(
        "letters",
        authenticate,
        answers=refusals.install,
        slugs=refusals.SLUGS,
        failures=(StoreUnavailable,),
        around=surroundings,
    )
    register(app, letters.blueprint(use), decisions.blueprint(use), around.blueprint(use), templates.blueprint(use))
    return app


def unopened() -> Flask:
    """Return the application with nothing behind it: for its document and its list of routes."""
    return create_app(nothing, nothing)


def document() -> str:
    """Return the OpenAPI document."""
    return openapi.document(unopened().extensions["api"])
