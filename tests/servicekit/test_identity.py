"""Who may call which route: deny by default, one answer for every bad key."""

from datetime import UTC, datetime

import flask
import pytest
from flask.testing import FlaskClient
from flask.views import MethodView
from werkzeug.test import TestResponse

from servicekit import credentials, identity, logs, problems, requestlog
from servicekit.bodies import Blueprint
from servicekit.identity import Caller, allow, any_caller, public
from servicekit.ratelimit import RateLimit

READER, EDITOR, STRANGER = (identity.new_key() for _ in range(3))
CALLERS = {
    key.sha256: Caller(
        key_id=key.key_id, subject="u-1", role=role, school="s", expires_at=datetime(2036, 1, 1, tzinfo=UTC)
    )
    for key, role in ((READER, "reader"), (EDITOR, "editor"))
}

blueprint = Blueprint("things", __name__)


@blueprint.route("/thing")
class Thing(MethodView):
    @blueprint.response(200)
    @allow("reader", "editor")
    def get(self) -> dict[str, str]:
        return {"role": identity.caller().role}

    @allow("editor")
    @blueprint.response(201)
    def post(self) -> dict[str, str]:
        return {}

    def delete(self) -> str:
        return "nobody said who may"


@public
def open_to_all() -> str:
    return "caller" if "caller" in flask.g else "nobody"


@any_caller(counts_failures=False)
def who() -> str:
    return identity.caller().key_id


def forgotten() -> str:
    return "nobody said who may"


def authenticate(text: str) -> Caller:
    found = CALLERS.get(identity.parse_key(text)[1])
    if found is None:
        raise problems.unauthenticated()
    return found


@pytest.fixture
def app() -> flask.Flask:
    logs.configure("things")
    app = flask.Flask(__name__, static_folder=None)
    requestlog.install(app)
    problems.install(app, logger=logs.get_logger())
    identity.install(app, authenticate, requests_per_minute=30, failures_per_minute=3)
    app.register_blueprint(blueprint)
    for view in (open_to_all, who, forgotten):
        app.add_url_rule(f"/{view.__name__}", view_func=view)
    return app


@pytest.fixture
def client(app: flask.Flask) -> FlaskClient:
    return app.test_client()


def ask(client: FlaskClient, path: str, key: str, method: str = "GET", address: str = "192.0.2.1") -> TestResponse:
    return client.open(
        path, method=method, headers={"Authorization": f"Bearer {key}"}, environ_base={"REMOTE_ADDR": address}
    )


def test_a_key_has_an_id_and_256_bits_and_only_its_hash_is_kept() -> None:
    key = identity.new_key()
    assert credentials.KEY_PATTERN.fullmatch(key.text)
    assert identity.parse_key(key.text) == (key.key_id, key.sha256)
    assert len(key.sha256) == 32
    for text in ("", "cwk_", key.text[:-1], key.text + "x", " " + key.text, key.text + "\n", key.text.upper()):
        with pytest.raises(identity.KeyMalformed) as refused:
            identity.parse_key(text)
        assert key.key_id not in str(refused.value)


def test_the_listed_roles_may_call_and_no_other(client: FlaskClient) -> None:
    assert ask(client, "/thing", READER.text).get_json() == {"role": "reader"}
    assert ask(client, "/thing", EDITOR.text, "POST").status_code == 201
    refused = ask(client, "/thing", READER.text, "POST")
    assert (refused.status_code, refused.get_json()["roles"]) == (403, ["editor"])


def test_a_view_that_says_nothing_is_refused_to_everyone(app: flask.Flask, client: FlaskClient) -> None:
    assert identity.unclassified(app) == ["things.Thing DELETE", "forgotten GET"]
    for path, method in (("/forgotten", "GET"), ("/thing", "DELETE")):
        assert ask(client, path, EDITOR.text, method).status_code == 403
        assert client.open(path, method=method).status_code == 401


def test_routes_are_listed_with_who_may_call_them(app: flask.Flask) -> None:
    listed = {(route.rule, route.method): route.access for route in identity.routes(app)}
    assert listed["/thing", "GET"] == identity.Access(roles=frozenset({"reader", "editor"}))
    assert listed["/thing", "DELETE"] is None
    assert listed["/open_to_all", "GET"] == identity.Access(is_public=True)
    assert listed["/who", "GET"] == identity.Access(counts_failures=False)


def test_every_bad_credential_gets_the_same_answer(client: FlaskClient) -> None:
    headers = ["", "Bearer", "Bearer x", f"Basic {READER.text}", READER.text, f"Bearer {STRANGER.text}"]
    answers = [
        client.get("/thing", headers={"Authorization": text}, environ_base={"REMOTE_ADDR": f"192.0.2.{number}"})
        for number, text in enumerate(headers)
    ]
    answers.append(client.get("/thing"))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert answers[0].headers["WWW-Authenticate"] == "Bearer"


def test_the_scheme_is_bearer_in_any_case(client: FlaskClient) -> None:
    assert client.get("/thing", headers={"Authorization": f"bearer {READER.text}"}).status_code == 200


def test_a_public_view_looks_at_no_key(client: FlaskClient) -> None:
    assert ask(client, "/open_to_all", STRANGER.text).get_data(as_text=True) == "nobody"


def test_head_is_allowed_as_get_is(client: FlaskClient) -> None:
    assert ask(client, "/thing", READER.text, "HEAD").status_code == 200


def test_an_address_with_too_many_failures_must_wait_but_known_keys_pass(client: FlaskClient) -> None:
    assert ask(client, "/thing", READER.text).status_code == 200
    statuses = [ask(client, "/thing", identity.new_key().text).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    late = ask(client, "/thing", EDITOR.text)
    assert (late.status_code, 1 <= int(late.headers["Retry-After"]) <= 60) == (429, True)
    assert ask(client, "/thing", READER.text).status_code == 200
    assert ask(client, "/thing", EDITOR.text, address="192.0.2.2").status_code == 200


def test_an_exempt_route_neither_counts_failures_nor_minds_them(client: FlaskClient) -> None:
    assert [ask(client, "/who", STRANGER.text).status_code for _ in range(6)] == [401] * 6
    assert ask(client, "/thing", STRANGER.text).status_code == 401
    for _ in range(5):
        ask(client, "/thing", STRANGER.text)
    assert ask(client, "/who", EDITOR.text).get_data(as_text=True) == EDITOR.key_id


def test_a_key_with_too_many_requests_must_wait(client: FlaskClient) -> None:
    assert {ask(client, "/thing", READER.text).status_code for _ in range(30)} == {200}
    answer = ask(client, "/thing", READER.text)
    assert (answer.status_code, answer.get_json()["retry_after_s"]) == (429, int(answer.headers["Retry-After"]))
    assert ask(client, "/thing", EDITOR.text).status_code == 200


def test_forwarded_addresses_count_for_trusted_proxies_only(app: flask.Flask) -> None:
    def seen(hops: int) -> str:
        other = flask.Flask(__name__)
        other.add_url_rule("/", view_func=lambda: flask.request.remote_addr or "")
        identity.behind_proxies(other, hops)
        headers = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        return other.test_client().get("/", headers=headers).get_data(as_text=True)

    assert [seen(hops) for hops in (0, 1, 2)] == ["127.0.0.1", "203.0.113.9", "198.51.100.7"]


def test_a_window_ends_and_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 0.0
    limit = RateLimit(2, 60, monotonic=lambda: moment)
    assert [limit.take("a"), limit.take("a"), limit.take("a"), limit.take("b")] == [None, None, 60, None]
    moment = 59.5
    assert (limit.exceeded("a"), limit.exceeded("b")) == (1, None)
    moment = 60.0
    assert limit.exceeded("a") is None
    assert limit.take("a") is None
    monkeypatch.setattr("servicekit.ratelimit._KEYS_MAX", 100)
    for number in range(1000):
        limit.take(str(number))
    assert len(limit._windows) <= 100
