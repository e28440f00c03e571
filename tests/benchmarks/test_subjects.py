"""The subjects themselves: each runs in small sizes, and what is measured is what is said. No time is asserted."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from benchmarks import (
    casework_record,
    following,
    large_record,
    letters,
    letters_service,
    record,
    warnings_issued,
    weasyprint_letter,
)
from benchmarks.__main__ import ONLY_BY_NAME, SUBJECTS
from benchmarks.letters import PDF, WHOLE, Texts
from benchmarks.library_record import stock
from benchmarks.measuring import Skipped
from benchmarks.observed import TEXTS, Observed
from benchmarks.reporting import document, line, page
from letters.adapters.press import Press
from letters.bootstrap import Service
from tests.compose_file import ROOT

FIGURES = {
    "fold": 1,
    "actions": 1,
    "record": 8,
    "rates": 3,
    "command": 2,
    "answering": 3,
    "livez": 2,
    "verify": 3,
    "tree": 2,
    "starting": 2,
    "letters": 3,
    "following": 3,
    "mailing": 1,
    "memory": 1,
}


class Words(HTMLParser):
    """Every word of a page's body."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said = ""
        self.feed(html.partition("<body>")[2])

    def handle_data(self, data: str) -> None:
        self.said += f" {data}"


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    with closing(Press()) as made:
        yield made


def words(text: str) -> list[str]:
    return sorted(re.findall(r"\w[\w@./:-]*\w|\w", text))


def run(*arguments: str) -> str:
    options = ["--rounds", "1", "--seconds", "0.001", "--small", *arguments]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_subject_runs_and_says_on_which_machine(tmp_path: Path) -> None:
    files = [tmp_path / "figures.json", tmp_path / "RESULTS.md"]
    shown = run("--json", str(files[0]), "--results", str(files[1]))
    found = json.loads(files[0].read_text())
    assert set(found) == {"date", "machine", "load", "versions", "settings", "subjects"}
    assert {name: len(figures) for name, figures in found["subjects"].items()} == FIGURES
    names = [figure["name"] for figures in found["subjects"].values() for figure in figures]
    results = files[1].read_text()
    assert all(name in shown and name in results for name in names)
    assert all(f"## {subject}\n" in results for subject in FIGURES)
    assert SUBJECTS.keys() - FIGURES.keys() == set(ONLY_BY_NAME)
    assert found["date"] in results


def test_scale_is_measured_in_a_folder_that_is_named_and_makes_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCALE_DIR", raising=False)
    assert "skipped: name a folder" in run("scale")
    with letters_service.folder() as home:
        monkeypatch.setenv("SCALE_DIR", str(home))
        with large_record.opened(home, 1000, 2000) as (small, large):
            assert (small.record.head(), large.record.head()) == (1000, 2000)
            assert large.checkpoints.latest() is not None
            with psycopg.connect(large.app) as connection:
                kept = f"SELECT stream FROM {large.schema}.event WHERE position > 1 ORDER BY position"
                streams = [stream for (stream,) in connection.execute(kept.encode())]
            assert (len(set(streams)), streams) == (200, sorted(streams))  # As casework's own come: in order of time.
        shown = run("scale")
        assert len(shown.splitlines()) == 1 + 11
        assert "proof at 2,000 entries / SELECT of one row" in shown


def test_where_weasyprint_is_missing_its_rows_are_skipped_with_the_way_to_get_it(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_pango(name: str) -> Any:
        raise OSError(f"cannot load library 'libpango-1.0-0' for {name}")

    monkeypatch.setattr(weasyprint_letter, "import_module", without_pango)
    skipped = [each for each in letters._against_weasyprint(press) if isinstance(each, Skipped)]
    assert [each.name for each in skipped] == [WHOLE, PDF]
    assert all("(OSError): pip install weasyprint, and Pango" in each.reason for each in skipped)


def test_what_is_skipped_is_in_the_table_and_on_the_page_with_its_reason() -> None:
    skipped = Skipped("one / other", "nothing to compare with")
    made = document({"rounds": 5}, {"letters": [skipped]}, (0.5, 0.4, 0.3))
    assert line(skipped).endswith("skipped: nothing to compare with")
    assert "Skipped: one / other: nothing to compare with.\n" in page(
        "python -m benchmarks", made, {"letters": [skipped]}
    )


def test_both_letters_say_the_same(press: Press) -> None:
    texts = Texts(press)
    data = texts.following()
    ours = press.render(texts.bundle, data, 0)
    assert words(Words(weasyprint_letter.page(msgspec.json.decode(data))).said) == words(ours.text)


def test_both_records_hold_the_same_texts_and_ours_holds_them_sealed() -> None:
    with casework_record.opened("rowanlane", connections=2) as (place,), closing(stock(place.owner)) as other:
        stream, aggregate = record.fill(place.record, other, 2)
        ours = place.record.events_of(stream)
        assert [event.event for event in ours] == [Observed(**TEXTS)] * record.STREAM_EVENTS
        theirs = list(other.events.get(aggregate))
        assert len(theirs) == record.STREAM_EVENTS
        assert {name: getattr(theirs[-1], name) for name in TEXTS} == TEXTS
        with psycopg.connect(place.owner) as connection:
            rows = connection.execute(f"SELECT entry, sealed FROM {place.schema}.event".encode()).fetchall()
            states = connection.execute("SELECT state FROM stock.stock_events").fetchall()
    told = [text.encode() for text in TEXTS.values()]
    assert not any(text in column for row in rows for column in row for text in told)
    assert all(text in state for (state,) in states for text in told)


def test_writers_of_both_records_begin_a_stream_after_ten_events() -> None:
    with casework_record.opened("rowanlane", connections=2) as (place,), closing(stock(place.owner)) as other:
        for write in (record.our_writer(place.record), record.stock_writer(other)):
            for _ in range(record.STREAM_EVENTS + 1):
                write()
        with psycopg.connect(place.owner) as connection:
            for table, stream in ((f"{place.schema}.event", "stream"), ("stock.stock_events", "originator_id")):
                query = f"SELECT count(*) FROM {table} GROUP BY {stream} ORDER BY 1"
                assert connection.execute(query.encode()).fetchall() == [(1,), (record.STREAM_EVENTS,)]


def test_no_two_letters_are_alike(press: Press) -> None:
    texts = Texts(press)
    assert len({texts.following() for _ in range(50)}) == 50


def test_two_of_five_events_warn_a_parent_each_of_a_case_of_its_own() -> None:
    read = warnings_issued.page(0, 500)
    warned = [entry for entry in read.entries if entry.name == "warning-issued"]
    assert [entry.position for entry in read.entries] == list(range(1, 501))
    assert len({entry.case for entry in warned}) == len(warned) == 200
    assert warned == [warnings_issued.warning(number) for number in range(200)]


def test_the_other_way_reads_one_event_in_a_transaction_and_both_draft_the_same(press: Press) -> None:
    with letters_service.opened(press) as service:
        assert read_twice(service) == ([1, 2, 3, 4, 5, 10], 4)


def read_twice(service: Service) -> tuple[list[int], int]:
    """Read five events one by one, then five at once; return the positions recorded, and how many letters there are."""
    answers = warnings_issued.Answers(4)
    positions: list[int] = []
    record_page = service.letters.record_page

    def noted(events: Any, position: int) -> None:
        positions.append(position)
        record_page(events, position)

    service.letters.record_page = noted  # type: ignore[method-assign]  # the one instance, watched
    following.catching_up(service, answers, 5, 1)()
    following.catching_up(service, answers, 5, 5)()
    return positions, len(service.register.drafted([warnings_issued.cause(number) for number in range(4)]))
