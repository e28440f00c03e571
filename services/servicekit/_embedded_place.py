"""Where an embedded server may live, and which account runs it.

PostgreSQL refuses to run as root. So root runs it as `postgres`, else `nobody`, and a home which that account cannot
enter (a checkout that is 0700, a home below /root) moves to /var/lib/school-casework/<hash of the path>; programs that
it cannot run are copied to beside that, see `_embedded_binaries.py`. No account is made, and nothing that was there
before changes its owner or mode. Anybody else runs the server as themselves, in place.

Data that exists decides: its owner runs it, where it is. A record is never left behind for a new, empty one.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import subprocess
from pathlib import Path
from typing import NamedTuple

DATA = "data"
UNFINISHED = "new-"  # Begins the name of a folder that is being made; whole, it is renamed.
SHARED = Path("/var/lib/school-casework")  # Homes that moved, and copies of server programs.
_SERVICE_ACCOUNTS = ("postgres", "nobody")


class EmbeddedPostgresError(Exception):
    """The embedded server cannot run: the message says what was expected, what was found, and the way out."""


class Account(NamedTuple):
    """Who runs the server; `user` and `group` are None where that is simply the caller."""

    name: str
    user: int | None = None
    group: int | None = None

    @property
    def extra_groups(self) -> list[int] | None:
        """Answer the groups to keep when switching: none of the caller's."""
        return None if self.user is None else []

    def run(self, *command: str | Path, pass_fds: tuple[int, ...] = ()) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as this account, output and errors together, without a terminal."""
        return subprocess.run(
            command,
            user=self.user,
            group=self.group,
            extra_groups=self.extra_groups,
            cwd="/",  # The caller's own folder may be out of this account's reach.
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=pass_fds,
            check=False,
        )

    def can_enter(self, folder: Path) -> bool:
        """Try it, as ACLs and mounts count too and the mode alone does not tell."""
        return self.user is None or self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", folder).returncode == 0

    def own(self, path: Path) -> None:
        """Hand over something that we have just made."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


def environment() -> dict[str, str]:
    """Answer the whole environment of the server's programs: no PG* variable, locale or secret of the caller's."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def place(wanted: Path) -> tuple[Path, Account]:
    """Decide the home and the account for a home that was asked for; nothing is made yet.

    Raises:
        EmbeddedPostgresError: data exists where its owner cannot enter, or root has no account to run a server as.
    """
    home = wanted.resolve()
    if os.geteuid() != 0:
        return home, Account(pwd.getpwuid(os.geteuid()).pw_name if _is_known(os.geteuid()) else str(os.geteuid()))
    moved = _moved(home)
    for existing in (home, moved):
        if (existing / DATA).is_dir():
            account = _owner(existing / DATA)
            _confirm(existing, account)
            break
    else:
        account = _service_account()
        nearest = next(folder for folder in (home, *home.parents) if folder.exists())
        existing = home if account.can_enter(nearest) else moved
    return existing, account


def make_home(home: Path, account: Account) -> None:
    """Make the home and what is missing above it: root's are 0711, so that the server's account can pass through."""
    if account.user is None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    # A mode given to mkdir is cut by the umask, and a chmod afterwards would show others a home out of reach.
    before = os.umask(0o066)
    try:
        home.mkdir(parents=True, exist_ok=True)
    finally:
        os.umask(before)


def _moved(home: Path) -> Path:
    return SHARED / hashlib.sha256(os.fsencode(home)).hexdigest()[:16]


def _confirm(home: Path, account: Account) -> None:
    if not account.can_enter(home):
        raise EmbeddedPostgresError(
            f"{home / DATA} holds a database of {account.name}, who can no longer enter {home}: "
            "give that account the right to pass through (chmod o+x) the folders above it"
        )


def _owner(data: Path) -> Account:
    found = data.stat()
    if found.st_uid == 0:
        raise EmbeddedPostgresError(f"{data} belongs to root, as whom no server runs: chown -R postgres {data}")
    name = pwd.getpwuid(found.st_uid).pw_name if _is_known(found.st_uid) else str(found.st_uid)
    return Account(name, found.st_uid, found.st_gid)


def _service_account() -> Account:
    for name in _SERVICE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        f"root cannot run a database server, and there is no account {' or '.join(_SERVICE_ACCOUNTS)}: "
        "call this as another user, or set DATABASE_URL to a running server"
    )


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True
