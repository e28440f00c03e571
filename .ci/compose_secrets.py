"""The files of ./secrets that docker-compose.yml hands to its containers: made where they are absent, never replaced.

    python .ci/compose_secrets.py SCHOOL        (make secrets SCHOOL=rowanlane)

| file | holds |
|---|---|
| `postgres.password`, `casework_app.password`, `letters_app.password` | a database password each |
| `master.key`, `letters.master.key` | one line `<master id> <64 hex>`: wraps the case keys. Back both up |
| `<school>.record.key` | one line of 64 hex: the seed that signs checkpoints (Ed25519) |
| `letters.token` | letters' API key for casework |

The folder is 0700; the files in it are 0444, because a container's user is not the one who made them. Standard library
only: a machine that runs the containers needs nothing else of this house. A test reads each file with the services'
own code. Each file is synced before it gets its name: two runs at once, or a crash, leave one whole secret each.
"""

import os
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

FOLDER = Path("secrets")


def contents(school: str) -> dict[str, Callable[[], str]]:
    """Return how each file's text is made."""
    return {
        "postgres.password": password,
        "casework_app.password": password,
        "letters_app.password": password,
        "master.key": master_key,
        "letters.master.key": master_key,
        f"{school}.record.key": lambda: f"{secrets.token_hex(32)}\n",
        "letters.token": lambda: f"cwk_{secrets.token_hex(6)}_{secrets.token_urlsafe(32)}\n",
    }


def password() -> str:
    """Make a password without a line's end: Postgres' image takes the whole file."""
    return secrets.token_urlsafe(32)


def master_key() -> str:
    """Make a master key with an id of its own."""
    return f"m{secrets.token_hex(4)} {secrets.token_hex(32)}\n"


def write_absent(path: Path, make: Callable[[], str]) -> bool:
    """Write one secret unless it is there; return whether it was written."""
    if path.exists():
        return False
    part = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444), "w", encoding="ascii") as file:
        file.write(make())
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(part)  # fails if another run was quicker: never over another secret
    except FileExistsError:
        return False
    finally:
        part.unlink()
    return True


def main(school: str) -> int:
    """Make what is absent, and say so; return the exit code."""
    if not re.fullmatch(r"[a-z][a-z0-9]{0,39}", school):
        print(f"expected a school's name such as rowanlane, found {school!r}: make secrets SCHOOL=...", file=sys.stderr)
        return 2
    os.umask(0)
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    FOLDER.chmod(0o700)
    for name, make in contents(school).items():
        print(f"{FOLDER / name}: {'made' if write_absent(FOLDER / name, make) else 'there already'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
