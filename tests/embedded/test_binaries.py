"""Which server's programs are taken, and what is said where there are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from servicekit import _embedded_binaries as binaries
from servicekit.embedded import EmbeddedPostgres, EmbeddedPostgresError


def test_folder_that_the_caller_names_comes_first(folder: Path) -> None:
    found = binaries.find(None, folder / "data")
    named = folder / "named"
    named.symlink_to(found.folder)
    assert binaries.find(named, folder / "data").source == f"EMBEDDED_PG_BIN ({named})"


def test_named_folder_without_a_server_is_not_passed_over(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=f"no initdb in {folder}") as raised:
        EmbeddedPostgres(folder / "home", binaries=folder).start()
    assert "EMBEDDED_PG_BIN" in str(raised.value)
    assert "DATABASE_URL" in str(raised.value)


def test_programs_that_do_not_run_are_named_with_what_they_said(folder: Path) -> None:
    for program in ("initdb", "postgres"):
        (folder / program).write_text("#!/bin/sh\necho wrong machine\nexit 1\n")
        (folder / program).chmod(0o755)
    with pytest.raises(EmbeddedPostgresError, match="said 'wrong machine'"):
        binaries.find(folder, folder / "data")


def test_data_of_another_major_is_refused_and_left_alone(folder: Path) -> None:
    data = folder / "home" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    if os.geteuid() == 0:
        os.chown(data, 65534, 65534)
    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL 9 found.*was made by 9"):
        EmbeddedPostgres(folder / "home").start()
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_data_takes_the_server_of_its_own_major(folder: Path) -> None:
    installed = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if not installed:
        pytest.skip("no server in /usr/lib/postgresql")
    for folder_of_programs in installed:
        major = folder_of_programs.parent.name
        data = folder / major
        data.mkdir()
        (data / "PG_VERSION").write_text(f"{major}\n")
        assert binaries.find(None, data).major == int(major)
