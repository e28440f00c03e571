"""Entries: the worked example byte for byte, what Node makes of the same facts, and every member that may not be so."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from casework.ledger.entry import (
    ENTRY_BYTES_MAX,
    MalformedEntry,
    build,
    canonical,
    digest,
    disclosures,
    leaf_hash,
    salt,
)
from casework.ledger.verify import encoded, parse_entry
from tests.ledger.given import HOME, ORIGIN, PERSONAL, book, salt_key, stream
from tests.ledger.published import own, published, read

CONTRACT = Path(__file__).parents[2] / "contracts/ledger/entry.v1.schema.json"
SCHEMA = jsonschema_rs.validator_for(json.loads(CONTRACT.read_text("utf-8")))
CASE = stream("case")
AT = datetime(2026, 9, 14, 15, 42, 7, 250_000, tzinfo=UTC)


FACTS: dict[str, Any] = {
    "origin": ORIGIN,
    "stream": CASE,
    "version": 1,
    "type_name": "incident.reported.v1",
    "time": AT,
    "data": {"reference": "RL-2026-0031"},
    "sealed": {"summary": PERSONAL},
    "salt_key": salt_key(CASE),
}


def built(**changes: Any) -> bytes:
    return build(**{**FACTS, **changes}).entry


def rebuilt(entry: dict[str, Any], sealed: dict[str, Any] | None, key: bytes) -> bytes:
    """Build an entry again from what it says."""
    one, version = entry["id"].split("/")
    data = {name: value for name, value in entry["data"].items() if not name.startswith("_sd")}
    return build(
        origin=entry["source"],
        stream=UUID(one),
        version=int(version),
        type_name=entry["type"],
        time=datetime.fromisoformat(entry["time"]),
        data=data,
        sealed=sealed,
        salt_key=key,
    ).entry


def test_the_worked_example_comes_out_byte_for_byte() -> None:
    worked = read("worked/worked_example.json")
    key = bytes.fromhex(worked["salt_key_hex"])
    for said in worked["entries"]:
        octets = said["entry"].encode()
        event = json.loads(octets)
        sealed = json.loads(said["sealed_values"]) if said["sealed_values"] else None
        assert rebuilt(event, sealed, key) == octets
        assert published(f"worked/entry-{said['position']}.json").read_bytes().rstrip(b"\n") == octets
        assert sha256(octets).hexdigest() == said["entry_sha256_hex"]
        assert leaf_hash(octets).hex() == said["leaf_hex"]
        one, version = UUID(event["id"][:36]), int(event["id"][37:])
        opened = disclosures(key, one, version, sealed or {})
        for each in said["disclosures"]:
            assert salt(key, one, version, each["name"]).hex() == each["salt_hex"]
            assert opened[each["name"]] == each["disclosure"]
            assert digest(each["disclosure"]) == each["digest"]


def test_node_makes_the_same_entries() -> None:
    made = own("node.json")
    key = bytes.fromhex(made["salt_key"])
    for said in made["entries"]:
        event = json.loads(said["entry"])
        assert rebuilt(event, said["sealed"], key) == said["entry"].encode()
        assert leaf_hash(said["entry"].encode()).hex() == said["leaf"]
        opened = disclosures(key, UUID(made["stream"]), said["version"], said["sealed"])
        assert opened == {each["name"]: each["disclosure"] for each in said["disclosures"]}
        for each in said["disclosures"]:
            assert salt(key, UUID(made["stream"]), said["version"], each["name"]).hex() == each["salt"]
            assert digest(each["disclosure"]) == each["digest"]


def test_an_entry_is_read_back_as_it_was_built() -> None:
    entry = parse_entry(built(version=7))
    assert entry.id == f"{CASE}/7"
    assert (entry.type, entry.source, entry.time) == ("incident.reported.v1", ORIGIN, "2026-09-14T15:42:07.250000Z")
    assert entry.data["reference"] == "RL-2026-0031"
    assert len(entry.sd) == 1


def test_an_entry_is_a_cloud_event() -> None:
    event = JSONFormat().read(CloudEvent, built())
    assert (event.get_id(), event.get_source()) == (f"{CASE}/1", ORIGIN)
    assert event.get_type() == "incident.reported.v1"
    assert event.get_time() == AT


def test_time_is_written_in_utc_to_the_microsecond() -> None:
    summer = AT.astimezone(timezone(timedelta(hours=1))).replace(microsecond=0)
    assert parse_entry(built(time=summer)).time == "2026-09-14T15:42:07.000000Z"


def test_a_type_without_sealed_fields_has_no_digests() -> None:
    assert parse_entry(built(sealed=None, salt_key=None)).sd == ()
    assert parse_entry(built(sealed={})).sd == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "Rowan-Lane.example"},
        {"origin": "a" * 101},
        {"origin": "https://rowan-lane.example"},
        {"version": 0},
        {"version": -1},
        {"type_name": "incident.reported"},
        {"type_name": "Incident.reported.v1"},
        {"type_name": "reported.v1"},
        {"type_name": "incident.reported.v0"},
        {"type_name": f"incident.{'a' * 80}.v1"},
        {"time": AT.replace(tzinfo=None)},
        {"data": {"a": 1.5}},
        {"data": {"at": AT}},
        {"data": {"_sd": ["x"]}},
        {"data": {"_sd_alg": "sha-256"}, "sealed": None},
        {"data": {"summary": "public and sealed"}},
        {"data": {"text": "x" * ENTRY_BYTES_MAX}},
        {"sealed": {"summary": 1.5}},
        {"sealed": {"no name": "x"}},
        {"salt_key": None},
    ],
)
def test_an_entry_that_cannot_be_is_not_built(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedEntry):
        built(**changes)


def test_an_entry_of_just_the_most_bytes_is_built() -> None:
    room = ENTRY_BYTES_MAX - len(built(data={"text": ""}))
    assert len(built(data={"text": "x" * room})) == ENTRY_BYTES_MAX
    with pytest.raises(MalformedEntry):
        built(data={"text": "x" * (room + 1)})


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda event: event.pop(name)


def with_(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda event: event.update({name: value})


def in_data(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda event: event["data"].update({name: value})


D1, D2 = "A" * 43, "B" * 42 + "A"
WRONG_SHAPES = [
    *(without(name) for name in ("data", "id", "source", "specversion", "time", "type")),
    with_("subject", "x"),
    with_("specversion", "1.1"),
    with_("specversion", 1),
    with_("id", f"{CASE}/01"),
    with_("id", f"{CASE}/0"),
    with_("id", f"{str(CASE).upper()}/1"),
    with_("id", f"{CASE}"),
    with_("id", f"{CASE}/1/1"),
    with_("id", 1),
    with_("source", "ROWAN"),
    with_("source", "rowan-lane.example/"),
    with_("source", "a" * 101),
    with_("type", "incident.reported"),
    with_("type", "incident..v1"),
    with_("type", f"a.{'b' * 80}.v1"),
    with_("time", "2026-09-14T15:42:07Z"),
    with_("time", "2026-09-14T15:42:07.250000+00:00"),
    with_("time", "2026-09-14 15:42:07.250000Z"),
    with_("data", []),
    with_("data", None),
    in_data("_sd", []),
    in_data("_sd", [D1, D1]),
    in_data("_sd", ["short"]),
    in_data("_sd", ["A" * 42 + "B"]),
    in_data("_sd", [f"{D1},{D2}"]),
    in_data("_sd", [f"{D1}\n"]),
    in_data("_sd", [D1, 1]),
    in_data("_sd", D1),
    in_data("_sd_alg", "sha-512"),
    in_data("no name", 1),
    in_data("_private", 1),
    in_data("n", 2**53),
    in_data("n", {"_sd": [D1]}),
    in_data("n", "\0"),
    in_data("n", [[[[[[]]]]]]),
]
"""Changes to an entry that both the schema and the verifier refuse."""

WRONG_BYTES = [
    with_("time", "2026-02-30T15:42:07.250000Z"),
    with_("time", "2026-09-14T24:42:07.250000Z"),
    in_data("_sd", [D2, D1]),
    in_data("text", "x" * ENTRY_BYTES_MAX),
]
"""Changes that a schema cannot see."""


@pytest.mark.parametrize("change", WRONG_SHAPES)
def test_schema_and_verifier_refuse_the_same(change: Callable[[dict[str, Any]], None]) -> None:
    event = json.loads(built())
    assert SCHEMA.is_valid(event)
    change(event)
    assert not SCHEMA.is_valid(event)
    with pytest.raises(MalformedEntry):
        parse_entry(encoded(event))


@pytest.mark.parametrize("change", WRONG_BYTES)
def test_the_verifier_refuses_what_a_schema_cannot_see(change: Callable[[dict[str, Any]], None]) -> None:
    event = json.loads(built())
    change(event)
    assert SCHEMA.is_valid(event)
    with pytest.raises(MalformedEntry):
        parse_entry(encoded(event))


def test_what_is_built_fits_the_schema() -> None:
    for entry in book(20).entries:
        SCHEMA.validate(json.loads(entry))
        assert parse_entry(entry).source == HOME.origin
    SCHEMA.validate(json.loads(built(data={"n": [[[[[1]]]]]})))
    assert parse_entry(built(data={"n": [[[[[1]]]]]}))


def test_what_is_sealed_beside_an_entry_is_the_canonical_form_of_its_personal_fields() -> None:
    sealed = {"summary": 'Zoë \u2028 "said"', "how_seen": None, "about": [{"name": "B", "age": 7}]}
    assert build(**{**FACTS, "sealed": sealed}).personal == canonical(sealed)
    assert build(**{**FACTS, "sealed": None}).personal is None
