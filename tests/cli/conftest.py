"""The command line as an operator has it: real processes, on an embedded server for trials, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from casework import bootstrap
from casework.application import policy
from casework.application.casework import Command
from casework.domain.decision import NewParty
from casework.domain.policy import Channel
from casework.domain.steps import BY_NAME
from servicekit.credentials import Caller
from servicekit.embedded import EmbeddedPostgres
from tests.fix_postgres import scratch_home

REPORT = BY_NAME["report_incident"]
CASEWORK = str(Path(sys.executable).with_name("casework"))
TITLE, ORIGIN = "Rowan Lane Primary School", "rowan-lane.example/ledger"


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, what it printed, what it said beside that."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Operator:
    """Somebody at a terminal, with these settings."""

    folder: Path
    server: EmbeddedPostgres
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Everything the commands are told: no more than this."""
        here = {"LOCAL_DIR": str(self.folder), "ALLOW_SCRATCH_DATABASE": "1", "PATH": os.environ["PATH"]}
        return {**here, **self.settings}

    def run(self, *words: str, given: str | None = None) -> Ended:
        """Run one command to its end."""
        done = subprocess.run(
            [CASEWORK, *words],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            cwd=self.folder,
            timeout=60,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start one that goes on."""
        return subprocess.Popen(
            [CASEWORK, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment,
            cwd=self.folder,
        )

    def query(self, statement: str, role: str = "postgres") -> list[tuple[Any, ...]]:
        """Run SQL in casework's database, as its superuser unless another role is named."""
        with psycopg.connect(self.server.dsn("casework", role), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    """Answer an operator on a new machine; the server is held, so that each command finds it running."""
    with scratch_home() as folder, EmbeddedPostgres(folder / "postgres", scratch=True) as server:
        yield Operator(folder, server)


@pytest.fixture(scope="module")
def reported(operator: Operator) -> UUID:
    """Answer the id of a case that was reported: entries 4, 5 and 6 of a record that is signed at 3 and at 6."""
    assert operator.run("migrate").code == 0
    assert operator.run("school", "add", "rowan", "--title", TITLE, "--origin", ORIGIN).code == 0
    assert operator.run("checkpoint", "--to", str(operator.folder / "held.txt")).code == 0
    values = bootstrap.read_settings(operator.environment)
    with bootstrap.database(values) as at, bootstrap.schools(values, at) as schools:
        casework = schools.of("rowan").casework
        now = casework.now()
        caller = Caller(
            key_id="0" * 12, subject="u-t5", role="staff", school="rowan", expires_at=now.replace(year=2099)
        )
        facts = REPORT.facts(
            channel="fb-community",
            posted_at=now,
            targets=(NewParty(kind="staff", name="Amy Ellery"),),
            words="canary 4711",
        )
        channel = Channel(id="fb-community", platform="facebook", kind="public_group", is_school_controlled=False)
        policy.set_channel(casework.record, channel, by="u-head", role="headteacher", now=now)
        taken = casework.report(Command(caller=caller, key=str(uuid4()), body_sha256=b"\0" * 32), facts)
    assert operator.run("checkpoint").code == 0
    return taken.incident


@pytest.fixture
def untouched(operator: Operator, reported: UUID) -> Iterator[Operator]:
    """Answer the operator, and put every row back as it was afterwards."""
    operator.query("CREATE TABLE kept AS SELECT * FROM school_rowan.event")
    operator.query("ALTER TABLE school_rowan.event DISABLE TRIGGER USER")
    yield operator
    operator.query(
        "UPDATE school_rowan.event e SET entry = k.entry, sealed = k.sealed, leaf = k.leaf"
        " FROM kept k WHERE k.position = e.position"
    )
    operator.query("DROP TABLE kept")


def altered(position: int) -> str:
    """Return the statement that alters one byte of the entry at a position, and leaves its leaf."""
    return (
        "UPDATE school_rowan.event"
        " SET entry = convert_to(replace(convert_from(entry, 'UTF8'), '\"staff\"', '\"stuff\"'), 'UTF8')"
        f" WHERE position = {position}"
    )
