"""One view factory for all decisions: it walks the table below and registers a path for each.

Every decision answers the letter as it is after it, with its version as ETag. If-Match may name the version that the
caller has seen; it may be left out, because an approval is bound to the PDF's hash, and every other decision is decided
again on the newest version.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import flask
import marshmallow
import msgspec
from flask import Response
from flask.views import MethodView

from letters.api import scans, schemas
from letters.api.documented import says
from letters.api.represent import letter_json
from letters.api.use_cases import UseCasesOf, viewer
from letters.application.desk import ApprovalAsked, Desk, Outcome, PostingAsked, Request
from letters.domain.acting import ROLES
from letters.domain.catalogue import CATALOGUE, CHAIR, HEAD
from letters.domain.choices import Change
from servicekit import conditional, identity
from servicekit.bodies import Blueprint

HERE: Final = "/v1/letters"
APPROVERS: Final = tuple(
    sorted({role for row in CATALOGUE.values() for role in (*row.approvers, *row.child_account_approvers)} | {CHAIR})
)

Given = Mapping[str, Any]


class Decision(NamedTuple):
    """One decision: its path, what is sent, who may (of any letter; a letter's own row may say less), what it does."""

    path: str
    schema: type[marshmallow.Schema]
    roles: tuple[str, ...]
    summary: str
    call: Callable[[Desk, Request, Given], Outcome]
    method: Literal["post", "patch"] = "post"
    under: str = HERE
    takes_scan: bool = False
    """Whether a scan may be sent with it, in a form."""


def _approve(desk: Desk, request: Request, given: Given) -> Outcome:
    overrides = tuple((each["finding"], each["reason"]) for each in given["overrides"])
    asked = ApprovalAsked(
        pdf_sha256=given["pdf_sha256"],
        checks=tuple(given["checks"]),
        overrides=overrides,
        confirmation=given.get("confirmation"),
        at_any_time=given["at_any_time"],
    )
    return desk.approve(request, asked)


def _posted(desk: Desk, request: Request, given: Given) -> Outcome:
    return desk.confirm_posted(request, msgspec.convert(dict(given), PostingAsked))


def _choose(desk: Desk, request: Request, given: Given) -> Outcome:
    return desk.choose(request, msgspec.convert(dict(given), Change))


DECISIONS: Final = (
    Decision(
        "draft",
        schemas.DraftAsked,
        ROLES["draft"],
        "Choose channel, words of your own, another address or large print: drafted again, every approval is void.",
        _choose,
        "patch",
    ),
    Decision(
        "approve",
        schemas.ApproveAsked,
        APPROVERS,
        "Approve exactly the PDF with this hash, every check ticked; the last approval needed issues the letter.",
        _approve,
    ),
    Decision(
        "reject",
        schemas.ReasonAsked,
        APPROVERS,
        "Send the letter back to be drafted again.",
        lambda desk, request, _: desk.reject(request),
    ),
    Decision(
        "redraft",
        schemas.RedraftAsked,
        ROLES["redraft"],
        "Draft again with today's date and what casework says now; every approval is void.",
        lambda desk, request, given: desk.redraft(request, given.get("signatory")),
    ),
    Decision(
        "hold",
        schemas.ReasonAsked,
        ROLES["hold"],
        "Keep the letter from leaving until someone releases it.",
        lambda desk, request, _: desk.hold(request),
    ),
    Decision(
        "release",
        schemas.ReleaseAsked,
        ROLES["release"],
        "Lift a hold.",
        lambda desk, request, given: desk.release(request, given["hold"]),
    ),
    Decision(
        "cancel",
        schemas.ReasonAsked,
        ROLES["cancel"],
        "Say that the letter will not be sent.",
        lambda desk, request, _: desk.cancel(request),
    ),
    Decision(
        "dispatch",
        schemas.DispatchAsked,
        ROLES["dispatch"],
        "Take an issued letter to send it; for fifteen minutes nobody else can.",
        lambda desk, request, _: desk.take(request),
    ),
    Decision(
        "dispatched",
        schemas.DispatchedAsked,
        ROLES["dispatched"],
        "Confirm that the letter was posted, or passed on; with a scan of the proof, if there is one, in a form.",
        _posted,
        takes_scan=True,
    ),
    Decision(
        "delivered",
        schemas.OutcomeAsked,
        ROLES["delivered"],
        "Record that the letter arrived.",
        lambda desk, request, given: desk.confirm_delivered(request, given["at"]),
    ),
    Decision(
        "returned",
        schemas.OutcomeAsked,
        ROLES["returned"],
        "Record that the letter came back.",
        lambda desk, request, given: desk.confirm_returned(request, given["at"]),
    ),
    Decision(
        "reconcile",
        schemas.ReconcileAsked,
        ROLES["reconcile"],
        "Say whether an e-mail of unknown outcome left; if it did not, it is sent again as it was.",
        lambda desk, request, given: desk.reconcile(request, given.get("at")),
    ),
    Decision(
        "resend",
        schemas.ReasonAsked,
        ROLES["resend"],
        "Draft a new letter in place of one that was sent; it needs an approval of its own.",
        lambda desk, request, _: desk.resend(request),
    ),
    Decision(
        "retry",
        schemas.ReasonAsked,
        ROLES["retry"],
        "Let a letter that was given up leave once more, as it was approved.",
        lambda desk, request, _: desk.retry(request),
        under="/v1/dead-letters",
    ),
)


def blueprint(use: UseCasesOf) -> Blueprint:
    """Return the routes of all decisions."""
    made = Blueprint("decisions", __name__, description="What people may do to a letter")
    for decision in DECISIONS:
        _register(made, decision, use)
    return made


def _register(made: Blueprint, decision: Decision, use: UseCasesOf) -> None:
    def act(self: MethodView, letter: UUID) -> Response:  # noqa: ARG001 - a method
        given, said = _given(decision)
        asked = Request(
            viewer=viewer(),
            letter=letter,
            key=conditional.idempotency_key(flask.request),
            body_sha256=sha256(said).hexdigest(),
            if_match=_if_match(),
            reason=given.get("reason"),
        )
        return _answer(decision.call(use().desk, asked, given))

    act.__name__, act.__doc__ = decision.method, decision.summary
    documented = says(
        made,
        operationId=f"{decision.path}_letter",
        parameters=[
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": True,
                "schema": {"type": "string", "minLength": 1, "maxLength": 64},
            },
            {"in": "header", "name": "If-Match", "required": False, "schema": {"type": "string"}},
        ],
        requestBody={"required": True, "content": _contents(decision)},
        responses={
            "201": {
                "description": "Recorded; the same again with Idempotency-Replayed: true",
                "content": {"application/json": {"schema": schemas.LetterState}},
            },
            "409": {"description": "`refusals` lists every check that fails"},
        },
    )
    # The chair may what the headteacher may, where the chair signs: the decision itself looks at that.
    roles = {*decision.roles, *([CHAIR] if HEAD in decision.roles else [])}
    allowed = identity.allow(*sorted(roles))(documented(act))
    view = type(decision.path, (MethodView,), {decision.method: allowed})
    made.route(f"{decision.under}/<uuid:letter>/{decision.path}")(view)


def _contents(decision: Decision) -> Mapping[str, Any]:
    """Return in which forms the decision may be sent, as the document shows them."""
    known = {"application/json": {"schema": decision.schema}}
    return known | ({scans.FORM: {"schema": scans.form_schema(decision.schema)}} if decision.takes_scan else {})


def _given(decision: Decision) -> tuple[dict[str, Any], bytes]:
    """Return what was sent, and what was asked for: method, path and body."""
    request = flask.request
    if decision.takes_scan and scans.is_sent():
        given, scan, said = scans.receive(decision.schema)
        return {**given, "scan": scan}, said
    given = Blueprint.ARGUMENTS_PARSER.parse(decision.schema(), request, location="json")
    return given, b"\n".join((request.method.encode(), request.path.encode(), request.get_data()))


def _if_match() -> int | None:
    found = conditional.if_match(flask.request)
    return None if found == "*" else found


def _answer(outcome: Outcome) -> Response:
    response = flask.make_response(letter_json(outcome.letter), 201)
    response.headers["ETag"] = conditional.etag(outcome.letter.version)
    response.headers["Location"] = f"{HERE}/{outcome.letter.id}"
    if outcome.is_replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response
