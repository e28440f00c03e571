"""Reading a whole record: for verify, replay, export and the checkpoint run.

A connection of its own, without a limit of time, in one snapshot that does not move while it is read; rows come by a
server cursor, so memory stays the same however long the record is. It cannot write.
"""

import itertools
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.rows import class_row

from casework.adapters import sql_files
from casework.adapters.driver_errors import translated
from casework.adapters.schools import RecordHome, School, record_home
from casework.adapters.stored import EntryNotification, WrappedKey
from casework.ledger.rows import Commands, Row, StoredCheckpoint

if TYPE_CHECKING:
    from casework.application.replay import Models

ROWS_AT_ONCE: Final = 1000
STREAMED_AT_ONCE: Final = 250
COMMANDS_AT_ONCE: Final = 4
"""Each is thousands (`command_rows`)."""

_POSITION_MIN: Final = -(2**63) + 1
"""Where reading begins that is to find what was put before the first entry, too."""
_POSITION_MAX: Final = 2**63 - 1
_CHECKPOINTS: Final = "SELECT size, root, note FROM {s}.checkpoint ORDER BY size"


class RecordScan:
    """One record, as it was when the scan began. Used by `with`."""

    def __init__(self, dsn: str, school: School, *, as_of: str | None = None) -> None:
        """Name the record; `as_of` is the moment of another scan that has not ended (`moment`), else it is now."""
        self.dsn = dsn
        self.school = school
        self._as_of = as_of
        self._number = itertools.count(1)
        """Of cursors, of which several may be open side by side."""

    def __enter__(self) -> Self:
        """Connect, and fix the moment that everything is read as of."""
        with translated():
            self._connection: psycopg.Connection[Any] = psycopg.connect(self.dsn, autocommit=True)
            # A long read is no fault here, and no transaction of it is idle for want of a caller.
            self._connection.execute("SET statement_timeout = 0")
            self._connection.execute("SET idle_in_transaction_session_timeout = 0")
            self._connection.autocommit = False
            self._connection.isolation_level = IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
            if self._as_of is not None:
                self._connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(self._as_of))
            self.home: RecordHome = record_home(self._connection, self.school)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._connection.close()

    def moment(self) -> str:
        """Return a name for the moment that this scan is of: others read as of it too, as long as this one lasts."""
        name: str = self._fetch("SELECT pg_export_snapshot()")[0][0]
        return name

    def size(self) -> int:
        """Return how many entries there are."""
        rows = self._fetch("SELECT coalesce(max(position), 0) FROM {s}.event")
        size: int = rows[0][0]
        return size

    def count(self) -> int:
        """Return how many entries are there, which is `size` if none is missing."""
        count: int = self._fetch("SELECT count(*) FROM {s}.event")[0][0]
        return count

    def position_at(self, instant: datetime) -> int:
        """Return the last position recorded at or before an instant; 0 if there is none."""
        rows = self._fetch("SELECT coalesce(max(position), 0) FROM {s}.event WHERE time <= %s", [instant])
        position: int = rows[0][0]
        return position

    def rows(
        self,
        *,
        after: int = _POSITION_MIN,
        upto: int | None = None,
        stream: UUID | None = None,
        with_sealed: bool = False,
    ) -> Iterator[tuple[Row, bytes | None]]:
        """Yield rows for a check, in order of position, each with its sealed part if that is asked for."""
        upto = _POSITION_MAX if upto is None else upto
        statement = sql_files.query("ledger_rows", self.school.schema)
        parameters = {"after": after, "upto": upto, "stream": stream, "with_sealed": with_sealed}
        for *columns, sealed in self._stream(statement, parameters):
            yield Row._make(columns), sealed

    def some_rows(self, after: int, upto: int, *, with_sealed: bool) -> list[tuple[Any, ...]]:
        """Return a few rows as `rows` does, in one trip, as the cells of a `Row` and the sealed part behind them."""
        statement = sql_files.query("ledger_rows", self.school.schema)
        parameters = {"after": after, "upto": upto, "stream": None, "with_sealed": with_sealed}
        with translated():
            return self._connection.execute(statement, parameters, prepare=True, binary=True).fetchall()

    def stream(self, *, with_sealed: bool) -> Generator[tuple[Any, ...], None, None]:
        """Yield all rows as `some_rows` gives them, with the server ahead; the connection is busy till then."""
        statement = sql_files.query("ledger_rows", self.school.schema)
        parameters = {"after": 0, "upto": _POSITION_MAX, "stream": None, "with_sealed": with_sealed}
        at_once = STREAMED_AT_ONCE if psycopg.capabilities.has_stream_chunked() else 1
        with translated(), self._connection.cursor() as cursor:
            yield from cursor.stream(statement, parameters, binary=True, size=at_once)

    def entries(
        self, *, after: int = 0, upto: int | None = None, stream: UUID | None = None
    ) -> Iterator[EntryNotification]:
        """Yield entries with their keys, for a mapper to decode, in order of position. The keys are read once."""
        keys = self.keys()
        statement = sql_files.query("scan", self.school.schema)
        parameters = {"after": after, "upto": _POSITION_MAX if upto is None else upto, "stream": stream}
        for position, own, version, type_name, entry, sealed in self._stream(statement, parameters):
            key = keys.get(self.home.stream if type_name.startswith("access.") else own)
            yield EntryNotification(own, version, type_name, entry, id=position, sealed=sealed, key=key)

    def models(self) -> "Models":
        """Return the live read models, of the same moment."""
        # Most who read a record do not fold it, and what folds takes a while to import.
        from casework.application.replay import Models  # noqa: PLC0415 - as said above

        form, position = self._fetch("SELECT form, position FROM {s}.live_head")[0]
        rows = self._fetch("SELECT incident, folded::text FROM {s}.live_case")
        return Models(form=form, position=position, rows=dict(rows))

    def leaves(self, *, after: int = _POSITION_MIN, upto: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield the stored leaves, each after its position, in order."""
        statement = sql_files.query("leaves", self.school.schema)
        parameters = {"after": after, "upto": _POSITION_MAX if upto is None else upto}
        yield from self._stream(statement, parameters)

    def commands(self) -> Iterator[Commands]:
        """Yield what is kept of commands, in order of the first position of each, many at a time."""
        for columns in self._stream(sql_files.query("command_rows", self.school.schema), {}, COMMANDS_AT_ONCE):
            yield Commands._make(columns)

    def checkpoints(self) -> Iterator[StoredCheckpoint]:
        """Yield all checkpoints, by size: one a minute makes many."""
        for row in self._stream(sql_files.compose(_CHECKPOINTS, self.school.schema), {}):
            yield StoredCheckpoint._make(row)

    def checkpoint_over(self, position: int) -> StoredCheckpoint | None:
        """Return the first checkpoint that covers a position, if there is one."""
        rows = self._fetch(
            "SELECT size, root, note FROM {s}.checkpoint WHERE size >= %s ORDER BY size LIMIT 1", [position]
        )
        return StoredCheckpoint._make(rows[0]) if rows else None

    def may_read_keys(self) -> bool:
        """Tell whether this user of the database may read the cases' keys: an auditor may not."""
        schema = sql_files.keys_schema(self.school.schema)
        return bool(self._fetch("SELECT has_schema_privilege(%s, 'USAGE')", [schema])[0][0])

    def keys(self) -> Mapping[UUID, WrappedKey]:
        """Return the wrapped secrets of all cases."""
        cursor = self._connection.cursor(row_factory=class_row(WrappedKey))
        statement = sql_files.compose("SELECT id, master, wrapped FROM {keys}.case_key", self.school.schema)
        with translated():
            return {key.id: key for key in cursor.execute(statement)}

    def some_keys(self, ids: Iterable[UUID]) -> dict[UUID, tuple[WrappedKey, int | None]]:
        """Return the wrapped secrets of some cases, of those destroyed with the position of the entry that says so."""
        statement = "SELECT id, master, wrapped, erased_by FROM {keys}.case_key WHERE id = ANY (%s::uuid[])"
        return {row[0]: (WrappedKey(*row[:3]), row[3]) for row in self._fetch(statement, [list(ids)])}

    def _fetch(self, statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        with translated():
            return self._connection.execute(
                sql_files.compose(statement, self.school.schema), parameters, binary=True
            ).fetchall()

    def _stream(
        self, statement: bytes, parameters: Mapping[str, Any], at_once: int = ROWS_AT_ONCE
    ) -> Iterator[tuple[Any, ...]]:
        with translated(), self._connection.cursor(name=f"scan_{next(self._number)}", binary=True) as cursor:
            cursor.itersize = at_once
            cursor.execute(statement, parameters)
            yield from cursor
