"""One view factory for all decisions: it walks the table of steps and registers a POST path for each.

Schema, documentation and what may be refused come from the decision; the view parses, makes one call, represents.
"""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import flask
import msgspec

from casework.api.documented import FORM, documented
from casework.api.facts_schema import request_schema
from casework.api.represent import taken_json
from casework.application.casework import Command
from casework.domain.evaluation import OverrideAsked
from servicekit import conditional, current, identity, problems
from servicekit.bodies import Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    import marshmallow
    from flask import Response

    from casework.api.uploads import Uploads
    from casework.application.casework import Casework, Taken
    from casework.domain.decision import Decision
    from casework.domain.policy import Policy

HERE = "/v1/incidents"


def blueprint(decisions: Iterable[Decision], casework: Callable[[], Casework], uploads: Uploads) -> Blueprint:
    """Return the routes of all decisions; `casework` gives the use cases of the caller's school."""
    made = Blueprint("decisions", __name__, description="What staff may do, clause by clause")
    for decision in decisions:
        if decision.path is not None:
            _register(made, decision, casework, uploads)
        elif decision.name == "report_incident":
            _register_report(made, decision, casework)
    return made


def _register(made: Blueprint, decision: Decision, casework: Callable[[], Casework], uploads: Uploads) -> None:
    schema = request_schema(decision)
    on = decision.acts_on
    place = (decision.path or "").replace("{n}", "<uuid:number>" if on and on.is_uuid else "<int(min=1):number>")

    def post(incident: UUID, number: int | UUID | None = None) -> Response:
        file = None
        with faults_recorded(casework, decision.name, incident):
            if decision.needs_file or (decision.takes_file and current.request().mimetype == FORM):
                # Before a byte is kept: a file for a case that is not there would leave a key and an object behind.
                casework().look_for(identity.caller(), incident, decision)
                given, file, digest = uploads.receive(schema, incident, decision.name)
            else:
                given, digest = body(schema, *([FORM] if decision.takes_file else []))
        command, override = command_of(given, digest)
        facts = msgspec.convert(given, decision.facts)
        taken = casework().decide(command, incident, decision, facts, number=number, override=override, file=file)
        return answer(taken)

    _add(made, f"{HERE}/<uuid:incident>/{place}", decision, post, schema)


def _register_report(made: Blueprint, decision: Decision, casework: Callable[[], Casework]) -> None:
    schema = request_schema(decision)

    def post() -> Response:
        with faults_recorded(casework, decision.name):
            given, digest = body(schema)
        command, _ = command_of(given, digest)
        use = casework()
        taken = use.report(command, msgspec.convert(given, decision.facts))
        return answer(taken, policy=use.record.policy())

    _add(made, HERE, decision, post, schema)


@contextmanager
def faults_recorded(casework: Callable[[], Casework], decision: str, incident: UUID | None = None) -> Iterator[None]:
    """Have facts that cannot be recorded as refused, as the use case does with those that it finds itself."""
    try:
        yield
    except problems.Problem as problem:
        if (faults := problem.members.get("errors")) is not None:
            rules = tuple(sorted({fault["rule"] for fault in faults if "rule" in fault}))
            casework().refused(identity.caller(), decision, incident, rules)
        raise


def _add(
    made: Blueprint, rule: str, decision: Decision, post: Callable[..., Response], schema: type[marshmallow.Schema]
) -> None:
    post.__doc__ = f"{decision.summary}\n\nPolicy {', '.join(decision.clauses)}."
    post.__name__ = decision.name
    said = made.doc(**documented(decision, schema))
    made.route(rule, methods=["POST"])(identity.any_caller()(said(post)))


def body(schema: type[marshmallow.Schema], *otherwise: str) -> tuple[dict[str, Any], bytes]:
    """Return the parsed facts, and the digest of what was asked for: method, path and body.

    Raises:
        Problem: 400, 422; 415 for a body that is no JSON, naming what else it might have been.
    """
    request = current.request()
    if otherwise and not request.is_json and request.get_data(cache=True):
        raise problems.unsupported_media_type(["application/json", *otherwise])
    given = parsed_json(schema)
    return given, sha256(b"\n".join((request.method.encode(), request.path.encode(), request.get_data()))).digest()


def parsed_json(schema: type[marshmallow.Schema]) -> dict[str, Any]:
    """Parse the JSON body strictly, every fault at once."""
    return Blueprint.ARGUMENTS_PARSER.load_body(schema, current.request())


def command_of(given: dict[str, Any], digest: bytes) -> tuple[Command, OverrideAsked | None]:
    """Return the command that a request is, and its override; both are taken out of what is given."""
    request = current.request()
    occurred_at: datetime | None = given.pop("occurred_at", None)
    override = given.pop("override", None)
    command = Command(
        caller=identity.caller(),
        key=conditional.idempotency_key(request),
        body_sha256=digest,
        occurred_at=occurred_at,
        expected=conditional.if_match(request),
    )
    return command, msgspec.convert(override, OverrideAsked) if override else None


def answer(taken: Taken, *, location: str | None = None, policy: Policy | None = None) -> Response:
    """Return the answer to a decision that was taken: what was recorded, and the version now."""
    response = flask.jsonify(taken_json(identity.caller(), taken, policy))
    response.status_code = 201
    response.headers["ETag"] = conditional.etag(taken.version)
    response.headers["Location"] = location or f"{HERE}/{taken.incident}"
    if taken.is_replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response
