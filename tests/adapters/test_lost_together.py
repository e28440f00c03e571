"""Commands that go together and lose their connection in one call, before the commit or after it: each is in once.

One command is under way while others come; these wait, and go together in the next call, which is lost. Whoever made
it encoded the entries of all: each command then asks again, and others encode them anew, with new nonces.
"""

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID, uuid4

import pytest
from msgspec.structs import replace

from casework.adapters import combining
from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.factory import RecordFactory
from casework.adapters.keys import CaseKeys, CaseSecret
from casework.adapters.pool import make_pool
from casework.adapters.recorder import Recorder
from casework.adapters.scan import RecordScan
from casework.adapters.signer import CheckpointRun
from casework.adapters.stored import StoredEntry
from casework.adapters.verifying import verify_record
from casework.application.record import Record
from casework.domain.event import Recorded
from casework.domain.record import RECORD_EVENTS, RecordOpened
from casework.domain.steps import EVENTS
from casework.domain.steps.report import Reported
from casework.ledger.note import Signer
from servicekit.sealing import MasterKeys
from tests.adapters.given import ORIGIN, Place
from tests.adapters.test_entry_mapper import recorded
from tests.adapters.wire import Wire, wire_to

WAIT_S = 10
TOGETHER = 6
MASTERS = MasterKeys.parse(f"m1 {'22' * 32}\n")
SIGNER = Signer(ORIGIN, [b"\x33" * 32])
REPORTED = Reported(reference="RL-2026-0031", kind="adult_post", summary="canary 4711", how_seen=None)
KILL_WHO_WAITS_FOR_THE_LOCK = """
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = 'casework_app' AND wait_event = 'advisory'
"""


class Halt:
    """A place where a thread stops until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.let_go = threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.let_go.wait(WAIT_S)


class Watched(EntryMapper):
    """The mapper; `encoded` tells of which stream, and in which thread. It halts once it has encoded so many."""

    def __init__(self, place: Place, halts: Mapping[int, Halt]) -> None:
        super().__init__((*EVENTS, *RECORD_EVENTS), place.home, CaseKeys(place.pool, place.schema, MASTERS))
        self.encoded: list[tuple[UUID, int]] = []
        self._halts = halts

    def encode(self, events: Sequence[Recorded], secrets: Mapping[UUID, CaseSecret] | None = None) -> list[StoredEntry]:
        made = super().encode(events, secrets)
        self.encoded.append((events[0].originator_id, threading.get_ident()))
        self._halts.get(len(self.encoded), lambda: None)()
        return made


@contextmanager
def killed_before_commit(place: Place, _: Wire) -> Iterator[None]:
    """Make the call wait for the lock, and kill its backend there."""
    before = place.positions()
    with place.holding_the_lock():
        yield
        until(lambda: place.query(KILL_WHO_WAITS_FOR_THE_LOCK) == [(True,)])
        assert place.positions() == before


@contextmanager
def reply_lost_after_commit(place: Place, wire: Wire) -> Iterator[None]:
    """Keep the answer back, and cut the connection once all that was asked for is there to be seen."""
    after = len(place.positions()) + TOGETHER
    wire.lose_answer()
    try:
        yield
        until(lambda: len(place.positions()) == after)
    finally:
        wire.cut()


Fault = Callable[[Place, Wire], AbstractContextManager[None]]


@pytest.mark.parametrize("fault", [killed_before_commit, reply_lost_after_commit])
def test_commands_lost_together_are_encoded_anew_by_another_and_appended_once_each(place: Place, fault: Fault) -> None:
    under_way, all_encoded = Halt(), Halt()
    mapper = Watched(place, {2: under_way, 2 + TOGETHER: all_encoded})
    events = [recorded(REPORTED, uuid4()) for _ in range(1 + TOGETHER)]
    with wire_to(place.database.app) as wire, make_pool(wire.dsn) as pool:
        record = Record(RecordFactory(mapper, Recorder(pool, place.schema)), place.home.stream)
        record.append_unasked([opened(place)])
        with ThreadPoolExecutor(1 + TOGETHER) as threads:
            asked = [threads.submit(record.append_unasked, [events[0]])]
            assert under_way.reached.wait(WAIT_S)
            asked += [threads.submit(record.append_unasked, [event]) for event in events[1:]]
            until(lambda: combined() == 1 + TOGETHER)
            under_way.let_go.set()
            assert all_encoded.reached.wait(WAIT_S)
            with fault(place, wire):
                all_encoded.let_go.set()
            for each in asked:
                each.result(WAIT_S)
        lost, anew = mapper.encoded[2 : 2 + TOGETHER], mapper.encoded[2 + TOGETHER :]
        assert_each_is_there_once(place, record, events)
    streams = {event.originator_id for event in events[1:]}
    [leader] = {thread for _, thread in lost}
    assert {stream for stream, _ in lost} == streams, "they went together"
    assert len(anew) == TOGETHER
    assert {stream for stream, _ in anew} == streams, "each was encoded anew, once"
    assert {thread for _, thread in anew} - {leader}, "and not all of them by whoever did it before"


def assert_each_is_there_once(place: Place, record: Record, events: Sequence[Recorded]) -> None:
    """Look for each command and its event; then append one more, sign, and verify all that there is."""
    found = [record.reader.find_command(event.carried.command) for event in events]
    assert sorted((known.first_position, known.last_position) for known in found if known) == [
        (position, position) for position in range(2, 2 + len(events))
    ]
    for event in events:
        assert record.events_of(event.originator_id) == [event]
    record.append_unasked([recorded(REPORTED, uuid4())])
    assert place.positions() == list(range(1, 3 + len(events)))
    CheckpointRun(place.database.app, place.school, SIGNER).run()
    with RecordScan(place.database.app, place.school) as scan:
        report = verify_record(scan, SIGNER.keys, masters=MASTERS)
    levels = {level.name: level.status for level in report.levels}
    assert levels.pop("history") == "not_run"
    assert set(levels.values()) == {"held"}, report.lines()


def opened(place: Place) -> Recorded:
    """Return the first event of the record, which names the key that signs it."""
    event = recorded(RecordOpened(key=SIGNER.vkey, is_scratch=False), place.home.stream)
    return replace(event, carried=replace(event.carried, edition=None, clauses=None))


def combined() -> int:
    """Count the threads that make a call for others, or wait for one that is made for them."""
    stacks = [traceback.walk_stack(frame) for frame in sys._current_frames().values()]
    return sum(any(frame.f_code.co_filename == combining.__file__ for frame, _ in stack) for stack in stacks)


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)
