"""`casework demo`: one whole case through both running services, checked at every step.

Eleven steps on a scratch server in a folder of its own, with invented people; `.local` is never touched. A step that
does not behave ends it: exit 1, the step, what was expected, what was found. This is the one place of casework that
starts letters, and calls it over HTTP like any client.

What it leaves behind, in `demo-output`: `transcript.txt`, `letters/*.pdf`, `export/*.zip` with its receipt,
`checkpoint.txt`, `verification.json`, `tampered.json`, `logs/`.
"""

from casework.demo.show import play
from casework.demo.world import Addresses

__all__ = ["Addresses", "play"]
