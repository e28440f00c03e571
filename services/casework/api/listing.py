"""What the lists have in common: a query read strictly, a page with `next` and `has_more`, a Link to what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import flask
import marshmallow
from marshmallow import fields

from servicekit import paging

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response

    from servicekit.bodies import Blueprint

View = TypeVar("View", bound="Callable[..., Any]")


class PageSchema(marshmallow.Schema):
    """A page of a list."""

    next = fields.Integer(required=True, metadata={"description": "What to send as `after` to go on"})
    has_more = fields.Boolean(required=True, metadata={"description": "Whether there is more now"})


class TaskSchema(marshmallow.Schema):
    """Something somebody has to do."""

    task = fields.String(required=True)
    number = fields.Integer(required=True, allow_none=True, metadata={"description": "Of the request, referral ..."})
    due = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "A day, or an instant; null where the school calendar does not reach that far"},
    )
    is_overdue = fields.Boolean(required=True)
    warns = fields.List(
        fields.String(metadata={"format": "date"}),
        metadata={"description": "Days before `due` to call it to mind on, of a task that has some"},
    )


def listing(made: Blueprint, query: type[marshmallow.Schema], page: type[marshmallow.Schema]) -> Callable[[View], View]:
    """Read a list's query into keyword arguments, and show both schemas in the document.

    A parameter that is not known is refused: misspelt, it would let through what it was to leave out.
    """
    takes = made.arguments(query, location="query", as_kwargs=True, unknown=marshmallow.RAISE)
    answers = made.response(200, page)

    def decorate(view: View) -> View:
        decorated: View = takes(answers(view))
        return decorated

    return decorate


def page_response(body: dict[str, Any], following: int, *, has_more: bool) -> Response:
    """Return a page, with a Link to the next one if there is more now."""
    response = flask.make_response({**body, "next": following, "has_more": has_more})
    return paging.linked(response, flask.request, following) if has_more else response
