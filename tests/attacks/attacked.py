"""What an attack works on, and what is asked afterwards: the record's own checks, told what outsiders kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg

from casework.adapters import sql_files
from casework.adapters.keys import read_master_keys, read_record_seeds
from casework.adapters.scan import RecordScan
from casework.adapters.schools import School
from casework.adapters.signer import CheckpointRun
from casework.adapters.verifying import verify_record
from casework.bootstrap import Places
from casework.ledger.merkle import root
from casework.ledger.note import Signer
from casework.ledger.record import RecordReport
from casework.ledger.rows import HeldNote
from servicekit.sealing import MasterKeys
from tests.adapters.given import entry
from tests.fix_postgres import Database

SCHOOL = "rowan"
ORIGIN = "rowan-lane.example/ledger"
CANARY = "Mallinson"
"""Stands in every sealed part, and may stand in no report."""


class Original(NamedTuple):
    """The record before anybody touched it: its database, where its keys lie, the notes that were signed, by size.

    `tokens` are the keys that people ask the service with.
    """

    template: str
    school: School
    places: Places
    notes: dict[int, str]
    tokens: dict[str, str]

    @property
    def keys(self) -> Path:
        """The folder with the keys of the service."""
        return self.places.keys


class Told(NamedTuple):
    """What the checks say of a record: each error, by level, and what the whole report tells."""

    report: RecordReport

    @property
    def broken(self) -> dict[str, str]:
        """Return the levels that do not hold, each with its errors: where, expected, found."""
        return {
            level.name: "\n".join(map(str, level.errors)) for level in self.report.levels if level.status == "broken"
        }

    def status(self, name: str) -> str:
        """Return how a level ended."""
        return next(level.status for level in self.report.levels if level.name == name)


@dataclass(frozen=True)
class Attacked:
    """A copy of the record, and whoever may do anything in its database."""

    original: Original
    database: Database

    @cached_property
    def signer(self) -> Signer:
        """The signing key: of the service, or of whoever stole it."""
        return Signer(ORIGIN, read_record_seeds(self.original.keys, SCHOOL))

    @cached_property
    def masters(self) -> MasterKeys:
        """The master keys, likewise."""
        return read_master_keys(self.original.keys)

    @property
    def sizes(self) -> list[int]:
        """The sizes at which the record was signed."""
        return sorted(self.original.notes)

    def superuser(self, *statements: str) -> None:
        """Do as a superuser what no role of the service may: the triggers are disabled first."""
        with psycopg.connect(self.database.superuser, autocommit=True) as connection:
            for table in ("record", "event", "command", "checkpoint"):
                connection.execute(self._sql(f"ALTER TABLE {{s}}.{table} DISABLE TRIGGER USER"))
            for statement in statements:
                connection.execute(self._sql(statement))

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Read, or write one row by its values, as a superuser."""
        with psycopg.connect(self.database.superuser, autocommit=True) as connection:
            cursor = connection.execute(self._sql(statement), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def append(self, count: int, *, minutes_ago: int = 0) -> None:
        """Record what did not happen, as the service's own role can: new entries, each of a stream of its own."""
        with psycopg.connect(self.database.app, autocommit=True) as connection:
            for _ in range(count):
                command, time = uuid4(), datetime.now(UTC) - timedelta(minutes=minutes_ago)
                call = self._sql("SELECT {s}.append(%b, %b, %b, %b)")
                connection.execute(call, [command, bytes(32), [entry(uuid4(), 1, command, time=time)], [None]])

    def dumped(self) -> bytes:
        """Return all that is stored, in all tables."""
        tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname !~ '^(pg_|information)'"
        with psycopg.connect(self.database.superuser) as connection, connection.cursor() as cursor:
            names = [name for (name,) in cursor.execute(tables).fetchall()]
            octets = bytearray()
            for name in names:
                with cursor.copy(f"COPY {name} TO STDOUT (FORMAT binary)") as copy:
                    for part in copy:
                        octets += part
        return bytes(octets)

    def sign(self) -> str:
        """Sign what is new, as a service does that was started afresh; return the note."""
        signed = CheckpointRun(self.database.app, self.original.school, self.signer).run()
        assert signed is not None
        return signed.note

    def sign_anew(self, signer: Signer | None = None) -> None:
        """Sign the record as it is at every size, over again, with the stolen key or another."""
        leaves = [leaf for (leaf,) in self.query("SELECT leaf FROM {s}.event ORDER BY position")]
        self.superuser("DELETE FROM {s}.checkpoint", "DELETE FROM {s}.tile")
        for size in [each for each in self.sizes if each < len(leaves)] + [len(leaves)]:
            top = root(leaves[:size])
            self.query(
                "SELECT {s}.keep_checkpoint(%s, %s, %s)", size, top, (signer or self.signer).sign_checkpoint(size, top)
            )

    def check(self, *, held: Sequence[int] = ()) -> Told:
        """Check everything, with the master keys, against the notes that were kept of these sizes."""
        notes = [HeldNote(f"kept-{size}.txt", self.original.notes[size]) for size in held]
        return self.check_against(*notes)

    def check_against(self, *held: HeldNote) -> Told:
        """Check everything, against these notes."""
        with RecordScan(self.database.app, self.original.school) as scan:
            report = verify_record(scan, self.signer.keys, held=held, masters=self.masters)
        assert CANARY not in str(report.as_json()) + "\n".join(report.lines())
        return Told(report)

    def _sql(self, statement: str) -> Any:
        return sql_files.compose(statement, self.original.school.schema)
