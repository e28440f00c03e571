"""PostgreSQL's own pgbench: clients that repeat one script, written in C and timed by itself.

It is what a database gives at most, asked for the same: no interpreter, nothing built, nothing checked. It comes with
the server's programs, from wherever the embedded server takes them, or from PATH.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from benchmarks.letters_service import BINARIES
from servicekit._embedded_binaries import find
from servicekit.embedded import EmbeddedPostgresError

CURE: Final = "no pgbench: install PostgreSQL's client programs, or let EMBEDDED_PG_BIN name a folder that has it"
_RATE: Final = re.compile(r"^tps = (?P<rate>[0-9.]+) \(without initial connection time\)$", re.MULTILINE)


def program() -> Path | None:
    """Return pgbench, if this machine has it."""
    chosen = os.environ.get(BINARIES)
    try:
        beside = find(Path(chosen) if chosen else None, Path("no data yet")).folder / "pgbench"
    except EmbeddedPostgresError:
        beside = None
    if beside is not None and os.access(beside, os.X_OK):
        return beside
    on_path = shutil.which("pgbench")
    return Path(on_path) if on_path else None


def seconds_each(pgbench: Path, dsn: str, script: str, *, clients: int, each: int) -> float:
    """Let so many clients run a script so many times each; return seconds by the clock for one, without connecting.

    In the script, `:client_id` counts the clients from 0, and `:n` is 0 until the script sets it.

    Raises:
        RuntimeError: it failed, or some of it did.
    """
    options = ["--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--transactions={each}", "--define=n=0"]
    command = [str(pgbench), *options, "--file=-", dsn]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    found = _RATE.search(done.stdout)
    if done.returncode or found is None or f"processed: {clients * each}/{clients * each}\n" not in done.stdout:
        raise RuntimeError(f"pgbench: expected {clients * each} transactions, found {done.stdout}{done.stderr}")
    return 1 / float(found["rate"])
