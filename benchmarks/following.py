"""Following casework's feed: a transaction a page against one an event, and a reader who waits against one who polls.

The first catches up with 5,000 events, of which 2,000 warn a parent, with merge fields from memory; what is timed is
the service's own reading of a page, on a durable database. The other way is the same reader, given one event at a time.

The second is how long after an event its draft is there, for two services that follow the same stand-in for casework
over HTTP at the same time: every event gives both times. The stand-in looks for something new as often as casework.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from statistics import median
from typing import Any, Final

from benchmarks import letters_service, warnings_issued
from benchmarks.measuring import Comparison, Measured, Samples, Sampling, Statistic, Target, percentile_95
from casework.api.feed import ASK_EVERY_S
from letters.adapters.press import Press
from letters.application.casework import Feed, Page
from letters.application.chores import Chores
from letters.application.filing import Filer
from letters.application.follow import Follower
from letters.application.pacing import Pacing
from letters.bootstrap import Service
from tests.letters.fake_casework import FakeCasework, fake_casework

PAGE_EVENTS: Final = 500
OURS_EVENTS: Final = 5_000
OTHER_EVENTS: Final = 500
SMALL_EVENTS: Final = 50
CATCH_UPS: Final = 8
"""How many times there are merge fields for: so many rounds, the first calls and the warm-up in it."""
LAGS: Final = 20
LAGS_SMALL: Final = 2
GOLDEN: Final = 0.6180339887
"""Multiples of it, modulo 1, spread evenly: events come at moments that no polling is in step with."""
LATE_S: Final = 30.0


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Open two services, twice: each with a database of its own."""
    with ExitStack() as held:
        press = held.enter_context(closing(Press()))
        yield [_catching_up(held, press, is_small=is_small), _lags(held, press, LAGS_SMALL if is_small else LAGS)]


def _catching_up(held: ExitStack, press: Press, *, is_small: bool) -> Comparison:
    events = (SMALL_EVENTS, SMALL_EVENTS) if is_small else (OURS_EVENTS, OTHER_EVENTS)
    cases = max(events) * 2 // warnings_issued.EVENTS_OF_TWO_CASES * CATCH_UPS
    answers = warnings_issued.Answers(cases)
    ours, other = (
        catching_up(held.enter_context(letters_service.opened(press)), answers, count, at_once)
        for count, at_once in zip(events, (PAGE_EVENTS, 1), strict=True)
    )
    name = "an event of the feed, 2 of 5 drafted: transaction a page / an event"
    return Comparison(name, ours, other, Target(at_least=5), *events)


def catching_up(service: Service, answers: warnings_issued.Answers, events: int, at_once: int) -> Callable[[], None]:
    """Return what reads on by so many events, so many in one transaction."""
    drafts = letters_service.drafts(service, answers)

    def read_on() -> None:
        after = service.letters.position()
        for start in range(after, after + events, at_once):
            drafts.read_page(warnings_issued.page(start, min(at_once, events)))

    return read_on


class Reader:
    """A follower at work beside us, and when each position was read, by the monotonic clock."""

    def __init__(self, service: Service, feed: Feed) -> None:
        drafts = letters_service.drafts(service, service.casework)
        filer = Filer(service.letters, service.register, service.contents, service.casework, service.clock, Pacing())
        renderer = letters_service.renderer(service)
        chores = Chores(service.letters, service.register, drafts, renderer, filer, laid_out=service.laid_out)
        self._follower = Follower(service.letters, feed, drafts, chores, service.board, self._log)
        self._stop = threading.Event()
        self._moved = threading.Condition()
        self._read: list[float] = []
        self._thread = threading.Thread(target=self._follower.read_on, args=(self._stop,), daemon=True)
        self._thread.start()

    def read_at(self, position: int) -> float:
        """Return when a position was read, once it is: what it led to was committed just before."""
        with self._moved:
            if not self._moved.wait_for(lambda: len(self._read) >= position, LATE_S):
                raise TimeoutError(f"expected position {position} to be read, found {len(self._read)}")
            return self._read[position - 1]

    def tell_to_stop(self) -> None:
        """Let it stop at the end of what it waits for."""
        self._stop.set()

    def join(self) -> None:
        """Wait until it has stopped."""
        self._thread.join(LATE_S)

    def _log(self, event: str, values: Mapping[str, Any]) -> None:
        if event == "page read":
            with self._moved:
                self._read += [time.monotonic()] * (values["position"] - len(self._read))
                self._moved.notify_all()


class Polled:
    """A feed that is never waited for: its reader waits a second by itself when there was nothing."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def page(self, after: int, *, limit: int, wait_s: float) -> Page:  # noqa: ARG002 - that is the point of it
        """Return what stands after a position, at once."""
        return self._feed.page(after, limit=limit, wait_s=0.0)


def _lags(held: ExitStack, press: Press, events: int) -> Sampling:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    fake = held.enter_context(fake_casework())
    fake.ask_every_s = ASK_EVERY_S
    services = [held.enter_context(letters_service.opened(press, fake.url, fake.keys["letters"])) for _ in range(2)]
    readers = [Reader(services[0], services[0].casework), Reader(services[1], Polled(services[1].casework))]
    held.callback(_stop, readers, fake)

    def samples() -> Samples:
        happened = [_happen(fake) for _ in range(events)]
        ours, other = ([reader.read_at(position) - at for position, at in happened] for reader in readers)
        return ours, other

    statistics: Mapping[str, Statistic] = {"median": median, "95th percentile": percentile_95}
    name = "from event to draft, waiting / polling once a second: "
    return Sampling(name, samples, statistics, Target(at_least=10))


def _stop(readers: Sequence[Reader], fake: FakeCasework) -> None:
    """Stop both; something more happens, so that the one who waits hears of it."""
    for reader in readers:
        reader.tell_to_stop()
    _happen(fake)
    for reader in readers:
        reader.join()


def _happen(fake: FakeCasework) -> tuple[int, float]:
    """Let a parent be warned, a while after the last; return the position and the moment."""
    number = len(fake.feed)
    time.sleep(0.1 + 0.4 * (number * GOLDEN % 1))
    event = warnings_issued.cause(number)
    fake.fields[event] = warnings_issued.answer(number)
    entry = {"id": event, "type": warnings_issued.WARNING_ISSUED, "data": dict(warnings_issued.FACTS)}
    fake.feed.append(entry)
    return number + 1, time.monotonic()
