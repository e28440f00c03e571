"""Casework over HTTP, with letters' own key (role ``letters``): the feed, merge fields, filing, the calendar.

Only what the contract between the services says is relied on. An answer that cannot be read counts as no answer.
Nothing of an answer but its status and problem type gets into messages: bodies hold names.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import httpx
import msgspec
import stamina

from letters.adapters.kept import KeptCalendar
from letters.application.casework import Letterpost, Page
from letters.domain import working_days
from letters.domain.errors import (
    CalendarMalformed,
    CaseworkUnavailable,
    EventGone,
    FilingRefused,
    FollowerStopped,
)
from letters.domain.feed_entry import FeedEntry
from letters.domain.working_days import Calendar

TIMEOUT_S: Final = 5.0
ATTEMPTS: Final = 3
REFUSED_KEY: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
NOT_FOR_US: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class _Entry(msgspec.Struct, frozen=True):
    id: str
    type: str
    data: Mapping[str, Any]


class _Page(msgspec.Struct, frozen=True):
    positions: tuple[int, ...]
    events: tuple[_Entry, ...]
    next: int
    has_more: bool


class CaseworkClient:
    """Asks casework; one for each process, made after the fork."""

    def __init__(self, url: str, token: Callable[[], str], kept: KeptCalendar) -> None:
        # The proxy settings of the environment are for the outside world, not for a neighbour.
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False)
        self._token = token
        self._kept = kept

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def page(self, after: int, *, limit: int, wait_s: float) -> Page:
        """Return a page of the feed; the type is not asked for, because that would hide a ``.v2``."""
        prefer = {"Prefer": f"wait={wait_s:g}"} if wait_s else {}
        timeout = httpx.Timeout(TIMEOUT_S, read=TIMEOUT_S + wait_s)
        answer = self._get("/v1/events", params={"after": after, "limit": limit}, headers=prefer, timeout=timeout)
        if answer.status_code in REFUSED_KEY:
            raise FollowerStopped("a key of role letters that may read the feed", _status(answer))
        return self._read_page(_good(answer))

    def merge_fields(self, event: str) -> bytes:
        """Return casework's answer about one event, trying three times."""
        incident, _, version = event.partition("/")
        path = f"/v1/incidents/{incident}/events/{version}/merge-fields"
        for attempt in stamina.retry_context(on=CaseworkUnavailable, attempts=ATTEMPTS, wait_initial=0.2, timeout=None):
            with attempt:
                answer = self._get(path)
                if answer.status_code in NOT_FOR_US:
                    raise EventGone
                return _good(answer).content
        raise AssertionError  # the last attempt raises what stopped it

    def file(self, post: Letterpost) -> str:
        """File a fact about a letter, with its PDF; the same key makes a repeated filing one."""
        facts = {
            "letter_id": str(post.letter),
            "template": post.template,
            "version": post.version,
            "pdf_sha256": post.pdf_sha256,
            "size_bytes": post.size_bytes,
            "party": post.party,
            "channel": post.channel,
            "state": post.fact,
            "occurred_at": post.occurred_at,
        }
        try:
            answer = self._http.post(
                f"/v1/incidents/{post.case}/correspondence",
                headers={**self._headers(), "Idempotency-Key": f"{post.letter}-{post.fact}"},
                files={
                    "facts": (None, msgspec.json.encode(facts), "application/json"),
                    "file": (f"{post.letter}.pdf", post.pdf, "application/pdf"),
                },
            )
        except httpx.HTTPError as error:
            raise CaseworkUnavailable(type(error).__name__) from error
        if answer.is_client_error and answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            raise FilingRefused(_status(answer))
        return _filed_entry(_good(answer))

    def current(self) -> Calendar:
        """Return the calendar; while casework is away, the newest one that was had."""
        kept = self._kept.newest()
        tag = {"If-None-Match": kept[1]} if kept and kept[1] else {}
        try:
            answer = self._get("/v1/calendar", headers=tag)
            if kept and answer.status_code == HTTPStatus.NOT_MODIFIED:
                return working_days.parse(kept[0])
            calendar = working_days.parse(_good(answer).content)
        except (CaseworkUnavailable, CalendarMalformed) as error:
            if kept is None:
                raise CaseworkUnavailable("no calendar was ever had") from error
            return working_days.parse(kept[0])
        self._kept.keep(calendar.sha256, answer.content, answer.headers.get("ETag"))
        return calendar

    def check_key(self) -> None:
        """Check that our key is good and of the right role.

        Raises:
            FollowerStopped: expected and found.
            CaseworkUnavailable: it cannot be found out now.
        """
        answer = self._get("/v1/whoami")
        if answer.status_code in REFUSED_KEY:
            raise FollowerStopped("a key of role letters", _status(answer))
        role = _decoded(_good(answer), dict[str, Any]).get("role")
        if role != "letters":
            raise FollowerStopped("a key of role letters", f"one of role {role}")

    def _get(self, path: str, **asked: Any) -> httpx.Response:
        asked["headers"] = {**self._headers(), **asked.get("headers", {})}
        try:
            return self._http.get(path, **asked)
        except httpx.HTTPError as error:
            raise CaseworkUnavailable(type(error).__name__) from error

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}", "Accept": "application/json"}

    @staticmethod
    def _read_page(answer: httpx.Response) -> Page:
        read = _decoded(answer, _Page)
        pairs = zip(read.positions, read.events, strict=True)
        try:
            entries = [FeedEntry(position=at, id=each.id, type=each.type, data=each.data) for at, each in pairs]
        except ValueError as error:
            raise CaseworkUnavailable("a page with other numbers of positions and events") from error
        return Page(entries=entries, next=read.next, has_more=read.has_more)


def _good(answer: httpx.Response) -> httpx.Response:
    """Return an answer that is one.

    Raises:
        CaseworkUnavailable: any other status.
    """
    if not answer.is_success:
        raise CaseworkUnavailable(_status(answer))
    return answer


def _decoded(answer: httpx.Response, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.MsgspecError as error:
        raise CaseworkUnavailable(f"an answer that cannot be read: {error}") from error


def _filed_entry(answer: httpx.Response) -> str:
    """Return the id of the entry that a filing made: the last of its events."""
    said = _decoded(answer, dict[str, Any])
    try:
        return str(said["events"][-1]["id"])
    except (KeyError, IndexError, TypeError) as error:
        raise CaseworkUnavailable("an answer that names no entry") from error


def _status(answer: httpx.Response) -> str:
    """Return an answer's status, and its problem type if it is one; never more of it."""
    try:
        slug = str(msgspec.json.decode(answer.content, type=dict[str, Any])["type"]).rpartition(":")[2]
    except (msgspec.MsgspecError, KeyError):
        slug = ""
    return f"{answer.status_code} {slug}".strip()
