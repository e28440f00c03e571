"""Showing the demonstration: a line for each step, five of summary, and what is left in a folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from casework.demo.steps import STEPS, summary
from casework.demo.world import Addresses, Mismatch, World
from servicekit.commandline import Output, fail
from servicekit.stopping import stop_on_signal

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER: Final = ".casework-demo"
WIDTH_MAX: Final = 120


class Line(NamedTuple):
    """One step as it is shown: what was done, what came of it, in how many seconds."""

    number: int
    says: str
    found: str
    seconds: float

    def shown(self, width: int) -> str:
        """Return the line, the time at its right; what does not fit goes on in a line of its own."""
        head = f"[{self.number:2}] {self.says:<50} "
        tail = f"{self.seconds:6.1f} s"
        room = width - len(head) - len(tail) - 1
        first, *rest = _wrapped(self.found, room)
        lines = [f"{head}{first:<{room}} {tail}"]
        return "\n".join([*lines, *(" " * len(head) + line for line in rest)])


def play(output: Output, folder: Path, *, stay_at: Addresses | None = None, programs: Path | None = None) -> None:
    """Play it all; leave what was made in a folder, and end the command with exit 1 where something did not behave.

    `stay_at`: where both services then stay up, with everybody's keys left in the folder, until they are stopped.
    `programs`: a folder with initdb and postgres, instead of any other.
    """
    _prepare(folder)
    began = time.perf_counter()
    width = min(shutil.get_terminal_size((WIDTH_MAX, 24)).columns, WIDTH_MAX)
    lines: list[Line] = []
    with _place() as place, World(place, folder, stay_at, programs) as world:
        try:
            for number, step in enumerate(STEPS, start=1):
                started = time.perf_counter()
                found = step.play(world)
                lines.append(Line(number, step.says, found, time.perf_counter() - started))
                if not output.is_json:
                    click.echo(lines[-1].shown(width))
        except Mismatch as mismatch:
            step = STEPS[len(lines)]
            message = f"step {len(lines) + 1}, {step.says}\n  expected {mismatch.expected}\n  found    {mismatch.found}"
            fail(f"{message}\n  the services' own words: {folder / 'logs'}", step=len(lines) + 1)
        finally:
            world.keep_logs()
        told = summary(world, time.perf_counter() - began)
        _leave_transcript(folder, lines, told)
        document = {"steps": [line._asdict() for line in lines], "summary": told}
        if stay_at is None:
            output.result(document, "\n" + "\n".join(told))
            return
        stopping = stop_on_signal()
        world.leave_keys()
        hints = [
            f"Both stay up, casework at http://{stay_at.casework}, letters at http://{stay_at.letters}; Ctrl-C ends.",
            f"Keys to look around with: {folder / 'keys'}/<role>.token",
        ]
        output.begin(document, "\n".join(["", *told, "", *hints]))
        stopping.wait()


def _leave_transcript(folder: Path, lines: list[Line], told: list[str]) -> None:
    text = "\n".join([*(line.shown(WIDTH_MAX) for line in lines), "", *told, ""])
    (folder / "transcript.txt").write_text(text, encoding="utf-8")


def _prepare(folder: Path) -> None:
    """Make the folder, or empty it if it is an earlier demonstration's; nothing else is ever removed."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).is_file():
            fail(
                f"expected {folder} to be new, empty or of an earlier demo, found other files there: name another --to"
            )
        shutil.rmtree(folder)
    for name in ("letters", "export", "logs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("made by casework demo, which empties this folder when it runs again\n")


@contextlib.contextmanager
def _place() -> Iterator[Path]:
    """Make a folder for server and services that whoever runs the server may pass through, and remove it afterwards."""
    shared = Path("/dev/shm")  # noqa: S108 - a private folder is made there
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 1 << 30
    folder = Path(tempfile.mkdtemp(prefix="casework-demo-", dir=shared if roomy else None))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text at its spaces into lines of at most that width."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
