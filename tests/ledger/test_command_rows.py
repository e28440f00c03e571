"""The table of commands beside the entries: every command has its row, of exactly its entries; no row says more."""

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest

from casework.adapters.looking import FLAT_JSON
from casework.ledger.entry import leaf_hash
from casework.ledger.note import check_signature
from casework.ledger.plain import Plain
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import CommandRow, Commands, Row, joined_commands
from tests.ledger.given import HOME, SIGNER, columns_of
from tests.ledger.recorded import ROWS, broken, level

ENTRIES = ROWS[:40]
DONE = [CommandRow(row.command, row.position, row.position) for row in ENTRIES]
OTHER = "00000000-0000-4000-8000-000000000000"


def parts(commands: Sequence[CommandRow], each: int = 7) -> Iterator[Commands]:
    """Yield rows of the table as they are read: many at a time."""
    for begin in range(0, len(commands), each):
        keys, firsts, lasts = zip(*commands[begin : begin + each], strict=True)
        yield joined_commands(keys, firsts, lasts)


def check(
    commands: Sequence[CommandRow] | None, rows: Sequence[Row] = ENTRIES, cuts: Sequence[int] = (), each: int = 7
) -> RecordReport:
    """Check entries one by one, or from the first cut on those up to each next one at once; rows so many at a time."""
    given = None if commands is None else parts(commands, each)
    checking = RecordCheck(HOME, SIGNER.keys, [], commands=given, check=check_signature)
    for row in rows[: cuts[0] if cuts else len(rows)]:
        checking.add(row)
    plain = Plain(HOME, FLAT_JSON)
    for begin, end in pairwise([*cuts, len(rows)] if cuts else []):
        block = plain.look(columns_of(rows[begin:end]))
        assert block is not None
        assert checking.take(block)
    return checking.finish()


def said(report: RecordReport) -> list[str]:
    assert broken(report) == {"order"}
    return [str(error) for error in level(report, "order").errors]


def test_they_hold_and_are_counted() -> None:
    report = check(DONE)
    assert broken(report) == set()
    assert level(report, "order").summary.endswith("; 40 commands, each with its row")
    assert level(check(None), "order").summary.endswith("; commands not run: their table is not at hand")


def recorded_by(*commands: CommandRow) -> list[Row]:
    """Return the entries, those of each of these commands recorded by it."""
    rows = list(ENTRIES)
    for key, first, last in commands:
        for index in range(first - 1, last):
            entry = rows[index].entry.replace(rows[index].command.encode(), key.encode())
            rows[index] = rows[index]._replace(command=key, entry=entry, leaf=leaf_hash(entry))
    return rows


def test_entries_of_one_command_are_one_row() -> None:
    key = ENTRIES[9].command
    rows = recorded_by(CommandRow(key, 10, 12))
    whole = [*DONE[:9], CommandRow(key, 10, 12), *DONE[12:]]
    assert broken(check(whole, rows)) == set()
    apart = [*DONE[:9], CommandRow(key, 10, 10), CommandRow(key, 11, 12), *DONE[12:]]
    first, second = said(check(apart, rows))
    assert first.startswith("entries 10 to 12: row in the table command: expected")
    assert second.startswith(f"row in the table command of {key}: expected one whose entries name it")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda done: done[:4] + done[5:], ["entry 5: row in the table command"]),
        (lambda done: done[:-1], ["entry 40: row in the table command"]),
        (lambda done: done[1:], ["entry 1: row in the table command"]),
        (lambda _done: [], [f"entry {position}: row" for position in range(1, 21)]),
        (lambda done: [*done, CommandRow(OTHER, 41, 42)], [f"row in the table command of {OTHER}"]),
        (lambda done: [CommandRow(OTHER, 0, 0), *done], [f"row in the table command of {OTHER}"]),
        (lambda done: [*done[:5], CommandRow(OTHER, 5, 5), *done[5:]], [f"row in the table command of {OTHER}"]),
        (lambda done: [*done[:4], done[4]._replace(last=6), *done[5:]], ["entry 5: row in the table command"]),
        (lambda done: [*done[:4], done[4]._replace(key=OTHER), *done[5:]], ["entry 5: row in the table command"]),
    ],
)
def test_each_row_that_is_missing_or_says_anything_else_is_named(
    change: Callable[[list[CommandRow]], list[CommandRow]], expected: list[str]
) -> None:
    found = said(check(change(list(DONE))))
    assert len(found) == len(expected)
    assert all(one.startswith(other) for one, other in zip(found, expected, strict=True)), found


def test_rows_are_read_as_they_are_needed() -> None:
    read: list[int] = []

    def rows() -> Iterator[Commands]:
        for row in DONE:
            read.append(row.first)
            yield from parts([row])

    checking = RecordCheck(HOME, SIGNER.keys, [], commands=rows(), check=check_signature)
    for row in ENTRIES[:20]:
        checking.add(row)
    assert read == list(range(1, 20))  # the command of the last may go on


LONG = CommandRow(ENTRIES[17].command, 18, 23)
RUNS = [*DONE[:17], LONG, *DONE[23:]]
"""Of these, blocks from 1, 10, 20 and 30 on have one that goes on from the second to the third, and a last part."""
CUTS = (1, 10, 20, 30, 37)


def altered(commands: list[CommandRow], at: int) -> Iterator[list[CommandRow]]:
    """Yield the table with one row altered, missing or too many there."""
    row = commands[at]
    for other in (
        [row._replace(key=OTHER)],
        [row._replace(first=row.first + 1)],
        [row._replace(first=row.first - 1)],
        [row._replace(last=row.last + 1)],
        [row._replace(last=row.last - 1)],
        [row._replace(first=-(2**63), last=2**63 - 1)],
        [],
        [CommandRow(OTHER, row.first, row.last), row],
        [row, CommandRow(OTHER, row.first, row.last)],
        [row, row._replace(key=OTHER, first=row.last, last=row.last)],
    ):
        yield sorted([*commands[:at], *other, *commands[at + 1 :]], key=lambda each: (each.first, each.key))


def test_rows_that_fit_entries_in_blocks_hold_however_they_are_read() -> None:
    rows = recorded_by(LONG)
    for each in (1, 2, 7, 100):
        report = check(RUNS, rows, CUTS, each)
        assert broken(report) == set()
        assert level(report, "order").summary.endswith("; 35 commands, each with its row")


@pytest.mark.parametrize("at", range(len(RUNS)))
def test_a_row_altered_anywhere_is_named_in_blocks_as_one_by_one(at: int) -> None:
    """In the middle of a block, first or last of one, in the last part, and where one goes on from block to block."""
    rows = recorded_by(LONG)
    for wrong in altered(RUNS, at):
        expected = said(check(wrong, rows))
        assert expected
        for each in (1, 5, 100):
            assert said(check(wrong, rows, CUTS, each)) == expected


def test_whatever_the_table_says_blocks_say_what_one_by_one_does() -> None:
    chance, held = random.Random(20261127), 0
    for _ in range(300):
        ends = [0, *sorted(chance.sample(range(1, 40), 20)), 40]
        runs = [CommandRow(ENTRIES[first].command, first + 1, last) for first, last in pairwise(ends)]
        rows, table = recorded_by(*runs), runs
        for _ in range(chance.choice([0, 1, 1, 2, 5])):
            table = chance.choice(list(altered(table, chance.randrange(len(table)))))
        cuts = [1, *sorted(chance.sample(range(2, 40), chance.randrange(6)))]
        alone = check(table, rows)
        assert check(table, rows, cuts, chance.choice([1, 3, 8, 50])).as_json() == alone.as_json()
        held += alone.holds
    assert 20 < held < 200


@pytest.mark.parametrize("cut", [1, 7, 39])
def test_many_looked_at_at_once_are_compared_as_one_by_one(cut: int) -> None:
    """Of which command an entry says that it is, is compared, not which its column names."""
    assert broken(check(DONE, ENTRIES, [1, cut] if cut > 1 else [1])) == set()
    wrong = [*DONE[:9], DONE[9]._replace(key=OTHER), *DONE[10:]]
    (found,) = said(check(wrong, ENTRIES, [1, cut] if cut > 1 else [1]))
    assert found.startswith("entry 10: row in the table command")
