"""Lists a page at a time: `?after=&limit=`, answered with `next` and `has_more`, and a Link to what follows.

`after` is the position of the last thing the caller has; `next` is what to send as `after` the next time, whether or
not there is more now. So a reader that keeps it misses nothing and sees nothing twice.
"""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Request, Response
from marshmallow import Schema, fields, validate

from servicekit.fields import INTEGER_MAX

LIMIT: Final = 50
LIMIT_MAX: Final = 200


class Window(Schema):
    """The query parameters of a list, for `blueprint.arguments(Window, location="query")`."""

    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, INTEGER_MAX),
        metadata={"description": "Position of the last thing the caller has; 0: from the beginning"},
    )
    limit = fields.Integer(
        load_default=LIMIT, validate=validate.Range(1, LIMIT_MAX), metadata={"description": "At most so many"}
    )


def linked(response: Response, request: Request, following: int) -> Response:
    """Name the next page in the answer (RFC 8288, relation `next`): the same question, after `following`."""
    asked: dict[str, Any] = request.args.to_dict(flat=False) | {"after": [following]}
    response.headers["Link"] = f'<{request.path}?{urlencode(asked, doseq=True)}>; rel="next"'
    return response
