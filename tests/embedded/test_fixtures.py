"""What the fixtures of `tests/fix_postgres.py` promise to every other test."""

from __future__ import annotations

import psycopg
import pytest

from servicekit.embedded import EmbeddedPostgres
from tests.fix_postgres import Database


def test_database_is_as_the_migrations_make_it_and_each_role_is_itself(database: Database) -> None:
    for dsn, role in (
        (database.owner, "casework_owner"),
        (database.app, "casework_app"),
        (database.auditor, "casework_auditor"),
        (database.superuser, "postgres"),
    ):
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT current_user, current_database()").fetchone() == (role, database.name)
            assert connection.execute("SELECT count(*) FROM casework.school").fetchone() == (0,)


def test_copy_keeps_out_whom_the_template_keeps_out(database: Database, server: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(server.dsn(database.name, "letters_app"))


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_writes_the_next_does_not_find(database: Database, turn: int) -> None:
    with psycopg.connect(database.owner) as connection:
        connection.execute("CREATE TABLE casework.left_behind ()")


def test_empty_database_is_empty(empty_database: Database) -> None:
    with psycopg.connect(empty_database.owner) as connection:
        connection.execute("CREATE SCHEMA casework")


def test_durable_server_is_durable(durable_server: EmbeddedPostgres) -> None:
    with psycopg.connect(durable_server.dsn("postgres", "casework_app")) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)
