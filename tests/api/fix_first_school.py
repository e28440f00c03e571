"""A school with people, channels and keys, on a real record, behind the real web application."""

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from casework.adapters import migrate
from casework.adapters.credentials import Credentials, create_key
from casework.adapters.edition_file import read_edition
from casework.adapters.keys import make_master_keys, make_record_seeds
from casework.adapters.pool import make_pool
from casework.application.founding import found
from casework.application.policy import set_channel
from casework.bootstrap import Places, Schools, make_app
from casework.domain.policy import Channel
from servicekit.clock import FileClock
from servicekit.embedded import EmbeddedPostgres
from tests.fix_postgres import Database, close_for_copying, make_database

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082"
)
MORNING = "2025-09-18T08:50:00+01:00"
TEMPLATE = "template_rowan_lane"
CALENDAR = """
[[terms]]
name = "autumn_2025"
from = 2025-09-03
to = 2025-12-19
"""
COLUMNS = "id,kind,name,job,year,dob,language,format,address,email,phone,source,confidential,court_order,verified_by"
PEOPLE = f"""{COLUMNS}
p-mallinson,adult,Kerry Mallinson,,,,en,standard,1 Rowan Lane|Exampleton|EX1 1AA,,,admission form,no,no,
k-jayden,pupil,Jayden Mallinson,,5,,en,standard,,,,,,,
u-t5,staff,Amy Ellery,,,,en,standard,,,,,,,
u-head,staff,Helen Ashdown,Headteacher,,,en,standard,,,,,,,
u-deputy,staff,Tom Birch,Deputy headteacher,,,en,standard,,,,,,,
u-dsl,staff,Ruth Calder,Designated safeguarding lead,,,en,standard,,,,,,,
"""
RELATIONS = """adult,pupil,kind,parental_responsibility,lives_with
p-mallinson,k-jayden,parent,yes,yes
"""
SCHOOLS = {
    "rowan": ("Rowan Lane", "rowan-lane.example/ledger", "RL"),
    "elm": ("Elm Road", "elm-road.example/ledger", "ER"),
}
CHANNELS = (
    Channel(id="fb-community", platform="facebook", kind="public_group", is_school_controlled=False),
    Channel(id="fb-school", platform="facebook", kind="page", is_school_controlled=True),
)
STAFF = {
    "u-head": "headteacher",
    "u-deputy": "caseworker",
    "u-dsl": "dsl",
    "u-t5": "staff",
    "u-gov": "governor",
    "letters": "letters",
    "u-audit": "auditor",
    "u-mis": "mis",
}


class Played:
    """The school over HTTP: who asks, with which key, at which moment."""

    def __init__(self, app: Flask, keys: dict[str, str], clock: Path, evidence: Path) -> None:
        self.app = app
        self._client: FlaskClient = app.test_client()
        self._keys = keys
        self._clock = clock
        self.evidence = evidence
        self._count = 0

    def at(self, now: str) -> None:
        """Move the clock of the service."""
        self._clock.write_text(now)

    def get(self, by: str, path: str, **headers: str) -> Any:
        """Ask for something."""
        return self._client.get(path, headers={"Authorization": f"Bearer {self._keys[by]}", **headers})

    def post(
        self,
        by: str,
        path: str,
        facts: Any,
        *,
        file: tuple[str, bytes, str] | None = None,
        key: str | None = None,
        **headers: str,
    ) -> Any:
        """Send facts, with a fresh Idempotency-Key unless one is given."""
        self._count += 1
        given = {"Authorization": f"Bearer {self._keys[by]}", "Idempotency-Key": key or f"key-{self._count}", **headers}
        if file is None:
            return self._client.post(path, json=facts, headers=given)
        name, content, media_type = file
        data = {"facts": json.dumps(facts), "file": (io.BytesIO(content), name, media_type)}
        return self._client.post(path, data=data, headers=given, content_type="multipart/form-data")


class Furnished(NamedTuple):
    """A database in which the school was set up, to be copied; the folder with its keys and calendar; its API keys."""

    database: str
    folder: Path
    keys: dict[str, str]

    def __str__(self) -> str:
        return self.database


@pytest.fixture(scope="session")
def furnished(
    server: EmbeddedPostgres, superuser: psycopg.Connection, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Furnished:
    """Set the school up once; each test gets a copy."""
    database = make_database(server, superuser, TEMPLATE, "casework", template)
    folder = tmp_path_factory.mktemp("rowan-lane")
    keys = _set_up(database, folder, "rowan")
    close_for_copying(superuser, database.name)
    return Furnished(database.name, folder, keys)


@pytest.fixture
def school(database: Database, furnished: Furnished, tmp_path: Path) -> Iterator[Played]:
    """Rowan Lane, an invented school, on the morning of the first story."""
    for part in ("keys", "school"):
        shutil.copytree(furnished.folder / part, tmp_path / part)
    with _opened(database, tmp_path, dict(furnished.keys)) as played:
        yield played


@contextmanager
def rowan_lane(database: Database, folder: Path, *neighbours: str) -> Iterator[Played]:
    """Open Rowan Lane on this database for all tests of a module, and other schools beside it."""
    keys = _set_up(database, folder, "rowan", *neighbours)
    with _opened(database, folder, keys) as played:
        yield played


def _places(folder: Path) -> Places:
    return Places(keys=folder / "keys", evidence=(folder / "evidence").as_uri(), school=folder / "school")


def _set_up(database: Database, folder: Path, *names: str) -> dict[str, str]:
    """Make these schools, with their files in a folder; return the API keys of the first."""
    (folder / "clock").write_text(MORNING)
    places = _places(folder)
    places.keys.mkdir(mode=0o700)
    make_master_keys(places.keys)
    for name in names:
        make_record_seeds(places.keys, name)
        (places.school / name).mkdir(parents=True)
        (places.school / name / "calendar.toml").write_text(CALENDAR)
        title, origin, code = SCHOOLS[name]
        migrate.add_school(database.owner, name, title=title, origin=origin, code=code, is_scratch=True)
    with make_pool(database.app) as pool:
        schools = Schools(pool, places, FileClock(folder / "clock"))
        for name in names:
            _furnish(schools, folder, name)
    return _keys(database)


@contextmanager
def _opened(database: Database, folder: Path, keys: dict[str, str]) -> Iterator[Played]:
    """Put the web application in front of what was set up."""
    clock = folder / "clock"
    clock.write_text(MORNING)
    with make_pool(database.app) as pool:
        schools = Schools(pool, _places(folder), FileClock(clock))
        app = make_app(schools, Credentials(pool, FileClock(clock)), evidence_bytes_max=100_000)
        yield Played(app, keys, clock, folder / "evidence")


def _furnish(schools: Schools, folder: Path, name: str) -> None:
    """Open the record, enter the channels and load the people."""
    made = schools.of(name)
    record, now = made.casework.record, made.casework.now()
    key = made.checkpoints.keys[0]
    found(record, key=key, is_scratch=True, edition=read_edition(), by="operator", now=now)
    for channel in CHANNELS:
        set_channel(record, channel, by="u-head", role="headteacher", now=now)
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "relations.csv").write_text(RELATIONS)
    made.directory.load(folder / "people.csv", folder / "relations.csv")


def _keys(database: Database) -> dict[str, str]:
    past = datetime(2025, 9, 1, tzinfo=UTC)
    with psycopg.connect(database.owner, autocommit=True) as connection:
        return {
            subject: create_key(
                connection, school="rowan", subject=subject, role=role, person=subject, now=past, days=3650
            )[0]
            for subject, role in STAFF.items()
        }
