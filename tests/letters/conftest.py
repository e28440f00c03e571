"""A migrated database of letters for each test that asks, and the application on it as the service's own role."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from letters import bootstrap
from letters.adapters import migrate, postgres
from letters.adapters.postgres import Pool
from letters.adapters.press import Press
from letters.adapters.sealed_store import SealedStore
from letters.adapters.template_store import EXAMPLE_SCHOOL
from letters.application.letters import Letters
from letters.bootstrap import Service, Web
from letters.domain.naming import letter_id
from servicekit.embedded import EmbeddedPostgres
from servicekit.outfile import write_secret
from servicekit.sealing import MasterKeys
from tests import fix_postgres
from tests.fix_postgres import Database
from tests.letters.fake_casework import FakeCasework, fake_casework
from tests.letters.given import PARTY
from tests.letters.mailed import Mail
from tests.letters.people import People
from tests.letters.smtp_sink import Sink, smtp_sink

TEMPLATE = "template_letters"


@pytest.fixture(scope="session")
def letters_template(server: EmbeddedPostgres, superuser: psycopg.Connection) -> str:
    """Answer the name of a database with the migrations of letters in it, to copy and not to use."""
    fix_postgres._create(superuser, TEMPLATE, migrate.OWNER)
    migrate.migrate(server.dsn(TEMPLATE, migrate.OWNER), is_scratch=True)
    superuser.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false")
    return TEMPLATE


@pytest.fixture
def letters_database(
    server: EmbeddedPostgres, superuser: psycopg.Connection, letters_template: str
) -> Iterator[Database]:
    """Answer a database with the tables and rights of letters, and nothing in them."""
    with fix_postgres._database(server, superuser, "letters", letters_template) as made:
        yield made


@pytest.fixture
def pool(letters_database: Database) -> Iterator[Pool]:
    """Answer a pool as ``letters_app``."""
    opened = postgres.open_pool(letters_database.app)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def letters(pool: Pool) -> Letters:
    """Answer the event-sourced application."""
    return Letters(postgres.factory(pool))


@pytest.fixture(scope="session")
def master_key_text() -> str:
    """Answer the text of a key file made for this run."""
    return MasterKeys.generate()[1]


@pytest.fixture(scope="session")
def master_keys(master_key_text: str) -> MasterKeys:
    """Answer the keys in it."""
    return MasterKeys.parse(master_key_text)


@pytest.fixture(scope="session")
def press() -> Iterator[Press]:
    """Answer a press that all tests of a run share."""
    made = Press()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def store(pool: Pool, master_keys: MasterKeys) -> SealedStore:
    """Answer the store of sealed content."""
    return SealedStore(pool, master_keys)


@pytest.fixture
def casework() -> Iterator[FakeCasework]:
    """Answer a server that stands for casework."""
    with fake_casework() as fake:
        yield fake


@pytest.fixture
def home(tmp_path: Path, casework: FakeCasework, master_key_text: str) -> Path:
    """Answer a folder with letters' keys and the example school."""
    write_secret(tmp_path / "keys" / "letters.master.key", master_key_text)
    write_secret(tmp_path / "keys" / "letters.token", casework.keys["letters"])
    shutil.copytree(EXAMPLE_SCHOOL, tmp_path / "school" / "rowan-lane")
    (tmp_path / "clock").write_text("2025-09-23T13:20:00Z")
    return tmp_path


@pytest.fixture
def environ(home: Path, casework: FakeCasework, letters_database: Database) -> dict[str, str]:
    """Answer the settings of a service on this test's database and casework."""
    return {
        "LOCAL_DIR": str(home),
        "LETTERS_DATABASE_URL": letters_database.app,
        "LETTERS_CASEWORK_URL": casework.url,
        "LETTERS_OUTBOX": str(home / "outbox"),
        "ALLOW_SCRATCH_DATABASE": "1",
        "TEST_CLOCK_FILE": str(home / "clock"),
    }


@pytest.fixture
def service(environ: dict[str, str], press: Press) -> Iterator[Service]:
    """Answer the service, put together as in production; its press is the run's, because starting one takes a while."""
    values = bootstrap.read_settings(environ)
    with bootstrap.database(values) as at:
        made = Service(values, at, press)
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def web(environ: dict[str, str], press: Press) -> Iterator[Web]:
    """Answer the web application, put together as in production."""
    made = Web(bootstrap.read_settings(environ), press)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def people(web: Web, casework: FakeCasework) -> People:
    """Answer everybody at school, each with a key."""
    return People(web.app, casework.keys)


@pytest.fixture
def warning(web: Web, casework: FakeCasework) -> str:
    """Answer the path of S01's warning, rendered and ready."""
    cause = casework.warning_issued()
    web.service.follower().once()
    return f"/v1/letters/{letter_id(cause, 'L04', PARTY)}"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """Answer a real SMTP server."""
    with smtp_sink(tmp_path) as made:
        yield made


@pytest.fixture
def mail(  # noqa: PLR0917 - its parts
    web: Web, people: People, casework: FakeCasework, sink: Sink, home: Path, letters_database: Database
) -> Mail:
    """Answer the service with that server as its relay."""
    return Mail(web, people, casework, sink, home, letters_database)


@pytest.fixture
def issued(mail: Mail) -> UUID:
    """Answer an e-mail that may leave now."""
    letter = mail.drafted()
    assert mail.approve(letter)["status"] == "issued"
    return letter
