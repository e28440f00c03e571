"""Personal content of letters: sealed in the database, under one key per case, found by letter, kind and hash.

Format of ``letters.sealed.sealed``: what ``servicekit.sealing.seal`` makes, AES-256-GCM, under the key derived from the
case's secret for the purpose ``letters/v1/content``, bound to ``letters/v1|<letter>|<kind>|<sha256 of the content>``.
The secrets stand in ``letters.case_key``, wrapped under ``KEYS_DIR/letters.master.key``; none stays in memory, so that
a destroyed key is gone in every process at once.

Storing is insert-or-ignore: content is stored ahead of the events that name it, and durable once they are; what a crash
leaves over is harmless.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from letters.adapters.postgres import Pool, ahead, borrowed
from letters.application.content import Content
from letters.domain.errors import Altered, Erased, NotFound
from servicekit.sealing import MasterKeys, SealBroken, derive, new_secret, seal, unseal

WRAP_PREFIX = "letters/v1/wrap"
PURPOSE = b"letters/v1/content"

# A page of the feed stores hundreds of rows: each column travels as one array.
_PUT = (
    "INSERT INTO letters.sealed (letter_id, kind, sha256, case_id, sealed)"
    " SELECT * FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::bytea[]) ON CONFLICT DO NOTHING"
)
_PUT_KEYS = (
    "INSERT INTO letters.case_key (case_id, master_id, wrapped)"
    " SELECT * FROM unnest(%b::uuid[], %b::text[], %b::bytea[]) ON CONFLICT DO NOTHING"
)


class SealedStore:
    """Put content in, get it out, and destroy the key of a whole case."""

    def __init__(self, pool: Pool, keys: MasterKeys) -> None:
        self._pool = pool
        self._keys = keys

    def put(self, contents: Iterable[Content]) -> None:
        """Seal and store contents, in one transaction; what is there already is left alone.

        Raises:
            Erased: a case's key was destroyed.
        """
        listed = list(contents)
        if not listed:
            return
        with ahead(self._pool) as connection:
            keys = self._keys_of(connection, sorted({content.case for content in listed}))
            rows = [
                (each.letter, each.kind, each.sha256, each.case, seal(keys[each.case], each.body, _bound(each)))
                for each in listed
            ]
            connection.execute(_PUT, _columns(rows))

    def get(self, letter: UUID, kind: str, digest: str) -> bytes:
        """Return content whose hash is the one it was stored under.

        Raises:
            NotFound: nothing of that hash is stored for the letter.
            Erased: the case's key was destroyed.
            Altered: what is stored is not what was.
        """
        with borrowed(self._pool) as connection:
            row = connection.execute(
                "SELECT case_id, sealed, master_id, wrapped FROM letters.sealed JOIN letters.case_key USING (case_id)"
                " WHERE letter_id = %s AND kind = %s AND sha256 = %s",
                (letter, kind, digest),
            ).fetchone()
        if row is None:
            raise NotFound
        content = Content(letter=letter, case=row["case_id"], kind=kind, sha256=digest, body=b"")
        try:
            body = unseal(self._key(row), row["sealed"], _bound(content))
        except SealBroken as error:
            raise Altered(kind, digest, "bytes that do not open") from error
        if (found := sha256(body).hexdigest()) != digest:
            raise Altered(kind, digest, found)
        return body

    def destroy(self, case: UUID) -> None:
        """Destroy the case's key for good; doing it again changes nothing."""
        with borrowed(self._pool) as connection:
            connection.execute("SELECT letters.destroy_case_key(%s)", [case])

    def is_destroyed(self, case: UUID) -> bool:
        """Tell whether the case's key was destroyed."""
        query = "SELECT 1 FROM letters.case_key WHERE case_id = %s AND destroyed_at IS NOT NULL"
        with borrowed(self._pool) as connection:
            return connection.execute(query, [case]).fetchone() is not None

    def _keys_of(self, connection: Any, cases: Iterable[UUID]) -> dict[UUID, bytes]:
        """Return the key of each case, making those that are missing; two makers agree on the row that is there."""
        asked = list(cases)
        keys = self._kept_keys(connection, asked)
        if missing := [case for case in asked if case not in keys]:
            made = [(case, *self._keys.wrap(new_secret(), case, WRAP_PREFIX)) for case in missing]
            connection.execute(_PUT_KEYS, _columns(made))
            keys |= self._kept_keys(connection, missing)
        return keys

    def _kept_keys(self, connection: Any, cases: list[UUID]) -> dict[UUID, bytes]:
        query = "SELECT case_id, master_id, wrapped FROM letters.case_key WHERE case_id = ANY (%s)"
        return {row["case_id"]: self._key(row) for row in connection.execute(query, [cases])}

    def _key(self, row: Mapping[str, Any]) -> bytes:
        if row["wrapped"] is None:
            raise Erased
        secret = self._keys.unwrap(row["master_id"], bytes(row["wrapped"]), row["case_id"], WRAP_PREFIX)
        return derive(secret, PURPOSE)


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    """Return rows as columns."""
    return [list(column) for column in zip(*rows, strict=True)]


def _bound(content: Content) -> bytes:
    return f"letters/v1|{content.letter}|{content.kind}|{content.sha256}".encode()
