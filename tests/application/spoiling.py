"""A case that cannot be folded: its last entry is of a type that only a later version of the software knows."""

import json
from uuid import uuid4

import psycopg

from casework.adapters import sql_files
from tests.fix_postgres import Database


def spoilt(database: Database, case: str, *, version: int) -> None:
    """Append such an entry as this version of a case."""
    command = uuid4()
    entry = {
        "data": {"command": str(command), "occurred_at": "2025-09-24T17:00:00+01:00", "sensitivity": "open"},
        "id": f"{case}/{version}",
        "source": "rowan-lane.example/ledger",
        "specversion": "1.0",
        "time": "2025-09-24T16:00:00.000000Z",
        "type": "incident.foreseen.v9",
    }
    text = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
    statement = sql_files.compose("SELECT * FROM {s}.append(%b, %b, %b, %b)", "school_rowan")
    with psycopg.connect(database.app, autocommit=True) as connection:
        connection.execute(statement, (command, bytes(32), [text], [None]))
