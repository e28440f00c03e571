"""Personal content of letters: sealed in the database, under one key per case, found by letter, kind and hash.

Format of ``letters.sealed.sealed``: what ``servicekit.sealing.seal`` makes, AES-256-GCM, under the key derived from the
case's secret for the purpose ``letters/v1/content``, bound to ``letters/v1|<letter>|<kind>|<sha256 of the content>``.
The secrets stand in ``letters.case_key``, wrapped under ``KEYS_DIR/letters.master.key``; none stays in memory, so that
a destroyed key is gone in every process at once.

Storing is insert-or-ignore: content is stored before the events that name it, and what a crash leaves over is harmless.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from letters.adapters.postgres import Pool, borrowed
from letters.application.content import Content
from letters.domain.errors import Altered, Erased, NotFound
from servicekit.sealing import MasterKeys, SealBroken, derive, new_secret, seal, unseal

WRAP_PREFIX = "letters/v1/wrap"
PURPOSE = b"letters/v1/content"


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
        with borrowed(self._pool) as connection, connection.transaction():
            keys = self._keys_of(connection, sorted({content.case for content in listed}))
            rows = [
                (each.letter, each.kind, each.sha256, each.case, seal(keys[each.case], each.body, _bound(each)))
                for each in listed
            ]
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO letters.sealed (letter_id, kind, sha256, case_id, sealed)"
                    " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                    rows,
                )

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
        keys = {}
        for case in cases:
            master, wrapped = self._keys.wrap(new_secret(), case, WRAP_PREFIX)
            connection.execute(
                "INSERT INTO letters.case_key (case_id, master_id, wrapped) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (case, master, wrapped),
            )
            row = connection.execute(
                "SELECT case_id, master_id, wrapped FROM letters.case_key WHERE case_id = %s", [case]
            ).fetchone()
            keys[case] = self._key(row)
        return keys

    def _key(self, row: Mapping[str, Any]) -> bytes:
        if row["wrapped"] is None:
            raise Erased
        secret = self._keys.unwrap(row["master_id"], bytes(row["wrapped"]), row["case_id"], WRAP_PREFIX)
        return derive(secret, PURPOSE)


def _bound(content: Content) -> bytes:
    return f"letters/v1|{content.letter}|{content.kind}|{content.sha256}".encode()
