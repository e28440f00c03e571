"""The worked example, put into a record and served: every file comes out as the published one, byte for byte."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from werkzeug.test import TestResponse

from casework.adapters import migrate
from casework.adapters.credentials import Credentials, create_key
from casework.adapters.keys import make_master_keys
from casework.adapters.pool import make_pool
from casework.bootstrap import Places, Schools, make_app
from servicekit.clock import FileClock
from servicekit.outfile import write_secret
from tests.api.fix_first_school import CALENDAR, MORNING
from tests.fix_postgres import Database
from tests.ledger.published import published, read

ADD = """
INSERT INTO school_worked.event (position, stream, version, type, time, command, entry, leaf)
VALUES (%s, split_part(%s, '/', 1)::uuid, split_part(%s, '/', 2)::integer, %s, %s, %s, %s, sha256('\\x00'::bytea || %s))
"""
SERVED = {
    "checkpoint": "checkpoint",
    "checkpoint/3": "checkpoint",
    "checkpoint/2": "checkpoint-2",
    "proof/2": "entry-2.tlog-proof",
    "proof/2?size=3": "entry-2.tlog-proof",
    "consistency/2": "consistency-2-3",
    "consistency/2/3": "consistency-2-3",
    "key": "log.vkey",
    "tile/0/000.p/3": "tile/0/000.p/3",
    "tile/entries/000.p/3": "tile/entries/000.p/3",
}


def add(connection: psycopg.Connection, position: int) -> None:
    """Put an entry of the example into the record, as its superuser: `append` takes none of another day."""
    entry = published(f"worked/entry-{position}.json").read_bytes()
    event = json.loads(entry)
    columns = (event["id"], event["id"], event["type"], event["time"], event["data"]["command"])
    connection.execute(ADD, [position, *columns, entry, entry])


@pytest.fixture
def places(database: Database, tmp_path: Path) -> Places:
    """Return the places of a school with the example's origin and signing key, and nothing in its record."""
    worked = read("worked/worked_example.json")
    made = Places(keys=tmp_path / "keys", evidence=(tmp_path / "evidence").as_uri(), school=tmp_path / "school")
    made.keys.mkdir(mode=0o700)
    make_master_keys(made.keys)
    write_secret(made.keys / "worked.record.key", worked["signing_seed_hex"] + "\n")
    (made.school / "worked").mkdir(parents=True)
    (made.school / "worked" / "calendar.toml").write_text(CALENDAR)
    migrate.add_school(database.owner, "worked", title="Worked", origin=worked["origin"], code="WK")
    (tmp_path / "clock").write_text(MORNING)
    return made


def test_the_worked_example_is_served_byte_for_byte(database: Database, places: Places, tmp_path: Path) -> None:
    now = FileClock(tmp_path / "clock")
    past = datetime(2025, 9, 1, tzinfo=UTC)
    with psycopg.connect(database.owner, autocommit=True) as connection:
        key, _ = create_key(connection, school="worked", subject="u-audit", role="auditor", now=past, days=3650)
    with make_pool(database.app) as pool, psycopg.connect(database.superuser, autocommit=True) as superuser:
        client = make_app(Schools(pool, places, now), Credentials(pool, now)).test_client()

        def ask(method: Callable[..., TestResponse], path: str) -> bytes:
            answer = method(f"/ledger/{path}", headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 200, answer.text
            return bytes(answer.data)

        for size in (2, 3):
            for position in range(1, 3) if size == 2 else (3,):
                add(superuser, position)
            ask(client.post, "checkpoint")
        for path, file in SERVED.items():
            assert ask(client.get, path) == published(f"worked/{file}").read_bytes(), path
