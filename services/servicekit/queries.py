"""Refuse a query parameter that a route does not know, also where the route takes none at all.

A route that takes some reads them by a schema (`blueprint.arguments(..., location="query")`), which refuses the others
(`bodies`). All other routes are read here by a schema without fields, so the answer is the same: 422, naming each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
import marshmallow

from servicekit import current, identity
from servicekit.bodies import StrictParser

if TYPE_CHECKING:
    from flask import Flask


class NoQuery(marshmallow.Schema):
    """No parameter."""


def install(app: Flask) -> None:
    """Check every request before its view runs, once its caller is known (`identity.install`)."""
    parser = StrictParser()

    def check() -> None:
        request = current.request()
        if not request.query_string or request.endpoint is None or request.method == "OPTIONS":
            return
        if not _takes_query(request.endpoint, request.method):
            parser.parse(NoQuery, request, location="query")

    app.before_request(check)


def _takes_query(endpoint: str, method: str) -> bool:
    """Tell whether a view reads its query itself: flask-smorest notes at the view by which schema, for the document."""
    view = identity.view_of(flask.current_app, endpoint, method)
    documented = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", ())
    return any(parameter["in"] == "query" for parameter in documented)
