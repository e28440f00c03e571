"""The signed checkpoints of one record, as the service hands them out: the latest, one of a size, a new one on request.

Only what is stored is shown (`signer`: stored first, then shown), so every reader is shown the same.
"""

from datetime import timedelta
from typing import Any, Final

from casework.adapters import sql_files
from casework.adapters.driver_errors import translated
from casework.adapters.key_files import Signing
from casework.adapters.pool import Pool
from casework.adapters.schools import School
from casework.adapters.signer import CheckpointRun, Progress, Rebuilt
from casework.application.checkpoints import StoredNote
from servicekit.readiness import NotReady

UNSIGNED_MAX: Final = timedelta(minutes=10)

_SELECT: Final = "SELECT size, note FROM {s}.checkpoint"
_AGE: Final = (
    "WITH signed AS (SELECT coalesce(max(size), 0) AS size FROM {s}.checkpoint)"
    " SELECT size, (SELECT coalesce(max(position), 0) FROM {s}.event),"
    " (SELECT clock_timestamp() - min(recorded_at) FROM {s}.event WHERE position > size) FROM signed"
)


class Checkpoints:
    """The checkpoints of one school's record."""

    def __init__(self, pool: Pool, dsn: str, school: School, signer: Signing) -> None:
        self._pool = pool
        self._school = school
        self._signer = signer
        self._run = CheckpointRun(dsn, school, signer)

    @property
    def keys(self) -> tuple[str, ...]:
        """The verifier keys, newest first; worth trusting only if they came another way as well."""
        return tuple(str(key) for key in self._signer.keys)

    def latest(self) -> StoredNote | None:
        """Return the latest checkpoint, if there is one yet."""
        return self._found(f"{_SELECT} ORDER BY size DESC LIMIT 1")

    def of_size(self, size: int) -> StoredNote | None:
        """Return the checkpoint of this size, if one was signed."""
        return self._found(f"{_SELECT} WHERE size = %s", size)

    def nearest(self, size: int) -> tuple[int, ...]:
        """Return the sizes next to this one for which there are checkpoints: the one below and the one above."""
        below = self._found(f"{_SELECT} WHERE size < %s ORDER BY size DESC LIMIT 1", size)
        above = self._found(f"{_SELECT} WHERE size > %s ORDER BY size LIMIT 1", size)
        return tuple(note.size for note in (below, above) if note is not None)

    def sign(self) -> StoredNote:
        """Sign what is new, and return the latest checkpoint.

        Raises:
            RecordBroken, Unavailable: see `CheckpointRun.run`.
        """
        signed = self._run.run()
        assert signed is not None  # noqa: S101 - a record begins with its first entry
        return StoredNote(size=signed.size, note=signed.note)

    def rebuild_tiles(self, progress: Progress) -> Rebuilt:
        """Drop all tiles and build them from the leaves; see `CheckpointRun.rebuild_tiles`."""
        return self._run.rebuild_tiles(progress)

    def check_age(self) -> None:
        """Check that what was recorded is signed before long, and that what was signed is still that long.

        Lengths and ages only: whether the leaves still fit is for the checkpoint run to say. A run that refuses signs
        nothing, so the next entry recorded waits, and is told of here after ten minutes.

        Raises:
            NotReady: the record is shorter than its last checkpoint, or an entry waits for one for over ten minutes.
        """
        with translated(), self._pool.connection() as connection:
            row = connection.execute(sql_files.compose(_AGE, self._school.schema)).fetchone()
        assert row is not None  # noqa: S101 - an aggregate always has a row
        size, head, waiting = row
        if head < size:
            expected = f"a record of {size} entries at least, as its last checkpoint says"
            raise NotReady(expected, f"one of {head}", "run `casework verify`")
        if waiting is not None and waiting > UNSIGNED_MAX:
            minutes = int(UNSIGNED_MAX.total_seconds() / 60)
            found = f"one that waits for {int(waiting.total_seconds() / 60)}"
            raise NotReady(f"each entry under a signed checkpoint within {minutes} minutes", found)

    def _found(self, statement: str, *parameters: Any) -> StoredNote | None:
        with translated(), self._pool.connection() as connection:
            composed = sql_files.compose(statement, self._school.schema)
            row = connection.execute(composed, parameters).fetchone()
        return StoredNote(size=row[0], note=row[1]) if row else None
