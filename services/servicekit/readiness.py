"""What a service needs before it serves, and the one error that says it is not there."""

from collections.abc import Callable, Iterable

Check = Callable[[], object]
"""Returns, or raises `NotReady`."""


class NotReady(Exception):
    """Something that is needed is not as it must be. Readiness is shown to everyone: no secrets, no paths, no names."""

    def __init__(self, expected: str, found: str, cure: str = "") -> None:
        super().__init__(f"expected {expected}, found {found}" + (f"; {cure}" if cure else ""))
        self.expected = expected
        self.found = found
        self.cure = cure


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
