"""What was said and sent to families, for the school's information system: neutral entries, by position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask.views import MethodView
from marshmallow import Schema
from marshmallow.fields import Integer, List, Nested, String

from casework.api.listing import PageSchema, listing, page_response
from casework.application.communications import Communications
from servicekit import identity, paging
from servicekit.bodies import Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from casework.application.casework import Casework
    from casework.application.communications import Communication

READERS: Final = ("mis", "office", "headteacher")


class CommunicationRow(Schema):
    """One letter, call or meeting; or that earlier entries are taken back."""

    position = Integer(required=True)
    occurred_at = String(required=True, metadata={"format": "date-time"})
    kind = String(required=True, metadata={"description": "letter_sent, call_made, meeting_held ..., or retracted"})
    method = String(required=True, allow_none=True, metadata={"description": "By telephone, print, email ..."})
    letter = String(required=True, allow_none=True, metadata={"description": "What the letter was, in neutral words"})
    person = String(
        required=True, allow_none=True, metadata={"description": "Id in the people directory; null if retracted"}
    )
    reference = String(required=True, metadata={"description": "The case"})
    retracts = List(
        Integer(), required=True, metadata={"description": "Positions of entries to be removed from where they went"}
    )


class CommunicationPage(PageSchema):
    """A page of the log."""

    communications = List(Nested(CommunicationRow), required=True)


def blueprint(casework: Callable[[], Casework]) -> Blueprint:
    """Return the log's route; `casework` gives the use cases of the caller's school."""
    made = Blueprint("communications", __name__, description="What was said and sent to families, in neutral words")

    @made.route("/v1/communications")
    class Log(MethodView):
        """The log."""

        @identity.allow(*READERS)
        @listing(made, paging.Window, CommunicationPage)
        def get(self, after: int, limit: int) -> Response:
            """List what was said and sent, by position: nothing of a child's account, safeguarding, police or law."""
            page = Communications(casework()).page(identity.caller(), after=after, limit=limit)
            rows = [_communication_json(entry) for entry in page.rows]
            return page_response({"communications": rows}, page.next, has_more=page.has_more)

    return made


def _communication_json(entry: Communication) -> dict[str, Any]:
    return {
        "position": entry.position,
        "occurred_at": entry.occurred_at.isoformat(),
        "kind": entry.kind,
        "method": entry.method,
        "letter": entry.letter,
        "person": entry.person,
        "reference": entry.reference,
        "retracts": list(entry.retracts),
    }
