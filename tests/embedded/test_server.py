"""What an embedded server is: its settings, who may reach it, what it writes down, and how an error reads."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from servicekit.embedded import EmbeddedPostgres, EmbeddedPostgresError
from tests.embedded.fix_embedded import Holder, User

SAME = {
    "server_encoding": "UTF8",
    "TimeZone": "UTC",
    "data_checksums": "on",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "listen_addresses": "",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
SAFETY = ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")


def _settings(server: EmbeddedPostgres) -> dict[str, str]:
    with psycopg.connect(server.dsn("postgres", "postgres")) as connection:
        return dict(connection.execute("SELECT name, current_setting(name) FROM pg_settings").fetchall())


def test_server_is_durable_unless_scratch_is_asked_for(folder: Path) -> None:
    with EmbeddedPostgres(folder / "durable") as server:
        settings = _settings(server)
    assert {name: settings[name] for name in SAME} == SAME
    assert {settings[name] for name in SAFETY} == {"on"}


def test_scratch_server_trades_safety_for_speed(folder: Path) -> None:
    with EmbeddedPostgres(folder / "scratch", scratch=True) as server:
        settings = _settings(server)
    assert {name: settings[name] for name in SAME} == SAME
    assert {settings[name] for name in SAFETY} == {"off"}
    assert settings["wal_level"] == "minimal"


def test_text_sorts_by_code_point_on_every_machine(folder: Path) -> None:
    with (
        EmbeddedPostgres(folder / "home", scratch=True) as server,
        psycopg.connect(server.dsn("postgres", "postgres")) as connection,
    ):
        sorted_names = connection.execute("SELECT string_agg(n, '' ORDER BY n) FROM unnest(ARRAY['é','a','Z']) n")
        assert sorted_names.fetchone() == ("Zaé",)


def test_only_the_folder_of_the_socket_leads_in(folder: Path) -> None:
    with EmbeddedPostgres(folder / "home", scratch=True) as server:
        (sockets,) = server.home.glob("socket-*")
        assert sockets.stat().st_mode & 0o777 == 0o700
        rules = (server.home / "data" / "pg_hba.conf").read_text().splitlines()
        network = [rule for rule in rules if rule.startswith("host")]
        assert network
        assert all(rule.endswith("reject") for rule in network)


def test_values_stay_out_of_the_servers_log(folder: Path) -> None:
    with EmbeddedPostgres(folder / "home", scratch=True) as server:
        with psycopg.connect(server.dsn("postgres", "postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE named (name text PRIMARY KEY)")
            insert = "INSERT INTO named VALUES (%s)"
            connection.execute(insert, ("Mallinson",))
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute(insert, ("Mallinson",))
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO named VALUES ('Mallinson')")
        log = (server.home / "server.log").read_text()
    assert "duplicate key" in log
    assert "Mallinson" not in log


def test_variables_of_the_shell_configure_nothing(user: User, folder: Path) -> None:
    shell = {"PGDATA": "/nowhere", "PGHOST": "/nowhere", "PGPORT": "1", "PGOPTIONS": "-c nonsense=1", "LC_ALL": "xx_XX"}
    with Holder(user, folder / "home", "scratch", environ=shell) as holder, holder.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_address_is_a_url_whatever_the_names_hold(folder: Path) -> None:
    with EmbeddedPostgres(folder / "home", scratch=True) as server:
        with psycopg.connect(server.dsn("postgres", "postgres"), autocommit=True) as connection:
            connection.execute('CREATE DATABASE "a/b?c d"')
            connection.execute('CREATE ROLE "r@s:t" LOGIN')
        with psycopg.connect(server.dsn("a/b?c d", "r@s:t")) as connection:
            assert connection.execute("SELECT current_database(), current_user").fetchone() == ("a/b?c d", "r@s:t")


def test_address_before_the_start_is_refused(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="before start"):
        EmbeddedPostgres(folder).dsn("postgres", "postgres")


def test_server_that_cannot_start_answers_the_end_of_its_log(folder: Path) -> None:
    with EmbeddedPostgres(folder / "home", scratch=True) as server:
        pass
    with (server.home / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedPostgresError, match=r"ended while starting.*no_such_setting"):
        server.start()
