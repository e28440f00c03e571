"""Keep one embedded server while it has users, and stop it when the last is gone. Run as a script, never imported.

    python -I -S _embedded_guard.py USERS SERVER USER GROUP postgres -D ...

USERS and SERVER are inherited descriptors of the two lock files that `embedded.py` explains; SERVER is already locked.
USER and GROUP are numbers, or `-` for the caller's own. The guard is the postmaster's parent and waits for two things:

- USERS can be locked alone: no user is left, however it ended. The postmaster is told to stop (SIGINT, a "fast
  shutdown": open transactions roll back, all else is written).
- the postmaster ends by itself: the guard ends too.

If the guard itself is killed, the kernel sends the postmaster that same SIGINT (Linux, PR_SET_PDEATHSIG). So server
and guard live and die together; whoever starts next makes both anew.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 20.0
_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def main(users: int, server: int, account: tuple[int | None, int | None], command: list[str]) -> None:
    """Run the postmaster to its end."""
    # Ctrl-C and hang-ups are for the services; they need the database while they finish.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    user, group = account
    postmaster = subprocess.Popen(
        command,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
        cwd="/",
        pass_fds=[server],
        preexec_fn=_stop_with_parent(),  # noqa: PLW1509 - there is one thread so far
    )
    # From here on the postmaster and its backends alone hold this lock: once it is free, none of them lives.
    os.close(server)
    threading.Thread(target=_end_with, args=(postmaster,)).start()
    fcntl.flock(users, fcntl.LOCK_EX)
    postmaster.send_signal(signal.SIGINT)
    time.sleep(PATIENCE_S)
    # Not stopped in time: SIGQUIT stops it at once, like a crash, and the next start recovers.
    postmaster.send_signal(signal.SIGQUIT)


def _end_with(postmaster: subprocess.Popen[bytes]) -> None:
    postmaster.wait()
    os._exit(0)


def _stop_with_parent() -> Callable[[], None] | None:
    """Answer what the child does just before it becomes the postmaster, after it has changed its account."""
    if sys.platform != "linux":
        return None
    # Loaded here, as a forked child should not load libraries.
    prctl = ctypes.CDLL(None).prctl
    guard = os.getpid()

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != guard:  # Killed before it was asked.
            os._exit(1)

    return ask_kernel


def _number(text: str) -> int | None:
    return None if text == "-" else int(text)


if __name__ == "__main__":
    # The starter waits for this first process; the second belongs to nobody, so it outlives the starter and leaves no
    # zombie behind in a starter that lives on.
    if os.fork():
        os._exit(0)
    main(int(sys.argv[1]), int(sys.argv[2]), (_number(sys.argv[3]), _number(sys.argv[4])), sys.argv[5:])
