"""A school whose record was forked: `checkpoint --every` signs for the others (docs/decisions/0015)."""

import time
from uuid import UUID

from tests.cli.conftest import Operator
from tests.cli.test_readiness import asked


def sizes(operator: Operator, schema: str) -> list[int]:
    return [size for (size,) in operator.query(f"SELECT size FROM {schema}.checkpoint ORDER BY size")]


def test_a_fork_stops_the_signing_of_that_school_alone_and_is_told_by_readiness_and_exit_3(
    untouched: Operator, reported: UUID
) -> None:
    operator = untouched
    before = sizes(operator, "school_rowan")
    operator.query("UPDATE school_rowan.event SET leaf = sha256('x') WHERE position = 2")
    assert operator.run("school", "add", "zelkova", "--title", "Zelkova", "--origin", "zelkova.example/l").code == 0
    with operator.start("checkpoint", "--every", "1") as signing:
        deadline = time.monotonic() + 20
        while not sizes(operator, "school_zelkova") and time.monotonic() < deadline:
            time.sleep(0.1)
        # By name, rowan comes before it in each round.
        assert sizes(operator, "school_zelkova") == [3]
        assert sizes(operator, "school_rowan") == before
        status, failing = asked(operator)
        assert (status, [each["check"] for each in failing]) == (503, ["checkpoint"])
        assert signing.poll() is None
        signing.terminate()
        assert signing.wait(20) == 0
    ended = operator.run("--school", "rowan", "checkpoint")
    assert (ended.code, "the record was forked" in ended.err) == (3, True), ended.err
    assert operator.run("--school", "zelkova", "checkpoint").code == 0
    assert sizes(operator, "school_rowan") == before
