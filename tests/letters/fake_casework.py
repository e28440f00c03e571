"""A small real HTTP server that stands for casework: the contract between the services, with canned answers.

It keeps a feed (a reader may wait for what is new), answers merge fields, takes filings and knows API keys. A test can
take it away (its port stays closed), break it for some paths, cut its feed short, or move it on.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import flask
import msgspec
from werkzeug.serving import make_server

from servicekit.credentials import new_key
from tests.letters.given import CASE, merge_fields

CALENDAR = {
    "timezone": "Europe/London",
    "terms": [{"name": "autumn 2025", "from": "2025-09-03", "to": "2025-12-19"}],
    "half_terms": [],
    "inset_days": [],
    "bank_holidays": ["2025-12-25", "2025-12-26", "2026-01-01"],
    "sha256": "c" * 64,
}
ROLES = {
    "u-head": "headteacher",
    "u-deputy": "caseworker",
    "u-dsl": "dsl",
    "u-sbm": "office",
    "u-t5": "caseworker",
    "u-cook": "staff",
    "u-t2": "staff",
    "u-chair": "chair",
    "u-auditor": "auditor",
    "u-admin": "admin",
    "u-monitor": "monitor",
    "x-legal": "legal",
    "letters": "letters",
}


class FakeCasework:
    """Canned answers, and what was asked."""

    def __init__(self) -> None:
        self.keys = {subject: new_key().text for subject in ROLES}
        self.grants: dict[str, list[str]] = {}
        self.feed: list[dict[str, Any]] = []
        self.fields: dict[str, dict[str, Any]] = {}
        self.filed: dict[str, tuple[dict[str, Any], bytes]] = {}
        self.asked: Counter[str] = Counter()
        self.broken: dict[str, int] = {}
        """Path prefix to the status answered there."""
        self.ask_every_s = 0.02
        """How often a reader who waits for something new looks whether it is there."""
        self.url = ""
        self._port = 0
        self._server: Any = None

    def happens(self, name: str, *, version: int, **data: Any) -> str:
        """Append an event of S01's case to the feed; return its id."""
        return self._append(name, f"{CASE}/{version}", data)

    def _append(self, name: str, event: str, data: dict[str, Any]) -> str:
        entry = {
            "id": event,
            "type": name if "." in name else f"incident.{name}.v1",
            "source": "casework.example/rowan-lane",
            "specversion": "1.0",
            "time": "2025-09-23T13:15:00Z",
            "data": {"occurred_at": "2025-09-23T14:15:00+01:00", "actor": "u-head", "role": "headteacher", **data},
        }
        self.feed.append(entry)
        return event

    def warning_issued(self, version: int = 12, **changed: Any) -> str:
        """Append S01's warning, with its merge fields."""
        cause = self.happens("warning-issued", version=version, warning_no=1, party="P2", posts=[1, 2])
        self.fields[cause] = merge_fields(**changed)
        return cause

    def removal_requested(self, version: int = 9, **changed: Any) -> str:
        """Append S01's first request for removal, with its merge fields."""
        cause = self.happens(
            "removal-requested", version=version, request_no=1, party="P2", posts=[1], basis="first_step"
        )
        fields = merge_fields()
        fields["facts"] = {**fields["facts"], "request_no": 1, "posts": [1], "earlier_requests": []}
        self.fields[cause] = {**fields, "posts": fields["posts"][:1], **changed}
        return cause

    def access_blocked(self, version: int = 15, **changed: Any) -> str:
        """Append a block of messages, with its merge fields."""
        cause = self.happens(
            "access-blocked", version=version, block_no=1, party="P2", channel="dojo", scope="messaging"
        )
        block = {
            "block_no": 1,
            "channel": {"platform": "classdojo", "kind": "messaging", "name": None},
            "scope": "messaging",
            "since": "2025-09-23T14:15:00+01:00",
            "review_on": "2025-10-14",
            "alternative_route": "the school office",
            "has_representations": False,
        }
        facts = {"block_no": 1, "party": "P2", "reason": "Messages at night.", "block": block, "blocks": []}
        self.fields[cause] = {**merge_fields(), "posts": [], "facts": facts, **changed}
        return cause

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = make_server("127.0.0.1", self._port, self._app(), threaded=True)
        self._port = self._server.server_port
        self.url = f"http://127.0.0.1:{self._port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Go away: nobody answers on the port any more."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            server.server_close()

    def _app(self) -> flask.Flask:
        app = flask.Flask("fake")

        @app.before_request
        def check() -> Any:
            path = flask.request.path
            self.asked[path.rpartition("/")[2]] += 1
            for prefix, status in self.broken.items():
                if path.startswith(prefix) or path.endswith(prefix):
                    return {"type": "urn:school-casework:problem:unavailable", "status": status}, status
            token = flask.request.headers.get("Authorization", "").removeprefix("Bearer ")
            flask.g.subject = next((subject for subject, key in self.keys.items() if key == token), None)
            if flask.g.subject is None:
                return {"type": "urn:school-casework:problem:unauthenticated", "status": 401}, 401
            return None

        @app.get("/v1/whoami")
        def whoami() -> Any:
            return {
                "key_id": "0123456789ab",
                "subject": flask.g.subject,
                "role": ROLES[flask.g.subject],
                "school": "rowan-lane",
                "person": None,
                "grants": self.grants.get(flask.g.subject, []),
                "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            }

        @app.get("/v1/incidents/<case>/events/<version>/merge-fields")
        def merge(case: str, version: str) -> Any:
            found = self.fields.get(f"{case}/{version}")
            return found or ({"type": "urn:school-casework:problem:not-found", "status": 404}, 404)

        @app.post("/v1/incidents/<case>/correspondence")
        def correspondence(case: str) -> Any:
            facts = msgspec.json.decode(flask.request.form["facts"])
            pdf = flask.request.files["file"].read()
            if sha256(pdf).hexdigest() != facts["pdf_sha256"] or len(pdf) != facts["size_bytes"]:
                return {"type": "urn:school-casework:problem:invalid", "status": 422}, 422
            key = flask.request.headers["Idempotency-Key"]
            if key not in self.filed:
                self.filed[key] = (facts, pdf)
                self._append("correspondence-recorded", f"{case}/{100 + len(self.filed)}", facts)
            version = 100 + list(self.filed).index(key) + 1
            events = [{"id": f"{case}/{version}", "type": "incident.correspondence-recorded.v1"}]
            return {"id": case, "version": version, "events": events}, 201

        app.add_url_rule("/v1/events", view_func=self._events)
        app.add_url_rule("/v1/calendar", view_func=_calendar)
        return app

    def _events(self) -> Any:
        after, limit = int(flask.request.args["after"]), int(flask.request.args["limit"])
        until = time.monotonic() + float(flask.request.headers.get("Prefer", "wait=0").removeprefix("wait="))
        while len(self.feed) <= after and time.monotonic() < until and self._server is not None:
            time.sleep(self.ask_every_s)
        page = self.feed[after : after + limit]
        return {
            "positions": list(range(after + 1, after + 1 + len(page))),
            "events": page,
            "next": after + len(page),
            "has_more": after + len(page) < len(self.feed),
        }


def _calendar() -> Any:
    if flask.request.headers.get("If-None-Match") == '"calendar"':
        return "", 304
    return flask.jsonify(CALENDAR), 200, {"ETag": '"calendar"'}


@contextmanager
def fake_casework() -> Iterator[FakeCasework]:
    """Run one."""
    fake = FakeCasework()
    fake.start()
    try:
        yield fake
    finally:
        fake.stop()
