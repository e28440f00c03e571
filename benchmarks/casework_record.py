"""Records of casework on a server of their own: migrated, durable (fsync on), keys made for this run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from benchmarks.letters_service import BINARIES, folder
from benchmarks.observed import Observed
from casework import bootstrap
from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.factory import RecordFactory
from casework.adapters.keys import CaseKeys
from casework.adapters.migrate import add_school
from casework.adapters.pool import Pool, make_pool
from casework.adapters.recorder import Recorder
from casework.adapters.schools import RecordHome, record_home
from casework.application.record import Record
from casework.domain.catalogue import EVENT_TYPES
from servicekit.databases import Database
from servicekit.sealing import MasterKeys


@dataclass(frozen=True)
class Place:
    """One school's record, and the ways into its database (libpq URLs)."""

    record: Record
    mapper: EntryMapper
    schema: str
    home: RecordHome
    masters: MasterKeys
    app: str
    owner: str


@contextmanager
def opened(*names: str, connections: int) -> Iterator[list[Place]]:
    """Open the records of schools with these names, over one pool; their clock is not looked at (`is_scratch`)."""
    with folder() as home:
        environ = {"LOCAL_DIR": str(home)}
        environ |= {BINARIES: os.environ[BINARIES]} if BINARIES in os.environ else {}
        values = bootstrap.read_settings(environ)
        with bootstrap.database(values) as at:
            bootstrap.prepare(values, at)
            masters = MasterKeys.generate()[0]
            with make_pool(at.app, max_size=connections) as pool:
                yield [_place(at, pool, masters, name) for name in names]


def over(pool: Pool, schema: str, home: RecordHome, masters: MasterKeys) -> tuple[EntryMapper, Record]:
    """Return a school's record over a pool, with the events that are measured, and the mapper of its own."""
    mapper = EntryMapper((*EVENT_TYPES.values(), Observed), home, CaseKeys(pool, schema, masters))
    return mapper, Record(RecordFactory(mapper, Recorder(pool, schema)), home.stream)


def _place(at: Database, pool: Pool, masters: MasterKeys, name: str) -> Place:
    owner = at.owner or at.app
    school = add_school(owner, name, title=f"School {name}", origin=f"{name}.example/ledger", is_scratch=True)
    with psycopg.connect(at.app) as connection:
        home = record_home(connection, school)
    mapper, record = over(pool, school.schema, home, masters)
    return Place(
        record=record, mapper=mapper, schema=school.schema, home=home, masters=masters, app=at.app, owner=owner
    )
