"""Following casework's feed: read a page, append what it leads to, wait for the next; and the chores beside it.

The position stands still while casework is away. It never goes back by itself: a feed that ends before our position, or
a key that is not good, stops the reading until a person has looked, and ``/readyz`` says what was expected and found.
Reading and the chores run side by side, so that a letter marked as posted is filed within a second, while the reader
waits up to twenty seconds for something new.
"""

import threading
import time
from typing import Protocol

import msgspec

from letters.application.casework import Feed, Page
from letters.application.chores import Chores
from letters.application.drafts import Drafts
from letters.application.letters import Letters, Overtaken
from letters.application.log import NEEDS_PERSON, Log
from letters.domain.errors import FollowerStopped, LettersError, StoreUnavailable

PAGE_ENTRIES = 500
WAIT_S = 20.0
CHORES_EVERY_S = 0.5
IDLE_S = 1.0
BACKOFF_FIRST_S = 1.0
BACKOFF_MOST_S = 60.0
SAY_EVERY_S = 15.0
"""How often the follower says that it reads on; what is older than a few minutes means that it does not."""


class Board(Protocol):
    """Where the follower says how it is, for the readiness of the web workers."""

    def say(self, *, is_stopped: bool, expected: str | None = None, found: str | None = None) -> None:
        """Put this in place of what was said before."""
        ...


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What following to the head of the feed did."""

    position: int
    drafted: int
    parked: int
    redrafted: int
    rendered: int
    filed: int


class Follower:
    """One reader of the feed; of two at once, the tracking row refuses the slower (see ``shift``)."""

    def __init__(  # noqa: PLR0917 - its parts
        self, letters: Letters, feed: Feed, drafts: Drafts, chores: Chores, board: Board, log: Log
    ) -> None:
        self._letters = letters
        self._feed = feed
        self._drafts = drafts
        self._chores = chores
        self._board = board
        self._log = log
        self._monotonic = time.monotonic
        self._said_at = -SAY_EVERY_S
        self.is_waiting = False
        """Whether the reader waits for casework to have something new: nothing is in hand then."""

    def once(self) -> Summary:
        """Read to the head of the feed, then do the chores once.

        Raises:
            CaseworkUnavailable, FollowerStopped, StoreUnavailable: how far it came is recorded.
        """
        try:
            self._check_head()
            drafted = parked = 0
            has_more = True
            while has_more:
                has_more, read = self._read(self._page(wait_s=0.0))
                drafted += read[0]
                parked += read[1]
        except FollowerStopped as stopped:
            self._board.say(is_stopped=True, expected=stopped.expected, found=stopped.found)
            raise
        self._board.say(is_stopped=False)
        done = self._chores.round()
        return Summary(
            position=self._letters.position(),
            drafted=drafted,
            parked=parked,
            redrafted=done.redrafted,
            rendered=done.rendered,
            filed=done.filed,
        )

    def read_on(self, stop: threading.Event) -> None:
        """Read what is new, as it comes, until the event is set."""
        self._say(None)  # What was said by whoever followed before is not known to hold.
        wait_s = 0.0
        is_sure_of_head = False
        while not stop.wait(wait_s):
            try:
                if not is_sure_of_head:
                    self._check_head()
                    is_sure_of_head = True
                    self._chores.refetch_all()
                wait_s = self._read_or_wait(stop)
                self._say_that_we_read()
            except FollowerStopped as stopped:
                self._log("follower stopped", {"error": stopped})
                self._say(stopped)
                self._said_at = -SAY_EVERY_S  # That it goes on is said as soon as it does.
                wait_s, is_sure_of_head = BACKOFF_MOST_S, False
            except (LettersError, OSError) as error:
                self._log("feed not read", {"error": error})
                wait_s, is_sure_of_head = _longer(wait_s), False

    def do_chores(self, stop: threading.Event) -> None:
        """Do what is due, again and again, until the event is set."""
        wait_s = 0.0
        while not stop.wait(max(wait_s, CHORES_EVERY_S)):
            try:
                self._chores.round()
                wait_s = 0.0
            except (LettersError, OSError) as error:
                self._log("chores not done", {"error": error})
                wait_s = _longer(wait_s)

    def _read_or_wait(self, stop: threading.Event) -> float:
        """Read what is new; return how long to wait, if casework had no room for a waiter and answered at once."""
        began = self._monotonic()
        self.is_waiting = True
        try:
            position, page = self._page(wait_s=WAIT_S)
        finally:
            self.is_waiting = False
        if stop.is_set():
            return 0.0  # It may be another's turn by now.
        self._read((position, page))
        is_idle = page.next == position
        return IDLE_S if is_idle and self._monotonic() - began < IDLE_S else 0.0

    def _page(self, *, wait_s: float) -> tuple[int, Page]:
        """Return our position, and the page that follows it."""
        position = self._letters.position()
        return position, self._feed.page(position, limit=PAGE_ENTRIES, wait_s=wait_s)

    def _read(self, at: tuple[int, Page]) -> tuple[bool, tuple[int, int]]:
        """Take in a page; return whether there is more, and what it led to."""
        position, page = at
        if page.next < position:
            raise FollowerStopped(f"a feed that reaches position {position}", f"one that goes on at {page.next}")
        if page.next == position:
            return page.has_more, (0, 0)
        try:
            read = self._drafts.read_page(page)
        except Overtaken:
            return True, (0, 0)  # Read the position again, and the page with it.
        self._chores.refetch(read.refetch)
        self._log("page read", {"position": read.position})
        if read.parked:
            todo = "an event of a version unknown here caused no letter: /v1/parked says which"
            self._log("causes set aside", {"count": read.parked, NEEDS_PERSON: todo})
        return page.has_more, (read.drafted, read.parked)

    def _check_head(self) -> None:
        """Make sure that the feed reaches our position: asked from just before it, it must pass it."""
        position = self._letters.position()
        if not position:
            return
        page = self._feed.page(position - 1, limit=1, wait_s=0.0)
        if page.next < position:
            raise FollowerStopped(f"a feed that reaches position {position}", f"one that ends at {page.next} or before")

    def _say_that_we_read(self) -> None:
        """Say that casework was read just now, once in a while."""
        now = self._monotonic()
        if now - self._said_at >= SAY_EVERY_S:
            self._said_at = now
            self._board.say(is_stopped=False)

    def _say(self, stopped: FollowerStopped | None) -> None:
        """Say how we are, to whoever asks about readiness."""
        expected, found = (stopped.expected, stopped.found) if stopped else (None, None)
        try:
            self._board.say(is_stopped=stopped is not None, expected=expected, found=found)
        except StoreUnavailable as error:
            self._log("nobody told", {"error": error})


def _longer(wait_s: float) -> float:
    return min(max(wait_s * 2, BACKOFF_FIRST_S), BACKOFF_MOST_S)
