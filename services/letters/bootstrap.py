"""Puts the floors together: the only file of letters that reads the environment or opens anything."""

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
from flask import Flask

from letters.adapters import migrate, postgres, template_store
from letters.adapters.casework_client import CaseworkClient
from letters.adapters.dispatch_queue import PostgresQueue
from letters.adapters.figures import figures
from letters.adapters.kept import FollowerBoard, KeptBundles, KeptCalendar
from letters.adapters.press import Press
from letters.adapters.register import PostgresRegister
from letters.adapters.school_file import School as SchoolFile
from letters.adapters.school_file import read_school
from letters.adapters.sealed_store import SealedStore
from letters.adapters.smtp_relay import Server, SmtpRelay
from letters.adapters.template_store import TemplateStore
from letters.adapters.tray import EmlFolder, LaidOut, PrintTray
from letters.adapters.turn import PostgresTurn
from letters.api.application import create_app
from letters.application.chores import Chores
from letters.application.desk import Desk
from letters.application.dispatch import Dispatcher, Relay
from letters.application.drafts import Drafts
from letters.application.filing import Filer
from letters.application.follow import Follower
from letters.application.letters import Letters
from letters.application.log import NEEDS_PERSON
from letters.application.pacing import Pacing
from letters.application.preparation import Preparation, School
from letters.application.reading import Reading
from letters.application.rendering import Renderer
from letters.application.shift import Shift
from letters.application.windows import Windows
from servicekit import clock, databases, development, logs, settings
from servicekit.clock import Clock
from servicekit.databases import Database, DatabaseSettings, answering
from servicekit.outfile import write_secret
from servicekit.readiness import Check, NotReady, check_all, check_room
from servicekit.sealing import MalformedKeyFile, MasterKeys
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
from servicekit.webapp import Surroundings
from servicekit.whoami import WhoamiClient


def _paths(value: str) -> Sequence[Path]:
    return [Path(each) for each in value.split(":") if each]


SCHOOL_DIR: Final = Setting(
    "SCHOOL_DIR", "{LOCAL_DIR}/school", settings.path, meaning="a folder a school: school.toml, logo.svg"
)
DATABASE: Final = DatabaseSettings.of("LETTERS_", migrate.OWNERSHIP)
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
    "LETTERS_DISPATCH",
    "off",
    settings.choice("off", "outbox", "on"),
    meaning="whether e-mail leaves: off; outbox, into files; on, by the relay",
)
SMTP_URL: Final = Setting(
    "LETTERS_SMTP_URL", None, Server.parse, meaning="the relay that e-mail leaves by, as smtp://user@host:587; STARTTLS"
)
SMTP_PASSWORD_FILE: Final = Setting(
    "LETTERS_SMTP_PASSWORD_FILE", None, settings.path, secret_file=True, meaning="a file with the relay user's password"
)
OUTBOX: Final = Setting(
    "LETTERS_OUTBOX",
    "{LOCAL_DIR}/outbox",
    settings.path,
    meaning="a folder: PDFs of letters taken for printing are laid out in print/, e-mail that stays here in email/",
)
FONT_PATHS: Final = Setting("LETTERS_FONT_PATHS", "", _paths, meaning="more folders of fonts, with : between them")
SETTINGS: Final = (
    *SERVICE_SETTINGS, SCHOOL_DIR, *DATABASE, CASEWORK_URL, BIND, TOKEN_FILE, DISPATCH, SMTP_URL, SMTP_PASSWORD_FILE,
    OUTBOX, FONT_PATHS,
)  # fmt: skip

MASTER_KEY: Final = "letters.master.key"
FOLLOWER_SILENT_S: Final = 300  # longer than any pause between two tries
ROOM_BYTES: Final = 256 << 20  # where letters are laid out to be printed


def read_settings(environ: Mapping[str, str] | None = None) -> Values:
    """Read all settings (SettingsError lists every fault)."""
    return settings.read(SETTINGS, os.environ if environ is None else environ)


def database(values: Values) -> AbstractContextManager[Database]:
    """Name the database, holding the embedded server while it is needed, unless a URL is set."""
    return databases.opened(values, DATABASE, migrate.OWNERSHIP)


def prepare(values: Values, at: Database) -> migrate.Status:
    """Migrate; on an embedded server, first make roles, database and development keys. Return what was there before.

    Raises:
        NotReady: the database cannot be brought to what is needed.
    """
    databases.ensure(at, migrate.OWNERSHIP)
    if at.is_embedded:
        _make_development_keys(values.need(KEYS_DIR))
    return migrate.migrate(at.owner or at.app, is_scratch=values.need(SCRATCH))


def check(values: Values, at: Database) -> None:
    """Check everything that must be there before anything is served or followed.

    Raises:
        NotReady: every fault, listed at once.
    """

    def server() -> None:
        with psycopg.connect(at.app) as connection:
            databases.check_server(connection, is_scratch_allowed=values.need(SCRATCH))

    check_all(
        answering(step)
        for step in (
            server,
            lambda: migrate.check(at.app),
            lambda: _clock(values, at),
            lambda: _keys(values),
            lambda: development.check_keys(values.need(KEYS_DIR), at),
            lambda: _templates(values, at),
            lambda: _relay_settings(values),
        )
    )


class Service:
    """One process's parts, put together. Made after the fork; closed by whoever made it.

    A press may be lent by somebody who closes it; otherwise one is made when it is needed.
    """

    def __init__(self, values: Values, at: Database, press: Press | None = None) -> None:
        self.pid = os.getpid()
        self.values = values
        self.school, self.templates = _templates(values, at)
        school = _for_drafts(self.school, values)
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
            self.letters,
            self.contents,
            self.press,
            self.templates,
            KeptBundles(self.pool),
            self.casework,
            self.clock,
            _log,
        )
        outbox = values.need(OUTBOX)
        self.desk = Desk(
            self.letters,
            self.contents,
            self.casework,
            self.drafts,
            self.renderer,
            PrintTray(outbox / "print"),
            self.clock,
            school.approvals,
            school.hours,
        )
        self.windows = Windows(self.casework, self.clock, school.hours)
        self.reading = Reading(self.letters, self.contents, self.register, self.renderer, self.clock)

    def follower(self) -> Follower:
        """Return the reader of casework's feed."""
        filer = Filer(self.letters, self.register, self.contents, self.casework, self.clock, Pacing())
        laid_out = LaidOut(*(self.values.need(OUTBOX) / name for name in ("print", "email")))
        chores = Chores(self.letters, self.register, self.drafts, self.renderer, filer, laid_out=laid_out)
        return Follower(self.letters, self.casework, self.drafts, chores, self.board, _log)

    def dispatcher(self, relay: Relay | None = None) -> Dispatcher | None:
        """Return what sends e-mail, by this relay or the one that the settings name; None where dispatch is off."""
        relay = relay or _relay(self.values, self.school)
        if relay is None:
            return None
        return Dispatcher(
            self.letters,
            self.register,
            self.contents,
            self.casework,
            self.casework,
            PostgresQueue(self.pool),
            relay,
            self.school.office(),
            self.school.hours(),
            self.clock,
            f"dispatch-{os.getpid()}-{uuid4().hex[:8]}",
            _log,
        )

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
            surroundings=Surroundings(
                checks=_readiness(self.service, values, at),
                notices=notices(at),
                figures=figures(self.service.register),
                trusted_proxies=values.need(TRUSTED_PROXIES),
                https=(values[PUBLIC_URL] or "").startswith("https:"),
            ),
        )

    def close(self) -> None:
        """Close everything, in the reverse order."""
        self._held.close()


def web() -> Web:
    """Return the web application, by the settings of the environment."""
    values = read_settings()
    logs.configure("letters", values.need(LOG_LEVEL))
    return Web(values)


def _readiness(service: Service, values: Values, at: Database) -> Mapping[str, Check]:
    """Return what /readyz asks: database and version, keys, room for files, and what the follower said of itself."""

    def keys() -> None:
        development.check_keys(values.need(KEYS_DIR), at)
        _keys(values)

    def follower() -> None:
        said = service.board.said()
        if said is not None and said.is_stopped:
            raise NotReady(said.expected or "a follower that reads on", said.found or "one that stopped")
        if said is not None and said.silent_s > FOLLOWER_SILENT_S:
            found = f"one that last did so {said.silent_s:.0f} s ago"
            raise NotReady(f"a follower that read casework's record within {FOLLOWER_SILENT_S} s", found)

    return {
        "database": answering(lambda: migrate.check(at.app)),
        "keys": keys,
        "disk": lambda: check_room(values.need(OUTBOX), ROOM_BYTES),
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
    return [DEVELOPMENT_KEYS] if at.is_embedded else []


def _templates(values: Values, at: Database) -> tuple[SchoolFile, TemplateStore]:
    found = read_school(school_folder(values, at))
    return found.school, TemplateStore(found.logo)


def _for_drafts(school: SchoolFile, values: Values) -> School:
    return School(
        letterhead=school.fields(),
        modules=school.modules,
        approvals=school.approvals,
        hours=school.hours(),
        is_mail_sent=values.need(DISPATCH) != "off",
    )


def _relay_settings(values: Values) -> None:
    """Make sure that there is a relay where e-mail is to leave by one, and a password where there is a user."""
    server, password = values[SMTP_URL], values[SMTP_PASSWORD_FILE]
    if values.need(DISPATCH) == "on" and server is None:
        raise NotReady("LETTERS_SMTP_URL, where LETTERS_DISPATCH is on", "none")
    if server is not None and (server.user is None) != (password is None):
        found = "a password alone" if password else "a user alone"
        raise NotReady("a user in LETTERS_SMTP_URL and LETTERS_SMTP_PASSWORD_FILE, or neither", found)


def _relay(values: Values, school: SchoolFile) -> Relay | None:
    match values.need(DISPATCH):
        case "outbox":
            return EmlFolder(values.need(OUTBOX) / "email")
        case "on":
            server, file = values.need(SMTP_URL), values[SMTP_PASSWORD_FILE]
            password = None if file is None else lambda: settings.read_secret(file)
            return SmtpRelay(server, hello=school.email_domain, password=password)
    return None


def _keys(values: Values) -> MasterKeys:
    path = values.need(KEYS_DIR) / MASTER_KEY
    try:
        return MasterKeys.parse(settings.read_secret(path))
    except MalformedKeyFile as error:
        raise NotReady(f"a key file {MASTER_KEY} in KEYS_DIR", str(error)) from error
    except (OSError, ValueError) as error:  # Without its message: readiness is shown to everyone, paths are not.
        raise NotReady(f"the key file {MASTER_KEY} in KEYS_DIR", type(error).__name__) from error


def _make_development_keys(folder: Path) -> None:
    """Make the master key, and the mark that it is for trials, if there is none; whoever is second finds it there."""
    if not (folder / MASTER_KEY).exists():
        development.mark(folder)
        try:
            write_secret(folder / MASTER_KEY, MasterKeys.generate()[1])
        except FileExistsError:
            return


def _clock(values: Values, at: Database) -> Clock:
    return clock.chosen(values[TEST_CLOCK], lambda: migrate.is_scratch(at.app))


def _log(event: str, values: Mapping[str, Any]) -> None:
    """Log what is done; a fault as a warning, what a person has to see to as an error."""
    level = "error" if NEEDS_PERSON in values else "warning" if "error" in values else "info"
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
