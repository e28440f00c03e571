"""The request that is being answered, and what is kept with it: the things themselves.

Flask's `request` and `g` look them up anew for each attribute, forty times a request. What runs at every request takes
them from here, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask.globals import app_ctx, request_ctx

if TYPE_CHECKING:
    from flask import Request
    from flask.ctx import _AppCtxGlobals


def request() -> Request:
    """Return the request."""
    return request_ctx.request


def kept() -> _AppCtxGlobals:
    """Return what `flask.g` stands for."""
    return app_ctx.g
