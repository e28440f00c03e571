"""A real PostgreSQL server that lives as long as somebody uses it, for a machine where none was set up.

    with EmbeddedPostgres(Path(".local/postgres")) as server:
        psycopg.connect(server.dsn("postgres", "postgres"))

Any number of processes may use one home at once: the first starts the server, the others join it, and it stops after
the last has gone, also if that one was killed. Nothing is written down about who uses what, as notes go stale when
their writer dies. Two locks of the kernel (flock, held by an open file until its last holder has ended) say it all:

- `users.lock` is held by every user, shared. The guard, which is the postmaster's parent, waits for it alone; see
  `_embedded_guard.py`. Whoever cannot share it finds a server that is stopping, and waits for the end of that.
- `server.lock` is held by whoever starts the server, and is handed down to initdb, or to the postmaster and its
  backends. Whoever gets it knows that nothing of the server lives, and starts one; see `_embedded_launch.py`.
  Whoever does not waits, until the server answers or the lock is free.

Only a socket in a folder of mode 0700 leads to the server: who may enter that is trusted, in any role; what a role may
do is Postgres's matter. There is no TCP. Data is durable, unless `scratch` asks for speed instead.

In `home`: `data`, the two locks, `server.log` and the socket's folder. As root, `home` may not be where it was asked
for, see `_embedded_place.py`; the attribute tells.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from servicekit._embedded_launch import LOG, PORT, SERVER_LOCK, USERS_LOCK, Launch, last_lines, open_lock, try_lock
from servicekit._embedded_place import DATA, Account, EmbeddedPostgresError, make_home, place

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
_POLL_S = 0.01
_PID_FILE_LINES = 8
_log = logging.getLogger(__name__)


class EmbeddedPostgres:
    """One user's hold on the server of a home."""

    def __init__(self, home: Path, *, scratch: bool = False, binaries: Path | None = None) -> None:
        """Name the home; `start` does the rest. `binaries`: a folder with initdb and postgres, instead of any other."""
        self.home = home
        self._wanted = home
        self._is_scratch = scratch
        self._chosen = binaries
        self._users: int | None = None
        self._socket_folder: Path | None = None

    def start(self) -> Self:
        """Hold the server, starting it if nobody has; called again, recover one that was killed.

        Raises:
            EmbeddedPostgresError: it cannot start; says what was expected and found, with the end of the server's log.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        try:
            self.home, account = place(self._wanted)
            make_home(self.home, account)
            self._hold(deadline)
            self._socket_folder = self._bring_up(account, deadline)
        except BaseException as error:
            self._let_go()
            if isinstance(error, OSError | subprocess.SubprocessError):
                raise EmbeddedPostgresError(f"the database server in {self.home} cannot start: {error}") from error
            raise
        return self

    def dsn(self, database: str, role: str) -> str:
        """Answer the URL of a database for a role; the superuser is `postgres`."""
        if self._socket_folder is None:
            raise EmbeddedPostgresError("the database server has no address before start()")
        host = quote(os.fsencode(self._socket_folder), safe="")
        return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def release(self) -> None:
        """Let go; if nobody else holds the server, wait until it has stopped."""
        if self._users is None:
            return
        self._let_go()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        try:
            while time.monotonic() < deadline and not self._is_in_use() and not self._is_stopped():
                time.sleep(_POLL_S)
        except FileNotFoundError:  # The home was deleted: what is left of its server stops all the same.
            return

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release."""
        self.release()

    def _hold(self, deadline: float) -> None:
        """Become one of the users of this very home; an earlier hold may be on one that was deleted since."""
        path = self.home / USERS_LOCK
        while True:
            if self._users is None:
                self._users = open_lock(path)
            if not try_lock(self._users, fcntl.LOCK_SH):
                _wait(deadline, f"the database server in {self.home} has not stopped in time")
            elif path.exists() and os.path.samestat(os.fstat(self._users), path.stat()):
                return
            else:
                self._let_go()

    def _let_go(self) -> None:
        # Closed, not unlocked: a process forked from this one shares the open file, and stays a user.
        if self._users is not None:
            os.close(self._users)
        self._users = None
        self._socket_folder = None

    def _bring_up(self, account: Account, deadline: float) -> Path:
        """Answer the socket's folder of a server that takes connections, after starting one if none lives."""
        is_launched = False
        while True:
            lock = open_lock(self.home / SERVER_LOCK)
            try:
                if try_lock(lock, fcntl.LOCK_EX):
                    if is_launched:
                        raise EmbeddedPostgresError(f"the database server has ended while starting: {self._log_end()}")
                    Launch(self.home, account, lock, self._is_scratch, self._chosen).run()
                    is_launched = True
                    if self.home != self._wanted:
                        told = (account.name, self._wanted, self.home)
                        _log.warning("%s, who runs the database server, cannot enter %s: it lives in %s", *told)
            finally:
                os.close(lock)  # The server, if there is one now, holds it on.
            found = _answering(self.home / DATA)
            if found:
                return found
            _wait(deadline, f"the database server in {self.home} does not answer: {self._log_end()}")

    def _is_in_use(self) -> bool:
        """Tell whether others hold the server: their lock is shared, while a guard that is stopping holds it alone."""
        users = os.open(self.home / USERS_LOCK, os.O_RDONLY)
        try:
            return not try_lock(users, fcntl.LOCK_EX) and try_lock(users, fcntl.LOCK_SH)
        finally:
            os.close(users)

    def _is_stopped(self) -> bool:
        lock = os.open(self.home / SERVER_LOCK, os.O_RDONLY)
        try:
            return try_lock(lock, fcntl.LOCK_EX)
        finally:
            os.close(lock)

    def _log_end(self) -> str:
        try:
            return f"{self.home / LOG} ends in: {last_lines((self.home / LOG).read_text('utf-8', errors='replace'))}"
        except FileNotFoundError:
            return f"there is no {self.home / LOG}"


def _wait(deadline: float, complaint: str) -> None:
    if time.monotonic() > deadline:
        raise EmbeddedPostgresError(complaint)
    time.sleep(_POLL_S)


def _answering(data: Path) -> Path | None:
    """Answer the socket's folder of a server that takes connections, as its postmaster.pid says.

    Line 2 is the data it runs on (a copied home brings the file of another server), 5 the folder, 8 the state.
    """
    try:
        lines = (data / "postmaster.pid").read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    if len(lines) < _PID_FILE_LINES or lines[1] != os.fsencode(data) or lines[7].strip() != b"ready":
        return None
    folder = Path(os.fsdecode(lines[4]))
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(os.fsencode(folder / f".s.PGSQL.{PORT}"))
        except OSError:  # What the file says is stale, or the server is going down.
            return None
    return folder
