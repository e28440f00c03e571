"""Where a server lives and who runs it: odd paths, root, and folders that its account cannot enter."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from servicekit import _embedded_binaries as binaries
from servicekit import _embedded_place as places
from servicekit.embedded import EmbeddedPostgres, EmbeddedPostgresError
from tests.embedded.fix_embedded import Holder, User, postmaster_of

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs the server as themselves, in place")


@pytest.mark.parametrize("name", ["two words", "Schüler 'Öst' \"x\" 100% \\"])
def test_home_may_be_called_anything(user: User, folder: Path, name: str) -> None:
    with Holder(user, folder / name, "scratch") as holder, holder.connect() as connection:
        assert Path(connection.info.host).parent == folder / name


@pytest.mark.parametrize("name", ["long" * 30, "comma, comma"])
def test_socket_lies_in_the_temp_folder_if_clients_could_not_use_the_path(user: User, folder: Path, name: str) -> None:
    with Holder(user, folder / name, "scratch") as holder:
        with holder.connect() as connection:
            lies = Path(connection.info.host)
        assert lies.parent == Path(tempfile.gettempdir())
        assert lies.stat().st_mode & 0o777 == 0o700
        holder.end()
    lies.rmdir()


@as_root
def test_root_runs_the_server_as_another_and_changes_no_folder_it_did_not_make(folder: Path) -> None:
    before = [(path.stat().st_mode, path.stat().st_uid) for path in (folder, *folder.parents)]
    with EmbeddedPostgres(folder / "made" / "home", scratch=True) as server:
        runs_as = Path(f"/proc/{postmaster_of(server.home)}").stat().st_uid
        assert pwd.getpwuid(runs_as).pw_name in ("postgres", "nobody")
        assert (server.home / "data").stat().st_uid == runs_as
        assert server.home.stat().st_uid == 0
    assert [(path.stat().st_mode, path.stat().st_uid) for path in (folder, *folder.parents)] == before


@as_root
def test_root_runs_the_server_of_a_users_home_as_that_user(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    home = folder / "home"
    with EmbeddedPostgres(home, scratch=True):
        pass
    for path in [home, *home.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    with EmbeddedPostgres(home, scratch=True) as server:
        assert (server.home / "data" / "postmaster.pid").stat().st_uid == nobody.pw_uid


@pytest.fixture
def checkout(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Answer a folder that root alone may enter, with an installed server in it."""
    monkeypatch.setattr(places, "SHARED", folder / "shared")
    monkeypatch.setattr(binaries, "SHARED", folder / "shared")
    made = folder / "checkout"
    made.mkdir(mode=0o700)
    found = binaries.find(None, made / "data")
    package = found.folder.parent.parent
    shutil.copytree(found.folder.parent, made / package.name / found.folder.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, made / libraries.name)
    return made


@as_root
def test_root_in_a_private_checkout_gets_a_home_and_programs_elsewhere(
    checkout: Path, caplog: pytest.LogCaptureFixture
) -> None:
    package = next(path for path in checkout.iterdir() if not path.name.endswith(".libs"))
    server = EmbeddedPostgres(checkout / "home", scratch=True, binaries=next(package.glob("*/bin")))
    for lines in (2, 1):  # The second start finds data and programs there, and copies nothing.
        with caplog.at_level(logging.WARNING), server:
            assert server.home == places._moved(checkout / "home")
            with psycopg.connect(server.dsn("postgres", "postgres")) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        assert [str(places.SHARED) in record.message for record in caplog.records] == [True] * lines
        caplog.clear()
    assert not (checkout / "home").exists()
    assert checkout.stat().st_mode & 0o777 == 0o700


@as_root
def test_data_that_went_out_of_reach_is_not_replaced_by_an_empty_database(folder: Path) -> None:
    home = folder / "checkout" / "home"
    with EmbeddedPostgres(home, scratch=True):
        pass
    home.parent.chmod(0o700)
    with pytest.raises(EmbeddedPostgresError, match="can no longer enter"):
        EmbeddedPostgres(home, scratch=True).start()
