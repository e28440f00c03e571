"""Which e-mail leaves next, and whose it is: a lease on one letter at a time, in the database.

The list of letters says which may leave; its rows are locked while one is chosen, and dispatchers step over each
other's (``FOR UPDATE SKIP LOCKED``). A lease is given only where none is running: the row of ``dispatch_lease`` decides
between two that saw the same list.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from letters.adapters.postgres import Pool, ahead

_LEAVING = """
    SELECT letter_id FROM letters.letter_list AS listed
    WHERE status = 'issued' AND channel = 'email' AND holds = '{}' AND not_before <= %(now)s
      AND NOT letter_id = ANY (%(without)s)
      AND NOT EXISTS (
        SELECT FROM letters.dispatch_lease AS lease
        WHERE lease.letter_id = listed.letter_id AND lease.leased_until > %(now)s
      )
    ORDER BY not_before, position LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_LEASE = """
    INSERT INTO letters.dispatch_lease AS lease (letter_id, worker, leased_until)
    VALUES (%(letter)s, %(worker)s, %(until)s)
    ON CONFLICT (letter_id) DO UPDATE SET worker = excluded.worker, leased_until = excluded.leased_until
    WHERE lease.leased_until <= %(now)s
"""


class PostgresQueue:
    """Hands out letters."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def claim(self, worker: str, now: datetime, until: datetime, without: Collection[UUID]) -> UUID | None:
        """Lease the letter that has waited longest to this worker; None where none waits but these."""
        while True:
            with ahead(self._pool) as connection:
                row = connection.execute(_LEAVING, {"now": now, "without": list(without)}).fetchone()
                if row is None:
                    return None
                asked = {"letter": row["letter_id"], "worker": worker, "now": now, "until": until}
                if connection.execute(_LEASE, asked).rowcount:
                    letter: UUID = row["letter_id"]
                    return letter
            # Another was faster between the two statements, and its lease is visible from now on.

    def release(self, letter: UUID, worker: str) -> None:
        """Give a lease back, if it is still this worker's."""
        with ahead(self._pool) as connection:
            connection.execute(
                "DELETE FROM letters.dispatch_lease WHERE letter_id = %s AND worker = %s", (letter, worker)
            )
