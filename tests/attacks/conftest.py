"""A record in earnest, written by the real service on a real server, of which every attack gets a copy of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from casework.adapters import migrate
from casework.adapters.credentials import Credentials, create_key
from casework.adapters.edition_file import read_edition
from casework.adapters.keys import make_master_keys, make_record_seeds
from casework.adapters.pool import make_pool
from casework.application.founding import found
from casework.application.policy import set_channel
from casework.bootstrap import Places, Schools, make_app
from casework.domain.policy import Channel
from servicekit.clock import SystemClock
from servicekit.embedded import EmbeddedPostgres
from tests.api.fix_first_school import Played
from tests.attacks.attacked import CANARY, ORIGIN, SCHOOL, Attacked, Original
from tests.fix_postgres import close_for_copying, make_database

TEMPLATE = "template_attacked"
STAFF = {"u-deputy": "caseworker", "u-head": "headteacher", "u-audit": "auditor", "u-dsl": "dsl"}
READINGS = (9, 9, 9, 225)
"""How often each case is read: every reading is an entry, and the last ones fill a tile of 256."""


@pytest.fixture(scope="session")
def original(
    server: EmbeddedPostgres, superuser: psycopg.Connection, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Original:
    """Let the service write a record over HTTP, by the machine's own clock, and sign it as it grows."""
    database = make_database(server, superuser, TEMPLATE, "casework", template)
    folder = tmp_path_factory.mktemp("attacked")
    places = Places(keys=folder / "keys", evidence=(folder / "evidence").as_uri(), school=folder / "school")
    places.keys.mkdir(mode=0o700)
    make_master_keys(places.keys)
    make_record_seeds(places.keys, SCHOOL)
    (places.school / SCHOOL).mkdir(parents=True)
    (places.school / SCHOOL / "calendar.toml").write_text(_calendar(datetime.now(UTC)))
    school = migrate.add_school(database.owner, SCHOOL, title="Rowan Lane", origin=ORIGIN, code="RL")
    with make_pool(database.app) as pool:
        schools = Schools(pool, places, SystemClock())
        app, tokens = make_app(schools, Credentials(pool, SystemClock())), _tokens(database.owner)
        notes = _written(Played(app, tokens, folder / "clock", folder), schools)
    close_for_copying(superuser, database.name)
    return Original(database.name, school, places, notes, tokens)


@pytest.fixture
def attacked(
    request: pytest.FixtureRequest, server: EmbeddedPostgres, superuser: psycopg.Connection, original: Original
) -> Iterator[Attacked]:
    """Answer a copy of that record, to be attacked."""
    name = f"attacked_{abs(hash(request.node.nodeid)) % 10**12}"
    try:
        yield Attacked(original, make_database(server, superuser, name, "casework", original.template))
    finally:
        superuser.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _written(service: Played, schools: Schools) -> dict[int, str]:
    """Report cases and read them; return the notes that were signed meanwhile, by size."""
    made = schools.of(SCHOOL)
    record, now = made.casework.record, made.casework.now()
    found(record, key=made.checkpoints.keys[0], is_scratch=False, edition=read_edition(), by="operator", now=now)
    channel = Channel(id="fb-community", platform="facebook", kind="public_group", is_school_controlled=False)
    set_channel(record, channel, by="u-head", role="headteacher", now=now)
    notes = {}
    for number, readings in enumerate(READINGS):
        case = _reported(service, number)
        for _ in range(readings):
            assert service.get("u-deputy", f"/v1/incidents/{case}").status_code == 200
        answer = service.post("u-audit", "/ledger/checkpoint", None)
        assert answer.status_code == 200, answer.text
        notes[int(answer.text.splitlines()[1])] = answer.text
    return notes


def _reported(service: Played, number: int) -> str:
    report = {
        "channel": "fb-community",
        "targets": [{"kind": "staff", "name": f"{CANARY} {number}"}],
        "posted_at": (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="seconds"),
        "words": f"{CANARY}, said {number} times",
        "how_seen": "shown by a colleague",
    }
    answer = service.post("u-deputy", "/v1/incidents", report)
    assert answer.status_code == 201, answer.text
    case: str = answer.json["id"]
    return case


def _tokens(owner: str) -> dict[str, str]:
    now = datetime.now(UTC)
    with psycopg.connect(owner, autocommit=True) as connection:
        return {
            who: create_key(connection, school=SCHOOL, subject=who, role=role, person=who, now=now, days=2)[0]
            for who, role in STAFF.items()
        }


def _calendar(now: datetime) -> str:
    first, last = now - timedelta(days=60), now + timedelta(days=60)
    return f'[[terms]]\nname = "this_one"\nfrom = {first:%Y-%m-%d}\nto = {last:%Y-%m-%d}\n'
