"""Commands that go together and lose their connection in one call, before the commit or after it: each is in once.

One command is under way while others come; these wait, and go together in the next call, which is lost. Each then asks
again, under its own key and with the same entries.
"""

import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from uuid import uuid4

import pytest
from msgspec.structs import replace

from casework.adapters import combining
from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.factory import RecordFactory
from casework.adapters.keys import CaseKeys
from casework.adapters.pool import make_pool
from casework.adapters.recorder import Recorder
from casework.adapters.scan import RecordScan
from casework.adapters.signer import CheckpointRun
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
APP = "casework_app"
MASTERS = MasterKeys.parse(f"m1 {'22' * 32}\n")
SIGNER = Signer(ORIGIN, [b"\x33" * 32])
REPORTED = Reported(reference="RL-2026-0031", kind="adult_post", summary="canary 4711", how_seen=None)
WAITING_FOR_THE_LOCK = """
    FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory' AND usename = %s
"""


@contextmanager
def killed_before_commit(place: Place, _: Wire) -> Iterator[None]:
    """Kill the backend of the call while it waits for the lock, which is let go in here."""
    assert place.query(f"SELECT pg_terminate_backend(pid, 1000) {WAITING_FOR_THE_LOCK}", "superuser", APP) == [(True,)]
    assert place.positions() == [1, 2]
    yield


@contextmanager
def reply_lost_after_commit(place: Place, wire: Wire) -> Iterator[None]:
    """Keep the answer back, and cut the connection once all that was asked for is there to be seen."""
    wire.lose_answer()
    try:
        yield
        until(lambda: len(place.positions()) == 2 + TOGETHER)
    finally:
        wire.cut()


Fault = Callable[[Place, Wire], AbstractContextManager[None]]


@pytest.mark.parametrize("fault", [killed_before_commit, reply_lost_after_commit])
def test_commands_lost_together_are_sent_again_and_appended_once_each(place: Place, fault: Fault) -> None:
    mapper = EntryMapper((*EVENTS, *RECORD_EVENTS), place.home, CaseKeys(place.pool, place.schema, MASTERS))
    events = [recorded(REPORTED, uuid4()) for _ in range(1 + TOGETHER)]
    with wire_to(place.database.app) as wire, make_pool(wire.dsn) as pool, ThreadPoolExecutor(2 + TOGETHER) as threads:
        record = Record(RecordFactory(mapper, Recorder(pool, place.schema)), place.home.stream)
        record.append_unasked([opened(place)])
        with place.holding_the_lock():
            asked = [threads.submit(record.append_unasked, [events[0]])]
            until(lambda: waiting(place, APP) == 1)
            next_holder = threads.submit(place.holding_the_lock)
            until(lambda: waiting(place, "postgres") == 1)
            asked += [threads.submit(record.append_unasked, [event]) for event in events[1:]]
            until(lambda: combined() == 1 + TOGETHER)
        asked[0].result(WAIT_S)
        until(lambda: waiting(place, APP) == 1)
        assert combined() == TOGETHER, "they wait for one call"
        with fault(place, wire):
            next_holder.result(WAIT_S).close()
        for each in asked:
            each.result(WAIT_S)
        assert_each_is_there_once(place, record, events)


def waiting(place: Place, role: str) -> int:
    """Count the connections of a role that wait for the lock of those who append."""
    [(count,)] = place.query(f"SELECT count(*) {WAITING_FOR_THE_LOCK}", "superuser", role)
    return int(count)


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
