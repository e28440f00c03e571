"""Start the embedded server: its data, its socket's folder, its settings, the postmaster and the guard.

All of this is done by the one process that holds `server.lock` (see `embedded.py`), so nothing of an earlier server
lives: half-made folders, a stale socket and a stale postmaster.pid may be passed over.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from servicekit import _embedded_binaries as binaries
from servicekit._embedded_place import DATA, UNFINISHED, Account, EmbeddedPostgresError, environment

SUPERUSER = "postgres"
PORT = 5432  # Only a part of the socket's name.
SOCKET_FOLDER_BYTES_MAX = 85  # A socket's path has 104 bytes on some systems; `/.s.PGSQL.5432.lock` takes its part.
LOG_BYTES_MAX = 1 << 20
USERS_LOCK = "users.lock"
SERVER_LOCK = "server.lock"
LOG = "server.log"
_BUILTIN_LOCALE_MAJOR = 17
_GUARD = Path(__file__).with_name("_embedded_guard.py")

_ALWAYS = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "60",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What people wrote stays out of the server's log: no statement, parameter or DETAIL of an error.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_SCRATCH = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class Launch(NamedTuple):
    """One start of a server; `lock` is the descriptor of `server.lock`, held, and handed down to what is started."""

    home: Path
    account: Account
    lock: int
    is_scratch: bool
    chosen: Path | None

    def run(self) -> None:
        """Start guard and postmaster, and return while the postmaster still starts."""
        data = self.home / DATA
        found = binaries.find(self.chosen, data)
        for left in self.home.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left)
        programs = binaries.within_reach(found, self.account)
        if not data.exists():
            self._make_data(programs)
        settings = {
            **_ALWAYS,
            **(_SCRATCH if self.is_scratch else _DURABLE),
            # In quotes, spaces belong to the name.
            "unix_socket_directories": '"' + str(self._make_socket_folder()).replace('"', '""') + '"',
        }
        command = [str(programs.folder / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._start_guard(command)

    def _make_data(self, programs: binaries.Binaries) -> None:
        """Make the data whole beside its place, then rename it: killed at any moment, it is there or it is not."""
        made = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.home))
        self.account.own(made)
        options = [f"--pgdata={made}", f"--username={SUPERUSER}", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        options += ["--data-checksums", "--auth-local=trust", "--auth-host=reject"]
        if programs.major >= _BUILTIN_LOCALE_MAJOR:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self.is_scratch:
            options += ["--no-sync"]
        answer = self.account.run(programs.folder / "initdb", *options, pass_fds=(self.lock,))
        if answer.returncode != 0:
            shutil.rmtree(made, ignore_errors=True)
            raise EmbeddedPostgresError(f"initdb in {self.home} failed: {last_lines(answer.stdout)}")
        made.rename(self.home / DATA)
        if not self.is_scratch:
            _fsync(self.home)

    def _make_socket_folder(self) -> Path:
        """Make the folder that the socket lies in: in the temp folder, where clients could not use the home's own path.

        That is one too long for a socket, or with a comma: libpq takes a host with commas for a list of hosts.
        Its name holds the number of the lock file: if the home is deleted while its server runs, the next home's
        server gets another one, which the old server does not remove when it ends.
        """
        number = os.fstat(self.lock).st_ino
        folder = self.home / f"socket-{number}"
        if len(os.fsencode(folder)) > SOCKET_FOLDER_BYTES_MAX or "," in str(folder):
            digest = hashlib.sha256(os.fsencode(self.home / str(number))).hexdigest()[:16]
            folder = _temp_folder(self.account) / f"school-casework-{digest}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            _refuse_strangers(folder, self.account)
            for stale in folder.glob(".s.PGSQL.*"):
                stale.unlink()
        else:
            self.account.own(folder)
        return folder

    def _start_guard(self, command: list[str]) -> None:
        log_path = self.home / LOG
        if log_path.exists() and log_path.stat().st_size > LOG_BYTES_MAX:
            log_path.replace(self.home / f"{LOG}.1")
        users = open_lock(self.home / USERS_LOCK)
        log = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        switch = ["-" if number is None else str(number) for number in (self.account.user, self.account.group)]
        try:
            subprocess.run(
                [sys.executable, "-I", "-S", str(_GUARD), str(users), str(self.lock), *switch, *command],
                cwd="/",
                env=environment() | self._stale_pid(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(users, self.lock),
                start_new_session=True,
                check=True,
            )
        finally:
            os.close(log)
            os.close(users)

    def _stale_pid(self) -> dict[str, str]:
        """Tell the postmaster that the pid in a stale postmaster.pid is none of its concern.

        That number may by now be another process of the same account, for which PostgreSQL would refuse to start. Its
        own variable for this (made for pg_ctl) keeps its other check in force, so the file need not be removed: data
        whose shared memory somebody is attached to, such as a server started here by hand, is still refused.
        """
        try:
            first = (self.home / DATA / "postmaster.pid").read_text("ascii", errors="replace").partition("\n")[0]
        except FileNotFoundError:
            return {}
        return {"PG_GRANDPARENT_PID": first}


def open_lock(path: Path) -> int:
    """Open a lock file, making it if it is not there; the descriptor is not inherited unless passed on."""
    # Read-only is enough for flock.
    return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)


def try_lock(descriptor: int, how: int) -> bool:
    """Take a lock (LOCK_SH, LOCK_EX) if that needs no waiting; tell whether it was got."""
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def last_lines(text: str) -> str:
    """Shorten a log to what belongs in an error."""
    return " | ".join(text.strip().splitlines()[-10:]) or "(empty)"


def _temp_folder(account: Account) -> Path:
    for folder in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - the folder made in it is 0700
        is_usable = len(os.fsencode(folder)) < SOCKET_FOLDER_BYTES_MAX // 2 and "," not in str(folder)
        if is_usable and account.can_enter(folder):
            return folder
    raise EmbeddedPostgresError(f"no temp folder for the socket that {account.name} can enter: set TMPDIR to one")


def _refuse_strangers(folder: Path, account: Account) -> None:
    found = folder.lstat()
    expected = os.geteuid() if account.user is None else account.user
    if folder.is_symlink() or found.st_uid != expected or found.st_mode & 0o077:
        raise EmbeddedPostgresError(f"{folder} is not a folder of {account.name} alone: remove it")


def _fsync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
