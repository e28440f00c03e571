"""A question that is answered at once: one statement, a value for each of its parameters, all rows.

The driver's cursor serves every kind of statement, one that lasts as well: what it does by itself takes longer than
such an answer. A question goes by the layer below it, which psycopg documents too (`psycopg.pq`, `psycopg.adapt`):
prepared once on each connection, parameters and rows in binary. While the server thinks, no lock of the interpreter is
held, but no signal is handled in this thread either: it is for what `statement_timeout` may well end. Or it is sent by
one thread, which goes on, and received by another.

A statement is written as for the driver, its parameters by name: ``SELECT ... WHERE key = %(key)b`` is sent as
``SELECT ... WHERE key = $1``.
"""

import re
import select
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any, Final, NamedTuple, cast

import psycopg
from psycopg import pq
from psycopg.abc import Buffer
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result

from casework.adapters import sql_files

PREPARED_MAX: Final = 500
"""So many are kept on one connection: each takes some 30 kB of the server's memory; each school has its own."""
PARAMETER: Final = re.compile(rb"%\((\w+)\)b")

Row = tuple[Any, ...]


_Sent = tuple["Question", Sequence[Buffer | None]]


class Question(NamedTuple):
    """A statement as it is sent, and the names of `$1`, `$2` and so on."""

    statement: bytes
    names: tuple[str, ...]


@cache
def question(name: str, schema: str = sql_files.SHARED_SCHEMA) -> Question:
    """Return the question of a file of `queries/`, for one school's schema."""
    written = sql_files.query(name, schema)
    names = tuple(dict.fromkeys(found.decode() for found in PARAMETER.findall(written)))
    places = {name.encode(): b"$%d" % place for place, name in enumerate(names, start=1)}
    return Question(PARAMETER.sub(lambda found: places[found[1]], written), names)


class Asking(psycopg.Connection[Row]):
    """A connection that can be asked."""

    def __init__(self, pgconn: pq.abc.PGconn, *rest: Any) -> None:
        super().__init__(pgconn, *rest)
        # What was prepared here, by what it says and the types of its parameters, and the name that it has there.
        self._questions: dict[tuple[Question, tuple[int, ...]], bytes] = {}
        self._numbers = count()
        self._values = Transformer(self)
        self._sent: _Sent | None = None

    def ask(self, asked: Question, values: Mapping[str, Any]) -> list[Row]:
        """Return all rows of the answer.

        Raises:
            psycopg.Error: as a cursor does.
        """
        with self.lock:
            told = self._told(asked, values)
            try:
                result = self.pgconn.exec_prepared(*self._executing(asked, told))
                return self._rows(result)
            except InvalidSqlStatementName:
                # The driver lets go of all that is prepared once a transaction was rolled back. Nothing was done yet.
                self._questions.clear()
                return self._rows(self.pgconn.exec_prepared(*self._executing(asked, told)))

    def send(self, asked: Question, values: Mapping[str, Any]) -> None:
        """Ask and go on; nothing else may be asked until :meth:`receive` has returned. Raises what it raises."""
        told = self._told(asked, values)
        self._sent = (asked, told)
        self.pgconn.send_query_prepared(*self._executing(asked, told))
        self.pgconn.flush()

    def receive(self) -> list[Row]:
        """Wait for the answer to what was sent; return all its rows.

        Raises:
            psycopg.Error: as a cursor does.
        """
        sent, self._sent = self._sent, None
        try:
            return self._rows(self._received())
        except InvalidSqlStatementName:  # as above
            self._questions.clear()
            self.pgconn.send_query_prepared(*self._executing(*cast("_Sent", sent)))
            return self._rows(self._received())

    def _received(self) -> pq.abc.PGresult:
        """Return the result of what was sent, once all of it is here."""
        connection, ready = self.pgconn, select.poll()
        ready.register(connection.socket, select.POLLIN | select.POLLOUT)
        while connection.flush():  # More than the socket takes at once; the server may have something to say meanwhile.
            ready.poll()
            connection.consume_input()
        ready.modify(connection.socket, select.POLLIN)
        result = last = self._next(ready)
        while last is not None:
            last = self._next(ready)  # The end of the answer.
        return cast("pq.abc.PGresult", result)

    def _next(self, ready: select.poll) -> pq.abc.PGresult | None:
        """Return the next result once it is here: libpq would wait for it too, and the interpreter with it."""
        while self.pgconn.is_busy():
            ready.poll()
            self.pgconn.consume_input()
        return self.pgconn.get_result()

    def _told(self, asked: Question, values: Mapping[str, Any]) -> Sequence[Buffer | None]:
        given = [values[name] for name in asked.names]
        return self._values.dump_sequence(given, [PyFormat.BINARY] * len(given))

    def _executing(
        self, asked: Question, told: Sequence[Buffer | None]
    ) -> tuple[bytes, Sequence[Buffer], Sequence[int] | None, int]:
        """Prepare a statement, unless it is; return what libpq is told to execute it, `told` being the latest."""
        types, formats = self._values.types or (), self._values.formats
        name = self._questions.get((asked, types))
        if name is None:
            name = b"question_%d" % next(self._numbers)  # Never one again: the server may know what was let go of here.
            if len(self._questions) >= PREPARED_MAX:
                self._let_go(self._questions.pop(next(iter(self._questions))))
            self._checked(self.pgconn.prepare(name, asked.statement, types))
            self._questions[asked, types] = name
        # None is NULL here as where one only sends, which has the right type.
        return name, cast("Sequence[Buffer]", told), formats, pq.Format.BINARY

    def _let_go(self, name: bytes) -> None:
        try:
            self._checked(self.pgconn.exec_(b"DEALLOCATE " + name))
        except InvalidSqlStatementName:  # The driver has let go of all, as above.
            self._questions.clear()

    def _rows(self, result: pq.abc.PGresult) -> list[Row]:
        self._values.set_pgresult(self._checked(result))
        try:
            return self._values.load_rows(0, result.ntuples, tuple)
        finally:
            # Nobody is to find the answer here once it was given.
            self._values.set_pgresult(None)

    def _checked(self, result: pq.abc.PGresult) -> pq.abc.PGresult:
        if result.status in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
            return result
        if result.error_field(pq.DiagnosticField.SQLSTATE) is None:
            # The server never said a word: whoever lost it says so in this way.
            raise psycopg.OperationalError(result.get_error_message())
        raise error_from_result(result)
