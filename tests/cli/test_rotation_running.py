"""A key is rotated while the service runs: it goes on with the new one by itself, and outsiders follow."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from casework.ledger.note import open_note
from tests.cli.conftest import Operator
from tests.servicekit.fix_server import free_port

WORKERS = 2
ASKED = 6
"""How often a thing is asked, so that each worker is asked it."""


@pytest.fixture(scope="module")
def url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def up(operator: Operator, url: str) -> Iterator[Operator]:
    """Bring casework up, with more than one worker; what its outsiders hold is in the operator's folder."""
    words = ("up", "--bind", url.removeprefix("http://"), "--workers", str(WORKERS), "--json")
    with operator.start(*words) as process:
        lines = process.stdout
        assert lines is not None
        "".join(iter(lines.readline, "}\n"))
        (operator.folder / "old.vkey").write_text(ask(operator, url, "/ledger/key"))
        (operator.folder / "held.txt").write_text(ask(operator, url, "/ledger/checkpoint", "POST"))
        yield operator
        process.terminate()


def ask(operator: Operator, url: str, path: str, method: str = "GET", role: str = "auditor") -> str:
    """Ask over a connection of its own: any worker answers."""
    token = (operator.folder / "keys" / f"{role}.token").read_text().strip()
    request = urllib.request.Request(url + path, method=method, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
        text: str = answer.read().decode()
        return text


def signed_after_a_reading(operator: Operator, url: str) -> str:
    """Let something be recorded, and the service sign it; return the note."""
    ask(operator, url, "/v1/incidents", role="headteacher")
    return ask(operator, url, "/ledger/checkpoint", "POST")


def verified(operator: Operator, url: str, *words: str) -> Any:
    token = str(operator.folder / "keys" / "auditor.token")
    return operator.run("verify", "--url", url, "--token-file", token, *words, "--json")


def test_every_worker_signs_with_the_new_key_as_soon_as_it_is_there(up: Operator, url: str) -> None:
    ended = up.run("key", "rotate", "--json")
    assert ended.code == 0, ended.err
    assert "start" not in ended.err + ended.out
    for _ in range(ASKED):
        assert open_note(signed_after_a_reading(up, url), [ended.document["new"]]).size
    assert ask(up, url, "/ledger/key").splitlines() == [ended.document["new"], ended.document["old"]]


def test_whoever_trusts_the_old_key_alone_follows_to_the_new_one_at_a_distance(up: Operator, url: str) -> None:
    ended = verified(up, url, "--key", "old.vkey", "--against", "held.txt")
    assert ended.code == 0, ended.err
    levels = {level["name"]: level["status"] for level in ended.document["levels"]}
    assert (levels["signature"], levels["tree"], levels["history"]) == ("held", "held", "held")
    [followed] = ended.document["keys_followed"]
    assert followed["key"] == ask(up, url, "/ledger/key").splitlines()[0]


def test_it_is_followed_through_a_second_change_too(up: Operator, url: str) -> None:
    new = up.run("key", "rotate", "--json").document["new"]
    open_note(signed_after_a_reading(up, url), [new])
    ended = verified(up, url, "--key", "old.vkey")
    assert ended.code == 0, ended.err
    assert [followed["key"] for followed in ended.document["keys_followed"]][1:] == [new]


def test_every_worker_opens_and_seals_under_the_new_master_key(up: Operator, url: str) -> None:
    file = up.folder / "keys" / "master.key"
    assert up.run("key", "rotate", "--master").code == 0
    newest = file.read_text().splitlines()[0]
    again = up.run("key", "rotate", "--master", "--json").document
    assert (again["is_new"], again["wrapped"], again["master"]) == (False, 0, newest.split()[0])
    file.write_text(newest + "\n")
    for _ in range(ASKED):
        assert json.loads(ask(up, url, "/v1/incidents", role="headteacher"))["incidents"] == []


def test_it_is_ready_after_all_that(up: Operator, url: str) -> None:
    assert up.run("ready", "--url", url).code == 0
