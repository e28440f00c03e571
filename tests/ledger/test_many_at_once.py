"""Rows looked at many at once: a yes is only ever said of rows of which one by one the same would come out."""

import json
import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from casework.adapters.looking import FLAT_JSON
from casework.ledger.entry import leaf_hash
from casework.ledger.note import check_signature
from casework.ledger.plain import Plain
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import Content, HeldNote, Opened, Row, joined_commands
from tests.ledger.given import HOME, SIGNER, book, columns_of, salt_key, stream

BOOK = book(60, every=20)
ROWS = BOOK.rows()
HELD = HeldNote("kept.txt", BOOK.checkpoints[1].note)
POSITIONS = [row.position for row in ROWS]
COMMANDS = [joined_commands([row.command for row in ROWS], POSITIONS, POSITIONS)]
TRIES = 1500

VALUES = (
    b"1.0", b"-0", b"1e2", b"null", b"true", b'"x"', b"[1,2]", b"[[1]]", b'{"a":1}', b"9007199254740992", b"[null]",
    b'"\\u0041"', b'"\\n"', b'"\xc3\xa9"', b'"\xff"', b'"\x01"', b'"\x7f"', b'"\xe2\x80\xa8"', b"[]", b"{}", b'""',
    b" 1", b'"\\ud800"', b'"\\u0000"', b"NaN", b"01", b'"\\/"', b"[1.5]", b"[ 1]", b'"\xed\xa0\x80"', b"[[[[[[1]]]]]]",
)  # fmt: skip
NAMES = (
    b"aa",
    b"zz",
    b"Z",
    b"_x",
    b"_sd",
    b"_sd_alg",
    b"command",
    b"method",
    b"a b",
    b"1a",
    b"",
    b"a" * 41,
    b"\xc3\xa9",
)
DATA, END = b'{"data":{', b'},"id":'


def flip(chance: random.Random, entry: bytes) -> bytes:
    """Change a bit."""
    at = chance.randrange(len(entry))
    return entry[:at] + bytes([entry[at] ^ 1 << chance.randrange(8)]) + entry[at + 1 :]


def put_in(chance: random.Random, entry: bytes) -> bytes:
    """Put a character in, or take one out."""
    at = chance.randrange(len(entry))
    return entry[:at] + chance.choice([b" ", b'"', b",", b"{", b"]", b"\\", b"\n", b"0", b""]) + entry[at + 1 :]


def set_member(chance: random.Random, entry: bytes) -> bytes:
    """Give a member of `data` another value, or add one, mostly where it belongs."""
    begin, end = entry.index(DATA) + len(DATA), entry.index(END)
    data = json.loads(entry)["data"]
    members = [(name.encode(), json.dumps(value, separators=(",", ":")).encode()) for name, value in data.items()]
    at = chance.randrange(len(members))
    if chance.random() < 0.5:
        members[at] = members[at][0], chance.choice(VALUES)
    else:
        members.insert(at, (chance.choice(NAMES), chance.choice(VALUES)))
    if chance.random() < 0.8:
        members.sort()
    return entry[:begin] + b",".join(b'"%b":%b' % member for member in members) + entry[end:]


def set_digests(chance: random.Random, entry: bytes) -> bytes:
    """Put other digests in."""
    digests = json.loads(entry)["data"].get("_sd", ["", ""])
    one, other = digests[0], digests[-1]
    others = chance.choice(
        [
            [other, one],
            [one],
            [one, one],
            [f"{one},{other}"],
            [f"{one}A", other],
            [one[:-1] + "B"],
            [one[:-1], other],
            [],
        ]
    )
    before, after = (b'"_sd":' + json.dumps(each, separators=(",", ":")).encode() for each in (digests, others))
    return entry.replace(before, after)


def set_rest(chance: random.Random, entry: bytes) -> bytes:
    """Change what stands around `data`."""
    before, after = chance.choice(
        [(b"2026-09-01T08", time) for time in (b"2026-02-30T08", b"2026-09-01T24", b"0000-09-01T08", b"2020-09-01T08")]
        + [(b'/1"', b'/01"'), (b'"1.0"', b'"1.1"'), (b'.v1"}', b'.v2"}'), (b"rowan-lane", b"elm-lane")]
        + [(b'"}', b'","x":1}'), (b'{"data"', b'{ "data"'), (b'"sha-256"', b'"sha-512"'), (b'"id"', b'"Id"')]
    )
    return entry.replace(before, after)


CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (flip, put_in, set_member, set_digests, set_rest)


def changed(chance: random.Random, row: Row) -> Row:
    """Change an entry, mostly with its leaf and its columns; or a column alone."""
    if chance.random() < 0.15:
        other = chance.choice(ROWS)
        name = chance.choice(["stream", "version", "type", "time", "command", "position"])
        return row._replace(**{name: getattr(other, name)})
    entry = chance.choice(CHANGES)(chance, row.entry)
    made = row._replace(entry=entry, leaf=leaf_hash(entry) if chance.random() < 0.95 else row.leaf)
    try:
        event = json.loads(entry)
        own, version = event["id"].split("/")
        columns = (own, int(version), event["type"], event["time"], str(event["data"].get("command")))
        return Row(row.position, *columns, entry, made.leaf) if chance.random() < 0.9 else made
    except (ValueError, KeyError, TypeError, AttributeError):
        return made


def check(rows: list[Row], contents: list[Content | None], cuts: list[int] | None = None) -> tuple[RecordReport, int]:
    """Check rows one by one, or cut into blocks; return how many blocks were taken as well."""
    checking = RecordCheck(
        HOME, SIGNER.keys, BOOK.checkpoints, held=[HELD], with_content=True, commands=COMMANDS, check=check_signature
    )
    plain, taken = Plain(HOME, FLAT_JSON), 0
    for first, end in pairwise([0, *(cuts or []), len(rows)]):
        block = plain.look(columns_of(rows[first:end]), contents[first:end]) if cuts is not None else None
        if block is not None and checking.take(block):
            taken += 1
            continue
        for row, content in zip(rows[first:end], contents[first:end], strict=True):
            checking.add(row, content)
    return checking.finish(), taken


@pytest.mark.parametrize("seed", range(2))
def test_many_at_once_say_what_one_by_one_does(seed: int) -> None:
    chance, blocks, held = random.Random(seed), 0, 0
    for _ in range(TRIES // 2):
        rows, contents = list(ROWS), list(BOOK.contents)
        at = chance.randrange(1, len(rows))
        if chance.random() < 0.9:
            rows[at] = changed(chance, rows[at])
        else:
            other = Opened({"account": "other", "concern_response": None}, salt_key(stream("case 3")))
            contents[at] = chance.choice([None, other, chance.choice(BOOK.contents)])
        cuts = sorted(chance.sample(range(1, len(rows)), chance.randint(1, 9)))
        (one_by_one, _), (many, taken) = check(rows, contents), check(rows, contents, cuts)
        assert many.lines() == one_by_one.lines()
        assert (many.root, many.size, many.signed_size) == (one_by_one.root, one_by_one.size, one_by_one.signed_size)
        blocks, held = blocks + taken, held + one_by_one.holds
    assert blocks > TRIES
    assert 0 < held < TRIES // 4


def test_a_record_that_nobody_touched_is_taken_in_blocks_but_for_the_first() -> None:
    report, taken = check(ROWS, list(BOOK.contents), [1, 20, 33, 59])
    assert (report.holds, taken) == (True, 4), report.lines()


def test_an_entry_cut_off_behind_its_digests_is_no_plain_one() -> None:
    """Its columns still say how it ends: nothing is left where a name has to follow."""
    mark = b'"_sd_alg":"sha-256","'
    at, row = next((at, row) for at, row in enumerate(ROWS) if at > 1 and mark in row.entry)
    head, _, rest = row.entry.partition(mark)
    entry = head + mark + rest[rest.index(END) + 1 :]
    cut = row._replace(entry=entry, leaf=leaf_hash(entry))
    plain = Plain(HOME, FLAT_JSON)
    assert plain.look(columns_of([ROWS[at - 1], row])) is not None  # so that its type is known
    assert plain.look(columns_of([ROWS[at - 1], cut])) is None
    report, _ = check([*ROWS[:at], cut, *ROWS[at + 1 :]], list(BOOK.contents), [1, 30])
    assert any(error.where.startswith(f"entry {at + 1} (") for level in report.levels for error in level.errors)
