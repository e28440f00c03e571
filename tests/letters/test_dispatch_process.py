"""The dispatcher as a process of its own: off by default, into files, by the relay, killed in the middle of a talk."""

import os
import signal
from pathlib import Path
from uuid import UUID

import pytest

from tests.letters.commands import Commands, children, eventually
from tests.letters.mailed import Mail
from tests.servicekit.fix_server import free_port


@pytest.fixture
def by_relay(environ: dict[str, str], mail: Mail) -> Commands:
    """Answer commands that send by the relay, whose certificate the system trusts."""
    trusted = {"SSL_CERT_FILE": str(mail.sink.certificate)}
    return Commands({**environ, "LETTERS_DISPATCH": "on", "LETTERS_SMTP_URL": mail.sink.url, **trusted})


def test_dispatch_is_off_unless_somebody_says_otherwise(environ: dict[str, str], mail: Mail, issued: UUID) -> None:
    commands = Commands(environ)
    assert "dispatch is off" in commands.run("dispatch", "--once").stdout
    assert commands.json("dispatch") == {"dispatch": "off"}
    assert mail.found(issued).status == "issued"


def test_dispatch_into_files_sends_nothing(environ: dict[str, str], mail: Mail, issued: UUID, home: Path) -> None:
    commands = Commands({**environ, "LETTERS_DISPATCH": "outbox"})
    assert commands.json("dispatch", "--once")["accepted"] == 1
    (file,) = (home / "outbox" / "email").iterdir()
    assert file.name == f"{(mail.found(issued).draft.our_ref or '').replace('/', '_')}.1.eml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"Message-ID: <{issued}.1@rowanlane.example.org>".encode() in file.read_bytes()
    assert mail.found(issued).status == "dispatched"
    assert mail.sink.arrived == []


def test_dispatch_by_the_relay_says_what_it_did(by_relay: Commands, mail: Mail, issued: UUID) -> None:
    assert "1 sent" in by_relay.run("dispatch", "--once").stdout
    assert mail.found(issued).status == "dispatched"
    assert len(mail.sink.arrived) == 1


def test_dispatch_waits_for_the_follower(by_relay: Commands, mail: Mail, issued: UUID) -> None:
    mail.casework.happens("police-hold-placed", version=30)
    assert "letters follow" in by_relay.run("dispatch", "--once", code=1).stderr
    assert mail.found(issued).status == "issued"


def test_a_dispatcher_killed_within_the_talk_leaves_an_unknown_letter_that_is_not_sent_again(
    by_relay: Commands, mail: Mail, issued: UUID, tmp_path: Path
) -> None:
    mail.sink.may_answer.clear()
    with by_relay.started("dispatch", folder=tmp_path) as running:
        eventually(mail.sink.has_begun.is_set)
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait()
    mail.sink.may_answer.set()
    assert mail.found(issued).status == "dispatching"
    assert by_relay.json("dispatch", "--once")["unknown"] == 0, "its lease runs"
    mail.clock("2025-09-23T13:25:00Z")
    assert by_relay.json("dispatch", "--once")["unknown"] == 1
    mail.clock("2025-09-24T13:25:00Z")
    assert by_relay.json("dispatch", "--once")["accepted"] == 0
    assert mail.names(issued) == ["dispatch-started", "outcome-unknown"]
    assert len(mail.sink.arrived) == 1


def test_a_dispatcher_that_is_asked_to_stop_brings_the_talk_to_its_end(
    by_relay: Commands, mail: Mail, issued: UUID, tmp_path: Path
) -> None:
    mail.sink.may_answer.clear()
    with by_relay.started("dispatch", folder=tmp_path) as running:
        eventually(mail.sink.has_begun.is_set)
        running.process.terminate()
        mail.sink.may_answer.set()
        assert running.process.wait(30) == 0, running.noted
    assert mail.found(issued).status == "dispatched"


def test_a_running_dispatcher_sends_what_is_approved_meanwhile(by_relay: Commands, mail: Mail, tmp_path: Path) -> None:
    letter = mail.drafted()
    with by_relay.started("dispatch", folder=tmp_path) as running:
        running.hear("sends what was approved")
        mail.approve(letter)
        eventually(lambda: mail.found(letter).status == "dispatched")
        running.stop()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"LETTERS_SMTP_URL": ""}, "LETTERS_SMTP_URL"),
        ({"LETTERS_SMTP_URL": "smtp://school@127.0.0.1:25"}, "LETTERS_SMTP_PASSWORD_FILE"),
        ({"LETTERS_SMTP_URL": "smtp://school:secret@127.0.0.1:25"}, "LETTERS_SMTP_PASSWORD_FILE"),
        ({"LETTERS_SMTP_URL": "http://127.0.0.1"}, "expected a relay"),
    ],
)
def test_a_relay_that_is_not_whole_is_said_at_start(by_relay: Commands, changed: dict[str, str], says: str) -> None:
    done = Commands({**by_relay.environ, **changed}).run("dispatch", "--once", code=4)
    assert says in done.stderr
    assert "secret@" not in done.stderr


def test_up_sends_e_mail_only_where_dispatch_is_not_off(
    environ: dict[str, str], mail: Mail, issued: UUID, tmp_path: Path, home: Path
) -> None:
    here = {**environ, "LETTERS_BIND": f"127.0.0.1:{free_port()}", "WEB_WORKERS": "1"}
    with Commands(here).started("up", folder=tmp_path) as off:
        off.hear("letters is up")
        assert not any("dispatch" in words for _, words in children(off.process.pid))
        off.stop()
    assert mail.found(issued).status == "issued"
    with Commands({**here, "LETTERS_DISPATCH": "outbox"}).started("up", folder=tmp_path) as up:
        eventually(lambda: mail.found(issued).status == "dispatched")
        up.stop()
    assert len(list((home / "outbox" / "email").iterdir())) == 1
