"""Call a service as its user does, over HTTP with a key from a file: for commands that are clients.

    client = ApiClient("http://127.0.0.1:8002", Path("mine.token"), refusal=lambda each: each["detail"])
    client.read("/v1/things", after=0)                       # the JSON answer
    client.act("/v1/things/7/approve", {"sha256": ...}, key) # the same, of a POST with an Idempotency-Key

Whatever is no success ends the command by a sentence (`commandline.fail`): what was expected, what was found, what to
do. A problem (RFC 9457) is told in its own words, with everything it lists, and joins the JSON document as `problem`.
"""

from __future__ import annotations

import secrets
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NoReturn

import httpx

from servicekit.commandline import Exit, fail
from servicekit.credentials import KeyMalformed, parse_key
from servicekit.settings import read_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TIMEOUT_S: Final = 30.0
WAIT_MAX_S: Final = 60
NOT_NOW: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def new_idempotency_key() -> str:
    """Make a key under which one act is carried out once, however often it is sent."""
    return secrets.token_hex(12)


class ApiClient:
    """One service, asked with one person's key. `refusal` words one entry of a problem's `refusals`."""

    def __init__(self, url: str, token_file: Path, *, refusal: Callable[[Mapping[str, Any]], str]) -> None:
        self._url = url.rstrip("/")
        self._refusal = refusal
        headers = {
            "Authorization": f"Bearer {_key(token_file)}",
            "Accept": "application/json, application/problem+json",
        }
        # A neighbour is asked straight; to pass by a proxy, give the proxy's own address.
        self._http = httpx.Client(base_url=self._url, headers=headers, timeout=TIMEOUT_S, trust_env=False)
        self._token_file = token_file

    def read(self, path: str, **query: Any) -> dict[str, Any]:
        """Return the answer to a GET."""
        asked = {name: value for name, value in query.items() if value is not None}
        return _json(self._good("GET", path, params=asked))

    def download(self, path: str, *, is_patient: bool = False) -> tuple[bytes, str]:
        """Return the bytes of a file, and its entity tag without the quotes.

        If patient, ask again as often as it says that too much was asked for, after as long as it says.
        """
        answer = self._good("GET", path, is_patient=is_patient, headers={"Accept": "*/*"})
        return answer.content, answer.headers.get("ETag", "").strip('"')

    def look_for(self, path: str) -> tuple[bytes | None, Mapping[str, Any]]:
        """Return the bytes of a file; where there is none, None, and what is said of that."""
        answer = self._patient("GET", path, headers={"Accept": "*/*"})
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None, _problem(answer)
        return self._checked(answer).content, {}

    def act(self, path: str, body: Mapping[str, Any], key: str, *, version: int | None = None) -> dict[str, Any]:
        """Return the answer to a POST; sent again with the same key it is carried out once.

        With a version it is carried out on that version alone (If-Match).
        """
        on = {} if version is None else {"If-Match": f'"{version}"'}
        return _json(self._good("POST", path, json=dict(body), headers={"Idempotency-Key": key, **on}))

    def _good(self, method: str, path: str, *, is_patient: bool = False, **asked: Any) -> httpx.Response:
        return self._checked((self._patient if is_patient else self._answer)(method, path, **asked))

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if not answer.is_success:
            self._fail(answer)
        return answer

    def _patient(self, method: str, path: str, **asked: Any) -> httpx.Response:
        answer = self._answer(method, path, **asked)
        while answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            time.sleep(_wait_s(answer))
            answer = self._answer(method, path, **asked)
        return answer

    def _answer(self, method: str, path: str, **asked: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **asked)
        except httpx.HTTPError as error:
            found = f"expected an answer of {self._url}, found none ({type(error).__name__})"
            fail(f"{found}: is the service running there?", Exit.NOT_READY)

    def _fail(self, answer: httpx.Response) -> NoReturn:
        problem = _problem(answer)
        code = Exit.NOT_READY if answer.status_code in NOT_NOW else Exit.FAILED
        fail("\n".join([self._summary(answer, problem), *self._details(problem)]), code, problem=problem)

    def _summary(self, answer: httpx.Response, problem: Mapping[str, Any]) -> str:
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            return (
                f"the key in {self._token_file} is not accepted: it may have ended, or been revoked; ask for a new one"
            )
        if "refusals" in problem or "errors" in problem:
            return f"{problem.get('title', 'refused')}:"
        found = problem.get("detail") or f"expected an answer, found status {answer.status_code}"
        return (
            f"{found} (reference for whoever runs it: {problem['instance']})" if "instance" in problem else str(found)
        )

    def _details(self, problem: Mapping[str, Any]) -> list[str]:
        """Return a line or more for each thing that a problem lists."""
        lines = [f"- {self._refusal(each)}" for each in problem.get("refusals", ())]
        lines += [f"- {_placed(each)}" for each in problem.get("errors", ())]
        if "expected" in problem and "found" in problem:
            lines.append(f"- {_both(problem)}")
        return lines


def _wait_s(answer: httpx.Response) -> int:
    """Return how many seconds to wait: as it says, from 1 to 60."""
    said = answer.headers.get("Retry-After", "")
    return min(max(int(said), 1), WAIT_MAX_S) if said.isdecimal() else 1


def _key(token_file: Path) -> str:
    try:
        key = read_secret(token_file)
        parse_key(key)
    except KeyMalformed as error:
        fail(f"{token_file}: {error}", Exit.NOT_READY)
    except FileNotFoundError:
        fail(
            f"expected a key in {token_file}, found no such file: --token-file names the file that holds yours",
            Exit.NOT_READY,
        )
    except (OSError, ValueError) as error:
        fail(str(error), Exit.NOT_READY)
    return key


def _placed(error: Mapping[str, Any]) -> str:
    """Say where in the request something is wrong, and what; an empty pointer means all of it, and says nothing."""
    pointer = error.get("pointer")
    return f"{pointer}: {_both(error)}" if pointer else _both(error)


def _both(each: Mapping[str, Any]) -> str:
    return f"expected {each.get('expected')}, found {each.get('found')}"


def _problem(answer: httpx.Response) -> dict[str, Any]:
    """Return the problem, or nothing of an answer that is none: whoever answers so is not the service."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _json(answer: httpx.Response) -> dict[str, Any]:
    found = _problem(answer)
    if not found:
        fail("expected a JSON object, found something else: is this the address of the service?", Exit.NOT_READY)
    return found
