"""The pair of services that a story is played against: real processes, each on a database of its own, one clock.

`casework serve` and `letters serve` answer over HTTP on ports of their own; the follower reads casework's feed whenever
it is told to. All of them, and every command, take the time from one file.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg

from servicekit import supervisor
from servicekit.embedded import EmbeddedPostgres
from tests import fix_postgres
from tests.fix_postgres import Database
from tests.journeys import setting_up
from tests.journeys.cast import SCHOOL, Cast
from tests.journeys.stored import Stored
from tests.letters.commands import children

ROOT = Path(__file__).parents[2]
START_S = 60.0
STOP_S = 40.0
LAST_LINES = 5
CASEWORK = "casework serve"
LETTERS = "letters serve"
FOLLOW = "letters follow"
FOLLOWING = "letters following"
"""The processes of a pair, by name: both web services, and who follows: the command itself, or when it is told to."""


class ServiceFailed(AssertionError):
    """A process did not start, or ended while it was needed."""


@dataclass(frozen=True)
class Room:
    """Where databases of both services are made, one of each for a pair."""

    server: EmbeddedPostgres
    superuser: psycopg.Connection
    template: str

    @contextmanager
    def databases(self) -> Iterator[tuple[Database, Database]]:
        """Make a database of casework's and one of letters'."""
        with (
            fix_postgres._database(self.server, self.superuser, "casework", self.template) as casework,
            fix_postgres._database(self.server, self.superuser, "letters") as letters,
        ):
            yield casework, letters


class Process:
    """One process, whose words go to a file beside it."""

    def __init__(self, name: str, argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._name = name
        self._log = folder / f"{name.replace(' ', '-')}.log"
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                # Started so that it does not outlive this one, however this one ends.
                [sys.executable, supervisor._STARTER, str(os.getpid()), *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=dict(environment),
                cwd=ROOT,
            )

    def wait_until_it_answers(self, url: str) -> None:
        """Wait for the first answer over HTTP."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if self._popen.poll() is not None:
                break
            try:
                if httpx.get(f"{url}/livez", trust_env=False).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise self._failed(f"an answer of {url} within {START_S:.0f} s")

    def ask(self, line: str = "") -> Any:
        """Write a line and return the document that is answered."""
        try:
            if self._popen.stdin:
                self._popen.stdin.write(f"{line}\n")
                self._popen.stdin.flush()
        except BrokenPipeError:
            raise self._failed("a process that takes a line") from None
        return self.hear()

    def hear(self) -> Any:
        """Return the next document that the process says."""
        return json.loads(self.line())

    def line(self) -> str:
        """Return the next line that the process says."""
        said = self._popen.stdout.readline() if self._popen.stdout else ""
        if not said:
            raise self._failed("a line of its stdout")
        return said

    def end(self) -> None:
        """Ask it to end."""
        self._popen.terminate()

    def wait(self) -> None:
        """Wait until it has ended."""
        try:
            self._popen.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.communicate()

    def kill(self) -> None:
        """Kill it with its workers, as a machine does that loses its power: none of them gets to say a word."""
        for pid in (self.pid, *(pid for pid, _ in children(self.pid))):
            os.kill(pid, signal.SIGKILL)
        self._popen.communicate(timeout=STOP_S)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    def last_lines(self) -> str:
        """Return the end of what it logged."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-LAST_LINES:])

    def _failed(self, expected: str) -> ServiceFailed:
        message = f"{self._name}: expected {expected}, found exit code {self._popen.poll()}\n{self.last_lines()}"
        return ServiceFailed(message)


class Pair:
    """Both services of one school, running."""

    def __init__(
        self, *, casework: str, letters: str, keys: Mapping[str, str], environment: Mapping[str, str], clock: Path
    ) -> None:
        self.keys = keys
        self._environment = environment
        self._clock = clock
        self._processes: dict[str, Process] = {}
        self._folder = clock.parent
        self.outbox = self._folder / "outbox"
        self.evidence = self._folder / "evidence"
        """Where letters that left lie, and the files of cases."""
        databases = {"casework": "DATABASE_OWNER_URL", "letters": "LETTERS_DATABASE_OWNER_URL"}
        self.stored = Stored({name: environment[setting] for name, setting in databases.items()}, self._folder)
        self.casework = httpx.Client(base_url=casework, timeout=60.0, trust_env=False)
        self.letters = httpx.Client(base_url=letters, timeout=60.0, trust_env=False)

    def set_clock(self, at: datetime) -> None:
        """Move the clock of both services; whoever reads it meanwhile sees the old moment or the new."""
        set_clock(self._clock, at)

    def follow(self) -> Mapping[str, Any]:
        """Let letters read the feed to its head and do its chores once; return what it did."""
        did: Mapping[str, Any] = self.process(FOLLOWING).ask()
        if "error" in did:
            message = f"letters follow: expected that it reads to the head of the feed, found {did['error']}"
            raise ServiceFailed(message)
        return did

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of either service to its end."""
        return subprocess.run(
            [_program(program), *words],
            env=dict(self._environment),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=START_S,
        )

    def last_lines(self) -> str:
        """Return the ends of the logs, for whoever has to find out why."""
        return "\n".join(filter(None, (process.last_lines() for process in self._processes.values())))

    def start(self, held: ExitStack) -> None:
        """Start the processes, and wait until they answer."""
        held.callback(self._stop)
        self.begin(CASEWORK, LETTERS, FOLLOWING)

    def begin(self, *names: str) -> None:
        """Start processes, for the first time or again; wait until each answers, or says that it follows."""
        for name in names:
            self._processes[name] = Process(name, self._argv(name), self._environment, self._folder)
        for name in names:
            if name in (CASEWORK, LETTERS):
                self.process(name).wait_until_it_answers(self._url(name))
            else:
                self.process(name).line()

    def process(self, name: str) -> Process:
        """Return a process that was begun.

        Raises:
            ServiceFailed: it was not, or was killed.
        """
        if name not in self._processes:
            message = f"{name}: expected a process, found none: it was not begun, or was killed"
            raise ServiceFailed(message)
        return self._processes[name]

    def kill(self, *names: str) -> None:
        """Kill processes, as SIGKILL does."""
        for name in names:
            self.process(name).kill()
            del self._processes[name]

    def _argv(self, name: str) -> list[str]:
        program, _, command = name.partition(" ")
        if name == FOLLOWING:
            return [sys.executable, "-m", "tests.journeys.following"]
        bind = ["--bind", self._url(name).removeprefix("http://")] if name in (CASEWORK, LETTERS) else []
        return [_program(program), command, *bind]

    def _url(self, name: str) -> str:
        return str((self.casework if name == CASEWORK else self.letters).base_url).rstrip("/")

    def _stop(self) -> None:
        """Hang up first, so that no worker waits for another request; then end all, and wait for all."""
        self.casework.close()
        self.letters.close()
        for process in self._processes.values():
            process.end()
        for process in self._processes.values():
            process.wait()


@contextmanager
def running(
    room: Room, cast: Cast, settings: Mapping[str, Any], first_moment: datetime, folder: Path
) -> Iterator[Pair]:
    """Set a school up at a moment, and run both services for it."""
    folder.mkdir(parents=True, exist_ok=True)
    set_clock(folder / "clock", first_moment)
    cast.write_school(folder / "school" / SCHOOL, settings)
    cast.write_people(folder / "people.csv", folder / "relations.csv")
    with ExitStack() as held:
        casework, letters = (f"http://127.0.0.1:{port}" for port in _free_ports(2))
        environment = _environment(folder, *held.enter_context(room.databases()), casework)
        setting_up.make_keys(folder / "keys")
        keys = setting_up.set_casework_up(environment, cast)
        setting_up.set_letters_up(environment, keys["letters"])
        pair = Pair(casework=casework, letters=letters, keys=keys, environment=environment, clock=folder / "clock")
        pair.start(held)
        _furnish(pair, cast, folder)
        yield pair


def _furnish(pair: Pair, cast: Cast, folder: Path) -> None:
    """Load the people, and enter the channels in the register as the headteacher does."""
    loaded = pair.run("casework", "people", "load", str(folder / "people.csv"), str(folder / "relations.csv"))
    if loaded.returncode:
        message = f"casework people load: expected exit 0, found {loaded.returncode}: {loaded.stderr}"
        raise ServiceFailed(message)
    by = bearer(pair, cast.of_role("headteacher") or "")
    for id, channel in cast.channel_register():
        pair.casework.put(f"/v1/channels/{id}", json=channel, headers=by).raise_for_status()


def set_clock(file: Path, at: datetime) -> None:
    """Write an instant into a clock file, in one step."""
    beside = file.with_suffix(".next")
    beside.write_text(at.isoformat())
    beside.replace(file)


def _environment(folder: Path, casework: Database, letters: Database, casework_url: str) -> dict[str, str]:
    """Return everything that commands and processes are told."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "LOCAL_DIR": str(folder),
        "LOG_LEVEL": "warning",
        "WEB_WORKERS": "1",
        "WEB_THREADS": "4",
        "ALLOW_SCRATCH_DATABASE": "1",
        "TEST_CLOCK_FILE": str(folder / "clock"),
        "LETTERS_OUTBOX": str(folder / "outbox"),
        "LETTERS_DISPATCH": "outbox",
        "EVIDENCE_URL": (folder / "evidence").as_uri(),
        "DATABASE_URL": casework.app,
        "DATABASE_OWNER_URL": casework.owner,
        "LETTERS_DATABASE_URL": letters.app,
        "LETTERS_DATABASE_OWNER_URL": letters.owner,
        "LETTERS_CASEWORK_URL": casework_url,
    }


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def bearer(pair: Pair, subject: str) -> dict[str, str]:
    """Return the header by which somebody is known to both services."""
    return {"Authorization": f"Bearer {pair.keys[subject]}"}
