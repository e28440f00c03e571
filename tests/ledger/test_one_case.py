"""One case of a record, and a record as it is served: what is looked at, and what of the rest still counts."""

import pytest

from casework.ledger.entry import leaf_hash
from casework.ledger.note import check_signature
from casework.ledger.record import RecordCheck, RecordReport
from casework.ledger.rows import HeldNote, Row, StoredCheckpoint, read_home, read_row
from casework.ledger.verify import MalformedEntry
from tests.ledger.given import HOME, ORIGIN, OTHER, SIGNER, book, stream
from tests.ledger.recorded import BOOK, ROWS, broken, level, only_error

CASE = next(row.stream for row in ROWS if row.type == "incident.parent-contacted.v1")
OWN = [row for row in ROWS if row.stream == CASE]
KEPT = HeldNote("governor.txt", BOOK.checkpoints[3].note)


def check_case(rows: list[Row]) -> RecordReport:
    """Check the case alone, with the leaves of all other rows."""
    checking = RecordCheck(HOME, SIGNER.keys, BOOK.checkpoints, held=[KEPT], only=CASE, check=check_signature)
    for row in rows:
        if row.stream == CASE:
            checking.add(row)
        else:
            checking.pass_over(row.position, row.leaf)
    return checking.finish()


def check_served(entries: list[bytes], checkpoint: StoredCheckpoint = BOOK.checkpoints[-1]) -> RecordReport:
    home = read_home(entries[0], ORIGIN)
    checking = RecordCheck(home, SIGNER.keys, [checkpoint], held=[KEPT], check=check_signature)
    for position, octets in enumerate(entries, 1):
        checking.add(read_row(position, octets))
    return checking.finish()


def test_a_case_holds_and_says_how_much_was_looked_at() -> None:
    report = check_case(ROWS)
    assert broken(report) == set()
    assert report.as_json()["case"] == CASE
    assert level(report, "leaf").summary == f"{len(OWN)} entries, each as its leaf says"
    summary = level(report, "order").summary
    assert f"versions 1 to {len(OWN)} of {CASE} follow; commands not run: their table is of the whole record" in summary
    assert any(CASE in line for line in report.lines())


@pytest.mark.parametrize("row", OWN[:3] + OWN[-1:], ids=lambda row: str(row.position))
def test_an_entry_of_the_case_that_was_altered_is_named(row: Row) -> None:
    rows = list(ROWS)
    rows[row.position - 1] = row._replace(entry=row.entry.replace(b"telephone", b"telegraph"))
    assert only_error(check_case(rows), "leaf").where.startswith(f"entry {row.position} (")


def test_an_entry_of_the_case_that_is_missing_leaves_a_gap_in_its_versions() -> None:
    gone = OWN[4]
    report = check_case([row for row in ROWS if row is not gone])
    assert {"order", "tree", "history"} <= broken(report)
    assert any(f"/{gone.version + 1}, " in error.where for error in level(report, "order").errors)


def test_another_cases_leaf_that_was_altered_breaks_the_root_and_no_entry_is_accused() -> None:
    other = next(row for row in ROWS if row.stream != CASE and row.position > 100)
    rows = list(ROWS)
    rows[other.position - 1] = other._replace(leaf=b"x" * 32)
    report = check_case(rows)
    assert broken(report) == {"tree", "history"}
    assert level(report, "leaf").status == "held"


def test_an_entry_elsewhere_that_hands_over_to_a_new_key_is_followed() -> None:
    made, new = book(4), OTHER
    made.add(stream("record"), "record.key-rotated.v1", old=SIGNER.vkey, new=new.vkey)
    root = made.sign().root
    made.checkpoints[-1] = StoredCheckpoint(5, root, SIGNER.sign_checkpoint(5, root))
    made.add(stream("case 0"), "incident.note-added.v1", note_no=1)
    later = made.sign()
    made.checkpoints[-1] = StoredCheckpoint(later.size, later.root, new.sign_checkpoint(later.size, later.root))
    for is_followed, expected in ((True, set()), (False, {"signature"})):
        own = str(stream("case 0"))
        checking = RecordCheck(HOME, SIGNER.keys, made.checkpoints, only=own, check=check_signature)
        for row in made.rows():
            rotation = row.entry if is_followed and row.position == 5 else None
            if row.stream == own:
                checking.add(row)
            else:
                checking.pass_over(row.position, row.leaf, rotation)
        assert broken(checking.finish()) == expected


def test_a_served_record_holds_with_what_its_entries_say_alone() -> None:
    report = check_served(BOOK.entries)
    assert broken(report) == set()
    assert (report.size, report.signed_size, report.root) == (300, 300, BOOK.checkpoints[-1].root)


@pytest.mark.parametrize("position", [2, 150, 300])
def test_a_served_entry_that_was_altered_breaks_the_signed_root(position: int) -> None:
    entries = list(BOOK.entries)
    entries[position - 1] = entries[position - 1].replace(b'.v1"}', b'.v2"}')
    assert leaf_hash(entries[position - 1]) != leaf_hash(BOOK.entries[position - 1])
    assert {"tree"} <= broken(check_served(entries))


def test_a_served_entry_that_cannot_be_read_is_named() -> None:
    entries = [*BOOK.entries[:149], b"not an entry", *BOOK.entries[150:]]
    report = check_served(entries)
    assert {"leaf", "order", "tree"} <= broken(report)
    assert only_error(report, "leaf").where.startswith("entry 150 (")


def test_a_record_whose_first_entry_cannot_be_read_is_no_record() -> None:
    with pytest.raises(MalformedEntry, match="entry 1"):
        read_home(b"not an entry", ORIGIN)
