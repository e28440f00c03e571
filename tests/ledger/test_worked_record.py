"""The worked example as a whole record: it holds, and what its alteration is told as stands so in the documents."""

from pathlib import Path

import pytest

from casework.ledger.entry import leaf_hash
from casework.ledger.note import check_signature
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import Home, Row, StoredCheckpoint
from casework.ledger.verify import parse_checkpoint, parse_vkeys
from tests.ledger.given import row_of
from tests.ledger.published import published
from tests.ledger.recorded import broken, level

AUDITORS = Path(__file__).parents[2] / "docs/for-auditors.md"
ALTERED = """\
entry 2 (3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001/1, incident.reported.v1): altered; its stored leaf is proved by checkpoint 2
  expected 65b662adc96448b7...  leaf stored by append             found b63e5ee35ce36601...  of the stored bytes
"""  # noqa: E501 - as it is printed
ALTERED_WITH_ITS_LEAF = """\
entries 1 to 2: at least one altered together with its leaf; checkpoint 2 is the first that does not fit
  expected 564f43d9a4fb2134...  root signed in its note           found 38705373e0605c44...  root of the stored leaves
"""


@pytest.fixture
def rows() -> list[Row]:
    return [row_of(n, published(f"worked/entry-{n}.json").read_bytes().rstrip(b"\n")) for n in (1, 2, 3)]


def check(rows: list[Row]) -> RecordReport:
    keys = parse_vkeys(published("worked/log.vkey").read_text("utf-8"))
    stored = []
    for name in ("checkpoint-2", "checkpoint"):
        note = published(f"worked/{name}").read_text("utf-8")
        said = parse_checkpoint(note.rpartition("\n\n")[0] + "\n")
        stored.append(StoredCheckpoint(said.size, said.root, note))
    checking = RecordCheck(Home(rows[0].stream, said.origin, is_scratch=False), keys, stored, check=check_signature)
    for row in rows:
        checking.add(row)
    return checking.finish()


def altered(row: Row) -> bytes:
    """Return the entry with another reference: one digit of it."""
    return row.entry.replace(b"RL-2026-0031", b"RL-2026-0032")


def test_the_worked_record_holds(rows: list[Row]) -> None:
    report = check(rows)
    assert broken(report) == set(), report.lines()
    assert report.signed_size == 3


def test_its_altered_entry_is_told_as_the_design_and_the_guide_for_auditors_show_it(rows: list[Row]) -> None:
    report = check([rows[0], rows[1]._replace(entry=altered(rows[1])), rows[2]])
    assert broken(report) == {"leaf"}
    assert level(report, "leaf").lines()[1:] == ALTERED.splitlines()
    assert ALTERED in AUDITORS.read_text("utf-8")


def test_its_entry_altered_with_its_leaf_is_told_as_the_design_shows_it(rows: list[Row]) -> None:
    entry = altered(rows[1])
    report = check([rows[0], rows[1]._replace(entry=entry, leaf=leaf_hash(entry)), rows[2]])
    assert broken(report) == {"tree"}
    assert level(report, "tree").lines()[1:] == ALTERED_WITH_ITS_LEAF.splitlines()
