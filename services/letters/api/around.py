"""What stands around letters: parked causes, what is not filed yet, sending hours, forms of addresses."""

import re
from datetime import datetime
from typing import Any

from flask.views import MethodView

from letters.api import schemas, waiting_schemas
from letters.api.documented import answers, takes_body, takes_query
from letters.api.letters import page_of
from letters.api.represent import row_json
from letters.api.use_cases import LOOKERS, UseCasesOf, viewer
from letters.application.reading import Why
from letters.application.register import Query
from letters.domain import address
from letters.domain.catalogue import HEAD, OFFICE, Channel
from letters.domain.event import Problem
from servicekit import identity, problems
from servicekit.bodies import Blueprint

WATCHERS = (HEAD, OFFICE, "admin")
"""Whose business it is that something waits for a person; an admin sees ids only, as there is nothing else."""


def blueprint(use: UseCasesOf) -> Blueprint:
    """Return these routes."""
    made = Blueprint("around", __name__, description="Parked causes, unfiled letters, windows, addresses")
    _add_waiting(made, use)
    _add_windows(made, use)
    _add_addresses(made)
    return made


def _add_waiting(made: Blueprint, use: UseCasesOf) -> None:
    @made.route("/v1/parked")
    class Parked(MethodView):
        """Causes set aside."""

        @identity.allow(*WATCHERS)
        @takes_query(made, schemas.PageQuery)
        @answers(made, waiting_schemas.ParkedPage)
        def get(self, after: int, limit: int) -> dict[str, Any]:
            """List events that may cause a letter and have a version that is not known here."""
            rows = [row_json(parked) for parked in use().reading.parked(after, limit)]
            return page_of(rows, "parked", after, limit)

    @made.route("/v1/dead-letters")
    class DeadLetters(MethodView):
        """Letters that wait for a person."""

        @identity.allow(*WATCHERS)
        @takes_query(made, schemas.PageQuery)
        @answers(made, waiting_schemas.DeadLetterPage)
        def get(self, after: int, limit: int) -> dict[str, Any]:
            """List e-mails that were given up (retry, or draft again) and of unknown outcome (reconcile)."""
            rows = _waiting(use, "trouble", Query(is_in_trouble=True, after=after, limit=limit))
            return page_of(rows, "dead_letters", after, limit)

    @made.route("/v1/unfiled")
    class Unfiled(MethodView):
        """Letters not yet filed."""

        @identity.allow(*WATCHERS)
        @takes_query(made, schemas.PageQuery)
        @answers(made, waiting_schemas.UnfiledPage)
        def get(self, after: int, limit: int) -> dict[str, Any]:
            """List letters that left and are not in the case's record yet; filing is tried again and again."""
            rows = _waiting(use, "unfiled", Query(is_unfiled=True, after=after, limit=limit))
            return page_of(rows, "letters", after, limit)


def _waiting(use: UseCasesOf, why: Why, asked: Query) -> list[dict[str, Any]]:
    """Return letters that wait for a person: to an admin, that there are some; to others, those they may see."""
    reading, who = use().reading, viewer()
    if who.role == "admin":
        return [row_json(row) for row in reading.waiting(why, asked.after, asked.limit)]
    return [row_json(row) for row in reading.search(asked, who)]


def _add_windows(made: Blueprint, use: UseCasesOf) -> None:
    @made.route("/v1/windows")
    class WindowsNow(MethodView):
        """When messages may be sent."""

        @identity.allow(*LOOKERS)
        @takes_query(made, schemas.WindowQuery)
        @answers(made, schemas.WindowAnswer)
        def get(self, channel: Channel, at: datetime | None = None) -> dict[str, Any]:
            """Say whether a letter may leave by a channel, now or at an instant, else from when on, and why."""
            opens = use().windows.opening(channel, at)
            is_open = opens.why != "window_closed"
            return {"is_open": is_open, "opens_at": opens.at.isoformat(), "why": opens.why}


def _add_addresses(made: Blueprint) -> None:
    @made.route("/v1/address-checks")
    class AddressChecks(MethodView):
        """The form of an address."""

        @identity.allow(*LOOKERS)
        @takes_body(made, schemas.AddressAsked)
        @answers(made, schemas.CheckedAddress)
        def post(self, lines: list[str]) -> dict[str, Any]:
            """Return an address as it would be printed, or what is wrong with each line. Form only, not existence."""
            checked = address.check(lines, path="lines")
            if checked.problems:
                raise problems.invalid([_fault(problem) for problem in checked.problems])
            return {"lines": list(checked.lines)}


def _fault(problem: Problem) -> dict[str, str]:
    """Return an address problem as a fault in the request: ``lines[2]`` is ``/lines/2``."""
    pointer = "/" + re.sub(r"\[(\d+)\]", r"/\1", problem.path)
    return problems.fault(pointer, problem.expected, problem.code)
