"""The parts of the service, opened for one command and closed after it; a database that is not there is said so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from letters import bootstrap
from letters.bootstrap import Service
from servicekit.commandline import Exit, fail
from servicekit.databases import Database
from servicekit.sealing import UnknownMasterKey
from servicekit.settings import Values


@contextmanager
def opened_database(values: Values) -> Iterator[Database]:
    """Name the database, holding the embedded server meanwhile; end the command if it does not answer."""
    try:
        with bootstrap.database(values) as at:
            yield at
    except psycopg.OperationalError as error:
        # Without its message, which names users and hosts.
        found = f"expected a database that answers, found none ({type(error).__name__})"
        fail(f"{found}: is its server running, and is LETTERS_DATABASE_URL right?", Exit.NOT_READY)
    except UnknownMasterKey as error:
        fail(
            f"expected every master key in KEYS_DIR/{bootstrap.MASTER_KEY}, found one missing: {error}", Exit.NOT_READY
        )


@contextmanager
def opened_service() -> Iterator[tuple[Service, Database]]:
    """Put the service together, after everything was checked that it needs."""
    values = bootstrap.read_settings()
    with opened_database(values) as at:
        bootstrap.check(values, at)
        with closing(Service(values, at)) as service:
            yield service, at
