"""The policy: what is in force and in which state it is, and what is decided about it.

One view factory walks the table of decisions about the policy, as ``decisions`` does that of a case. Whoever may read
the policy reads all of it: nothing in it is personal, so a reading is not recorded.
"""

from __future__ import annotations

from datetime import datetime, time
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import flask
import msgspec
from flask.views import MethodView
from marshmallow import Schema
from marshmallow.fields import Date

from casework.api.channels import READERS
from casework.api.decisions import answer, body, command_of, faults_recorded
from casework.api.documented import documented_policy, shows
from casework.api.facts_schema import request_schema
from casework.api.represent import edition_json, policy_json
from casework.application.governing import Governing
from casework.domain.calendar import LONDON
from servicekit import conditional, identity, problems
from servicekit.bodies import Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from flask import Response

    from casework.application.casework import Casework
    from casework.domain.policy_decision import PolicyDecision

HERE: Final = "/v1/policy"


class DayQuery(Schema):
    """The day to look at the policy of; today, if none is given."""

    at = Date(metadata={"description": "As it stood at the end of this day: what was posted on it is judged by that"})


def blueprint(decisions: Iterable[PolicyDecision], casework: Callable[[], Casework]) -> Blueprint:
    """Return the policy's routes; `casework` gives the use cases of the caller's school."""
    made = Blueprint("policy", __name__, description="The policy: what is in force, and what is decided about it")
    _add_readings(made, casework)
    for path, of_path in groupby(decisions, key=lambda decision: decision.path):
        _register(made, path, tuple(of_path), casework)
    return made


def _add_readings(made: Blueprint, casework: Callable[[], Casework]) -> None:
    @made.route(HERE)
    class Whole(MethodView):
        """The policy in force."""

        @identity.allow(*READERS)
        @shows(made, "The policy", "version", "in_force", "edition", "editions", "reviews")
        @made.arguments(DayQuery, location="query", as_kwargs=True)  # type: ignore[untyped-decorator]  # no types there
        def get(self, at: date | None = None) -> Response:
            """Show the edition in force and its state, all editions, and the reviews called for; `at`: as of then."""
            use = casework()
            policy, then = use.record.policy(), _end_of(at) or use.now()
            found = policy.judging_at(then) if at else policy.edition
            if found is None:
                raise problems.not_found()
            return _tagged(policy_json(policy, found.edition, then), policy.version)

    @made.route(f"{HERE}/editions/<string:edition>")
    class One(MethodView):
        """One edition."""

        @identity.allow(*READERS)
        @shows(made, "The edition", "version", "edition", "state", "clauses", "categories", "parameters")
        @made.arguments(DayQuery, location="query", as_kwargs=True)  # type: ignore[untyped-decorator]  # as above
        def get(self, edition: str, at: date | None = None) -> Response:
            """Show one edition whole, with what was changed in it and when; with `at`, as it stood then."""
            use = casework()
            policy, then = use.record.policy(), _end_of(at) or use.now()
            if edition not in policy.standings:
                raise problems.not_found()
            return _tagged({"version": policy.version, **edition_json(policy, edition, then)}, policy.version)


def _register(
    made: Blueprint, path: str, decisions: Sequence[PolicyDecision], casework: Callable[[], Casework]
) -> None:
    schemas = [request_schema(decision) for decision in decisions]

    def post(self: MethodView, edition: str | None = None) -> Response:  # noqa: ARG001 - a method
        decision, schema = _asked(decisions, schemas)
        with faults_recorded(casework, decision.name):
            given, digest = body(schema)
        command, _ = command_of(given, digest)
        facts = msgspec.convert(given, decision.facts)
        return answer(Governing(casework()).decide(command, decision, facts, edition=edition), location=HERE)

    clauses = dict.fromkeys(clause for decision in decisions for clause in decision.clauses)
    says = " Or: ".join(decision.summary for decision in decisions)
    post.__doc__ = f"{says}\n\nPolicy {', '.join(clauses)}."
    said = made.doc(**documented_policy(decisions, schemas))
    name = "_or_".join(decision.name for decision in decisions)
    view = type(name, (MethodView,), {"post": identity.any_caller()(said(post))})
    made.route(f"{HERE}/{path.replace('{e}', '<string:edition>')}")(view)


def _asked(decisions: Sequence[PolicyDecision], schemas: Sequence[type[Schema]]) -> tuple[PolicyDecision, type[Schema]]:
    """Return which of the decisions of a path is asked for: the first whose facts are all given, else the first."""
    sent = flask.request.get_json(silent=True)
    given = set(sent) if isinstance(sent, dict) else set()
    for decision, schema in zip(decisions, schemas, strict=True):
        if {field.name for field in msgspec.structs.fields(decision.facts) if field.required} <= given:
            return decision, schema
    return decisions[0], schemas[0]


def _end_of(day: date | None) -> datetime | None:
    """Return the last instant of a day in London."""
    return datetime.combine(day, time.max, LONDON) if day else None


def _tagged(answered: dict[str, Any], version: int) -> Response:
    # Never a 304: whether a review is overdue changes with the day, and the version does not.
    response = flask.make_response(answered)
    response.headers["ETag"] = conditional.etag(version)
    return response
