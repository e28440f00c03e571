"""Whether this process is about to end: what waits, waits on this, so that a shutdown wakes it.

    while not (page := read()) and time.monotonic() < deadline:
        if stopping.wait(0.25):
            break

Apart from `server`, so that whoever waits needs to know nothing of gunicorn.
"""

import threading
from typing import Final

stopping: Final = threading.Event()
