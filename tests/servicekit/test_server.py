"""The real server: gunicorn with two workers on 127.0.0.1, stopped by real signals."""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from servicekit import identity
from tests.servicekit.fix_server import free_port

PROGRAM = Path(__file__).with_name("served.py")


class Served:
    """The program, its address and what it says."""

    def __init__(self, *options: str, home: Path | None = None) -> None:
        bind = f"127.0.0.1:{free_port()}"
        environ = {**os.environ, "HOME": str(home)} if home else None
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), bind, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
        )
        self.url = f"http://{bind}"
        self.words: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.log: list[str] = []
        self._readers = [
            threading.Thread(target=self._listen),
            threading.Thread(target=lambda: self.log.extend(self.process.stderr or [])),
        ]
        for reader in self._readers:
            reader.start()

    def _listen(self) -> None:
        for line in self.process.stdout or []:
            self.words.put(line.strip())

    def hear(self, word: str) -> None:
        """Wait until the program says the word."""
        while self.words.get(timeout=15) != word:
            pass

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        try:
            code = self.process.wait(15)
        finally:
            self.process.kill()
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        return code


@contextlib.contextmanager
def serving(*options: str, home: Path | None = None) -> Iterator[Served]:
    served = Served(*options, home=home)
    try:
        yield served
    finally:
        if served.process.poll() is None:
            served.process.terminate()
        served.end()


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        served.hear("ready")
        yield served


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_wakes_what_waits_and_finishes_what_runs(served: Served, sent: signal.Signals) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(httpx.get, f"{served.url}/{path}", timeout=15) for path in ("slow", "wait", "wait")]
        for _ in asked:
            served.words.get(timeout=15)
        began = time.monotonic()
        served.process.send_signal(sent)
        answers = [each.result(15).text for each in asked]
    assert answers == ["slow done", "woken", "woken"]
    assert served.end() == 0
    assert time.monotonic() - began < 10
    # Each of the two workers closed what it had opened.
    said = [served.words.get_nowait() for _ in range(served.words.qsize())]
    assert said.count("closed") == 2
    # What stands after `serve` runs in the master alone.
    assert said.count("served 0") == 1
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url)


@pytest.mark.parametrize(("option", "moment"), [("--slow-fork", "forked"), ("--slow-load", "loading")])
def test_a_stop_while_workers_start_is_not_lost(option: str, moment: str) -> None:
    with serving(option) as served:
        served.hear(moment)
        served.process.terminate()
        began = time.monotonic()
        assert served.end() == 0
        assert time.monotonic() - began < 5


def test_workers_outlive_their_master_only_to_finish(served: Served) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(httpx.get, f"{served.url}/wait", timeout=15)
        served.hear("wait begun")
        served.process.kill()
        assert asked.result(15).text == "woken"
    # Its output ends only when both workers have closed it.
    assert served.end() == -signal.SIGKILL


def test_figures_are_of_all_workers_together_also_of_one_that_died(served: Served) -> None:
    key = identity.new_key().text
    seen: set[str] = set()
    asked = 0
    while len(seen) < 2:
        # A connection each, so that the kernel may choose the other worker.
        seen.add(httpx.get(f"{served.url}/pid").text)
        asked += 1
        assert asked < 500
    os.kill(int(min(seen)), signal.SIGKILL)
    deadline = time.monotonic() + 15
    while httpx.get(f"{served.url}/livez").is_success and len(seen) < 3 and time.monotonic() < deadline:
        seen.add(httpx.get(f"{served.url}/pid").text)
        asked += 1
    assert len(seen) == 3
    for _ in range(10):
        text = httpx.get(f"{served.url}/metrics", headers={"Authorization": f"Bearer {key}"}).text
        assert f'http_requests_total{{method="GET",route="/pid",status="200"}} {asked}.0' in text.splitlines()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nna me: invented\r\n\r\n", 400),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: invented\r\n\r\n", 501),
    ],
)
def test_bytes_that_are_no_request_get_a_problem_and_are_not_logged(served: Served, sent: bytes, status: int) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(sent)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == str(status).encode()
    assert b"Content-Type: application/problem+json" in head
    assert json.loads(body)["status"] == status
    served.process.terminate()
    assert served.end() == 0
    assert any(json.loads(line)["event"] == "request refused before it was read" for line in served.log)
    assert "invented" not in "".join(served.log)


def test_an_application_that_does_not_load_ends_the_server_not_ready() -> None:
    with serving("--broken") as served:
        assert served.end() == 4
        lines = [json.loads(line) for line in served.log]
        failure = next(line for line in lines if line["event"] == "the application cannot be loaded")
        assert (failure["error"], failure["frames"][-1]["function"]) == ("RuntimeError", "load")
        assert "hunter2" not in "".join(served.log)


def test_nothing_is_left_in_the_home_folder(tmp_path: Path) -> None:
    with serving(home=tmp_path) as served:
        served.hear("ready")
        assert httpx.get(f"{served.url}/livez").is_success
        assert list(tmp_path.rglob("*")) == []
