"""What the tests of the store start from: one school in a database of its own, and entries as `append` takes them."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg

from casework.adapters import sql_files
from casework.adapters.pool import Pool
from casework.adapters.recorder import Recorder
from casework.adapters.schools import RecordHome, School
from casework.adapters.stored import StoredEntry
from tests.fix_postgres import Database

ORIGIN = "rowan-lane.example/ledger"
BODY = bytes(32)
SECRET = bytes(range(32))
SEALED = b"\x01" + bytes(40)


@dataclass(frozen=True)
class Place:
    """One school, and the ways into its database."""

    database: Database
    school: School
    home: RecordHome
    pool: Pool
    recorder: Recorder

    @property
    def schema(self) -> str:
        return self.school.schema

    def connect(self, role: str) -> psycopg.Connection:
        return psycopg.connect(getattr(self.database, role), autocommit=True)

    def query(self, statement: str, role: str = "superuser", *parameters: object) -> list[tuple]:
        with self.connect(role) as connection:
            cursor = connection.execute(sql_files.compose(statement, self.schema), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def append(self, command: UUID, entries: list[bytes], sealed: list[bytes | None] | None = None) -> tuple:
        parts = sealed if sealed is not None else [None] * len(entries)
        return self.query("SELECT * FROM {s}.append(%b, %b, %b, %b)", "app", command, BODY, entries, parts)[0]

    def append_each(self, *commands: tuple[UUID, list[bytes]], body: bytes = BODY) -> list[tuple]:
        """Append what several commands ask for, nothing of it sealed."""
        entries = [entry for _, several in commands for entry in several]
        return self.query(
            "SELECT * FROM {s}.append_each(%b, %b, %b, %b, %b)",
            "app",
            [command for command, _ in commands],
            [body] * len(commands),
            [len(several) for _, several in commands],
            entries,
            [None] * len(entries),
        )

    def keep_key(self, key_id: UUID) -> None:
        self.query("SELECT * FROM {keys}.keep(%s, %s, %s)", "app", key_id, "m1", bytes(60))

    def positions(self) -> list[int]:
        return [row[0] for row in self.query("SELECT position FROM {s}.event ORDER BY position")]


def entry(
    stream: UUID,
    version: int,
    command: UUID,
    *,
    type_name: str = "incident.note-added.v1",
    origin: str = ORIGIN,
    time: datetime | None = None,
    is_sealed: bool = False,
    **data: object,
) -> bytes:
    """Make the bytes of an entry, as canonical JSON."""
    digests = {"_sd": ["A" * 43], "_sd_alg": "sha-256"} if is_sealed else {}
    members = {
        "data": {"command": str(command), "sensitivity": "open", **digests, **data},
        "id": f"{stream}/{version}",
        "source": origin,
        "specversion": "1.0",
        "time": (time or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "type": type_name,
    }
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def stored(stream: UUID, version: int, command: UUID, **more: object) -> StoredEntry:
    """Make an entry as the mapper passes it to the recorder."""
    made = entry(stream, version, command, **more)  # type: ignore[arg-type]  # passed on as they are
    return StoredEntry(stream, version, json.loads(made)["type"], made)


def record(place: Place, count: int = 1, *, stream: UUID | None = None, first_version: int = 1, **more: object) -> UUID:
    """Append entries to a stream, each by a command of its own; return the stream."""
    stream = stream or uuid4()
    for version in range(first_version, first_version + count):
        command = uuid4()
        place.recorder.insert_events([stored(stream, version, command, **more)], command=command, body_sha256=BODY)
    return stream


def record_many(place: Place, count: int) -> None:
    """Append many entries, a stream to each call of `append`: a thousand at a time."""
    for first in range(0, count, 1000):
        stream, command = uuid4(), uuid4()
        place.append(command, [entry(stream, 1 + at, command) for at in range(min(1000, count - first))])
