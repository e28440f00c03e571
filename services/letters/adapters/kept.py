"""Small things kept in the database: the newest calendar, template bundles at their first use, the follower's word."""

from datetime import datetime

import msgspec
from psycopg.rows import DictRow

from letters.adapters.postgres import Pool, borrowed
from letters.domain.errors import Altered
from letters.domain.rendering import Bundle, bundle_sha256


class KeptCalendar:
    """Casework's calendars, by their own hash; the newest serves while casework is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def newest(self) -> tuple[bytes, str | None] | None:
        """Return the newest calendar's body and its entity tag."""
        query = "SELECT body, etag FROM letters.calendar ORDER BY kept_at DESC, sha256 LIMIT 1"
        with borrowed(self._pool) as connection:
            row = connection.execute(query).fetchone()
        return None if row is None else (bytes(row["body"]), row["etag"])

    def keep(self, sha256: str, body: bytes, etag: str | None) -> None:
        """Keep a calendar; one that is there already stays."""
        with borrowed(self._pool) as connection:
            connection.execute(
                "INSERT INTO letters.calendar (sha256, body, etag) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (sha256, body, etag),
            )


class KeptBundles:
    """Template bundles, as JSON of name to base64: a letter renders again without the repository."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: set[str] = set()

    def keep(self, bundle: Bundle) -> str:
        """Store a bundle at its first use; return its hash."""
        digest = bundle_sha256(bundle)
        if digest not in self._known:
            with borrowed(self._pool) as connection:
                connection.execute(
                    "INSERT INTO letters.template_bundle (sha256, files) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                    (digest, msgspec.json.encode(dict(bundle))),
                )
            self._known.add(digest)
        return digest

    def kept(self, sha256: str) -> Bundle | None:
        """Return a bundle that was kept.

        Raises:
            Altered: what is stored cannot be read.
        """
        row = _one(self._pool, "SELECT files FROM letters.template_bundle WHERE sha256 = %s", sha256)
        try:
            return None if row is None else msgspec.json.decode(row["files"], type=dict[str, bytes])
        except msgspec.MsgspecError as error:
            raise Altered("template", sha256, "files that cannot be read") from error


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the follower last said of itself."""

    is_stopped: bool
    expected: str | None
    found: str | None
    said_at: datetime
    silent_s: float
    """How long ago that was, by the database's clock."""


class FollowerBoard:
    """Where the follower says how it is."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def say(self, *, is_stopped: bool, expected: str | None = None, found: str | None = None) -> None:
        """Put this in place of what was said before."""
        with borrowed(self._pool) as connection:
            connection.execute(
                "INSERT INTO letters.follower (is_stopped, expected, found, said_at) VALUES (%s, %s, %s, now())"
                " ON CONFLICT (is_the_row) DO UPDATE SET is_stopped = excluded.is_stopped,"
                " expected = excluded.expected, found = excluded.found, said_at = excluded.said_at",
                (is_stopped, expected, found),
            )

    def said(self) -> Said | None:
        """Return what was said last; None if nothing ever was."""
        row = _one(
            self._pool,
            "SELECT is_stopped, expected, found, said_at, extract(epoch FROM now() - said_at)::float8 AS silent_s"
            " FROM letters.follower",
        )
        return None if row is None else Said(**row)


def _one(pool: Pool, query: str, *values: object) -> DictRow | None:
    with borrowed(pool) as connection:
        return connection.execute(query.encode(), values).fetchone()
