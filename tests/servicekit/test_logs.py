"""Nothing personal can get into the logs: an allowlist of keys, no exception messages, no paths."""

import json
import logging
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import flask
import pytest

from servicekit import logs, problems, requestlog
from servicekit.credentials import Caller


class DuplicateKey(Exception):
    """As a database driver raises it."""

    sqlstate = "23505"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    logs.configure("things", "info")
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_key_that_is_not_on_the_list_is_redacted(lines: Any) -> None:
    logs.get_logger().info("entry appended", position=7, name="Mrs Invented", recipient=1, role=["Invented"])
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "entry appended",
        "level": "info",
        "service": "things",
        "position": 7,
        "name": "[redacted]",
        "recipient": "[redacted]",
        "role": "list",
    }


def test_an_exception_is_its_type_state_and_frames(lines: Any) -> None:
    def insert() -> None:
        raise DuplicateKey("Key (name)=(Mrs Invented) already exists")

    try:
        insert()
    except DuplicateKey as error:
        logs.get_logger().exception("insert failed")
        logs.get_logger().warning("insert failed", error=error)
    first, second = lines()
    for line in (first, second):
        assert (line["error"], line["sqlstate"]) == ("DuplicateKey", "23505")
        assert line["frames"][-1]["function"] == "insert"
        assert set(line["frames"][-1]) == {"file", "line", "function"}
        assert "Invented" not in json.dumps(line)
    assert (first["level"], second["level"]) == ("error", "warning")


def test_of_a_librarys_message_only_the_template_is_kept(lines: Any) -> None:
    library = logging.getLogger("library.pool")
    library.warning("cannot connect %s to %s", "Mrs", "Invented")
    library.warning("cannot connect to Mrs Invented")
    library.info("not told below warning: %s", "x")
    try:
        raise DuplicateKey("Invented")
    except DuplicateKey:
        library.exception("broken %s", "off")
    template, withheld, broken = lines()
    assert template["event"] == "library.pool: cannot connect %s to %s"
    assert withheld["event"] == "library.pool: (message withheld)"
    assert withheld["frames"][0]["function"] == "test_of_a_librarys_message_only_the_template_is_kept"
    assert (broken["error"], broken["service"], broken["level"]) == ("DuplicateKey", "things", "error")
    assert "Invented" not in json.dumps([template, withheld, broken])


def test_warnings_of_python_go_the_same_way() -> None:
    program = "import warnings; from servicekit import logs; logs.configure('things'); warnings.warn('Mrs Invented')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stderr)["event"] == "py.warnings: (message withheld)"


def test_the_level_is_kept(lines: Any) -> None:
    logs.configure("things", "error")
    logs.get_logger().warning("not told")
    logs.get_logger().error("told")
    assert [line["event"] for line in lines()] == ["told"]


def test_a_request_is_one_line_by_its_template(lines: Any) -> None:
    app = flask.Flask(__name__, static_folder=None)
    requestlog.install(app)
    problems.install(app, logger=logs.get_logger())

    @app.get("/things/<name>")
    def thing(name: str) -> str:
        expires_at = datetime(2036, 1, 1, tzinfo=UTC)
        flask.g.caller = Caller(key_id="4f1c", subject="u-1", role="reader", school="oak", expires_at=expires_at)
        logs.get_logger().info("thing read", version=3)
        return requestlog.request_id()

    app.add_url_rule("/livez", view_func=lambda: "ok")
    client = app.test_client()
    first_id = client.get("/things/invented?name=invented").get_data(as_text=True)
    client.get("/nothing/invented")
    client.get("/livez")
    during, answered, unknown = lines()
    assert during["request_id"] == answered["request_id"] == first_id
    assert answered.pop("duration_ms") >= 0
    del answered["timestamp"]
    assert answered == {
        "event": "request answered",
        "level": "info",
        "service": "things",
        "request_id": first_id,
        "route": "/things/<name>",
        "method": "GET",
        "status": 200,
        "key_id": "4f1c",
        "role": "reader",
        "school": "oak",
    }
    assert (unknown["route"], unknown["status"]) == ("(unknown)", 404)
    assert unknown["request_id"] != first_id
    logs.get_logger().info("after")
    assert "request_id" not in lines()[0]
