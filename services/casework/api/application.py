"""The web application of casework: routes, who may call them, and one shape of errors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from casework.api import (
    cases,
    channels,
    communications,
    decisions,
    evidence,
    exports,
    feed,
    ledger,
    lists,
    merge_fields,
    policy,
    refusals,
    registers,
    statistics,
    tasks_calendar,
)
from casework.api.uploads import UploadRequest, Uploads
from casework.application.store import StoreError
from casework.domain.governing import POLICY_DECISIONS
from casework.domain.steps import DECISIONS
from servicekit import openapi
from servicekit.webapp import Surroundings, new_app, nothing, register

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from casework.api.use_cases import UseCasesOf
    from casework.application.casework import Casework
    from servicekit.credentials import Caller


def create_app(
    *,
    use: UseCasesOf,
    authenticate: Callable[[str], Caller],
    uploads: Uploads,
    stopping: threading.Event | None = None,
    around: Surroundings | None = None,
) -> Flask:
    """Return the WSGI application; `use` gives the use cases of the caller's school."""

    def casework() -> Casework:
        return use().casework

    app = new_app(
        "casework",
        authenticate,
        answers=refusals.install,
        slugs=refusals.SLUGS,
        failures=(StoreError,),
        around=around,
        api_type=refusals.CaseworkApi,
        request_type=UploadRequest,
    )
    register(
        app,
        decisions.blueprint(DECISIONS, casework, uploads),
        cases.blueprint(casework),
        merge_fields.blueprint(use),
        evidence.blueprint(casework, lambda: use().evidence),
        exports.blueprint(casework, lambda: use().exports),
        lists.blueprint(use),
        tasks_calendar.blueprint(use),
        registers.blueprint(use),
        statistics.blueprint(use),
        communications.blueprint(casework),
        channels.blueprint(casework),
        policy.blueprint(POLICY_DECISIONS, casework),
        feed.blueprint(casework, stopping or threading.Event()),
        ledger.blueprint(lambda: use().checkpoints, lambda: use().tree),
    )
    openapi.take_password(app.extensions["api"])
    return app


def unopened() -> Flask:
    """Return the application with nothing behind it: for its document and its list of routes."""
    return create_app(use=nothing, authenticate=nothing, uploads=Uploads(nothing, limit_bytes=0))


def document() -> str:
    """Return the OpenAPI document."""
    return openapi.document(unopened().extensions["api"])
