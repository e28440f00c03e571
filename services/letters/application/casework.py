"""What this service asks of casework, as a protocol: the adapter asks over HTTP, with the key of role ``letters``."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from letters.domain.event import Fact
from letters.domain.feed_entry import FeedEntry
from letters.domain.working_days import Calendar


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the feed. ``next`` passes entries that are not for us; an empty page repeats the position."""

    entries: Sequence[FeedEntry]
    next: int
    has_more: bool


class Letterpost(msgspec.Struct, frozen=True, kw_only=True):
    """What is filed in the case: a fact about a letter, and its PDF."""

    letter: UUID
    case: UUID
    template: str
    version: int
    pdf_sha256: str
    size_bytes: int
    party: str | None
    channel: str
    fact: Fact
    occurred_at: str
    pdf: bytes


class Feed(Protocol):
    """The entries that this role may see, in the order of their positions, none ever missing."""

    def page(self, after: int, *, limit: int, wait_s: float) -> Page:
        """Return what stands after a position, waiting a while if there is nothing.

        Raises:
            CaseworkUnavailable: no answer, or none that can be read.
            FollowerStopped: the key is not good, or not for this.
        """
        ...


class MergeFieldsSource(Protocol):
    """Names, addresses, posts and facts of one event. Each answer is recorded in the case as a read."""

    def merge_fields(self, event: str) -> bytes:
        """Return casework's answer about ``<incident>/<version>``.

        Raises:
            CaseworkUnavailable: not answered in three attempts.
            EventGone: the event is not there for us.
        """
        ...


class Filing(Protocol):
    """The case's own record of what was sent."""

    def file(self, post: Letterpost) -> str:
        """File a fact, once however often it is repeated; return the id of the entry.

        Raises:
            CaseworkUnavailable: not answered, or refused; nothing is known to be filed.
        """
        ...


class Calendars(Protocol):
    """Working days, from casework; the newest calendar is kept for when casework is away."""

    def current(self) -> Calendar:
        """Return the calendar.

        Raises:
            CaseworkUnavailable: never had one, and casework does not answer.
        """
        ...
