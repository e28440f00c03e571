"""Run a program that does not outlive the process that started it; a program itself, started by `supervisor`.

    python _child.py PARENT_PID PROGRAM [ARGUMENT]...

The kernel is asked to send SIGTERM when the parent dies, however it dies (prctl(2), PR_SET_PDEATHSIG; Linux only,
elsewhere children of a killed supervisor are left). Done here rather than between fork and exec in the parent, where
running Python is safe only as long as nobody has started a thread. The request survives the exec.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
CANNOT_RUN = 127


def main(parent: str, *argv: str) -> None:
    """Become the program."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):
            return  # The parent died before the kernel was asked: no signal would come.
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - the supervisor's own list
    except OSError as error:
        sys.stderr.write(f"cannot run {argv[0]}: {error.strerror}\n")
        sys.exit(CANNOT_RUN)


if __name__ == "__main__":
    main(*sys.argv[1:])
