"""The level `content`: sealed parts give exactly the digests of their entries; what is erased is counted."""

import pytest

from casework.ledger.rows import Content, Erased, Opened, Unopened
from tests.ledger.given import PERSONAL, SIGNER, Book, salt_key, stream
from tests.ledger.recorded import BOOK, ROWS, broken, check, level, only_error

SEALED = next(row.position for row in ROWS if BOOK.contents[row.position - 1])


def test_other_values_in_a_sealed_part_are_named_by_field() -> None:
    contents = list(BOOK.contents)
    contents[SEALED - 1] = Opened({"account": f"{PERSONAL} said nothing", "concern_response": None}, b"k" * 32)
    error = only_error(check(contents=contents), "content")
    assert error.where.endswith("sealed field account")
    assert error.where.startswith(f"entry {SEALED} (")


@pytest.mark.parametrize(
    ("position", "content"),
    [
        (SEALED, None),
        (1, Opened({"account": PERSONAL}, b"k" * 32)),
        (SEALED, Unopened("a sealed part that opens", "one that does not")),
        (SEALED, Opened({}, salt_key(stream("case 3")))),
        (SEALED, Erased(str(stream("case 3")), 7)),
    ],
)
def test_a_sealed_part_that_is_not_as_its_entry_is_named(position: int, content: Content | None) -> None:
    contents = list(BOOK.contents)
    contents[position - 1] = content
    report = check(contents=contents)
    assert broken(report) == {"content"}
    assert only_error(report, "content").where.startswith(f"entry {position} (")


def test_what_is_erased_is_counted_with_its_entry() -> None:
    made, case = Book(), stream("case")
    made.add(stream("record"), "record.opened.v1", key=SIGNER.vkey, is_scratch=False)
    for number in range(3):
        made.add(case, "incident.note-added.v1", {"text": PERSONAL}, note_no=number)
    erasing = made.add(case, "incident.erased.v1", key_id=str(case)).position
    made.sign()
    gone = Erased(str(case), erasing)
    report = check(made.rows(), made.checkpoints, contents=[None, gone, gone, gone, None])
    assert report.holds
    assert (report.erased, report.erased_by) == (3, (5,))
    assert "erased   3 sealed parts, as entry 5 says" in report.lines()
    claims = [None, gone, gone._replace(by=4), gone._replace(key_id=str(stream("x"))), None]
    assert level(check(made.rows(), made.checkpoints, contents=claims), "content").error_count == 2
