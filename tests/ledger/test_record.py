"""A whole record, row by row: it holds, and whatever is altered is found at the level that can, and named."""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from casework.ledger import record as record_module
from casework.ledger.entry import leaf_hash
from casework.ledger.note import check_signature
from casework.ledger.record import RecordCheck
from casework.ledger.rows import HeldNote, Home, Row, StoredCheckpoint
from tests.ledger.given import HOME, OTHER, SIGNER, Book, book, row_of, stream
from tests.ledger.recorded import BOOK, ROWS, broken, check, level, only_error, statuses


def with_row(position: int, row: Row) -> list[Row]:
    return [*ROWS[: position - 1], row, *ROWS[position:]]


def altered(row: Row) -> bytes:
    """Return the entry with one letter changed, still canonical."""
    return row.entry.replace(b'.v1"}', b'.v2"}')


def test_a_record_holds_and_says_what_was_not_run() -> None:
    report = check()
    assert report.holds
    assert statuses(report) == {
        "order": "held",
        "leaf": "held",
        "tree": "held",
        "signature": "held",
        "history": "not_run",
        "content": "not_run",
    }
    assert (report.size, report.signed_size, report.root) == (300, 300, BOOK.checkpoints[-1].root)
    assert "no checkpoint kept elsewhere" in level(report, "history").summary


def test_a_record_holds_at_every_level() -> None:
    held = [HeldNote("a", BOOK.checkpoints[-1].note), HeldNote("b", BOOK.checkpoints[0].note)]
    report = check(held=held, contents=BOOK.contents)
    assert set(statuses(report).values()) == {"held"}
    assert json.loads(json.dumps(report.as_json()))["levels"][4]["status"] == "held"


def test_a_record_of_one_entry_holds() -> None:
    small = book(1)
    assert check(small.rows(), small.checkpoints).holds


def test_a_record_without_entries_does_not_hold() -> None:
    report = check([], [])
    assert broken(report) == {"order"}
    assert statuses(report)["tree"] == statuses(report)["signature"] == "not_run"


def test_a_record_without_checkpoints_says_that_nothing_is_proved() -> None:
    report = check(checkpoints=[])
    assert report.holds
    assert statuses(report)["tree"] == "not_run"
    assert "unsigned entries 1 to 300: no checkpoint here proves that yet" in report.lines()


def test_an_altered_entry_is_named_at_every_position() -> None:
    for row in ROWS:
        report = check(with_row(row.position, row._replace(entry=altered(row))))
        assert "leaf" in broken(report)
        assert "tree" not in broken(report)
        error = only_error(report, "leaf")
        assert error.where.startswith(f"entry {row.position} ({row.stream}/{row.version}, {row.type}): altered; ")
        covering = next(each.size for each in BOOK.checkpoints if each.size >= row.position)
        assert error.where.endswith(f"its stored leaf is proved by checkpoint {covering}")


def test_an_entry_altered_with_its_leaf_gives_the_range_at_every_position() -> None:
    for row in ROWS:
        entry = altered(row)
        report = check(
            with_row(row.position, row._replace(entry=entry, leaf=leaf_hash(entry), type=row.type[:-1] + "2"))
        )
        assert broken(report) <= {"tree", "order"}
        first_bad = next(each.size for each in BOOK.checkpoints if each.size >= row.position)
        error = only_error(report, "tree")
        assert error.where == (
            f"entries {first_bad - 49} to {first_bad}: at least one altered together with its leaf; "
            f"checkpoint {first_bad} is the first that does not fit"
        )
        assert report.signed_size == first_bad - 50


def test_both_texts_are_as_the_design_shows_them() -> None:
    small = book(2)
    row = small.rows()[1]
    entry = altered(row)
    report = check([small.rows()[0], row._replace(entry=entry)], small.checkpoints)
    where, comparison = level(report, "leaf").lines()[1:]
    assert where == f"entry 2 ({row.stream}/1, {row.type}): altered; its stored leaf is proved by checkpoint 2"
    stored, computed = row.leaf.hex()[:16], leaf_hash(entry).hex()[:16]
    found = f"found {computed}...  of the stored bytes"
    assert comparison == f"  expected {stored}...  leaf stored by append             {found}"
    changed = row._replace(entry=entry, leaf=leaf_hash(entry), type="access.case-read.v2")
    report = check([small.rows()[0], changed], small.checkpoints)
    where, comparison = level(report, "tree").lines()[1:]
    assert where.startswith(
        "entries 1 to 2: at least one altered together with its leaf; checkpoint 2 is the first that"
    )
    signed, found = (
        small.checkpoints[0].root.hex()[:16],
        f"found {report.root.hex()[:16]}...  root of the stored leaves",
    )
    assert comparison == f"  expected {signed}...  root signed in its note           {found}"


def test_a_leaf_altered_alone_is_told_from_an_entry_altered_alone() -> None:
    row = ROWS[69]
    report = check(with_row(70, row._replace(leaf=b"x" * 32)))
    assert broken(report) == {"leaf", "tree"}
    assert "its leaf, not its bytes: these are proved by checkpoint 100" in only_error(report, "leaf").where
    assert only_error(report, "tree").where.startswith("entries 51 to 100: a stored leaf was altered")
    assert report.signed_size == 300


def test_an_entry_after_the_last_checkpoint_is_named_too() -> None:
    row = ROWS[269]
    report = check(with_row(270, row._replace(entry=altered(row))), BOOK.checkpoints[:-1])
    assert only_error(report, "leaf").where.endswith("altered; no checkpoint covers it yet")
    assert "unsigned entries 251 to 300: no checkpoint here proves that yet" in report.lines()


def test_two_faults_in_one_range_are_both_told() -> None:
    rows = with_row(60, ROWS[59]._replace(entry=altered(ROWS[59])))
    entry = altered(ROWS[79])
    rows[79] = ROWS[79]._replace(entry=entry, leaf=leaf_hash(entry))
    report = check(rows)
    assert only_error(report, "leaf").where.endswith("no checkpoint proves its leaf or its bytes")
    assert only_error(report, "tree").where.startswith("entries 51 to 100: at least one altered; ")


def test_only_the_first_twenty_errors_are_kept_and_all_are_counted() -> None:
    report = check([row._replace(entry=altered(row)) for row in ROWS])
    found = level(report, "leaf")
    assert (len(found.errors), found.error_count) == (20, 300)
    assert found.errors[0].where.startswith("entry 1 (")
    assert found.errors[19].where.startswith("entry 20 (")
    assert found.lines()[-1] == "... and 280 more"


def test_an_entry_that_is_not_canonical_is_named() -> None:
    entry = ROWS[4].entry.replace(b'"specversion"', b' "specversion"')
    report = check(with_row(5, ROWS[4]._replace(entry=entry, leaf=leaf_hash(entry))))
    assert only_error(report, "leaf").where.startswith("entry 5 (")


def numbered(rows: list[Row]) -> list[Row]:
    """Return rows as whoever changed them would number them: positions, and versions of each stream, without gaps."""
    versions: Counter[str] = Counter()
    made = []
    for position, row in enumerate(rows, 1):
        versions[row.stream] += 1
        made.append(row._replace(position=position, version=versions[row.stream]))
    return made


def test_an_entry_removed_inserted_or_moved_is_found_at_every_position() -> None:
    """Left as they are, gaps show; numbered anew, the signed root does."""
    for position in range(1, len(ROWS)):
        removed = [*ROWS[: position - 1], *ROWS[position:]]
        report = check(removed)
        assert {"order", "tree"} <= broken(report)
        assert f"found {position + 1}" in str(level(report, "order").errors[0])
        found = [str(error) for error in level(report, "tree").errors]
        assert any("removed or moved" in error for error in found) == (position <= 250)
        assert "checkpoint 300: 1 entry missing" in found[-1]
        assert "tree" in broken(check(numbered(removed)))
        assert "tree" in broken(check(numbered([*ROWS[:position], ROWS[0], *ROWS[position:]])))
        assert "tree" in broken(check(numbered([*removed, ROWS[position - 1]])))


def test_a_tail_cut_off_is_found_by_the_checkpoints_that_are_left() -> None:
    report = check(ROWS[:260])
    assert broken(report) == {"tree"}
    error = only_error(report, "tree")
    assert error.where == "entries 261 to 300: missing"
    assert error.found == "260"


def test_a_tail_cut_off_with_its_checkpoints_is_found_by_a_held_one() -> None:
    held = [HeldNote("governor.txt", BOOK.checkpoints[-1].note)]
    report = check(ROWS[:260], BOOK.checkpoints[:5], held)
    assert broken(report) == {"history"}
    assert only_error(report, "history").where == "held checkpoint governor.txt: entries 261 to 300 missing"


def test_a_record_rebuilt_and_signed_anew_is_found_by_a_held_checkpoint() -> None:
    forged = Book()
    for row in ROWS[:120]:
        forged.entries.append(altered(row) if row.position == 40 else row.entry)
    forged.sign()
    rows = [row_of(position, entry) for position, entry in enumerate(forged.entries, 1)]
    assert broken(check(rows, forged.checkpoints)) == set()
    report = check(rows, forged.checkpoints, [HeldNote("governor.txt", BOOK.checkpoints[1].note)])
    assert broken(report) == {"history"}
    assert only_error(report, "history").where.startswith("held checkpoint governor.txt: entries 1 to 100 not those")


def test_a_held_checkpoint_that_does_not_open_is_named() -> None:
    note = OTHER.sign_checkpoint(50, BOOK.checkpoints[0].root)
    report = check(held=[HeldNote("theirs.txt", note), HeldNote("ours.txt", BOOK.checkpoints[2].note)])
    assert broken(report) == {"history"}
    assert "theirs.txt" in only_error(report, "history").where


def test_several_held_checkpoints_of_one_size_are_each_compared() -> None:
    note = BOOK.checkpoints[3].note
    assert check(held=[HeldNote("a", note), HeldNote("b", note)]).holds


def stored(number: int, **changes: Any) -> list[StoredCheckpoint]:
    made = list(BOOK.checkpoints)
    made[number] = made[number]._replace(**changes)
    return made


@pytest.mark.parametrize(
    "checkpoints",
    [
        stored(2, note=OTHER.sign_checkpoint(150, BOOK.checkpoints[2].root)),
        stored(2, note=BOOK.checkpoints[2].note.replace("150", "151")),
        stored(2, note="nothing"),
        stored(2, root=b"x" * 32),
        stored(2, size=151),
        stored(2, note=BOOK.checkpoints[3].note),
        [BOOK.checkpoints[1], BOOK.checkpoints[0], *BOOK.checkpoints[2:]],
    ],
)
def test_a_checkpoint_that_is_not_as_signed_breaks_signature_alone(checkpoints: list[StoredCheckpoint]) -> None:
    assert broken(check(checkpoints=checkpoints)) == {"signature"}


def test_a_checkpoint_signed_for_other_entries_is_told_from_altered_entries() -> None:
    note = SIGNER.sign_checkpoint(150, b"x" * 32)
    report = check(checkpoints=stored(2, root=b"x" * 32, note=note))
    assert broken(report) == {"tree"}
    assert (
        only_error(report, "tree").where == "checkpoint 150: signed for other entries; checkpoint 200 fits these again"
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"stream": str(stream("elsewhere"))}, "stream"),
        ({"version": 99}, "version"),
        ({"type": "incident.closed.v1"}, "type"),
        ({"time": "2026-09-01T08:09:00.000001Z"}, "time"),
        ({"command": str(stream("command"))}, "command"),
    ],
)
def test_a_column_that_is_not_as_its_entry_is_named(changes: dict[str, Any], named: str) -> None:
    report = check(with_row(10, ROWS[9]._replace(**changes)))
    assert broken(report) == {"order"}
    assert any(error.where.endswith(f": {named}") for error in level(report, "order").errors)


@pytest.mark.parametrize(
    "home",
    [HOME._replace(origin="elm-road.example"), HOME._replace(stream=str(stream("x"))), HOME._replace(is_scratch=True)],
)
def test_a_record_that_is_not_as_its_first_entry_says_is_found(home: Home) -> None:
    assert "order" in broken(check(home=home))


def test_an_entry_may_not_be_over_65_seconds_behind() -> None:
    for microseconds, holds in (("54.999999", False), ("55.000000", True), ("59.000000", True)):
        event = json.loads(ROWS[9].entry)
        event["time"] = f"2026-09-01T08:06:{microseconds}Z"  # the one before it is of 08:08:00
        entry = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        report = check(with_row(10, row_of(10, entry)), [])
        assert ("order" not in broken(report)) == holds, microseconds


def test_times_of_a_scratch_record_are_not_tried() -> None:
    made = Book()
    made.add(stream("record"), "record.opened.v1", key=SIGNER.vkey, is_scratch=True)
    made.add(stream("case"), "incident.reported.v1")
    made.entries[1] = made.entries[1].replace(b"2026-09-01", b"2020-01-01")
    report = check(made.rows(), [], home=HOME._replace(is_scratch=True))
    assert report.holds
    assert "times not tried" in level(report, "order").summary


def test_memory_does_not_grow_with_the_entries() -> None:
    made = book(40)
    opened = made.rows()[0]

    def reads() -> Iterator[Row]:
        for position in range(2, 1_000_000):
            own = hashlib.sha256(b"%d" % position).hexdigest()
            one = f"{own[:8]}-{own[8:12]}-{own[12:16]}-{own[16:20]}-{own[20:32]}"
            entry = made.entries[1].replace(str(stream("read 1")).encode(), one.encode())
            yield row_of(position, entry)

    checking = RecordCheck(HOME, SIGNER.keys, [], check=check_signature)
    checking.add(opened)
    for row in islice(reads(), 2000):
        checking.add(row)
    kept = sum(sys.getsizeof(each) for part in (checking._order, checking._tree) for each in vars(part).values())
    assert len(checking._order._versions) == 1
    assert kept < 5000
    assert checking.finish().holds


def test_nothing_of_the_record_is_read_before_it_is_needed() -> None:
    read: list[int] = []

    def checkpoints() -> Iterator[StoredCheckpoint]:
        for each in BOOK.checkpoints:
            read.append(each.size)
            yield each

    checking = RecordCheck(HOME, SIGNER.keys, checkpoints(), check=check_signature)
    for row in ROWS[:60]:
        checking.add(row)
    assert read == [50, 100]


def test_the_docstring_names_every_level() -> None:
    named = [line.split("`")[1] for line in (record_module.__doc__ or "").splitlines() if line.startswith("| `")]
    assert named == [each.name for each in check().levels]


def test_any_flipped_bit_of_an_entry_is_found() -> None:
    small = book(3)
    for position, row in enumerate(small.rows(), 1):
        for place in range(0, len(row.entry), 3):
            entry = row.entry[:place] + bytes([row.entry[place] ^ 1 << place % 8]) + row.entry[place + 1 :]
            rows = small.rows()
            rows[position - 1] = row._replace(entry=entry)
            report = check(rows, small.checkpoints)
            assert "leaf" in broken(report)
            assert only_error(report, "leaf").where.startswith(f"entry {position} (")
            rows[position - 1] = row._replace(entry=entry, leaf=leaf_hash(entry))
            assert "tree" in broken(check(rows, small.checkpoints))
