"""Keys for the roles that the first story does without, and a PUT."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from casework.adapters.credentials import create_key
from tests.api.fix_first_school import Played
from tests.fix_postgres import Database

FURTHER = {
    "u-office": "office",
    "u-chair": "chair",
    "x-legal": "legal",
    "u-dpo": "dpo",
    "u-admin": "admin",
    "u-monitor": "monitor",
}


def employ(school: Played, database: Database, subject: str, cases: Iterable[str] = ()) -> str:
    """Give somebody of these roles a key, the adviser with the cases that it opens; return who."""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        school._keys[subject] = create_key(
            connection,
            school="rowan",
            subject=subject,
            role=FURTHER[subject],
            person=subject,
            cases=[UUID(case) for case in cases],
            now=datetime(2025, 9, 1, tzinfo=UTC),
            days=3650,
        )[0]
    return subject


def put(school: Played, by: str, path: str, facts: Any, **headers: str) -> Any:
    """Put something, without an Idempotency-Key."""
    return school._client.put(path, json=facts, headers={"Authorization": f"Bearer {school._keys[by]}", **headers})


def entries(school: Played, kind: str) -> list[Any]:
    """Return all entries of one type, as the auditor reads them."""
    found: list[Any] = school.get("u-audit", f"/v1/events?limit=1000&type={kind}").json["events"]
    return found
