"""The commands of letters against one running pair: `letters up`, on a database of its own, and a fake of casework.

The tests stand in the order of a warning's life, and each builds on what those before it left.
"""

import os
import shutil
import signal
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import flask
import pytest

from letters.domain.naming import letter_id
from servicekit.credentials import new_key
from servicekit.outfile import write_secret
from tests import fix_postgres
from tests.letters.commands import Commands, Started, children, eventually
from tests.letters.fake_casework import FakeCasework, fake_casework
from tests.letters.given import CAUSE, PARTY
from tests.servicekit.fix_server import answering, free_port

LETTER = str(letter_id(CAUSE, "L04", PARTY))
REFERENCE = f"RL-2025-0001/L04-{LETTER[:6]}"


class Pair:
    """Both services, and what people have: commands, and a key each."""

    def __init__(self, home: Path, casework: FakeCasework) -> None:
        self.home = home
        self.casework = casework
        self.bind = f"127.0.0.1:{free_port()}"
        self.commands = Commands(
            {
                "LOCAL_DIR": str(home),
                "LETTERS_CASEWORK_URL": casework.url,
                "LETTERS_BIND": self.bind,
                "ALLOW_SCRATCH_DATABASE": "1",
                "TEST_CLOCK_FILE": str(home / "clock"),
                "WEB_WORKERS": "1",
            }
        )
        for subject in ("u-head", "u-deputy", "u-t5"):
            write_secret(home / f"{subject}.token", casework.keys[subject])
        (home / "clock").write_text("2025-09-23T13:20:00Z")

    def key(self, who: str) -> tuple[str, ...]:
        """Return the options that name somebody's key, and the service: asked of the settings, that takes longer."""
        return "--token-file", str(self.home / f"{who}.token"), "--url", f"http://{self.bind}"

    def letters(self) -> list[dict[str, Any]]:
        """Return the list of letters as the headteacher sees it."""
        rows: list[dict[str, Any]] = self.commands.json("list", *self.key("u-head"))["letters"]
        return rows

    def has(self, count: int, status: str = "ready") -> bool:
        """Tell whether there are as many letters at this point."""
        return [row["status"] for row in self.letters()].count(status) == count


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Answer a place for the pair, where the account that runs the database can reach it."""
    memory = fix_postgres.MEMORY if fix_postgres.MEMORY.is_dir() else tmp_path_factory.getbasetemp()
    home = memory / f"{fix_postgres.PREFIX}cli-{os.getpid()}"
    home.mkdir(mode=0o711)
    with fake_casework() as casework:
        try:
            yield Pair(home, casework)
        finally:
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def up(pair: Pair) -> Iterator[Started]:
    """Answer `letters up`, which had to wait for its key."""
    with pair.commands.started("up", folder=pair.home) as started:
        started.hear("waiting for letters' own key")
        write_secret(pair.home / "keys" / "letters.token", pair.casework.keys["letters"])
        started.hear(f"letters is up: http://{pair.bind}")
        yield started


def test_up_waits_for_its_key_and_says_how_to_make_one(pair: Pair, up: Started) -> None:
    assert "casework token create --subject letters --role letters --to" in up.noted
    assert "DEVELOPMENT KEYS IN USE" in up.noted
    assert up.said == f"letters is up: http://{pair.bind}\nStop it with Ctrl-C.\n"
    assert pair.commands.run("ready").stdout == f"letters is ready at http://{pair.bind}\n"
    assert pair.commands.json("ready", "--url", f"http://{pair.bind}") == {
        "status": "ready",
        "url": f"http://{pair.bind}",
    }


def test_a_second_up_in_the_same_folder_is_refused(pair: Pair, up: Started) -> None:
    refused = pair.commands.run("up", code=1)
    assert refused.stdout == ""
    assert f"expected {pair.home}/letters.lock to be free, found it held by process {up.process.pid}" in refused.stderr


def test_up_where_somebody_else_answers_is_refused(pair: Pair, up: Started, tmp_path: Path) -> None:
    elsewhere = Commands({**pair.commands.environ, "LOCAL_DIR": str(tmp_path)})
    refused = elsewhere.run("up", code=1)
    assert f"expected that nobody listens at {pair.bind}, found somebody" in refused.stderr
    assert refused.stdout == ""


def test_there_are_no_letters_at_first(pair: Pair, up: Started) -> None:
    assert pair.commands.run("list", *pair.key("u-head")[:2]).stdout == "no letters\n"
    assert pair.commands.run("list", "--status", "ready", *pair.key("u-head")).stdout == "no letters that are ready\n"


def test_a_warning_on_the_feed_becomes_a_letter_that_waits_for_approval(pair: Pair, up: Started) -> None:
    assert pair.casework.warning_issued() == CAUSE
    eventually(lambda: pair.has(1))
    heading, line = pair.commands.run("list", *pair.key("u-head")).stdout.splitlines()
    assert heading.split() == ["REFERENCE", "LETTER", "TO", "DATED", "STATUS"]
    assert line == f"{REFERENCE}  written warning  P2  23 Sep 2025  ready: waits for approval"


def test_a_letter_is_shown_by_its_reference_or_its_id_with_what_comes_next(pair: Pair, up: Started) -> None:
    shown = pair.commands.run("show", REFERENCE.lower(), *pair.key("u-head")).stdout
    assert shown.startswith(f"Written warning to P2, {REFERENCE}\n")
    assert "answer by  26 Sep 2025, 17:00" in shown
    assert "look at    the policy's own review is overdue (policy_review_overdue:policy.review_due_on)" in shown
    assert f"letters pdf {REFERENCE} --to letter.pdf {' '.join(pair.key('u-head'))}" in shown
    state = pair.commands.json("show", LETTER, *pair.key("u-head"))
    assert (state["letter_id"], state["status"]) == (LETTER, "ready")
    assert f"--sha256 {state['provenance']['pdf_sha256']} --tick policy_review_overdue:policy.review_due_on" in shown


def test_the_pdf_is_saved_whole_and_never_over_another_file(pair: Pair, up: Started, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "letter.pdf"))
    saved = pair.commands.json("pdf", REFERENCE, *to, *pair.key("u-head"))
    content = (tmp_path / "letter.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert stat.S_IMODE((tmp_path / "letter.pdf").stat().st_mode) == 0o600
    assert saved["sha256"] == sha256(content).hexdigest()
    assert "give another name, or --force" in pair.commands.run("pdf", LETTER, *to, *pair.key("u-head"), code=1).stderr
    told = pair.commands.run("pdf", LETTER, *to, "--force", *pair.key("u-head")).stdout
    assert f"letters approve {LETTER} --sha256 {saved['sha256']}" in told


def test_who_is_not_in_the_audience_sees_no_letter(pair: Pair, up: Started, tmp_path: Path) -> None:
    assert pair.commands.run("list", *pair.key("u-t5")).stdout == "no letters\n"
    refused = pair.commands.json("show", LETTER, *pair.key("u-t5"), code=1)
    assert refused["problem"]["status"] == 404
    unknown = pair.commands.run("show", REFERENCE, *pair.key("u-t5"), code=1)
    assert "expected the reference or id of a letter that you may see" in unknown.stderr


def test_a_wrong_hash_is_refused_with_every_reason_and_what_helps(pair: Pair, up: Started) -> None:
    refused = pair.commands.run("approve", REFERENCE, "--sha256", "0" * 64, *pair.key("u-head"), code=1)
    assert refused.stdout == ""
    assert refused.stderr.splitlines()[1:3] == [
        "error: Not possible now:",
        "- The PDF that was looked at is not the one that would leave: read it again.",
    ]
    assert "the policy's own review is overdue: look at it, then add --tick policy_review_overdue:" in refused.stderr
    assert pair.letters()[0]["status"] == "ready"


def test_what_is_posted_has_no_hours_to_set_aside(pair: Pair, up: Started) -> None:
    asked = ("approve", REFERENCE, "--sha256", "0" * 64, "--at-any-time", *pair.key("u-head"))
    assert "- Only an e-mail may be let go outside its hours." in pair.commands.run(*asked, code=1).stderr


def test_who_may_not_approve_is_told_who_may(pair: Pair, up: Started) -> None:
    refused = pair.commands.run("approve", LETTER, "--sha256", "0" * 64, *pair.key("u-deputy"), code=1)
    assert "headteacher" in refused.stderr
    malformed = pair.commands.json("approve", LETTER, "--sha256", "abc", *pair.key("u-head"), code=1)
    assert malformed["problem"]["errors"][0]["pointer"] == "/pdf_sha256"


def test_the_right_hash_approves_once_however_often_it_is_sent(pair: Pair, up: Started) -> None:
    state = pair.commands.json("show", LETTER, *pair.key("u-head"))
    ticks = [word for each in state["findings"] for word in ("--tick", each["id"])]
    asked = ("approve", REFERENCE, "--sha256", state["provenance"]["pdf_sha256"].upper(), *ticks, *pair.key("u-head"))
    done = pair.commands.run(*asked)
    assert done.stdout == f"approved: {REFERENCE} may now be sent\n"
    key = done.stderr.split("--key ")[1].split(":")[0]
    again = pair.commands.json(*asked, "--key", key)  # as after a reply that was lost
    assert (again["status"], again["idempotency_key"], len(again["approvals"])) == ("issued", key, 1)
    shown = pair.commands.run("show", LETTER, *pair.key("u-head")).stdout
    assert "issued: approved, may be posted" in shown
    assert "approved   23 Sep 2025, 14:20 by u-head" in shown
    assert "To approve it" not in shown


def test_the_letter_verifies_beside_the_running_service(pair: Pair, up: Started) -> None:
    told = pair.commands.run("verify", LETTER).stdout.splitlines()
    assert told[0] == f"{REFERENCE}: PDF unaltered, data unaltered, template unaltered; made again: identical"
    assert told[1] == "1 checked: 1 as recorded, 0 erased with their case, 0 broken"


def test_a_follower_that_is_killed_is_followed_by_another(pair: Pair, up: Started) -> None:
    killed = up.child("follow")
    os.kill(killed, signal.SIGKILL)
    pair.casework.removal_requested()
    eventually(lambda: pair.has(1, "ready"))
    assert up.child("follow") != killed
    assert "follow ended with SIGKILL, starts again" in up.noted


def test_a_second_follower_leaves_the_feed_to_the_first(pair: Pair, up: Started) -> None:
    refused = pair.commands.run("follow", "--once", code=1)
    assert "found another follower at work" in refused.stderr
    with pair.commands.started("follow", folder=pair.home) as second:
        second.hear("another follower is at work: waiting to take over")
        assert second.stop() < 5


def test_a_key_that_has_ended_or_is_none_is_said_so(pair: Pair, up: Started, tmp_path: Path) -> None:
    def said(name: str, code: int) -> str:
        url = f"http://{pair.bind}"
        return pair.commands.run("list", "--url", url, "--token-file", str(tmp_path / name), code=code).stderr

    write_secret(tmp_path / "ended.token", new_key().text)
    assert "is not accepted: it may have ended" in said("ended.token", 1)
    write_secret(tmp_path / "odd.token", "no key at all")
    assert "expected a key cwk_" in said("odd.token", 4)
    assert "--token-file names the file that holds yours" in said("absent.token", 4)
    (tmp_path / "open.token").write_text(new_key().text)
    (tmp_path / "open.token").chmod(0o644)
    assert "chmod 600" in said("open.token", 4)


def test_when_casework_cannot_say_who_asks_nobody_is_let_in(pair: Pair, up: Started, tmp_path: Path) -> None:
    write_secret(tmp_path / "new.token", pair.casework.keys["u-sbm"])  # nobody has asked with it yet
    pair.casework.stop()
    try:
        asked = ("--url", f"http://{pair.bind}", "--token-file", str(tmp_path / "new.token"))
        refused = pair.commands.run("list", *asked, code=4)
        assert "It cannot be checked now who is calling." in refused.stderr
        pair.commands.run("ready", "--url", f"http://{pair.bind}")  # letters waits, and is well
    finally:
        pair.casework.start()


def test_a_pdf_that_does_not_arrive_whole_is_not_saved(pair: Pair, tmp_path: Path) -> None:
    app = flask.Flask("liar")
    app.add_url_rule(f"/v1/letters/{LETTER}/pdf", view_func=lambda: ("%PDF-half", 200, {"ETag": f'"{"a" * 64}"'}))
    with answering(app) as url:
        to = str(tmp_path / "letter.pdf")
        broken = pair.commands.json("pdf", LETTER, "--to", to, *pair.key("u-head"), "--url", url, code=3)
    assert (broken["expected"], broken["found"]) == ("a" * 64, sha256(b"%PDF-half").hexdigest())
    assert not Path(to).exists()


def test_up_stops_in_order_and_leaves_nothing_behind(pair: Pair, up: Started) -> None:
    parts = [pid for pid, _ in children(up.process.pid)]
    assert len(parts) >= 2
    assert up.stop() < 15
    assert up.noted.rstrip().endswith('"service": "letters"}')
    assert "letters is down" in up.noted
    assert not [pid for pid in parts if Path(f"/proc/{pid}").exists()]
    assert "expected an answer of" in pair.commands.run("ready", code=4).stderr
