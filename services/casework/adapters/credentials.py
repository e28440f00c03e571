"""API keys: made, revoked and listed by the operator as the database's owner; checked by the service on every request.

Of a key only its id and the SHA-256 of its text are stored. Revoking works at once: nothing here is remembered. All
that the service's own role may write is the day a key was last used.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from casework.adapters import sql_files
from casework.adapters.asking import question
from casework.adapters.driver_errors import translated
from casework.adapters.errors import KeyExists
from casework.adapters.pool import Pool
from casework.application.store import StoreError
from servicekit import problems
from servicekit.clock import Clock
from servicekit.credentials import Caller, KeyMalformed, NewKey, new_key, parse_key

LIFE_DAYS: Final = 90


@dataclass(frozen=True)
class ListedKey:
    """A key as it is listed: never its text."""

    key_id: str
    school: str
    subject: str
    role: str
    person: str | None
    grants: list[UUID]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_reason: str | None
    last_used_on: date | None

    def is_good(self, now: datetime) -> bool:
        """Tell whether it opens anything at this instant."""
        return _is_good(self.revoked_at, self.expires_at, now)


class _Stored(NamedTuple):
    """A key as it is looked up, but for its id."""

    sha256: bytes
    revoked_at: datetime | None
    expires_at: datetime
    last_used_on: date | None
    school: str
    subject: str
    role: str
    person: str | None
    grants: list[UUID]


class Credentials:
    """Answers who is behind a key."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    def authenticate(self, text: str) -> Caller:
        """Return the caller behind a bearer text.

        Raises:
            Problem: 401 for an unknown, revoked or expired key, without saying which; 503 if that cannot be found out.
        """
        try:
            key_id, sha256 = parse_key(text)
        except KeyMalformed:
            raise problems.unauthenticated() from None
        now = self._clock.now()
        try:
            found = self._find(key_id)
            is_right = found is not None and hmac.compare_digest(found.sha256, sha256)
            if found is None or not is_right or not _is_good(found.revoked_at, found.expires_at, now):
                raise problems.unauthenticated()
            if found.last_used_on is None or found.last_used_on < now.date():
                self._note_use(key_id, now.date())
        except StoreError:
            raise problems.unavailable("Keys cannot be checked at the moment.") from None
        return Caller(
            key_id=key_id,
            subject=found.subject,
            role=found.role,
            school=found.school,
            person=found.person,
            grants=tuple([str(case) for case in found.grants]),
            expires_at=found.expires_at,
        )

    def _find(self, key_id: str) -> _Stored | None:
        with translated():
            rows = self._pool.ask(question("api_key"), {"key_id": key_id})
        return _Stored._make(rows[0]) if rows else None

    def _note_use(self, key_id: str, today: date) -> None:
        with translated(), self._pool.connection() as connection:
            connection.execute("UPDATE casework.api_key SET last_used_on = %s WHERE key_id = %s", [today, key_id])


def create_key(
    connection: psycopg.Connection[Any],
    *,
    school: str,
    subject: str,
    role: str,
    now: datetime,
    person: str | None = None,
    cases: Sequence[UUID] = (),
    days: int = LIFE_DAYS,
    made: NewKey | None = None,
) -> tuple[str, ListedKey]:
    """Store a new key, or one that was made elsewhere, as the owner; return its text, shown once, and what is stored.

    Raises:
        KeyExists: a key of this id is there.
    """
    made = made or new_key()
    listed = ListedKey(
        key_id=made.key_id,
        school=school,
        subject=subject,
        role=role,
        person=person,
        grants=list(cases),
        created_at=now,
        expires_at=now + timedelta(days=days),
        revoked_at=None,
        revoked_reason=None,
        last_used_on=None,
    )
    try:
        connection.execute(sql_files.text("queries/create_api_key.sql"), {**vars(listed), "sha256": made.sha256})
    except psycopg.errors.UniqueViolation:
        raise KeyExists(f"key {made.key_id}: there already; `casework token list --all` shows it") from None
    return made.text, listed


def revoke_key(connection: psycopg.Connection[Any], key_id: str, *, reason: str, now: datetime) -> bool:
    """Revoke a key for good, as the owner; return False if there is no such key or it was revoked before."""
    statement = (
        "UPDATE casework.api_key SET revoked_at = %s, revoked_reason = %s WHERE key_id = %s AND revoked_at IS NULL"
    )
    return connection.execute(statement, [now, reason, key_id]).rowcount == 1


def list_keys(connection: psycopg.Connection[Any], school: str) -> list[ListedKey]:
    """Return the keys of a school, newest first, also those revoked and expired."""
    cursor = connection.cursor(row_factory=class_row(ListedKey))
    return cursor.execute(sql_files.text("queries/list_api_keys.sql"), [school]).fetchall()


def _is_good(revoked_at: datetime | None, expires_at: datetime, now: datetime) -> bool:
    return revoked_at is None and now < expires_at
