"""The table of commands beside the entries: every command has its row, of exactly its entries; no row says more."""

from collections.abc import Callable, Iterator

import pytest

from casework.adapters.looking import FLAT_JSON
from casework.ledger.entry import leaf_hash
from casework.ledger.note import check_signature
from casework.ledger.plain import Plain
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import CommandRow, Row
from tests.ledger.given import HOME, SIGNER
from tests.ledger.recorded import ROWS, broken, level

ENTRIES = ROWS[:40]
DONE = [CommandRow(row.command, row.position, row.position) for row in ENTRIES]
OTHER = "00000000-0000-4000-8000-000000000000"


def check(commands: list[CommandRow] | None, rows: list[Row] = ENTRIES) -> RecordReport:
    checking = RecordCheck(HOME, SIGNER.keys, [], commands=commands, check=check_signature)
    for row in rows:
        checking.add(row)
    return checking.finish()


def said(report: RecordReport) -> list[str]:
    assert broken(report) == {"order"}
    return [str(error) for error in level(report, "order").errors]


def test_they_hold_and_are_counted() -> None:
    report = check(DONE)
    assert broken(report) == set()
    assert level(report, "order").summary.endswith("; 40 commands, each with its row")
    assert "commands" not in level(check(None), "order").summary


def test_entries_of_one_command_are_one_row() -> None:
    key = ENTRIES[9].command.encode()
    rows = list(ENTRIES)
    for index in (10, 11):
        entry = rows[index].entry.replace(rows[index].command.encode(), key)
        rows[index] = rows[index]._replace(command=key.decode(), entry=entry)
    rows = [row._replace(leaf=leaf_hash(row.entry)) for row in rows]
    whole = [*DONE[:9], CommandRow(key.decode(), 10, 12), *DONE[12:]]
    assert broken(check(whole, rows)) == set()
    apart = [*DONE[:9], CommandRow(key.decode(), 10, 10), CommandRow(key.decode(), 11, 12), *DONE[12:]]
    first, second = said(check(apart, rows))
    assert first.startswith("entries 10 to 12: row in the table command: expected")
    assert second.startswith(f"row in the table command of {key.decode()}: expected one whose entries name it")


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

    def rows() -> Iterator[CommandRow]:
        for row in DONE:
            read.append(row.first)
            yield row

    checking = RecordCheck(HOME, SIGNER.keys, [], commands=rows(), check=check_signature)
    for row in ENTRIES[:20]:
        checking.add(row)
    assert read == list(range(1, 21))


@pytest.mark.parametrize("cut", [1, 7, 39])
def test_many_looked_at_at_once_are_compared_as_one_by_one(cut: int) -> None:
    """A run of one command goes on from block to block, as from row to row."""
    for key, wrong in ((DONE[9].key, []), (OTHER, ["entry 10: row in the table command"])):
        checking = RecordCheck(
            HOME, SIGNER.keys, [], commands=[*DONE[:9], DONE[9]._replace(key=key), *DONE[10:]], check=check_signature
        )
        checking.add(ENTRIES[0])
        plain = Plain(HOME, FLAT_JSON)
        for rows in (ENTRIES[1:cut], ENTRIES[max(cut, 1) :]):
            block = plain.look(rows) if rows else None
            assert block is None or checking.take(block)
        found = [str(error) for error in level(checking.finish(), "order").errors]
        assert [error.startswith(said) for error, said in zip(found, wrong, strict=True)] == [True] * len(wrong)
