"""`make secrets` writes what docker-compose.yml hands out, in the form the services read, and never a second time."""

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from servicekit.credentials import parse_key
from servicekit.sealing import MasterKeys
from tests.compose_file import ENVIRONMENT, ROOT, load

SCHOOL = ENVIRONMENT["SCHOOL"]


def make_secrets(folder: Path, school: str = SCHOOL) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, str(ROOT / ".ci/compose_secrets.py"), school]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    assert make_secrets(tmp_path).returncode == 0
    return tmp_path / "secrets"


def test_it_writes_exactly_what_compose_hands_out(secrets: Path) -> None:
    handed_out = {secret["file"].removeprefix("./secrets/") for secret in load()["secrets"].values()}
    assert {path.name for path in secrets.iterdir()} == handed_out


def test_the_services_can_read_what_it_writes(secrets: Path) -> None:
    for name in ("master.key", "letters.master.key"):
        assert MasterKeys.parse((secrets / name).read_text()).newest
    parse_key((secrets / "letters.token").read_text().strip())
    assert re.fullmatch(r"[0-9a-f]{64}\n", (secrets / f"{SCHOOL}.record.key").read_text())


def test_no_two_secrets_are_alike(secrets: Path) -> None:
    assert len({path.read_bytes() for path in secrets.iterdir()}) == len(list(secrets.iterdir()))


def test_the_folder_is_closed_and_the_files_can_be_read_in_a_container(secrets: Path) -> None:
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o444}


def test_a_second_run_changes_nothing(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    (secrets / "letters.token").unlink()
    again = make_secrets(secrets.parent)
    after = {path.name: path.read_bytes() for path in secrets.iterdir()}
    assert before.pop("letters.token") != after.pop("letters.token")
    assert before == after
    assert [line for line in again.stdout.splitlines() if line.endswith(": made")] == ["secrets/letters.token: made"]


def test_a_name_no_school_may_have_is_refused(tmp_path: Path) -> None:
    refused = make_secrets(tmp_path, "../Rowan Lane")
    assert refused.returncode == 2
    assert "expected a school's name" in refused.stderr
    assert not (tmp_path / "secrets").exists()
