"""What is due, as a calendar that calendar programs fetch (iCalendar, RFC 5545): a case's reference and a task's name.

They cannot send a bearer token, so this route alone takes the key as the password of HTTP's basic scheme too; the user
may be called anything. They also ask often: who holds the calendar already is answered 304, and then nothing was read.
"""

from __future__ import annotations

from hashlib import sha256
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Final
from uuid import uuid5

import flask
from flask.views import MethodView

from casework.api.lists import LOOKERS
from casework.application.register import Register
from servicekit import conditional, icalendar, identity
from servicekit.bodies import Blueprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Response

    from casework.api.use_cases import UseCasesOf
    from casework.application.register import TaskRow

PRODUCT: Final = "-//school-casework//tasks//EN"
NAME: Final = "Casework: what is due"
REFRESH: Final = "PT6H"


def blueprint(use: UseCasesOf) -> Blueprint:
    """Return the route; `use` gives the use cases of the caller's school."""
    made = Blueprint("tasks_calendar", __name__, description="What is due, for calendar programs")

    @made.route("/v1/tasks.ics")
    class Calendar(MethodView):
        """The open tasks that have a day."""

        @identity.allow(*LOOKERS, takes_password=True)
        @made.doc(
            operationId="read_tasks_calendar",
            security=[{"key": []}, {"password": []}],
            responses={
                "200": {
                    "description": "An event for each open task that has a day",
                    "content": {"text/calendar": {"schema": {"type": "string"}}},
                },
                "304": {"description": "The caller holds it already; nothing is recorded"},
            },
        )  # type: ignore[untyped-decorator]  # no types there
        def get(self) -> Response:
            """Give the open tasks of the cases that the caller may read, a day or an instant each, as a calendar."""
            school, caller = use(), identity.caller()
            register = Register(school.casework, school.cases)
            rows = register.days_due(caller)
            entries = chain.from_iterable(map(_entries, rows))
            body = icalendar.calendar(PRODUCT, NAME, entries, refresh=REFRESH)
            tag = f'"{sha256(body).hexdigest()}"'
            if conditional.not_modified(flask.request, tag):
                response = flask.Response(status=HTTPStatus.NOT_MODIFIED)
            else:
                register.days_due_read(caller, len(rows))
                response = flask.Response(body, content_type=icalendar.MEDIA_TYPE)
            response.headers["ETag"] = tag
            # It may be kept, as calendars are, and is asked for anew each time.
            response.headers["Cache-Control"] = "private, no-cache"
            return response

    return made


def _entries(row: TaskRow) -> Iterator[icalendar.Entry]:
    """Yield the day of a task, and those on which it is to be called to mind before."""
    task = row.task
    assert task.due is not None  # noqa: S101 - only tasks that have a day were asked for
    number = "" if task.number is None else f" {task.number}"
    named, summary = f"{task.name}|{task.number}", f"{row.case.reference} {task.name.replace('_', ' ')}{number}"
    yield icalendar.Entry(uuid5(row.case.id, named), task.since, task.due, summary)
    for nth, day in enumerate(task.warns, 1):
        uid = uuid5(row.case.id, f"{named}|{nth}")
        yield icalendar.Entry(uid, task.since, day, f"{summary}, due later")
