"""What the record says was erased, and the keys that came back all the same."""

from casework.adapters import sql_files
from casework.adapters.driver_errors import translated
from casework.adapters.pool import Pool
from casework.application.erasing import Named


class Erasures:
    """The erasures of one school's record."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema

    def named(self) -> list[Named]:
        """Return every entry that erases, in order. Raises `Unavailable`."""
        with translated(), self._pool.connection() as connection:
            rows = connection.execute(sql_files.query("erasures", self._schema), binary=True).fetchall()
        return [Named(case=case, position=position, is_undone=is_undone) for case, position, is_undone in rows]

    def destroy(self, position: int) -> None:
        """Destroy the key that the entry at this position names; again, it changes nothing. Raises `Unavailable`."""
        with translated(), self._pool.connection() as connection:
            connection.execute(sql_files.query("erase", self._schema), [position], binary=True)
