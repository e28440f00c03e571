"""What a service needs before it serves, and the one error that says it is not there."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

Check = Callable[[], object]
"""Returns, or raises `NotReady`."""


class NotReady(Exception):
    """Something that is needed is not as it must be. Readiness is shown to everyone: no secrets, no paths, no names."""

    def __init__(self, expected: str, found: str, cure: str = "") -> None:
        super().__init__(f"expected {expected}, found {found}" + (f"; {cure}" if cure else ""))
        self.expected = expected
        self.found = found
        self.cure = cure


def check_room(folder: Path, least_bytes: int) -> None:
    """Make sure that there is room for files in a folder, or where it will be made.

    Raises:
        NotReady: there is less, told in megabytes.
    """
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())
    free = shutil.disk_usage(there).free
    if free < least_bytes:
        raise NotReady(f"{least_bytes >> 20} MB of room for files", f"{free >> 20} MB")


def check_all(checks: Iterable[Check]) -> None:
    """Make every check, so that all faults are told at once.

    Raises:
        NotReady: one fault as it is; of several, one after the other.
    """
    faults = []
    for check in checks:
        try:
            check()
        except NotReady as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        cures = [fault.cure for fault in faults if fault.cure]
        raise NotReady(
            "; ".join(fault.expected for fault in faults), "; ".join(fault.found for fault in faults), "; ".join(cures)
        )
