"""Making and moving on the database: whole or not at all, once, by the owner, and never by a service."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from casework.adapters import sql_files
from casework.adapters.errors import SchoolExists, SchoolUnknown
from casework.adapters.migrate import (
    OWNERSHIP,
    add_school,
    check,
    initials,
    migrate,
    status,
)
from casework.adapters.schools import find_school, list_schools, next_reference
from casework.adapters.server_checks import check_server
from servicekit.databases import ensure_database, ensure_roles, role_sql
from servicekit.embedded import EmbeddedPostgres
from servicekit.readiness import NotReady
from tests.adapters.given import ORIGIN, Place, entry
from tests.fix_postgres import Database

TITLE = "Rowan Lane Primary School"


def execute(dsn: str, statement: str) -> list[tuple]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_released_steps_are_frozen() -> None:
    """What a school's database was made of may not change under it: add a new step instead."""
    lines = (sql_files.ROOT / "versions.sha256").read_text().splitlines()
    listed = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
    found = {
        str(path.relative_to(sql_files.ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sql_files.ROOT.rglob("versions/*.sql")
    }
    assert found == listed


def test_steps_are_numbered_without_a_gap() -> None:
    for folder in (".", "shared"):
        numbers = [number for number, _ in sql_files.versions(folder)]
        assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]


def test_an_empty_database_is_not_ready_and_a_migrated_one_is(empty_database: Database) -> None:
    with pytest.raises(NotReady, match="run `casework migrate`"):
        check(empty_database.owner)
    [shared] = migrate(empty_database.owner)
    assert (shared.schema, shared.before, shared.objects_replaced) == ("casework", None, True)
    check(empty_database.app)


def test_a_second_run_changes_nothing(empty_database: Database) -> None:
    migrate(empty_database.owner)
    add_school(empty_database.owner, "rowanlane", title=TITLE, origin=ORIGIN)
    assert [(m.schema, m.before == m.after, m.objects_replaced) for m in migrate(empty_database.owner)] == [
        ("casework", True, False),
        ("school_rowanlane", True, False),
    ]


def test_four_first_runs_at_once_all_succeed(empty_database: Database) -> None:
    with ThreadPoolExecutor(4) as runs:
        results = list(runs.map(migrate, [empty_database.owner] * 4))
    assert sorted(result[0].before or "none" for result in results) == ["0001", "0001", "0001", "none"]


def test_a_changed_function_is_replaced_and_its_rights_stay(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sql_files.objects
    monkeypatch.setattr(sql_files, "objects", lambda folder: (*found(folder), "COMMENT ON SCHEMA {s} IS 'changed'"))
    monkeypatch.setattr(sql_files, "objects_sha256", lambda folder: "0" * 64)
    with pytest.raises(NotReady, match="with other functions or rights; run `casework migrate`"):
        check(place.database.app)
    assert [m.objects_replaced for m in migrate(place.database.owner)] == [True, True]
    check(place.database.app)
    command = uuid4()
    assert place.append(command, [entry(uuid4(), 1, command)]) == (1, 1, False)


def test_a_database_ahead_of_the_software_is_left_alone(place: Place) -> None:
    place.query("UPDATE {s}.schema_version SET version_num = '0999'", "owner")
    with pytest.raises(NotReady, match=r"found school_rowanlane at 0999; run a newer version of casework"):
        check(place.database.app)
    with pytest.raises(NotReady, match="0999"):
        migrate(place.database.owner)


def test_a_school_that_is_behind_is_brought_up(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    versions, more = sql_files.versions, Path(__file__).with_name("0900_more.sql")
    further = {".": (("0900", str(more)),)}
    monkeypatch.setattr(sql_files, "versions", lambda folder: (*versions(folder), *further.get(folder, ())))
    text = sql_files.text
    create = "CREATE TABLE {s}.more (id int); -- 100 % of :this"
    monkeypatch.setattr(sql_files, "text", lambda path: create if path == str(more) else text(path))
    assert [found.is_behind for found in status(place.database.app)][-1]
    assert [(m.before, m.after) for m in migrate(place.database.owner)][-1] == (versions(".")[-1][0], "0900")
    assert place.query("SELECT count(*) FROM {s}.more", "app") == [(0,)]


def test_a_step_that_fails_takes_its_whole_transaction_with_it(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(empty_database.owner)
    found = sql_files.objects(".")
    monkeypatch.setattr(sql_files, "objects", lambda folder: (*found, "SELECT 1 / 0"))
    with pytest.raises(Exception, match="division by zero"):
        add_school(empty_database.owner, "rowanlane", title=TITLE, origin=ORIGIN)
    monkeypatch.undo()
    with psycopg.connect(empty_database.app) as connection:
        assert list_schools(connection) == []
    add_school(empty_database.owner, "rowanlane", title=TITLE, origin=ORIGIN)


def test_a_school_is_added_once_and_says_what_it_is(place: Place) -> None:
    for name, origin in (("rowanlane", "other.example"), ("other", ORIGIN)):
        with pytest.raises(SchoolExists, match=f"school {name}"):
            add_school(place.database.owner, name, title=TITLE, origin=origin)
    with place.connect("app") as connection:
        assert list_schools(connection) == [place.school]
        assert find_school(connection, "rowanlane").code == "RL"
        with pytest.raises(SchoolUnknown, match="school oakfield: unknown"):
            find_school(connection, "oakfield")
        assert next_reference(connection, place.school, 2026) == "RL-2026-0001"
        assert next_reference(connection, place.school, 2027) == "RL-2027-0002"


@pytest.mark.parametrize("name", ["", "Rowan", "rowan-lane", "1rowan", "casework", "public", "r" * 41, 'x"; DROP'])
def test_a_name_that_is_no_schema_is_refused(database: Database, name: str) -> None:
    with pytest.raises(ValueError, match="expected a name of a-z and 0-9"):
        add_school(database.owner, name, title=TITLE, origin=ORIGIN)


@pytest.mark.parametrize("origin", ["", "Rowan.example", "rowan lane", "rowan/", "x" * 101])
def test_an_origin_that_no_entry_can_carry_is_refused(database: Database, origin: str) -> None:
    with pytest.raises(ValueError, match="origin: expected"):
        add_school(database.owner, "rowanlane", title=TITLE, origin=origin)
    with psycopg.connect(database.app) as connection:
        assert list_schools(connection) == []


@pytest.mark.parametrize(
    ("title", "code"), [(TITLE, "RL"), ("St. Mary's C of E", "SM"), ("Oakfield", "OA"), ("École du Lac", "CD")]
)
def test_a_code_is_made_of_the_title(title: str, code: str) -> None:
    assert initials(title) == code


def test_only_the_owner_migrates(database: Database) -> None:
    with pytest.raises(NotReady, match="expected casework_owner, or a user who may act as it, found casework_app"):
        migrate(database.app)


def test_what_a_superuser_migrates_belongs_to_the_owner(empty_database: Database) -> None:
    migrate(empty_database.superuser)
    owners = execute(
        empty_database.superuser, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'casework'"
    )
    assert owners == [("casework_owner",)]


def test_roles_and_database_are_made_once_and_by_whoever_may(server: EmbeddedPostgres, database: Database) -> None:
    superuser = server.dsn("postgres", "postgres")
    with ThreadPoolExecutor(4) as runs:
        list(runs.map(ensure_roles, [superuser] * 4, [OWNERSHIP] * 4))
    assert ensure_database(superuser, OWNERSHIP, "casework_made") is True
    assert ensure_database(superuser, OWNERSHIP, "casework_made") is False
    execute(superuser, "DROP DATABASE casework_made")
    powers = execute(
        superuser, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'casework%' AND (rolsuper OR rolcreaterole)"
    )
    assert powers == []
    with pytest.raises(NotReady, match="casework migrate --sql"):
        ensure_roles(server.dsn("postgres", "casework_owner"), OWNERSHIP)
    assert "CREATE DATABASE casework OWNER casework_owner" in role_sql(OWNERSHIP)


def test_a_password_reaches_the_server_as_a_verifier_only(server: EmbeddedPostgres) -> None:
    superuser = server.dsn("postgres", "postgres")
    ensure_roles(superuser, OWNERSHIP, {"casework_app": "canary 4711"})
    [(stored,)] = execute(superuser, "SELECT rolpassword FROM pg_authid WHERE rolname = 'casework_app'")
    assert stored.startswith("SCRAM-SHA-256$")
    execute(superuser, "ALTER ROLE casework_app PASSWORD NULL")


def test_a_service_refuses_a_scratch_server_unless_it_may(place: Place) -> None:
    check_server(place.database.app, is_scratch_allowed=True)
    with pytest.raises(NotReady, match="expected fsync, synchronous_commit, full_page_writes on, found fsync"):
        check_server(place.database.app)


@pytest.mark.parametrize(
    ("role", "reason"), [("owner", "casework_owner owns the record"), ("superuser", "postgres is a superuser")]
)
def test_a_service_refuses_a_role_that_could_change_the_record(place: Place, role: str, reason: str) -> None:
    with pytest.raises(NotReady, match=reason):
        check_server(getattr(place.database, role), is_scratch_allowed=True)


@pytest.mark.parametrize(
    ("grant", "reason"),
    [
        ("GRANT UPDATE (entry) ON {s}.event TO casework_app", "casework_app may UPDATE school_rowanlane.event"),
        ("GRANT TRUNCATE ON {s}.checkpoint TO casework_app", "casework_app may TRUNCATE school_rowanlane.checkpoint"),
        ("GRANT INSERT ON {s}.command TO PUBLIC", "casework_app may INSERT school_rowanlane.command"),
    ],
)
def test_a_service_refuses_a_role_that_was_granted_more(place: Place, grant: str, reason: str) -> None:
    place.query(grant, "owner")
    with pytest.raises(NotReady, match=reason):
        check_server(place.database.app, is_scratch_allowed=True)


def test_a_service_refuses_a_role_that_may_act_as_the_owner(place: Place) -> None:
    place.query("GRANT casework_owner TO casework_app")
    try:
        with pytest.raises(NotReady, match="may act as casework_owner, which owns the record"):
            check_server(place.database.app, is_scratch_allowed=True)
    finally:
        place.query("REVOKE casework_owner FROM casework_app")


def test_a_service_refuses_another_encoding(server: EmbeddedPostgres) -> None:
    superuser = server.dsn("postgres", "postgres")
    execute(superuser, "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(NotReady, match="expected a database in UTF8, found one in LATIN1"):
        check_server(server.dsn("latin", "casework_app"), is_scratch_allowed=True)
    execute(superuser, "DROP DATABASE latin")


def test_rights_that_were_widened_are_set_right_by_the_next_change(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.query("GRANT UPDATE ON {s}.event TO casework_app", "owner")
    monkeypatch.setattr(sql_files, "objects_sha256", lambda folder: "0" * 64)
    migrate(place.database.owner)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        place.query("UPDATE {s}.event SET entry = entry", "app")
