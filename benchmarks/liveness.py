"""How long `/livez` takes while thirty clients wait for the feed, against none: whether waiting starves what is short.

Casework is served as it is in earnest: gunicorn, two workers of eight threads. The thirty ask for what is new with
`Prefer: wait=20`, each with a key of its own, from another process. Each worker lets three of them wait; the others get
an empty page at once and come back after the second that `Retry-After` says, as the letters service does.
"""

import http.client
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from benchmarks import trial_school
from benchmarks.measuring import Measured, Samples, Sampling, Statistic, Target, percentile_99
from benchmarks.trial_school import Trial
from servicekit import probe
from servicekit.service_settings import LOCAL_DIR
from tests.servicekit.fix_server import free_port

CLIENTS: Final = 30
REQUESTS: Final = 600
REQUESTS_SMALL: Final = 5
HOST: Final = "127.0.0.1"
READY_WITHIN_S: Final = 30.0
SETTLED_S: Final = 0.5
"""After so long all clients wait, or know that they may not."""
ANSWER_WITHIN_S: Final = 30.0
PROGRAM: Final = "from casework.cli import main; main()"


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Serve a school, and have clients ready to wait."""
    with ExitStack() as held:
        trial = held.enter_context(trial_school.opened())
        port = held.enter_context(_served(trial))
        clients = held.enter_context(_clients(port, trial_school.keys(trial, "letters", CLIENTS)))
        requests = REQUESTS_SMALL if is_small else REQUESTS

        def samples() -> Samples:
            with clients.waiting(trial):
                ours = answered_in(port, requests)
            return ours, answered_in(port, requests)

        statistics: Mapping[str, Statistic] = {"99th percentile": percentile_99, "median": median}
        yield [Sampling(f"/livez, {CLIENTS} clients waiting / none: ", samples, statistics, Target(at_most=3))]


def answered_in(port: int, requests: int) -> list[float]:
    """Ask so many times over one connection; return how long each answer took, in seconds.

    Raises:
        ValueError: another answer than that it is alive.
    """
    took = []
    with closing(http.client.HTTPConnection(HOST, port, timeout=ANSWER_WITHIN_S)) as connection:
        for _ in range(requests):
            began = time.perf_counter()
            connection.request("GET", "/livez")
            answer = connection.getresponse()
            body = answer.read()
            took.append(time.perf_counter() - began)
            if answer.status != http.HTTPStatus.OK:
                raise ValueError(f"/livez: expected 200, found {answer.status}: {body!r}")
    return took


class Clients(NamedTuple):
    """The other process, by which the clients are told to begin and to end."""

    pipe: Connection

    @contextmanager
    def waiting(self, trial: Trial) -> Iterator[None]:
        """Let all of them ask for what comes after the end of the record; in the end something new wakes them."""
        use = trial.school.casework
        self._tell(use.record.head())
        time.sleep(SETTLED_S)
        yield
        self.pipe.send(None)
        use.list_read(trial_school.caller(), "incidents", 0)
        self._hear()

    def _tell(self, after: int) -> None:
        self.pipe.send(after)
        self._hear()

    def _hear(self) -> None:
        if not self.pipe.poll(ANSWER_WITHIN_S):
            raise TimeoutError("the clients: expected an answer, found none")
        if (fault := self.pipe.recv()) is not None:
            raise ValueError(f"the clients: {fault}")


@contextmanager
def _clients(port: int, keys: Sequence[str]) -> Iterator[Clients]:
    """Start the process of the clients; it ends with its pipe."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=be_clients, args=(there, port, keys), daemon=True)
    process.start()
    there.close()
    try:
        yield Clients(here)
    finally:
        here.close()
        process.join(ANSWER_WITHIN_S)


def be_clients(pipe: Connection, port: int, keys: Sequence[str]) -> None:
    """Be the clients: told a position, ask for what comes after it until told to end; answer with what went wrong."""
    try:
        while True:
            after: int = pipe.recv()
            ended = threading.Event()
            faults: list[str] = []
            threads = [threading.Thread(target=_ask, args=(port, key, after, ended, faults)) for key in keys]
            for thread in threads:
                thread.start()
            pipe.send(None)
            pipe.recv()
            ended.set()
            for thread in threads:
                thread.join()
            pipe.send(faults[0] if faults else None)
    except EOFError:
        return  # Whoever told us is gone, or has seen enough.


def _ask(port: int, key: str, after: int, ended: threading.Event, faults: list[str]) -> None:
    """Be one client."""
    headers = {"Authorization": f"Bearer {key}", "Prefer": "wait=20"}
    with closing(http.client.HTTPConnection(HOST, port, timeout=ANSWER_WITHIN_S)) as connection:
        while not ended.is_set():
            connection.request("GET", f"/v1/events?after={after}", headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.HTTPStatus.OK:
                faults.append(f"expected 200, found {answer.status}")
                return
            if (retry_after := answer.headers["Retry-After"]) is not None:
                ended.wait(float(retry_after))


@contextmanager
def _served(trial: Trial) -> Iterator[int]:
    """Serve the school in a process of its own; yield the port."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    home = trial.values.need(LOCAL_DIR)
    environ = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    with (home / "casework.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "serve", "--bind", f"{HOST}:{port}"],
            env=environ | trial_school.environment(home),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(process, url, home / "casework.log")
            yield port
        finally:
            process.terminate()
            process.wait(ANSWER_WITHIN_S)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while (lacking := probe.lacking(url)) is not None:
        if process.poll() is not None or time.monotonic() > until:
            raise TimeoutError(f"casework serve: {lacking}; {log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.05)
