"""Lists a page at a time (RFC 8288 for the link)."""

import flask
import pytest
from marshmallow import ValidationError

from servicekit.paging import Window, linked


def test_a_list_starts_at_its_beginning_with_fifty() -> None:
    assert Window().load({}) == {"after": 0, "limit": 50}
    assert Window().load({"after": "7", "limit": "200"}) == {"after": 7, "limit": 200}
    for wrong in ({"after": "-1"}, {"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"after": str(2**53)}):
        with pytest.raises(ValidationError):
            Window().load(wrong)


def test_the_link_asks_the_same_question_further_on() -> None:
    with flask.Flask(__name__).test_request_context("/v1/things?limit=2&kind=a+b&after=3&kind=%22") as context:
        response = linked(flask.Response(), context.request, 5)
    assert response.headers["Link"] == '</v1/things?limit=2&kind=a+b&kind=%22&after=5>; rel="next"'
