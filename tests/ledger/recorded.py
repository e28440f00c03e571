"""A record of 300 entries, checked, and what came of it by level; no report may tell a personal value."""

import json
from collections.abc import Sequence
from itertools import repeat

from casework.ledger.note import check_signature
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import Content, HeldNote, Home, Row, StoredCheckpoint
from casework.ledger.verify import LedgerError, Level
from tests.ledger.given import HOME, PERSONAL, SIGNER, book

BOOK = book(300, every=50)
ROWS = BOOK.rows()


def check(
    rows: Sequence[Row] = ROWS,
    checkpoints: Sequence[StoredCheckpoint] = BOOK.checkpoints,
    held: Sequence[HeldNote] = (),
    contents: Sequence[Content | None] | None = None,
    home: Home = HOME,
) -> RecordReport:
    checking = RecordCheck(
        home, SIGNER.keys, checkpoints, held=held, with_content=contents is not None, check=check_signature
    )
    for row, content in zip(rows, contents or repeat(None), strict=False):
        checking.add(row, content)
    report = checking.finish()
    assert PERSONAL not in "\n".join(report.lines()) + json.dumps(report.as_json())
    return report


def level(report: RecordReport, name: str) -> Level:
    return next(each for each in report.levels if each.name == name)


def statuses(report: RecordReport) -> dict[str, str]:
    return {each.name: each.status for each in report.levels}


def broken(report: RecordReport) -> set[str]:
    assert report.holds == all(each.status != "broken" for each in report.levels)
    return {each.name for each in report.levels if each.status == "broken"}


def only_error(report: RecordReport, name: str) -> LedgerError:
    found = level(report, name)
    assert found.error_count == 1, report.lines()
    return found.errors[0]
