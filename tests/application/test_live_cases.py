"""The live read models: at the record's head whenever they are read, whatever happened, and nobody's name in them."""

import threading
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.adapters import live_table
from casework.application.casework import Casework
from casework.application.read_models import live
from casework.application.read_models.cases import Standing, Unreadable
from casework.application.read_models.folded import FoldedCase, advanced
from casework.application.read_models.form import form, from_stored, to_stored
from tests.api.fix_first_school import Played as School
from tests.api.test_first_story import contacted_and_asked, reported_and_judged, went_on_and_warned
from tests.application.live import cases_of
from tests.application.recording import decisions_of, folded, recorded
from tests.application.spoiling import spoilt
from tests.domain.playing import Played, continued, impersonal, judged
from tests.domain.wandering import walks
from tests.fix_postgres import Database


def everything(use: Casework) -> dict[UUID, FoldedCase]:
    """Return what the read models say of each case."""
    found = {}
    for case in cases_of(use).nameless():
        assert isinstance(case, FoldedCase), case.error
        found[case.case.id] = case
    return found


def anew(use: Casework) -> dict[UUID, FoldedCase]:
    """Fold each case from its entries, without the read models."""
    found = {}
    for stream in use.record.reader.streams("incident."):
        case: FoldedCase | None = None
        for position, at in zip(stream.positions, use.record.decoded(stream.entries), strict=True):
            case = advanced(case, position, at)
        assert case is not None
        found[stream.id] = case
    return found


def rows(database: Database) -> dict[UUID, str | None]:
    with psycopg.connect(database.app) as connection:
        return dict(connection.execute("SELECT incident, folded::text FROM school_rowan.live_case").fetchall())


def change(database: Database, statement: str) -> None:
    with psycopg.connect(database.app, autocommit=True) as connection:
        connection.execute(statement.replace("{s}", "school_rowan"))


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(walks())
def test_whatever_happens_in_a_case_its_model_is_the_case_without_what_is_personal(played: Played) -> None:
    """A personal field that this test does not know of would differ."""
    model = folded(played.events)
    assert model.case == impersonal(played.case)
    assert from_stored(to_stored(model)) == model


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_after_any_decisions_the_rows_are_what_the_record_gives(use: Casework, data: st.DataObject) -> None:
    """Rows that were brought on a decision at a time, in several cases that take turns, are the rows made anew."""
    cases = [decisions_of(data.draw(walks()).events) for _ in range(2)]
    begun = [(recorded(use.record, decisions[:1]), decisions) for decisions in cases]
    for number in range(1, max(map(len, cases))):
        for case, decisions in begun:
            recorded(use.record, decisions[number : number + 1], case)
        if data.draw(st.booleans()):
            everything(use)
    found = everything(use)
    assert found == anew(use)
    assert found.keys() >= {case for case, _ in begun}


def test_rows_hold_nobodys_name_and_nobodys_words(use: Casework, school: School, database: Database) -> None:
    case = reported_and_judged(school)
    contacted_and_asked(school, case)
    went_on_and_warned(school, case)
    everything(use)
    (text,) = (row for row in rows(database).values() if row is not None)
    names = ("Mallinson", "Ellery", "p-mallinson", "facebook.example", "lazy", "rude")
    assert [name for name in names if name in text] == []
    assert "RL-2025-0001" in text


def test_who_is_in_a_case_is_opened_for_the_reader(use: Casework) -> None:
    played = judged()
    recorded(use.record, decisions_of(played.events))
    cases = cases_of(use)
    (standing,) = cases.named(cases.nameless())
    assert isinstance(standing, Standing)
    assert standing.case.parties == played.case.parties


def test_a_reading_writes_only_where_a_case_moved_on(use: Casework, database: Database) -> None:
    case = recorded(use.record, decisions_of(continued().events)[:3])
    everything(use)
    before = heads(database)
    assert everything(use).keys() == {case}
    assert heads(database) == before, "nothing was new"


def test_many_entries_are_folded_a_page_at_a_time(use: Casework, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_table, "PAGE_ENTRIES", 2)
    for events in (continued().events, judged().events):
        recorded(use.record, decisions_of(events))
    assert everything(use) == anew(use)


def test_entries_of_other_kinds_are_passed_once_and_not_by_every_reader(
    use: Casework, school: School, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_table, "PASSED_MAX", 2)
    recorded(use.record, decisions_of(continued().events))
    everything(use)
    before = heads(database)
    for _ in range(3):
        school.get("u-head", "/v1/tasks")
    everything(use)
    assert heads(database)[0][1] > before[0][1]


def test_rows_of_other_software_are_made_anew(use: Casework, database: Database) -> None:
    recorded(use.record, decisions_of(continued().events))
    right = everything(use)
    change(database, "UPDATE {s}.live_head SET form = 'of another version'")
    change(database, "UPDATE {s}.live_case SET folded = '{}'")
    assert everything(use) == right
    assert heads(database)[0][0] == form()


def test_rows_ahead_of_a_record_that_was_put_back_are_made_anew(use: Casework, database: Database) -> None:
    recorded(use.record, decisions_of(continued().events))
    right = everything(use)
    change(database, "INSERT INTO {s}.live_case VALUES (gen_random_uuid(), NULL)")
    change(database, "UPDATE {s}.live_head SET position = 999999")
    assert everything(use) == right


def test_a_row_that_somebody_spoilt_is_read_from_the_record(use: Casework, database: Database) -> None:
    recorded(use.record, decisions_of(continued().events))
    right = everything(use)
    change(database, "UPDATE {s}.live_case SET folded = '{}'")
    assert everything(use) == right


def test_a_row_without_entries_is_no_case(use: Casework, database: Database) -> None:
    everything(use)
    change(database, "INSERT INTO {s}.live_case VALUES (gen_random_uuid(), NULL)")
    (found,) = cases_of(use).nameless()
    assert isinstance(found, Unreadable)
    assert "no entry in the record" in found.why


def test_a_case_that_cannot_be_folded_is_named_each_time_and_stops_no_other(use: Casework, database: Database) -> None:
    broken, whole = (recorded(use.record, decisions_of(continued().events)) for _ in range(2))
    spoilt(database, str(broken), version=len(continued().events) + 1)
    for _ in range(2):
        found = {each.id: each for each in cases_of(use).nameless() if isinstance(each, Unreadable)}
        assert found.keys() == {broken}
        assert "incident.foreseen.v9" in found[broken].why
    cases = cases_of(use)
    assert {each.case.id for each in cases.named(cases.nameless()) if isinstance(each, Standing)} == {whole}
    assert rows(database)[broken] is None


def test_what_breaks_off_while_it_is_folded_leaves_the_rows_as_they_were(
    use: Casework, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    decisions = decisions_of(continued().events)
    case = recorded(use.record, decisions[:3])
    everything(use)
    before = rows(database), heads(database)
    recorded(use.record, decisions[3:], case)
    with monkeypatch.context() as patch:
        patch.setattr(live, "to_stored", broken_off)
        with pytest.raises(KeyboardInterrupt):
            everything(use)
    assert (rows(database), heads(database)) == before
    assert everything(use) == anew(use)


def test_readers_at_once_all_read_the_same(use: Casework) -> None:
    for _ in range(4):
        recorded(use.record, decisions_of(continued().events))
    found: list[dict[UUID, FoldedCase]] = []
    readers = [threading.Thread(target=lambda: found.append(everything(use))) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    assert found == [anew(use)] * 4


def test_rebuilding_makes_the_same_rows(use: Casework, database: Database) -> None:
    recorded(use.record, decisions_of(continued().events))
    everything(use)
    right = rows(database)
    change(database, "UPDATE {s}.live_case SET folded = NULL")
    cases_of(use).rebuild()
    assert rows(database) == right


def heads(database: Database) -> list[Any]:
    with psycopg.connect(database.app) as connection:
        return connection.execute("SELECT form, position FROM school_rowan.live_head").fetchall()


def broken_off(_case: FoldedCase) -> str:
    raise KeyboardInterrupt
