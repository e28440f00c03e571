"""The version of a case that a decision was taken on (R15): what it must be, and what is answered if it is not."""

from typing import Literal

Expected = int | Literal["*"] | None
"""What If-Match says: a version, whatever the newest is, or nothing."""


class VersionNeeded(Exception):
    """The decision must say which version of the case it was taken on (R15)."""

    rules = ("R15",)

    def __init__(self, current: int) -> None:
        super().__init__(f"expected If-Match with the case's version, which is {current} now")
        self.current = current


class VersionStale(Exception):
    """The case moved on (R15)."""

    rules = ("R15",)

    def __init__(self, current: int) -> None:
        super().__init__(f"the case is at version {current} now; load it again")
        self.current = current


def check_version(current: int, expected: Expected, *, is_additive: bool) -> None:
    """Refuse a decision that was taken on another version, or that does not say on which.

    Raises:
        VersionNeeded: it has to say, as it is not additive.
        VersionStale: the case has moved on.
    """
    if expected is None and not is_additive:
        raise VersionNeeded(current)
    if isinstance(expected, int) and expected != current:
        raise VersionStale(current)
