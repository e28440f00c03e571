"""A client command and a service that answers in every way a service can: what is told, and the exit code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask
import pytest

from servicekit.apiclient import ApiClient, new_idempotency_key
from servicekit.commandline import CommandFailed, Exit
from servicekit.credentials import new_key
from tests.servicekit.fix_server import answering, free_port, silent_listener

REFUSED = {
    "title": "Not possible now",
    "detail": "All of it.",
    "refusals": [{"detail": "first"}, {"detail": "second"}],
}
INVALID = {"title": "Invalid content", "errors": [{"pointer": "/at", "expected": "an instant", "found": "7"}]}
REUSED = {"title": "Invalid content", "errors": [{"pointer": "", "expected": "the same request", "found": "another"}]}
UNPLACED = {"title": "Invalid content", "errors": [{"expected": "an object", "found": "a list"}]}
ALTERED = {"detail": "The stored pdf is not what was recorded.", "expected": "aa", "found": "bb"}
INTERNAL = {"detail": "Our fault.", "instance": "4d207ae2"}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "mine.token"
    file.write_text(new_key().text + "\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def answers() -> dict[str, Any]:
    """Answer what the service answers, by path: a body and a status."""
    return {}


@pytest.fixture
def client(key: Path, answers: dict[str, Any]) -> Iterator[ApiClient]:
    app = flask.Flask(__name__, static_folder=None)

    def answer(path: str) -> Any:
        return answers[path]

    app.add_url_rule("/v1/<path>", view_func=answer, methods=["GET", "POST"])
    with answering(app) as url:
        yield ApiClient(url, key, refusal=lambda each: str(each["detail"]))


def test_what_is_asked_goes_with_the_key_and_without_what_is_none(key: Path) -> None:
    app = flask.Flask(__name__, static_folder=None)

    def seen() -> Any:
        names = ("Authorization", "Idempotency-Key", "If-Match")
        headers = {name: flask.request.headers.get(name) for name in names}
        return {"query": flask.request.args.to_dict(), "body": flask.request.get_json(silent=True), **headers}

    app.add_url_rule("/v1/seen", view_func=seen, methods=["GET", "POST"])
    with answering(app) as url:
        client = ApiClient(url + "/", key, refusal=str)
        bearer = f"Bearer {key.read_text().strip()}"
        read = client.read("/v1/seen", after=0, status=None)
        assert (read["query"], read["Authorization"]) == ({"after": "0"}, bearer)
        acted = client.act("/v1/seen", {"a": 1}, "key-1")
        assert (acted["body"], acted["Idempotency-Key"], acted["If-Match"]) == ({"a": 1}, "key-1", None)
        assert client.act("/v1/seen", {}, "key-2", version=7)["If-Match"] == '"7"'


@pytest.mark.parametrize(
    ("problem", "status", "code", "lines"),
    [
        (REFUSED, 409, Exit.FAILED, ["Not possible now:", "- first", "- second"]),
        (INVALID, 422, Exit.FAILED, ["Invalid content:", "- /at: expected an instant, found 7"]),
        (REUSED, 422, Exit.FAILED, ["Invalid content:", "- expected the same request, found another"]),
        (UNPLACED, 422, Exit.FAILED, ["Invalid content:", "- expected an object, found a list"]),
        (ALTERED, 409, Exit.FAILED, ["The stored pdf is not what was recorded.", "- expected aa, found bb"]),
        (INTERNAL, 500, Exit.FAILED, ["Our fault. (reference for whoever runs it: 4d207ae2)"]),
        ({"detail": "No such thing."}, 404, Exit.FAILED, ["No such thing."]),
        ({"detail": "Try again."}, 503, Exit.NOT_READY, ["Try again."]),
        ({"detail": "Wait."}, 429, Exit.NOT_READY, ["Wait."]),
        ("<html>", 502, Exit.FAILED, ["expected an answer, found status 502"]),
    ],
)
def test_a_problem_is_told_in_its_own_words_with_all_that_it_lists(  # noqa: PLR0917 - a table's columns
    client: ApiClient, answers: dict[str, Any], problem: Any, status: int, code: Exit, lines: list[str]
) -> None:
    answers["thing"] = (problem, status)
    with pytest.raises(CommandFailed) as failed:
        client.act("/v1/thing", {}, new_idempotency_key())
    assert failed.value.message.splitlines() == lines
    assert failed.value.exit_code == code
    assert failed.value.members["problem"] == (problem if isinstance(problem, dict) else {})


def test_a_key_that_is_refused_is_named_by_its_file(client: ApiClient, answers: dict[str, Any], key: Path) -> None:
    answers["thing"] = ({"detail": "Not authenticated"}, 401)
    with pytest.raises(CommandFailed, match=r"mine\.token is not accepted: it may have ended"):
        client.read("/v1/thing")


def test_what_is_no_object_is_no_answer_of_the_service(client: ApiClient, answers: dict[str, Any]) -> None:
    answers["thing"] = ("hello", 200)
    with pytest.raises(CommandFailed, match="is this the address of the service") as failed:
        client.read("/v1/thing")
    assert failed.value.exit_code == Exit.NOT_READY


def test_a_file_comes_with_its_tag(client: ApiClient, answers: dict[str, Any]) -> None:
    answers["file"] = ("content", 200, {"ETag": '"abc"'})
    assert client.download("/v1/file") == (b"content", "abc")


@pytest.mark.parametrize(("said", "waited"), [("7", 7), ("0", 1), ("100000", 60), ("soon", 1), (None, 1)])
def test_who_is_patient_asks_again_after_as_long_as_the_service_says(
    key: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, waited: int
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("servicekit.apiclient.time.sleep", slept.append)
    answers = iter([429, 429, 200])
    app = flask.Flask(__name__, static_folder=None)
    headers = {} if said is None else {"Retry-After": said}
    app.add_url_rule("/v1/file", view_func=lambda: ("content", next(answers), headers))
    with answering(app) as url:
        content, _ = ApiClient(url, key, refusal=str).download("/v1/file", is_patient=True)
    assert (content, slept) == (b"content", [waited, waited])


def test_nobody_there_is_not_ready(key: Path) -> None:
    client = ApiClient(f"http://127.0.0.1:{free_port()}", key, refusal=str)
    with pytest.raises(CommandFailed, match=r"found none \(ConnectError\): is the service running there") as failed:
        client.read("/v1/thing")
    assert failed.value.exit_code == Exit.NOT_READY


def test_somebody_who_never_answers_is_given_up(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.apiclient.TIMEOUT_S", 0.2)
    with silent_listener() as listener:
        client = ApiClient(f"http://127.0.0.1:{listener.getsockname()[1]}", key, refusal=str)
        with pytest.raises(CommandFailed, match="ReadTimeout"):
            client.read("/v1/thing")


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (None, 0o600, "found no such file: --token-file names the file that holds yours"),
        ("", 0o600, "an empty file"),
        ("not a key", 0o600, "expected a key cwk_"),
        (new_key().text, 0o644, "chmod 600"),
    ],
    ids=["no file", "an empty file", "no key", "a key that others may read"],
)
def test_a_file_without_a_good_key_is_refused_before_anything_is_asked(
    tmp_path: Path, text: str | None, mode: int, said: str
) -> None:
    file = tmp_path / "key"
    if text is not None:
        file.write_text(text)
        file.chmod(mode)
    with pytest.raises(CommandFailed) as failed:
        ApiClient("http://127.0.0.1:1", file, refusal=str)
    assert said in failed.value.message
    assert failed.value.exit_code == Exit.NOT_READY


def test_keys_for_acts_are_never_the_same() -> None:
    assert len({new_idempotency_key() for _ in range(100)}) == 100
