"""What is measured of the service: both ways do the same, and what is said of them is so. No time is asserted."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks import (
    casework_record,
    checking,
    command,
    laid_record,
    liveness,
    pgbench,
    record_rates,
    starting,
    trial_school,
)
from benchmarks.answering import Asking, Request, calling
from benchmarks.letters_service import folder
from benchmarks.library_record import stock
from benchmarks.measuring import Skipped
from benchmarks.observed import TEXTS, Observed
from benchmarks.record import STREAM_EVENTS
from benchmarks.trial_school import Trial, copied, refused_case
from tests.fix_postgres import TEMPLATE

MISSING = Path("/there/is/no/pgbench")


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with trial_school.opened() as opened:
        yield opened


def positions(trial: Trial) -> int:
    return trial.school.casework.record.head()


def found_pgbench() -> Path:
    found = pgbench.program()
    if found is None:
        pytest.skip(pgbench.CURE)
    return found


def test_pgbench_appends_the_same_events_as_ours_each_under_a_command_of_its_own() -> None:
    program = found_pgbench()
    with casework_record.opened("one", connections=2) as (place,), ThreadPoolExecutor(2) as threads:
        measured = list(record_rates._against_pgbench(place, threads, is_small=True))  # Makes the table as well.
        bench = record_rates.Bench(program, place, threads, clients=2, each=STREAM_EVENTS + 1)
        (ours,), (others,) = bench.samples()
        assert min(ours, others) > 0
        with psycopg.connect(place.owner) as connection:
            query = f"SELECT stream, count(DISTINCT command) FROM {place.schema}.event GROUP BY 1 ORDER BY 2"
            streams = connection.execute(query.encode()).fetchall()
        assert [commands for _, commands in streams] == [1, 1, 1, 1, *[STREAM_EVENTS] * 4]
        events = [at.event for stream, _ in streams for at in place.record.events_of(stream)]
        assert events == [Observed(**TEXTS)] * 4 * (STREAM_EVENTS + 1)
        assert not any(isinstance(each, Skipped) for each in measured)


def test_where_pgbench_is_missing_its_rows_are_skipped_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pgbench, "program", lambda: None)
    with record_rates.measured(is_small=True) as measured:
        skipped = [each for each in measured if isinstance(each, Skipped)]
    assert [each.reason for each in skipped] == [pgbench.CURE] * 2


def test_a_script_that_fails_in_pgbench_gives_no_rate(trial: Trial) -> None:
    with pytest.raises(RuntimeError, match=r"pgbench: expected 1 transactions, found [^$]*division by zero"):
        pgbench.seconds_each(found_pgbench(), trial.at.app, "SELECT 1 / 0;\n", clients=1, each=1)


def test_pgbench_is_looked_for_beside_the_server_and_then_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pgbench").write_text("#!/bin/sh\n")
    (tmp_path / "pgbench").chmod(0o755)
    monkeypatch.setenv("EMBEDDED_PG_BIN", str(MISSING.parent))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pgbench.program() == tmp_path / "pgbench"


def test_both_commands_write_the_twelfth_event(trial: Trial) -> None:
    with closing(stock(trial.at.owner or trial.at.app)) as application:
        commands = command.Commands(trial, application, 2)
        assert all(cost > 0 for costs in commands.samples(time.perf_counter) for cost in costs)
        ours, other = commands.ours(), commands.other()
        for each in (*ours, *other):
            each()
        record = trial.school.casework.record
        events = [record.events_of(each.args[1]) for each in ours]
        assert [len(each) for each in events] == [12, 12]
        assert {each[-1].event.type_name for each in events} == {"incident.continued-use-recorded.v1"}
        theirs = [list(application.events.get(each.args[0])) for each in other]
        assert [len(each) for each in theirs] == [12, 12]


def answered(call: Callable[[], object]) -> Any:
    body = call()
    assert isinstance(body, bytes)
    return json.loads(body)


@pytest.fixture
def asking(trial: Trial) -> Iterator[Asking]:
    with ExitStack() as held:
        yield Asking(trial, held)


def test_a_decision_without_its_use_case_is_answered_as_a_bare_route_answers_and_records_nothing(
    trial: Trial, asking: Asking
) -> None:
    case = refused_case(trial.school.casework)[0].originator_id
    compared = asking.posting(case)
    before = positions(trial)
    ours, other = (answered(call) for call in (compared.ours, compared.other))
    assert (ours, positions(trial)) == (other, before)
    assert ours["events"][0]["type"] == "incident.categorised.v1"


def test_of_two_reads_of_a_case_one_is_recorded(trial: Trial, asking: Asking) -> None:
    case = refused_case(trial.school.casework)[0].originator_id
    compared, heads = asking.reading(case), [positions(trial)]
    shown = []
    for call in (compared.ours, compared.other):
        shown.append(answered(call))
        heads.append(positions(trial))
    assert shown[0] == shown[1]
    assert [after - before for before, after in pairwise(heads)] == [1, 0]


def test_both_pages_of_the_feed_hold_the_same_entries(trial: Trial, asking: Asking) -> None:
    copied(trial.school.casework, refused_case(trial.school.casework))
    compared = asking.feeding()
    ours, other = (answered(call) for call in (compared.ours, compared.other))
    assert ours == other
    assert len(ours["events"]) >= 22


def test_another_status_than_the_one_expected_is_no_answer(trial: Trial, asking: Asking) -> None:
    call = calling(asking._app, Request("GET", "/v1/incidents", "201 CREATED"), iter(repeat("no key")))
    with pytest.raises(ValueError, match="expected 201 CREATED, found 401 UNAUTHORIZED"):
        call()


def test_while_the_clients_wait_nobody_else_may_and_then_all_of_them_are_woken(trial: Trial) -> None:
    keys = trial_school.keys(trial, "letters", liveness.CLIENTS + 1)
    with liveness._served(trial) as port, liveness._clients(port, keys[1:]) as clients:
        with clients.waiting(trial):
            answer = asked_to_wait(port, keys[0], positions(trial))
            assert (answer.status, answer.headers["Retry-After"]) == (200, "1")
            assert len(liveness.answered_in(port, 3)) == 3
        answer = asked_to_wait(port, keys[0], 0)
        assert (answer.status, answer.headers["Retry-After"]) == (200, None)


def asked_to_wait(port: int, key: str, after: int) -> http.client.HTTPResponse:
    headers = {"Authorization": f"Bearer {key}", "Prefer": "wait=20"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", f"/v1/events?after={after}", headers=headers)
        answer = connection.getresponse()
        answer.read()
    return answer


def test_clients_that_are_refused_say_so(trial: Trial) -> None:
    with (
        liveness._served(trial) as port,
        liveness._clients(port, ["no key"]) as clients,
        pytest.raises(ValueError, match="the clients: expected 200, found 401"),
        clients.waiting(trial),
    ):
        pass


def test_a_record_that_was_laid_down_and_one_that_was_appended_hold() -> None:
    with trial_school.opened() as long, trial_school.opened() as sealed:
        laid_record.lay(long, 30)
        laid_record.append(sealed, 30)
        (levels, content) = checking.checked(long), checking.checked(sealed, checking.Content(sealed)._masters)
        octets = laid_record.entries(long)
    assert [level.status for level in levels.levels[:4]] == ["held"] * 4
    assert (levels.size, levels.signed_size, len(octets)) == (content.size, content.size, content.size)
    assert "30 sealed parts opened" in "\n".join(content.lines())
    assert len(set(octets)) == len(octets)
    assert {len(json.loads(each)["data"]["_sd"]) for each in octets[-30:]} == {len(TEXTS)}


def test_databases_of_tests_are_dropped_and_the_copied_one_is_migrated() -> None:
    with starting._test_databases() as databases:
        databases.copied()
        databases.migrated()
        made = databases._made(TEMPLATE)
        with psycopg.connect(databases._server.dsn(made, "casework_app")) as connection:
            assert connection.execute("SELECT count(*) FROM casework.school").fetchone() == (0,)
        names = databases._superuser.execute("SELECT datname FROM pg_database WHERE datname LIKE 'made%'").fetchall()
    assert names == [(made,)]


def test_a_server_starts_on_the_data_that_the_first_start_left(tmp_path: Path) -> None:
    with folder() as place:
        servers = starting.Servers(place)
        assert all(seconds > 0 for seconds in (*servers.samples()[0], *servers.samples()[1]))
        assert sorted(path.name for path in place.iterdir()) == ["server0", "server1"]
