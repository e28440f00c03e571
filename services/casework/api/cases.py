"""Reading: a case, what may be done in it, the calendar, who one is. Each read of a case is recorded first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import flask
import msgspec
from flask.views import MethodView
from marshmallow import Schema, ValidationError
from marshmallow.fields import String

from casework.api.decisions import HERE
from casework.api.documented import shows
from casework.api.represent import ability_json, case_json, event_json, history_json
from casework.application.advice import read_advice
from casework.application.as_of import EXPECTED, AsOf, parse_as_of
from casework.application.links import events_shown, links_shown
from casework.application.receipts import receipt_of
from casework.application.tasks import tasks_of
from casework.application.visibility import readable, things_shown, tracks_shown
from casework.domain.calendar import fixed_offset
from casework.domain.rules import R20
from servicekit import conditional, identity
from servicekit.bodies import Blueprint
from servicekit.fields import Instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flask import Response

    from casework.application.casework import Casework
    from casework.domain.incident import Incident
    from servicekit.credentials import Caller


class PastPoint(String):
    """A point of the past, as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return parse_as_of(super()._deserialize(value, attr, data, **kwargs))
        except ValueError as error:
            words = str(error)
            raise ValidationError(f"{words[0].upper()}{words[1:]}.") from None


class AtQuery(Schema):
    """As when a case is shown."""

    at = PastPoint(metadata={"description": f"As it stood at: {EXPECTED}"})


class WhenQuery(Schema):
    """As when the sending window is asked about."""

    at = Instant(unplaced={"rule": R20.id}, metadata={"description": "An instant with its offset; now, if left out"})


def blueprint(casework: Callable[[], Casework]) -> Blueprint:
    """Return the reading routes; `casework` gives the use cases of the caller's school."""
    made = Blueprint("cases", __name__, description="Reading cases; each read is recorded")
    _add_cases(made, casework)
    _add_parts(made, casework)
    _add_surroundings(made, casework)
    return made


def _add_cases(made: Blueprint, casework: Callable[[], Casework]) -> None:
    @made.route(f"{HERE}/<uuid:incident>")
    class Case(MethodView):
        """One case as it stands."""

        @identity.any_caller()
        @shows(
            made,
            "The case",
            "id",
            "version",
            "reference",
            "kind",
            "phase",
            "tracks",
            "parties",
            "posts",
            "tasks",
            "policy",
        )
        @made.arguments(AtQuery, location="query", as_kwargs=True)  # type: ignore[untyped-decorator]  # no types there
        def get(self, incident: UUID, at: AsOf | None = None) -> Response:
            """Show the case: phase, people, posts, requests, tasks; with `at`, as it stood at a point of the past."""
            use, caller = casework(), identity.caller()
            tag = conditional.etag(use.peek(caller, incident).version)
            if at is None and conditional.not_modified(flask.request, tag):
                return _tagged(flask.Response(status=304), tag)
            case, then = use.show(caller, incident, at)
            body = _case_body(use, caller, case, then)
            return _tagged(flask.make_response(body), conditional.etag(case.version))

    @made.route(f"{HERE}/<uuid:incident>/history")
    class History(MethodView):
        """The events of one case."""

        @identity.any_caller()
        @shows(made, "Its events, in order", "id", "version", "events")
        @made.arguments(AtQuery, location="query", as_kwargs=True)  # type: ignore[untyped-decorator]  # no types there
        def get(self, incident: UUID, at: AsOf | None = None) -> Response:
            """Show each event that this caller may read, with both its times and what it holds; `at`: up to then."""
            use = casework()
            caller = identity.caller()
            case, _ = use.read_at(caller, incident, at, view="history")
            events = events_shown(use.record, caller, use.record.events_of(incident)[: case.version])
            body = {"id": str(incident), "version": case.version, "events": history_json(events)}
            return _tagged(flask.make_response(body), conditional.etag(case.version))


def _add_parts(made: Blueprint, casework: Callable[[], Casework]) -> None:
    @made.route(f"{HERE}/<uuid:incident>/receipt")
    class ReceiptOfReport(MethodView):
        """What is left to whoever reported a post, or was told about it."""

        @identity.any_caller()
        @shows(made, "The receipt", "id", "reference", "reported_at", "is_own_report", "told")
        def get(self, incident: UUID) -> dict[str, Any]:
            """Say that there is a case, and what the school told the caller: to who reported it, or was told."""
            answer: dict[str, Any] = msgspec.to_builtins(receipt_of(casework(), identity.caller(), incident))
            return answer

    @made.route(f"{HERE}/<uuid:incident>/legal-advice")
    class Advice(MethodView):
        """The legal advice in one case."""

        @identity.any_caller()
        @shows(made, "Question, answer and letters", "id", "version", "events")
        def get(self, incident: UUID) -> Response:
            """Show what was asked of the legal adviser and answered: to the client and the adviser alone (R18)."""
            case, events = read_advice(casework(), identity.caller(), incident)
            body = {"id": str(incident), "version": case.version, "events": [event_json(at) for at in events]}
            return _tagged(flask.make_response(body), conditional.etag(case.version))

    @made.route(f"{HERE}/<uuid:incident>/actions")
    class Actions(MethodView):
        """What may be done now."""

        @identity.any_caller()
        @shows(made, "Every decision", "id", "version", "actions")
        def get(self, incident: UUID) -> Response:
            """Say of each decision whether this caller may take it now, what it waits for, and why."""
            case, found = casework().abilities(identity.caller(), incident)
            body = {"id": str(incident), "version": case.version, "actions": [ability_json(a) for a in found]}
            return _tagged(flask.make_response(body), conditional.etag(case.version))


def _case_body(use: Casework, caller: Caller, case: Incident, then: datetime) -> dict[str, Any]:
    """Return a case as this caller sees it, with what was due at that moment."""
    policy = use.record.policy()
    return case_json(
        case,
        tracks=tracks_shown(caller, case),
        things=things_shown(caller, case),
        tasks=readable(caller, tasks_of(case, use.calendar, policy, then)),
        links=links_shown(use.record, caller, case),
        corrections=readable(caller, case.corrections),
        policy=policy,
        now=then,
    )


def _add_surroundings(made: Blueprint, casework: Callable[[], Casework]) -> None:
    @made.route("/v1/whoami")
    class Whoami(MethodView):
        """Who a key belongs to."""

        @identity.any_caller(counts_failures=False)
        @shows(made, "The caller", "key_id", "subject", "role", "school", "person", "grants", "expires_at")
        def get(self) -> dict[str, Any]:
            """Say who the caller is, in which role, at which school."""
            answer: dict[str, Any] = msgspec.to_builtins(identity.caller())
            return answer

    @made.route("/v1/calendar")
    class CalendarView(MethodView):
        """The school's calendar."""

        @identity.any_caller()
        @shows(made, "The calendar", "timezone", "terms", "half_terms", "inset_days", "bank_holidays")
        def get(self) -> Response:
            """Show terms, half-terms, INSET days and bank holidays."""
            body = msgspec.to_builtins(casework().calendar, order="sorted")
            response = flask.make_response({"timezone": "Europe/London", **body})
            response.add_etag()
            response.make_conditional(flask.request)
            return response

    @made.route("/v1/calendar/sending-window")
    class SendingWindow(MethodView):
        """When a message may be sent on a messaging channel."""

        @identity.any_caller()
        @shows(made, "From when on a message may be sent", "asked_at", "opens_at", "hours")
        @made.arguments(WhenQuery, location="query", as_kwargs=True)  # type: ignore[untyped-decorator]  # no types there
        def get(self, at: datetime | None = None) -> dict[str, Any]:
            """Say from when on a message may be sent, asked at an instant, or now: on a school day, in policy hours."""
            use = casework()
            parameters = use.record.policy().edition.parameters
            asked = at or use.now()
            opens = fixed_offset(use.calendar.sending_from(asked, parameters.sending_hours))
            return {
                "asked_at": asked.isoformat(),
                "opens_at": opens.isoformat(),
                "hours": list(parameters.dojo_hours),
            }


def _tagged(response: Response, tag: str) -> Response:
    response.headers["ETag"] = tag
    return response
