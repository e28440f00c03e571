"""Where the present moment comes from, as a protocol: time is an argument everywhere below."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """Return it, in UTC."""
        ...
