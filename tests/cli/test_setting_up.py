"""Setting a school up, command by command, in the order of these tests, and each one again."""

import stat
from pathlib import Path

import psycopg
import pytest

from casework.adapters import migrate
from servicekit import databases
from servicekit.credentials import new_key
from servicekit.readiness import NotReady
from tests.cli.conftest import ORIGIN, TITLE, Operator

PEOPLE = (
    "id,kind,name,job,year,dob,language,format,address,email,phone,source,confidential,court_order,verified_by\n"
    "u-head,staff,Helen Ashdown,Headteacher,,,,,,,,,,,\n"
)
RELATIONS = "adult,pupil,kind,parental_responsibility,lives_with\n"


def test_a_database_that_is_not_migrated_is_named_before_anything_else(operator: Operator) -> None:
    ended = operator.run("migrate", "--sql")
    assert "CREATE ROLE %I LOGIN" in ended.out
    assert "CREATE DATABASE casework OWNER casework_owner" in ended.out
    assert operator.run("migrate", "--check").code == 4


def test_migrating_makes_roles_database_keys_and_tables_and_again_nothing(operator: Operator) -> None:
    assert operator.run("migrate").out == "casework: new -> 0001\n"
    assert operator.run("migrate", "--json").document[0]["objects_replaced"] is False
    assert operator.run("migrate", "--check").out == "the database is as this version needs it\n"
    key = operator.folder / "keys" / "master.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["casework", "Rowan", "1st", "rowan-lane", "x" * 41])
def test_a_name_that_cannot_be_a_schema_is_refused_and_leaves_no_key(operator: Operator, name: str) -> None:
    ended = operator.run("school", "add", name, "--title", TITLE, "--origin", ORIGIN)
    assert (ended.code, "expected a name of a-z and 0-9" in ended.err) == (2, True)
    assert not list((operator.folder / "keys").glob("*.record.key"))


def test_a_school_is_made_with_its_record_key_and_first_edition(operator: Operator) -> None:
    # Broken off after the schema was made: the same command finishes it.
    migrate.add_school(
        operator.server.dsn("casework", "casework_owner"), "rowan", title=TITLE, origin=ORIGIN, is_scratch=True
    )
    ended = operator.run("school", "add", "rowan", "--title", TITLE, "--origin", ORIGIN, "--json")
    assert (ended.code, ended.document["code"]) == (0, "RL"), ended.err
    assert ended.document["key"].startswith(f"{ORIGIN}+")
    types = operator.query("SELECT type FROM school_rowan.event ORDER BY position")
    assert types == [("record.opened.v1",), ("policy.drafted.v1",), ("policy.adopted.v1",)]
    assert operator.run("school", "list").out == f"rowan  {TITLE}  {ORIGIN}\n"


def test_a_school_is_made_once(operator: Operator) -> None:
    ended = operator.run("school", "add", "rowan", "--title", TITLE, "--origin", ORIGIN)
    assert (ended.code, "is there already" in ended.err) == (1, True)
    assert operator.query("SELECT count(*) FROM school_rowan.event") == [(3,)]


def test_a_key_is_shown_once_and_stored_nowhere(operator: Operator) -> None:
    ended = operator.run("token", "create", "--subject", "u-head", "--role", "headteacher", "--person", "u-head")
    text = ended.out.strip()
    assert (ended.code, text[:4]) == (0, "cwk_")
    listed = operator.run("token", "list").out
    assert "headteacher" in listed
    assert text not in listed
    assert text not in str(operator.query("SELECT * FROM casework.api_key"))


def test_a_key_goes_into_a_file_that_only_its_owner_reads(operator: Operator) -> None:
    file = operator.folder / "dsl.token"
    create = ("token", "create", "--subject", "u-dsl", "--role", "dsl", "--to", str(file))
    assert operator.run(*create).out.startswith(file.read_text().split("_")[1])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    stored = operator.query("SELECT count(*) FROM casework.api_key")
    assert operator.run(*create).code == 1
    assert "expected a folder" in operator.run(*create[:-1], str(operator.folder / "none" / "dsl.token")).err
    assert operator.query("SELECT count(*) FROM casework.api_key") == stored


def test_the_services_own_user_makes_no_key_and_is_told_why(operator: Operator) -> None:
    settings = {"DATABASE_URL": operator.server.dsn("casework", "casework_app")}
    create = ("token", "create", "--subject", "u-dsl", "--role", "dsl")
    ended = Operator(operator.folder, operator.server, settings).run(*create)
    assert (ended.code, ended.out) == (4, "")
    assert "permission denied for table api_key" in ended.err
    assert "name its owner in DATABASE_OWNER_URL" in ended.err


def test_a_key_that_was_handed_in_as_a_file_is_taken_once(operator: Operator) -> None:
    file = operator.folder / "letters.token"
    file.write_text(f"{new_key().text}\n")
    file.chmod(0o600)
    create = ("token", "create", "--subject", "letters", "--role", "letters", "--secret-file", str(file))
    assert operator.run(*create).code == 0
    assert "there already" in operator.run(*create).err
    file.write_text("not a key\n")
    assert "expected a key cwk_" in operator.run(*create).err


def test_a_role_that_is_none_is_refused_with_those_that_are(operator: Operator) -> None:
    ended = operator.run("token", "create", "--subject", "x", "--role", "teacher")
    assert (ended.code, "headteacher" in ended.err) == (2, True)


def test_a_revoked_key_is_listed_as_such_and_cannot_be_revoked_again(operator: Operator) -> None:
    made = operator.run("token", "create", "--subject", "u-gone", "--role", "office", "--json").document["key_id"]
    revoke = ("token", "revoke", made, "--reason", "left the school")
    assert operator.run(*revoke).code == 0
    assert made not in operator.run("token", "list").out
    assert "revoked: left the school" in operator.run("token", "list", "--all").out
    assert operator.run(*revoke).code == 1


def test_people_are_loaded_or_no_row_of_them(operator: Operator) -> None:
    people, relations = operator.folder / "people.csv", operator.folder / "relations.csv"
    relations.write_text(RELATIONS)
    people.write_text(PEOPLE + "p 1,adult,,,,,,,,,,,,,\n")
    bad = operator.run("people", "load", str(people), str(relations))
    assert (bad.code, "people.csv, line 3, id: expected an id" in bad.err) == (1, True)
    assert operator.query("SELECT count(*) FROM school_rowan.person") == [(0,)]
    people.write_text(PEOPLE)
    assert operator.run("people", "load", str(people), str(relations)).out == "1 added, 0 changed, 0 as they were\n"


def test_of_several_schools_one_must_be_named(operator: Operator) -> None:
    operator.run("school", "add", "elm", "--title", "Elm Park", "--origin", "elm.example/ledger")
    ended = operator.run("token", "list")
    assert (ended.code, "found elm, rowan" in ended.err) == (2, True)
    assert "u-head" in operator.run("--school", "rowan", "token", "list").out
    assert operator.run("token", "list", "--school", "oak").code == 1


def test_without_keys_nothing_is_done_and_the_missing_file_is_named(operator: Operator, tmp_path: Path) -> None:
    elsewhere = Operator(operator.folder, operator.server, {"KEYS_DIR": str(tmp_path)})
    ended = elsewhere.run("school", "add", "oak", "--title", "Oak Hill", "--origin", "oak.example/ledger")
    assert (ended.code, "master.key: expected a key file" in ended.err) == (4, True)
    assert list(tmp_path.iterdir()) == []
    assert "oak" not in operator.run("school", "list").out


def test_a_superuser_by_url_makes_roles_and_database_and_sets_the_password(operator: Operator) -> None:
    """As in a container, where the server is another one and asks for passwords."""
    secret = operator.folder / "app.password"
    secret.write_text("canary 4711")
    secret.chmod(0o600)
    settings = {
        "DATABASE_URL": operator.server.dsn("elsewhere", "casework_app"),
        "DATABASE_PASSWORD_FILE": str(secret),
        "DATABASE_OWNER_URL": operator.server.dsn("elsewhere", "postgres"),
    }
    ended = Operator(operator.folder, operator.server, settings).run("migrate")
    assert (ended.code, ended.out) == (0, "casework: new -> 0001\n"), ended.err
    stored = operator.query("SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'casework_app'")
    assert stored == [(True,)]
    assert "canary" not in ended.err
    with psycopg.connect(operator.server.dsn("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE elsewhere WITH (FORCE)")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "DATABASE_OWNER_URL: expected the database of DATABASE_URL, found that unset: set both, or neither"),
        ("postgresql://casework_app@/other", "expected the database of DATABASE_URL, 'other', found 'casework'"),
        ("postgresql://casework_app@", "expected the database of DATABASE_URL, 'casework_app', found 'casework'"),
    ],
)
def test_an_owner_of_another_database_than_the_services_is_refused(
    operator: Operator, url: str | None, said: str
) -> None:
    owner = {"DATABASE_OWNER_URL": operator.server.dsn("casework", "casework_owner")}
    settings = owner if url is None else {**owner, "DATABASE_URL": url}
    ended = Operator(operator.folder, operator.server, settings).run("migrate")
    assert (ended.code, said in ended.err) == (4, True), ended.err


def test_an_owner_who_may_create_roles_but_not_set_them_right_migrates_where_they_are(operator: Operator) -> None:
    settings = {
        "DATABASE_URL": operator.server.dsn("casework", "casework_app"),
        "DATABASE_OWNER_URL": operator.server.dsn("casework", "casework_owner"),
    }
    at = databases.Database(app=settings["DATABASE_URL"], owner=settings["DATABASE_OWNER_URL"], superuser=None)
    operator.query("ALTER ROLE casework_owner CREATEROLE")
    try:
        ended = Operator(operator.folder, operator.server, settings).run("migrate")
        assert (ended.code, ended.out.startswith("casework: 0001 -> 0001\n")) == (0, True), ended.err
        with pytest.raises(NotReady, match="a user who may create roles"):
            databases.ensure(at, migrate.OWNERSHIP._replace(readers=("nobody_made_this",)))
    finally:
        operator.query("ALTER ROLE casework_owner NOCREATEROLE")


def test_a_plain_owner_makes_no_roles(operator: Operator) -> None:
    owner = operator.server.dsn("casework", "casework_owner")
    at = databases.Database(app=operator.server.dsn("casework", "casework_app"), owner=owner, superuser=None)
    databases.ensure(at, migrate.OWNERSHIP._replace(roles_sql="SELECT 1/0"))
