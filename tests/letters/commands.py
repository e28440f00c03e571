"""The real commands of letters, as processes of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LETTERS = str(Path(sys.executable).with_name("letters"))
PATIENCE_S = 30
KEPT = frozenset({"PATH", "HOME", "TMPDIR", "LANG", "PYTHONPATH"})
"""What commands take over from the environment of the tests: the same code, first of all."""


class Commands:
    """Runs commands under some settings."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME", "TMPDIR", "LANG", "PYTHONPATH"}
        }
        self.environ = {**kept, **environ}

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, and expect that exit code."""
        done = subprocess.run(
            [LETTERS, *words], capture_output=True, text=True, env=self.environ, check=False, timeout=PATIENCE_S
        )
        assert done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words: str, code: int = 0) -> dict[str, Any]:
        """Run a command with `--json`; return the one document."""
        document: dict[str, Any] = json.loads(self.run(*words, "--json", code=code).stdout)
        return document

    @contextmanager
    def started(self, *words: str, folder: Path) -> Iterator["Started"]:
        """Start a command that goes on; it is stopped at the end if the test did not."""
        begun = Started([LETTERS, *words], self.environ, folder)
        try:
            yield begun
        finally:
            begun.end()


class Started:
    """A command that goes on until it is stopped. What it writes lies in two files."""

    def __init__(self, argv: list[str], environ: Mapping[str, str], folder: Path) -> None:
        self._out, self._err = (folder / f"{time.monotonic_ns()}.{name}" for name in ("out", "err"))
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(argv, stdout=out, stderr=err, env=dict(environ))

    @property
    def said(self) -> str:
        """Return its result so far."""
        return self._out.read_text()

    @property
    def noted(self) -> str:
        """Return its notes and log so far."""
        return self._err.read_text()

    def hear(self, words: str) -> None:
        """Wait until it says this, on either stream."""
        try:
            eventually(lambda: words in self.said or words in self.noted or self.process.poll() is not None)
        finally:
            assert words in self.said + self.noted, f"waited for {words!r}, found:\n{self.said}\n{self.noted}"

    def stop(self) -> float:
        """Ask it to stop as the system does; return how long that took."""
        began = time.monotonic()
        self.process.terminate()
        assert self.process.wait(PATIENCE_S) == 0, self.noted
        return time.monotonic() - began

    def end(self) -> None:
        """Make sure that it is gone."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def child(self, name: str) -> int:
        """Return the process id of a child by the command it runs."""
        return next(pid for pid, words in children(self.process.pid) if name in words)


def children(parent: int) -> list[tuple[int, list[str]]]:
    """Return the children of a process, each with its command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append((int(entry.name), (entry / "cmdline").read_text().split("\0")))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def eventually(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
