"""The commands for templates and documents, which need no database; and the help of all of them."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pikepdf
import pytest

from letters.adapters import template_store
from letters.adapters.template_store import TemplateStore
from letters.cli import words
from letters.cli.program import program
from letters.domain import lint
from letters.domain.checks import HOLD_RESOLVED_BY
from letters.domain.letter import Status
from tests.letters.commands import Commands
from tests.letters.press.pdf_words import characters
from tests.letters.press.rendered import GOLDEN

CONTRACT = Path(__file__).parents[2] / "contracts" / "openapi" / "letters.json"


def test_a_sample_is_laid_out_as_its_golden_pages_are(tmp_path: Path) -> None:
    commands = Commands({"LOCAL_DIR": str(tmp_path / "none")})
    made = commands.json("render", "L04/ok", "--to", str(tmp_path / "warning.pdf"))
    assert (tmp_path / "warning.pdf").read_bytes().startswith(b"%PDF-")
    assert made["pages"] == json.loads(GOLDEN.read_bytes())["letters"]["L04-ok"]["pages"]
    again = commands.run("render", "L04/ok", "--to", str(tmp_path / "warning.pdf"), code=1)
    assert "--force to replace it" in again.stderr
    assert not (tmp_path / "none").exists()


def test_a_sample_stands_under_the_schools_own_letterhead(home: Path) -> None:
    school = home / "school" / "rowan-lane" / "school.toml"
    commands = Commands({"LOCAL_DIR": str(home)})
    commands.run("render", "L03/ok", "--to", str(home / "before.pdf"))
    school.write_text(school.read_text().replace('phone = "01632 960142"', 'phone = "01632 960999"'))
    commands.run("render", "L03/ok", "--to", str(home / "after.pdf"))
    for name, number in (("before", "01632960142"), ("after", "01632960999")):
        with pikepdf.open(home / f"{name}.pdf") as pdf:
            assert number in characters(pdf)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Answer a copy of the templates, to change."""
    return Path(shutil.copytree(template_store.FOLDER, tmp_path / "templates"))


def test_templates_as_they_were_released_have_no_faults(folder: Path) -> None:
    commands = Commands({})
    assert commands.run("lint-templates").stdout.startswith("nothing wrong with L01_discussion_invitation/1")
    assert commands.json("lock-templates", "--folder", str(folder)) == {"added": [], "changed": []}


def test_a_template_that_was_changed_or_reaches_outside_is_refused_with_every_fault(folder: Path) -> None:
    with (folder / "L04_written_warning" / "1" / "main.typ").open("a") as source:
        source.write('#eval("1")\n')
    refused = Commands({}).json("lint-templates", "--folder", str(folder), code=1)
    assert len(refused["faults"]) == 2
    assert "eval: a string would become markup" in refused["faults"][1]


def test_a_locked_template_never_changes_and_a_new_version_is_added(folder: Path) -> None:
    commands, lock = Commands({}), folder / template_store.LOCK
    before = lock.read_text()
    where = ("--folder", str(folder))
    new = Path(shutil.copytree(folder / "L04_written_warning" / "1", folder / "L04_written_warning" / "2"))
    (new / "template.toml").write_text((new / "template.toml").read_text().replace("version = 1", "version = 2"))
    assert commands.run("lock-templates", *where).stdout == "locked: L04_written_warning/2\n"
    assert set(before.splitlines()) < set(lock.read_text().splitlines())
    TemplateStore(b"<svg/>", folder)  # it may be used
    with (new / "main.typ").open("a") as source:
        source.write("// another\n")
    assert "found L04_written_warning/2" in commands.run("lock-templates", *where, code=1).stderr
    commands.run("lock-templates", *where, "--unreleased")
    TemplateStore(b"<svg/>", folder)


def test_the_description_of_the_interface_is_the_committed_one(tmp_path: Path) -> None:
    commands = Commands({})
    assert commands.run("openapi").stdout == CONTRACT.read_text()
    commands.run("openapi", "--to", str(tmp_path / "letters.json"))
    assert (tmp_path / "letters.json").read_bytes() == CONTRACT.read_bytes()


@pytest.mark.parametrize("command", sorted(program.commands))
def test_the_help_of_each_command_shows_how_it_is_used(command: str) -> None:
    epilog = program.commands[command].epilog
    assert epilog is not None
    assert f"\n  letters {command}" in epilog


def test_help_loads_nothing_that_is_slow() -> None:
    script = (
        "import sys; from letters.cli import program\n"
        "slow = {'flask', 'psycopg', 'httpx', 'typst', 'rich', 'structlog', 'gunicorn', 'eventsourcing'}\n"
        "print(' '.join(sorted(slow & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_everything_that_a_letter_can_be_has_words() -> None:
    assert list(words.STATUS) == list(get_args(Status))
    assert set(words.HOLDS) == set(HOLD_RESOLVED_BY)
    codes = re.findall(r'_finding\("\w+", "(\w+)"', Path(lint.__file__).read_text())
    assert set(words.FINDINGS) == set(codes)
