"""The timer: what lapses is written down once, however often and late it runs, and one bad case stops no other."""

import threading
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from casework.application.casework import Casework
from casework.application.read_models.cases import Unreadable
from casework.application.read_models.folded import FoldedCase
from casework.application.read_models.live import LiveCases
from casework.application.record import Record
from casework.application.store import Unavailable
from casework.application.timers import Run, Timers
from servicekit.clock import FileClock
from tests.api.fix_first_school import Played
from tests.api.test_first_story import SHOT, Case, contacted_and_asked, reported_and_judged
from tests.application.live import cases_of, table_of
from tests.application.spoiling import spoilt
from tests.fix_postgres import Database

DUE = datetime.fromisoformat("2025-09-24T17:00:00+01:00")
LAPSED = "incident.removal-deadline-lapsed.v1"
ASKED = {"posts": [1]}


def asked(school: Played) -> Case:
    """Return a case whose poster was asked to remove the post by `DUE`, and has not answered."""
    case = reported_and_judged(school)
    contact = {"method": "telephone", "outcome": "discussion_held", "concern_response": "list rechecked"}
    case.do("2025-09-19T15:30:00+01:00", "u-deputy", "contacts", contact)
    case.do("2025-09-19T15:42:00+01:00", "u-deputy", "removal-requests", ASKED)
    return case


def history(school: Played, case: Case) -> list[Any]:
    found: list[Any] = school.get("u-head", f"{case.path}/history").json["events"]
    return found


def lapses(school: Played, case: Case) -> list[Any]:
    return [event for event in history(school, case) if event["type"] == LAPSED]


def run(use: Casework, school: Played, now: datetime) -> Run:
    school.at(now.isoformat())
    return Timers(use, cases_of(use)).run(now)


def id_of(case: Case) -> UUID:
    return UUID(case.path.rpartition("/")[2])


def test_nothing_lapses_before_its_time(use: Casework, school: Played) -> None:
    case = asked(school)
    assert run(use, school, DUE - timedelta(seconds=1)) == Run(looked_at=1, lapsed=0)
    assert lapses(school, case) == []


def test_a_deadline_lapses_at_its_last_instant_and_says_why_and_when(use: Casework, school: Played) -> None:
    case = asked(school)
    request = history(school, case)[-1]
    assert run(use, school, DUE) == Run(looked_at=1, lapsed=1)
    (lapse,) = lapses(school, case)
    assert (lapse["actor"], lapse["role"], lapse["cause"]) == ("timer", "system", request["id"])
    assert datetime.fromisoformat(lapse["occurred_at"]) == DUE
    assert lapse["facts"] == {"request_no": 1}
    assert not any(t["task"] == "removal_deadline" for t in school.get("u-head", case.path).json["tasks"])


def test_running_again_and_later_adds_nothing(use: Casework, school: Played) -> None:
    case = asked(school)
    assert [run(use, school, DUE + timedelta(days=n)).lapsed for n in (9, 9, 10)] == [1, 0, 0]
    (lapse,) = lapses(school, case)
    assert datetime.fromisoformat(lapse["occurred_at"]) == DUE, "it happened at the deadline, however late it is seen"
    assert datetime.fromisoformat(lapse["recorded_at"]) == DUE + timedelta(days=9)


def test_what_is_settled_or_closed_does_not_lapse(use: Casework, school: Played) -> None:
    refused = reported_and_judged(school)
    contacted_and_asked(school, refused)
    gone = asked(school)
    gone.do("2025-09-23T09:00:00+01:00", "u-deputy", "post-checks", {**ASKED, "result": "removed"})
    closed = asked(school)
    closed.do("2025-09-23T09:00:00+01:00", "u-deputy", "post-checks", {**ASKED, "result": "visible"})
    override = {"rules": ["R14"], "code": "post_still_visible", "reason": "nothing more can be done"}
    ended = {"outcome": "unresolved", "summary": "s", "override": override}
    assert closed.do("2025-09-23T09:05:00+01:00", "u-head", "closures", ended).status_code == 201
    done = run(use, school, DUE)
    assert (done.looked_at, done.lapsed) == (3, 0)
    assert [lapses(school, case) for case in (refused, gone, closed)] == [[], [], []]


def test_a_promise_to_take_a_post_down_lapses_too(use: Casework, school: Played) -> None:
    case = asked(school)
    request = history(school, case)[-1]
    case.do("2025-09-22T09:00:00+01:00", "u-deputy", "removal-requests/1/responses", {"response": "agreed"})
    assert run(use, school, DUE).lapsed == 1
    assert lapses(school, case)[0]["cause"] == request["id"], "the request is the cause, not the answer to it"


def another(use: Casework, folder: Path) -> Casework:
    """Return the use cases of a process whose clock is a second ahead: no two write the same entry."""
    other, clock = copy(use), folder / "other clock"
    clock.write_text((DUE + timedelta(seconds=1)).isoformat())
    other._clock = FileClock(clock)
    return other


def test_of_two_timers_at_once_one_writes(use: Casework, school: Played, tmp_path: Path) -> None:
    case = asked(school)
    school.at(DUE.isoformat())
    other = another(use, tmp_path)
    together = threading.Barrier(2)

    class Together(LiveCases):
        """Cases that both timers have read before either goes on."""

        def nameless(self) -> Iterator[FoldedCase | Unreadable]:
            yield from list(super().nameless())
            together.wait(10)

    runs: list[Run] = []
    threads = [
        threading.Thread(
            target=lambda here=here: runs.append(Timers(here, Together(here.record, table_of(here))).run(DUE))
        )
        for here in (use, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done.lapsed for done in runs) == [0, 1]
    assert not [failed for done in runs for failed in done.failed]
    assert len(lapses(school, case)) == 1


def test_what_was_settled_since_the_cases_were_read_does_not_lapse(use: Casework, school: Played) -> None:
    case = asked(school)

    class Settled(LiveCases):
        """Cases that move on once they were read."""

        def nameless(self) -> Iterator[FoldedCase | Unreadable]:
            yield from list(super().nameless())
            case.do(DUE.isoformat(), "u-deputy", "post-checks", {**ASKED, "result": "removed"})

    school.at(DUE.isoformat())
    assert Timers(use, Settled(use.record, table_of(use))).run(DUE) == Run(looked_at=1, lapsed=0)
    assert lapses(school, case) == []


def raced(record: Record, monkeypatch: pytest.MonkeyPatch, before: Callable[[], object], *, times: int) -> None:
    """Let something happen between a decision and its append, so many times."""
    append, left = record.append_unasked, [before] * times

    def late(events: Any) -> None:
        if left:
            left.pop()()
        append(events)

    monkeypatch.setattr(record, "append_unasked", late)


def test_a_timer_that_was_slower_writes_nothing_and_fails_nothing(
    use: Casework, school: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = asked(school)
    other = another(use, tmp_path)
    raced(use.record, monkeypatch, lambda: Timers(other, cases_of(other)).run(DUE), times=1)
    assert run(use, school, DUE) == Run(looked_at=1, lapsed=0)
    assert len(lapses(school, case)) == 1


def test_a_case_that_moves_on_in_between_is_looked_at_again(
    use: Casework, school: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = asked(school)
    evidence = {"posts": [1], "method": "screenshot"}
    raced(
        use.record, monkeypatch, lambda: case.do(DUE.isoformat(), "u-deputy", "evidence", evidence, file=SHOT), times=2
    )
    assert run(use, school, DUE) == Run(looked_at=1, lapsed=1)
    assert len(lapses(school, case)) == 1


def test_posts_that_go_in_between_settle_it_after_all(
    use: Casework, school: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = asked(school)
    gone = {**ASKED, "result": "removed"}
    raced(use.record, monkeypatch, lambda: case.do(DUE.isoformat(), "u-deputy", "post-checks", gone), times=1)
    assert run(use, school, DUE) == Run(looked_at=1, lapsed=0)
    assert lapses(school, case) == []


def test_a_case_that_never_holds_still_is_named_and_done_next_time(
    use: Casework, school: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    restless, quiet = asked(school), asked(school)
    evidence = {"posts": [1], "method": "screenshot"}

    def move_on() -> None:
        restless.do(DUE.isoformat(), "u-deputy", "evidence", evidence, file=SHOT)

    with monkeypatch.context() as patch:
        append = Record.append_unasked

        def late(events: Any) -> None:
            if events[0].originator_id == id_of(restless):
                move_on()
            append(use.record, events)

        patch.setattr(use.record, "append_unasked", late)
        done = run(use, school, DUE)
    assert (done.looked_at, done.lapsed, [failed.incident for failed in done.failed]) == (2, 1, [id_of(restless)])
    assert len(lapses(school, quiet)) == 1
    assert run(use, school, DUE) == Run(looked_at=2, lapsed=1)


def test_a_case_that_cannot_be_folded_is_named_and_stops_no_other(
    use: Casework, school: Played, database: Database
) -> None:
    first, broken, last = asked(school), asked(school), asked(school)
    spoilt(database, str(id_of(broken)), version=len(history(school, broken)) + 1)
    done = run(use, school, DUE)
    assert (done.looked_at, done.lapsed) == (3, 2)
    assert [failed.incident for failed in done.failed] == [id_of(broken)]
    assert "incident.foreseen.v9" in done.failed[0].why
    assert [len(lapses(school, case)) for case in (first, last)] == [1, 1]


def test_what_is_said_of_a_case_that_cannot_be_folded_quotes_nothing(use: Casework, school: Played) -> None:
    found = Unreadable(id=uuid4(), error=ValueError("Kerry Mallinson is no date"))
    assert found.why == "ValueError"


def test_without_a_database_the_run_ends_and_the_next_goes_on(
    use: Casework, school: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = asked(school)

    def away(_events: Any) -> None:
        raise Unavailable("database not available (08006)")

    with monkeypatch.context() as patch:
        patch.setattr(use.record, "append_unasked", away)
        with pytest.raises(Unavailable):
            run(use, school, DUE)
    assert lapses(school, case) == []
    assert run(use, school, DUE).lapsed == 1
    assert use.record.case(id_of(case)) is not None
