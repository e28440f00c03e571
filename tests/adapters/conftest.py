"""Fixtures of the store's tests."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from casework.adapters.migrate import add_school
from casework.adapters.pool import make_pool
from casework.adapters.recorder import Recorder
from casework.adapters.schools import record_home
from tests.adapters.given import ORIGIN, Place
from tests.fix_postgres import Database


@pytest.fixture
def place(database: Database, superuser: psycopg.Connection) -> Iterator[Place]:
    school = add_school(database.owner, "rowanlane", title="Rowan Lane Primary School", origin=ORIGIN)
    with psycopg.connect(database.app) as connection:
        home = record_home(connection, school)
    with make_pool(database.app) as pool:
        yield Place(database, school, home, pool, Recorder(pool, school.schema))
    # DROP DATABASE sleeps for 100 ms if a backend is still on its way out.
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    while superuser.execute(others, [database.name]).fetchone() != (0,):
        time.sleep(0.002)
