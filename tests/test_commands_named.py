"""Every command that the Makefile and docker-compose.yml name is there, with every option they give it."""

import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from tests.compose_file import ROOT, commands

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def named() -> list[tuple[str, ...]]:
    """Return each as its program, its command's words and its options: `casework`, `school`, `add`, `--title`."""
    recipes = re.findall(r"^\t(.*)$", MAKEFILE, re.MULTILINE)
    made = [re.sub('--with ".*"', "--with", recipe.replace("$(BIN)/", " ")) for recipe in recipes]
    lines = [*(" ".join(words) for words in commands()), *made, *re.findall(r'--with "(.*)"', MAKEFILE)]
    found = set()
    for line in lines:
        for program in re.findall(r"(?:^|\s)((?:casework|letters) [a-z].*)", line):
            words = re.sub(r'"?\$\S+"?', " ", program).split()
            command = takewhile(lambda word: not word.startswith("-"), words)
            found.add((*command, *sorted(word for word in words if word.startswith("--"))))
    return sorted(found)


def test_they_are_found() -> None:
    assert ("casework", "school", "add", "--origin", "--title") in named()
    assert ("letters", "ready", "--url") in named()


@pytest.mark.parametrize("words", named(), ids=" ".join)
def test_a_command_that_is_named_is_there(words: tuple[str, ...]) -> None:
    program, *rest = words
    command = [word for word in rest if not word.startswith("--")]
    asked = subprocess.run(
        [Path(sys.executable).with_name(program), *command, "--help"], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    for option in (word for word in rest if word.startswith("--")):
        assert re.search(rf"{option}\b", asked.stdout), f"{' '.join([program, *command])} knows no {option}"
