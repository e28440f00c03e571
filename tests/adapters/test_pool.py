"""The pool: which connection is lent next."""

from casework.adapters.pool import make_pool
from tests.adapters.given import Place


def test_the_connection_that_was_used_last_is_used_next(place: Place) -> None:
    """Its server process has the statements and the pages at hand; the driver's pool would take each in turn."""
    with make_pool(place.database.app, max_size=3) as pool:
        connections = [pool.getconn() for _ in range(3)]
        for connection in connections:
            pool.putconn(connection)
        used = []
        for _ in range(3):
            with pool.connection() as connection:
                used.append(connection)
        assert used == [connections[-1]] * 3
        with pool.connection() as first, pool.connection() as second, pool.connection() as third:
            assert [first, second, third] == connections[::-1]


def test_of_those_that_nobody_needs_the_one_used_longest_ago_is_closed(place: Place) -> None:
    with make_pool(place.database.app, max_size=3) as pool:
        connections = [pool.getconn() for _ in range(3)]
        for connection in connections:
            pool.putconn(connection)
        pool._nconns_min = 2  # as many as were free all the time
        pool._shrink_pool()
        assert [connection.closed for connection in connections] == [True, False, False]
