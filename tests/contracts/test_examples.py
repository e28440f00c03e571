"""What `contracts/examples` holds: one entry of each event type, true to its schema, its digests and its domain type.

Only the files are read, as a consumer would; what they must be equal to comes from the table they were made from.
"""

import copy
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from msgspec.structs import fields

from casework.adapters.stored import StoredEntry, WrappedKey
from casework.domain.catalogue import EVENT_TYPES
from casework.domain.event import Carried, sealed_names
from casework.ledger.verify import canonical, check_digests, leaf_hash, open_disclosures, parse_entry
from servicekit.sealing import seal
from tests.contracts.example_events import ROWS
from tests.contracts.examples import SECRET, example_files, mapper, recorded

CONTRACTS = Path(__file__).parents[2] / "contracts"
EXAMPLES = CONTRACTS / "examples"
TYPES = sorted(EVENT_TYPES)
SEALED = [name for name in TYPES if sealed_names(EVENT_TYPES[name])]
BY_TYPE = {row.event.type_name: row for row in ROWS}


def entry(name: str) -> bytes:
    return (EXAMPLES / f"{name}.json").read_bytes()


def disclosed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXAMPLES / f"{name}.disclosed.json").read_text(encoding="utf-8"))
    return found


def schema(path: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads((CONTRACTS / path).read_text(encoding="utf-8")))


def test_every_event_type_has_exactly_one_example_and_no_example_is_of_another() -> None:
    rows = Counter(row.event.type_name for row in ROWS)
    missing = set(EVENT_TYPES) - set(rows)
    assert not missing, f"add a row to tests/contracts/example_events.py, then make openapi: {sorted(missing)}"
    assert [name for name, count in rows.items() if count > 1] == []
    committed = {path.name for path in EXAMPLES.glob("*.json")}
    assert committed == {f"{name}.json" for name in TYPES} | {f"{name}.disclosed.json" for name in SEALED}


def test_the_committed_examples_are_what_the_table_gives_byte_for_byte() -> None:
    stale = [name for name, text in example_files() if (EXAMPLES / name).read_bytes() != text.encode()]
    assert not stale, f"run make openapi, and read what changed: {stale}"


@pytest.mark.parametrize("name", TYPES)
def test_an_example_is_canonical_and_fits_both_its_schemas(name: str) -> None:
    octets = entry(name)
    assert parse_entry(octets).type == name, "parse_entry refuses what is not canonical"
    schema(f"events/{name}.schema.json").validate(json.loads(octets))
    schema("ledger/entry.v1.schema.json").validate(json.loads(octets))


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_is_closed_so_that_an_unknown_member_and_a_missing_one_fail(name: str) -> None:
    validator, example = schema(f"events/{name}.schema.json"), json.loads(entry(name))
    for place in objects(example):
        added = copy.deepcopy(example)
        at(added, place)["unheard_of"] = "x"
        is_open = place[:2] == ("data", "content")  # an edition of the policy stands there whole, as its file says it
        assert validator.is_valid(added) is is_open, f"an unknown member of {'/'.join(place) or 'the entry'} passes"
    optional = {field.name for of in (Carried, EVENT_TYPES[name]) for field in fields(of) if not field.required}
    places: list[tuple[str, ...]] = [(member,) for member in example]
    places += [("data", member) for member in example["data"] if member not in optional]
    for place in places:
        left = copy.deepcopy(example)
        del at(left, place[:-1])[place[-1]]
        assert not validator.is_valid(left), f"{'/'.join(place)} may be left out"


def objects(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the place of every object in a JSON value."""
    if isinstance(value, dict):
        yield place
        for name, below in value.items():
            yield from objects(below, (*place, name))


def at(value: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        value = value[name]
    return value


@pytest.mark.parametrize("name", SEALED)
def test_the_digests_of_an_example_are_those_of_its_disclosed_values(name: str) -> None:
    parsed, opened = parse_entry(entry(name)), disclosed(name)
    assert opened["id"] == parsed.id
    assert open_disclosures(parsed, opened["disclosures"]) == opened["values"]
    assert len(opened["disclosures"]) == len(parsed.sd), "none is withheld"
    check_digests(parsed, opened["values"], SECRET.salt_key)
    assert set(opened["values"]).isdisjoint(parsed.data)


@pytest.mark.parametrize("name", TYPES)
def test_an_example_decodes_to_the_event_it_was_made_from(name: str) -> None:
    octets = entry(name)
    event = recorded(BY_TYPE[name])
    part = seal(SECRET.seal_key, canonical(disclosed(name)["values"]), leaf_hash(octets)) if name in SEALED else None
    key = WrappedKey(event.originator_id, "m1", bytes(60))
    stored = StoredEntry(event.originator_id, event.originator_version, name, octets, sealed=part, key=key)
    assert mapper().to_domain_event(stored) == event


@pytest.mark.parametrize("name", SEALED)
def test_no_disclosed_words_stand_in_the_entry(name: str) -> None:
    words = [value for value in disclosed(name)["values"].values() if isinstance(value, str)]
    assert not [value for value in words if value.encode() in entry(name)]
