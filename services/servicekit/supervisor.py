"""Keep child processes running, and stop them in order.

A child that ends is started again after 0.5, 1, 2 .. 30 s; five ends within a minute mean that it will not do, and all
stop. SIGTERM, SIGINT and SIGHUP stop the children one after another, the last started first, each with SIGTERM and
35 s to finish, then SIGKILL; a second signal kills what is left. Each child is a process group of its own, so that
Ctrl-C in a terminal reaches the supervisor alone, and dies with it (see `_child`).

What children write, to either stream, goes to our stderr in whole lines; the last 20 of each are kept for the report.
One thread and one selector do it all. Signal handlers only count; a pipe wakes the selector.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from servicekit import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import FrameType, TracebackType

LAST_LINES: Final = 20

_STARTER = str(Path(__file__).with_name("_child.py"))
_STOPPERS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOOK_AGAIN_S = 0.5
_PROBE_EVERY_S = 0.1
_ROUNDS_MAX = 20


@dataclass(frozen=True)
class Child:
    """A process to keep running. `env` is its whole environment; None: ours."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Pace:
    """How long things may take, in seconds."""

    first_wait: float = 0.5
    longest_wait: float = 30.0
    ends_max: int = 5
    ends_within: float = 60.0
    stop: float = 35.0


class ChildrenFailed(Exception):
    """Children do not run as they should; the message ends with the last lines of the one that is to blame."""


class StopAsked(Exception):
    """A signal said to stop."""


class Supervisor:
    """The children of this process. Use it as a context, from the main thread: it takes over the signals meanwhile."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._kept: list[_Kept] = []
        self._selector = selectors.DefaultSelector()
        self._stops_asked = 0
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        wake, waken = socket.socketpair()
        for end in (wake, waken):
            end.setblocking(False)  # noqa: FBT003 - the socket's own signature
            self._undo.callback(end.close)
        self._undo.callback(self._selector.close)
        self._selector.register(wake, selectors.EVENT_READ)
        self._undo.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(waken.fileno(), warn_on_full_buffer=False))
        for number in _STOPPERS:
            self._undo.callback(signal.signal, number, signal.signal(number, self._ask_to_stop))
        # Any handler will do: the wake-up is what is wanted when a child ends.
        self._undo.callback(signal.signal, signal.SIGCHLD, signal.signal(signal.SIGCHLD, lambda *_: None))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            for key in list(self._selector.get_map().values()):
                self._forget(key)
            self._undo.close()

    def start(self, children: Iterable[Child]) -> None:
        """Start children, after those started before."""
        for child in children:
            kept = _Kept(child, wait_s=self._pace.first_wait)
            self._kept.append(kept)
            self._spawn(kept)

    def check(self) -> None:
        """Raise `StopAsked` if a signal has come."""
        if self._stops_asked:
            raise StopAsked

    def watch(self, lacking: Callable[[], str | None] | None = None, within_s: float = 0.0) -> None:
        """Keep the children running: for ever, or until `lacking` returns None instead of what is still lacking.

        Raises: `StopAsked` if a signal came; `ChildrenFailed` if one ends again and again, or something is still
        lacking after `within_s`.
        """
        began = time.monotonic()
        while True:
            self.check()
            for kept in self._kept:
                self._tend(kept)
            if lacking is not None:
                reason = lacking()
                if reason is None:
                    return
                if time.monotonic() - began > within_s:
                    raise ChildrenFailed(f"expected ready within {within_s:g} s, found: {reason}{self._last_words()}")
            self._pump(self._nap_s(is_probing=lacking is not None))

    def stop(self) -> None:
        """Stop all children, the last first; return when they have ended."""
        while self._kept:
            kept = self._kept[-1]
            if kept.process is not None and kept.process.poll() is None:
                self._end(kept, kept.process)
            self._kept.pop()
        self._pump(0)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stops_asked += 1
        if self._stops_asked > 1 and not self._kept:
            raise KeyboardInterrupt  # Nothing runs yet but a step that does not come to its end.

    def _spawn(self, kept: _Kept) -> None:
        kept.process = subprocess.Popen(
            [sys.executable, "-I", "-S", _STARTER, str(os.getpid()), *kept.child.argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=None if kept.child.env is None else dict(kept.child.env),
            process_group=0,
        )
        kept.began = time.monotonic()
        kept.starts_at = None
        if kept.process.stdout is not None:
            self._selector.register(kept.process.stdout, selectors.EVENT_READ, kept)

    def _tend(self, kept: _Kept) -> None:
        """Look whether a child has ended, and whether it is time to start it again."""
        now = time.monotonic()
        if kept.starts_at is not None:
            if now >= kept.starts_at:
                self._spawn(kept)
            return
        if kept.process is None or (code := kept.process.poll()) is None:
            return
        self._pump(0)
        kept.ends.append(now)
        while now - kept.ends[0] > self._pace.ends_within:
            kept.ends.popleft()
        if len(kept.ends) >= self._pace.ends_max:
            ends = f"{kept.child.name} ended {len(kept.ends)} times within {self._pace.ends_within:g} s"
            raise ChildrenFailed(f"{ends}, at last with {_told(code)}{kept.last_words()}")
        if now - kept.began > self._pace.ends_within:
            kept.wait_s = self._pace.first_wait
        logs.get_logger().warning(f"{kept.child.name} ended with {_told(code)}, starts again in {kept.wait_s:g} s")
        kept.starts_at = now + kept.wait_s
        kept.wait_s = min(kept.wait_s * 2, self._pace.longest_wait)

    def _end(self, kept: _Kept, process: subprocess.Popen[bytes]) -> None:
        """Ask a child to end, and make it if it does not in time or somebody is impatient."""
        deadline = time.monotonic() + self._pace.stop
        process.terminate()
        while process.poll() is None:
            if time.monotonic() >= deadline or self._stops_asked > 1:
                logs.get_logger().warning(f"{kept.child.name} did not stop, is killed")
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return
            self._pump(_PROBE_EVERY_S)

    def _nap_s(self, *, is_probing: bool) -> float:
        """Return how long nothing needs to be looked at; a signal or a child's words end the nap."""
        now = time.monotonic()
        starts = [kept.starts_at - now for kept in self._kept if kept.starts_at is not None]
        return max(0.0, min([_PROBE_EVERY_S if is_probing else _LOOK_AGAIN_S, *starts]))

    def _pump(self, timeout_s: float) -> None:
        """Pass on what children have written, waiting for more up to `timeout_s`; not for ever, if one never pauses."""
        for _ in range(_ROUNDS_MAX):
            found = self._selector.select(timeout_s)
            timeout_s = 0
            for key, _ in found:
                chunk = os.read(key.fd, 65536)
                if isinstance(key.data, _Kept):
                    key.data.heard(chunk)
                    if not chunk:
                        self._forget(key)
            if not found:
                return

    def _forget(self, key: selectors.SelectorKey) -> None:
        """Close a child's pipe."""
        if isinstance(key.data, _Kept):
            self._selector.unregister(key.fileobj)
            key.fileobj.close()  # type: ignore[union-attr]  # it is no bare number, see `_spawn`

    def _last_words(self) -> str:
        return "".join(kept.last_words() for kept in self._kept)


@dataclass(eq=False)
class _Kept:
    """A child, its process now, and what it did so far."""

    child: Child
    wait_s: float
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    starts_at: float | None = None
    ends: deque[float] = field(default_factory=deque)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    _unfinished: bytes = b""

    def heard(self, chunk: bytes) -> None:
        """Take what the child has written; at the end (nothing), the line it did not finish."""
        *lines, self._unfinished = (self._unfinished + chunk).split(b"\n")
        if not chunk and self._unfinished:
            lines, self._unfinished = [self._unfinished], b""
        for line in lines:
            self.lines.append(line.decode(errors="replace"))
            sys.stderr.write(self.lines[-1] + "\n")
        if lines:
            sys.stderr.flush()

    def last_words(self) -> str:
        """Return the last lines under a heading, on lines of their own."""
        return "\n".join([f"\n{self.child.name}, last lines:", *(f"  {line}" for line in self.lines)])


def _told(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"exit {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
