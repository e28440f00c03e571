"""Doing what a step says over HTTP, as whoever does it: one decision, with the newest version unless told otherwise."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import uuid4

import httpx

from tests.journeys.cast import Cast
from tests.journeys.contract import Request, request_of
from tests.journeys.desk import said
from tests.journeys.expectations import Found
from tests.journeys.files import Upload, evidence_file
from tests.journeys.pair import Pair, bearer
from tests.journeys.record import Record
from tests.journeys.story import ONLY_CASE, Model, Step, StoryFault
from tests.journeys.words import NUMBERED_BY, TEXT, Around, facts_of

HERE = "/v1/incidents"
REPORT = "report_incident"
EXPORT = "export_case"


class Asked(NamedTuple):
    """A request as it was sent, to be sent again."""

    path: str
    body: Mapping[str, Any]
    file: Upload | None


class Acting:
    """The cases of one story, and what is asked of casework about them."""

    def __init__(self, pair: Pair, cast: Cast, model: Model, record: Record) -> None:
        self._pair = pair
        self._cast = cast
        self._model = model
        self._record = record
        self._asked: dict[tuple[str, str], Asked] = {}
        self._own = uuid4().hex[:8]
        self._answer: httpx.Response | None = None
        self.cases: dict[str, str] = {}
        """What the story calls its cases, and their ids."""
        self.unsaid: list[str] = []
        """The words of the last step that have no field."""

    def case_of(self, step: Step) -> str | None:
        """Return the id of the case that a step is about; None before there is one.

        Raises:
            StoryFault: the step names no case, and there are several.
        """
        if step.incident is None and len(self.cases) > 1 and step.do != REPORT:
            message = f"{step}: expected incident: {' or '.join(self.cases)}, found none"
            raise StoryFault(message)
        return self.cases.get(step.incident or next(iter(self.cases), ONLY_CASE))

    def shown(self, case: str) -> Mapping[str, Any]:
        """Return a case as it stands, as the auditor sees it."""
        answer = self._pair.casework.get(f"{HERE}/{case}", headers=bearer(self._pair, "auditor"))
        shown: Mapping[str, Any] = answer.raise_for_status().json()
        return shown

    def decide(self, step: Step) -> httpx.Response:
        """Ask for a decision, and return the answer.

        Raises:
            StoryFault: casework has no such decision, or the step cannot be put as a request.
        """
        request = request_of(step.do)
        if request is None:
            message = f"{step}: expected a decision of casework, found that it has none of this name yet"
            raise StoryFault(message)
        if step.do != REPORT and self.case_of(step) is None:
            message = f"{step}: expected a case that was reported before, found none"
            raise StoryFault(message)
        key = f"{self._own}-{step.key or uuid4().hex}"
        asked = self._again(step, key) if "same_body" in step.given else self._new(step, request)
        self._asked.setdefault((step.by, key), asked)
        self._answer = self._send(step, asked, key)
        if step.do == REPORT and self._answer.is_success:
            self._opened(step, self._answer.json()["id"])
        return self._answer

    def has_asked(self, step: Step) -> bool:
        """Return whether a step was sent before under its key, and may have been taken."""
        return (step.by, f"{self._own}-{step.key}") in self._asked

    def misstated(self, step: Step) -> list[str]:
        """Return in what the last answer differs from the record: the version that it says a case has now."""
        case, answer = self.case_of(step), self._answer
        if answer is None or not answer.is_success or "Idempotency-Replayed" in answer.headers or case is None:
            return []
        if step.do == EXPORT:
            return []  # Told in a stream of its own: the case has the version that it had.
        expected, found = f'"{self._record.version(case)}"', answer.headers.get("ETag")
        return [] if found == expected else [f"ETag: expected {expected}, found {found}"]

    def read_case(self, step: Step) -> httpx.Response:
        """Read the case as the step's actor."""
        return self._pair.casework.get(f"{HERE}/{self.case_of(step)}", headers=bearer(self._pair, step.by))

    def read_feed(self, step: Step) -> httpx.Response:
        """Read the feed as the step's actor."""
        return self._pair.casework.get("/v1/events", headers=bearer(self._pair, step.by))

    def _opened(self, step: Step, case: str) -> None:
        """Keep the id of a case under the story's name for it; a replayed report opens none."""
        name = step.incident or ONLY_CASE
        if case in self.cases.values():
            return
        if name in self.cases:
            message = f"{step}: expected incident: to name a further case, found a second `{name}`"
            raise StoryFault(message)
        self.cases[name] = case

    def _again(self, step: Step, key: str) -> Asked:
        """Return what was sent under this key before: the same, or with another body."""
        before = self._asked.get((step.by, key))
        if before is None:
            message = f"{step}: expected an earlier step under the key {step.key}, found none"
            raise StoryFault(message)
        return before if step.given["same_body"] else before._replace(body={**before.body, "summary": TEXT})

    def _new(self, step: Step, request: Request) -> Asked:
        case = None if step.do == REPORT else self.case_of(step)
        around = Around(at=step.at, case=self.shown(case) if case else {}, cases=self.cases)
        path, number_word = self._path(step, case)
        facts = facts_of(step, request, around, self._cast, number_word=number_word)
        self.unsaid = list(facts.unsaid)
        has_file = request.needs_file or (request.takes_file and step.given.get("evidence") == "attached")
        method = facts.body.get("method", "screenshot")
        file = evidence_file(method, str(step), step.given.get("media_type")) if has_file else None
        return Asked(path, facts.body, file)

    def _path(self, step: Step, case: str | None) -> tuple[str, str | None]:
        """Return the path of a decision, and the word that gave the number in it."""
        path = self._model.paths[step.do]
        if path.startswith("(") or case is None:
            return HERE, None
        if "{n}" not in path:
            return f"{HERE}/{case}/{path}", None
        head = path.partition("/")[0]
        if head not in NUMBERED_BY:
            message = f"{step}: expected a known word for the number in {path}, found none: add it to words.py"
            raise StoryFault(message)
        word, name, given_by = NUMBERED_BY[head]
        number = step.given.get(word) or self._record.newest_number(case, given_by, name) or 1
        return f"{HERE}/{case}/{path.replace('{n}', str(number))}", word

    def _send(self, step: Step, asked: Asked, key: str) -> httpx.Response:
        headers = {**bearer(self._pair, step.by), "Idempotency-Key": key, **self._if_match(step)}
        if asked.file is None:
            return self._pair.casework.post(asked.path, json=dict(asked.body), headers=headers)
        facts = (None, json.dumps(asked.body), "application/json")
        return self._pair.casework.post(asked.path, files={"facts": facts, "file": asked.file}, headers=headers)

    def _if_match(self, step: Step) -> dict[str, str]:
        """Name the version that the actor has seen: the newest, or the one before the last."""
        case = None if step.do == REPORT else self.case_of(step)
        if case is None:
            return {}
        version = self._record.version(case) - (step.if_match == "stale")
        return {"If-Match": f'"{version}"'}


def found_of(answer: httpx.Response) -> Found:
    """Return what an answer of casework says: whether it was accepted, and which rules it names."""
    if answer.is_success:
        is_replayed = answer.headers.get("Idempotency-Replayed") == "true"
        return Found(outcome="replayed" if is_replayed else "accepted", status=answer.status_code)
    return Found(outcome="refused", status=answer.status_code, rules=_rules(answer), said=said(answer))


def _rules(answer: httpx.Response) -> list[str]:
    """Return the rules in the order of the answer; of a fault in the request that cites none, the place."""
    try:
        problem = answer.json()
    except ValueError:
        return []
    if "refusals" in problem:
        return [refusal["rule"] for refusal in problem["refusals"]]
    return list(dict.fromkeys(error.get("rule", error["pointer"]) for error in problem.get("errors", ())))
