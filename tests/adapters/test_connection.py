"""Reading without the driver's cursors: the same rows, the same errors, and nothing that outlives a lost connection."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import DivisionByZero, InvalidSqlStatementName, QueryCanceled, UndefinedTable

from casework.adapters import sql_files
from casework.adapters.pool import Pool, make_pool
from casework.adapters.recorder import Recorder
from casework.adapters.sql_files import Statement
from casework.application.store import Unavailable
from tests.adapters.given import Place, record

SELECT = "SELECT position, version, type FROM {s}.event WHERE stream = $1 AND ($2::text[] IS NULL OR type = ANY ($2))"


@pytest.fixture
def pool(place: Place) -> Iterator[Pool]:
    """Give a pool whose one connection is asked every time."""
    with make_pool(place.database.app, max_size=1) as pool:
        yield pool


def select(place: Place) -> Statement:
    return Statement(sql_files.compose(SELECT, place.schema), ("stream", "types"))


def terminate(place: Place, connection: psycopg.Connection) -> None:
    """Let the server end a connection, and wait until it is gone."""
    ended = place.query("SELECT pg_terminate_backend(%s, 10000)", "superuser", connection.info.backend_pid)
    assert ended == [(True,)]


def test_rows_are_those_of_the_drivers_own_cursor(place: Place, pool: Pool) -> None:
    stream = record(place, 3)
    record(place)
    values = {"stream": stream, "types": ["incident.note-added.v1"]}
    with pool.connection() as connection:
        statement = sql_files.compose(SELECT.replace("$1", "%(stream)b").replace("$2", "%(types)b"), place.schema)
        expected = connection.execute(statement, values, binary=True).fetchall()
    assert len(expected) == 3
    assert pool.rows(select(place), values) == expected
    assert pool.rows(select(place), {**values, "types": []}) == []
    assert pool.rows(select(place), {**values, "types": None}) == expected
    assert pool.rows(select(place), {**values, "stream": uuid4()}) == []


def test_a_statement_is_prepared_once_for_each_set_of_types(pool: Pool) -> None:
    statement = Statement(b"SELECT $1", ("value",))
    values: list[object] = [1, 2, 70_000, "text", UUID(int=7), b"\x00", None, 3]
    assert [pool.rows(statement, {"value": value}) for value in values] == [[(value,)] for value in values]
    prepared = Statement(b"SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1'", ())
    assert pool.rows(prepared, {}) == [(6,)]


def test_a_query_with_named_values_is_numbered_in_order_of_their_first_use() -> None:
    text, names = sql_files.statement("entries", "school_rowanlane")
    assert names == ("first", "last", "types", "limit")
    assert b"e.position >= $1 AND e.position <= $2" in text
    assert b"$3::text[] IS NULL OR e.type = ANY ($3::text[])" in text
    assert text.endswith(b"LIMIT $4\n")
    assert b'"school_rowanlane".event' in text
    assert b"%" not in text


def test_what_the_server_refuses_is_raised_as_the_drivers_error_and_spoils_nothing(pool: Pool) -> None:
    divide = Statement(b"SELECT 12 / $1::integer", ("by",))
    for _ in range(2):
        with pytest.raises(DivisionByZero):
            pool.rows(divide, {"by": 0})
    with pytest.raises(UndefinedTable, match="no_such_table"):
        pool.rows(Statement(b"SELECT * FROM no_such_table", ()), {})
    assert pool.rows(divide, {"by": 4}) == [(3,)]


def test_a_statement_that_the_server_forgot_is_prepared_anew(pool: Pool) -> None:
    statement = Statement(b"SELECT $1::integer + 1", ("value",))
    assert pool.rows(statement, {"value": 1}) == [(2,)]
    with pool.connection() as connection:
        connection.execute("DEALLOCATE ALL")
    with pytest.raises(InvalidSqlStatementName):
        pool.rows(statement, {"value": 1})
    assert pool.rows(statement, {"value": 1}) == [(2,)]


def test_a_question_that_takes_too_long_is_broken_off_by_the_server(pool: Pool) -> None:
    with pool.connection() as connection:
        connection.execute("SET statement_timeout = '50ms'")
    with pytest.raises(QueryCanceled):
        pool.rows(Statement(b"SELECT pg_sleep(60)::text", ()), {})
    assert pool.rows(Statement(b"SELECT 1", ()), {}) == [(1,)]


def test_a_reader_whose_connection_went_is_told_to_come_again_and_then_answered(place: Place, pool: Pool) -> None:
    stream = record(place)
    reader = Recorder(pool, place.schema)
    assert len(reader.select_events(stream)) == 1
    with pool.connection() as connection:
        pass
    terminate(place, connection)
    with pytest.raises(Unavailable, match="database not available"):
        reader.select_events(stream)
    assert len(reader.select_events(stream)) == 1


def test_of_a_connection_that_is_closed_or_lost_every_question_says_so(place: Place, pool: Pool) -> None:
    known, other, new = [Statement(b"SELECT %d" % number, ()) for number in (1, 2, 3)]
    with pool.connection() as connection:
        assert [connection.rows(known, {}), connection.rows(other, {})] == [[(1,)], [(2,)]]
        terminate(place, connection)
        for statement in (known, other, known, new):
            with pytest.raises(psycopg.OperationalError):
                connection.rows(statement, {})
        connection.close()
        for statement in (other, new):
            with pytest.raises(psycopg.OperationalError):
                connection.rows(statement, {})
    assert pool.rows(known, {}) == [(1,)]
