"""Replay: what it folds is what was recorded, and what the rows say otherwise it names, without a value."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings

from casework.adapters.scan import RecordScan
from casework.adapters.schools import School
from casework.application.as_of import AsOf
from casework.application.casework import Casework
from casework.application.replay import Replayed, replay
from casework.application.store import UnknownEventType, UnreadableEntry
from casework.domain.steps.people import PartyAdded
from tests.application.live import cases_of
from tests.application.recording import decisions_of, recorded
from tests.application.spoiling import spoilt
from tests.application.test_live_cases import anew, change, everything
from tests.domain.playing import Played, continued, judged
from tests.domain.wandering import walks
from tests.fix_postgres import Database

SCHOOL = School(name="rowan", title="Rowan Lane", code="RL", origin="rowan-lane.example/ledger")


@pytest.fixture
def replayed(use: Casework, database: Database) -> Callable[..., Replayed]:
    def run(**asked: Any) -> Replayed:
        with RecordScan(database.app, SCHOOL) as scan:
            return replay(use.record, scan, **{"progress": lambda _: None, **asked})

    return run


Run = Callable[..., Replayed]


@pytest.fixture
def case(use: Casework) -> UUID:
    """Answer a case that the read models know, beside another one."""
    recorded(use.record, decisions_of(judged().events))
    found = recorded(use.record, decisions_of(continued().events))
    everything(use)
    return found


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(played=walks())
def test_after_any_decisions_the_rows_say_what_the_record_gives(use: Casework, replayed: Run, played: Played) -> None:
    decisions = decisions_of(played.events)
    half = len(decisions) // 2
    case = recorded(use.record, decisions[:half])
    everything(use)
    recorded(use.record, decisions[half:], case)
    assert replayed().differences == ()
    everything(use)
    found = replayed()
    assert (found.differences, found.cases) == ((), anew(use))


def test_rows_behind_the_record_are_compared_as_at_their_position(use: Casework, replayed: Run, case: UUID) -> None:
    before = replayed()
    recorded(use.record, decisions_of(judged().events))
    found = replayed()
    assert (found.differences, found.compared, before.compared) == ((), before.position, before.position)
    assert len(found.cases) == len(before.cases) + 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ("'{case,tracks,warning}', '\"in_force\"'", "tracks"),
        ("'{case,categories}', '[]'", "categories"),
        ("'{case,version}', '11'", "version"),
        ("'{case,posts,1,is_inappropriate}', 'false'", "posts"),
        ("'{case,parties,P1,name}', '\"Amy Ellery\"'", "parties"),
        ("'{figures,is_duplicate}', 'true'", "figures.is_duplicate"),
        ("'{position}', '1'", "position"),
        ("'{case,kind}', '\"another\"'", "its row cannot be read"),
    ],
)
def test_what_a_row_says_otherwise_is_named(
    database: Database, replayed: Run, case: UUID, changed: str, field: str
) -> None:
    changing = f"UPDATE {{s}}.live_case SET folded = jsonb_set(folded::jsonb, {changed})::json"
    change(database, f"{changing} WHERE incident = '{case}'")
    (found,) = replayed().differences
    assert (found.incident, found.reference, found.version, found.fields) == (case, "RL-2025-0001", 12, (field,))
    assert str(found) == f"case RL-2025-0001 ({case}), version 12: {field}"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM {s}.live_case WHERE incident = '{case}'", "it has no row"),
        ("UPDATE {s}.live_case SET folded = NULL WHERE incident = '{case}'", "its row says that it cannot be folded"),
    ],
)
def test_a_case_without_its_row_is_named(
    database: Database, replayed: Run, case: UUID, statement: str, said: str
) -> None:
    change(database, statement.replace("{case}", str(case)))
    assert [(found.incident, found.fields) for found in replayed().differences] == [(case, (said,))]
    assert [found.fields for found in replayed(only=case).differences] == [(said,)]


def test_a_row_of_no_case_is_named(database: Database, replayed: Run, case: UUID) -> None:
    unknown = UUID(int=7)
    change(database, f"INSERT INTO {{s}}.live_case SELECT '{unknown}', folded FROM {{s}}.live_case LIMIT 1")
    assert [str(found) for found in replayed().differences] == [f"case {unknown}, version 0: it has a row and no entry"]


def test_one_case_alone_is_compared_alone(database: Database, replayed: Run, case: UUID) -> None:
    change(database, f"UPDATE {{s}}.live_case SET folded = NULL WHERE incident <> '{case}'")
    found = replayed(only=case)
    assert (found.differences, list(found.cases), found.entries) == ((), [case], 12)
    assert len(replayed().differences) == 1


def test_rows_of_other_software_are_not_compared(database: Database, replayed: Run, case: UUID) -> None:
    change(database, "UPDATE {s}.live_head SET form = 'of another version'")
    change(database, "UPDATE {s}.live_case SET folded = NULL")
    found = replayed()
    assert (found.compared, found.differences, len(found.cases)) == (None, (), 2)


def test_rebuilt_rows_say_the_same_again(use: Casework, database: Database, replayed: Run, case: UUID) -> None:
    change(database, "UPDATE {s}.live_case SET folded = NULL")
    cases_of(use).rebuild()
    assert (replayed().differences, replayed().compared) == ((), replayed().position)


def test_a_case_is_folded_as_at_a_version_a_position_and_an_instant(use: Casework, replayed: Run, case: UUID) -> None:
    whole = replayed(only=case)
    assert replayed(only=case, at=AsOf(version=7)).cases[case].case.version == 7
    assert replayed(only=case, at=AsOf(position=whole.position - 2)).cases[case].case.version == 10
    assert whole.recorded_at is not None
    assert replayed(at=AsOf(instant=whole.recorded_at)).cases == replayed().cases
    assert replayed(at=AsOf(instant=whole.recorded_at - timedelta(days=1))).cases == {}
    assert replayed(only=case, at=AsOf(version=7)).compared is None


def test_progress_is_told_of_each_entry(replayed: Run, case: UUID) -> None:
    told: list[int] = []
    found = replayed(progress=told.append)
    assert sum(told) == found.entries == found.position


def test_an_unknown_type_stops_it_and_is_named_with_its_position(database: Database, replayed: Run, case: UUID) -> None:
    spoilt(database, str(case), version=13)
    with pytest.raises(UnknownEventType, match=rf"entry \d+ \({case}/13\): unknown type incident.foreseen.v9"):
        replayed()


def test_an_effect_that_fails_is_named_with_its_position_and_quotes_nothing(
    replayed: Run, case: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise KeyError("Kerry Mallinson")

    monkeypatch.setattr(PartyAdded, "apply", failing)
    with pytest.raises(UnreadableEntry) as raised:
        replayed(only=case)
    assert f"({case}/2), incident.party-added.v1: its effect fails with KeyError" in str(raised.value)
    assert "Mallinson" not in str(raised.value)
