"""The live read models of a school whose use cases are at hand."""

from typing import cast

from casework.adapters.live_table import LiveTable
from casework.adapters.recorder import Recorder
from casework.application.casework import Casework
from casework.application.read_models.live import LiveCases


def cases_of(use: Casework) -> LiveCases:
    """Return all cases of the school, over the same pool."""
    return LiveCases(use.record, table_of(use))


def table_of(use: Casework) -> LiveTable:
    """Return the rows that they are kept in."""
    recorder = cast("Recorder", use.record.recorder)
    return LiveTable(recorder._pool, recorder._schema)
