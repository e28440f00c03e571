"""`--scenarios` names a folder without stories: refused, for a run that skips all it has looks like a success."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.pair import ROOT

USAGE = pytest.ExitCode.USAGE_ERROR


def pytest_run(asked: str, scenarios: Path) -> subprocess.CompletedProcess[str]:
    """Let pytest collect what it is asked for, with a folder of stories, in a process of its own."""
    words = ["-p", "no:cacheprovider", "--collect-only", "-q", asked, "--scenarios", str(scenarios)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("asked", ["tests/journeys/test_stories.py", "tests"])
def test_a_folder_of_stories_that_is_not_there_is_refused_by_name(asked: str, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    run = pytest_run(asked, missing)
    assert run.returncode == USAGE, run.stdout + run.stderr
    assert f"--scenarios: expected a folder of stories, found none at {missing}" in run.stderr


def test_a_folder_with_nothing_but_cast_and_model_is_refused_by_name(tmp_path: Path) -> None:
    for beside in ("cast.yaml", "model.yaml", "README.md"):
        (tmp_path / beside).write_text("{}")
    run = pytest_run("tests/journeys/test_stories.py", tmp_path)
    assert run.returncode == USAGE, run.stdout + run.stderr
    assert f"expected stories (S*.yaml), found none in {tmp_path}" in run.stderr
