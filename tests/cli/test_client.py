"""The commands of whoever works with cases, as they print what casework answers."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import flask
import pytest

from casework.api.refusals import failure_json
from casework.domain.refusal import Failure
from casework.domain.rules import R02, R03, R15
from servicekit.credentials import new_key
from tests.api.fix_first_school import Played
from tests.api.further_staff import employ
from tests.api.test_first_story import REPORT
from tests.cli.conftest import CASEWORK, Ended
from tests.fix_postgres import Database
from tests.servicekit.fix_server import answering

Asked = Callable[..., Ended]


def asked(url: str, key: str, folder: Path) -> Asked:
    """Return how to run a client command with this key, at this address."""
    token = folder / "mine.token"
    token.write_text(key)
    token.chmod(0o600)

    def run(*words: str, given: str = "") -> Ended:
        line = [CASEWORK, *words, "--url", url, "--token-file", str(token)]
        environment = {"PATH": os.environ["PATH"], "LOCAL_DIR": str(folder)}
        done = subprocess.run(
            line, input=given, capture_output=True, text=True, check=False, env=environment, timeout=60
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def deputy(school: Played, tmp_path: Path) -> Iterator[Asked]:
    """Ask the school's own casework, as its deputy head."""
    with answering(school.app) as url:
        yield asked(url, school._keys["u-deputy"], tmp_path)


def test_actions_say_each_rule_once_and_why_each_blocked_one_is(school: Played, deputy: Asked) -> None:
    case = school.post("u-deputy", "/v1/incidents", REPORT).json["id"]
    actions = school.get("u-deputy", f"/v1/incidents/{case}/actions").json["actions"]
    lines = deputy("case", "actions", case).out.splitlines()
    assert len(lines) == len(actions)
    told = {line.split()[1]: line for line in lines}
    for action in actions:
        line = told[action["decision"]]
        status, _, *why = line.split(maxsplit=2)
        assert status == action["status"]
        assert why or status != "blocked", line
        for failure in action["blocked_by"]:
            assert line.count(failure["code"]) == line.count(f"{failure['rule']} ") == 1, line
    assert told["record_removal_response"].endswith("record_removal_response      nothing to act on yet")
    assert told["contact_parent"].count("P14") == 1
    assert told["categorise"].split() == ["allowed", "categorise"]


def test_a_refusal_is_told_once_in_the_services_own_sentence(tmp_path: Path) -> None:
    failures = [Failure(rule=R02, missing=("categorisation",)), Failure(rule=R03, missing=("contact",))]
    stale: dict[str, Any] = {"rule": R15.id, "code": R15.code, "clause": R15.clause, "override": None}
    problem = {"title": "Not possible now", "refusals": [*map(failure_json, failures), stale]}
    app = flask.Flask(__name__, static_folder=None)
    app.add_url_rule("/v1/incidents", view_func=lambda: (problem, 409), methods=["POST"])
    with answering(app) as url:
        done = asked(url, new_key().text, tmp_path)("report", "-", "--key", "k", given="{}")
    assert done.code == 1
    first, second = (failure.sentence for failure in failures)
    assert done.err.splitlines() == [
        "error: Not possible now:",
        f"- {first}",
        f"- {second}",
        "- R15 version_conflict (P63)",
    ]


def test_a_case_is_erased_once_its_reference_is_given(school: Played, database: Database, tmp_path: Path) -> None:
    case = school.post("u-deputy", "/v1/incidents", REPORT).json
    erase = ("erase", case["id"], "--reason", "not needed any more", "--confirm")
    officer = employ(school, database, "u-dpo")
    with answering(school.app) as url:
        run = asked(url, school._keys[officer], tmp_path)
        wrong = run(*erase, "RL-2025-0002")
        assert (wrong.code, wrong.out) == (2, "")
        assert "found another: nothing was erased" in wrong.err
        assert school.get("u-head", f"/v1/incidents/{case['id']}").json["phase"] == "reported"
        done = run(*erase, "RL-2025-0001")
        assert (done.code, done.out) == (0, "RL-2025-0001 is erased: 1 key destroyed, as its last entries say\n")
        assert "a copy of the keys that was made before still opens it" in done.err
        again = run(*erase, "RL-2025-0001")
    assert again.code == 1
    assert "R13 incident_closed (P63): needs a case that was not erased" in again.err
    assert school.get("u-head", f"/v1/incidents/{case['id']}").json["parties"][0]["name"] is None
