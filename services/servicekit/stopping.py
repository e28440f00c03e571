"""Whether this process is about to end: what waits, waits on this, so that a shutdown wakes it.

    while not (page := read()) and time.monotonic() < deadline:
        if stopping.wait(0.25):
            break

Apart from `server`, so that whoever waits needs to know nothing of gunicorn.
"""

import signal
import threading
from collections.abc import Callable
from typing import Final

stopping: Final = threading.Event()


def stop_on_signal(also: Callable[[], None] = lambda: None) -> threading.Event:
    """Set `stopping` on SIGTERM and Ctrl-C, for a process that works in a loop of its own; return it.

    A second signal ends the process as it does by default. Only in the main thread.
    """

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stopping.set()
        also()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping
