"""The pool of connections: who is asked whether it is alive, and whose commit waits for the disk."""

from contextlib import closing

import psycopg
import pytest
from psycopg.rows import DictRow
from psycopg_pool import ConnectionPool

from letters.adapters import postgres
from letters.adapters.postgres import Pool, ahead, borrowed, open_pool
from letters.domain.errors import StoreUnavailable
from tests.fix_postgres import Database

LONG_S = 60.0


def test_a_connection_found_alive_a_moment_ago_is_lent_without_asking(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CHECK_EVERY_S", LONG_S)
    asked: list[object] = []
    monkeypatch.setattr(ConnectionPool, "check_connection", asked.append)
    for _ in range(5):
        with borrowed(pool) as connection:
            connection.execute("SELECT 1")
    assert connection in asked
    assert len(asked) == len(set(asked)), "each is asked once, when it is lent for the first time"
    monkeypatch.setattr(postgres, "CHECK_EVERY_S", 0.0)
    before = len(asked)
    with borrowed(pool):
        assert len(asked) == before + 1


def test_a_connection_that_broke_is_unavailable_once_and_replaced(
    letters_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CHECK_EVERY_S", LONG_S)
    with closing(open_pool(letters_database.app, size=1)) as pool:
        broken = _backend(pool)
        with psycopg.connect(letters_database.superuser) as superuser:
            superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [broken])
        with pytest.raises(StoreUnavailable):
            _backend(pool)
        assert _backend(pool) != broken


def test_a_connection_that_broke_a_while_ago_is_replaced_before_anybody_has_it(
    letters_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "CHECK_EVERY_S", 0.0)
    with closing(open_pool(letters_database.app, size=1)) as pool:
        broken = _backend(pool)
        with psycopg.connect(letters_database.superuser) as superuser:
            superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [broken])
        assert _backend(pool) != broken


def test_what_goes_ahead_of_an_event_waits_for_no_disk_and_is_seen_at_once(pool: Pool) -> None:
    with ahead(pool) as connection:
        _keep_one(connection)
        assert _waits_for_the_disk(connection) == "off"
    with borrowed(pool) as connection:
        assert _waits_for_the_disk(connection) == "on", "only that transaction's commit does not wait"
        assert connection.execute("SELECT sha256 FROM letters.calendar").fetchall() == [{"sha256": "one"}]


def test_what_goes_ahead_of_an_event_is_whole_or_not_there(pool: Pool) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        _break_off(pool)
    with borrowed(pool) as connection:
        assert connection.execute("SELECT sha256 FROM letters.calendar").fetchall() == []


def _break_off(pool: Pool) -> None:
    with ahead(pool) as connection:
        _keep_one(connection)
        connection.execute("SELECT 1 / 0")


def _backend(pool: Pool) -> int:
    """Return the process at the other end of a connection, by asking it."""
    with borrowed(pool) as connection:
        row = connection.execute("SELECT pg_backend_pid() AS pid").fetchone()
    assert row is not None
    return int(row["pid"])


def _keep_one(connection: psycopg.Connection[DictRow]) -> None:
    connection.execute("INSERT INTO letters.calendar (sha256, body) VALUES ('one', '')")


def _waits_for_the_disk(connection: psycopg.Connection[DictRow]) -> str:
    row = connection.execute("SHOW synchronous_commit").fetchone()
    assert row is not None
    return str(row["synchronous_commit"])
