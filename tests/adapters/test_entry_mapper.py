"""Events to entries and back: the worked example byte for byte, and what is refused before it is stored."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar, cast
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from casework.adapters.entry_mapper import EntryMapper
from casework.adapters.factory import RecordFactory
from casework.adapters.keys import CaseKeys
from casework.adapters.migrate import add_school
from casework.adapters.pool import make_pool
from casework.adapters.recorder import Recorder
from casework.adapters.schools import record_home
from casework.adapters.stored import StoredEntry
from casework.application.record import Record
from casework.application.store import KeyErased, NotReversible, UnknownEventType, UnreadableEntry
from casework.domain.event import Carried, Event, Recorded
from casework.domain.record import RECORD_EVENTS, CaseRead
from casework.domain.steps import EVENTS
from casework.domain.steps.report import PostRecorded, Reported
from servicekit.sealing import MasterKeys
from tests.adapters.given import BODY, ORIGIN, Place
from tests.fix_postgres import Database

MASTERS = MasterKeys.parse(f"m1 {'22' * 32}\n")
TYPES = (*EVENTS, *RECORD_EVENTS)
LONDON = timezone(timedelta(hours=1))


@pytest.fixture
def mapper(place: Place) -> EntryMapper:
    return EntryMapper(TYPES, place.home, CaseKeys(place.pool, place.schema, MASTERS))


def reported(stream: UUID | None = None, command: UUID | None = None, **more: Any) -> Recorded:
    event = Reported(
        reference="RL-2026-0031", kind="adult_post", summary="A dash \u2013 \u201cquoted\u201d", how_seen=None
    )
    return recorded(replace(event, **more), stream or uuid4(), command=command)


def recorded(event: Event, stream: UUID, version: int = 1, command: UUID | None = None) -> Recorded:
    now = datetime.now(UTC)
    return Recorded(
        originator_id=stream,
        originator_version=version,
        recorded_at=now,
        carried=Carried(
            occurred_at=now.astimezone(LONDON),
            actor="u-sbm",
            role="office",
            command=command or uuid4(),
            edition="2021-spring",
            clauses=("P10", "P11"),
            sensitivity="open",
        ),
        event=event,
    )


def save(place: Place, mapper: EntryMapper, *events: Recorded) -> None:
    stored = mapper.encode(events)
    place.recorder.insert_events(stored, command=events[0].carried.command, body_sha256=BODY)


def load(place: Place, mapper: EntryMapper, stream: UUID) -> list[Recorded]:
    return [mapper.to_domain_event(entry) for entry in place.recorder.select_events(stream)]


def test_an_event_comes_back_from_the_record_as_it_was(place: Place, mapper: EntryMapper) -> None:
    first = reported()
    command, stream = first.carried.command, first.originator_id
    post = PostRecorded(
        post_no=1, count=1, channel="fb-community", posted_at=first.recorded_at, targets=("P1",), url=None, words="w"
    )
    second = recorded(post, stream, 2, command)
    save(place, mapper, first, second)
    assert load(place, mapper, stream) == [first, second]
    assert [mapper.to_domain_event(entry) for entry in place.recorder.select_positions(1, 2)] == [first, second]


def test_entries_of_several_cases_read_together_open_each_under_its_own_key(place: Place, mapper: EntryMapper) -> None:
    one, other = reported(), reported()
    more = recorded(one.event, one.originator_id, version=2)
    for event in (one, other, more):
        save(place, mapper, event)
    assert list(mapper.decode(place.recorder.select_positions(1, 3))) == [one, other, more]
    erase = "UPDATE {keys}.case_key SET master = NULL, wrapped = NULL, erased_by = 7 WHERE id = %s"
    place.query(erase, "superuser", one.originator_id)
    withheld = replace(one.event, summary=UNSET, how_seen=UNSET)
    read = [event.event for event in mapper.decode(place.recorder.select_positions(1, 3))]
    assert read == [withheld, other.event, withheld]


def test_an_entry_is_decoded_no_sooner_than_it_is_asked_for(place: Place, mapper: EntryMapper) -> None:
    first = reported()
    save(place, mapper, first)
    [entry] = place.recorder.select_events(first.originator_id)
    events = mapper.decode([entry, StoredEntry(first.originator_id, 2, entry.topic, b"{}")])
    assert next(events) == first
    with pytest.raises(UnreadableEntry, match=f"{first.originator_id}/2"):
        next(events)


def test_no_personal_value_stands_in_the_entry_or_readable_beside_it(place: Place, mapper: EntryMapper) -> None:
    canary = "canary 4711"
    event = reported(summary=canary)
    save(place, mapper, event)
    [row] = place.query("SELECT entry, sealed, e::text FROM {s}.event e")
    assert canary.encode() not in row[0] + row[1]
    assert json.loads(row[0])["data"].keys() == {
        *("_sd", "_sd_alg", "actor", "clauses", "command", "edition", "kind", "occurred_at", "reference", "role"),
        "sensitivity",
    }


def test_two_events_of_one_case_share_one_key_and_two_cases_do_not(place: Place, mapper: EntryMapper) -> None:
    command = uuid4()
    one, other = reported(command=command), reported(command=command)
    save(place, mapper, one, other)
    keys = place.query("SELECT id, wrapped FROM {keys}.case_key")
    assert {key for key, _ in keys} == {one.originator_id, other.originator_id}
    assert len({wrapped for _, wrapped in keys}) == 2


def test_a_read_is_sealed_under_the_schools_own_key(place: Place, mapper: EntryMapper) -> None:
    read = recorded(CaseRead(incident=uuid4(), view="full", version=3, reason="asked by the DPO"), uuid4())
    save(place, mapper, read)
    assert place.query("SELECT id FROM {keys}.case_key") == [(place.home.stream,)]
    assert load(place, mapper, read.originator_id) == [read]


def test_with_its_key_erased_an_event_loads_with_its_personal_fields_unset(place: Place, mapper: EntryMapper) -> None:
    event = reported()
    save(place, mapper, event)
    place.query("UPDATE {keys}.case_key SET master = NULL, wrapped = NULL, erased_by = 1")
    [loaded] = load(place, mapper, event.originator_id)
    assert loaded == replace(event, event=replace(event.event, summary=UNSET, how_seen=UNSET))
    more = recorded(event.event, event.originator_id, 2)
    with pytest.raises(KeyErased):
        mapper.encode([more])


def test_nothing_is_added_under_a_key_that_was_destroyed_since_it_was_loaded(place: Place, mapper: EntryMapper) -> None:
    """This thread still has it, wrapped, from its last load: it is `append` that refuses, under its lock."""
    first = reported()
    save(place, mapper, first)
    load(place, mapper, first.originator_id)
    place.query("UPDATE {keys}.case_key SET master = NULL, wrapped = NULL, erased_by = 7")
    second = recorded(first.event, first.originator_id, version=2)
    with pytest.raises(KeyErased, match="erased by entry 7"):
        save(place, mapper, second)
    assert place.positions() == [1]


def test_an_event_whose_personal_fields_are_unset_cannot_be_stored(mapper: EntryMapper) -> None:
    with pytest.raises(NotReversible, match="a value or None for summary, found it withheld"):
        mapper.encode([reported(summary=UNSET)])


def test_an_altered_entry_does_not_open(place: Place, mapper: EntryMapper) -> None:
    event = reported()
    save(place, mapper, event)
    [entry] = place.recorder.select_events(event.originator_id)
    altered = StoredEntry(**{**vars(entry), "state": entry.state.replace(b"RL-2026-0031", b"RL-2026-0013")})
    with pytest.raises(UnreadableEntry, match=r"entry 1 \(.*\), incident\.reported\.v1: its sealed part") as raised:
        mapper.to_domain_event(altered)
    assert "dash" not in str(raised.value)


def test_an_unknown_stored_type_stops_the_load_and_names_its_place(place: Place, mapper: EntryMapper) -> None:
    event = reported()
    save(place, mapper, event)
    older = EntryMapper(RECORD_EVENTS, place.home, CaseKeys(place.pool, place.schema, MASTERS))
    with pytest.raises(UnknownEventType, match=rf"entry 1 \({event.id}\): unknown type incident\.reported\.v1"):
        load(place, older, event.originator_id)
    with pytest.raises(UnknownEventType, match=r"incident\.reported\.v1"):
        older.encode([event])


def test_an_entry_that_does_not_fit_its_type_is_named_without_its_values(place: Place, mapper: EntryMapper) -> None:
    stream = uuid4()
    stored = mapper.encode([reported(stream, kind="child_account")])[0]
    wrong = StoredEntry(stream, 1, stored.topic, stored.state.replace(b"child_account", b"secret_thing"))
    with pytest.raises(UnreadableEntry, match=r"not a incident\.reported\.v1, at \$\.kind") as raised:
        mapper.to_domain_event(wrong)
    assert "secret_thing" not in str(raised.value)
    moved = StoredEntry(stream, 2, stored.topic, stored.state)
    with pytest.raises(UnreadableEntry, match=f"the entry itself says {stream}/1"):
        mapper.to_domain_event(moved)


class Loose(Event, frozen=True, kw_only=True):
    type_name: ClassVar[str] = "incident.loose.v1"
    anything: object
    words: Any = None


@pytest.mark.parametrize(
    ("anything", "says"),
    [
        ((1, 2), "it would not come back as it is in anything"),
        (1.5, "data/anything: expected null, true, false, an integer"),
        (2**53, "an integer within"),
        ("\x00", "text without U"),
        ("\ud800", "a lone surrogate"),
        ({"a b": 1}, "another name"),
    ],
)
def test_what_an_entry_cannot_hold_is_refused_before_it_is_stored(place: Place, anything: object, says: str) -> None:
    mapper = EntryMapper([Loose], place.home, CaseKeys(place.pool, place.schema, MASTERS))
    with pytest.raises(NotReversible, match=says):
        mapper.encode([recorded(Loose(anything=anything), uuid4())])


class Clashing(Event, frozen=True, kw_only=True):
    type_name: ClassVar[str] = "incident.clashing.v1"
    role: str


def test_a_field_that_every_event_carries_cannot_be_a_types_own(place: Place) -> None:
    with pytest.raises(ValueError, match=r"incident\.clashing\.v1: every event carries role already"):
        EntryMapper([Clashing], place.home, CaseKeys(place.pool, place.schema, MASTERS))


def test_the_librarys_application_saves_and_loads_through_both(place: Place, mapper: EntryMapper) -> None:
    record = Record(RecordFactory(mapper, place.recorder), place.home.stream)
    event = reported()
    record.append([event], command=event.carried.command, body_sha256=BODY)
    assert record.events_of(event.originator_id) == [event]
    case = record.case(event.originator_id)
    assert case is not None
    assert (case.reference, case.version) == ("RL-2026-0031", 1)
    assert record.case(uuid4()) is None


class Worked:
    """The record of the ledger's worked example."""

    def __init__(self, place: Place, example: dict[str, Any]) -> None:
        self.place = place
        self.example = example
        self.keys = CaseKeys(place.pool, place.schema, MASTERS)
        self.mapper = EntryMapper(TYPES, place.home, self.keys)
        self.case = UUID(json.loads(example["entries"][1]["entry"])["id"].split("/")[0])

    def append(self) -> None:
        wrapped = bytes.fromhex(self.example["wrapped_hex"])
        self.place.query("SELECT * FROM {keys}.keep(%s, 'm1', %s)", "app", self.case, wrapped)
        for entry in self.example["entries"]:
            said = json.loads(entry["entry"])
            sealed = bytes.fromhex(entry["sealed_hex"]) if entry["sealed_hex"] else None
            self.place.append(UUID(said["data"]["command"]), [entry["entry"].encode()], [sealed])


@pytest.fixture
def worked(database: Database) -> Iterator[Worked]:
    folder = os.environ.get("VECTORS_DIR")
    if not folder:
        pytest.skip("VECTORS_DIR is not set: it names the folder of test vectors")
    example = json.loads((Path(folder) / "worked" / "worked_example.json").read_text(encoding="utf-8"))
    stream = UUID(json.loads(example["entries"][0]["entry"])["id"].split("/")[0])
    school = add_school(database.owner, "rowanlane", title="Rowan Lane", origin=ORIGIN, is_scratch=True, stream=stream)
    with psycopg.connect(database.app) as connection:
        home = record_home(connection, school)
    with make_pool(database.app) as pool:
        yield Worked(Place(database, school, home, pool, Recorder(pool, school.schema)), example)


def test_the_worked_example_is_read_and_written_again_byte_for_byte(worked: Worked) -> None:
    worked.append()
    read = [worked.mapper.to_domain_event(entry) for entry in worked.place.recorder.select_positions(1, 3)]
    for event, entry in zip(read, worked.example["entries"], strict=True):
        [again] = worked.mapper.encode([event])
        assert again.state.decode() == entry["entry"]
    first = cast("Reported", read[1].event)
    assert first.summary == 'Post says "useless school" \u2013 seen in the Year 4 parents\u2019 group'
    assert first.how_seen is None


def test_append_writes_the_leaves_of_the_worked_example(worked: Worked) -> None:
    worked.append()
    leaves = worked.place.query("SELECT encode(leaf, 'hex') FROM {s}.event ORDER BY position")
    assert [leaf for (leaf,) in leaves] == [entry["leaf_hex"] for entry in worked.example["entries"]]


def test_the_keys_of_the_worked_example_come_out_of_its_wrapped_secret(worked: Worked) -> None:
    worked.append()
    secret = worked.keys.for_reading(worked.case)
    for name in ("salt", "seal", "evidence"):
        assert getattr(secret, f"{name}_key").hex() == worked.example[f"{name}_key_hex"]
