"""What the containers of docker-compose.yml would run, run here as processes: same commands, same environment.

No engine is at hand, so what an engine gives is put in place of it: secrets as files of a folder, Postgres as a server
on this machine (with the settings of production), volumes as folders, and a free port for each published one.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from servicekit.embedded import EmbeddedPostgres
from tests.compose_file import ENVIRONMENT, ROOT, granted, services
from tests.servicekit.fix_server import free_port

BIN = Path(sys.executable).parent
SCHOOL = ENVIRONMENT["SCHOOL"]
PLACES = {"/run/secrets": "secrets", "/var/lib/": "volume-", "/school": "school", "/tmp": "tmp"}


@dataclass(frozen=True)
class Machine:
    """One machine on which the containers' processes run."""

    folder: Path
    server: EmbeddedPostgres
    ports: dict[str, int]

    def environment(self, service: str) -> dict[str, str]:
        """Return a container's environment, with what lies here in place of what lies there."""
        given = {name: self._here(str(value)) for name, value in services()[service]["environment"].items()}
        return {"PATH": f"{BIN}:/usr/bin:/bin", **given}

    def command(self, service: str) -> list[str]:
        """Return a container's command, listening on this machine alone."""
        return [self._here(word) for word in services()[service]["command"]]

    def run(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a container's environment to its end."""
        return subprocess.run(
            command or self.command(service),
            env=self.environment(service),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def start(self, service: str) -> subprocess.Popen[bytes]:
        """Start what a container runs."""
        log = (self.folder / f"{service}.log").open("wb")
        try:
            return subprocess.Popen(
                self.command(service), env=self.environment(service), cwd=self.folder, stdout=log, stderr=log
            )
        finally:
            log.close()

    def wait_until_healthy(self, service: str) -> None:
        """Ask as the container's health check does, until it is healthy."""
        check = [self._here(word) for word in services()[service]["healthcheck"]["test"][1:]]
        deadline = time.monotonic() + 60
        while (asked := self.run(service, *check)).returncode != 0:
            assert time.monotonic() < deadline, asked.stderr + (self.folder / f"{service}.log").read_text()
            time.sleep(0.2)

    def _here(self, text: str) -> str:
        """Return a text with this machine's places in it."""
        text = re.sub(r"postgresql://(\w+)@postgres/(\w+)", lambda match: self.server.dsn(match[2], match[1]), text)
        text = re.sub(
            r"(?:0\.0\.0\.0|127\.0\.0\.1|casework):(800[12])", lambda m: f"127.0.0.1:{self.ports[m[1]]}", text
        )
        for there, here in (
            ("/run/secrets", "secrets"),
            ("/var/lib/", "volume-"),
            ("/school", "school"),
            ("/tmp", "tmp"),
        ):
            if text.startswith(there):
                return text.replace(there, str(self.folder / here), 1)
        return text.replace("/run/secrets/", f"{self.folder}/secrets/")


@pytest.fixture(scope="module")
def machine(durable_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Answer a machine with secrets, a school's folder and a new Postgres, on which nothing was migrated."""
    folder = tmp_path_factory.mktemp("containers")
    (folder / "tmp").mkdir()
    subprocess.run([sys.executable, ROOT / ".ci" / "compose_secrets.py", SCHOOL], cwd=folder, check=True)
    for secret in (folder / "secrets").iterdir():
        secret.chmod(0o600)  # Under /run/secrets any mode will do; elsewhere only its owner may read a secret.
    shutil.copytree(ROOT / "services" / "letters" / "templates" / "_school", folder / "school" / SCHOOL)
    (folder / "school" / SCHOOL / "calendar.toml").write_text("inset_days = []\n")
    with psycopg.connect(durable_server.dsn("postgres", "postgres"), autocommit=True) as connection:
        for database in ("casework", "letters"):
            connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)".encode())
    return Machine(folder, durable_server, {"8001": free_port(), "8002": free_port()})


def test_the_secrets_that_a_container_gets_are_the_files_that_were_made(machine: Machine) -> None:
    for service in services().values():
        for secret in granted(service).values():
            name = secret.replace("record.key", f"{SCHOOL}.record.key")
            assert (machine.folder / "secrets" / name).is_file(), name


def test_migrate_makes_everything_and_run_again_changes_nothing(machine: Machine) -> None:
    first = machine.run("migrate")
    assert first.returncode == 0, first.stderr
    with psycopg.connect(machine.server.dsn("casework", "casework_app")) as connection:
        rows = "SELECT (SELECT count(*) FROM casework.school), (SELECT count(*) FROM casework.api_key)"
        assert connection.execute(rows).fetchone() == (1, 1)
    again = machine.run("migrate")
    assert again.returncode == 0, again.stderr
    with psycopg.connect(machine.server.dsn("casework", "casework_app")) as connection:
        assert connection.execute(rows).fetchone() == (1, 1)


def test_both_services_come_up_healthy_talk_to_each_other_and_go_down_in_time(machine: Machine) -> None:
    casework = machine.start("casework")
    letters = None
    try:
        machine.wait_until_healthy("casework")
        letters = machine.start("letters")
        machine.wait_until_healthy("letters")
        _see_letters_read_the_feed(machine)
    finally:
        ended = [_stopped(process) for process in (letters, casework) if process is not None]
    logs = "".join((machine.folder / f"{name}.log").read_text() for name in ("casework", "letters"))
    assert ended == [0, 0], logs
    assert "DEVELOPMENT" not in logs


def _see_letters_read_the_feed(machine: Machine) -> None:
    """Wait until letters' position has passed what casework recorded when the school was made."""
    deadline = time.monotonic() + 20
    asked = "SELECT max(notification_id) FROM letters.letters_tracking WHERE application_name = 'casework'"
    with psycopg.connect(machine.server.dsn("letters", "postgres"), autocommit=True) as connection:
        while True:
            row: Any = connection.execute(asked).fetchone()
            if row[0]:
                return
            assert time.monotonic() < deadline, json.dumps({"position": row[0]})
            time.sleep(0.1)


def _stopped(process: subprocess.Popen[bytes]) -> int:
    process.terminate()
    return process.wait(40)
