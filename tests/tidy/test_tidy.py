"""This house keeps its rules. That each rule finds what it is there to find is tested in `tests/walls`."""

import subprocess
import sys

import pytest

from tests.tidy.code_rules import CODE_RULES
from tests.tidy.file_rules import FILE_RULES
from tests.tidy.house import Rule, this_house


@pytest.mark.parametrize("rule", CODE_RULES + FILE_RULES, ids=lambda rule: rule.__name__)
def test_this_house_keeps(rule: Rule) -> None:
    faults = list(rule(this_house()))
    assert not faults, f"{rule.__doc__}\n" + "\n".join(faults)


def test_the_locks_fit_the_dependency_tables() -> None:
    checked = subprocess.run(
        [sys.executable, ".ci/locks.py", "check"], cwd=this_house().root, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
