"""One home has one server, however many start at once, and it stops after the last has gone."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from servicekit.embedded import EmbeddedPostgres
from tests.embedded.fix_embedded import Holder, User, is_stopped, postmaster_of, wait_until


def test_eight_first_starts_at_once_make_one_server_for_all(user: User, folder: Path) -> None:
    home = folder / "home"
    with ExitStack() as stack:
        holders = [stack.enter_context(Holder(user, home, "scratch")) for _ in range(8)]
        urls = {holder.read() for holder in holders}
        assert len(urls) == 1
        with psycopg.connect(urls.pop()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert sorted(path.name.partition("-")[0] for path in home.iterdir()) == [
            "data",
            "server.lock",
            "server.log",
            "socket",
            "users.lock",
        ]
    wait_until(lambda: is_stopped(home))


@pytest.mark.parametrize("first", [0, 1])
def test_two_services_share_a_server_that_stops_after_the_second(user: User, folder: Path, first: int) -> None:
    home = folder / "home"
    with (
        Holder(user, home, "scratch") as starter,
        starter.connect() as connection,
        Holder(user, home, "scratch") as joiner,
    ):
        joiner.read()
        postmaster = postmaster_of(home)
        pair = [starter, joiner]
        pair.pop(first).end()
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert postmaster_of(home) == postmaster
        connection.close()
        pair.pop().end()
    assert is_stopped(home)
    assert not (home / "data" / "postmaster.pid").exists()  # It was stopped in order, not killed.


def test_process_forked_from_a_user_is_a_user_too(folder: Path) -> None:
    # As a gunicorn worker is, whose master holds the server: it finishes its requests when the master is killed.
    home = folder / "home"
    script = (
        "import os, sys, time; from pathlib import Path; from servicekit.embedded import EmbeddedPostgres\n"
        "EmbeddedPostgres(Path(sys.argv[1]), scratch=True).start()\n"
        "if os.fork() == 0: sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(home)], stdin=subprocess.PIPE) as master:
        wait_until(lambda: master.poll() is not None)
        with EmbeddedPostgres(home) as server, psycopg.connect(server.dsn("postgres", "postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert not is_stopped(home)
    wait_until(lambda: is_stopped(home))


def test_start_after_release_starts_anew(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "home", scratch=True)
    for _ in range(2):
        with server.start(), psycopg.connect(server.dsn("postgres", "postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert is_stopped(server.home)


def test_home_deleted_while_its_server_runs_is_made_anew(folder: Path) -> None:
    home = folder / "home"
    old = EmbeddedPostgres(home, scratch=True).start()
    with (home / "server.lock").open() as lock:
        shutil.rmtree(home)
        with EmbeddedPostgres(home, scratch=True) as new:
            old.release()
            fcntl.flock(lock, fcntl.LOCK_EX)  # What is left of the old home ends, and spares the new one.
            with psycopg.connect(new.dsn("postgres", "postgres")) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)


def test_copy_of_a_home_in_use_leads_to_a_server_of_its_own(folder: Path) -> None:
    with EmbeddedPostgres(folder / "home", scratch=True) as server:
        shutil.copytree(server.home, folder / "copy", ignore=lambda _, names: [n for n in names if n[0] == "."])
        if os.geteuid() == 0:
            owner = (server.home / "data").stat()
            for path in [folder / "copy" / "data", *(folder / "copy" / "data").rglob("*")]:
                os.chown(path, owner.st_uid, owner.st_gid)
        with EmbeddedPostgres(folder / "copy", scratch=True) as copy:
            assert copy.dsn("postgres", "postgres") != server.dsn("postgres", "postgres")
            with psycopg.connect(copy.dsn("postgres", "postgres")) as connection:
                shown = connection.execute("SHOW data_directory").fetchone()
            assert shown == (str(folder / "copy" / "data"),)
