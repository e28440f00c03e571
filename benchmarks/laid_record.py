"""A long record, laid down: as many entries as are asked for, each as `append` would have stored it, in seconds.

The owner writes the rows in one statement, out of one entry that was built and sealed as ever: stream, version and
command are put in anew, ten entries a stream, a command each. Bytes, columns and leaves fit each other as `casework
verify` wants them; sealed parts are left out, as nobody opens them where such a record is used. Where they are opened,
it is appended.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import uuid4

import psycopg

from benchmarks import trial_school
from benchmarks.observed import Observed, observed
from benchmarks.record import BODY_SHA256, STREAM_EVENTS
from benchmarks.trial_school import Trial
from casework.adapters import sql_files
from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.factory import RecordFactory
from casework.adapters.keys import CaseKeys, read_master_keys
from casework.adapters.pool import make_pool
from casework.adapters.recorder import Recorder
from casework.adapters.schools import record_home
from casework.application.record import Record
from casework.domain.catalogue import EVENT_TYPES
from servicekit.identifiers import uuid7
from servicekit.service_settings import KEYS_DIR

EVENTS_AT_ONCE: Final = 500

_LAY: Final = """
    WITH placed AS (
      SELECT g AS n, md5(%(id)s::text || (g - 1) / %(each)s)::uuid AS stream, (g - 1) %% %(each)s + 1 AS version,
        gen_random_uuid() AS command
      FROM generate_series(1, %(count)s::bigint) AS g
    ), written AS (
      SELECT *, convert_to(replace(replace(%(entry)s::text, %(id)s::text, stream || '/' || version),
        %(command)s::text, command::text), 'UTF8') AS entry
      FROM placed
    ), laid AS (
      INSERT INTO {s}.event (position, stream, version, type, time, command, entry, leaf)
      SELECT (SELECT max(position) FROM {s}.event) + n, stream, version, %(type)s, %(time)s, command, entry,
        sha256('\\x00'::bytea || entry)
      FROM written ORDER BY n
      RETURNING position, command
    )
    INSERT INTO {s}.command SELECT command, %(body)s, position, position FROM laid
"""
_BYTES: Final = "SELECT entry FROM {s}.event ORDER BY position"


def lay(trial: Trial, count: int) -> None:
    """Let the record of a school go on by so many entries, and sign it."""
    school = trial.school.school
    event = observed(uuid4(), 1)
    with _observing(trial) as record:
        stored = record.mapper.to_stored_event(event)
    parameters = {
        "body": BODY_SHA256,
        "count": count,
        "each": STREAM_EVENTS,
        "entry": stored.state.decode(),
        "id": event.id,
        "command": str(event.carried.command),
        "type": stored.topic,
        "time": event.recorded_at,
    }
    with psycopg.connect(trial.at.owner or trial.at.app) as connection:
        connection.execute(sql_files.compose(_LAY, school.schema), parameters)
    trial.school.checkpoints.sign()
    trial_school.analyze(trial)


def append(trial: Trial, count: int) -> None:
    """Append so many events, ten a stream, sealed, to the record of a school, and sign it."""
    with _observing(trial) as record:
        for first in range(0, count, EVENTS_AT_ONCE):
            command = uuid4()
            streams = [uuid7() for _ in range(min(count - first, EVENTS_AT_ONCE) // STREAM_EVENTS)]
            places = [(stream, version + 1) for stream in streams for version in range(STREAM_EVENTS)]
            record.append([observed(*place, command) for place in places], command=command, body_sha256=BODY_SHA256)
    trial.school.checkpoints.sign()
    trial_school.analyze(trial)


def entries(trial: Trial) -> list[bytes]:
    """Return the bytes of all entries of a school's record, in order."""
    with psycopg.connect(trial.at.app) as connection:
        rows = connection.execute(sql_files.compose(_BYTES, trial.school.school.schema), binary=True)
        return [entry for (entry,) in rows]


@contextmanager
def _observing(trial: Trial) -> Iterator[Record]:
    """Open the record of a school with the events that are measured among those it knows."""
    school = trial.school.school
    masters = read_master_keys(trial.values.need(KEYS_DIR))
    with make_pool(trial.at.app) as pool:
        with pool.connection() as connection:
            home = record_home(connection, school)
        mapper = EntryMapper((*EVENT_TYPES.values(), Observed), home, CaseKeys(pool, school.schema, masters))
        yield Record(RecordFactory(mapper, Recorder(pool, school.schema)), home.stream)
