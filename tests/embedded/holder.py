"""Hold an embedded server, as a service does. Run as a script, so that it can be killed or run by another account.

    python holder.py HOME [scratch] [insert]

Prints the server's URL; with `insert`, adds rows one by one and prints each number after its commit, until killed.
Otherwise it holds the server until its standard input is closed.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from servicekit.embedded import EmbeddedPostgres


def main(home: Path, *words: str) -> None:
    with EmbeddedPostgres(home, scratch="scratch" in words) as server:
        dsn = server.dsn("postgres", "postgres")
        print(dsn, flush=True)  # noqa: T201 - the parent reads it
        if "insert" in words:
            _insert(dsn)
        sys.stdin.read()


def _insert(dsn: str) -> None:
    import psycopg  # noqa: PLC0415 - the other holders start quicker without it

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n integer PRIMARY KEY)")
        for n in itertools.count(1):
            connection.execute("INSERT INTO kept VALUES (%s)", (n,))
            print(n, flush=True)  # noqa: T201 - acknowledged


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
