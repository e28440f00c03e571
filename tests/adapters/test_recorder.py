"""The recorder: the library's own tests, the feed, known commands, and what happens when the database goes away."""

import json
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import ApplicationRecorder, Notification, NotSupportedError, StoredEvent

from casework.adapters import recorder as recorder_module
from casework.adapters.appending import _Line
from casework.adapters.asking import Question
from casework.adapters.migrate import add_school
from casework.adapters.pool import make_pool
from casework.adapters.recorder import Recorder
from casework.adapters.stored import StoredEntry
from casework.application.store import (
    ClockDiffers,
    CommandRepeated,
    CommandReused,
    KeyErased,
    KnownCommand,
    RecordBroken,
    Rejected,
    StaleVersion,
    Unavailable,
)
from tests.adapters.given import BODY, ORIGIN, SEALED, Place, entry, record, stored

# The library's tests import its stock cipher, which needs a package that casework never installs.
sys.modules.setdefault("eventsourcing.cipher", ModuleType("eventsourcing.cipher")).__dict__.setdefault(
    "AESCipher", None
)
from eventsourcing.tests.persistence import ApplicationRecorderTestCase  # noqa: E402 - only after what stands in for the cipher


class Wrapping(ApplicationRecorder):
    """Our recorder for the library's tests, which store no entries, name no command, and count versions from 0."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        command = uuid4()
        wrapped = [
            stored(
                UUID(str(event.originator_id)),
                event.originator_version + 1,
                command,
                type_name=event.topic,
                state=b64encode(event.state).decode(),
            )
            for event in stored_events
        ]
        positions = self._recorder.insert_events(wrapped, command=command, body_sha256=BODY)
        return None if positions is None else list(positions)

    def select_events(self, originator_id: UUID | str, **limits: Any) -> Sequence[StoredEvent]:
        return [
            StoredEvent(event.originator_id, event.originator_version - 1, event.topic, _state(event))
            for event in self._recorder.select_events(originator_id, **limits)
        ]

    def select_notifications(self, *args: Any, **limits: Any) -> Sequence[Notification]:
        return [
            Notification(event.originator_id, event.originator_version - 1, event.topic, _state(event), id=event.id)
            for event in self._recorder.select_notifications(*args, **limits)
        ]

    def max_notification_id(self) -> int | None:
        return self._recorder.max_notification_id()

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Any:
        return self._recorder.subscribe(gt, topics)


def _state(event: StoredEvent) -> bytes:
    return b64decode(json.loads(event.state)["data"]["state"])


class LibrarysOwn(ApplicationRecorderTestCase):
    """What the library demands of an application recorder, one test of it."""

    __test__ = False  # collected by name below, each on a record of its own
    INITIAL_VERSION = 0
    recorder: Wrapping

    def create_recorder(self) -> Wrapping:
        return self.recorder


@pytest.mark.parametrize("name", ["test_insert_select", "test_concurrent_no_conflicts", "test_concurrent_throughput"])
def test_the_library_accepts_it(place: Place, name: str) -> None:
    case = LibrarysOwn(name)
    case.recorder = Wrapping(place.recorder)
    case.debug()


def test_positions_follow_one_another(place: Place) -> None:
    command, stream = uuid4(), uuid4()
    events = [stored(stream, version, command) for version in (1, 2, 3)]
    assert list(place.recorder.insert_events(events, command=command, body_sha256=BODY) or ()) == [1, 2, 3]
    assert place.recorder.max_notification_id() == 3
    assert [event.position for event in place.recorder.select_events(stream)] == [1, 2, 3]
    assert [event.position for event in place.recorder.select_events(stream, desc=True, limit=2)] == [3, 2]
    assert [event.position for event in place.recorder.select_events(stream, gt=1, lte=2)] == [2]


def test_a_stream_comes_with_its_key_read_once(place: Place) -> None:
    command, stream = uuid4(), uuid4()
    place.keep_key(stream)
    place.append(command, [entry(stream, 1, command, is_sealed=True), entry(stream, 2, command)], [SEALED, None])
    first, second = place.recorder.select_events(stream)
    assert (first.sealed, second.sealed) == (SEALED, None)
    assert first.key is not None
    assert first.key is second.key
    assert (first.key.id, first.key.master, first.key.wrapped) == (stream, "m1", bytes(60))
    assert "0000" not in repr(first)


def test_a_stream_whose_first_entry_was_taken_away_does_not_pass_for_an_erased_one(place: Place) -> None:
    stream = record(place, 2)
    place.query("ALTER TABLE {s}.event DISABLE TRIGGER USER")
    place.query("DELETE FROM {s}.event WHERE version = 1")
    with pytest.raises(RecordBroken, match="expected version 1 first, found 2"):
        place.recorder.select_events(stream)


def test_whole_streams_of_one_kind_come_in_one_pass_each_with_its_key(place: Place) -> None:
    command, sealed, plain = uuid4(), uuid4(), uuid4()
    place.keep_key(sealed)
    record(place, type_name="policy.reviewed.v1")
    place.append(command, [entry(sealed, 1, command, is_sealed=True), entry(plain, 1, command)], [SEALED, None])
    record(place, 2, stream=sealed, first_version=2)
    found = {stream.id: stream for stream in place.recorder.streams("incident.")}
    assert {stream.id: stream.positions for stream in found.values()} == {sealed: (2, 4, 5), plain: (3,)}
    assert [each.originator_version for each in found[sealed].entries] == [1, 2, 3]
    keys = [each.key for each in found[sealed].entries if isinstance(each, StoredEntry)]
    assert keys[0] is not None
    assert keys[0].id == sealed
    assert all(key is keys[0] for key in keys), "one key serves the stream, and is unwrapped once"
    assert [each.key for each in found[plain].entries if isinstance(each, StoredEntry)] == [None]
    assert [stream.id for stream in place.recorder.streams("incident.", [plain])] == [plain]
    assert list(place.recorder.streams("incident.", [])) == []


def test_streams_longer_than_what_comes_at_once_come_whole(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "CHUNK_ENTRIES", 2)
    streams = {record(place, 3) for _ in range(3)}
    found = list(place.recorder.streams("incident."))
    assert {stream.id for stream in found} == streams
    assert [[each.originator_version for each in stream.entries] for stream in found] == [[1, 2, 3]] * 3


def test_what_is_set_for_reading_streams_is_set_for_that_alone(place: Place) -> None:
    record(place)
    with make_pool(place.database.app, max_size=1) as pool:
        settings = Question(b"SELECT name, setting FROM pg_settings ORDER BY name", ())
        before = pool.ask(settings, {})
        assert len(list(Recorder(pool, place.schema).streams("incident."))) == 1
        assert pool.ask(settings, {}) == before


def test_streams_that_are_not_read_to_the_end_give_their_connection_back(place: Place) -> None:
    record(place)
    record(place)
    with make_pool(place.database.app, max_size=1, timeout_s=0.2) as pool:
        recorder = Recorder(pool, place.schema)
        streams = recorder.streams("incident.")
        next(streams)
        with pytest.raises(Unavailable):
            recorder.find_command(uuid4())
        streams.close()  # type: ignore[attr-defined]  # it is a generator
        assert recorder.find_command(uuid4()) is None


def test_a_known_command_says_where_its_events_are(place: Place) -> None:
    command, stream = uuid4(), uuid4()
    record(place)
    assert place.recorder.find_command(command) is None
    events = [stored(stream, 1, command), stored(stream, 2, command)]
    place.recorder.insert_events(events, command=command, body_sha256=BODY)
    assert place.recorder.find_command(command) == KnownCommand(BODY, 2, 3)
    assert [found.state for found in place.recorder.select_positions(2, 3)] == [event.state for event in events]


def test_a_command_carried_out_before_is_not_carried_out_again(place: Place) -> None:
    command, stream = uuid4(), uuid4()
    place.recorder.insert_events([stored(stream, 1, command)], command=command, body_sha256=BODY)
    with pytest.raises(CommandRepeated) as raised:
        place.recorder.insert_events([stored(stream, 2, command)], command=command, body_sha256=BODY)
    assert (raised.value.first_position, raised.value.last_position) == (1, 1)
    assert place.positions() == [1]


def test_the_very_same_entries_sent_again_are_their_own_answer(place: Place) -> None:
    """As after a reply that was lost: written, and nobody was told."""
    command = uuid4()
    events = [stored(uuid4(), 1, command)]
    for _ in range(2):
        assert list(place.recorder.insert_events(events, command=command, body_sha256=BODY) or ()) == [1]
    assert place.positions() == [1]


def test_what_the_database_refuses_is_said_in_the_words_of_use_cases(place: Place) -> None:
    stream = record(place)
    place.keep_key(stream)
    place.query("UPDATE {keys}.case_key SET master = NULL, wrapped = NULL, erased_by = 1")
    old = datetime.now(UTC) - timedelta(minutes=5)

    def refused(kind: type[Exception], **more: Any) -> str:
        command = uuid4()
        version = more.pop("version", 2)
        event = stored(stream, version, command, **more)
        if more.get("is_sealed"):
            event = type(event)(**{**vars(event), "sealed": SEALED})
        with pytest.raises(kind) as raised:
            place.recorder.insert_events([event], command=command, body_sha256=BODY)
        return str(raised.value)

    assert "expected version 2, found 1" in refused(StaleVersion, version=1)
    assert "the clocks differ" in refused(ClockDiffers, time=old)
    assert "erased by entry 1" in refused(KeyErased, is_sealed=True)
    assert "expected source" in refused(Rejected, origin="elsewhere")
    assert "expected version 2, found 7" in refused(Rejected, version=7)
    known = place.query("SELECT key FROM {s}.command")[0][0]
    with pytest.raises(CommandReused):
        place.recorder.insert_events([stored(stream, 2, known)], command=known, body_sha256=b"\1" * 32)
    assert place.positions() == [1]


def test_a_message_of_the_servers_own_is_not_passed_on(place: Place) -> None:
    command = uuid4()
    event = StoredEvent(uuid4(), 1, "incident.note-added.v1", b'{"canary 4711"}')
    with pytest.raises(Rejected, match=r"refused what was sent \(22P02\)") as raised:
        place.recorder.insert_events([event], command=command, body_sha256=BODY)
    assert "canary" not in str(raised.value)


def test_a_command_key_is_demanded_and_nothing_unknown_is_taken(place: Place) -> None:
    with pytest.raises(TypeError, match="expected a command key"):
        place.recorder.insert_events([stored(uuid4(), 1, uuid4())])
    with pytest.raises(TypeError, match="found colour"):
        place.recorder.insert_events([], colour="green")
    with pytest.raises(NotSupportedError, match="ask anew"):
        place.recorder.subscribe()


def test_an_empty_feed_repeats_the_position(place: Place) -> None:
    for after in (0, 7):
        page = place.recorder.feed(after, 10)
        assert (page.positions, page.entries, page.next, page.has_more) == ((), (), after, False)


def test_the_feed_gives_the_stored_bytes_page_by_page(place: Place) -> None:
    record(place, 5)
    everything = [row[0] for row in place.query("SELECT entry FROM {s}.event ORDER BY position")]
    first = place.recorder.feed(0, 2)
    assert (first.positions, first.next, first.has_more) == ((1, 2), 2, True)
    second = place.recorder.feed(first.next, 3)
    assert (second.positions, second.next, second.has_more) == ((3, 4, 5), 5, False)
    assert [*first.entries, *second.entries] == everything


def test_a_filtered_page_passes_what_it_kept_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for type_name in ("incident.a.v1", "access.a.v1", "incident.b.v1", "access.b.v1", "policy.a.v1", "access.c.v1"):
        command = uuid4()
        event = stored(uuid4(), 1, command, type_name=type_name)
        place.recorder.insert_events([event], command=command, body_sha256=BODY)
    feed = place.recorder.feed
    assert feed(0, 10, types=["incident."]).positions == (1, 3)
    assert feed(0, 10, types=["incident."]).next == 6
    assert feed(0, 1, types=["incident."]).next == 1
    assert feed(1, 1, types=["incident."]).has_more is False
    assert feed(0, 10, types=["incident.b.v1", "policy."]).positions == (3, 5)
    assert feed(0, 10, types=["incident.b"]).positions == ()
    assert feed(0, 10, types=["%", "incident_a.v1"]).positions == ()
    assert feed(0, 10, types=[]).next == 6
    assert feed(3, 10, types=["incident."]) == feed(3, 10, types=["nothing."])

    monkeypatch.setattr(recorder_module, "FEED_SCAN_MAX", 2)
    page = feed(3, 10, types=["access."])
    assert (page.positions, page.next, page.has_more) == ((4,), 5, True)
    assert feed(5, 10, types=["access."]).positions == (6,)


def test_the_feed_can_keep_back_what_is_not_open(place: Place) -> None:
    for sensitivity in ("open", "dsl", "client"):
        command = uuid4()
        event = stored(uuid4(), 1, command, sensitivity=sensitivity)
        place.recorder.insert_events([event], command=command, body_sha256=BODY)
    assert place.recorder.feed(0, 10, sensitivities=["open"]).positions == (1,)
    assert place.recorder.feed(0, 10, sensitivities=["open", "client"]).positions == (1, 3)


@pytest.mark.parametrize(("after", "limit"), [(-1, 10), (0, 0), (0, 1001)])
def test_a_page_of_no_sense_is_refused(place: Place, after: int, limit: int) -> None:
    with pytest.raises(ValueError, match="expected after >= 0 and limit 1 to 1000"):
        place.recorder.feed(after, limit)


def test_positions_beyond_two_bytes_are_positions_too(place: Place) -> None:
    """The driver sends small numbers as small integers; a sum of two of them must not overflow."""
    assert place.recorder.feed(30_000, 1000).next == 30_000


def kill_backends(place: Place) -> None:
    place.query(
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_command_survives_the_loss_of_every_connection(place: Place) -> None:
    record(place)
    kill_backends(place)
    record(place)
    assert place.positions() == [1, 2]


def test_a_reply_that_was_lost_gives_the_same_positions_and_one_row(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the commit and before the answer: the second attempt finds its own entries."""
    once = _Line.end
    lost = threading.Event()

    def lose_the_first_reply(line: _Line) -> Any:
        answers = once(line)
        if not lost.is_set():
            lost.set()
            kill_backends(place)
            line._connection.execute("SELECT 1")
        return answers

    monkeypatch.setattr(_Line, "end", lose_the_first_reply)
    record(place)
    assert lost.is_set()
    assert place.positions() == [1]


def test_a_lock_that_is_held_too_long_is_unavailable_and_leaves_the_key_unused(place: Place) -> None:
    command, stream = uuid4(), uuid4()
    events = [stored(stream, 1, command)]
    with place.holding_the_lock() as holder:
        holder.execute(f"ALTER ROLE casework_app IN DATABASE {place.database.name} SET lock_timeout = '100ms'")
        with make_pool(place.database.app) as pool, pytest.raises(Unavailable, match="55P03"):
            Recorder(pool, place.schema).insert_events(events, command=command, body_sha256=BODY)
    assert place.recorder.find_command(command) is None
    place.recorder.insert_events(events, command=command, body_sha256=BODY)
    assert place.positions() == [1]


def test_a_database_that_is_gone_is_unavailable(place: Place) -> None:
    gone = place.database.app.replace(place.database.name, "no_such_database")
    with make_pool(gone, timeout_s=0.1) as pool:
        away = Recorder(pool, place.schema)
        with pytest.raises(Unavailable):
            away.feed(0, 10)
        command = uuid4()
        with pytest.raises(Unavailable):
            away.insert_events([stored(uuid4(), 1, command)], command=command, body_sha256=BODY)


def test_more_readers_than_the_pool_has_room_for_are_refused_quickly(place: Place) -> None:
    with make_pool(place.database.app, max_size=1, max_waiting=1, timeout_s=0.2) as pool:
        busy = Recorder(pool, place.schema)
        with pool.connection(), pytest.raises(Unavailable, match="PoolTimeout"):
            busy.feed(0, 10)


def test_two_schools_share_a_pool_and_nothing_else(place: Place) -> None:
    other = add_school(place.database.owner, "oakfield", title="Oak Field", origin="oak-field.example")
    record(place, 2)
    assert Recorder(place.pool, other.schema).max_notification_id() is None
    command = uuid4()
    wrong = stored(uuid4(), 1, command, origin=ORIGIN)
    with pytest.raises(Rejected, match=r"expected source oak-field\.example"):
        Recorder(place.pool, other.schema).insert_events([wrong], command=command, body_sha256=BODY)
