"""The feed: stored bytes, joined, never parsed. Positions have no gaps, so a reader can never miss one.

``Prefer: wait=20`` waits for something new. A waiter asks for the head 25 times a second, one step in an index, and
holds no connection in between (`docs/decisions/0012`); each worker has room for a few, the next gets an empty page and
Retry-After at once.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import flask
from flask.views import MethodView
from marshmallow import Schema, validate
from marshmallow.fields import Integer, String

from casework.api.documented import shows
from servicekit import conditional, identity, problems
from servicekit.bodies import Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask import Response

    from casework.application.casework import Casework
    from casework.application.store import FeedPage

ASK_EVERY_S: Final = 0.04
"""How often a waiter asks for the head: what is new is there at most so much later, on average half of it."""
WAITERS_MAX: Final = 3
OPEN: Final = ("open",)
CASES: Final = ("incident.",)
"""What each role is fed: type prefixes (None: all) and sensitivities (None: all)."""
FED: Final[dict[str, tuple[Sequence[str] | None, Sequence[str] | None]]] = {
    "auditor": (None, None),
    "letters": (CASES, None),
    "mis": (CASES, OPEN),
}


class FeedQuery(Schema):
    """Where to go on, how much, and which types."""

    after = Integer(validate=validate.Range(0, 2**53 - 1), load_default=0)
    limit = Integer(validate=validate.Range(1, 1000), load_default=200)
    type = String(validate=validate.Regexp(r"^[a-z][a-z.0-9-]{0,79}$"))


def blueprint(casework: Callable[[], Casework], stopping: threading.Event) -> Blueprint:
    """Return the feed's route; waiters are woken when `stopping` is set."""
    made = Blueprint("feed", __name__, description="Every event, in order, as it is stored")
    waiters = threading.BoundedSemaphore(WAITERS_MAX)

    @made.route("/v1/events")
    class Feed(MethodView):
        """The feed."""

        @identity.allow(*FED)
        @shows(made, "Entries as they are stored", "events", "has_more", "next", "positions")
        @made.arguments(FeedQuery, location="query", as_kwargs=True)  # type: ignore[untyped-decorator]  # no types there
        def get(self, after: int, limit: int, **query: str) -> Response:
            """Return the entries after a position."""
            use = casework()
            types, sensitivities = FED[identity.caller().role]
            if "type" in query:
                types = _narrowed(query["type"], types)

            def page() -> FeedPage:
                return use.record.reader.feed(after, limit, types, sensitivities)

            wait_s = conditional.prefer_wait(flask.request)
            found = page()
            if found.next > after or wait_s == 0:
                return conditional.applied_wait(_response(found), 0)
            if not waiters.acquire(blocking=False):
                refused = _response(found)
                refused.headers["Retry-After"] = "1"
                return refused
            try:
                _wait_for_more(use.record.head, after, wait_s, stopping)
                return conditional.applied_wait(_response(page()), wait_s)
            finally:
                waiters.release()

    return made


def _narrowed(wanted: str, prefixes: Sequence[str] | None) -> Sequence[str]:
    """Return the one type asked for, if it is among those that this role is fed."""
    if prefixes is not None and not wanted.startswith(tuple(prefixes)):
        raise problems.forbidden(detail=f"This role is fed the types {', '.join(prefixes)}* only.")
    return [wanted]


def _wait_for_more(head: Callable[[], int], after: int, wait_s: float, stopping: threading.Event) -> None:
    """Wait until something stands after a position, for so long at most; the end of the process ends it too."""
    until = time.monotonic() + wait_s
    while head() <= after and (left_s := until - time.monotonic()) > 0:
        if stopping.wait(min(ASK_EVERY_S, left_s)):
            return


def _response(page: FeedPage) -> Response:
    positions = ",".join(map(str, page.positions)).encode()
    ends = f'],"has_more":{str(page.has_more).lower()},"next":{page.next},"positions":['.encode()
    body = b'{"events":[' + b",".join(page.entries) + ends + positions + b"]}"
    response = flask.Response(body, content_type="application/json")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["ETag"] = conditional.etag(page.next)
    return response
