"""What casework will not be served on, and what its readiness says of it: to an operator, and to a load balancer."""

from pathlib import Path
from typing import Any

from casework import bootstrap
from tests.cli.conftest import Operator

DEVELOPMENT = "expected keys made for this installation, found development keys; set KEYS_DIR"


def named(operator: Operator, database: str = "casework") -> Operator:
    """Return the operator of a server that is named by its URL, whose keys lie where they lay."""
    return Operator(operator.folder, operator.server, {"DATABASE_URL": operator.server.dsn(database, "casework_app")})


def asked(operator: Operator) -> tuple[int, list[dict[str, Any]]]:
    """Ask a process's readiness; return the status and what fails."""
    web = bootstrap.Web(bootstrap.read_settings(operator.environment))
    try:
        answer = web.app.test_client().get("/readyz")
        return answer.status_code, answer.get_json().get("failing", [])
    finally:
        web.close()


def test_keys_made_for_trying_things_out_serve_no_database_of_a_url(operator: Operator) -> None:
    operator.run("migrate")
    assert (operator.folder / "keys" / "DEVELOPMENT").is_file()
    assert asked(operator) == (200, [])
    ended = named(operator).run("serve")
    assert (ended.code, DEVELOPMENT in ended.err) == (4, True), ended.err
    failing = {"check": "keys", "expected": "keys made for this installation", "found": "development keys"}
    assert asked(named(operator)) == (503, [failing])


def test_a_key_file_that_others_may_read_fails_the_check_by_name_and_shows_no_path(operator: Operator) -> None:
    web = bootstrap.Web(bootstrap.read_settings(operator.environment))
    file = operator.folder / "keys" / "master.key"
    try:
        file.chmod(0o640)
        answer = web.app.test_client().get("/readyz")
    finally:
        file.chmod(0o600)
        web.close()
    assert (answer.status_code, [each["check"] for each in answer.get_json()["failing"]]) == (503, ["keys"])
    assert answer.get_json()["failing"][0]["found"] == "KeyFileRefused"
    assert str(operator.folder) not in answer.text


def test_a_database_without_tables_is_told_with_its_cure(operator: Operator, tmp_path: Path) -> None:
    operator.query("CREATE DATABASE bare OWNER casework_owner")
    bare = named(operator, "bare")
    bare.settings["KEYS_DIR"] = str(tmp_path)
    ended = bare.run("serve")
    operator.query("DROP DATABASE bare WITH (FORCE)")
    assert (ended.code, "run `casework migrate`" in ended.err) == (4, True), ended.err
