"""Homes for embedded servers, processes that hold them, and the killing of either."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

import psycopg
import pytest

SERVICES = Path(__file__).parents[2] / "services"
SITE_PACKAGES = sysconfig.get_path("purelib")
HOLDER = Path(__file__).with_name("holder.py")


class User(NamedTuple):
    """Who runs a service in a test, and the Python that they can run."""

    name: str
    python: str
    uid: int | None = None
    gid: int | None = None


class Holder:
    """A process that holds the server of a home."""

    def __init__(self, user: User, home: Path, *words: str, environ: dict[str, str] | None = None) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [user.python, str(HOLDER), str(home), *words],
            user=user.uid,
            group=user.gid,
            extra_groups=None if user.uid is None else [],
            cwd="/",
            env=_environment() | (environ or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read(self) -> str:
        """Wait for the next line: the URL, then the numbers of rows."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.read(), autocommit=True)

    def kill(self) -> list[str]:
        """Kill -9; answer the whole lines that it had printed and nobody had read."""
        self.process.kill()
        assert self.process.stdout is not None
        return [line.strip() for line in self.process.stdout.readlines() if line.endswith("\n")]

    def end(self) -> None:
        """Let it release the server and exit."""
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        with self.process:
            self.process.kill()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Answer an empty folder that any account may enter, in memory where there is some."""
    memory = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(prefix="school-casework-trial-", dir=memory if memory.is_dir() else None))
    made.chmod(0o755)
    yield made
    # What a failed test left running stops, as its users are gone.
    for lock in made.rglob("server.lock"):
        wait_until(partial(is_stopped, lock.parent))
    shutil.rmtree(made)


@pytest.fixture(params=["caller", "nobody"])
def user(request: pytest.FixtureRequest, folder: Path) -> User:
    """Answer whoever runs the tests, then, if that is root, an ordinary account; the folder is theirs."""
    if request.param == "caller":
        return User("caller", sys.executable)
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary account already")
    entry = pwd.getpwnam("nobody")
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        ordinary = User("nobody", python, entry.pw_uid, entry.pw_gid)
        with suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(
                [python, "-c", "import psycopg, servicekit.embedded"],
                user=entry.pw_uid,
                group=entry.pw_gid,
                extra_groups=[],
                cwd="/",
                env=_environment(),
                capture_output=True,
                check=True,
            )
            return ordinary
    pytest.skip(f"nobody can run neither this Python {sys.version_info.minor} nor one of the system")


def wait_until(holds: Callable[[], bool], within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.01)


def is_stopped(home: Path) -> bool:
    """Tell whether no postmaster and no backend of a home lives: the lock that all of them hold is free."""
    with (home / "server.lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def postmaster_of(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().partition("\n")[0])


def guard_of(home: Path) -> int:
    return dict(_processes())[postmaster_of(home)]


def all_of(home: Path) -> list[int]:
    """Answer postmaster, backends and guard."""
    postmaster = postmaster_of(home)
    return [postmaster, *(pid for pid, parent in _processes() if parent == postmaster), guard_of(home)]


def kill(*pids: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # It ended with the one before it.
            os.kill(pid, signal.SIGKILL)


def rows_of(connection: psycopg.Connection) -> set[int]:
    return {n for (n,) in connection.execute("SELECT n FROM kept")}


def _processes() -> Iterator[tuple[int, int]]:
    """Answer every process and its parent."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        yield from ((int(pid), int(parent)) for pid, parent in map(str.split, listed.splitlines()))
        return
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # It has just ended.
            # Field 2 is the program's name in parentheses, whatever that holds; 4 is the parent.
            yield int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": f"{SERVICES}:{SITE_PACKAGES}", "PYTHONDONTWRITEBYTECODE": "1"}
