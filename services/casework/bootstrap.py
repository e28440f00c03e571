"""Puts the floors of casework together, over an open pool: the one file that may read the environment."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from casework.adapters.case_book import CaseBook
from casework.adapters.credentials import Credentials
from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.evidence import EvidenceStore
from casework.adapters.factory import RecordFactory
from casework.adapters.keys import CaseKeys, read_master_keys, read_record_seeds
from casework.adapters.people import Directory
from casework.adapters.pool import Pool
from casework.adapters.recorder import Recorder
from casework.adapters.school_calendar import read_calendar
from casework.adapters.schools import School, find_school, next_reference, record_home
from casework.api.application import create_app
from casework.api.uploads import Uploads
from casework.application.casework import Casework
from casework.application.export.exports import EXPORTS_PER_HOUR, Exports
from casework.application.record import Record
from casework.domain.catalogue import EVENT_TYPES
from casework.ledger.note import Signer
from servicekit import identity
from servicekit.clock import Clock
from servicekit.ratelimit import RateLimit
from servicekit.sealing import MasterKeys

EVIDENCE_BYTES_MAX = 50 * 1024 * 1024


@dataclass(frozen=True)
class Places:
    """Where things lie that are not in the database."""

    keys: Path
    evidence: str
    school: Path


class _References:
    """The numbers of one school's cases."""

    def __init__(self, pool: Pool, school: School) -> None:
        self._pool = pool
        self._school = school

    def next_reference(self, year: int) -> str:
        """Return a reference that was never given."""
        with self._pool.connection() as connection:
            return next_reference(connection, self._school, year)


@dataclass(frozen=True)
class Assembled:
    """One school, put together."""

    school: School
    casework: Casework
    directory: Directory
    evidence: EvidenceStore
    exports: Exports


class Schools:
    """The schools of one process, each put together when it is first asked for."""

    def __init__(self, pool: Pool, places: Places, clock: Clock, *, is_development: bool = False) -> None:
        self._pool = pool
        self._dsn = str(pool.conninfo)
        self._is_development = is_development
        self._limit = RateLimit(EXPORTS_PER_HOUR, 3600)
        self._places = places
        self._clock = clock
        self._masters: MasterKeys = read_master_keys(places.keys)
        self._made: dict[str, Assembled] = {}
        self._lock = threading.Lock()

    def of(self, name: str) -> Assembled:
        """Return the school of this name.

        Raises:
            SchoolUnknown: there is none.
        """
        with self._lock:
            if name not in self._made:
                self._made[name] = self._assembled(name)
            return self._made[name]

    def _assembled(self, name: str) -> Assembled:
        with self._pool.connection() as connection:
            school = find_school(connection, name)
            home = record_home(connection, school)
        keys = CaseKeys(self._pool, school.schema, self._masters)
        mapper = EntryMapper(EVENT_TYPES.values(), home, keys)
        record = Record(RecordFactory(mapper, Recorder(self._pool, school.schema)), home.stream)
        directory = Directory(self._pool, school.schema)
        casework = Casework(
            record,
            clock=self._clock,
            calendar=read_calendar(self._places.school / name / "calendar.toml"),
            directory=directory,
            references=_References(self._pool, school),
        )
        evidence = EvidenceStore(self._places.evidence, keys)
        signer = Signer(school.origin, read_record_seeds(self._places.keys, name))
        exports = Exports(
            casework,
            CaseBook(self._dsn, school, signer, keys),
            evidence,
            limit=self._limit,
            school=school.title,
            is_development=self._is_development,
        )
        return Assembled(school=school, casework=casework, directory=directory, evidence=evidence, exports=exports)


def make_app(pool: Pool, places: Places, clock: Clock, *, evidence_bytes_max: int = EVIDENCE_BYTES_MAX) -> Flask:
    """Return the web application over an open pool."""
    schools = Schools(pool, places, clock)

    def here() -> Assembled:
        return schools.of(identity.caller().school)

    casework: Callable[[], Casework] = lambda: here().casework  # noqa: E731 - named for what it gives
    return create_app(
        casework=casework,
        export=lambda: here().exports,
        authenticate=Credentials(pool, clock).authenticate,
        uploads=Uploads(lambda: here().evidence, limit_bytes=evidence_bytes_max),
    )
