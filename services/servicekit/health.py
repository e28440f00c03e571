"""Is it alive, is it ready, how is it doing: `/livez`, `/readyz`, `/metrics`.

`/livez` touches nothing: a process that answers it needs no restart, whatever else is wrong. `/readyz` asks every check
and names each one that fails, with what was expected and found: 503, so that no traffic comes. Both are public, as
load balancers have no keys; so neither may say anything that is not for everyone. `/metrics` takes a key of a role
that may see nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import flask

from servicekit import logs, problems
from servicekit.identity import allow, public
from servicekit.metrics import CONTENT_TYPE, Figure, Metrics
from servicekit.readiness import Check, NotReady

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Flask, Response

__all__ = ["Figure", "Metrics", "failing", "install"]

RETRY_AFTER_S: Final = 5


def install(
    app: Flask,
    checks: Mapping[str, Check],
    *,
    notices: Sequence[str] = (),
    failures: tuple[type[Exception], ...] = (OSError,),
    figures: Mapping[str, Figure] | None = None,
    roles: Sequence[str] = ("monitor",),
) -> Metrics:
    """Add the three routes, count requests from now on, and return the metrics for the service to add its own.

    - `checks` by name: each returns, or raises `NotReady`. Asked in this order, and soon: each sets its own time limit.
    - `notices`: what `/readyz` says even when all is well, as that development keys are in use.
    - `failures`: exceptions of a check that mean that it fails (a database's, a network's), told by their type alone.
    - `figures`: what `/metrics` asks for when it is read, by name; `roles`: who may read it.
    """
    metrics = Metrics(figures)
    metrics.install(app)

    @public
    def livez() -> dict[str, str]:
        return {"status": "alive"}

    @public
    def readyz() -> dict[str, Any]:
        if found := failing(checks, failures):
            names = ", ".join(each["check"] for each in found)
            problem = problems.unavailable(f"Not ready: {names}.", RETRY_AFTER_S)
            problem.members["failing"] = found
            raise problem
        return {"status": "ready", "checks": list(checks), "notices": list(notices)}

    @allow(*roles)
    def show_metrics() -> Response:
        return flask.Response(metrics.text(), content_type=CONTENT_TYPE)

    app.add_url_rule("/livez", "livez", livez)
    app.add_url_rule("/readyz", "readyz", readyz)
    app.add_url_rule("/metrics", "metrics", show_metrics)
    return metrics


def failing(checks: Mapping[str, Check], failures: tuple[type[Exception], ...] = (OSError,)) -> list[dict[str, str]]:
    """Ask every check; return those that fail: `{"check": ..., "expected": ..., "found": ...}`."""
    found = []
    for name, check in checks.items():
        try:
            check()
        except NotReady as error:
            found.append({"check": name, "expected": error.expected, "found": error.found})
        except failures as error:
            logs.get_logger().warning("a readiness check failed", exc_info=error)
            found.append({"check": name, "expected": "an answer", "found": type(error).__name__})
    return found
