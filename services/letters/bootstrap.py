"""Puts the floors together: the only file of letters that reads the environment or opens anything."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from flask import Flask
from psycopg.conninfo import make_conninfo

from letters.adapters import migrate, postgres, server_check, template_store
from letters.adapters.casework_client import CaseworkClient
from letters.adapters.kept import FollowerBoard, KeptBundles, KeptCalendar
from letters.adapters.press import Press
from letters.adapters.register import PostgresRegister
from letters.adapters.school_file import read_school
from letters.adapters.sealed_store import SealedStore
from letters.adapters.template_store import TemplateStore
from letters.adapters.tray import PrintTray
from letters.adapters.turn import PostgresTurn
from letters.api.application import create_app
from letters.application.chores import Chores
from letters.application.desk import Desk
from letters.application.drafts import Drafts
from letters.application.filing import Filer
from letters.application.follow import Follower
from letters.application.letters import Letters
from letters.application.pacing import Pacing
from letters.application.preparation import Preparation, School
from letters.application.reading import Reading
from letters.application.rendering import Renderer
from letters.application.shift import Shift
from letters.domain.errors import NotReady
from servicekit import health, logs, settings
from servicekit.clock import Clock, FileClock, SystemClock
from servicekit.embedded import EmbeddedPostgres
from servicekit.outfile import write_secret
from servicekit.sealing import MalformedKeyFile, MasterKeys
from servicekit.settings import Setting, Values
from servicekit.whoami import WhoamiClient


def _paths(value: str) -> Sequence[Path]:
    return [Path(each) for each in value.split(":") if each]


LOCAL_DIR: Final = Setting("LOCAL_DIR", "./.local", settings.path, meaning="where everything lies that is not set")
KEYS_DIR: Final = Setting("KEYS_DIR", "{LOCAL_DIR}/keys", settings.path, meaning="all key files")
SCHOOL_DIR: Final = Setting(
    "SCHOOL_DIR", "{LOCAL_DIR}/school", settings.path, meaning="a folder a school: school.toml, logo.svg"
)
DATABASE_URL: Final = Setting(
    "LETTERS_DATABASE_URL",
    None,
    settings.postgres_url,
    meaning="the database, as letters_app; else embedded",
)
DATABASE_OWNER_URL: Final = Setting(
    "LETTERS_DATABASE_OWNER_URL", None, settings.postgres_url, meaning="the same, as letters_owner: for migrate"
)
PASSWORD_FILE: Final = Setting(
    "LETTERS_DATABASE_PASSWORD_FILE", None, settings.path, secret_file=True, meaning="the password of letters_app"
)
OWNER_PASSWORD_FILE: Final = Setting(
    "LETTERS_DATABASE_OWNER_PASSWORD_FILE", None, settings.path, secret_file=True, meaning="that of letters_owner"
)
CASEWORK_URL: Final = Setting(
    "LETTERS_CASEWORK_URL", "http://127.0.0.1:8001", settings.http_url, meaning="where casework answers"
)
BIND: Final = Setting("LETTERS_BIND", "127.0.0.1:8002", settings.bind, meaning="where letters answers")
TOKEN_FILE: Final = Setting(
    "LETTERS_CASEWORK_TOKEN_FILE",
    "{KEYS_DIR}/letters.token",
    settings.path,
    secret_file=True,
    meaning="letters' own key for casework, of role letters",
)
DISPATCH: Final = Setting(
    "LETTERS_DISPATCH", "off", settings.choice("off", "outbox", "on"), meaning="whether e-mail leaves: never unless set"
)
OUTBOX: Final = Setting(
    "LETTERS_OUTBOX", None, settings.path, meaning="a folder: PDFs of letters taken for printing are laid out in print/"
)
FONT_PATHS: Final = Setting("LETTERS_FONT_PATHS", "", _paths, meaning="more folders of fonts, with : between them")
PUBLIC_URL: Final = Setting("PUBLIC_URL", None, settings.http_url, meaning="the address people use; https: HSTS")
TRUSTED_PROXIES: Final = Setting(
    "TRUSTED_PROXIES", "0", settings.integer(0, 8), meaning="hops whose forwarded headers count"
)
WORKERS: Final = Setting("WEB_WORKERS", "2", settings.integer(1, 64), meaning="processes that answer requests")
THREADS: Final = Setting("WEB_THREADS", "8", settings.integer(1, 64), meaning="threads in each")
LOG_LEVEL: Final = Setting("LOG_LEVEL", "info", settings.choice(*logs.LEVELS), meaning="what is logged")
EMBEDDED_PG_BIN: Final = Setting("EMBEDDED_PG_BIN", None, settings.path, meaning="a folder with initdb and postgres")
SCRATCH: Final = Setting(
    "ALLOW_SCRATCH_DATABASE", "0", settings.flag, meaning="trials only: a server that may lose data, and the test clock"
)
TEST_CLOCK: Final = Setting("TEST_CLOCK_FILE", None, settings.path, meaning="an instant taken as now, on scratch only")

SETTINGS: Final = (
    LOCAL_DIR, KEYS_DIR, SCHOOL_DIR, DATABASE_URL, DATABASE_OWNER_URL, PASSWORD_FILE, OWNER_PASSWORD_FILE, CASEWORK_URL,
    BIND, TOKEN_FILE, DISPATCH, OUTBOX, FONT_PATHS, PUBLIC_URL, TRUSTED_PROXIES, WORKERS, THREADS, LOG_LEVEL,
    EMBEDDED_PG_BIN, SCRATCH, TEST_CLOCK,
)  # fmt: skip

MASTER_KEY: Final = "letters.master.key"
DEVELOPMENT: Final = "DEVELOPMENT KEYS IN USE"


def read_settings(environ: Mapping[str, str] | None = None) -> Values:
    """Read all settings (SettingsError lists every fault)."""
    return settings.read(SETTINGS, os.environ if environ is None else environ)


@dataclass(frozen=True)
class Database:
    """Where the database is: as the service, as its owner (None: not told), and whether it is a server of our own."""

    app: str
    owner: str | None
    superuser: str | None

    @property
    def is_embedded(self) -> bool:
        """Tell whether the server is embedded: then there are development keys."""
        return self.superuser is not None


@contextmanager
def database(values: Values) -> Iterator[Database]:
    """Name the database, holding the embedded server while it is needed, unless a URL is set."""
    url = values[DATABASE_URL]
    if url is not None:
        owner = values[DATABASE_OWNER_URL] or url
        yield Database(
            app=_with_password(url, values[PASSWORD_FILE]),
            owner=_with_password(owner, values[OWNER_PASSWORD_FILE]),
            superuser=None,
        )
        return
    home = values.need(LOCAL_DIR) / "postgres"
    with EmbeddedPostgres(home, scratch=values.need(SCRATCH), binaries=values[EMBEDDED_PG_BIN]) as server:
        yield Database(
            app=server.dsn(migrate.DATABASE, migrate.APP),
            owner=server.dsn(migrate.DATABASE, migrate.OWNER),
            superuser=server.dsn("postgres", "postgres"),
        )


def prepare(values: Values, at: Database) -> migrate.Status:
    """Migrate; on an embedded server, first make roles, database and development keys. Return what was there before.

    Raises:
        NotReady: the database cannot be brought to what is needed.
    """
    if at.superuser is not None:
        migrate.ensure_roles(at.superuser)
        migrate.ensure_database(at.superuser)
        _make_development_keys(values.need(KEYS_DIR))
    return migrate.migrate(at.owner or at.app, is_scratch=values.need(SCRATCH))


def check(values: Values, at: Database) -> None:
    """Check everything that must be there before anything is served or followed.

    Raises:
        NotReady: every fault, listed at once.
    """
    faults = []
    for step in (
        lambda: server_check.check(at.app, may_be_scratch=values.need(SCRATCH)),
        lambda: migrate.check(at.app),
        lambda: _clock(values, at),
        lambda: _keys(values),
        lambda: _templates(values, at),
    ):
        try:
            step()
        except NotReady as error:
            faults.append(error)
        except psycopg.OperationalError:
            faults.append(NotReady("a database that answers", "none"))
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise NotReady("; ".join(fault.expected for fault in faults), "; ".join(fault.found for fault in faults))


class Service:
    """One process's parts, put together. Made after the fork; closed by whoever made it.

    A press may be lent by somebody who closes it; otherwise one is made when it is needed.
    """

    def __init__(self, values: Values, at: Database, press: Press | None = None) -> None:
        self.pid = os.getpid()
        school, self.templates = _templates(values, at)
        self.clock: Clock = _clock(values, at)
        self.pool = postgres.open_pool(at.app)
        self.press = press or Press(values.need(FONT_PATHS))
        self._lent_press = press
        self.letters = Letters(postgres.factory(self.pool))
        self.contents = SealedStore(self.pool, _keys(values))
        self.register = PostgresRegister(self.pool, self.letters)
        self.board = FollowerBoard(self.pool)
        token_file = values.need(TOKEN_FILE)
        self.casework = CaseworkClient(
            values.need(CASEWORK_URL), lambda: settings.read_secret(token_file), KeptCalendar(self.pool)
        )
        preparation = Preparation(self.templates, self.press, school)
        self.drafts = Drafts(
            self.letters, self.register, self.contents, self.casework, preparation, self.clock, Pacing()
        )
        self.renderer = Renderer(
            self.letters, self.contents, self.press, self.templates, KeptBundles(self.pool), self.casework, self.clock
        )
        outbox = values[OUTBOX]
        self.desk = Desk(
            self.letters,
            self.contents,
            self.casework,
            self.drafts,
            self.renderer,
            PrintTray(outbox / "print" if outbox else None),
            self.clock,
            school.approvals,
        )
        self.reading = Reading(self.letters, self.contents, self.register, self.renderer, self.clock)

    def follower(self) -> Follower:
        """Return the reader of casework's feed."""
        filer = Filer(self.letters, self.register, self.contents, self.casework, self.clock, Pacing())
        chores = Chores(self.letters, self.register, self.drafts, self.renderer, filer)
        return Follower(self.letters, self.casework, self.drafts, chores, self.board, _log)

    def close(self) -> None:
        """Close everything; does nothing in another process than the one that made it."""
        if os.getpid() == self.pid:
            if self._lent_press is None:
                self.press.close()
            self.casework.close()
            self.letters.close()
            self.pool.close()


class Web:
    """The web application of one process, and what it holds open."""

    def __init__(self, values: Values, press: Press | None = None) -> None:
        self._held = ExitStack()
        at = self._held.enter_context(database(values))
        self.service = Service(values, at, press)
        self._held.callback(self.service.close)
        ask = WhoamiClient(values.need(CASEWORK_URL), clock=self.service.clock)
        self._held.callback(ask.close)
        self.app: Flask = create_app(
            lambda: self.service,
            ask,
            checks=_readiness(self.service, values, at),
            notices=notices(at),
            trusted_proxies=values.need(TRUSTED_PROXIES),
            https=(values[PUBLIC_URL] or "").startswith("https:"),
        )

    def close(self) -> None:
        """Close everything, in the reverse order."""
        self._held.close()


def web() -> Web:
    """Return the web application, by the settings of the environment."""
    values = read_settings()
    logs.configure("letters", values.need(LOG_LEVEL))
    return Web(values)


def _readiness(service: Service, values: Values, at: Database) -> Mapping[str, Callable[[], None]]:
    """Return what /readyz asks: the database and its version, the keys, and what the follower said of itself."""

    def follower() -> None:
        said = service.board.said()
        if said is not None and said.is_stopped:
            raise health.NotReady(said.expected or "a follower that reads on", said.found or "one that stopped")

    def ready(check: Callable[[], object]) -> Callable[[], None]:
        def translated() -> None:
            try:
                check()
            except NotReady as error:
                raise health.NotReady(error.expected, error.found) from error
            except psycopg.OperationalError as error:
                raise health.NotReady("a database that answers", type(error).__name__) from error

        return translated

    return {
        "database": ready(lambda: migrate.check(at.app)),
        "keys": ready(lambda: _keys(values)),
        "follower": follower,
    }


def school_folder(values: Values, at: Database) -> Path:
    """Return the one school's folder; on an embedded server without one, the example that travels with the templates.

    Raises:
        NotReady: none or several.
    """
    root = values.need(SCHOOL_DIR)
    found = sorted(path.parent for path in root.glob("*/school.toml"))
    if len(found) == 1:
        return found[0]
    if not found and at.is_embedded:
        return template_store.EXAMPLE_SCHOOL
    raise NotReady(f"one folder with a school.toml in {root}", ", ".join(path.name for path in found) or "none")


def notices(at: Database) -> list[str]:
    """Return what readiness says even when all is well."""
    return [DEVELOPMENT] if at.is_embedded else []


def _templates(values: Values, at: Database) -> tuple[School, TemplateStore]:
    found = read_school(school_folder(values, at))
    school = School(letterhead=found.school.fields(), modules=found.school.modules, approvals=found.school.approvals)
    return school, TemplateStore(found.logo)


def _keys(values: Values) -> MasterKeys:
    path = values.need(KEYS_DIR) / MASTER_KEY
    try:
        return MasterKeys.parse(settings.read_secret(path))
    except MalformedKeyFile as error:
        raise NotReady(f"a key file {MASTER_KEY} in KEYS_DIR", str(error)) from error
    except (OSError, ValueError) as error:  # Without its message: readiness is shown to everyone, paths are not.
        raise NotReady(f"the key file {MASTER_KEY} in KEYS_DIR", type(error).__name__) from error


def _make_development_keys(folder: Path) -> None:
    """Make the master key if there is none; whoever is second finds it there."""
    if not (folder / MASTER_KEY).exists():
        try:
            write_secret(folder / MASTER_KEY, MasterKeys.generate()[1])
        except FileExistsError:
            return


def _clock(values: Values, at: Database) -> Clock:
    file = values[TEST_CLOCK]
    if file is None:
        return SystemClock()
    if not migrate.is_scratch(at.app):
        raise NotReady("no TEST_CLOCK_FILE, for this database is not for trials", "one")
    return FileClock(file)


def _with_password(url: str, file: Path | None) -> str:
    if file is not None:
        return make_conninfo(url, password=settings.read_secret(file))
    if settings.holds_password(url):
        logs.get_logger().warning("a password in a database URL: it belongs into a file")
    return url


def _log(event: str, values: Mapping[str, Any]) -> None:
    """Log what the follower does; a fault as a warning."""
    level = "warning" if "error" in values else "info"
    getattr(logs.get_logger(), level)(event, **values)


def shift(service: Service, at: Database) -> Shift:
    """Return what follows casework whenever it is this process's turn."""
    return Shift(PostgresTurn(at.app), service.follower, _log)


def sampling(values: Values) -> tuple[TemplateStore, Mapping[str, Any] | None, Press]:
    """Return what sample letters are made with: templates, this school's letterhead if there is one school, a press."""
    folders = [path.parent for path in values.need(SCHOOL_DIR).glob("*/school.toml")]
    found = read_school(folders[0] if len(folders) == 1 else template_store.EXAMPLE_SCHOOL)
    letterhead = found.school.fields() if len(folders) == 1 else None
    return TemplateStore(found.logo), letterhead, Press(values.need(FONT_PATHS))
