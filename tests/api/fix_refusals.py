"""What every refusal has in common, checked each time one is asked for.

It is a problem of the expected slug; nothing was added to any case; and that it was refused is recorded, as one
`access.decision-refused.v1`, exactly where a decision or a read was refused (domain.md 6): never for a request that
could not be read at all.

The school is one for all tests of a module: what is refused leaves it as it was, and that is what is tested.
"""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from servicekit.problems import URN
from tests.api.fix_first_school import PNG, Played, rowan_lane
from tests.api.test_first_story import REPORT, Case, contacted_and_asked, reported_and_judged
from tests.fix_postgres import Database

REFUSED = "access.decision-refused.v1"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
SHOT = ("post.png", PNG, "image/png")
BOUNDARY = "a-boundary-that-no-part-holds"
File = tuple[str, bytes, str]
Parts = list[tuple[str, str | File]]
"""Name and text, or name and file: its name, content and type."""


class Tried:
    """A school whose requests are refused: one case just reported, and one in which the parent refused to remove."""

    def __init__(self, school: Played, database: Database) -> None:
        self.school = school
        self._database = database
        self.asked = reported_and_judged(school)
        contacted_and_asked(school, self.asked)
        school.at("2025-09-22T10:00:00+01:00")
        self.new = Case(school, school.post("u-deputy", "/v1/incidents", REPORT))
        self._count = 0

    def entries(self) -> list[dict[str, Any]]:
        """Return every entry of the record, in order."""
        with psycopg.connect(self._database.superuser) as connection:
            rows = connection.execute("SELECT entry FROM school_rowan.event ORDER BY position").fetchall()
        return [json.loads(row[0]) for row in rows]

    def ask(
        self,
        method: str,
        path: str,
        *,
        by: str | None = "u-deputy",
        body: bytes = b"",
        parts: Parts | None = None,
        **headers: str | None,
    ) -> Any:
        """Send a request as it is given, with the headers that a good one has unless they are given as None."""
        self._count += 1
        if parts is not None:
            body, headers = form(parts), {"Content_Type": f"multipart/form-data; boundary={BOUNDARY}", **headers}
        good: dict[str, str | None] = {
            "Authorization": f"Bearer {self.school._keys[by]}" if by else None,
            "Idempotency-Key": f"tried-{self._count}",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent = {name: value for name, value in good.items() if value is not None}
        return self.school._client.open(path, method=method, headers=sent, data=body)

    def refused(
        self,
        status: int,
        slug: str,
        path: str,
        facts: Any,
        *,
        rules: tuple[str, ...] | None,
        case: Case | None = None,
        by: str = "u-deputy",
        file: File | None = None,
        **headers: str | None,
    ) -> Any:
        """Post facts (or a body of bytes) to a case and return the answer, once all of the above holds.

        `rules` are those that the recorded refusal names; None says that nothing was recorded. The path is one below
        the case; `/v1/...` stands for itself.
        """
        where = case or self.asked
        parts = [("facts", json.dumps(facts)), ("file", file)] if file is not None else None
        sent: dict[str, Any] = {"If_Match": where.tag, **headers, "parts": parts}
        body = facts if isinstance(facts, bytes) else json.dumps(facts).encode()
        url = path if path.startswith("/") else f"{where.path}/{path}"
        return self.check(status, slug, rules, lambda: self.ask("POST", url, by=by, body=body, **sent))

    def check(self, status: int, slug: str, rules: tuple[str, ...] | None, ask: Any) -> Any:
        """Ask, and return the answer, once all of the above holds."""
        before = self.entries()
        answer = ask()
        assert answer.status_code == status, answer.text
        assert answer.content_type == "application/problem+json"
        assert (answer.json["type"], answer.json["status"]) == (URN + slug, status)
        assert answer.json["title"]
        assert answer.json["detail"]
        assert answer.headers["Cache-Control"] == "no-store"
        written = self.entries()[len(before) :]
        assert [entry["type"] for entry in written] == ([] if rules is None else [REFUSED]), answer.text
        assert [tuple(entry["data"]["rules"]) for entry in written] == ([] if rules is None else [rules])
        return answer

    def last_refusal(self) -> dict[str, Any]:
        """Return what the newest entry says of a refusal."""
        data: dict[str, Any] = self.entries()[-1]["data"]
        return data


def form(parts: Parts) -> bytes:
    """Write a multipart body (RFC 7578): the test client's own leaves large ones open."""
    made = b""
    for name, value in parts:
        head = f'Content-Disposition: form-data; name="{name}"'
        if isinstance(value, tuple):
            filename, octets, media_type = value
            head += f'; filename="{filename}"\r\nContent-Type: {media_type}'
        else:
            octets = value.encode()
        made += f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + octets + b"\r\n"
    return made + f"--{BOUNDARY}--\r\n".encode()


def faults(answer: Any) -> dict[str, tuple[str, str]]:
    """Return what was expected and what was found, by place."""
    return {error["pointer"]: (error["expected"], error["found"]) for error in answer.json["errors"]}


@pytest.fixture(scope="module")
def tried(module_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """Answer a school for all tests of a module that only ask for what is refused."""
    with rowan_lane(module_database, tmp_path_factory.mktemp("tried")) as played:
        yield Tried(played, module_database)
