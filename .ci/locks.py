"""The three lock files: what each is made from, whether it still fits, and how it is made again.

    python .ci/locks.py check    says which lock no longer fits pyproject.toml, and stops with 1
    python .ci/locks.py write    makes all three again, with the uv that stands beside this Python

The first line of a lock is the SHA-256 of the dependency tables it was made from, so that a change of pyproject.toml
that was not locked is seen without a network. Standard library only: this runs before anything is installed.
It stands in `.ci` because it looks after the checkout, and is neither part of the services nor a test.
"""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNIVERSAL = ["--universal", "--python-version", "3.11", "--generate-hashes"]
NAMELESS = ["--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]

LOCKS = {
    "requirements.lock": ["pyproject.toml"],
    "requirements-dev.lock": ["pyproject.toml", "--group", "dev"],
    "requirements-embedded.lock": ["-", "--no-deps"],  # the server's wheel alone, by its line in pyproject.toml
}
"""The locks, and what uv compiles each from."""


def made_from(lock: str) -> str:
    """Return the hash of the dependency tables that this lock is made from."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = tables["project"]
    read = {
        "requirements.lock": [project["dependencies"]],
        "requirements-dev.lock": [project["dependencies"], tables["dependency-groups"]],
        "requirements-embedded.lock": [project["optional-dependencies"]["embedded"]],
    }[lock]
    return hashlib.sha256(json.dumps([project["requires-python"], *read], sort_keys=True).encode()).hexdigest()


def check() -> int:
    """Name the locks that no longer fit, and the cure; return the exit code."""
    stale = [lock for lock in LOCKS if _first_line(lock) != f"# made from {made_from(lock)}"]
    if stale:
        print(f"not made from what pyproject.toml names now: {', '.join(stale)}: make lock", file=sys.stderr)
    return 1 if stale else 0


def write() -> int:
    """Make all locks again; pins that still fit are kept."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    embedded = "\n".join(tables["project"]["optional-dependencies"]["embedded"])
    uv = Path(sys.executable).with_name("uv")
    for lock, source in LOCKS.items():
        path = ROOT / lock
        command = [str(uv), "pip", "compile", *source, *UNIVERSAL, *NAMELESS, "--output-file", lock]
        subprocess.run(command, cwd=ROOT, input=embedded, text=True, check=True)
        path.write_text(f"# made from {made_from(lock)}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
        print(f"{lock}: {path.read_text(encoding='utf-8').count('==')} packages")
    return 0


def _first_line(lock: str) -> str:
    path = ROOT / lock
    return path.read_text(encoding="utf-8").partition("\n")[0] if path.exists() else ""


if __name__ == "__main__":
    sys.exit({"check": check, "write": write}[sys.argv[1]]())
