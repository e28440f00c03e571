"""Alive, ready, and the figures; the figures of several processes are in test_server."""

from datetime import UTC, datetime

import flask
import pytest
from flask.testing import FlaskClient

from servicekit import health, identity, logs, problems, requestlog
from servicekit.health import Figure
from servicekit.identity import Caller
from servicekit.readiness import NotReady

MONITOR, READER = identity.new_key(), identity.new_key()


def authenticate(text: str) -> Caller:
    role = "monitor" if text == MONITOR.text else "reader"
    key_id = identity.parse_key(text)[0]
    return Caller(key_id=key_id, subject="u", role=role, school="s", expires_at=datetime(2036, 1, 1, tzinfo=UTC))


class Machine:
    """What the checks look at."""

    def __init__(self) -> None:
        self.free_mb = 500
        self.database: type[Exception] | None = None

    def disk(self) -> None:
        if self.free_mb < 100:
            raise NotReady("100 MB free", f"{self.free_mb} MB")

    def ask_database(self) -> None:
        if self.database is not None:
            raise self.database("host=invented.example")


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def client(machine: Machine) -> FlaskClient:
    logs.configure("things")
    app = flask.Flask(__name__, static_folder=None)
    requestlog.install(app)
    problems.install(app, logger=logs.get_logger())
    identity.install(app, authenticate)
    health.install(
        app,
        {"database": machine.ask_database, "disk": machine.disk},
        notices=["DEVELOPMENT KEYS IN USE"],
        figures={"things_position": Figure("Position of the newest entry", lambda: 42)},
    )
    assert identity.unclassified(app) == []
    return app.test_client()


def test_a_ready_service_says_what_it_checked_and_what_to_mind(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ready",
        "checks": ["database", "disk"],
        "notices": ["DEVELOPMENT KEYS IN USE"],
    }


def test_every_failing_check_is_named_and_told(client: FlaskClient, machine: Machine) -> None:
    machine.free_mb = 7
    machine.database = ConnectionRefusedError
    answer = client.get("/readyz")
    assert (answer.status_code, answer.content_type) == (503, problems.PROBLEM_JSON)
    assert answer.headers["Retry-After"] == "5"
    assert answer.get_json()["failing"] == [
        {"check": "database", "expected": "an answer", "found": "ConnectionRefusedError"},
        {"check": "disk", "expected": "100 MB free", "found": "7 MB"},
    ]
    assert b"invented" not in answer.data


def test_a_check_that_breaks_otherwise_is_our_fault(client: FlaskClient, machine: Machine) -> None:
    machine.database = ZeroDivisionError
    assert client.get("/readyz").status_code == 500


def test_alive_touches_nothing(client: FlaskClient, machine: Machine) -> None:
    machine.database = ZeroDivisionError
    assert client.get("/livez").get_json() == {"status": "alive"}


def test_figures_are_for_the_role_that_watches(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": f"Bearer {READER.text}"}).status_code == 403
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {MONITOR.text}"})
    assert answer.content_type.startswith("text/plain; version=0.0.4")


def test_whoever_is_stopped_at_the_door_is_counted_and_not_timed(client: FlaskClient) -> None:
    """The time to answer is a view's: nobody's key that is not good makes it look shorter."""
    client.get("/metrics", headers={"Authorization": "Bearer nothing"})
    text = client.get("/metrics", headers={"Authorization": f"Bearer {MONITOR.text}"}).text
    assert 'http_requests_total{method="GET",route="/metrics",status="401"} 1.0' in text
    assert "http_request_seconds_count{" not in text


def test_labels_come_from_closed_sets(client: FlaskClient) -> None:
    client.get("/livez")
    client.get("/livez")
    client.get("/things/invented-id")
    client.open("/livez", method="BREW")
    text = client.get("/metrics", headers={"Authorization": f"Bearer {MONITOR.text}"}).get_data(as_text=True)
    assert 'http_requests_total{method="GET",route="/livez",status="200"} 2.0' in text
    assert 'http_requests_total{method="GET",route="(unknown)",status="404"} 1.0' in text
    assert 'http_requests_total{method="(unknown)",route="(unknown)",status="405"} 1.0' in text
    assert 'http_request_seconds_count{method="GET",route="/livez"} 2.0' in text
    assert "# TYPE things_position gauge\nthings_position 42\n" in text
    assert "invented" not in text
    assert "BREW" not in text
