"""`casework tiles rebuild`; and a record that does not fit: not rebuilt, not signed, not ready."""

from collections.abc import Iterator

import pytest

from casework import bootstrap
from tests.cli.conftest import ORIGIN, TITLE, Operator

MANY = """
INSERT INTO school_rowan.event (position, stream, version, type, time, command, entry, leaf)
SELECT p, gen_random_uuid(), 1, 'x', now(), gen_random_uuid(), e, sha256('\\x00'::bytea || e)
FROM generate_series((SELECT max(position) + 1 FROM school_rowan.event), 600) AS p,
  LATERAL (SELECT convert_to('entry ' || p, 'UTF8')) AS made(e)
"""
TILES = "SELECT level, n, hashes, root FROM school_rowan.tile ORDER BY level, n"


@pytest.fixture(scope="module")
def signed(operator: Operator) -> Operator:
    """Answer the operator of a record of 600 entries, all signed."""
    assert operator.run("migrate").code == 0
    assert operator.run("school", "add", "rowan", "--title", TITLE, "--origin", ORIGIN).code == 0
    operator.query(MANY)
    assert operator.run("checkpoint").code == 0
    operator.query("ALTER TABLE school_rowan.event DISABLE TRIGGER USER")
    return operator


@pytest.fixture
def altered(signed: Operator) -> Iterator[Operator]:
    """Answer the operator of that record with one leaf altered; it is put back afterwards."""
    signed.query("CREATE TABLE kept AS SELECT position, leaf FROM school_rowan.event WHERE position = 599")
    signed.query("UPDATE school_rowan.event SET leaf = sha256('other') WHERE position = 599")
    yield signed
    signed.query("UPDATE school_rowan.event e SET leaf = k.leaf FROM kept k WHERE k.position = e.position")
    signed.query("DROP TABLE kept")


def ready(operator: Operator) -> tuple[int, list[str]]:
    """Ask a process's readiness; return the status and the checks that fail."""
    web = bootstrap.Web(bootstrap.read_settings(operator.environment))
    try:
        answer = web.app.test_client().get("/readyz")
        return answer.status_code, [each["check"] for each in answer.get_json().get("failing", [])]
    finally:
        web.close()


def test_tiles_are_rebuilt_whatever_became_of_them(signed: Operator) -> None:
    before = signed.query(TILES)
    assert len(before) == 2
    signed.query("UPDATE school_rowan.tile SET hashes = set_byte(hashes, 9, 1), root = sha256('x') WHERE n = 1")
    signed.query("DELETE FROM school_rowan.tile WHERE n = 0")
    ended = signed.run("tiles", "rebuild")
    assert (ended.code, ended.out) == (0, "2 tiles, built from the first 600 entries\n"), ended.err
    assert signed.query(TILES) == before
    assert signed.run("tiles", "rebuild", "--json").document == {"tiles": 2, "size": 600}
    assert ready(signed) == (200, [])


def test_a_record_that_does_not_fit_is_neither_signed_nor_rebuilt_nor_ready(altered: Operator) -> None:
    before = altered.query(TILES)
    for command in (("tiles", "rebuild"), ("checkpoint",)):
        ended = altered.run(*command)
        assert (ended.code, "the record was forked: run `casework verify`" in ended.err) == (3, True), ended.err
    assert altered.query(TILES) == before
    assert altered.query("SELECT max(size) FROM school_rowan.checkpoint") == [(600,)]
    assert ready(altered) == (503, ["checkpoint"])


def test_a_record_that_fits_again_is_ready(signed: Operator) -> None:
    assert ready(signed) == (200, [])
