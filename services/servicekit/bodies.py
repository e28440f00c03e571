"""Read request bodies strictly: JSON that is JSON, declared as JSON, and a problem that says where it is not.

The stock parser takes a body of another type for none at all, and Python's JSON takes `NaN`, numbers beyond any double
and lone surrogates, which nothing downstream can store. msgspec refuses them (RFC 8259 6, 8.1; RFC 7493 2.1, 2.2). Both
take a member name given twice for the last one, where another reader takes the first: refused too (RFC 7493 2.3).
Unknown query parameters are refused as unknown fields are: a misspelt `after` must not begin from the beginning.

`Blueprint` is flask-smorest's with this parser: every blueprint of a service is one of these.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import flask_smorest  # type: ignore[import-untyped]  # the library ships no types
import marshmallow
import msgspec
from webargs import core
from webargs.flaskparser import FlaskParser, is_json_request

from servicekit import problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

    from flask import Request


def parse_json(body: bytes) -> Any:
    """Parse a JSON text.

    Raises: `Problem` 400 if it is none, is nested too deep, or holds what JSON's own limits exclude.
    """
    try:
        parsed = msgspec.json.decode(body)
        _NAMES_ONCE.decode(body.decode())
        return parsed
    except UnicodeDecodeError as error:
        detail = f"The JSON cannot be read: expected UTF-8, found another byte at {error.start}."
        raise problems.malformed(detail) from None
    except (msgspec.DecodeError, RecursionError, _NameTwice) as error:
        # msgspec says what and at which byte; it never repeats the input.
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise problems.malformed(f"The JSON cannot be read: {reason}.") from None


class _NameTwice(ValueError):
    """An object gives a member name twice."""


def _check_names(members: list[tuple[str, Any]]) -> None:
    if len(dict(members)) != len(members):
        message = "expected each member name once in an object, found one twice"
        raise _NameTwice(message)


_NAMES_ONCE: Final = json.JSONDecoder(object_pairs_hook=_check_names)


@cache
def _instance(schema: type[marshmallow.Schema]) -> marshmallow.Schema:
    """Make the instance of a schema: that takes longer than loading by it, and loading changes nothing in it."""
    return schema()


class StrictParser(FlaskParser):
    """webargs' parser for Flask, with the strict JSON reader and our shape of errors."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - as webargs declares it
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": marshmallow.RAISE,
    }

    def _get_schema(self, argmap: Any, req: Request) -> marshmallow.Schema:
        """Return the schema to load by: of a class the one instance there is."""
        if isinstance(argmap, type) and issubclass(argmap, marshmallow.Schema):
            return _instance(argmap)
        return super()._get_schema(argmap, req)

    def load_body(self, schema: type[marshmallow.Schema], req: Request) -> dict[str, Any]:
        """Load a JSON body: what :meth:`parse` does for whichever place of a request, the shorter way.

        Raises: `Problem` 400, 415; 422 with every fault at once.
        """
        given = self._raw_load_json(req)
        try:
            loaded: dict[str, Any] = _instance(schema).load({} if given is core.missing else given)
        except marshmallow.ValidationError as error:
            raise problems.invalid(problems.faults({"json": error.messages}, error.data)) from None
        return loaded

    def _raw_load_json(self, req: Request) -> Any:
        if is_json_request(req):
            return parse_json(req.get_data(cache=True))
        if req.get_data(cache=True):
            raise problems.unsupported_media_type(["application/json"])
        return core.missing

    def handle_error(
        self,
        error: marshmallow.ValidationError,
        req: Request,  # noqa: ARG002 - as webargs declares it
        schema: marshmallow.Schema,  # noqa: ARG002 - as above
        *,
        error_status_code: int | None,  # noqa: ARG002 - as above
        error_headers: Mapping[str, str] | None,  # noqa: ARG002 - as above
    ) -> NoReturn:
        """Refuse the request with every fault at once."""
        raise problems.invalid(problems.faults(error.messages_dict, error.data)) from None


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # as above
    """flask-smorest's blueprint, reading strictly."""

    ARGUMENTS_PARSER = StrictParser()
