"""A question goes a shorter way than a cursor's, and everything that may come of it comes of it all the same."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest

from casework.adapters import asking
from casework.adapters.asking import Asking, Question, Row, question
from casework.adapters.driver_errors import translated
from casework.adapters.pool import make_pool
from casework.application.store import Rejected, Unavailable
from tests.adapters.given import Place

SUM = Question(b"SELECT $1::integer + $2::bigint", ("one", "other"))
KEY = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001")


def prepared(connection: psycopg.Connection) -> list[str]:
    """Answer the statements that the server keeps for a connection."""
    return [row[0] for row in connection.execute("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time")]


def test_parameters_are_sent_by_name_each_once(place: Place) -> None:
    asked = question("families", place.schema)
    assert asked.names == ("ids",)
    assert asked.statement.count(b"$1") == 2
    assert b"%" not in asked.statement


def test_values_of_every_kind_go_and_come_back(place: Place) -> None:
    asked = Question(b"SELECT $1::uuid, $2::bytea, $3::text, $4::text[], $5::text", ("a", "b", "c", "d", "e"))
    values = {"a": KEY, "b": b"\x00\xff", "c": "Zoë", "d": ["x", None], "e": None}
    assert place.pool.ask(asked, values) == [(KEY, b"\x00\xff", "Zoë", ["x", None], None)]
    assert place.pool.ask(Question(b"SELECT 1 WHERE false", ()), {}) == []


def test_a_question_is_prepared_once_for_the_types_of_its_parameters(place: Place) -> None:
    with place.pool.connection() as connection:
        for one, other in ((1, 2), (3, 4), (5, 2**40)):
            assert connection.ask(SUM, {"one": one, "other": other}) == [(one + other,)]
        assert prepared(connection) == [SUM.statement.decode()] * 2


def test_a_question_outlives_a_transaction_that_was_rolled_back(place: Place) -> None:
    """The driver then lets go of all that is prepared on the connection, also of what is not its own."""
    with place.pool.connection() as connection:
        connection.ask(SUM, {"one": 1, "other": 2})
        connection.execute("SELECT 'prepared by the driver'", prepare=True)
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT 1")
        connection.execute("SELECT 1")
        assert SUM.statement.decode() not in prepared(connection)
        assert connection.ask(SUM, {"one": 1, "other": 2}) == [(3,)]


def test_what_was_asked_first_after_such_a_transaction_can_be_asked_again_after_the_others(place: Place) -> None:
    with place.pool.connection() as connection:
        several = [Question(b"SELECT %d" % number, ()) for number in range(4)]
        for asked in several:
            connection.ask(asked, {})
        connection.execute("SELECT 'prepared by the driver'", prepare=True)
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT 1")
        connection.execute("SELECT 1")
        for asked in (SUM, *several, SUM):
            values = {"one": 1, "other": 2} if asked is SUM else {}
            assert connection.ask(asked, values) == [(3,)] if asked is SUM else [(several.index(asked),)]


def test_only_so_many_are_kept_and_the_oldest_goes_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PREPARED_MAX", 3)
    several = [Question(b"SELECT %d" % number, ()) for number in range(5)]
    with make_pool(place.database.app, max_size=1) as pool, pool.connection() as connection:
        for asked in several * 2:
            assert connection.ask(asked, {}) == [(several.index(asked),)]
        assert prepared(connection) == ["SELECT 2", "SELECT 3", "SELECT 4"]


def sent(connection: Asking, asked: Question, values: dict[str, Any]) -> list[Row]:
    connection.send(asked, values)
    return connection.receive()


@pytest.mark.parametrize("ask", [Asking.ask, sent])
def test_the_oldest_goes_also_after_the_driver_has_let_go_of_all(
    place: Place, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Asking, Question, dict[str, Any]], list[Row]]
) -> None:
    monkeypatch.setattr(asking, "PREPARED_MAX", 3)
    several = [Question(b"SELECT %d" % number, ()) for number in range(5)]
    with make_pool(place.database.app, max_size=1) as pool, pool.connection() as connection:
        for asked in several[:3]:
            ask(connection, asked, {})
        connection.execute("SELECT 'prepared by the driver'", prepare=True)
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT 1")
        for asked in (*several[3:], *several):
            assert ask(connection, asked, {}) == [(several.index(asked),)]


def test_what_is_sent_is_carried_out_while_its_sender_goes_on_and_received_by_another_thread(place: Place) -> None:
    large = Question(b"SELECT octet_length($1::bytea)", ("octets",))
    with place.pool.connection() as connection, ThreadPoolExecutor(1) as another:
        for size in (1, 20_000_000):
            connection.send(large, {"octets": bytes(size)})
            assert another.submit(connection.receive).result(10) == [(size,)]
        with pytest.raises(psycopg.errors.DivisionByZero):
            sent(connection, Question(b"SELECT 1 / $1::integer", ("by",)), {"by": 0})
        assert sent(connection, SUM, {"one": 1, "other": 2}) == [(3,)]


def test_what_was_sent_after_a_rollback_is_prepared_anew(place: Place) -> None:
    with place.pool.connection() as connection:
        sent(connection, SUM, {"one": 1, "other": 2})
        connection.execute("SELECT 'prepared by the driver'", prepare=True)
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT 1")
        connection.execute("SELECT 1")
        assert sent(connection, SUM, {"one": 1, "other": 2}) == [(3,)]


def test_what_the_server_refuses_is_raised_as_a_cursor_does_and_the_connection_serves_on(place: Place) -> None:
    with place.pool.connection() as connection:
        with pytest.raises(psycopg.errors.DivisionByZero, match="division by zero"):
            connection.ask(Question(b"SELECT 1 / $1::integer", ("by",)), {"by": 0})
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.ask(Question(b"SELECT * FROM nowhere", ()), {})
        assert connection.ask(SUM, {"one": 1, "other": 2}) == [(3,)]
    with pytest.raises(Rejected, match="22012"), translated():
        place.pool.ask(Question(b"SELECT 1 / $1::integer", ("by",)), {"by": 0})


def test_a_question_that_takes_too_long_is_ended_by_the_server(place: Place) -> None:
    with place.pool.connection() as connection:
        connection.execute("SET statement_timeout = '50ms'")
        with pytest.raises(Unavailable, match="57014"), translated():
            connection.ask(Question(b"SELECT pg_sleep(10)", ()), {})
        connection.execute("RESET statement_timeout")


def test_a_connection_that_was_lost_is_unavailable_once_and_then_replaced(place: Place) -> None:
    with make_pool(place.database.app, max_size=1) as pool:
        [(pid,)] = pool.ask(Question(b"SELECT pg_backend_pid()", ()), {})
        place.query("SELECT pg_terminate_backend(%s)", "superuser", pid)
        with pytest.raises(Unavailable), translated():
            pool.ask(SUM, {"one": 1, "other": 2})
        assert pool.ask(SUM, {"one": 1, "other": 2}) == [(3,)]


def test_a_connection_that_is_closed_cannot_be_asked(place: Place) -> None:
    with place.pool.connection() as connection:
        connection.close()
        with pytest.raises(Unavailable), translated():
            connection.ask(SUM, {"one": 1, "other": 2})
