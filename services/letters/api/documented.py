"""flask-smorest's decorators, with types: what a view takes and answers, read strictly and shown in the document."""

from collections.abc import Callable
from typing import Any, TypeVar

import marshmallow

from servicekit.bodies import Blueprint

View = TypeVar("View", bound=Callable[..., Any])


def takes_query(made: Blueprint, schema: type[marshmallow.Schema]) -> Callable[[View], View]:
    """Read the query by this schema, into keyword arguments."""
    decorate: Callable[[View], View] = made.arguments(schema, location="query", as_kwargs=True)
    return decorate


def takes_body(made: Blueprint, schema: type[marshmallow.Schema]) -> Callable[[View], View]:
    """Read the JSON body by this schema, into keyword arguments."""
    decorate: Callable[[View], View] = made.arguments(schema, as_kwargs=True)
    return decorate


def answers(made: Blueprint, schema: type[marshmallow.Schema]) -> Callable[[View], View]:
    """Answer 200 with what this schema shows of the result."""
    decorate: Callable[[View], View] = made.response(200, schema)
    return decorate


def says(made: Blueprint, **about: Any) -> Callable[[View], View]:
    """Put this into the document."""
    decorate: Callable[[View], View] = made.doc(**about)
    return decorate
