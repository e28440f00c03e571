"""Killed in mid-append, on a server with the settings of production: what was acknowledged is there, once.

Each time a process writes and says so; it, its backend or the whole server is killed; the server is started again, and
every command that was ever sent is sent once more, with its key. Then the record is signed, and all of it verified.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest

from casework.adapters.migrate import OWNERSHIP, add_school, migrate
from casework.adapters.pool import make_pool
from casework.adapters.recorder import Recorder
from casework.adapters.scan import RecordScan
from casework.adapters.schools import School
from casework.adapters.server_checks import check_server
from casework.adapters.signer import CheckpointRun
from casework.adapters.stored import StoredEntry
from casework.adapters.verifying import verify_record
from casework.application.store import StoreError
from casework.ledger.note import Signer
from servicekit import databases
from servicekit.embedded import EmbeddedPostgres
from tests.adapters.given import BODY, ORIGIN, entry

WRITER = """
import sys
from uuid import uuid4
from stamina.instrumentation import set_on_retry_hooks
from casework.adapters.pool import make_pool
from casework.adapters.recorder import Recorder
from casework.application.store import StoreError
from tests.adapters.given import BODY, stored
set_on_retry_hooks([])  # they would write to stdout
with make_pool(sys.argv[1]) as pool:
    recorder = Recorder(pool, sys.argv[2])
    while True:
        command = uuid4()
        events = [stored(uuid4(), 1, command), stored(uuid4(), 1, command)]
        print("sent", command, *(event.state.hex() for event in events), flush=True)
        try:
            positions = recorder.insert_events(events, command=command, body_sha256=BODY)
        except StoreError:
            sys.exit()
        print("kept", command, *positions, flush=True)
"""
DATABASE = "casework"
SIGNER = Signer(ORIGIN, [b"\x33" * 32])


@dataclass
class Sent:
    """What a writer sent, and what it was told was kept."""

    entries: dict[UUID, list[bytes]]
    kept: dict[UUID, list[int]]


@pytest.fixture(scope="module")
def school(durable_server: EmbeddedPostgres) -> School:
    superuser = durable_server.dsn("postgres", "postgres")
    databases.ensure_roles(superuser, OWNERSHIP)
    databases.ensure_database(superuser, OWNERSHIP, DATABASE)
    owner = durable_server.dsn(DATABASE, "casework_owner")
    migrate(owner)
    made = add_school(owner, "rowanlane", title="Rowan Lane", origin=ORIGIN)
    app = durable_server.dsn(DATABASE, "casework_app")
    with make_pool(app) as pool, RecordScan(app, made) as scan:
        command = uuid4()
        opened = entry(scan.home.stream, 1, command, type_name="record.opened.v1", key=SIGNER.vkey, is_scratch=False)
        Recorder(pool, made.schema).insert_events([_stored(opened)], command=command, body_sha256=BODY)
    return made


@pytest.fixture
def writer(durable_server: EmbeddedPostgres, school: School) -> Iterator[subprocess.Popen[str]]:
    dsn = durable_server.dsn(DATABASE, "casework_app")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, dsn, school.schema], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def interrupted(writer: subprocess.Popen[str], kill: Callable[[], None], after: int = 20) -> Sent:
    """Kill something while the writer writes; return all that it had sent and all that it was told."""
    assert writer.stdout is not None
    sent = Sent({}, {})
    for line in writer.stdout:
        word, command, *rest = line.split()
        if word == "sent":
            sent.entries[UUID(command)] = [bytes.fromhex(part) for part in rest]
        else:
            sent.kept[UUID(command)] = [int(part) for part in rest]
        if len(sent.kept) == after and word == "sent":
            kill()
            after = -1
    assert len(sent.kept) >= 20
    return sent


def assert_whole(server: EmbeddedPostgres, school: School, sent: Sent) -> None:
    app = server.dsn(DATABASE, "casework_app")
    with make_pool(app) as pool:
        recorder = Recorder(pool, school.schema)
        before = recorder.max_notification_id()
        for command, positions in sent.kept.items():
            assert [found.state for found in recorder.select_positions(*positions)] == sent.entries[command]
        for command, entries in sent.entries.items():
            again = [_stored(octets) for octets in entries]
            positions = list(recorder.insert_events(again, command=command, body_sha256=BODY) or ())
            assert positions == sent.kept.get(command, positions)
        unsure = set(sent.entries) - set(sent.kept)
        assert recorder.max_notification_id() in {before, (before or 0) + 2 * len(unsure)}
    with RecordScan(app, school) as scan:
        rows = [row for row, _ in scan.rows()]
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert all(row.leaf == hashlib.sha256(b"\0" + row.entry).digest() for row in rows)
    assert len({row.entry for row in rows}) == len(rows)
    assert_verified(app, school)


def assert_verified(app: str, school: School) -> None:
    """Sign what is new and check the whole record, as the service and the operator do next."""
    CheckpointRun(app, school, SIGNER).run()
    with RecordScan(app, school) as scan:
        report = verify_record(scan, SIGNER.keys)
    levels = {level.name: level.status for level in report.levels if level.status != "not_run"}
    assert levels == dict.fromkeys(("order", "leaf", "tree", "signature"), "held"), report.lines()
    assert report.signed_size == report.size


def wait_for(server: EmbeddedPostgres) -> None:
    """Wait until the server has recovered, which it does by itself."""
    while True:
        try:
            psycopg.connect(server.dsn(DATABASE, "postgres")).close()
        except psycopg.OperationalError:
            time.sleep(0.01)
        else:
            return


def _stored(octets: bytes) -> StoredEntry:
    said = json.loads(octets)
    stream, version = said["id"].split("/")
    return StoredEntry(UUID(stream), int(version), said["type"], octets)


def test_a_service_may_start_on_it(durable_server: EmbeddedPostgres, school: School) -> None:
    check_server(durable_server.dsn(DATABASE, "casework_app"))


def test_a_writer_killed_in_mid_append(
    durable_server: EmbeddedPostgres, school: School, writer: subprocess.Popen[str]
) -> None:
    assert_whole(durable_server, school, interrupted(writer, writer.kill))


def test_its_backends_killed_again_and_again(
    durable_server: EmbeddedPostgres, school: School, writer: subprocess.Popen[str]
) -> None:
    """A backend that is killed takes all others with it; the server recovers by itself."""

    def kill_backends() -> None:
        superuser = durable_server.dsn(DATABASE, "postgres")
        with closing(psycopg.connect(superuser, autocommit=True)) as connection:
            rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'casework_app'").fetchall()
            for (pid,) in rows:
                os.kill(pid, signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT pg_sleep(10)")
        writer.kill()

    sent = interrupted(writer, kill_backends)
    wait_for(durable_server)
    assert_whole(durable_server, school, sent)


def test_the_whole_server_killed_in_mid_append(
    durable_server: EmbeddedPostgres, school: School, writer: subprocess.Popen[str]
) -> None:
    def kill_server() -> None:
        pid = (durable_server.home / "data" / "postmaster.pid").read_text().partition("\n")[0]
        os.kill(int(pid), signal.SIGKILL)

    sent = interrupted(writer, kill_server)
    durable_server.start()
    assert_whole(durable_server, school, sent)


def test_an_append_that_was_not_committed_is_absent_and_leaves_no_hole(
    durable_server: EmbeddedPostgres, school: School
) -> None:
    app = durable_server.dsn(DATABASE, "casework_app")
    command, stream = uuid4(), uuid4()
    octets = entry(stream, 1, command)
    statement = f"SELECT first_position FROM {school.schema}.append(%b, %b, %b, %b)"
    # Closed, not used by `with`, which would commit: a backend that outlives its postmaster still can.
    with closing(psycopg.connect(app)) as open_transaction:
        row = open_transaction.execute(statement, [command, BODY, [octets], [None]]).fetchone()
        pid = (durable_server.home / "data" / "postmaster.pid").read_text().partition("\n")[0]
        os.kill(int(pid), signal.SIGKILL)
    durable_server.start()
    with make_pool(app) as pool:
        recorder = Recorder(pool, school.schema)
        assert recorder.find_command(command) is None
        assert recorder.insert_events([_stored(octets)], command=command, body_sha256=BODY) == range(row[0], row[0] + 1)  # type: ignore[index]  # one row
        with pytest.raises(StoreError):
            recorder.insert_events([_stored(octets)], command=uuid4(), body_sha256=BODY)
    assert_verified(app, school)
