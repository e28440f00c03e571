"""What /ledger serves is enough, from nothing, to compute the root that is signed and to check each entry's proof."""

import gzip
import re
import struct
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from http import HTTPStatus
from typing import Any

import psycopg
import pytest

from casework.ledger.note import check_signature
from casework.ledger.verify import check_consistency, check_proof, open_checkpoint, parse_consistency, parse_vkey
from tests.api.fix_first_school import Played, rowan_lane
from tests.api.served_tree import ANYBODY, BUNDLES, FIRST, ORIGIN, SIZE, Served
from tests.fix_postgres import Database

IMMUTABLE = "private, max-age=31536000, immutable"
TEXT, OCTETS = "text/plain; charset=utf-8", "application/octet-stream"


@pytest.fixture(scope="module")
def served(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with rowan_lane(module_database, tmp_path_factory.mktemp("served")) as school:
        yield Served(school)


def signed(note: str) -> tuple[int, bytes]:
    _, size, root = note.splitlines()[:3]
    return int(size), b64decode(root)


def parts(octets: bytes) -> Iterator[bytes]:
    """Yield the entries of a bundle, read as the standard says."""
    while octets:
        (length,) = struct.unpack(">H", octets[:2])
        yield octets[2 : 2 + length]
        octets = octets[2 + length :]


def root_of(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def test_from_nothing_the_root_is_rebuilt_and_every_entry_proved(served: Served) -> None:
    note = served.get("checkpoint").text
    size, root = signed(note)
    assert size == SIZE
    entries = [entry for path in BUNDLES for entry in parts(served.octets(f"tile/entries/{path}"))]
    leaves = [sha256(b"\x00" + entry).digest() for entry in entries]
    assert (len(leaves), root_of(leaves)) == (SIZE, root)
    assert b"".join(served.octets(f"tile/0/{path}") for path in BUNDLES) == b"".join(leaves)
    above = [root_of(leaves[:256]), root_of(leaves[256:512])]
    assert served.octets("tile/1/000.p/2") == b"".join(above)
    keys = [parse_vkey(line) for line in served.get("key").text.split()]
    for position, leaf in enumerate(leaves, 1):
        answer = served.get(f"proof/{position}", ANYBODY[position % 4])
        index, under = check_proof(answer.text, leaf, keys, ORIGIN, check=check_signature)
        assert (index, under.size, under.root) == (position - 1, SIZE, root)
    index, under = check_proof(served.get(f"proof/7?size={FIRST}").text, leaves[6], keys, ORIGIN)
    assert (index, under.size) == (6, FIRST)


@pytest.mark.parametrize("path", [f"consistency/{FIRST}", f"consistency/{FIRST}/{SIZE}"])
def test_a_checkpoint_is_shown_to_continue_an_older_one(served: Served, path: str) -> None:
    keys = [parse_vkey(line) for line in served.get("key").text.split()]
    shown = parse_consistency(served.get(path).text)
    new = open_checkpoint(shown.note, keys, ORIGIN)
    _, old_root = signed(served.get(f"checkpoint/{FIRST}").text)
    assert (shown.old, new.size) == (FIRST, SIZE)
    check_consistency(FIRST, SIZE, shown.hashes, old_root, new.root)


@pytest.mark.parametrize(
    ("path", "content_type", "cache"),
    [
        ("checkpoint", TEXT, "no-cache"),
        (f"checkpoint/{SIZE}", TEXT, IMMUTABLE),
        ("tile/0/000", OCTETS, IMMUTABLE),
        ("tile/0/002.p/18", OCTETS, IMMUTABLE),
        ("tile/0/000.p/9", OCTETS, IMMUTABLE),
        ("tile/1/000.p/2", OCTETS, IMMUTABLE),
        ("tile/entries/001", OCTETS, IMMUTABLE),
        ("tile/entries/000.p/9", OCTETS, IMMUTABLE),
        ("proof/1", TEXT, "no-cache"),
        (f"proof/1?size={SIZE}", TEXT, IMMUTABLE),
        (f"consistency/{FIRST}", TEXT, "no-cache"),
        (f"consistency/{FIRST}/{SIZE}", TEXT, IMMUTABLE),
        ("key", TEXT, "no-cache"),
    ],
)
def test_each_answer_says_what_it_is_and_how_long_it_may_be_kept(
    served: Served, path: str, content_type: str, cache: str
) -> None:
    answer = served.get(path)
    found = (answer.status_code, answer.content_type, answer.headers["Cache-Control"])
    assert found == (HTTPStatus.OK, content_type, cache)
    for by in ANYBODY:
        expected = HTTPStatus.FORBIDDEN if "entries" in path else HTTPStatus.OK
        assert served.get(path, by).status_code == expected


@pytest.mark.parametrize(
    "path",
    ["tile/00/000", "tile/64/000", "tile/x/000", "tile/-1/000", "tile/0/0", "tile/0/x000/001", "tile/0/000.p/0",
     "tile/0/000.p/256", "tile/0/000.p/", "tile/0/x001", "tile/entries/1", "tile/entries/000.p/01", "tile/0/001/000",
     "proof/0", "proof/-1", "proof/+1", "proof/x", "proof/007", "proof/1.0", "proof/\u0661", f"proof/{'9' * 41}",
     "checkpoint/0", "checkpoint/0260", "checkpoint/\u0662\u0666\u0660", "checkpoint/260 ",
     "consistency/0", "consistency/01", "consistency/260/0530", "consistency/x/530"],
)  # fmt: skip
def test_an_address_in_another_form_is_malformed(served: Served, path: str) -> None:
    answer = served.get(path)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert "expected a" in answer.json["detail"]


@pytest.mark.parametrize(
    "path",
    ["tile/0/002", "tile/0/002.p/19", "tile/0/003.p/1", "tile/1/000", "tile/1/000.p/3", "tile/2/000.p/1",
     "tile/7/000.p/1", "tile/63/x999/x999/x999/x999/x999/999", "tile/entries/002.p/19", "tile/entries/x999/999",
     f"proof/{SIZE + 1}", f"proof/{2**70}", f"proof/{'9' * 40}", f"consistency/{SIZE + 1}", f"consistency/{2**70}"],
)  # fmt: skip
def test_past_the_latest_checkpoint_there_is_nothing_and_its_size_is_named(served: Served, path: str) -> None:
    answer = served.get(path)
    assert (answer.status_code, answer.json["size"]) == (404, SIZE)


@pytest.mark.parametrize(
    ("path", "member", "expected"),
    [
        ("checkpoint/300", "nearest", [FIRST, SIZE]),
        ("checkpoint/1", "nearest", [FIRST]),
        (f"checkpoint/{2**70}", "nearest", [SIZE]),
        ("proof/1?size=300", "nearest", [FIRST, SIZE]),
        (f"proof/{FIRST + 1}?size={FIRST}", "size", FIRST),
        ("consistency/300", "nearest", [FIRST, SIZE]),
        ("consistency/1/300", "nearest", [FIRST, SIZE]),
        (f"consistency/{SIZE}/{FIRST}", "size", FIRST),
        (f"consistency/1/{2**70}", "nearest", [SIZE]),
    ],
)
def test_of_a_size_that_was_never_signed_the_nearest_are_named(
    served: Served, path: str, member: str, expected: Any
) -> None:
    answer = served.get(path)
    assert (answer.status_code, answer.json[member]) == (404, expected)


@pytest.mark.parametrize("size", ["0", "x", "", "-7", "%2B7", "07", "7.0", "7e0", "%207", "7_0", "%D9%A7"], ids=repr)
def test_a_size_has_one_form_as_in_a_path(served: Served, size: str) -> None:
    answer = served.get(f"proof/1?size={size}")
    assert answer.status_code == 422
    [fault] = answer.json["errors"]
    assert (fault["in"], fault["pointer"]) == ("query", "/size")
    assert fault["expected"] == "a size in digits, from 1 and without leading zeros, such as 1234067"
    assert served.get(f"proof/1?size={2**53}").status_code == 422


@pytest.mark.parametrize(
    ("accepted", "is_packed"), [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("br", False)]
)
def test_entries_are_packed_for_whoever_takes_that(served: Served, accepted: str, is_packed: bool) -> None:  # noqa: FBT001 - a column
    plain = served.octets("tile/entries/001")
    answer = served.get("tile/entries/001", **{"Accept-Encoding": accepted})
    assert (answer.headers.get("Content-Encoding") == "gzip", answer.headers["Vary"]) == (is_packed, "Accept-Encoding")
    assert (gzip.decompress(answer.data) if is_packed else answer.data) == plain
    if is_packed:
        assert len(answer.data) < len(plain)


def test_nothing_personal_stands_in_any_answer_but_the_entries(served: Served) -> None:
    for path in ("checkpoint", "proof/5", "key"):
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|u-head|Ellery", served.get(path).text)


def test_of_a_record_that_was_never_signed_nothing_is_shown(school: Played) -> None:
    for path in ("tile/0/000.p/1", "tile/entries/000.p/1", "proof/1"):
        answer = school.get("u-audit", f"/ledger/{path}")
        assert (answer.status_code, answer.json["size"]) == (404, 0)


def test_an_altered_leaf_is_not_proved(school: Played, database: Database) -> None:
    school.post("u-mis", "/ledger/checkpoint", None)
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("ALTER TABLE school_rowan.event DISABLE TRIGGER USER")
        connection.execute("UPDATE school_rowan.event SET leaf = sha256('other') WHERE position = 2")
    for path in ("proof/1", "proof/2"):
        answer = school.get("u-audit", f"/ledger/{path}")
        assert (answer.status_code, answer.json["type"].rpartition(":")[2]) == (500, "not-whole")
