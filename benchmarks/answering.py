"""What the web application adds to its work: a POST without its use case, a read that is recorded, a page of the feed.

Requests are handed to the application as a server hands them over (PEP 3333), in this process; there is no socket. All
is as it is served: the key is looked up in the database, the answer counted, its log line written (to nowhere). As each
key may ask 600 times a minute, many take turns.
"""

import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr
from itertools import cycle
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID
from wsgiref.types import WSGIApplication

import flask

from benchmarks import trial_school
from benchmarks.measuring import Comparison, Measured, Target
from benchmarks.trial_school import CASEWORKER, Trial, copied, decide, refused_case
from casework import bootstrap
from casework.adapters.credentials import Credentials
from casework.adapters.pool import make_pool
from casework.api.application import create_app
from casework.api.uploads import Uploads
from casework.application.access_log import AccessLog
from casework.application.casework import Taken
from casework.application.store import FeedPage
from casework.bootstrap import Schools, make_app
from casework.cli.first_start import TRIAL_NAME
from casework.domain.event import Recorded
from servicekit import logs
from servicekit.clock import SystemClock
from servicekit.webapp import nothing

KEYS: Final = 64
PAGE: Final = 200
CATEGORIES: Final = {"codes": ["C4"], "primary": "C4"}
CREATED: Final = "201 CREATED"
FOUND: Final = "200 OK"
Call = Callable[[], object]


@contextmanager
def measured(is_small: bool) -> Iterator[Sequence[Measured]]:  # noqa: FBT001 - a subject's signature
    """Open the school behind several applications, on one server."""
    with ExitStack() as held:
        trial = held.enter_context(trial_school.opened())
        held.enter_context(_logging_to_nowhere())
        asking = Asking(trial, held)
        events = refused_case(trial.school.casework)
        case = events[0].originator_id
        for _ in range(0, PAGE, PAGE if is_small else len(events)):
            copied(trial.school.casework, events)
        trial_school.analyze(trial)
        yield [asking.posting(case), asking.reading(case), asking.feeding()]


class Asking:
    """Requests of the school's staff and services to applications that differ in one thing."""

    def __init__(self, trial: Trial, held: ExitStack) -> None:
        self._trial = trial
        self._held = held
        self._pool = held.enter_context(make_pool(trial.at.app))
        self._credentials = Credentials(self._pool, SystemClock())
        self._app = self._served(trial.schools)
        self._staff = cycle(trial_school.keys(trial, CASEWORKER, KEYS))
        self._letters = cycle(trial_school.keys(trial, "letters", KEYS))

    def posting(self, case: UUID) -> Comparison:
        """Compare a decision without its use case with a bare route."""
        use = self._trial.school.casework
        decide(use, case, "categorise", CATEGORIES)
        taken = Taken(incident=case, version=12, events=tuple(use.record.events_of(case)[-1:]))
        ours = create_app(
            use=Unused(taken).school,  # type: ignore[arg-type]  # of all use cases, the one that is called
            authenticate=self._credentials.authenticate,
            uploads=Uploads(nothing, limit_bytes=0),
        )
        post = Request("POST", f"/v1/incidents/{case}/categorisations", CREATED, json.dumps(CATEGORIES).encode())
        name = "a decision without its use case / bare Flask route: CPU"
        call, other = (calling(each, post, self._staff) for each in (ours, bare(taken.events)))
        return Comparison(name, call, other, Target(at_most=5), by_cpu=True)

    def reading(self, case: UUID) -> Comparison:
        """Compare a read that is recorded with one that is not."""
        unrecorded = self._other()
        casework = unrecorded.of(TRIAL_NAME).casework
        casework.access = Unrecorded(casework.record)
        get = Request("GET", f"/v1/incidents/{case}", FOUND)
        ours, other = (calling(each, get, self._staff) for each in (self._app, self._served(unrecorded)))
        return Comparison("GET of a case: recorded / not recorded", ours, other, Target(at_most=3))

    def feeding(self) -> Comparison:
        """Compare a page of the feed with the same page, each entry of it decoded and encoded."""
        encoding = self._other()
        recorder: Any = encoding.of(TRIAL_NAME).casework.record.recorder
        recorder.feed = encoded_again(recorder.feed)
        get = Request("GET", "/v1/events", FOUND, query=f"limit={PAGE}")
        ours, other = (calling(each, get, self._letters) for each in (self._app, self._served(encoding)))
        return Comparison(f"feed page of {PAGE}: joined / encoded again", ours, other, Target(at_least=2.5))

    def _served(self, schools: Schools) -> flask.Flask:
        return make_app(schools, self._credentials)

    def _other(self) -> Schools:
        """Put the school together once more, to differ in one thing."""
        return self._held.enter_context(bootstrap.schools(self._trial.values, self._trial.at))


class Request(NamedTuple):
    """What is asked for, and the status that is answered."""

    method: str
    path: str
    status: str
    body: bytes = b""
    query: str = ""


def calling(app: WSGIApplication, request: Request, keys: Iterator[str]) -> Call:
    """Return what hands this request over, each time with the next key, and takes all of the answer.

    Raises:
        ValueError: another status.
    """
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8001",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_IDEMPOTENCY_KEY": "the-same-each-time",
        "HTTP_IF_MATCH": "*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }

    def start(status: str, *_: object) -> Any:  # noqa: ANN401 - PEP 3333: a function to write by, which nobody uses
        if status != request.status:
            raise ValueError(f"{request.path}: expected {request.status}, found {status}")

    def call() -> bytes:
        about = {"HTTP_AUTHORIZATION": f"Bearer {next(keys)}", "wsgi.input": io.BytesIO(request.body)}
        answer = app({**environ, **about}, start)
        try:
            return b"".join(answer)
        finally:
            if (close := getattr(answer, "close", None)) is not None:
                close()

    return call


def bare(events: Sequence[Recorded]) -> flask.Flask:
    """Return an application of one route: it reads JSON and answers JSON, as much as ours, and asks nobody."""
    app = flask.Flask("bare", static_folder=None)
    written = [{"id": at.id, "type": at.event.type_name} for at in events]

    @app.post("/v1/incidents/<uuid:incident>/categorisations")
    def post(incident: UUID) -> tuple[dict[str, object], int]:
        given = flask.request.get_json()
        if given != CATEGORIES:
            raise ValueError(f"expected {CATEGORIES}, found {given}")
        return {"id": str(incident), "version": 12, "events": written}, 201

    return app


class Unused:
    """Use cases that do nothing: a decision was taken, always this one."""

    def __init__(self, taken: Taken) -> None:
        self.casework = self
        self._taken = taken

    def school(self) -> "Unused":
        """Return the use cases of the caller's school."""
        return self

    def decide(self, *_: object, **__: object) -> Taken:
        """Return the decision."""
        return self._taken


class Unrecorded(AccessLog):
    """Writes nothing down."""

    def note(self, *_: object, **__: object) -> str:
        """Do nothing."""
        return ""


def encoded_again(feed: Callable[..., FeedPage]) -> Callable[..., FeedPage]:
    """Return a reader of pages that decodes each entry and encodes it again, as a view that returns objects does."""

    def page(*given: Any) -> FeedPage:  # noqa: ANN401 - whatever the recorder takes
        found = feed(*given)
        entries = (flask.json.dumps(flask.json.loads(entry)).encode() for entry in found.entries)
        return FeedPage(found.positions, tuple(entries), found.next, found.has_more)

    return page


@contextmanager
def _logging_to_nowhere() -> Iterator[None]:
    """Have a line a request written, as when it is served, where nobody sees it."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
        logs.configure("casework", "info")
        yield
    logs.configure("casework", "warning")
