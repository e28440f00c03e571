"""What can go wrong beside the record itself, as one tree.

::

    AdapterError
    ├── SchoolExists        a school of that name or origin is there already
    ├── SchoolUnknown       no school of that name
    ├── KeyExists           an API key of that id is there already
    ├── KeyFileRefused      a key file is missing, malformed, or readable by others
    └── RowsRefused         a directory file has bad rows: all are listed, nothing was stored

What the record itself may refuse stands in :mod:`casework.application.store`. A server, roles or migrations that are
not as they must be: :class:`servicekit.readiness.NotReady`.
"""

from collections.abc import Sequence


class AdapterError(Exception):
    """Base of what adapters raise; no message holds personal data."""


class SchoolExists(AdapterError):
    """A school of that name or origin is there already; both are for ever."""


class SchoolUnknown(AdapterError):
    """No school of that name."""


class KeyExists(AdapterError):
    """An API key of that id is there already."""


class KeyFileRefused(AdapterError):
    """A key file is missing, malformed, or readable by others."""


class RowsRefused(AdapterError):
    """Rows of a directory file are wrong. Each fault names file, line and column, never what stands there."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)
