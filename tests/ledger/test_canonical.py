"""Canonical form: the same bytes as two other encoders, and nothing in that would not come out the same."""

import json
import random
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.ledger.verify import (
    DEPTH_MAX,
    INTEGER_MAX,
    LedgerError,
    MalformedEntry,
    canonical,
    encoded,
    parse_canonical,
)
from tests.ledger.published import published

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,39}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
SCALARS = st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)
AWKWARD = 'é日\u2028\u007f😀\ud7ff\ue000\uffff"\\/\b\f\n\r\t\x01\x1f'


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_three_encoders_agree(document: dict[str, Any]) -> None:
    try:
        ours = canonical(document)
    except MalformedEntry:  # deeper than entries go
        return
    assert ours == rfc8785.dumps(document)
    assert ours == json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert ours == msgspec.json.Encoder(order="sorted").encode(document)
    assert parse_canonical(ours, "document") == document


def random_value(chance: random.Random, depth: int) -> object:
    kind = chance.randrange(8 if depth < 5 else 6)
    if kind < 4:
        return "".join(chance.choice(AWKWARD + "abcXYZ 019") for _ in range(chance.randrange(12)))
    if kind == 4:
        return chance.randint(-INTEGER_MAX, INTEGER_MAX) >> chance.randrange(53)
    if kind == 5:
        return chance.choice([None, True, False])
    if kind == 6:
        return [random_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {
        chance.choice("abcXYZ") + chance.choice(["", "_", "-0", "Z"]): random_value(chance, depth + 1)
        for _ in range(chance.randrange(4))
    }


def test_three_encoders_agree_on_twenty_thousand_documents() -> None:
    chance = random.Random(8785)
    encoder = msgspec.json.Encoder(order="sorted")
    for _ in range(20_000):
        document: dict[str, Any] = {"a": random_value(chance, 1), "B": random_value(chance, 1)}
        assert canonical(document) == rfc8785.dumps(document) == encoder.encode(document)


def test_three_encoders_agree_on_awkward_text() -> None:
    document: dict[str, Any] = {f"n{number}": AWKWARD[:number] for number in range(len(AWKWARD) + 1)}
    assert canonical(document) == msgspec.json.Encoder(order="sorted").encode(document)


@pytest.mark.parametrize("name", ["arrays", "french", "structures"])
def test_the_vectors_of_rfc_8785_come_out(name: str) -> None:
    value = json.loads(published(f"jcs/input/{name}.json").read_text("utf-8"))
    expected = published(f"jcs/output/{name}.json").read_bytes()
    assert bytes.fromhex(published(f"jcs/outhex/{name}.txt").read_text()) == expected
    assert rfc8785.dumps(value) == expected
    if name == "structures":  # it holds a float, which entries may not
        with pytest.raises(MalformedEntry):
            canonical(value)
    else:
        assert encoded(value) == expected


def nested(depth: int) -> object:
    value: object = []
    for _ in range(depth - 1):
        value = [value]
    return value


BANNED: dict[str, object] = {
    "a float": {"a": 1.5},
    "a whole float": {"a": 1.0},
    "not a number": {"a": float("nan")},
    "infinity": {"a": float("inf")},
    "an integer too large": {"a": INTEGER_MAX + 1},
    "an integer too small": {"a": -INTEGER_MAX - 1},
    "a name that begins with a digit": {"1a": 1},
    "a name that begins with an underscore": {"_sd": []},
    "an empty name": {"": 1},
    "a name in other letters": {"é": 1},
    "a name with a line feed": {"a\n": 1},
    "a name of 41 characters": {"a" * 41: 1},
    "a name that is no text": {1: 1},
    "a name inside": {"a": [{"b": {"c d": 1}}]},
    "U+0000": {"a": "x\0y"},
    "a lone surrogate": {"a": "\ud800"},
    "a lone surrogate inside": {"a": [{"b": "\udfff"}]},
    "seven deep": nested(DEPTH_MAX + 1),
    "bytes": {"a": b"x"},
    "a set": {"a": {1}},
}


@pytest.mark.parametrize("value", BANNED.values(), ids=BANNED)
def test_what_no_entry_may_hold_is_refused(value: object) -> None:
    with pytest.raises(MalformedEntry):
        canonical(value)


@pytest.mark.parametrize(
    "value", [nested(DEPTH_MAX), INTEGER_MAX, -INTEGER_MAX, {"a" * 40: {"Z-_9": ""}}, {"a": [None, True, False, 0, -1]}]
)
def test_what_is_just_allowed_passes(value: object) -> None:
    assert parse_canonical(canonical(value), "value") == value


@pytest.mark.parametrize(
    "octets",
    [
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b' {"a":1}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":9007199254740993000}',
        b'{"a":' + b"9" * 5000 + b"}",
        rb'{"a":"\u0041"}',
        rb'{"a":"\/"}',
        rb'{"a":"\u001F"}',
        rb'{"a":"\u000a"}',
        rb'{"a":"\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        b"'a'",
        b"",
        b"[" * 30_000,
        b"[" * 5000 + b"]" * 5000,
        b'{"a":[1,]}',
    ],
)
def test_json_in_another_form_is_refused(octets: bytes) -> None:
    with pytest.raises(LedgerError):
        assert canonical(parse_canonical(octets, "value"))
