"""The commands of letters, each by itself: the database's, the follower's, the proofs', the templates', the help."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import flask
import psycopg
import pytest

from letters.adapters import migrate
from letters.bootstrap import Service
from letters.domain.naming import letter_id
from servicekit import development
from servicekit.credentials import new_key
from servicekit.outfile import write_secret
from servicekit.sealing import MasterKeys
from tests.fix_postgres import Database
from tests.letters.commands import Commands, eventually
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import CAUSE, PARTY
from tests.servicekit.fix_server import answering, free_port

LETTER = letter_id(CAUSE, "L04", PARTY)
CONTRACT = Path(__file__).parents[2] / "contracts" / "openapi" / "letters.json"


@pytest.fixture
def commands(environ: dict[str, str]) -> Commands:
    """Answer the commands, on this test's database and casework."""
    return Commands({**environ, "LETTERS_BIND": f"127.0.0.1:{free_port()}", "WEB_WORKERS": "1"})


def test_migrate_makes_the_database_says_so_and_can_be_repeated(
    empty_letters_database: Database, tmp_path: Path
) -> None:
    at = empty_letters_database
    commands = Commands(
        {
            "LOCAL_DIR": str(tmp_path),
            "LETTERS_DATABASE_URL": at.app,
            "LETTERS_DATABASE_OWNER_URL": at.owner,
            "ALLOW_SCRATCH_DATABASE": "1",
        }
    )
    behind = commands.run("migrate", "--check", code=4)
    assert "run `letters migrate`" in behind.stderr
    newest = len(list((migrate.SQL / "versions").iterdir()))
    assert commands.run("migrate").stdout == f"the database was made, at version {newest}\n"
    assert commands.run("migrate").stdout == f"the database is at version {newest} already\n"
    assert commands.json("migrate", "--check") == {"is_current": True}
    assert "expected --check or --sql" in commands.run("migrate", "--check", "--sql", code=2).stderr


def test_migrate_prints_what_somebody_else_has_to_run(tmp_path: Path) -> None:
    printed = Commands({"LOCAL_DIR": str(tmp_path)}).run("migrate", "--sql").stdout
    assert "CREATE ROLE letters_app LOGIN" in printed
    assert "CREATE DATABASE letters OWNER letters_owner" in printed
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_away_is_no_fault_of_the_program(tmp_path: Path) -> None:
    commands = Commands(
        {"LOCAL_DIR": str(tmp_path), "LETTERS_DATABASE_URL": f"postgresql://u@127.0.0.1:{free_port()}/letters"}
    )
    assert "expected a database that answers" in commands.run("migrate", code=4).stderr
    assert "expected a database that answers" in commands.run("verify", "--all", code=4).stderr


def test_all_faults_of_the_settings_come_at_once(commands: Commands) -> None:
    wrong = Commands({**commands.environ, "LETTERS_DATABASE_URL": "mysql://x", "LETTERS_DISPATCH": "maybe"})
    said = wrong.run("up", code=4).stderr
    assert "LETTERS_DATABASE_URL: expected" in said
    assert "LETTERS_DISPATCH: expected" in said


@pytest.mark.parametrize("command", ["up", "serve", "follow", "dispatch"])
def test_nothing_starts_without_its_master_key(commands: Commands, home: Path, command: str) -> None:
    (home / "keys" / "letters.master.key").unlink()
    assert "the key file letters.master.key in KEYS_DIR" in commands.run(command, code=4).stderr


@pytest.mark.parametrize("command", ["up", "serve", "follow", "dispatch"])
def test_nothing_starts_on_a_named_database_with_development_keys(commands: Commands, home: Path, command: str) -> None:
    development.mark(home / "keys")
    said = commands.run(command, code=4).stderr
    assert "expected keys made for this installation, found development keys; set KEYS_DIR" in said


def test_following_once_reads_to_the_end_and_counts(commands: Commands, casework: FakeCasework) -> None:
    casework.warning_issued()
    casework.happens("incident.warning-issued.v2", version=13)
    told = commands.run("follow", "--once").stdout
    assert told.startswith("read casework's record up to position 2: 1 letters drafted")
    assert commands.json("follow", "--once") == {
        "position": 2,
        "drafted": 0,
        "parked": 0,
        "redrafted": 0,
        "rendered": 0,
        "filed": 0,
    }


def test_following_with_a_bad_key_says_what_was_expected(
    commands: Commands, casework: FakeCasework, home: Path
) -> None:
    (home / "keys" / "letters.token").unlink()
    write_secret(home / "keys" / "letters.token", casework.keys["u-head"][:-1] + "x")
    assert "expected a key of role letters" in commands.run("follow", "--once", code=4).stderr


def test_following_while_casework_is_away_says_so(commands: Commands, casework: FakeCasework) -> None:
    casework.warning_issued()
    casework.stop()
    assert "ConnectError" in commands.run("follow", "--once", code=4).stderr


def test_a_killed_follower_is_succeeded_within_seconds_and_nothing_is_drafted_twice(
    commands: Commands, casework: FakeCasework, tmp_path: Path
) -> None:
    with (
        commands.started("follow", folder=tmp_path) as first,
        commands.started("follow", folder=tmp_path) as second,
    ):
        eventually(lambda: "following casework" in first.noted + second.noted)
        at_work, waiting = (first, second) if '"following casework"' in first.noted else (second, first)
        waiting.hear("another follower is at work")
        casework.warning_issued()
        eventually(lambda: '"position": 1' in at_work.noted)
        os.kill(at_work.process.pid, signal.SIGKILL)
        waiting.hear('"following casework"')
        casework.removal_requested()
        eventually(lambda: '"position": 2' in waiting.noted)
        assert waiting.stop() < 5  # in the middle of a long poll
    done = commands.json("follow", "--once")
    assert (done["position"], done["drafted"]) == (2, 0)


def test_up_starts_while_casework_is_away_and_reads_on_when_it_comes(
    commands: Commands, casework: FakeCasework, tmp_path: Path
) -> None:
    casework.warning_issued()
    casework.stop()
    with commands.started("up", "--json", folder=tmp_path) as up:
        up.hear("feed not read")
        up.hear('"url"')
        assert json.loads(up.said) == {"url": f"http://{commands.environ['LETTERS_BIND']}"}
        assert commands.run("ready").stdout.startswith("letters is ready")
        casework.start()
        up.hear('"position": 1')
        up.stop()
    assert json.loads(up.said)


def test_up_as_the_service_alone_leaves_the_database_as_it_is(
    empty_letters_database: Database, environ: dict[str, str]
) -> None:
    behind = {**environ, "LETTERS_DATABASE_URL": empty_letters_database.app, "TEST_CLOCK_FILE": ""}
    assert "run `letters migrate`" in Commands(behind).run("up", code=4).stderr
    as_owner = {**behind, "LETTERS_DATABASE_OWNER_URL": empty_letters_database.owner}
    assert "run `letters migrate`" in Commands(as_owner).run("up", "--no-migrate", code=4).stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["up", "--bind", "8002"], "expected an address and a port, as 127.0.0.1:8001"),
        (["up", "--bind", "127.0.0.1:0"], "a port that is known beforehand"),
        (["serve", "--workers", "0"], "0 is not in the range"),
        (["verify"], "expected a LETTER_ID, or --all"),
        (["verify", str(LETTER), "--all"], "expected a LETTER_ID, or --all"),
        (["verify", "seven"], "'seven' is not a valid UUID"),
        (["list"], "Missing option '--token-file'"),
        (["approve", "x", "--token-file", "y"], "Missing option '--sha256'"),
        (["render", "L99/ok", "--to", "x.pdf"], "expected one of L01/hostile"),
        (["lint-templates", "--folder", "/nowhere"], "does not exist"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(options: list[str], said: str) -> None:
    refused = Commands({}).run(*options, code=2)
    assert said in refused.stderr
    assert refused.stdout == ""


def test_an_address_of_another_machine_is_said_so(commands: Commands) -> None:
    taken = Commands({**commands.environ, "LETTERS_BIND": "203.0.113.1:8002"})  # not an address of this machine
    assert "Cannot assign requested address" in taken.run("up", code=1).stderr


@pytest.fixture
def followed(service: Service, casework: FakeCasework) -> Service:
    """Answer the service, whose follower has read of S01's warning and laid the letter out."""
    casework.warning_issued()
    service.follower().once()
    return service


def altered(database: Database, what: str) -> None:
    """Alter what is stored, as the superuser can."""
    with psycopg.connect(database.superuser) as superuser:
        superuser.execute("ALTER TABLE letters.sealed DISABLE TRIGGER append_only")
        superuser.execute(what.encode())


def test_an_altered_letter_is_broken_and_both_hashes_are_told(
    commands: Commands, casework: FakeCasework, followed: Service, letters_database: Database
) -> None:
    casework.removal_requested()
    followed.follower().once()
    assert "2 checked: 2 as recorded" in commands.run("verify", "--all").stdout
    bundle = json.dumps({"main.typ": "aGVsbG8="})
    altered(letters_database, f"UPDATE letters.template_bundle SET files = '{bundle}'")
    broken = commands.json("verify", str(LETTER), code=3)
    (letter,) = broken["letters"]
    (first, *_) = letter["differences"]
    assert (letter["template"], first["what"]) == ("altered", "template")
    assert re.fullmatch("[0-9a-f]{64}", first["expected"])
    assert re.fullmatch("[0-9a-f]{64}", first["found"])
    told = commands.run("verify", "--all", code=3).stderr
    assert f"template: expected sha256 {first['expected']}, found {first['found']}" in told
    assert "2 checked: 0 as recorded, 0 erased with their case, 2 broken" in told


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ("UPDATE letters.sealed SET sealed = set_byte(sealed, 90, get_byte(sealed, 90) # 1) WHERE kind = 'pdf'", "pdf"),
        ("UPDATE letters.case_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)", "pdf"),
        ("UPDATE letters.template_bundle SET files = 'no json'", "template"),
    ],
)
def test_however_a_letter_is_altered_it_is_found(
    commands: Commands, followed: Service, letters_database: Database, what: str, kept: str
) -> None:
    altered(letters_database, what)
    (letter,) = commands.json("verify", "--all", code=3)["letters"]
    assert (letter["is_good"], letter[kept]) == (False, "altered")
    assert kept in [difference["what"] for difference in letter["differences"]]


def test_another_master_key_cannot_check_anything(commands: Commands, followed: Service, home: Path) -> None:
    (home / "keys" / "letters.master.key").unlink()
    write_secret(home / "keys" / "letters.master.key", MasterKeys.generate()[1])
    assert "the key file holds" in commands.run("verify", "--all", code=4).stderr


def test_an_erased_letter_cannot_be_checked_and_is_not_broken(
    commands: Commands, casework: FakeCasework, followed: Service
) -> None:
    casework.happens("erased", version=30, key_id="k")
    followed.follower().once()
    assert "1 checked: 0 as recorded, 1 erased with their case, 0 broken" in commands.run("verify", "--all").stdout


def test_a_letter_that_is_not_there_cannot_be_verified(commands: Commands) -> None:
    assert "expected the id of a letter that has a PDF" in commands.run("verify", str(LETTER), code=1).stderr
    assert commands.run("verify", "--all").stdout == "0 checked: 0 as recorded, 0 erased with their case, 0 broken\n"


def row(number: int, **changed: Any) -> dict[str, Any]:
    """Return a row of the list as the service gives it, as far as words are made of it."""
    known = {
        "letter_id": f"00000000-0000-4000-8000-{number:012}",
        "our_ref": f"RL-2025-0001/L02-{number:06}",
        "template": "L02",
        "label": "P2",
        "letter_date": "2025-09-23",
        "channel": "print",
        "status": "issued",
        "holds": [],
    }
    return {**known, **changed}


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, str]:
    """Answer the option that names a key."""
    write_secret(tmp_path / "my.token", new_key().text)
    return "--token-file", str(tmp_path / "my.token")


def test_a_long_list_is_read_to_its_end_and_told_in_words(key: tuple[str, str]) -> None:
    rows = [
        row(1),
        row(2, status="ready", holds=["audience", "police"]),
        row(3, status="incomplete", our_ref=None, label=None, template="L99"),
        row(4, channel="email"),
    ]
    app = flask.Flask("many")

    def page() -> dict[str, Any]:
        after = int(flask.request.args["after"])
        return {"letters": rows[after : after + 1], "next": after + 1, "has_more": after + 1 < len(rows)}

    app.add_url_rule("/v1/letters", view_func=page)
    with answering(app) as url:
        told = Commands({}).run("list", "--url", url, *key).stdout.splitlines()
    held = "ready: waits for approval; held (audience, police)"
    assert told == [
        "REFERENCE                             LETTER           TO  DATED        STATUS",
        "RL-2025-0001/L02-000001               removal request  P2  23 Sep 2025  issued: approved, may be posted",
        f"RL-2025-0001/L02-000002               removal request  P2  23 Sep 2025  {held}",
        "00000000-0000-4000-8000-000000000003  L99              -   23 Sep 2025  incomplete: something is missing",
        "RL-2025-0001/L02-000004               removal request  P2  23 Sep 2025  issued: approved, leaves by itself",
    ]


def test_an_approval_that_got_no_answer_tells_the_key_to_repeat_it_with(key: tuple[str, str]) -> None:
    asked = ("approve", str(LETTER), "--sha256", "a" * 64, "--url", f"http://127.0.0.1:{free_port()}", *key)
    lost = Commands({}).run(*asked, "--json", code=4)
    document = json.loads(lost.stdout)
    assert f"repeat it with --key {document['idempotency_key']}" in lost.stderr
    assert Commands({}).json(*asked, "--key", "mine-1", "--quiet", code=4)["idempotency_key"] == "mine-1"
