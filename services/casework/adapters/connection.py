"""A connection with a short way for what is read over and over: prepared statements, without the driver's cursors.

At each question the driver makes a cursor, finds out how its values are written and its columns read, and waits for
the answer in Python: for the ten entries of a case that takes longer than to open them. Here a connection keeps what it
found out about a statement, and libpq waits, with what the driver offers for that (`psycopg.pq`, `psycopg.adapt`). A
signal waits too: until the answer comes, or the server breaks off what takes too long (`statement_timeout`).
"""

from collections.abc import Mapping
from typing import Any, Final

import psycopg
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import RowFactory, TupleRow, tuple_row

from casework.adapters.sql_files import Statement

_BINARY: Final = pq.Format.BINARY
_ROWS: Final = pq.ExecStatus.TUPLES_OK
_DONE: Final = pq.ExecStatus.COMMAND_OK


class _Known:
    """What a connection found out about one statement: also its names in the server, by the types of its values."""

    def __init__(self, connection: psycopg.Connection[Any], statement: Statement) -> None:
        self.formats = [PyFormat.BINARY] * len(statement.names)
        self.transformer = Transformer(connection)
        self.prepared: dict[tuple[int, ...], bytes] = {}


class Connection(psycopg.Connection[TupleRow]):
    """The driver's connection, and :meth:`rows`."""

    def __init__(self, pgconn: PGconn, row_factory: RowFactory[TupleRow] = tuple_row) -> None:
        super().__init__(pgconn, row_factory)
        self._known: dict[bytes, _Known] = {}
        self._prepared_count = 0

    def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[TupleRow]:
        """Return what a query finds, all at once; it is prepared when it is asked first, and while it fails.

        Raises:
            psycopg.Error: as the driver's own `execute`; of a lost connection always an `OperationalError`.
        """
        with self.lock:
            known = self._known.get(statement.text)
            if known is None:
                known = self._known[statement.text] = _Known(self, statement)
            transformer = known.transformer
            octets = transformer.dump_sequence([values[name] for name in statement.names], known.formats)
            types = transformer.types or ()
            name = known.prepared.get(types)
            if name is None:
                name = known.prepared[types] = self._prepare(statement.text, types)
            result = self.pgconn.exec_prepared(
                name,
                octets,  # type: ignore[arg-type]  # it takes None for NULL, as its own cursors pass it
                transformer.formats,
                _BINARY,
            )
            if result.status != _ROWS:
                del known.prepared[types]  # It may be that the server does not know it any more.
                raise _error(result)
            transformer.set_pgresult(result)
            rows = transformer.load_rows(0, result.ntuples, tuple)
            transformer.set_pgresult(None)  # Nothing that was read is kept.
            return rows

    def _prepare(self, text: bytes, types: tuple[int, ...]) -> bytes:
        """Prepare a statement under a name that is new to the server, and return the name."""
        self._prepared_count += 1
        name = b"rows_%d" % self._prepared_count
        result = self.pgconn.prepare(name, text, types)
        if result.status != _DONE:
            raise _error(result)
        return name


def _error(result: PGresult) -> psycopg.Error:
    """Return the error that a result is; where the server said nothing it is gone, which the driver leaves open."""
    if result.error_field(pq.DiagnosticField.SQLSTATE) is None:
        return psycopg.OperationalError(result.get_error_message())
    return psycopg.errors.error_from_result(result)
