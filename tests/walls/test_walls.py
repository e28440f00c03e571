"""Each wall between the floors stands: an import planted across it breaks that contract and no other."""

import tomllib
from pathlib import Path

import pytest

from tests.tidy.house import this_house
from tests.walls.planting import Copy

CASEWORK = "In casework, imports run downwards only"
LETTERS = "In letters, imports run downwards only"
TWO_SERVICES = "Casework and letters share no code but servicekit"
SERVICEKIT = "Servicekit knows neither service"
DOMAINS = "The domains know no HTTP, SQL, framework or servicekit"
LEDGER = "The ledger needs the standard library and cryptography only"
USE_CASES = "The use cases know neither HTTP nor SQL"
CIRCLES = "No two neighbours in a package import each other in a circle"

PLANTED = [
    (CASEWORK, "casework/domain/planted.py", "import casework.ledger"),
    (CASEWORK, "casework/ledger/planted.py", "import casework.domain"),
    (CASEWORK, "casework/domain/planted.py", "import casework.application"),
    (CASEWORK, "casework/application/planted.py", "import casework.adapters"),
    (CASEWORK, "casework/application/planted.py", "import casework.api"),
    (CASEWORK, "casework/api/planted.py", "import casework.adapters"),
    (CASEWORK, "casework/adapters/planted.py", "import casework.api"),
    (CASEWORK, "casework/console/planted.py", "import casework.api"),
    (CASEWORK, "casework/api/planted.py", "import casework.bootstrap"),
    (CASEWORK, "casework/bootstrap.py", "import casework.wsgi"),
    (CASEWORK, "casework/wsgi.py", "import casework.demo"),
    (CASEWORK, "casework/demo.py", "import casework.cli"),
    (CASEWORK, "casework/planted.py", "WHAT = 'a floor nobody listed'"),
    (LETTERS, "letters/domain/planted.py", "import letters.application"),
    (LETTERS, "letters/application/planted.py", "import letters.adapters"),
    (LETTERS, "letters/api/planted.py", "import letters.adapters"),
    (LETTERS, "letters/adapters/planted.py", "import letters.api"),
    (LETTERS, "letters/adapters/planted.py", "import letters.bootstrap"),
    (LETTERS, "letters/bootstrap.py", "import letters.cli"),
    (LETTERS, "letters/wsgi.py", "import letters.cli"),
    (LETTERS, "letters/planted.py", "WHAT = 'a floor nobody listed'"),
    (TWO_SERVICES, "casework/adapters/planted.py", "import letters.domain"),
    (TWO_SERVICES, "letters/adapters/planted.py", "import casework.ledger"),
    (SERVICEKIT, "servicekit/planted.py", "import casework.domain"),
    (SERVICEKIT, "servicekit/planted.py", "import letters.domain"),
    (DOMAINS, "casework/domain/planted.py", "import servicekit.clock"),
    (DOMAINS, "casework/domain/planted.py", "import flask"),
    (DOMAINS, "casework/domain/planted.py", "import eventsourcing.domain"),
    (DOMAINS, "letters/domain/planted.py", "import psycopg"),
    (LEDGER, "casework/ledger/planted.py", "import psycopg"),
    (LEDGER, "casework/ledger/planted.py", "import servicekit.sealing"),
    (USE_CASES, "casework/application/planted.py", "import flask"),
    (USE_CASES, "letters/application/planted.py", "import psycopg"),
    (CIRCLES, "casework/domain/planted.py", "import casework.domain.event"),
]
BACK = {CIRCLES: ("casework/domain/event.py", "import casework.domain.planted")}


@pytest.fixture(scope="module")
def broken_before(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    return Copy.into(tmp_path_factory.mktemp("untouched")).broken_walls()


@pytest.fixture
def services(tmp_path: Path) -> Copy:
    return Copy.into(tmp_path)


def test_every_wall_stands(broken_before: set[str]) -> None:
    assert not broken_before


@pytest.mark.parametrize(("wall", "path", "line"), PLANTED, ids=[f"{path}: {line}" for _, path, line in PLANTED])
def test_one_import_across_a_wall_breaks_that_contract_alone(
    wall: str, path: str, line: str, services: Copy, broken_before: set[str]
) -> None:
    services.plant(path, line)
    if wall in BACK:
        services.plant(*BACK[wall])
    assert services.broken_walls() - broken_before == {wall}


def test_every_contract_has_been_tried() -> None:
    tables = tomllib.loads((this_house().root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {contract["name"] for contract in tables["tool"]["importlinter"]["contracts"]}
    assert contracts == {wall for wall, _, _ in PLANTED}
