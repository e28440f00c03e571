"""A migrated database of letters for each test that asks, and the application on it as the service's own role."""

from collections.abc import Iterator

import psycopg
import pytest

from letters.adapters import migrate, postgres
from letters.adapters.postgres import Pool
from letters.adapters.sealed_store import SealedStore
from letters.application.letters import Letters
from servicekit.embedded import EmbeddedPostgres
from servicekit.sealing import MasterKeys
from tests import fix_postgres
from tests.fix_postgres import Database

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
def master_keys() -> MasterKeys:
    """Answer master keys made for this run."""
    return MasterKeys.generate()[0]


@pytest.fixture
def store(pool: Pool, master_keys: MasterKeys) -> SealedStore:
    """Answer the store of sealed content."""
    return SealedStore(pool, master_keys)
