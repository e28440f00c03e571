"""The Makefile: each stop of the set-up says its cure in one line, and every target is listed.

The set-up itself is what runs these tests; its stops are tried on a copy of what it reads, without installing anything.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READ = ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock", "requirements-embedded.lock")

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed here")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy what the set-up reads."""
    for name in READ:
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def make(checkout: Path, target: str, python: str = sys.executable, **environment: str) -> list[str]:
    """Run make where it must stop, and return what it says besides make's own line."""
    ran = subprocess.run(
        ["make", target, f"PYTHON={python}"],
        cwd=checkout,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0, ran.stdout
    return [line for line in ran.stderr.splitlines() if not line.startswith("make")]


def pretended(folder: Path, script: str) -> str:
    """Write a python that answers as the script says, and else as this one."""
    python = folder / "python"
    python.write_text(f'#!/bin/sh\n{script}\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return str(python)


def test_without_python_it_stops(checkout: Path) -> None:
    assert make(checkout, "test", "python-not-here") == [
        "found no python-not-here, needed Python 3.11 or newer: make test PYTHON=python3.12"
    ]


def test_an_old_python_stops(checkout: Path) -> None:
    old = pretended(
        checkout,
        f"""[ "$1" = -c ] && exec {sys.executable} -c "import sys
sys.version_info = (3, 9, 18)
$2" """,
    )
    assert make(checkout, "test", old) == ["found 3.9, needed 3.11 or newer: make test PYTHON=python3.12"]


def test_a_python_without_ensurepip_stops(checkout: Path) -> None:
    bare = pretended(checkout, 'case "$2" in *ensurepip*) echo ImportError >&2; exit 1;; esac')
    assert make(checkout, "test", bare) == [
        "this Python has no ensurepip: install it first (Debian, Ubuntu: apt install python3-venv)"
    ]


def test_a_lock_older_than_the_dependencies_stops(checkout: Path) -> None:
    tables = checkout / "pyproject.toml"
    tables.write_text(tables.read_text(encoding="utf-8").replace('"pytest>=', '"pytest-invented>='), encoding="utf-8")
    assert make(checkout, "test") == ["not made from what pyproject.toml names now: requirements-dev.lock: make lock"]
    assert not (checkout / ".venv").exists()


def test_a_change_of_tool_settings_asks_for_no_new_lock(checkout: Path) -> None:
    tables = checkout / "pyproject.toml"
    tables.write_text(tables.read_text(encoding="utf-8") + "\n[tool.invented]\nx = 1\n", encoding="utf-8")
    subprocess.run([sys.executable, ".ci/locks.py", "check"], cwd=checkout, check=True)


def test_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert re.findall(r"^make ([\w-]+) +\S", listed, re.MULTILINE) == phony.split()
