"""`casework up`: everything of it, in one command, and down again; two of them never in one folder."""

import json
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cli.conftest import Operator
from tests.servicekit.fix_server import free_port


@pytest.fixture(scope="module")
def url() -> str:
    """Answer an address nobody listens on yet."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def up(operator: Operator, url: str) -> Iterator[subprocess.Popen[str]]:
    """Bring casework up on a new machine."""
    with operator.start("up", "--bind", url.removeprefix("http://"), "--workers", "1", "--json") as process:
        lines = process.stdout
        assert lines is not None
        assert json.loads("".join(iter(lines.readline, "}\n")) + "}")["url"] == url
        yield process
        process.terminate()


def get(url: str, operator: Operator, role: str) -> Any:
    token = (operator.folder / "keys" / f"{role}.token").read_text().strip()
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def test_it_is_ready_and_says_that_its_keys_are_for_development(
    up: subprocess.Popen[str], operator: Operator, url: str
) -> None:
    with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
        said = json.loads(answer.read())
    assert said["notices"] == ["DEVELOPMENT KEYS IN USE"]
    assert said["checks"] == ["database", "keys", "clock", "checkpoint"]
    assert operator.run("ready", "--url", url).out == f"casework is ready at {url}\n"


def test_each_role_has_a_key_and_the_school_a_calendar(up: subprocess.Popen[str], operator: Operator, url: str) -> None:
    for role in ("headteacher", "caseworker", "dsl", "office", "auditor", "letters"):
        assert json.loads(get(f"{url}/v1/whoami", operator, role))["role"] == role
    assert len(json.loads(get(f"{url}/v1/calendar", operator, "headteacher"))["terms"]) == 1


def test_what_is_recorded_is_signed_without_being_asked(
    up: subprocess.Popen[str], operator: Operator, url: str
) -> None:
    deadline = time.monotonic() + 10
    while not operator.query("SELECT size FROM school_rowanlane.checkpoint") and time.monotonic() < deadline:
        time.sleep(0.1)
    note = get(f"{url}/ledger/checkpoint", operator, "auditor").decode()
    assert note.splitlines()[:2] == ["localhost/ledger", "7"]
    assert get(f"{url}/ledger/checkpoint/7", operator, "auditor").decode() == note
    assert get(f"{url}/ledger/key", operator, "auditor").decode().startswith("localhost/ledger+")


def test_a_second_one_in_the_same_folder_is_refused(up: subprocess.Popen[str], operator: Operator) -> None:
    ended = operator.run("up", "--bind", f"127.0.0.1:{free_port()}")
    assert (ended.code, f"held by process {up.pid}" in ended.err) == (1, True)


def test_a_clock_that_a_file_tells_is_obeyed_on_trial_records_alone(
    up: subprocess.Popen[str], operator: Operator
) -> None:
    clock = operator.folder / "clock"
    clock.write_text(datetime(2025, 9, 18, tzinfo=UTC).isoformat())
    trial = Operator(operator.folder, operator.server, {"TEST_CLOCK_FILE": str(clock)})
    made = trial.run("token", "create", "--subject", "u-t5", "--role", "staff", "--json")
    assert made.document["expires_at"].startswith("2025-12-17")
    real = Operator(operator.folder, operator.server, {"TEST_CLOCK_FILE": str(clock), "ALLOW_SCRATCH_DATABASE": "0"})
    refused = real.run("token", "list")
    assert (refused.code, "expected no TEST_CLOCK_FILE" in refused.err) == (4, True)


def test_it_goes_down_in_order_when_told_to(up: subprocess.Popen[str], operator: Operator, url: str) -> None:
    up.send_signal(signal.SIGTERM)
    assert up.wait(40) == 0
    assert operator.run("ready", "--url", url).code == 4


def test_all_settings_that_are_wrong_are_told_at_once(operator: Operator) -> None:
    wrong = Operator(operator.folder, operator.server, {"CASEWORK_BIND": "8001", "WEB_WORKERS": "many"})
    ended = wrong.run("serve")
    assert ended.code == 4
    assert "CASEWORK_BIND: expected an address and a port" in ended.err
    assert "WEB_WORKERS: expected a whole number" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--letters", "127.0.0.1:9000"), "expected --stay with --letters, found --letters alone"),
        (("--stay", "--letters", "127.0.0.1:99999"), "expected an address and a port, as 127.0.0.1:8001"),
        (("--stay", "--letters", "9000"), "expected an address and a port, as 127.0.0.1:8001, found '9000'"),
    ],
)
def test_a_demo_is_not_begun_with_an_address_that_leads_nowhere(
    operator: Operator, words: tuple[str, ...], said: str
) -> None:
    ended = operator.run("demo", *words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert not (operator.folder / "demo-output").exists()
