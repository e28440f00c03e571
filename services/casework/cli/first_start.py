"""Making a school, and on an embedded server all that is needed to try the service: a school, its calendar, keys.

Each step does nothing where it is done already, and finishes what an earlier run began: a crash between two of them
costs the same command once more.
"""

from __future__ import annotations

import tomllib
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import psycopg

import casework
from casework import bootstrap
from casework.adapters import migrate, schools, sql_files
from casework.adapters.credentials import create_key
from casework.adapters.edition_file import read_edition
from casework.adapters.errors import KeyExists, SchoolExists
from casework.adapters.keys import make_record_seeds, read_master_keys, read_record_seeds, record_key_file
from casework.application import founding, policy
from casework.application.store import StaleVersion
from casework.domain.policy import Channel
from servicekit.outfile import write_secret, write_whole
from servicekit.service_settings import KEYS_DIR, SCRATCH

if TYPE_CHECKING:
    from servicekit.databases import Database
    from servicekit.settings import Values

EXAMPLE: Final = Path(casework.__file__).parent / "example"
TRIAL_NAME: Final = "rowanlane"
TRIAL_TITLE: Final = "Rowan Lane Primary School"
TRIAL_ORIGIN: Final = "localhost/ledger"
TRIAL_ROLES: Final = (
    "headteacher", "caseworker", "dsl", "office", "staff", "chair", "dpo", "auditor", "mis", "letters", "monitor",
)  # fmt: skip
"""A token each is made for on an embedded server: `KEYS_DIR/<role>.token`."""


class MadeSchool(NamedTuple):
    """A school that is there, and the key that signs its record."""

    name: str
    title: str
    code: str
    origin: str
    key: str


def add_school(
    values: Values, at: Database, name: str, *, title: str, origin: str, code: str | None = None
) -> MadeSchool:
    """Make a school, its signing key, and the first entries of its record.

    Raises:
        SchoolExists: one of that name or origin is there, whole.
        KeyFileRefused: the master key, or its own, is not as it must be; nothing was made.
        ValueError: name, origin or code is not of the form that is needed.
    """
    sql_files.school_schema(name)  # Refused before a file is made in its name.
    read_master_keys(values.need(KEYS_DIR))
    _make_seeds(values.need(KEYS_DIR), name)
    try:
        school = migrate.add_school(
            at.owner or at.app, name, title=title, origin=origin, code=code, is_scratch=values.need(SCRATCH)
        )
    except SchoolExists:
        school = _begun(at, name, title, origin)
    with bootstrap.schools(values, at) as made:
        assembled = made.of(name)
        key = assembled.checkpoints.keys[0]
        try:
            founding.found(
                assembled.casework.record,
                key=key,
                is_scratch=values.need(SCRATCH),
                edition=read_edition(),
                by="operator",
                now=assembled.casework.now(),
            )
        except StaleVersion:
            raise SchoolExists(f"school {name}: it was made at the same moment by another command") from None
    return MadeSchool(school.name, school.title, school.code, school.origin, key)


def prepare_trial(values: Values, at: Database) -> None:
    """Make what is missing to try the service on an embedded server; where there is a school, that is the one."""
    with psycopg.connect(at.app) as connection:
        names = [school.name for school in schools.list_schools(connection)] or [TRIAL_NAME]
        founded = [school.name for school in schools.list_founded(connection)]
    if not founded and names == [TRIAL_NAME]:
        _write_example_calendar(values.need(bootstrap.SCHOOL_DIR) / TRIAL_NAME)
        add_school(values, at, TRIAL_NAME, title=TRIAL_TITLE, origin=TRIAL_ORIGIN)
    if names == [TRIAL_NAME]:
        _furnish(values, at)
    _make_tokens(values, at, names[0])


def _furnish(values: Values, at: Database) -> None:
    """Enter invented channels and people where there is nobody yet, so that there is somebody to write about and to."""
    channels = tomllib.loads((EXAMPLE / "channels.toml").read_text(encoding="utf-8"))["channels"]
    with bootstrap.schools(values, at) as made:
        school = made.of(TRIAL_NAME)
        if not school.directory.is_empty():
            return
        for channel in channels:
            now = school.casework.now()
            record = school.casework.record
            policy.set_channel(record, msgspec.convert(channel, Channel), by="operator", role="admin", now=now)
        # Last, as it is what tells that all of this was done.
        school.directory.load(EXAMPLE / "people.csv", EXAMPLE / "relations.csv")


def _make_tokens(values: Values, at: Database, school: str) -> None:
    """Make a key for each role; its account is the person of that name, if there is one."""
    keys = values.need(KEYS_DIR)
    now = bootstrap.chosen_clock(values, at).now()
    with psycopg.connect(at.owner or at.app, autocommit=True) as connection:
        for role in TRIAL_ROLES:
            file = keys / f"{role}.token"
            if not file.exists():
                text, _ = create_key(connection, school=school, subject=role, role=role, now=now, days=365)
                # Made first, written then: a crash in between leaves a key that nobody knows, and that expires.
                write_secret(file, f"{text}\n")


def _begun(at: Database, name: str, title: str, origin: str) -> schools.School:
    """Return a school that an earlier run began and did not finish.

    Raises:
        SchoolExists: it is whole, or another one.
    """
    with psycopg.connect(at.app) as connection:
        found = {school.name: school for school in schools.list_schools(connection)}.get(name)
        if found is None or (found.title, found.origin) != (title, origin) or schools.is_founded(connection, found):
            raise SchoolExists(f"school {name}: one of that name, or of origin {origin}, is there already")
    return found


def _make_seeds(keys: Path, name: str) -> None:
    """Make the signing key unless there is one, as where secrets are handed in as files."""
    with suppress(KeyExists):  # Another command made it at the same moment.
        if not record_key_file(keys, name).exists():
            make_record_seeds(keys, name)
    read_record_seeds(keys, name)


def _write_example_calendar(folder: Path) -> None:
    """Write a calendar whose terms lie around today: an example to try with, and to be replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    today = date.today()  # noqa: DTZ011 - an example around the day it is made on
    text = (
        "# An example, made on first start, its terms around that day: replace it by your school's own.\n\n"
        f'[[terms]]\nname = "example"\nfrom = {today - timedelta(days=200)}\nto = {today + timedelta(days=200)}\n'
    )
    if not (folder / "calendar.toml").exists():
        write_whole(folder / "calendar.toml", text.encode())
