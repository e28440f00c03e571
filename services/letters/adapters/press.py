"""The press: letters laid out by Typst in a child process that is replaced when it dies.

The same bundle, data, fonts and timestamp give the same bytes, whoever asks and wherever: the child has no environment,
an empty working folder, no fonts of the machine. A letter has 20 seconds and the child 1 GiB; beyond either the child
is ended, :class:`letters.domain.rendering.RenderFailed` says which, and the next letter starts a fresh one.

One press lays out one letter at a time, from any thread. After a fork the child of the parent is left alone.
"""

import os
import platform
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from letters.adapters import press_talk as talk
from letters.application.press import Overlay
from letters.domain.rendering import Bundle, RenderFailed, Rendering, bundle_sha256
from servicekit.readiness import NotReady

FONTS = Path(__file__).resolve().parents[1] / "fonts"
"""The faces of Source Sans Pro that travel with this package."""
SUMS = "SHA256SUMS"
TIMEOUT_S = 20.0
MEMORY_BYTES = 1 << 30

_Expected = TypeVar("_Expected", talk.Printed, talk.Drawn, talk.Tried)


class Press:
    """Renders letters, one at a time; close it when done."""

    def __init__(
        self,
        font_folders: Sequence[Path] = (),
        *,
        timeout_s: float = TIMEOUT_S,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        """Take the folders of further fonts (NotReady if our own are not as they were shipped)."""
        faults = font_faults(FONTS)
        if faults:
            raise NotReady(f"the fonts of {SUMS}", "; ".join(faults))
        self._folders = (FONTS, *font_folders)
        self._timeout_s = timeout_s
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._covered: dict[str, bool] = {}

    def render(self, bundle: Bundle, data: bytes, timestamp: int, *, overlay: Overlay = "none") -> Rendering:
        """Return the letter: ``data`` as canonical JSON, ``timestamp`` in epoch seconds.

        An overlay makes a picture to look at, outside the PDF standards, that is never sent.

        Raises:
            RenderFailed: the layout or the template refuses, or the child ran out of time or memory.
        """
        question = talk.Render(dict(bundle), data.decode(), timestamp, overlay)
        printed = self._ask(question, talk.Printed)
        return Rendering(
            pdf=printed.pdf,
            text=printed.text,
            page_images_sha256=printed.page_images_sha256,
            engine=self.engine,
            machine=self.machine,
            fonts_sha256=self.fonts_sha256,
        )

    def pages(self, bundle: Bundle, data: bytes, *, ppi: int, overlay: Overlay = "none") -> tuple[bytes, ...]:
        """Return the letter's pages as PNG, without making a PDF (RenderFailed as in ``render``)."""
        return self._ask(talk.Draw(dict(bundle), data.decode(), ppi, overlay), talk.Drawn).pages

    def is_covered(self, char: str) -> bool:
        """Tell whether one of our fonts has a glyph for this character; asked once each, by a trial."""
        if char not in self._covered:
            self._covered[char] = self._ask(talk.Try(char), talk.Tried).is_covered
        return self._covered[char]

    @cached_property
    def engine(self) -> str:
        """Name the engine and its version."""
        return f"typst {version('typst')}"

    @cached_property
    def machine(self) -> str:
        """Name the kind of machine, as the engine's arithmetic might tell them apart."""
        return f"{platform.system()} {platform.machine()}"

    @cached_property
    def fonts_sha256(self) -> str:
        """Return the hash of all font files, as a bundle's; those inside the engine go with its version."""
        files = sorted(path for folder in self._folders for path in folder.rglob("*.[ot]tf"))
        return bundle_sha256({path.name: path.read_bytes() for path in files})

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end_child()

    def _ask(self, question: talk.Question, expected: type[_Expected]) -> _Expected:
        with self._lock:
            child = self._usable_child()
            try:
                answer = child.ask(question, self._timeout_s)
            except _ChildLostError as lost:
                self._end_child()
                raise RenderFailed(
                    lost.code, f"the letter was given up ({lost.code}); a fresh press is started"
                ) from lost
        if isinstance(answer, talk.Fault):
            field = answer.message.partition(":")[0] if answer.code == "assertion" else None
            raise RenderFailed(answer.code, answer.message, field=field, line=answer.line)
        if not isinstance(answer, expected):
            raise RenderFailed("engine_died", f"expected {expected.__name__}, found {type(answer).__name__}")
        return answer

    def _usable_child(self) -> "_Child":
        if self._child is None or self._child.owner != os.getpid():
            self._child = _Child(self._folders, self._memory_bytes)
        return self._child

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


def font_faults(folder: Path) -> list[str]:
    """Return which files of a font folder are missing or not as listed in its ``SHA256SUMS`` (``<sha256>  <name>``)."""
    listed = [line.split("  ", 1) for line in (folder / SUMS).read_text().splitlines()]
    found = {name: folder / name for _, name in listed if (folder / name).is_file()}
    return [
        f"{name}: expected sha256 {expected}"
        for expected, name in listed
        if name not in found or sha256(found[name].read_bytes()).hexdigest() != expected
    ]


class _ChildLostError(Exception):
    """The child did not answer: ``timeout`` or ``engine_died``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Child:
    """One running child and both ends of its pipes."""

    def __init__(self, font_folders: Sequence[Path], memory_bytes: int) -> None:
        self.owner = os.getpid()
        self._empty = tempfile.TemporaryDirectory(prefix="letters-press-")
        self._answers = msgspec.msgpack.Decoder[Any](talk.Answer)
        program = [sys.executable, "-P", "-m", "letters.adapters.press_child"]
        self._process = subprocess.Popen(
            [*program, str(memory_bytes), *map(str, font_folders)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # an abort's last words may quote the letter
            cwd=self._empty.name,
            env={},
            bufsize=0,
        )

    def ask(self, question: talk.Question, timeout_s: float) -> talk.Answer:
        """Send one question and wait for its answer (_ChildLostError if none comes)."""
        deadline = time.monotonic() + timeout_s
        self._send(talk.frame(question), deadline)
        size = int.from_bytes(self._receive(talk.LENGTH_BYTES, deadline))
        answer: talk.Answer = self._answers.decode(self._receive(size, deadline))
        return answer

    def end(self) -> None:
        """Kill the child and take its folder away."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()
        self._empty.cleanup()

    def _send(self, body: bytes, deadline: float) -> None:
        pipe = self._process.stdin
        rest = memoryview(body)
        while rest and pipe is not None:
            _, ready, _ = select.select([], [pipe], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise _ChildLostError("timeout")
            try:
                rest = rest[os.write(pipe.fileno(), rest[: select.PIPE_BUF]) :]
            except BrokenPipeError as error:
                raise _ChildLostError("engine_died") from error

    def _receive(self, size: int, deadline: float) -> bytes:
        pipe = self._process.stdout
        received = bytearray()
        while len(received) < size and pipe is not None:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise _ChildLostError("timeout")
            part = os.read(pipe.fileno(), size - len(received))
            if not part:
                raise _ChildLostError("engine_died")
            received += part
        return bytes(received)
