"""The register of cases and the list of what is due. Each reading is recorded before the first byte of it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from flask.views import MethodView
from marshmallow import Schema, validate
from marshmallow.fields import Boolean, Dict, Integer, List, Nested, String

from casework.api.decisions import HERE
from casework.api.listing import PageSchema, TaskSchema, listing, page_response
from casework.api.represent import incident_row_json, task_row_json
from casework.application.register import Register
from casework.domain.incident import Phase
from servicekit import identity, paging
from servicekit.bodies import Blueprint
from servicekit.fields import INTEGER_MAX

if TYPE_CHECKING:
    from flask import Response

    from casework.api.use_cases import UseCasesOf

LOOKERS: Final = ("staff", "caseworker", "headteacher", "dsl", "office", "chair", "governor", "legal", "dpo", "auditor")
"""Who may ask for a list; which cases stand in it is for each case to say: of staff none, their own are receipts; of
governors those in which they decide in another's place."""
PLACE: Final = {"description": "`next` of the page before; 0: from the beginning"}


class TaskQuery(paging.Window):
    """Which page of the tasks."""

    after = Integer(load_default=0, validate=validate.Range(0, INTEGER_MAX), metadata=PLACE)


class IncidentQuery(TaskQuery):
    """Which cases, and which page of them."""

    open = Boolean(truthy={"true"}, falsy={"false"}, metadata={"description": "Only open cases, or only ended ones"})
    phase = String(validate=validate.OneOf(get_args(Phase)))


class IncidentRow(Schema):
    """A case in the register."""

    id = String(required=True, metadata={"format": "uuid"})
    reference = String(required=True)
    version = Integer(required=True)
    phase = String(required=True, validate=validate.OneOf(get_args(Phase)))
    tracks = Dict(keys=String(), values=String(), required=True)
    primary = String(required=True, allow_none=True, metadata={"description": "The category that it is mainly of"})
    opened = String(required=True, metadata={"format": "date-time"})
    next_task = Nested(TaskSchema, required=True, allow_none=True)


class IncidentPage(PageSchema):
    """A page of the register."""

    incidents = List(Nested(IncidentRow), required=True)


class TaskRow(TaskSchema):
    """A task, with the case that it belongs to."""

    id = String(required=True, metadata={"format": "uuid", "description": "The case"})
    reference = String(required=True)


class TaskPage(PageSchema):
    """A page of the tasks."""

    tasks = List(Nested(TaskRow), required=True)


def blueprint(use: UseCasesOf) -> Blueprint:
    """Return the lists' routes; `use` gives the use cases of the caller's school."""

    def register() -> Register:
        school = use()
        return Register(school.casework, school.cases)

    made = Blueprint("lists", __name__, description="What stands around single cases; each reading is recorded")

    @made.route(HERE)
    class Incidents(MethodView):
        """The register of cases."""

        @identity.allow(*LOOKERS)
        @listing(made, IncidentQuery, IncidentPage)
        def get(self, after: int, limit: int, **query: Any) -> Response:
            """List the cases that the caller may read: threats first, then by what is due next, ended ones last."""
            page = register().incidents(
                identity.caller(), after=after, limit=limit, is_open=query.get("open"), in_phase=query.get("phase")
            )
            rows = [incident_row_json(row) for row in page.rows]
            return page_response({"incidents": rows}, page.next, has_more=page.has_more)

    @made.route("/v1/tasks")
    class Tasks(MethodView):
        """What is due."""

        @identity.allow(*LOOKERS)
        @listing(made, TaskQuery, TaskPage)
        def get(self, after: int, limit: int) -> Response:
            """List the open tasks of the cases that the caller may read: the overdue first."""
            page = register().tasks(identity.caller(), after=after, limit=limit)
            return page_response(
                {"tasks": [task_row_json(row) for row in page.rows]}, page.next, has_more=page.has_more
            )

    return made
