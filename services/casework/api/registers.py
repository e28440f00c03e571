"""The registers: evidence and correspondence of a case, and who read what. Each reading is recorded first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from flask.views import MethodView
from marshmallow import Schema, fields
from marshmallow.fields import Integer, List, Nested, String

from casework.api.decisions import HERE
from casework.api.listing import PageSchema, listing, page_response
from casework.application.access_register import access_register
from casework.application.case_registers import correspondence_register, evidence_register
from servicekit import identity, paging
from servicekit.bodies import Blueprint

if TYPE_CHECKING:
    from flask import Response

    from casework.api.use_cases import UseCasesOf

OVERSEERS: Final = ("headteacher", "dpo", "auditor")
"""Who is shown what others read."""
INSTANT: Final = {"format": "date-time"}
VERSION: Final = {"description": "The version of the event in the case's history"}


class AfterwardsSchema(Schema):
    """What became of a file."""

    version = Integer(required=True, metadata=VERSION)
    happened_at = String(required=True, metadata=INSTANT)
    result = String(required=True, allow_none=True, metadata={"description": "Of a verification: intact, altered ..."})
    copy = String(required=True, allow_none=True, metadata={"description": "What was handed on: original, copy"})
    to = String(required=True, allow_none=True, metadata={"description": "To whom; null where it is withheld"})


class EvidenceRow(Schema):
    """One file of evidence."""

    version = Integer(required=True, metadata=VERSION)
    evidence_no = Integer(required=True)
    posts = List(Integer(), required=True)
    sha256 = String(required=True)
    size_bytes = Integer(required=True)
    media_type = String(required=True)
    method = String(required=True)
    restricted = List(String(), required=True)
    captured_at = String(required=True, metadata=INSTANT)
    captured_by = String(required=True, allow_none=True)
    recorded_at = String(required=True, metadata=INSTANT)
    verifications = List(Nested(AfterwardsSchema), required=True)
    transfers = List(Nested(AfterwardsSchema), required=True)


class EvidencePage(PageSchema):
    """A page of the evidence of a case."""

    evidence = List(Nested(EvidenceRow), required=True)


class LetterRow(Schema):
    """One letter in one state."""

    version = Integer(required=True, metadata=VERSION)
    letter_id = String(required=True, metadata={"format": "uuid"})
    template = String(required=True)
    template_version = Integer(required=True)
    party = String(required=True, allow_none=True, metadata={"description": "Label of who it went to"})
    channel = String(required=True)
    state = String(required=True, metadata={"description": "sent, delivered, returned"})
    pdf_sha256 = String(required=True)
    size_bytes = Integer(required=True)
    happened_at = String(required=True, metadata=INSTANT)
    recorded_at = String(required=True, metadata=INSTANT)


class LetterPage(PageSchema):
    """A page of what was sent about a case."""

    correspondence = List(Nested(LetterRow), required=True)


class AccessQuery(paging.Window):
    """Which part of the access register."""

    incident = fields.UUID(metadata={"description": "Only what is about this case"})


class AccessRow(Schema):
    """One access."""

    position = Integer(required=True)
    recorded_at = String(required=True, metadata=INSTANT)
    kind = String(required=True, metadata={"description": "case-read, list-read, decision-refused, exported ..."})
    actor = String(required=True)
    role = String(required=True)
    acting_for = String(required=True, allow_none=True)
    incident = String(required=True, allow_none=True, metadata={"format": "uuid"})
    view = String(required=True, allow_none=True)
    version = Integer(required=True, allow_none=True)
    count = Integer(required=True, allow_none=True)
    evidence_no = Integer(required=True, allow_none=True)
    decision = String(required=True, allow_none=True)
    rules = List(String(), required=True)
    variant = String(required=True, allow_none=True)
    disclosure = String(required=True, allow_none=True, metadata={"format": "uuid"})


class AccessPage(PageSchema):
    """A page of the access register."""

    accesses = List(Nested(AccessRow), required=True)


def blueprint(use: UseCasesOf) -> Blueprint:
    """Return the routes; `use` gives the use cases of the caller's school."""
    made = Blueprint("registers", __name__, description="Evidence, correspondence, and who read what")
    _add_of_a_case(made, use)

    @made.route("/v1/access")
    class Access(MethodView):
        """Who read what."""

        @identity.allow(*OVERSEERS)
        @listing(made, AccessQuery, AccessPage)
        def get(self, after: int, limit: int, incident: UUID | None = None) -> Response:
            """List who read what, who was refused and what left the house, by position; of one case, if it is named."""
            school = use()
            found = access_register(
                school.casework, school.cases, identity.caller(), after=after, limit=limit, incident=incident
            )
            return _page("accesses", found)

    return made


def _add_of_a_case(made: Blueprint, use: UseCasesOf) -> None:
    @made.route(f"{HERE}/<uuid:incident>/evidence")
    class Evidence(MethodView):
        """The evidence of one case."""

        @identity.any_caller()
        @listing(made, paging.Window, EvidencePage)
        def get(self, incident: UUID, after: int, limit: int) -> Response:
            """List the files of evidence by hash, and what became of each: verified, handed on."""
            found = evidence_register(use().casework, identity.caller(), incident, after=after, limit=limit)
            return _page("evidence", found)

    @made.route(f"{HERE}/<uuid:incident>/correspondence")
    class Correspondence(MethodView):
        """What was sent about one case."""

        @identity.any_caller()
        @listing(made, paging.Window, LetterPage)
        def get(self, incident: UUID, after: int, limit: int) -> Response:
            """List the letters that were filed in the case, each with the hash of its pages."""
            found = correspondence_register(use().casework, identity.caller(), incident, after=after, limit=limit)
            return _page("correspondence", found)


def _page(name: str, found: Any) -> Response:
    return page_response({name: msgspec.to_builtins(found.rows)}, found.next, has_more=found.has_more)
