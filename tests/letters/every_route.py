"""Every route of letters, and who gets through to it: the table that ``test_every_route.py`` walks.

Written down from the design's table of routes and roles, not from the code that is held against it. A new route needs a
row here; the test names the route that has none.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

LETTER, PAGE, TEMPLATE, VERSION = "{letter}", "{page}", "{template}", "{version}"
LOOKERS = "staff caseworker headteacher dsl office chair legal dpo auditor"
"""Staff see a letter that they themselves sign, and no other."""
REASON = {"reason": "because"}


class Row(NamedTuple):
    """Who gets through; what is sent; whether the address names a letter, which others than its audience never see."""

    who: frozenset[str]
    body: Mapping[str, Any] | None = None
    is_of_letter: bool = False
    query: str = ""


def _open_to(roles: str, body: Mapping[str, Any] | None = None) -> Row:
    return Row(frozenset(roles.split()), body)


def _of_letter(roles: str, body: Mapping[str, Any] | None = None) -> Row:
    return Row(frozenset(roles.split()), body, is_of_letter=True)


APPROVERS = "caseworker headteacher dsl office chair"
"""By one letter or another; the letter's own row of the catalogue may say less."""
ROUTES: Mapping[tuple[str, str], Row] = {
    ("GET", "/v1/templates"): _open_to(LOOKERS + " governor"),
    ("GET", f"/v1/templates/{TEMPLATE}/versions/{VERSION}"): _open_to(LOOKERS + " governor"),
    ("POST", f"/v1/templates/{TEMPLATE}/versions/{VERSION}/preview"): _open_to(
        "caseworker headteacher dsl", {"sample": "ok", "format": "png"}
    ),
    ("GET", "/v1/parked"): _open_to("headteacher office admin"),
    ("GET", "/v1/dead-letters"): _open_to("headteacher office admin"),
    ("GET", "/v1/unfiled"): _open_to("headteacher office admin"),
    ("POST", "/v1/address-checks"): _open_to(LOOKERS, {"lines": ["Kerry Mallinson", "14 Mill Lane", "SW1A 1AA"]}),
    ("GET", "/v1/windows"): _open_to(LOOKERS)._replace(query="?channel=print"),
    ("GET", "/v1/letters"): _open_to(LOOKERS),
    ("GET", f"/v1/letters/{LETTER}"): _of_letter(LOOKERS),
    ("GET", f"/v1/letters/{LETTER}/timeline"): _of_letter(LOOKERS),
    ("GET", f"/v1/letters/{LETTER}/verify"): _of_letter(LOOKERS),
    ("GET", f"/v1/letters/{LETTER}/pdf"): _of_letter(LOOKERS),
    ("GET", f"/v1/letters/{LETTER}/pages/{PAGE}.png"): _of_letter(LOOKERS),
    ("GET", f"/v1/letters/{LETTER}/text"): _of_letter(LOOKERS),
    ("GET", f"/v1/letters/{LETTER}/message"): _of_letter(LOOKERS),
    ("GET", f"/v1/letters/{LETTER}/scan"): _of_letter(LOOKERS),
    ("PATCH", f"/v1/letters/{LETTER}/draft"): _of_letter("caseworker headteacher dsl chair", {"large_print": True}),
    ("POST", f"/v1/letters/{LETTER}/approve"): _of_letter(APPROVERS, {"pdf_sha256": "0" * 64}),
    ("POST", f"/v1/letters/{LETTER}/reject"): _of_letter(APPROVERS, REASON),
    ("POST", f"/v1/letters/{LETTER}/redraft"): _of_letter("caseworker headteacher dsl chair", {}),
    ("POST", f"/v1/letters/{LETTER}/hold"): _of_letter("caseworker headteacher dsl chair", REASON),
    ("POST", f"/v1/letters/{LETTER}/release"): _of_letter("headteacher dsl chair", {"hold": "manual", **REASON}),
    ("POST", f"/v1/letters/{LETTER}/cancel"): _of_letter("caseworker headteacher dsl chair", REASON),
    ("POST", f"/v1/letters/{LETTER}/dispatch"): _of_letter("caseworker headteacher dsl office chair", {}),
    ("POST", f"/v1/letters/{LETTER}/dispatched"): _of_letter(
        "caseworker headteacher dsl office chair", {"posted_at": "2025-09-23T14:20:00+01:00"}
    ),
    ("POST", f"/v1/letters/{LETTER}/delivered"): _of_letter(
        "caseworker headteacher office chair", {"at": "2025-09-23T14:20:00+01:00"}
    ),
    ("POST", f"/v1/letters/{LETTER}/returned"): _of_letter(
        "caseworker headteacher office chair", {"at": "2025-09-23T14:20:00+01:00"}
    ),
    ("POST", f"/v1/letters/{LETTER}/reconcile"): _of_letter(
        "caseworker headteacher office chair", {"outcome": "not_sent", **REASON}
    ),
    ("POST", f"/v1/letters/{LETTER}/resend"): _of_letter("headteacher dsl chair", REASON),
    ("POST", f"/v1/dead-letters/{LETTER}/retry"): _of_letter("headteacher office chair", REASON),
}
"""The chair may what the headteacher may with a letter, where the chair signs: the decision looks at that."""
