"""Who may do what to the record: every verb, on every table, by every role. Tried, not read from a catalogue."""

from uuid import uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from tests.adapters.given import Place, record

RECORD = ("record", "event", "command", "checkpoint")
CHANGES = {
    "record": "UPDATE {s}.record SET is_scratch = NOT is_scratch",
    "event": "UPDATE {s}.event SET entry = entry",
    "command": "UPDATE {s}.command SET last_position = last_position + 1",
    "checkpoint": "UPDATE {s}.checkpoint SET note = note",
    "tile": "UPDATE {s}.tile SET hashes = hashes",
}
INSERTS = {
    "record": "INSERT INTO {s}.record (one, stream, origin) VALUES (false, gen_random_uuid(), 'x')",
    "event": "INSERT INTO {s}.event (position, stream, version, type, time, command, entry, leaf)"
    " SELECT 9, stream, 9, type, time, command, entry, leaf FROM {s}.event LIMIT 1",
    "command": "INSERT INTO {s}.command VALUES (gen_random_uuid(), sha256('x'), 1, 1)",
    "checkpoint": "INSERT INTO {s}.checkpoint (size, root, note) VALUES (9, sha256('x'), 'note')",
}
DEFINITIONS = (
    "DROP TABLE {s}.event",
    "ALTER TABLE {s}.event DISABLE TRIGGER append_only",
    "DROP TRIGGER append_only ON {s}.event",
    "ALTER TABLE {s}.event ADD COLUMN more text",
    "CREATE TABLE {s}.more (id int)",
    "CREATE TRIGGER other BEFORE INSERT ON {s}.event EXECUTE FUNCTION {s}.refuse_change()",
    "CREATE OR REPLACE FUNCTION {s}.append() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER FUNCTION {s}.append RESET ALL",
    "DROP SCHEMA {s} CASCADE",
    "CREATE TEMPORARY TABLE event (position bigint)",
)


@pytest.fixture
def filled(place: Place) -> Place:
    record(place, 2)
    place.keep_key(uuid4())
    place.query("SELECT {s}.keep_checkpoint(1, %s, 'note')", "app", bytes(32))
    place.query("INSERT INTO {s}.tile VALUES (0, 0, %s, %s)", "app", bytes(8192), bytes(32))
    return place


def refused(place: Place, role: str, statement: str) -> psycopg.Error:
    with pytest.raises(InsufficientPrivilege) as raised:
        place.query(statement, role)
    return raised.value


@pytest.mark.parametrize("role", ["app", "auditor"])
@pytest.mark.parametrize("table", RECORD)
def test_the_services_and_auditors_can_change_nothing_of_the_record(filled: Place, role: str, table: str) -> None:
    refused(filled, role, CHANGES[table])
    refused(filled, role, INSERTS[table])
    refused(filled, role, f"DELETE FROM {{s}}.{table}")
    refused(filled, role, f"TRUNCATE {{s}}.{table} CASCADE")
    assert len(filled.positions()) == 2


@pytest.mark.parametrize("role", ["owner", "superuser"])
@pytest.mark.parametrize("replication", ["origin", "replica"])
@pytest.mark.parametrize("table", RECORD)
def test_triggers_stop_the_owner_and_a_superuser_who_pretends_to_replicate(
    filled: Place, role: str, replication: str, table: str
) -> None:
    with filled.connect("superuser") as connection:
        connection.execute(f"SET session_replication_role = {replication}")
        if role == "owner":
            connection.execute("SET ROLE casework_owner")
        for statement in (CHANGES[table], f"DELETE FROM {{s}}.{table}", f"TRUNCATE {{s}}.{table} CASCADE"):
            with pytest.raises(InsufficientPrivilege, match="the record is only ever added to"):
                connection.execute(statement.replace("{s}", filled.schema))


@pytest.mark.parametrize("role", ["app", "auditor"])
@pytest.mark.parametrize("statement", DEFINITIONS)
def test_the_services_and_auditors_can_define_nothing(filled: Place, role: str, statement: str) -> None:
    refused(filled, role, statement)


def test_a_service_that_grants_itself_a_right_has_no_more_than_before(filled: Place) -> None:
    filled.query("GRANT UPDATE, DELETE ON {s}.event TO casework_app", "app")
    refused(filled, "app", CHANGES["event"])


def test_a_service_may_add_and_drop_tiles_but_not_change_one(filled: Place) -> None:
    for role in ("app", "auditor"):
        refused(filled, role, CHANGES["tile"])
        refused(filled, role, "TRUNCATE {s}.tile")
    for statement in ("DELETE FROM {s}.tile", "INSERT INTO {s}.tile SELECT 1, n, hashes, root FROM {s}.tile"):
        refused(filled, "auditor", statement)
    filled.query("DELETE FROM {s}.tile", "app")


def test_a_service_may_write_the_read_models_and_an_auditor_may_not_even_read_them(filled: Place) -> None:
    filled.query("INSERT INTO {s}.live_case VALUES (gen_random_uuid(), NULL)", "app")
    filled.query("UPDATE {s}.live_case SET folded = '{{}}'", "app")
    filled.query("UPDATE {s}.live_head SET position = 1", "app")
    filled.query("DELETE FROM {s}.live_case", "app")
    refused(filled, "app", "DELETE FROM {s}.live_head")
    for table in ("live_case", "live_head"):
        refused(filled, "auditor", f"SELECT * FROM {{s}}.{table}")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO {keys}.case_key VALUES (gen_random_uuid(), 'm1', decode(repeat('00', 60), 'hex'))",
        "UPDATE {keys}.case_key SET wrapped = wrapped",
        "DELETE FROM {keys}.case_key",
        "TRUNCATE {keys}.case_key",
        "SELECT {keys}.rewrap(gen_random_uuid(), 'x', 'm2', 'y')",
    ],
)
def test_a_service_reaches_keys_through_their_functions_alone(filled: Place, statement: str) -> None:
    refused(filled, "app", statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {keys}.case_key",
        "SELECT * FROM {keys}.keep(gen_random_uuid(), 'm1', decode(repeat('00', 60), 'hex'))",
        "SELECT {keys}.erase(1)",
        "SELECT * FROM {s}.append(gen_random_uuid(), sha256('x'), '{{}}', '{{}}')",
        "SELECT {s}.keep_checkpoint(2, sha256('x'), 'note')",
        "SELECT * FROM {s}.person",
        "SELECT * FROM casework.api_key",
    ],
)
def test_an_auditor_reads_the_record_and_neither_keys_nor_people(filled: Place, statement: str) -> None:
    assert len(filled.query("SELECT entry, sealed, leaf FROM {s}.event", "auditor")) == 2
    refused(filled, "auditor", statement)


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO casework.api_key (key_id, sha256, school, subject, role, created_at, expires_at)"
            " VALUES ('k', sha256('x'), 'rowanlane', 'u-me', 'headteacher', now(), now() + interval '1 day')"
        ),
        "UPDATE casework.api_key SET role = 'headteacher'",
        "UPDATE casework.api_key SET revoked_at = NULL",
        "DELETE FROM casework.api_key",
        "INSERT INTO casework.school VALUES ('other', 'Other', 'OT', 'other', 'school_other')",
    ],
)
def test_a_service_cannot_make_itself_a_key_or_a_school(filled: Place, statement: str) -> None:
    refused(filled, "app", statement)


def test_a_stranger_may_not_even_connect(filled: Place) -> None:
    filled.query("DROP ROLE IF EXISTS stranger")
    filled.query("CREATE ROLE stranger LOGIN")
    dsn = filled.database.app.replace("casework_app", "stranger")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(dsn)
    filled.query("DROP ROLE stranger")


def test_no_function_is_left_to_everybody(filled: Place) -> None:
    public = filled.query(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname LIKE 'school%' AND has_function_privilege('public', p.oid, 'EXECUTE')",
    )
    assert public == []


def test_who_recorded_an_entry_is_the_login_and_not_the_functions_owner(filled: Place) -> None:
    assert filled.query("SELECT DISTINCT recorded_by FROM {s}.event") == [("casework_app",)]
