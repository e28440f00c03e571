"""The tables of the live read models: rows that are read whole, and brought on a page of the record at a time.

Whoever brings them on holds the row of `live_head` for that page, so there is one at a time, and a page is in with all
it changed or not at all. A crash leaves the models where the last page left them: behind, never wrong.
"""

from collections.abc import Collection
from typing import Any, Final

import psycopg

from casework.adapters import sql_files
from casework.adapters.driver_errors import translated
from casework.adapters.pool import Pool
from casework.adapters.stored import EntryNotification
from casework.application.read_models.live import Fold, LiveRows

Connection = psycopg.Connection[Any]
PAGE_ENTRIES: Final = 1000
PASSED_MAX: Final = 1000


class LiveTable:
    """The live read models of one school, as rows."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema

    def read(self, form: str) -> LiveRows | None:
        """Return all rows as of one moment; None where they are behind the record, or of another form."""
        parameters = {"form": form, "passed_max": PASSED_MAX}
        with translated(), self._pool.connection() as connection:
            statement = sql_files.query("live_cases", self._schema)
            rows = connection.execute(statement, parameters, prepare=True, binary=True).fetchall()
        if not rows or rows[0][0]:
            return None
        return {incident: folded for _, incident, folded in rows if incident is not None}

    def bring_on(self, form: str, fold: Fold) -> None:
        """Fold the next page of entries into the rows; all rows anew if they are of another form."""
        with translated(), self._pool.connection() as connection, connection.transaction():
            row = connection.execute(sql_files.query("live_head", self._schema)).fetchone()
            assert row is not None  # noqa: S101 - the table is made with its row
            found, after, last = row
            if found != form or after > last:
                connection.execute(sql_files.compose("DELETE FROM {s}.live_case", self._schema))
                after = 0
            upto = min(after + PAGE_ENTRIES, last)
            page = self._page(connection, after, upto)
            changed = fold(page, self._kept(connection, {entry.originator_id for entry in page}))
            parameters = {"incidents": list(changed), "folded": list(changed.values())}
            connection.execute(sql_files.query("keep_live_cases", self._schema), parameters)
            update = sql_files.compose("UPDATE {s}.live_head SET form = %s, position = %s", self._schema)
            connection.execute(update, [form, upto])

    def discard(self) -> None:
        """Have all rows made anew by whoever reads next."""
        with translated(), self._pool.connection() as connection:
            connection.execute(sql_files.compose("UPDATE {s}.live_head SET form = ''", self._schema))

    def _page(self, connection: Connection, after: int, upto: int) -> list[EntryNotification]:
        rows = connection.execute(sql_files.query("live_page", self._schema), {"after": after, "upto": upto})
        return [
            EntryNotification(stream, version, type_name, entry, id=position)
            for position, stream, version, type_name, entry in rows
        ]

    def _kept(self, connection: Connection, incidents: Collection[Any]) -> LiveRows:
        select = "SELECT incident, folded::text FROM {s}.live_case WHERE incident = ANY (%s)"
        return dict(connection.execute(sql_files.compose(select, self._schema), [list(incidents)]).fetchall())
