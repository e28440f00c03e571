"""The recorder of casework: adds to one school's record, and reads it, over a pool.

It is the library's `ApplicationRecorder`, so that its Application, EventStore and Repository work on the record. The
stock recorder locks the table (which needs the right to change it), leaves gaps in its numbers and retries for
minutes; here one SQL function appends (`appending`), and positions have no gaps. Readers ask anew: there is no
subscription, which would hold a connection for ever.
"""

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, cast
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, NotSupportedError, StoredEvent, Subscription
from psycopg import capabilities
from psycopg.types.string import ByteaBinaryLoader

from casework.adapters import sql_files
from casework.adapters.appending import Appending, Asked
from casework.adapters.asking import Row, question
from casework.adapters.driver_errors import translated
from casework.adapters.pool import Pool
from casework.adapters.stored import EntryNotification, StoredEntry, WrappedKey
from casework.application.as_of import AsOf, Point
from casework.application.store import (
    AccessEntry,
    AccessPage,
    CommandRepeated,
    FeedPage,
    KnownCommand,
    RecordBroken,
    WholeStream,
)
from casework.domain.steps.closing import Erased

PAGE_ENTRIES_MAX: Final = 1000
CHUNK_ENTRIES: Final = 100
"""So many rows of whole streams come at once, where libpq can (from 17); else one by one."""
FEED_SCAN_MAX: Final = 10_000
STREAMS_TIMEOUT_S: Final = 60

_STREAMS_SETTINGS: Final = f"SET LOCAL statement_timeout = '{STREAMS_TIMEOUT_S}s'; SET LOCAL random_page_cost = 1.1"
"""The statement lasts as long as whoever reads takes over it: longer than others may, but not for ever.

And where the index has about as many rows as are wanted, they are to come by it, as they are read, instead of after
all of them were sorted: the record is in memory, or on a disk without a head to move.
"""

_POSITION_MAX: Final = 2**63 - 1
_VERSION_MAX: Final = 2**31 - 1


class Recorder(ApplicationRecorder):
    """One school's record."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool = pool
        self._schema = schema
        self._appending = Appending(pool, schema)

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        command: UUID | None = None,
        body_sha256: bytes | None = None,
        tracking: None = None,
        **kwargs: Any,
    ) -> Sequence[int] | None:
        """Append entries, all or none, under a command key; return their positions.

        Args:
            stored_events: their `state` is the entry; what is sealed comes with a `StoredEntry`.
            command: the key; each entry's `data.command` says the same.
            body_sha256: what was asked for under this key: method, path, body and file.
            tracking: the library passes it; casework follows nobody.
            kwargs: none.

        Raises:
            CommandRepeated: the command was carried out before; nothing was written.
            StaleVersion, CommandReused, KeyErased, ClockDiffers, Unavailable, Rejected: see
                :mod:`casework.application.store`; nothing was written, unless Unavailable: then perhaps.
        """
        if kwargs or tracking is not None:
            raise TypeError(f"insert_events: expected command and body_sha256, found {', '.join(kwargs) or 'tracking'}")
        if not stored_events:
            return None
        if command is None or body_sha256 is None:
            raise TypeError("insert_events: expected a command key and the hash of what was asked for")
        asked = Asked(
            command=command,
            body_sha256=body_sha256,
            entries=[event.state for event in stored_events],
            sealed=[event.sealed if isinstance(event, StoredEntry) else None for event in stored_events],
            erasing=[index for index, event in enumerate(stored_events) if event.topic == Erased.type_name],
        )
        first, last, is_repeated = self._appending.append(asked)
        # A reply that was lost after the commit leaves our own entries there: they are the answer, not a repetition.
        if is_repeated and [entry.state for entry in self.select_positions(first, last)] != asked.entries:
            raise CommandRepeated(first, last)
        return range(first, last + 1)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEntry]:
        """Return the entries of one stream with their key, which is read once."""
        stream = originator_id if isinstance(originator_id, UUID) else UUID(originator_id)
        after, last = gt or 0, _VERSION_MAX if lte is None else lte
        if desc:
            rows = self._rows("stream_backwards", {"stream": stream, "gt": after, "lte": last, "limit": limit})
        else:
            last = last if limit is None else min(last, after + limit)
            rows = self._rows("stream", {"stream": stream, "gt": after, "lte": last})
            if rows and rows[0][1] != after + 1:
                # Its key came with the one that is missing; without it, personal fields would look erased.
                missing = f"stream {stream}: expected version {after + 1} first, found {rows[0][1]}"
                raise RecordBroken(f"{missing}; `casework verify` says more")
        return _stream(stream, _key(*rows[0][5:]), rows) if rows else []

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[EntryNotification]:
        """Return entries by position, each with its key; `topics` are type names."""
        first = (start or 0) + (0 if inclusive_of_start else 1)
        parameters = {
            "first": first,
            "last": _POSITION_MAX if stop is None else stop,
            "types": list(topics) or None,
            "limit": limit,
        }
        return [
            EntryNotification(stream, version, type_name, entry, id=position, sealed=sealed, key=_key(*key))
            for position, stream, version, type_name, entry, sealed, *key in self._rows("entries", parameters)
        ]

    def max_notification_id(self) -> int | None:
        """Return the last position, or None of an empty record."""
        with translated(), self._pool.connection() as connection:
            statement = sql_files.compose("SELECT max(position) FROM {s}.event", self._schema)
            row = connection.execute(statement, prepare=True, binary=True).fetchone()
        return row[0] if row else None

    def subscribe(
        self,
        gt: int | None = None,  # noqa: ARG002 - the library's signature
        topics: Sequence[str] = (),  # noqa: ARG002 - the same
    ) -> Subscription[ApplicationRecorder]:
        """Refuse: a subscription holds a connection for ever; ask :meth:`feed` anew instead."""
        raise NotSupportedError("casework's readers ask anew: use feed(after=...)")

    def select_positions(self, first: int, last: int) -> Sequence[EntryNotification]:
        """Return the entries from one position to another, both included."""
        return self.select_notifications(first, limit=last - first + 1, stop=last)

    def point_at(self, stream: UUID, at: AsOf) -> Point | None:
        """Return where a stream was at a point of the past; None where it had not begun, or has no such version."""
        rows = self._rows("point_at", {"stream": stream, **at._asdict()})
        return Point._make(rows[0]) if rows else None

    def grants(self) -> Sequence[EntryNotification]:
        """Return the entries that give or withdraw a grant, in order."""
        return [
            EntryNotification(stream, version, type_name, entry, id=position, sealed=sealed, key=_key(*key))
            for position, stream, version, type_name, entry, sealed, *key in self._rows("grants", {})
        ]

    def find_command(self, command: UUID) -> KnownCommand | None:
        """Return what is known of a command key: to be asked before deciding."""
        rows = self._rows("command", {"command": command})
        return KnownCommand(*rows[0]) if rows else None

    def streams(self, kind: str, only: Collection[UUID] | None = None) -> Iterator[WholeStream]:
        """Yield the streams of one kind, each whole and with its key, in one pass as of one moment.

        Rows come as the server finds them, so memory holds one stream at a time, and it finds the next while these are
        read. A connection of the pool is held until the last one is taken, or the iterator is closed: whoever writes
        in between may wait for another.

        Args:
            kind: what the types begin with, up to the dot: `incident.`.
            only: these streams alone; None for all.
        """
        parameters = {"kind": kind, "only": None if only is None else list(only)}
        with (
            translated(),
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor(binary=True) as cursor,
        ):
            connection.execute(_STREAMS_SETTINGS)
            # Ids stay bytes until a stream is whole: a UUID of each costs as much as all the rest of a row.
            cursor.adapters.register_loader("uuid", ByteaBinaryLoader)
            size = CHUNK_ENTRIES if capabilities.has_stream_chunked() else 1
            statement = sql_files.query("streams", self._schema)
            # Closed first of all, also if this is left early: until then it keeps the connection from everybody.
            rows = cast("Generator[Any]", cursor.stream(statement, parameters, size=size))
            with closing(rows):
                for octets, found in groupby(rows, key=itemgetter(-1)):
                    stream, entries = UUID(bytes=octets), list(found)
                    key_id, master, wrapped, _ = entries[0][5:]
                    yield _whole(_stream(stream, _key(key_id and stream, master, wrapped), entries))

    def feed(
        self,
        after: int,
        limit: int,
        types: Sequence[str] | None = None,
        sensitivities: Sequence[str] | None = None,
    ) -> FeedPage:
        """Return a page of stored bytes after a position.

        Args:
            after: the last position the reader has; 0 from the start.
            limit: entries at most, at most 1000.
            types: what the reader may see: names, or beginnings that end with a dot (`incident.`); None for all.
            sensitivities: of what sensitivity; None for all.
        """
        if after < 0 or not 1 <= limit <= PAGE_ENTRIES_MAX:
            raise ValueError(f"feed: expected after >= 0 and limit 1 to {PAGE_ENTRIES_MAX}, found {after} and {limit}")
        parameters = {
            "after": after,
            "limit": limit,
            "scan": FEED_SCAN_MAX,
            "types": None if types is None else [_like(name) for name in types],
            "sensitivities": None if sensitivities is None else list(sensitivities),
        }
        page, passed, has_more = _page(self._rows("feed", parameters), after, limit)
        return FeedPage(
            positions=tuple(position for position, _ in page),
            entries=tuple(entry for _, entry in page),
            next=passed,
            has_more=has_more,
        )

    def accesses(self, after: int, limit: int, incident: UUID | None = None) -> AccessPage:
        """Return a page of entries of `access.*` and `disclosure.*` after a position, or of those about one case."""
        parameters = {"after": after, "limit": limit, "scan": FEED_SCAN_MAX, "incident": incident}
        page, passed, has_more = _page(self._rows("access", parameters), after, limit)
        return AccessPage(entries=tuple(AccessEntry(*row) for row in page), next=passed, has_more=has_more)

    def _rows(self, name: str, values: Mapping[str, Any]) -> list[Row]:
        with translated():
            return self._pool.ask(question(name, self._schema), values)


def _page(rows: Sequence[tuple[Any, ...]], after: int, limit: int) -> tuple[list[tuple[Any, ...]], int, bool]:
    """Return what a page holds, which position it passes, and whether there is more: of rows that begin with the head.

    Where the page is not full, everything looked at is passed, also what a filter kept back.
    """
    head: int = rows[0][0]
    found = [row[1:] for row in rows if row[1] is not None]
    passed = found[limit - 1][0] if len(found) > limit else max(after, min(head, after + FEED_SCAN_MAX))
    return found[:limit], passed, passed < head


def _stream(stream: UUID, key: WrappedKey | None, rows: Iterable[tuple[Any, ...]]) -> list[StoredEntry]:
    """Return the entries of one stream; one key serves them all, and is unwrapped once."""
    return [
        StoredEntry(stream, version, type_name, entry, position, sealed, key)
        for position, version, type_name, entry, sealed, *_ in rows
    ]


def _whole(entries: Sequence[StoredEntry]) -> WholeStream:
    positions = tuple([entry.position or 0 for entry in entries])
    return WholeStream(id=cast("UUID", entries[0].originator_id), positions=positions, entries=tuple(entries))


def _key(key_id: UUID | None, master: str | None, wrapped: bytes | None) -> WrappedKey | None:
    return None if key_id is None else WrappedKey(key_id, master, wrapped)


def _like(name: str) -> str:
    pattern = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{pattern}%" if name.endswith(".") else pattern
