"""Rows looked at many at once: never a yes that `verify` would not give, and the same report as row by row."""

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.adapters.looking import FLAT_JSON
from casework.ledger.entry import leaf_hash
from casework.ledger.note import check_signature
from casework.ledger.plain import Plain
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import Content, Erased, HeldNote, Opened, Row
from casework.ledger.verify import LedgerError, parse_entry
from tests.ledger.given import HOME, ORIGIN, SIGNER, columns_of
from tests.ledger.recorded import BOOK, ROWS
from tests.ledger.test_canonical import NAMES, VALUES

HELD = [HeldNote("governor.txt", BOOK.checkpoints[1].note)]
SIZES = (1, 7, 64, 300)
COMMAND = "22222222-2222-4222-8222-222222222222"
STREAM = "3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001"
TIME = "2026-09-14T15:42:07.250000Z"
ONE, TWO = "A" * 42 + "A", "B" * 42 + "A"


def checked(rows: Sequence[Row], contents: Sequence[Content | None], size: int) -> tuple[RecordReport, int]:
    """Return the report of rows given in blocks of this size (0: one by one), and how many blocks were taken."""
    check = RecordCheck(HOME, SIGNER.keys, BOOK.checkpoints, held=HELD, with_content=True, check=check_signature)
    plain, taken = Plain(HOME, FLAT_JSON), 0
    for first in range(0, len(rows), size or len(rows)):
        some, theirs = rows[first : first + (size or len(rows))], contents[first : first + (size or len(rows))]
        block = plain.look(columns_of(some), theirs) if size else None
        if block is not None and check.take(block):
            taken += 1
            continue
        for row, content in zip(some, theirs, strict=True):
            check.add(row, content)
    return check.finish(), taken


def entry(data: str, *, type_name: str = "incident.reported.v1", version: int | str = 1, time: str = TIME) -> bytes:
    return (
        f'{{"data":{data},"id":"{STREAM}/{version}","source":"{ORIGIN}","specversion":"1.0","time":"{time}"'
        f',"type":"{type_name}"}}'
    ).encode("utf-8", errors="surrogatepass")


def row(octets: bytes, **columns: Any) -> Row:
    """Return a row of these bytes, whose leaf fits and whose columns say what is usual here."""
    usual = Row(2, STREAM, 1, "incident.reported.v1", TIME, COMMAND, octets, leaf_hash(octets))
    return usual._replace(**columns)


def surely_holds(*rows: Row) -> bool:
    return Plain(HOME, FLAT_JSON).look(columns_of(rows)) is not None


def data(**members: object) -> str:
    return json.dumps({"command": COMMAND, **members}, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("size", SIZES)
def test_a_record_in_blocks_has_the_report_of_one_row_by_row(size: int) -> None:
    alone, _ = checked(ROWS, BOOK.contents, 0)
    report, taken = checked(ROWS, BOOK.contents, size)
    assert report.as_json() == alone.as_json()
    assert report.holds
    assert taken == -(-len(ROWS) // size) - 1  # all but the one with the first entry, which is looked at alone


def test_what_was_erased_is_counted_alike() -> None:
    contents = [
        Erased(row.stream, 250) if isinstance(content, Opened) and row.stream == ROWS[3].stream else content
        for row, content in zip(ROWS, BOOK.contents, strict=True)
    ]
    alone, _ = checked(ROWS, contents, 0)
    report, taken = checked(ROWS, contents, 7)
    assert report.as_json() == alone.as_json()
    assert report.erased > 10
    assert taken > 40


def altered(chance: random.Random) -> tuple[list[Row], list[Content | None]]:
    """Return the record with one thing altered, removed, doubled or moved."""
    rows, contents = list(ROWS), list(BOOK.contents)
    at = chance.randrange(1, len(rows))
    kind = chance.randrange(9)
    found = rows[at]
    octets = bytearray(found.entry)
    octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
    if kind == 0:
        rows[at] = found._replace(entry=bytes(octets))
    elif kind == 1:
        rows[at] = found._replace(entry=bytes(octets), leaf=leaf_hash(bytes(octets)))
    elif kind == 2:
        rows[at] = found._replace(leaf=bytes(32))
    elif kind == 3:
        column = chance.choice(["stream", "version", "type", "time", "command"])
        rows[at] = found._replace(**{column: getattr(rows[(at + 1) % len(rows)], column)})
    elif kind == 4:
        del rows[at], contents[at]
    elif kind == 5:
        rows.insert(at, found)
        contents.insert(at, contents[at])
    elif kind == 6:
        other = chance.randrange(1, len(rows))
        rows[at], rows[other] = rows[other], rows[at]
        contents[at], contents[other] = contents[other], contents[at]
    elif kind == 7:
        contents[at] = contents[chance.randrange(1, len(rows))]
    else:
        first = row(found.entry.replace(b"2026-09-01", b"2026-08-01"))
        rows[at] = found._replace(entry=first.entry, leaf=first.leaf, time=found.time.replace("09-01", "08-01"))
    return rows, contents


def test_whatever_is_altered_a_record_in_blocks_has_the_report_of_one_row_by_row() -> None:
    chance = random.Random(20261126)
    broken = 0
    for _ in range(150):
        rows, contents = altered(chance)
        alone, _ = checked(rows, contents, 0)
        report, _ = checked(rows, contents, chance.choice(SIZES))
        assert report.as_json() == alone.as_json()
        broken += not alone.holds
    assert broken > 120


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_entries_of_any_data_are_known_to_hold_only_if_they_do(members: dict[str, Any]) -> None:
    octets = entry(data(**{**members, "command": COMMAND}))
    try:
        parse_entry(octets)
        holds = True
    except LedgerError:
        holds = False
    assert surely_holds(row(octets)) == holds


@pytest.mark.parametrize(
    "said",
    [
        data(post_no=7, is_open=True, note=None, clauses=["P10", "é"], nested={"on": "2026"}),
        data(_sd=[ONE, TWO], _sd_alg="sha-256"),
        data(quoted='"\\\n'),
    ],
)
def test_what_an_entry_may_hold_is_known_to_hold(said: str) -> None:
    assert surely_holds(row(entry(said)))


@pytest.mark.parametrize(
    "said",
    [
        data(half=0.5),
        f'{{"command":"{COMMAND}","one":1.0}}',
        f'{{"command":"{COMMAND}","one":1e2}}',
        f'{{"command":"{COMMAND}","one":-0}}',
        data(large=2**53),
        data(larger=2**70),
        data(larger=[2**70]),
        data(nothing="\0"),
        f'{{"command":"{COMMAND}","half":"\\ud800"}}',
        f'{{"command":"{COMMAND}","half":"\ud800"}}',
        f'{{"command":"{COMMAND}","letter":"\\u0041"}}',
        f'{{"command":"{COMMAND}","spaced": 1}}',
        f'{{"command":"{COMMAND}","command":"{COMMAND}"}}',
        f'{{"zoo":1,"command":"{COMMAND}"}}',
        data(**{"with space": 1}),
        data(_under=1),
        data(_sd_alg="sha-256"),
        data(_sd=[], _sd_alg="sha-256"),
        data(_sd=[""], _sd_alg="sha-256"),
        data(_sd=[ONE, ""], _sd_alg="sha-256"),
        data(_sd=["", ONE], _sd_alg="sha-256"),
        data(_sd=[[ONE]], _sd_alg="sha-256"),
        data(_sd=[ONE], _sd_alg="sha-512"),
        data(_sd=[ONE]),
        data(_sd=[TWO, ONE], _sd_alg="sha-256"),
        data(_sd=[ONE, ONE], _sd_alg="sha-256"),
        data(_sd=[ONE[:-1]], _sd_alg="sha-256"),
        data(_sd=[ONE[:-1] + "B"], _sd_alg="sha-256"),
        data(_sd=[ONE[:-1] + "=", TWO], _sd_alg="sha-256"),
        data(_sd=[f"{ONE},{TWO}"], _sd_alg="sha-256"),
        data(_sd=[ONE, 7], _sd_alg="sha-256"),
        data(_sd=ONE, _sd_alg="sha-256"),
        f'{{"_sd":["{ONE}"],"_sd_alg":"sha-256","Upper":1,"command":"{COMMAND}"}}',
        data(deep={"a": {"b": {"c": {"d": {"e": {}}}}}}),
        "[]",
        '"text"',
    ],
)
def test_what_no_entry_may_hold_is_never_known_to_hold(said: str) -> None:
    octets = entry(said)
    with pytest.raises(LedgerError):
        parse_entry(octets)
    good = row(entry(data(post_no=1)))
    assert surely_holds(good)
    assert not surely_holds(good, row(octets, position=3, version=2))
    assert not surely_holds(row(octets))


@pytest.mark.parametrize(
    ("members", "columns"),
    [
        ({"version": 0}, {"version": 0}),
        ({"version": 10**10}, {"version": 10**10}),
        ({"time": "2026-02-30T15:42:07.250000Z"}, {"time": "2026-02-30T15:42:07.250000Z"}),
        ({"time": "2026-09-14 15:42:07.250000Z"}, {"time": "2026-09-14 15:42:07.250000Z"}),
        ({"time": "2026-W38-1T15:42:07.250000Z"}, {"time": "2026-W38-1T15:42:07.250000Z"}),
        ({"type_name": "incident.Reported.v1"}, {"type": "incident.Reported.v1"}),
        ({}, {"stream": STREAM.upper()}),
        ({}, {"command": STREAM}),
        ({}, {"version": 2}),
        ({}, {"leaf": bytes(32)}),
    ],
)
def test_columns_of_another_form_or_content_are_never_known_to_hold(
    members: dict[str, Any], columns: dict[str, Any]
) -> None:
    assert not surely_holds(row(entry(data(), **members), **columns))


def test_rows_with_a_position_between_are_never_known_to_hold() -> None:
    octets = entry(data(), version=2)
    assert not surely_holds(row(entry(data())), row(octets, position=4, version=2))


def test_the_keys_that_entries_change_or_erase_are_looked_at_alone() -> None:
    for type_name in ("record.key-rotated.v1", "incident.erased.v1"):
        assert not surely_holds(row(entry(data(), type_name=type_name), type=type_name))


def test_digests_behind_a_name_that_sorts_before_them_are_looked_at_alone() -> None:
    """They are not where digests are looked for, and would pass for none where sealed parts are opened."""
    octets = entry(data(Upper=1, _sd=[ONE], _sd_alg="sha-256"))
    assert parse_entry(octets).sd == (ONE,)
    assert not surely_holds(row(octets))
    assert Plain(HOME, FLAT_JSON).look(columns_of([row(octets)]), [None]) is None


def test_lines_of_data_stand_for_one_entry_each() -> None:
    """What one entry lacks is not made up for by what another has too much."""
    one, two = row(entry(data(post_no=1))), row(entry(data(post_no=2)), position=3, version=2)
    lacking = one.entry.replace(b'"post_no":1}', b'"post_no":1')
    halves = [entry(f'{{"command":"{COMMAND}"}}\n{{"command":"{COMMAND}"}}'), lacking]
    assert surely_holds(one, two._replace(entry=entry(data(), version=2), leaf=leaf_hash(entry(data(), version=2))))
    for octets in halves:
        assert not surely_holds(one, two, row(octets, position=4, version=3))
        assert not surely_holds(row(octets), two)


@pytest.mark.parametrize("said", [data(nested={"on": "2026"}), data(said='"'), data(new_here=1)])
def test_an_entry_that_is_read_as_everywhere_else_stands_among_others(said: str) -> None:
    rows = [row(entry(data(), version=at - 1), position=at, version=at - 1) for at in range(2, 252)]
    odd = row(entry(said, version=120), position=121, version=120)
    assert surely_holds(*rows[:119], odd, *rows[120:])
    other = odd.entry.replace(COMMAND.encode(), STREAM.encode())
    assert not surely_holds(*rows[:119], odd._replace(entry=other, leaf=leaf_hash(other)), *rows[120:])
