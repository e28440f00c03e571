"""Killing (-9) any part of an embedded server: it stops or starts again, and every acknowledged row is there."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from servicekit.embedded import EmbeddedPostgres
from tests.embedded.fix_embedded import (
    Holder,
    User,
    all_of,
    guard_of,
    is_stopped,
    kill,
    postmaster_of,
    rows_of,
    wait_until,
)

ROWS = 50


def _inserting(holder: Holder) -> set[int]:
    """Read the URL and the numbers of some rows."""
    assert holder.read().startswith("postgresql://")
    return {int(holder.read()) for _ in range(ROWS)}


def test_server_stops_by_itself_when_its_only_client_is_killed_in_mid_insert(user: User, folder: Path) -> None:
    home = folder / "home"
    with Holder(user, home, "insert") as holder:
        acknowledged = _inserting(holder)
        acknowledged |= {int(line) for line in holder.kill()}
    wait_until(lambda: is_stopped(home))
    with Holder(user, home) as again, again.connect() as connection:
        assert acknowledged <= rows_of(connection)


def test_next_start_recovers_after_everything_was_killed(user: User, folder: Path) -> None:
    home = folder / "home"
    with Holder(user, home, "insert") as holder:
        acknowledged = _inserting(holder)
        kill(*all_of(home))
        acknowledged |= {int(line) for line in holder.kill()}
    with Holder(user, home) as again, again.connect() as connection:
        assert acknowledged <= rows_of(connection)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has ended")
def test_server_stops_by_itself_when_its_clients_and_its_guard_are_killed(user: User, folder: Path) -> None:
    home = folder / "home"
    with Holder(user, home, "scratch") as holder:
        holder.read()
        guard = guard_of(home)
        holder.kill()
        kill(guard)
    wait_until(lambda: is_stopped(home))


def test_start_at_once_after_the_postmaster_was_killed_recovers(folder: Path) -> None:
    with EmbeddedPostgres(folder / "home") as server:
        before = server.dsn("postgres", "postgres")
        with psycopg.connect(before, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        kill(postmaster_of(server.home))
        server.start()
        assert server.dsn("postgres", "postgres") == before
        with psycopg.connect(before) as connection:
            assert rows_of(connection) == {1}


def test_start_waits_for_a_busy_backend_that_outlives_its_postmaster(folder: Path) -> None:
    with EmbeddedPostgres(folder / "home", scratch=True) as server:
        dsn = server.dsn("postgres", "postgres")
        loop = "DO $$ BEGIN WHILE clock_timestamp() < now() + interval '1 s' LOOP END LOOP; END $$"
        busy = subprocess.Popen(
            [sys.executable, "-c", "import psycopg, sys; psycopg.connect(sys.argv[1]).execute(sys.argv[2])", dsn, loop],
            stderr=subprocess.DEVNULL,
        )
        with psycopg.connect(dsn, autocommit=True) as connection:
            count = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %%' AND state = 'active'"
            wait_until(lambda: connection.execute(count).fetchone() == (1,))
        began = time.monotonic()
        kill(postmaster_of(server.home))
        server.start()
        assert time.monotonic() - began > 0.5  # The loop was waited for, not run over.
        with psycopg.connect(server.dsn("postgres", "postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        busy.wait()


def test_stale_pid_that_is_now_another_process_stops_no_start_and_harms_no_process(user: User, folder: Path) -> None:
    home = folder / "home"
    with Holder(user, home, "scratch") as holder:
        holder.read()
        kill(*all_of(home))
    wait_until(lambda: is_stopped(home))
    stale = home / "data" / "postmaster.pid"
    owner = stale.stat()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=owner.st_uid, group=owner.st_gid) as innocent:
        lines = stale.read_text().split("\n")
        stale.write_text("\n".join([str(innocent.pid), *lines[1:]]))
        with Holder(user, home, "scratch") as again, again.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        wait_until(lambda: is_stopped(home))
        assert innocent.poll() is None


def test_first_start_that_was_killed_leaves_nothing_half_made(user: User, folder: Path) -> None:
    home = folder / "home"
    with Holder(user, home, "scratch") as holder:
        wait_until(lambda: any(home.glob("new-*/PG_VERSION")))
        holder.kill()
    assert not (home / "data").exists()
    with Holder(user, home, "scratch") as again, again.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert not list(home.glob("new-*"))
