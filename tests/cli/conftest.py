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

import psycopg
import pytest

from servicekit.embedded import EmbeddedPostgres
from tests.fix_postgres import scratch_home

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
