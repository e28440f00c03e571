"""Every error of every route is a problem (RFC 9457), in the answer and in the document."""

import io
import json
from typing import Any

import flask
import marshmallow
import pytest
from flask.testing import FlaskClient
from flask.views import MethodView
from werkzeug.exceptions import ImATeapot

from servicekit import bodies, fields, logs, openapi, problems, requestlog
from servicekit.bodies import Blueprint


class Part(marshmallow.Schema):
    """A part of a thing."""

    url = fields.Uri(required=True)


class Thing(marshmallow.Schema):
    """A thing."""

    name = fields.Text(required=True, least=1, most=20)
    count = fields.WholeNumber(least=1, most=9)
    parts = marshmallow.fields.List(marshmallow.fields.Nested(Part))


class Window(marshmallow.Schema):
    """How much of a list."""

    limit = marshmallow.fields.Integer(validate=marshmallow.validate.Range(1, 200))


blueprint = Blueprint("things", __name__, url_prefix="/v1")


@blueprint.route("/things")
class Things(MethodView):
    @blueprint.arguments(Window, location="query")
    @blueprint.response(200)
    def get(self, window: dict[str, Any]) -> dict[str, Any]:
        return window

    @blueprint.arguments(Thing)
    @blueprint.response(201, Thing)
    def post(self, thing: dict[str, Any]) -> dict[str, Any]:
        return thing


def make_app() -> tuple[flask.Flask, problems.ProblemApi]:
    app = flask.Flask(__name__, static_folder=None)
    app.config |= {"API_TITLE": "Things", "API_VERSION": "1", "OPENAPI_VERSION": openapi.VERSION}
    requestlog.install(app)
    problems.install(app, logger=logs.get_logger(), https=True, not_now=(ConnectionError,))
    api = problems.ProblemApi(app)
    openapi.require_key(api)
    api.register_blueprint(blueprint)

    @app.get("/broken")
    def broken() -> str:
        secret_local = "Mrs Invented"
        raise RuntimeError(f"duplicate key value {secret_local}")

    @app.get("/away")
    def away() -> str:
        raise ConnectionRefusedError("host=invented.example")

    @app.get("/teapot")
    def teapot() -> str:
        raise ImATeapot

    @app.get("/changed")
    def changed() -> str:
        raise problems.stale_version(7)

    @app.get("/kept")
    def kept() -> flask.Response:
        return flask.Response("x", headers={"Cache-Control": "no-cache"})

    return app, api


@pytest.fixture
def client() -> FlaskClient:
    logs.configure("things", "debug")
    return make_app()[0].test_client()


def test_unknown_route_is_a_problem_that_does_not_repeat_the_address(client: FlaskClient) -> None:
    answers = [client.get("/nothing/here"), client.get("/v1/things/anna")]
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].data == answers[1].data
    assert answers[0].content_type == "application/problem+json"
    assert answers[0].get_json() == {
        "type": "urn:school-casework:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing at this address that this caller may see.",
    }


def test_wrong_method_says_which_are_allowed(client: FlaskClient) -> None:
    for method in ("DELETE", "OPTIONS"):
        answer = client.open("/v1/things", method=method)
        assert (answer.status_code, answer.content_type) == (405, problems.PROBLEM_JSON)
        assert {each.strip() for each in answer.headers["Allow"].split(",")} == {"GET", "HEAD", "POST"}


def test_every_fault_is_listed_by_place_and_field_without_its_value(client: FlaskClient) -> None:
    body = {"count": "5", "colour": "mauve", "parts": [{"url": "https://example.org/"}, {"url": "javascript:alert"}]}
    answer = client.post("/v1/things", json=body)
    assert answer.status_code == 422
    assert answer.get_json()["type"] == problems.URN + "invalid"
    assert sorted(answer.get_json()["errors"], key=lambda each: each["pointer"]) == [
        {"in": "body", "pointer": "/colour", "expected": "no such field", "found": "a string of 5 characters"},
        {"in": "body", "pointer": "/count", "expected": "a valid whole number", "found": "a string of 1 characters"},
        {"in": "body", "pointer": "/name", "expected": "a value", "found": "nothing"},
        {
            "in": "body",
            "pointer": "/parts/1/url",
            "expected": "a valid http or https address",
            "found": "a string of 16 characters",
        },
    ]
    assert b"mauve" not in answer.data


def test_a_query_parameter_that_nobody_knows_is_refused(client: FlaskClient) -> None:
    answer = client.get("/v1/things?afer=100")
    (error,) = answer.get_json()["errors"]
    assert (answer.status_code, error["in"], error["pointer"]) == (422, "query", "/afer")


def test_faults_in_the_query_name_the_parameter(client: FlaskClient) -> None:
    answer = client.get("/v1/things?limit=0")
    (error,) = answer.get_json()["errors"]
    assert (answer.status_code, error["in"], error["pointer"]) == (422, "query", "/limit")


def test_a_body_that_is_no_object_is_one_fault_of_the_whole(client: FlaskClient) -> None:
    (error,) = client.post("/v1/things", json=[1]).get_json()["errors"]
    assert error == {"in": "body", "pointer": "", "expected": "an object", "found": "a list of 1"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b'{"name": 1e999}',
        b'{"name": "\xff"}',
        b"[" * 100_000,
        b'{"name": "a", "name": "b"}',
    ],
)
def test_a_body_that_is_no_json_is_malformed(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/v1/things", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["type"]) == (400, problems.URN + "malformed")


def test_whole_numbers_may_be_written_as_json_likes(client: FlaskClient) -> None:
    for number in ("5", "5.0", "0.5e1"):
        body = f'{{"name": "a", "count": {number}}}'
        assert client.post("/v1/things", data=body, content_type="application/json").get_json()["count"] == 5
    for number in ("5.5", '"5"', "true", "1e300"):
        body = f'{{"name": "a", "count": {number}}}'
        assert client.post("/v1/things", data=body, content_type="application/json").status_code == 422


def test_a_schema_is_made_once_for_all_requests_and_none_of_them_leaves_anything_in_it(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, init = [], Thing.__init__

    def noted(self: Thing, *given: Any, **named: Any) -> None:
        made.append(self)
        init(self, *given, **named)

    monkeypatch.setattr(Thing, "__init__", noted)
    bodies._instance.cache_clear()
    given: list[dict[str, Any]] = [{"name": "one", "count": 1}, {"name": "", "colour": "red"}, {"name": "two"}]
    found = [client.post("/v1/things", json=thing) for thing in given]
    assert [answer.status_code for answer in found] == [201, 422, 201]
    assert [found[0].json, found[2].json, len(made)] == [given[0], given[2], 1]


def test_control_characters_in_a_text_are_refused(client: FlaskClient) -> None:
    assert client.post("/v1/things", json={"name": "a\tb\r\nc"}).status_code == 201
    for text in ("a\x00", "a\x1b[0m", "a\x7f", "", "a" * 21):
        assert client.post("/v1/things", json={"name": text}).status_code == 422


def test_another_type_of_body_is_415_with_what_is_expected(client: FlaskClient) -> None:
    answer = client.post("/v1/things", data=b"name=a", content_type="text/plain")
    assert (answer.status_code, answer.get_json()["expected"]) == (415, ["application/json"])


def test_too_large_a_body_is_413_with_the_limit(client: FlaskClient) -> None:
    answer = client.post("/v1/things", data=io.BytesIO(b" " * (1024 * 1024 + 1)), content_type="application/json")
    assert (answer.status_code, answer.get_json()["limit_bytes"]) == (413, 1024 * 1024)


def test_an_unexpected_error_gives_only_the_id_the_log_has(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = client.get("/broken")
    logged = capsys.readouterr().err
    assert answer.status_code == 500
    assert set(answer.get_json()) == {"type", "title", "status", "instance"}
    lines = [json.loads(line) for line in logged.splitlines()]
    failure = next(line for line in lines if line["event"] == "request failed")
    assert failure["request_id"] == answer.get_json()["instance"]
    assert (failure["error"], failure["route"]) == ("RuntimeError", "/broken")
    assert failure["frames"][-1]["function"] == "broken"
    assert "Invented" not in logged
    assert "duplicate" not in logged


def test_what_is_full_or_away_is_503_with_a_time_to_try_again(client: FlaskClient) -> None:
    answer = client.get("/away")
    assert (answer.status_code, answer.headers["Retry-After"], answer.get_json()["retry_after_s"]) == (503, "1", 1)
    assert b"invented" not in answer.data


def test_a_status_without_a_type_of_ours_is_about_blank(client: FlaskClient) -> None:
    assert client.get("/teapot").get_json() == {"type": "about:blank", "title": "I'm a teapot", "status": 418}


def test_extension_members_stand_beside_the_standard_ones(client: FlaskClient) -> None:
    answer = client.get("/changed").get_json()
    assert (answer["status"], answer["current"]) == (412, 7)


def test_every_answer_bears_the_safe_headers(client: FlaskClient) -> None:
    for path in ("/nothing", "/broken", "/v1/things", "/changed"):
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert client.get("/kept").headers["Cache-Control"] == "no-cache"


def test_every_ready_made_problem_is_in_the_table() -> None:
    made = [
        problems.malformed("x"),
        problems.malformed("x", header="If-Match"),
        problems.missing_header("Idempotency-Key", "x"),
        problems.unauthenticated(),
        problems.forbidden(["editor"]),
        problems.not_found(),
        problems.stale_version(3),
        problems.precondition_required(3),
        problems.too_large(3),
        problems.unsupported_media_type(["text/plain"]),
        problems.invalid([]),
        problems.too_many_requests("x", 3),
        problems.unavailable("x", 3),
    ]
    assert [(each.status, each.title) for each in made] == [problems.SLUGS[each.slug][:2] for each in made]
    assert {each.slug for each in made} | {"internal", "method-not-allowed"} == set(problems.SLUGS)


def test_the_document_shows_problems_as_problem_json_and_is_the_same_on_every_python() -> None:
    text = openapi.document(make_app()[1])
    document = json.loads(text)
    assert document["openapi"] == "3.1.0"
    responses = document["components"]["responses"]
    assert {tuple(each["content"]) for each in responses.values()} == {("application/problem+json",)}
    assert set(responses) == {"UNPROCESSABLE_CONTENT", "DEFAULT_ERROR"}
    post = document["paths"]["/v1/things"]["post"]["responses"]
    assert post["422"] == {"$ref": "#/components/responses/UNPROCESSABLE_CONTENT"}
    assert list(post["201"]["content"]) == ["application/json"]
    properties = document["components"]["schemas"]["Thing"]["properties"]
    assert properties["count"] == {"type": "integer", "minimum": 1, "maximum": 9}
    assert document["components"]["schemas"]["Part"]["properties"]["url"]["format"] == "uri"
    assert document["security"] == [{"key": []}]
    assert text == openapi.document(make_app()[1])
