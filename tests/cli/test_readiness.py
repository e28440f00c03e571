"""What casework will not be served on, and what its readiness says of it: to an operator, and to a load balancer."""

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
