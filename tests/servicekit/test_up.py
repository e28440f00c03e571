"""A service brought up and down by real processes and signals."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask
import pytest

from servicekit import probe
from servicekit.up import companion
from tests.servicekit.fix_server import answering, free_port, silent_listener

PROGRAM = Path(__file__).with_name("brought_up.py")
# Writes its name into `order` when it is told to stop. The sleep is short so that the shell sees its signal soon.
WORKS = 'echo {0} $$ >> pids; trap "echo {0} >> order; exit 0" TERM; while :; do sleep 0.05; done'
QUICK = {"first_wait": 0.01, "longest_wait": 0.05}

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(**options: Any) -> subprocess.Popen[str]:
        with (tmp_path / "err").open("ab") as err:
            process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(tmp_path), json.dumps(options)],
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
                cwd=tmp_path,
                process_group=0,
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=15)


def hear(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    assert any(line.strip() == word for line in process.stdout), f"it ended before it said {word!r}"


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("send", [lambda process: process.terminate(), lambda process: os.killpg(process.pid, 2)])
def test_a_signal_stops_all_in_reverse_order_ctrl_c_too(
    start: Start, tmp_path: Path, send: Callable[..., None]
) -> None:
    process = start(
        children={"one": WORKS.format("one"), "two": WORKS.format("two")}, companions={"three": WORKS.format("three")}
    )
    hear(process, "ready")
    eventually(lambda: len(lines(tmp_path / "pids")) == 3)
    send(process)
    said, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    assert lines(tmp_path / "order") == ["three", "two", "one"]
    assert said.split("\n") == ["step undone", "down", ""]


def test_a_step_that_waits_for_somebody_else_is_run_again_until_it_is_content(start: Start, tmp_path: Path) -> None:
    process = start(children={"one": WORKS.format("one")}, awaits="key")
    hear(process, "waiting")
    hear(process, "waiting")
    assert not lines(tmp_path / "pids")
    (tmp_path / "key").touch()
    hear(process, "ready")


def test_a_signal_ends_the_waiting_of_a_step(start: Start, tmp_path: Path) -> None:
    process = start(children={"one": WORKS.format("one")}, awaits="key")
    hear(process, "waiting")
    process.terminate()
    said, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    assert said.split("\n")[-3:] == ["step undone", "down", ""]
    assert not lines(tmp_path / "pids")


def test_a_child_that_ends_is_started_again(start: Start, tmp_path: Path) -> None:
    process = start(children={"one": WORKS.format("one")}, pace=QUICK)
    for count in (1, 2, 3):
        eventually(lambda count=count: len(lines(tmp_path / "pids")) == count)  # type: ignore[misc]  # its default
        os.kill(int(lines(tmp_path / "pids")[-1].split()[1]), signal.SIGKILL)
    eventually(lambda: len(lines(tmp_path / "pids")) == 4)
    process.terminate()
    process.communicate(timeout=15)
    assert process.returncode == 0


def test_five_ends_within_a_minute_stop_all_and_show_the_last_lines(start: Start, tmp_path: Path) -> None:
    fails = "for n in $(seq 1 30); do echo line $n; done; printf unfinished; echo x >> tries; exit 3"
    process = start(children={"one": WORKS.format("one"), "two": fails}, pace=QUICK)
    said, _ = process.communicate(timeout=15)
    assert process.returncode == 1
    assert len(lines(tmp_path / "tries")) == 5
    assert lines(tmp_path / "order") == ["one"]
    told = said[said.index("ChildrenFailed") :].splitlines()
    assert told[0] == "ChildrenFailed: two ended 5 times within 60 s, at last with exit 3"
    assert told[1:] == ["two, last lines:", *(f"  line {n}" for n in range(12, 31)), "  unfinished"]
    # What children write is passed on whole, and nothing of it is on stdout.
    assert lines(tmp_path / "err").count("line 30") == 5


def test_the_wait_before_a_start_grows(start: Start, tmp_path: Path) -> None:
    process = start(children={"one": "date +%s.%N >> tries; exit 1"}, pace={"first_wait": 0.1, "longest_wait": 0.3})
    process.communicate(timeout=15)
    times = [float(line) for line in lines(tmp_path / "tries")]
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert [wait > least for wait, least in zip(waits, (0.1, 0.2, 0.3, 0.3), strict=True)] == [True] * 4
    assert process.returncode == 1


def test_a_child_that_does_not_stop_is_killed_with_all_its_own(start: Start, tmp_path: Path) -> None:
    stubborn = "trap '' TERM; echo one $$ >> pids; (echo grandchild $$ >> pids; while :; do sleep 0.05; done)"
    process = start(children={"one": stubborn}, pace={"stop": 0.3})
    eventually(lambda: len(lines(tmp_path / "pids")) == 2)
    process.terminate()
    process.communicate(timeout=15)
    assert process.returncode == 0
    assert not any(is_running(int(line.split()[1])) for line in lines(tmp_path / "pids"))


def test_a_second_signal_does_not_wait(start: Start, tmp_path: Path) -> None:
    process = start(children={"one": "trap 'echo told >> order' TERM; echo x >> pids; while :; do sleep 0.05; done"})
    eventually(lambda: len(lines(tmp_path / "pids")) == 1)
    process.terminate()
    eventually(lambda: lines(tmp_path / "order") == ["told"])
    process.terminate()
    process.communicate(timeout=15)
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_children_die_with_a_supervisor_that_is_killed_and_the_lock_is_free(start: Start, tmp_path: Path) -> None:
    process = start(children={"one": WORKS.format("one"), "two": WORKS.format("two")})
    eventually(lambda: len(lines(tmp_path / "pids")) == 2)
    pids = [int(line.split()[1]) for line in lines(tmp_path / "pids")]
    process.kill()
    process.wait()
    eventually(lambda: not any(is_running(pid) for pid in pids))
    assert sorted(lines(tmp_path / "order")) == ["one", "two"]
    hear(start(children={"one": WORKS.format("one")}), "ready")


def test_only_one_is_up_in_a_folder(start: Start) -> None:
    first = start(children={"one": WORKS.format("one")})
    hear(first, "ready")
    second = start(children={"one": WORKS.format("one")})
    said, _ = second.communicate(timeout=15)
    assert second.returncode == 1
    assert said.startswith("AlreadyUp: expected ")
    assert f"held by process {first.pid}: stop that first" in said


def test_what_is_not_ready_in_time_is_stopped_and_told(start: Start, tmp_path: Path) -> None:
    process = start(children={"one": f"echo busy; {WORKS.format('one')}"}, lacking="made", within_s=0.5)
    said, _ = process.communicate(timeout=15)
    assert process.returncode == 1
    assert "expected ready within 0.5 s, found: no made\none, last lines:\n  busy\n" in said
    assert lines(tmp_path / "order") == ["one"]


def test_ready_is_said_when_nothing_is_lacking_any_more(start: Start, tmp_path: Path) -> None:
    process = start(
        children={"one": f"sleep 0.2; touch made; {WORKS.format('one')}"},
        companions={"two": WORKS.format("two")},
        lacking="made",
    )
    hear(process, "ready")
    assert (tmp_path / "made").exists()


def test_a_signal_during_a_step_stops_after_it(start: Start, tmp_path: Path) -> None:
    process = start(children={"one": WORKS.format("one")}, step_s=0.4)
    hear(process, "step begun")
    process.terminate()
    said, _ = process.communicate(timeout=15)
    assert (process.returncode, said.split()) == (0, ["step", "done", "step", "undone", "down"])
    assert not (tmp_path / "pids").exists()


def test_a_second_signal_breaks_a_step_off(start: Start) -> None:
    process = start(children={}, step_s=30)
    hear(process, "step begun")
    process.terminate()
    time.sleep(0.2)
    process.terminate()
    process.communicate(timeout=15)
    assert process.returncode != 0


def test_a_program_that_is_not_there_is_told(start: Start) -> None:
    process = start(children={"one": "exec no-such-program"}, pace=QUICK)
    assert "no-such-program" in process.communicate(timeout=15)[0]


def test_a_companion_beside_this_program_needs_no_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "letters").touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert companion("letters up --bind '127.0.0.1:1'").argv == [
        str(tmp_path / "letters"),
        "up",
        "--bind",
        "127.0.0.1:1",
    ]
    assert companion("sh -c true").argv == ["sh", "-c", "true"]
    with pytest.raises(ValueError, match="expected a command"):
        companion(" ")


def test_the_probe_tells_what_is_lacking() -> None:
    app = flask.Flask(__name__, static_folder=None)
    answers: list[Any] = [
        ({"status": "ready"}, 200),
        ({"failing": [{"check": "disk", "expected": "100 MB free", "found": "7 MB"}]}, 503),
        ("busy", 502),
    ]
    app.add_url_rule("/readyz", view_func=lambda: answers.pop(0))
    with answering(app) as url:
        assert [probe.lacking(url) for _ in range(3)] == [
            None,
            "disk: expected 100 MB free, found 7 MB",
            "expected status 200, found 502",
        ]
    assert "found ConnectionRefusedError" in (probe.lacking(f"http://127.0.0.1:{free_port()}") or "")
    with silent_listener() as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert "found TimeoutError" in (probe.lacking(url, timeout_s=0.2) or "")


def test_an_address_that_is_taken_is_known_and_one_that_never_can_be_is_an_error() -> None:
    with silent_listener() as listener:
        port = listener.getsockname()[1]
        assert not probe.is_free(f"127.0.0.1:{port}")
        assert not probe.is_free(f"0.0.0.0:{port}")
    assert probe.is_free(f"127.0.0.1:{port}")
    with pytest.raises(OSError, match="Cannot assign"):
        probe.is_free("203.0.113.1:8001")


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("0.0.0.0:8001", "http://127.0.0.1:8001"),
        ("[::]:8001", "http://[::1]:8001"),
    ],
)
def test_what_listens_everywhere_is_asked_at_home(bind: str, url: str) -> None:
    assert probe.url_of(bind) == url
