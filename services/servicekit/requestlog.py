"""One log line for each request, and one id on every line a request causes.

A request is known by its route's template, method and caller's key id: never by path, query or body. Health checks
that succeed are told at level debug only: they come every few seconds and say nothing.
"""

import time
import uuid
from typing import Any

import structlog
from flask import Flask, Request, Response

from servicekit import current, logs

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


def install(app: Flask) -> None:
    """Log each request, and give every other line of it the same `request_id`. Install this before all else."""
    app.before_request(_begin)
    app.after_request(_log)
    app.teardown_request(_end)


def request_id() -> str:
    """Return the id of the request being answered. Ours, never the caller's: it must be safe to log."""
    kept = current.kept()
    text: str | None = kept.get("request_id")
    if text is None:
        text = kept.request_id = str(uuid.uuid4())
    return text


def route_template() -> str:
    """Return the route that matched, as declared (`/v1/things/<id>`), never the path that was asked for."""
    return template_of(current.request())


def template_of(request: Request) -> str:
    """Return the route that matched a request; see :func:`route_template`."""
    rule = request.url_rule
    return rule.rule if rule is not None else "(unknown)"


def known_method() -> str:
    """Return the request's method if HTTP knows it (RFC 9110 9.3, RFC 5789), else "(unknown)"."""
    return method_of(current.request())


def method_of(request: Request) -> str:
    """Return the method of a request; see :func:`known_method`."""
    return request.method if request.method in _METHODS else "(unknown)"


def _begin() -> None:
    current.kept().request_began = time.perf_counter()
    structlog.contextvars.bind_contextvars(request_id=request_id())


def _log(response: Response) -> Response:
    request, kept = current.request(), current.kept()
    line: dict[str, Any] = {
        "route": template_of(request),
        "method": method_of(request),
        "status": response.status_code,
        "request_id": request_id(),
    }
    if (began := kept.get("request_began")) is not None:
        line["duration_ms"] = round((time.perf_counter() - began) * 1000, 1)
    if (caller := kept.get("caller")) is not None:
        line |= {"key_id": caller.key_id, "role": caller.role, "school": caller.school}
    logger = logs.get_logger()
    quiet = line["route"] in {"/livez", "/readyz", "/metrics"} and response.status_code < 400
    (logger.debug if quiet else logger.info)("request answered", **line)
    return response


def _end(_error: BaseException | None) -> None:
    # Worker threads are reused: without this the next request would bear this one's id.
    structlog.contextvars.unbind_contextvars("request_id")
