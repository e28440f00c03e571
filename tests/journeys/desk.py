"""The school's letters: which were drafted, and approving and sending them over letters' API, as staff would."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

import httpx

from tests.journeys.cast import Cast
from tests.journeys.expectations import LONDON
from tests.journeys.pair import Pair, bearer

PAGE = 200
WATCHING: Final = ("headteacher", "dsl", "chair", "auditor")
"""Roles whose lists together show every letter."""
SENDING: Final = ("caseworker", "headteacher", "dsl", "office", "chair")
"""Roles that may send, the chair what the chair signed."""
SIGNED_BY_ANOTHER: Final = ("L08",)
"""Letters that are approved once it is said how somebody else signed them."""
KNOWN_BY: Final = "As the story tells it."
"""By what it is known that a letter was signed by somebody, or that it was passed on."""
CHANNELS: Final[Mapping[str, str]] = {"dojo": "classdojo", "post": "print", "e-mail": "email"}
"""A story's word for a channel, and letters' own."""
BY_HAND: Final = "by_hand"
EMAIL: Final = "email"
ANY_TIME: Final = ("headteacher", "chair")
"""Who may let e-mail go outside its hours, so that a story need not wait for the morning."""
SENT: Final = ("dispatched", "delivered", "returned")
RULE: Final = re.compile(r"R[0-9]{2}")
NO_PDF: Final = "0" * 64
"""Named as the PDF that was read where there is none to read: the refusal then says what is missing."""


class Desk:
    """Letters of one school, seen by those who may."""

    def __init__(self, pair: Pair, cast: Cast) -> None:
        self._pair = pair
        self.roles = {account.subject: account.role for account in cast.accounts()}
        """Who acts in which role."""
        self._watchers = [by for role in WATCHING if (by := cast.of_role(role))]
        self._head = cast.of_role("headteacher") or self._watchers[0]
        self._seen = {row["letter_id"] for row in self.rows()}
        self._before = frozenset(self._seen)

    def catalogue(self) -> frozenset[str]:
        """Return the templates that letters has."""
        answer = self._get("/v1/templates", self._head).raise_for_status()
        return frozenset(row["template"] for row in answer.json()["templates"])

    def rows(self) -> list[Mapping[str, Any]]:
        """Return every letter, in the order in which they were drafted."""
        found = {row["letter_id"]: row for by in self._watchers for row in self._listed(by)}
        return sorted(found.values(), key=lambda row: row["position"])

    def of_this_story(self) -> list[Mapping[str, Any]]:
        """Return the letters drafted since this desk was opened."""
        return [row for row in self.rows() if row["letter_id"] not in self._before]

    def new(self) -> list[Mapping[str, Any]]:
        """Return the letters drafted since this was asked last."""
        found = [row for row in self.rows() if row["letter_id"] not in self._seen]
        self._seen |= {row["letter_id"] for row in found}
        return found

    def unsent(self, template: str, cases: Iterable[str]) -> str | None:
        """Return the newest letter of a template, about one of these cases, that has not left."""
        left = ("cancelled", "superseded", *SENT)
        found = [row for row in self.rows() if row["template"] == template and row["case_id"] in set(cases)]
        return next((row["letter_id"] for row in reversed(found) if row["status"] not in left), None)

    def send(self, letter: str, actor: str, at: datetime) -> list[str]:
        """Approve a letter, by the actor if the catalogue allows, else by the head; send it. Return what failed."""
        by = self._approver(letter, actor)
        state = self.show(letter)
        if "address" in state.get("holds", ()):
            self.change(letter, by, {"channel": BY_HAND})  # There is no address that it may go to.
        if slots := slots_needed(state, at):
            self.change(letter, by, {"slots": slots})
        approved = self.approve(letter, by, at)
        answer = self.dispatch(letter, by, at) if approved.is_success else approved
        if not answer.is_success:
            return [f"{self.name(letter)} by {by}: expected to be sent, found {said(answer)}"]
        return list(self._mailed_otherwise(letter))

    def approve(self, letter: str, by: str, at: datetime) -> httpx.Response:
        """Approve a letter in one's own name and as of today, every check ticked; the answer may be a refusal."""
        state = self.show(letter, by)
        today = at.astimezone(LONDON).date().isoformat()
        if state.get("signatory") != by or state.get("letter_date") != today:
            self._post(letter, "redraft", by, {"signatory": by})
            state = self.show(letter, by)
        asked: dict[str, Any] = {
            "pdf_sha256": (state.get("provenance") or {}).get("pdf_sha256") or NO_PDF,
            "checks": [finding["id"] for finding in state.get("findings", ()) if finding["level"] == "check"],
        }
        if state.get("template") in SIGNED_BY_ANOTHER:
            asked["confirmation"] = KNOWN_BY
        if state.get("channel") == EMAIL and self.roles.get(by) in ANY_TIME and not self._is_open(EMAIL, at):
            asked["at_any_time"] = True
        return self._post(letter, "approve", by, asked)

    def dispatch(self, letter: str, by: str, at: datetime) -> httpx.Response:
        """Take an issued letter and confirm that it left; the answer may be a refusal. E-mail leaves by itself."""
        if self.show(letter).get("channel") == EMAIL:
            self._pair.run("letters", "dispatch", "--once")
            state = self.show(letter)
            if state.get("status") in SENT:
                return self._get(f"/v1/letters/{letter}", by)
        able = (who for who in (by, self._head, *self._watchers) if self.roles.get(who) in SENDING)
        sender = next((who for who in able if self.show(letter, who)), self._head)
        taken = self._post(letter, "dispatch", sender, {})
        if not taken.is_success:
            return taken
        message = taken.json().get("message_sha256")
        proof = {"text_sha256": message} if message else {"reference": KNOWN_BY}
        return self._post(letter, "dispatched", sender, {"posted_at": at.isoformat(), **proof})

    def change(self, letter: str, by: str, draft: Mapping[str, Any]) -> httpx.Response:
        """Change a draft's channel or address; the answer may be a refusal."""
        path = f"/v1/letters/{letter}/draft"
        return self._pair.letters.patch(path, json=dict(draft), headers=self._headers(by))

    def show(self, letter: str, by: str | None = None) -> Mapping[str, Any]:
        """Return a letter as it stands, as somebody sees it; empty if it is not theirs to see."""
        for viewer in [by] if by else self._watchers:
            answer = self._get(f"/v1/letters/{letter}", viewer)
            if answer.is_success:
                return dict(answer.json())
        return {}

    def name(self, letter: str) -> str:
        """Return a letter's template, for a message."""
        return str(self.show(letter).get("template", letter))

    def timeline(self, letter: str) -> Sequence[Mapping[str, Any]]:
        """Return the events of a letter."""
        events: Sequence[Mapping[str, Any]] = self._read(letter, "timeline").json()["events"]
        return events

    def text(self, letter: str) -> str:
        """Return what a letter says."""
        return self._read(letter, "text").text

    def _approver(self, letter: str, actor: str) -> str:
        """Return who approves: the actor if the row allows and it is theirs to see, else the head, or a substitute."""
        allowed = self.show(letter).get("approvers", ())
        fitting = (by for by in (actor, self._head, *self._watchers) if self.roles.get(by) in allowed)
        return next((by for by in fitting if self.show(letter, by)), self._head)

    def _is_open(self, channel: str, at: datetime) -> bool:
        answer = self._get("/v1/windows", self._head, channel=channel, at=at.isoformat()).raise_for_status()
        return bool(answer.json()["is_open"])

    def _mailed_otherwise(self, letter: str) -> Iterator[str]:
        """Find what is wrong with the e-mail that a letter left by: one, in the outbox, of the very bytes approved."""
        state = self.show(letter)
        if state["channel"] != EMAIL:
            return
        found = list((self._pair.outbox / "email").glob(f"{state['our_ref'].replace('/', '_')}.*.eml"))
        if len(found) != 1:
            yield f"{state['template']}: expected one e-mail in the outbox, found {len(found)}"
            return
        message = message_from_bytes(found[0].read_bytes(), policy=SMTP)
        attached = [sha256(part.get_content()).hexdigest() for part in message.iter_attachments()]
        if attached != [state["issued"]["pdf_sha256"]]:
            yield f"{state['template']}: expected the approved PDF in the e-mail, found {attached}"

    def _listed(self, by: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        after, has_more = 0, True
        while has_more:
            page = self._get("/v1/letters", by, after=after, limit=PAGE).raise_for_status().json()
            found += page["letters"]
            after, has_more = page["next"], page["has_more"]
        return found

    def _read(self, letter: str, part: str) -> httpx.Response:
        """Read a part of a letter as the first of those who watch who may; an auditor reads no letter."""
        answers = [self._get(f"/v1/letters/{letter}/{part}", by) for by in self._watchers]
        return next(filter(lambda answer: answer.is_success, answers), answers[0]).raise_for_status()

    def _get(self, path: str, by: str, **query: Any) -> httpx.Response:
        return self._pair.letters.get(path, params=query, headers=bearer(self._pair, by))

    def _post(self, letter: str, path: str, by: str, facts: Mapping[str, Any]) -> httpx.Response:
        return self._pair.letters.post(f"/v1/letters/{letter}/{path}", json=dict(facts), headers=self._headers(by))

    def _headers(self, by: str) -> dict[str, str]:
        return {**bearer(self._pair, by), "Idempotency-Key": str(uuid4())}


def slots_needed(state: Mapping[str, Any], at: datetime) -> dict[str, str]:
    """Return words for the slots that a draft waits for; all that any letter needs are times to meet."""
    missing = {each["path"] for each in state.get("problems", ()) if each["code"] == "missing"}
    if "slots.second_time" not in missing:
        return {}
    first = (at + timedelta(days=7)).replace(hour=15, minute=30)
    return {"first_time": first.isoformat(), "second_time": (first + timedelta(days=1)).isoformat()}


def rules_of(answer: httpx.Response) -> list[str]:
    """Return the policy's rules that a refusal of letters names; where it names none, its own codes."""
    found = [
        rule[0] if (rule := RULE.search(f"{refusal['code']} {refusal['detail']}")) else refusal["code"]
        for refusal in answer.json().get("refusals", ())
    ]
    return [word for word in found if RULE.fullmatch(word)] or found


def is_closed_now(answer: httpx.Response) -> bool:
    """Whether a letter cannot leave now by its channel, and the answer says when it can."""
    return "opens_at" in answer.text


def said(answer: httpx.Response) -> str:
    """Return what an answer that is no success says, in a line."""
    try:
        problem = answer.json()
    except ValueError:
        return f"status {answer.status_code}"
    words = [problem.get("detail", "")]
    words += [
        f"{each['pointer']}: expected {each['expected']}, found {each['found']}" for each in problem.get("errors", ())
    ]
    return f"status {answer.status_code}: {'; '.join(filter(None, words))}"
