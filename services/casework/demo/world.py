"""The world of the demonstration: both services in a folder of their own, invented people, and who asks them what."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from uuid import uuid4

import httpx

from servicekit import probe
from servicekit.embedded import EmbeddedPostgres
from servicekit.settings import read_secret
from servicekit.up import installed

if TYPE_CHECKING:
    from types import TracebackType

SERVICES: Final = ("casework", "letters")
READY_WITHIN_S: Final = 60.0
STOP_S: Final = 80.0
WAIT_S: Final = 20.0
LAST_LINES: Final = 8


class Addresses(NamedTuple):
    """Where the two services listen."""

    casework: str
    letters: str


class Mismatch(Exception):
    """A step did not behave."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found


def hold(*, true: bool, expected: str, found: object) -> None:
    """Go on only if something is true.

    Raises:
        Mismatch: it is not.
    """
    if not true:
        raise Mismatch(expected, str(found))


class World:
    """Both services, up, and everybody's keys. Used by `with`."""

    def __init__(
        self, place: Path, output: Path, addresses: Addresses | None = None, programs: Path | None = None
    ) -> None:
        self.place = place
        self._programs = programs
        self.output = output
        self.casework, self.letters = addresses or Addresses(_free_address(), _free_address())
        self.environment = {
            "PATH": os.defpath,
            **({"EMBEDDED_PG_BIN": str(programs)} if programs else {}),
            "LOCAL_DIR": str(place),
            "ALLOW_SCRATCH_DATABASE": "1",
            "CASEWORK_BIND": self.casework,
            "LETTERS_BIND": self.letters,
            "LETTERS_CASEWORK_URL": f"http://{self.casework}",
            "WEB_WORKERS": "1",
        }
        self.case = ""
        self.tag = ""
        self.seen: dict[str, Any] = {}
        """What was found out on the way, by name: steps look back at it."""
        self._logs = {name: place / f"{name}.log" for name in SERVICES}
        self._held = ExitStack()
        self._client = httpx.Client(timeout=30, trust_env=False)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        """Enter; nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the services, and their server after them."""
        self._client.close()  # Connections that are kept alive would be waited for.
        for process in reversed(self._processes.values()):
            if process.poll() is None:
                process.terminate()
                process.wait(STOP_S)
        self._held.close()

    def start(self) -> None:
        """Bring both services up at once, and wait until both are ready: each waits for what it needs of the other."""
        for name in SERVICES:
            log = self._held.enter_context(self._logs[name].open("wb"))
            self._processes[name] = subprocess.Popen(
                [installed(name), "up"], env=self.environment, cwd=self.place, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + READY_WITHIN_S
        for name, address in zip(SERVICES, (self.casework, self.letters), strict=True):
            while (lacking := probe.lacking(f"http://{address}")) is not None:
                if (code := self._processes[name].poll()) is not None:
                    raise Mismatch(f"{name} up", f"an end with exit {code}\n{self._tail(name)}")
                if time.monotonic() > deadline:
                    raise Mismatch(f"{name} ready within {READY_WITHIN_S:g} s", f"{lacking}\n{self._tail(name)}")
                time.sleep(0.05)

    def database(self, role: str) -> str:
        """Return the URL of casework's database for a role, of the server that the services use."""
        server = EmbeddedPostgres(self.place / "postgres", scratch=True, binaries=self._programs).start()
        self._held.callback(server.release)
        return server.dsn("casework", role)

    def run(self, *words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of casework to its end; without settings where an empty environment is given."""
        return subprocess.run(
            [installed(words[0]), *words[1:]],
            env=self.environment if environment is None else environment,
            cwd=self.place,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def token(self, name: str) -> str:
        """Return somebody's key."""
        return read_secret(self.place / "keys" / f"{name}.token").strip()

    def ask(self, by: str, method: str, url: str, *, expect: int = 200, **request: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        """Ask a service with somebody's key; a write gets an Idempotency-Key of its own unless one is given.

        Raises:
            Mismatch: another status than expected; says what the answer said.
        """
        headers = {"Authorization": f"Bearer {self.token(by)}", **request.pop("headers", {})}
        if method == "POST":
            headers.setdefault("Idempotency-Key", str(uuid4()))
        answer = self._client.request(method, url, headers=headers, **request)
        if answer.status_code != expect:
            raise Mismatch(f"status {expect} of {method} {url}", f"{answer.status_code} {answer.text[:600]}")
        return answer

    def get(self, by: str, path: str, **request: Any) -> Any:  # noqa: ANN401 - JSON
        """Read something of casework."""
        return self.ask(by, "GET", f"http://{self.casework}{path}", **request).json()

    def decide(self, by: str, path: str, facts: dict[str, Any], *, expect: int = 201, **request: Any) -> Any:  # noqa: ANN401 - JSON
        """Take a decision in the case, on the version last seen; return the answer's JSON."""
        headers = {"If-Match": self.tag, **request.pop("headers", {})}
        url = f"http://{self.casework}/v1/incidents/{self.case}/{path}"
        answer = self.ask(by, "POST", url, expect=expect, json=facts, headers=headers, **request)
        self.tag = answer.headers.get("ETag", self.tag)
        return answer.json()

    def upload(self, by: str, path: str, facts: str, file: tuple[str, bytes, str]) -> Any:  # noqa: ANN401 - JSON
        """Send a file with its facts to the case; return the answer's JSON."""
        url = f"http://{self.casework}/v1/incidents/{self.case}/{path}"
        answer = self.ask(by, "POST", url, expect=201, files={"facts": (None, facts), "file": file})
        self.tag = answer.headers["ETag"]
        return answer.json()

    def letter(self, template: str, status: str) -> dict[str, Any]:
        """Wait until the case has a letter of this template in this state; return it.

        Raises:
            Mismatch: it has not, in time.
        """
        deadline = time.monotonic() + WAIT_S
        while True:
            found = self.letters_of_case()
            here = [letter for letter in found if letter["template"] == template]
            if len(here) == 1 and here[0]["status"] == status:
                return here[0]
            if time.monotonic() > deadline:
                states = ", ".join(f"{letter['template']} {letter['status']}" for letter in found) or "none"
                raise Mismatch(f"one letter {template}, {status}, within {WAIT_S:g} s", states)
            time.sleep(0.1)

    def letters_of_case(self) -> list[dict[str, Any]]:
        """Return the letters that there are about the case."""
        url = f"http://{self.letters}/v1/letters"
        found: list[dict[str, Any]] = self.ask("headteacher", "GET", url, params={"case": self.case}).json()["letters"]
        return found

    def keep_logs(self) -> None:
        """Leave what the services said in the output folder."""
        for path in self._logs.values():
            if path.exists():
                shutil.copy(path, self.output / "logs")

    def leave_keys(self) -> None:
        """Leave everybody's keys, and the case's id, for whoever wants to look around."""
        shutil.copytree(self.place / "keys", self.output / "keys", ignore=shutil.ignore_patterns("*.key"))
        (self.output / "case.txt").write_text(f"{self.case}\n", encoding="utf-8")

    def _tail(self, name: str) -> str:
        return "\n".join(self._logs[name].read_text(errors="replace").splitlines()[-LAST_LINES:])


def now() -> str:
    """Return this moment as requests write it."""
    return datetime.now(UTC).isoformat()


def _free_address() -> str:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{asked.getsockname()[1]}"
