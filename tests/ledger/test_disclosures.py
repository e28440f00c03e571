"""Disclosures: each opens one digest of one entry, once; no message ever tells a value."""

import json

import pytest

from casework.ledger.entry import build, digest, disclosures
from casework.ledger.verify import (
    LedgerError,
    MalformedEntry,
    NotDisclosed,
    base64url,
    check_digests,
    disclosure_digests,
    encoded,
    open_disclosures,
    parse_disclosure,
    parse_entry,
)
from tests.ledger.given import OPENED, ORIGIN, PERSONAL, salt_key, stream
from tests.ledger.published import read

CASE = stream("case")
KEY = salt_key(CASE)
VALUES = {"account": f"{PERSONAL} did", "concern_response": None, "people": [{"name": PERSONAL}]}
ENTRY = parse_entry(
    build(
        origin=ORIGIN,
        stream=CASE,
        version=3,
        type_name="incident.parent-contacted.v1",
        time=OPENED,
        data={"party": "P1"},
        sealed=VALUES,
        salt_key=KEY,
    ).entry
)
TOLD = disclosures(KEY, CASE, 3, VALUES)


def made(salt: object, name: object, value: object) -> str:
    return base64url(encoded([salt, name, value]))


def test_the_digest_is_that_of_rfc_9901() -> None:
    said = read("sdjwt/disclosure.json")
    assert digest(said["disclosure"]) == said["sha256_b64url"]
    assert base64url(json.dumps(said["decoded"], ensure_ascii=False).encode()) == said["disclosure"]


def test_digests_of_several_are_those_of_each() -> None:
    for count in range(5):
        told = [f"disclosure {number}" for number in range(count)]
        assert disclosure_digests([each.encode() for each in told]) == [digest(each) for each in told]


def test_disclosures_open_what_they_are_for() -> None:
    assert open_disclosures(ENTRY, TOLD.values()) == VALUES
    assert open_disclosures(ENTRY, [TOLD["account"]]) == {"account": VALUES["account"]}
    assert open_disclosures(ENTRY, []) == {}


def test_a_disclosure_given_twice_is_refused() -> None:
    with pytest.raises(NotDisclosed):
        open_disclosures(ENTRY, [TOLD["account"], TOLD["account"]])


def test_a_disclosure_of_another_version_is_refused() -> None:
    with pytest.raises(NotDisclosed):
        open_disclosures(ENTRY, disclosures(KEY, CASE, 4, VALUES).values())


def test_each_character_of_a_disclosure_counts() -> None:
    text = TOLD["account"]
    for place in range(len(text)):
        spoilt = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(NotDisclosed) as refused:
            open_disclosures(ENTRY, [spoilt])
        assert PERSONAL not in str(refused.value)


@pytest.mark.parametrize("text", ["", "é", "!!", PERSONAL, TOLD["account"] + "=", TOLD["account"] + "\n"])
def test_what_is_no_disclosure_is_refused(text: str) -> None:
    with pytest.raises(NotDisclosed):
        open_disclosures(ENTRY, [text])


SALT = base64url(b"s" * 16)


@pytest.mark.parametrize(
    "text",
    [
        made(base64url(b"s" * 15), "name", PERSONAL),
        made(base64url(b"s" * 16) + "=", "name", PERSONAL),
        made(1, "name", PERSONAL),
        made(SALT, "no name", PERSONAL),
        made(SALT, 1, PERSONAL),
        made(SALT, "name", {"_x": PERSONAL}),
        made(SALT, "name", [[[[[[PERSONAL]]]]]]),
        base64url(encoded([SALT, "name"])),
        base64url(encoded({"name": PERSONAL})),
        base64url(json.dumps([SALT, "name", PERSONAL]).encode()),
        base64url(PERSONAL.encode()),
        base64url(b"\xff"),
    ],
)
def test_a_malformed_disclosure_is_refused_even_if_its_digest_fits(text: str) -> None:
    entry = ENTRY._replace(sd=(digest(text),))
    with pytest.raises(MalformedEntry) as refused:
        open_disclosures(entry, [text])
    assert PERSONAL not in str(refused.value)


def test_a_disclosure_may_not_name_a_public_field() -> None:
    text = made(SALT, "party", "P2")
    with pytest.raises(MalformedEntry):
        open_disclosures(ENTRY._replace(sd=(digest(text),)), [text])


def test_two_disclosures_may_not_name_one_field() -> None:
    texts = [made(SALT, "name", 1), made(base64url(b"t" * 16), "name", 2)]
    with pytest.raises(MalformedEntry):
        open_disclosures(ENTRY._replace(sd=tuple(map(digest, texts))), texts)


def test_a_disclosure_shows_no_value_in_a_traceback() -> None:
    assert PERSONAL not in repr(parse_disclosure(TOLD["account"]))


def test_values_give_exactly_the_digests() -> None:
    check_digests(ENTRY, VALUES, KEY)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({**VALUES, "account": f"{PERSONAL} did not"}, "account"),
        ({**VALUES, "concern_response": ""}, "concern_response"),
        ({**VALUES, "more": PERSONAL}, "more"),
        ({name: value for name, value in VALUES.items() if name != "people"}, "2"),
        ({**VALUES, "account": 1.5}, "account"),
        ({}, "0"),
    ],
)
def test_other_values_are_named_by_field_never_by_value(values: dict[str, object], named: str) -> None:
    with pytest.raises(LedgerError) as refused:
        check_digests(ENTRY, values, KEY)
    assert named in str(refused.value)
    assert PERSONAL not in str(refused.value)


def test_values_under_another_key_are_refused() -> None:
    with pytest.raises(NotDisclosed):
        check_digests(ENTRY, VALUES, salt_key(stream("other case")))
