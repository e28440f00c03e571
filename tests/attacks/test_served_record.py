"""An auditor at a distance: `casework verify --url` with their key and the checkpoint they kept, and nothing else."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casework.adapters.credentials import Credentials
from casework.adapters.pool import make_pool
from casework.bootstrap import Schools, make_app
from casework.ledger.note import Signer
from servicekit.clock import SystemClock
from tests.attacks.attacked import CANARY, ORIGIN, Attacked
from tests.attacks.test_stored_record import Does, alter, continue_backup, cut, rebuild
from tests.cli.conftest import CASEWORK, Ended
from tests.servicekit.fix_server import answering

Verify = Callable[..., Ended]


@pytest.fixture
def url(attacked: Attacked) -> Iterator[str]:
    """Serve the record that is attacked."""
    with make_pool(attacked.database.app) as pool:
        schools = Schools(pool, attacked.original.places, SystemClock())
        with answering(make_app(schools, Credentials(pool, SystemClock()))) as address:
            yield address


@pytest.fixture
def verify(attacked: Attacked, url: str, tmp_path: Path) -> Verify:
    """Return how the auditor runs the command: in a folder with a key, the verifier key, and the notes they kept."""
    for who, token in attacked.original.tokens.items():
        (tmp_path / f"{who}.token").write_text(token)
        (tmp_path / f"{who}.token").chmod(0o600)
    (tmp_path / "rowan.vkey").write_text(f"{attacked.signer.vkey}\n")
    for size, note in attacked.original.notes.items():
        (tmp_path / f"kept-{size}.txt").write_text(note)

    def run(*words: str, by: str = "u-audit", at: str = url, key: str = "rowan.vkey", option: str = "--url") -> Ended:
        source = [option, at] if option else [at]
        line = [CASEWORK, "verify", *source, "--token-file", f"{by}.token", "--key", key, *words]
        environment = {"PATH": os.environ["PATH"], "LOCAL_DIR": str(tmp_path)}
        done = subprocess.run(
            line, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path, timeout=60
        )
        assert CANARY not in done.stdout + done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


def test_what_is_served_holds_and_begins_with_what_the_auditor_kept(verify: Verify) -> None:
    ended = verify("--against", "kept-16.txt", "--against", "kept-268.txt", "--json")
    assert ended.code == 0, ended.err
    report = ended.document
    assert (report["size"], report["signed_size"], report["origin"]) == (268, 268, ORIGIN)
    assert {level["name"]: level["status"] for level in report["levels"]} == {
        **dict.fromkeys(("order", "leaf", "tree", "signature", "history"), "held"),
        "content": "not_run",
    }


def test_the_address_may_stand_alone_as_what_is_checked(verify: Verify) -> None:
    ended = verify("--against", "kept-16.txt", "--json", option="")
    assert (ended.code, ended.document["size"]) == (0, 268), ended.err


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ((alter(9),), "entries 1 to 268: at least one altered"),
        ((alter(9, with_leaf=True),), "entries 1 to 268: at least one altered"),
        (cut(250), "held checkpoint kept-268.txt: entries "),
        (continue_backup, "held checkpoint kept-28.txt: entries 1 to 28 not those it was signed for"),
        (rebuild, "held checkpoint kept-28.txt: entries 1 to 28 not those it was signed for"),
    ],
    ids=["altered", "altered with its leaf", "cut off", "an old backup continued", "signed anew"],
)
def test_it_is_caught_at_a_distance_when_it_was(attacked: Attacked, verify: Verify, does: Does, said: str) -> None:
    if callable(does):
        does(attacked)
    else:
        attacked.superuser(*does)
    ended = verify("--against", "kept-28.txt", "--against", "kept-268.txt")
    assert (ended.code, said in ended.err) == (3, True), ended.err
    assert "expected" in ended.err
    assert "found" in ended.err


def test_of_a_log_signed_by_another_key_nothing_is_believed(verify: Verify, tmp_path: Path) -> None:
    (tmp_path / "other.vkey").write_text(Signer(ORIGIN, [b"\x33" * 32]).vkey)
    ended = verify(key="other.vkey")
    assert (ended.code, "checkpoint as served" in ended.err) == (3, True), ended.err


def test_who_is_no_auditor_is_told_so_and_nothing_is_called_held(verify: Verify) -> None:
    ended = verify(by="u-head")
    assert (ended.code, ended.out) == (1, "")


def test_where_nothing_answers_it_is_not_ready(verify: Verify) -> None:
    assert verify(at="http://127.0.0.1:9").code == 4


@pytest.mark.parametrize(
    "words",
    [
        ["--case", "3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001"],
        ["kept-16.txt"],
        ["--receipt", "kept-16.txt"],
        ["https://elsewhere.example"],
    ],
)
def test_what_does_not_go_together_is_refused(verify: Verify, words: list[str]) -> None:
    assert verify(*words).code == 2
