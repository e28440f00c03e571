"""Bring a service up, whole, in one command, and down again in order. Knows no service: it is handed the steps.

    up(
        "things", local_dir,
        steps=[Step("database", start_server), Step("migrations", migrate), Step("keys", make_keys)],
        children=lambda: [Child("serve", [...]), Child("timers", [...])],
        lacking=lambda: probe.lacking("http://127.0.0.1:8001"),
        ready=lambda: print("ready"),
        companions=[companion("others up")],
    )

Only one at a time in a folder: the lock is a kernel lock on `<service>.lock`, so it is free as soon as its holder has
ended, however that was. A signal during a step stops after that step, so that none is left half done.
"""

import contextlib
import fcntl
import functools
import math
import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from servicekit import logs
from servicekit.supervisor import Child, ChildrenFailed, Pace, StopAsked, Supervisor

__all__ = ["AlreadyUp", "Child", "ChildrenFailed", "Pace", "Step", "companion", "hold", "installed", "up"]

READY_WITHIN_S: Final = 30.0


class AlreadyUp(Exception):
    """Another process holds the lock."""


@dataclass(frozen=True)
class Step:
    """Something to do before the children start. What is to be undone at the end goes on the stack it is given.

    A step that has to wait for somebody else returns what it waits for, and is run again until it returns None; a
    signal ends the waiting.
    """

    name: str
    run: Callable[[contextlib.ExitStack], str | None]


def up(
    service: str,
    local_dir: Path,
    *,
    steps: Iterable[Step],
    children: Callable[[], Iterable[Child]],
    lacking: Callable[[], str | None],
    ready: Callable[[], None] = lambda: None,
    companions: Iterable[Child] = (),
    pace: Pace | None = None,
    ready_within_s: float = READY_WITHIN_S,
) -> None:
    """Run until a signal says to stop; return when all is down.

    `children` is asked after the steps, `ready` called when `lacking` has returned None, `companions` start after that.

    Raises: `AlreadyUp`; `ChildrenFailed` if one ends again and again or they are not ready in time; whatever a step
    raises. In each case what was started is stopped first.
    """
    with contextlib.ExitStack() as held:
        held.enter_context(hold(local_dir / f"{service}.lock"))
        with Supervisor(pace) as supervisor, contextlib.suppress(StopAsked):
            # Undone after the children have stopped: pushed on the outer stack, not on one of this block.
            for step in steps:
                supervisor.check()
                logs.get_logger().info(f"{service} up: {step.name}")
                supervisor.watch(functools.partial(step.run, held), within_s=math.inf)
            supervisor.check()
            supervisor.start(children())
            supervisor.watch(lacking, ready_within_s)
            logs.get_logger().info(f"{service} up: ready")
            ready()
            supervisor.start(companions)
            supervisor.watch()
        logs.get_logger().info(f"{service} is down")


@contextlib.contextmanager
def hold(lock: Path) -> Iterator[None]:
    """Hold a lock file, with our process id in it for whoever comes second.

    Raises: `AlreadyUp` if another process holds it.
    """
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode(errors="replace").strip() or "of unknown id"
            raise AlreadyUp(f"expected {lock} to be free, found it held by process {holder}: stop that first") from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        # The file stays: to remove it could take away the lock of whoever has opened it meanwhile.
        os.close(descriptor)


def companion(command: str) -> Child:
    """Make a child of a command line. A program installed beside this one is found without a PATH that says so."""
    argv = shlex.split(command)
    if not argv:
        raise ValueError("expected a command, found none")
    return Child(command, [installed(argv[0]), *argv[1:]])


def installed(program: str) -> str:
    """Return where a program lies that is installed beside this one; else its name, to be found by the PATH."""
    beside = Path(sys.executable).parent / program
    return str(beside) if "/" not in program and beside.is_file() else program
