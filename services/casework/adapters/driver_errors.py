"""What the database driver raises, in the words of the use cases.

Only messages that `append` and its companions wrote pass on; the server's own may quote a value.
"""

from contextlib import AbstractContextManager
from typing import Final

import psycopg

from casework.application.store import (
    ClockDiffers,
    CommandReused,
    KeyErased,
    Rejected,
    StaleVersion,
    StoreError,
    Unavailable,
)

_OURS: Final[dict[str, type[StoreError]]] = {
    "CW001": CommandReused,
    "CW002": Rejected,
    "CW003": Rejected,
    "CW004": ClockDiffers,
    "CW005": Rejected,
    "CW006": KeyErased,
    "CW007": Rejected,
    "CW008": Rejected,
    "CW009": Rejected,
    "CW010": Rejected,
    "23505": StaleVersion,
}
_SERIALIZATION_FAILURE, _DEADLOCK = "40001", "40P01"


class _Translated:
    """A context as :func:`translated` says. A class, as a generator's costs several times as much at each question."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, psycopg.Error):
            raise translate(error) from error


_TRANSLATED: Final = _Translated()


def translated() -> AbstractContextManager[None]:
    """Raise the store's errors for the driver's."""
    return _TRANSLATED


def translate(error: psycopg.Error) -> StoreError:
    """Return what a driver's error means."""
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        # The server never said a word.
        return Unavailable(f"database not available ({type(error).__name__})")
    return refusal(error.sqlstate or type(error).__name__, error.diag.message_primary)


def refusal(state: str, message: str | None) -> StoreError:
    """Return what an SQLSTATE means, of an error or of one command among several; only our own words are quoted."""
    ours = _OURS.get(state)
    if ours is not None:
        return ours(message or state)
    if issubclass(_driver_error(state), psycopg.OperationalError):
        # No lock, no answer in time, no room on the disk.
        return Unavailable(f"database not available ({state})")
    return Rejected(f"the database refused what was sent ({state})")


def _driver_error(state: str) -> type[psycopg.Error]:
    try:
        return psycopg.errors.lookup(state)
    except KeyError:
        return psycopg.DatabaseError


def is_transient(error: Exception) -> bool:
    """Tell whether the same command, sent again, may go through: a lost connection, a serialisation, a deadlock."""
    if not isinstance(error, psycopg.Error):
        return False
    return error.sqlstate in (_SERIALIZATION_FAILURE, _DEADLOCK) or is_connection_lost(error)


def is_connection_lost(error: psycopg.Error) -> bool:
    """Tell whether the connection is gone: the command may have been carried out, or not."""
    state = error.sqlstate
    lost = state is None or state.startswith("08") or state in ("57P01", "57P02", "57P03")
    # The pool's own refusals have no sqlstate either; they come of load, and more of it would not help.
    return (
        isinstance(error, psycopg.OperationalError) and lost and not type(error).__module__.startswith("psycopg_pool")
    )
