"""The command line: one document on stdout, exit codes, words on stderr. Each test runs the real program."""

import importlib.metadata
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = str(Path(__file__).with_name("commanded.py"))


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name != "LOG_LEVEL"} | environ
    command = [sys.executable, PROGRAM, *words]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=20)


def document(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def test_stdout_is_the_result_alone() -> None:
    done = run("show", "a")
    assert (done.returncode, done.stdout, done.stderr) == (0, "the thing a\n", "looking\n")
    assert run("show", "a", "--quiet").stderr == ""


@pytest.mark.parametrize("line", [["--json", "--shelf", "b", "show", "a"], ["show", "a", "--shelf", "b", "--json"]])
def test_common_options_may_stand_before_the_command_or_after_it(line: list[str]) -> None:
    done = run(*line)
    assert (done.returncode, document(done)) == (0, {"name": "a", "shelf": "b"})


def test_a_command_in_a_group_takes_them_too() -> None:
    assert run("shelf", "list", "--shelf", "b", "--json").stdout == '[\n  "b"\n]\n'
    assert run("--shelf", "b", "shelf", "list").stdout == "b\n"


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("refused", 1, "expected a thing, found none"),
        ("away", 4, "nobody there"),
        ("settings", 4, "A: expected 1\nB: expected 2"),
        ("file", 1, "[Errno 2] No such file or directory: 'x'"),
        ("interrupt", 1, "interrupted"),
        ("broken", 3, "expected 1, found 2"),
    ],
)
def test_however_it_ends_there_is_one_document_and_a_code(how: str, code: int, message: str) -> None:
    done = run("end", how, "--json")
    assert (done.returncode, done.stderr.strip()) == (code, "")
    assert document(done) == {"error": message, "exit": code} | ({"entry": 7} if how == "broken" else {})
    plain = run("end", how)
    assert (plain.returncode, plain.stdout) == (code, "a result\n")
    assert plain.stderr.strip() == f"error: {message}"


def test_a_fault_of_the_program_shows_no_traceback_unless_asked() -> None:
    done = run("end", "bug", "--json")
    assert (done.returncode, document(done)["exit"]) == (1, 1)
    assert document(done)["error"].startswith("unexpected ZeroDivisionError")
    assert "Invented" not in done.stdout + done.stderr
    for line in (["end", "bug", "--log-level", "debug"], ["--log-level", "debug", "end", "bug"]):
        assert "Traceback" in run(*line).stderr


@pytest.mark.parametrize(
    "words", [["nothing"], ["show"], ["show", "a", "--what"], ["--log-level", "loud", "show", "a"]]
)
def test_wrong_usage_is_2_in_either_form(words: list[str]) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "Usage: things" in done.stderr
    told = run("--json", *words)
    assert (told.returncode, document(told)["exit"]) == (2, 2)


def test_no_command_at_all_is_wrong_usage() -> None:
    done = run()
    assert (done.returncode, done.stdout, done.stderr[:25]) == (2, "", "error: expected a command")


def test_what_stands_after_two_dashes_is_no_option() -> None:
    assert run("show", "--", "--json").stdout == "the thing --json\n"


def test_help_and_version_are_the_result() -> None:
    shown = run("show", "--help")
    assert (shown.returncode, shown.stdout.startswith("Usage: things show")) == (0, True)
    for option in ("--json", "--quiet", "--log-level", "--shelf"):
        assert option in shown.stdout
    assert run("--help").stdout.count("--json") == 1
    version = importlib.metadata.version("click")
    assert run("--version").stdout == f"{version}\n"
    assert document(run("--json", "--version")) == {"version": version}


def test_help_imports_nothing_slow() -> None:
    assert run("--help", "--modules").stderr == "[]\n"
    assert "structlog" in run("silent", "--modules").stderr


def test_a_command_without_a_result_still_gives_a_document() -> None:
    assert document(run("silent", "--json")) == {}
    assert run("silent").stdout == ""


def test_a_command_that_goes_on_gives_its_result_at_once_and_only_that() -> None:
    done = run("stay", "--json")
    assert (done.returncode, document(done)) == (1, {"url": "http://127.0.0.1"})
    assert '"error: stopped"' not in done.stdout
    assert "error: stopped" in done.stderr
    logged = json.loads(done.stderr.splitlines()[0])
    assert (logged["event"], logged["service"]) == ("staying", "things")


def test_the_line_counts_before_the_environment_before_the_default() -> None:
    assert "staying" in run("stay").stderr
    assert "staying" not in run("stay", LOG_LEVEL="error").stderr
    assert "staying" in run("--log-level", "info", "stay", LOG_LEVEL="error").stderr
    assert "staying" not in run("stay", "--log-level", "error", LOG_LEVEL="info").stderr


def test_a_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "out"
    assert run("write", "--to", str(path)).returncode == 0
    done = run("write", "--to", str(path), "--json")
    assert (done.returncode, "--force" in document(done)["error"]) == (1, True)
    assert run("write", "--to", str(path), "--force").returncode == 0
    assert path.read_bytes() == b"content"


def test_a_reader_that_has_read_enough_is_no_error_worth_telling() -> None:
    command = f"{sys.executable} {PROGRAM} flood | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=20)
    assert (done.stdout, done.stderr) == ("x\n", "")


def test_progress_is_shown_on_a_terminal_alone() -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, PROGRAM, "show", "a"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
        check=False,
        timeout=20,
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.stdout == b"the thing a\n"
    assert "100%" in shown
