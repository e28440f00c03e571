"""Puts the floors of casework together: the only file that reads the environment or opens anything."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from flask import Flask

from casework.adapters import migrate
from casework.adapters.beginnings import Beginnings
from casework.adapters.case_book import CaseBook
from casework.adapters.checkpoints import Checkpoints
from casework.adapters.credentials import Credentials
from casework.adapters.driver_errors import translated
from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.erasures import Erasures
from casework.adapters.errors import AdapterError
from casework.adapters.evidence import EvidenceStore
from casework.adapters.factory import RecordFactory
from casework.adapters.key_files import MasterKeyFile, RecordKeyFile
from casework.adapters.keys import CaseKeys, make_master_keys, master_key_file, read_master_keys, read_signer
from casework.adapters.live_table import LiveTable
from casework.adapters.people import Directory
from casework.adapters.pool import Pool, make_pool
from casework.adapters.proofs import Prover
from casework.adapters.recorder import Recorder
from casework.adapters.school_calendar import CalendarFault, read_calendar
from casework.adapters.schools import School, find_school, list_founded, list_schools, next_reference, record_home
from casework.adapters.server_checks import check_clock, check_server
from casework.adapters.tree import Tree
from casework.adapters.unproved import Unproved
from casework.api.application import create_app
from casework.api.uploads import Uploads
from casework.application.casework import Casework
from casework.application.checkpoints import each_of, sign_urgent
from casework.application.erasing import Erasing
from casework.application.export.exports import EXPORTS_PER_HOUR, Exports
from casework.application.grants import HOLDER
from casework.application.read_models.live import LiveCases
from casework.application.record import Record
from casework.domain.catalogue import EVENT_TYPES
from servicekit import clock, databases, development, identity, logs, metrics, settings
from servicekit.clock import Clock
from servicekit.credentials import Caller
from servicekit.databases import Database, DatabaseSettings, answering
from servicekit.ratelimit import RateLimit
from servicekit.readiness import Check, NotReady, check_all
from servicekit.service_settings import (
    DEVELOPMENT_KEYS,
    KEYS_DIR,
    LOG_LEVEL,
    PUBLIC_URL,
    SCRATCH,
    SERVICE_SETTINGS,
    TEST_CLOCK,
    TRUSTED_PROXIES,
)
from servicekit.settings import Setting, Values
from servicekit.stopping import stopping
from servicekit.webapp import Surroundings

EVIDENCE_BYTES_MAX: Final = 50 * 1024 * 1024

SCHOOL_DIR: Final = Setting(
    "SCHOOL_DIR", "{LOCAL_DIR}/school", settings.path, meaning="a folder a school: calendar.toml"
)
DATABASE: Final = DatabaseSettings.of("", migrate.OWNERSHIP)
BIND: Final = Setting("CASEWORK_BIND", "127.0.0.1:8001", settings.bind, meaning="where casework answers")
EVIDENCE_URL: Final = Setting(
    "EVIDENCE_URL", "{LOCAL_DIR}/evidence", settings.text, meaning="a folder, or s3://bucket/path: sealed evidence"
)
EVIDENCE_MAX: Final = Setting(
    "EVIDENCE_MAX_BYTES",
    str(EVIDENCE_BYTES_MAX),
    settings.integer(1, 2**40),
    meaning="the largest file that is taken as evidence",
)
SETTINGS: Final = (*SERVICE_SETTINGS, SCHOOL_DIR, *DATABASE, BIND, EVIDENCE_URL, EVIDENCE_MAX)


def read_settings(environ: Mapping[str, str] | None = None) -> Values:
    """Read all settings (SettingsError lists every fault)."""
    return settings.read(SETTINGS, os.environ if environ is None else environ)


def database(values: Values) -> AbstractContextManager[Database]:
    """Name the database, holding the embedded server while it is needed, unless a URL is set."""
    return databases.opened(values, DATABASE, migrate.OWNERSHIP)


def prepare(values: Values, at: Database) -> list[migrate.Migrated]:
    """Migrate, having made roles and database if this user may; on an embedded server, development keys as well.

    Raises:
        NotReady: the database cannot be brought to what is needed.
    """
    databases.ensure(at, migrate.OWNERSHIP)
    if at.is_embedded:
        _make_development_keys(values.need(KEYS_DIR))
    return migrate.migrate(at.owner or at.app)


def check(values: Values, at: Database) -> None:
    """Check everything that must be there before anything is served.

    Raises:
        NotReady: every fault, listed at once.
        KeyFileRefused, CalendarFault: a file is not as it must be.
    """
    # The tables first: what is asked after that reads them.
    check_all((answering(lambda: migrate.check(at.app)), lambda: development.check_keys(values.need(KEYS_DIR), at)))
    check_all(
        answering(step)
        for step in (
            lambda: check_server(at.app, is_scratch_allowed=values.need(SCRATCH)),
            lambda: chosen_clock(values, at),
        )
    )
    with psycopg.connect(at.app) as connection:
        schools = list_founded(connection)
    read_master_keys(values.need(KEYS_DIR))
    for school in schools:
        read_signer(values.need(KEYS_DIR), school.name, school.origin)
        read_calendar(values.need(SCHOOL_DIR) / school.name / "calendar.toml")


def chosen_clock(values: Values, at: Database) -> Clock:
    """Return the clock to go by: the machine's, or the one a test sets, where every record is for trials alone."""

    def is_scratch() -> bool:
        with psycopg.connect(at.app) as connection:
            homes = [record_home(connection, school) for school in list_schools(connection)]
        return values.need(SCRATCH) and all(home.is_scratch for home in homes)

    return clock.chosen(values[TEST_CLOCK], is_scratch)


@dataclass(frozen=True)
class Places:
    """Where things lie that are not in the database."""

    keys: Path
    evidence: str
    school: Path

    @classmethod
    def of(cls, values: Values) -> "Places":
        """Return the places that the settings name."""
        return cls(keys=values.need(KEYS_DIR), evidence=values.need(EVIDENCE_URL), school=values.need(SCHOOL_DIR))


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
    cases: LiveCases
    directory: Directory
    evidence: EvidenceStore
    checkpoints: Checkpoints
    tree: Tree
    exports: Exports
    erasing: Erasing


class Schools:
    """The schools of one process, each put together when it is first asked for."""

    def __init__(
        self, pool: Pool, places: Places, clock: Clock, *, is_development: bool = False, shared: Path | None = None
    ) -> None:
        self._pool = pool
        self._dsn = str(pool.conninfo)
        self._is_development = is_development
        self._shared = shared
        self._limit = RateLimit(EXPORTS_PER_HOUR, 3600)
        self._places = places
        self._clock = clock
        self._masters = MasterKeyFile(places.keys)
        self._made: dict[str, Assembled] = {}
        self._lock = threading.Lock()

    def of(self, name: str) -> Assembled:
        """Return the school of this name.

        Raises:
            SchoolUnknown: there is none.
            KeyFileRefused, CalendarFault: its files are not as they must be.
            Unavailable: see `casework.application.store`.
        """
        with self._lock:
            if name not in self._made:
                self._made[name] = self._assembled(name)
            return self._made[name]

    def founded(self) -> list[str]:
        """Return the names of the schools that can be worked with: those whose making was finished.

        Raises:
            Unavailable: see `casework.application.store`.
        """
        with translated(), self._pool.connection() as connection:
            return [school.name for school in list_founded(connection)]

    def _shared_file(self, name: str) -> Path | None:
        """Return where the processes of this service tell each other what could not be proved."""
        return self._shared / f"unproved-{name}.json" if self._shared else None

    def _assembled(self, name: str) -> Assembled:
        with translated(), self._pool.connection() as connection:
            school = find_school(connection, name)
            home = record_home(connection, school)
        keys = CaseKeys(self._pool, school.schema, self._masters)
        mapper = EntryMapper(EVENT_TYPES.values(), home, keys)
        record = Record(RecordFactory(mapper, Recorder(self._pool, school.schema)), home.stream)
        directory = Directory(self._pool, school.schema)
        signer = RecordKeyFile(self._places.keys, name, school.origin)
        checkpoints = Checkpoints(self._pool, self._dsn, school, signer)
        prover = Prover(self._pool, school.schema)
        evidence = EvidenceStore(self._places.evidence, keys)
        erasing = Erasing(Erasures(self._pool, school.schema), evidence)
        casework = Casework(
            record,
            clock=self._clock,
            calendar=read_calendar(self._places.school / name / "calendar.toml"),
            directory=directory,
            references=_References(self._pool, school),
            recorded=each_of(erasing.recorded, sign_urgent(checkpoints)),
            files=evidence,
            beginnings=Beginnings(self._pool, school.schema),
        )
        exports = Exports(
            casework,
            CaseBook(self._dsn, school, signer, keys, prover),
            evidence,
            limit=self._limit,
            school=school.title,
            is_development=self._is_development,
        )
        return Assembled(
            school=school,
            casework=casework,
            cases=LiveCases(record, LiveTable(self._pool, school.schema)),
            directory=directory,
            evidence=evidence,
            exports=exports,
            checkpoints=checkpoints,
            tree=Tree(self._pool, school, signer, checkpoints, prover, unproved=Unproved(self._shared_file(name))),
            erasing=erasing,
        )


@contextmanager
def schools(values: Values, at: Database) -> Iterator[Schools]:
    """Put the schools together over a pool of this process, for commands that work beside the service."""
    with make_pool(at.app) as pool:
        yield Schools(pool, Places.of(values), chosen_clock(values, at), is_development=at.is_embedded)


class Web:
    """The web application of one process, and what it holds open."""

    def __init__(self, values: Values) -> None:
        self._held = ExitStack()
        self._pid = os.getpid()
        at = self._held.enter_context(database(values))
        now = chosen_clock(values, at)
        pool = self._held.enter_context(make_pool(at.app))
        # Its own processes share one folder, as long as it runs; see `servicekit.server`.
        shared = os.environ.get(metrics.MULTIPROCESS_DIR)
        made = Schools(
            pool, Places.of(values), now, is_development=at.is_embedded, shared=Path(shared) if shared else None
        )
        self.app: Flask = make_app(
            made,
            Credentials(pool, now),
            evidence_bytes_max=values.need(EVIDENCE_MAX),
            around=Surroundings(
                checks=_readiness(made, values, at, now),
                notices=[DEVELOPMENT_KEYS] if at.is_embedded else [],
                trusted_proxies=values.need(TRUSTED_PROXIES),
                https=(values[PUBLIC_URL] or "").startswith("https:"),
            ),
        )

    def close(self) -> None:
        """Close everything, in the reverse order; in another process than the one that opened it, nothing."""
        if os.getpid() == self._pid:
            self._held.close()


def web() -> Web:
    """Return the web application, by the settings of the environment."""
    values = read_settings()
    logs.configure("casework", values.need(LOG_LEVEL))
    return Web(values)


def make_app(
    made: Schools,
    credentials: Credentials,
    *,
    evidence_bytes_max: int = EVIDENCE_BYTES_MAX,
    around: Surroundings | None = None,
) -> Flask:
    """Return the web application over schools that are put together."""

    def here() -> Assembled:
        return made.of(identity.caller().school)

    def authenticate(text: str) -> Caller:
        caller = credentials.authenticate(text)
        # On each request, so that a grant which is withdrawn works no longer, here and, through whoami, at letters.
        return made.of(caller.school).casework.with_grants(caller) if caller.role == HOLDER else caller

    return create_app(
        use=here,
        authenticate=authenticate,
        uploads=Uploads(lambda: here().evidence, limit_bytes=evidence_bytes_max),
        stopping=stopping,
        around=around,
    )


def _readiness(made: Schools, values: Values, at: Database, now: Clock) -> Mapping[str, Check]:
    """Return what /readyz asks: database and versions, keys, how far the clocks differ, checkpoints."""

    def checkpoints() -> None:
        for name in made.founded():
            school = made.of(name)
            read_signer(values.need(KEYS_DIR), name, school.school.origin)
            school.checkpoints.check_age()
            school.tree.check()

    def keys() -> None:
        development.check_keys(values.need(KEYS_DIR), at)
        read_master_keys(values.need(KEYS_DIR))

    def clocks() -> None:
        if values[TEST_CLOCK] is None:
            check_clock(at.app, now.now)

    return {
        "database": answering(lambda: migrate.check(at.app)),
        "keys": _files_whole(keys),
        "clock": answering(clocks),
        "checkpoint": _files_whole(answering(checkpoints)),
    }


def _files_whole(check: Check) -> Check:
    """Return a check that names the kind of file that is not as it must be: readiness is for all, paths are not."""

    def checked() -> None:
        try:
            check()
        except (AdapterError, CalendarFault) as error:
            logs.get_logger().warning("a readiness check failed", exc_info=error)
            cure = "the log says which"
            raise NotReady("keys and calendars as they must be", type(error).__name__, cure) from error

    return checked


def _make_development_keys(folder: Path) -> None:
    """Make the master key, and the mark that it is for trials, if there is none; whoever is second finds it there."""
    if master_key_file(folder).exists():
        return
    development.mark(folder)
    try:
        make_master_keys(folder)
    except FileExistsError:
        return
