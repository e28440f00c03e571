"""Serve a WSGI application by gunicorn: worker processes with threads, each with an application of its own.

`load` runs in each worker after the fork, so no connection is ever shared between processes. SIGTERM (and Ctrl-C)
stops accepting, wakes what waits on `stopping`, lets running requests finish for up to 30 s, then closes what `close`
closes: what was accepted gets its answer. The limits are one table, `_options`.

What gunicorn itself has to say to a client whose bytes are no HTTP is a problem too (RFC 9457), and what it logs goes
through our allowlist. Its control socket is off: by default all its instances of one user share one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol

from gunicorn import arbiter, glogging, util  # type: ignore[import-untyped]  # the library ships no types
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # as above
from gunicorn.errors import HaltServer  # type: ignore[import-untyped]  # as above
from gunicorn.http import errors  # type: ignore[import-untyped]  # as above
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]  # as above

from servicekit import logs, metrics, problems
from servicekit.stopping import stopping

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Mapping
    from types import FrameType
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["GRACE_S", "NOT_READY", "Loader", "Worker", "hearing_out", "serve", "stopping"]

GRACE_S: Final = 30
KEEPALIVE_S: Final = 65
NOT_READY: Final = 4
UNWANTED_BYTES_MAX: Final = 64 * 1024 * 1024
"""So much of a body is read without being wanted: more than any that is taken."""

_STOPPERS = (signal.SIGTERM, signal.SIGQUIT)
_NOT_LOADED = (arbiter.Arbiter.WORKER_BOOT_ERROR, arbiter.Arbiter.APP_LOAD_ERROR)
_CHUNK_BYTES = 64 * 1024
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - gunicorn makes a private file there and unlinks it at once


def serve(
    load: Callable[[], WSGIApplication],
    *,
    bind: str,
    workers: int = 2,
    threads: int = 8,
    close: Callable[[], None] = lambda: None,
    ready: Callable[[], None] = lambda: None,
) -> int:
    """Serve until a signal says to stop; return the exit code: 0, 4 if no worker could load, 1 for the rest.

    `load` makes the application, in each worker; `close` closes what it opened, in the same worker, after its last
    request; `ready` is called once, in this process, when the address is listened on.
    """
    master = os.getpid()
    folder = _metrics_folder()
    try:
        _Server(load, _options(bind, workers, threads) | _hooks(close, ready)).run()
    except (SystemExit, HaltServer) as end:
        code = _exit_code(end)
        if os.getpid() != master:
            # A worker ends by this exception as well, on its way up through our callers: what they hold is not its.
            os._exit(code)
        return NOT_READY if code in _NOT_LOADED else code
    finally:
        if folder is not None:
            del os.environ[metrics.MULTIPROCESS_DIR]
            shutil.rmtree(folder, ignore_errors=True)
    return 0


class Opened(Protocol):
    """A web application, and what closes what it holds open."""

    @property
    def app(self) -> WSGIApplication:
        """The application."""
        ...

    def close(self) -> None:
        """Close everything."""
        ...


class Loader:
    """What a service's `wsgi` module is made of: `load` opens the application in this process, `close` closes it."""

    def __init__(self, open_web: Callable[[], Opened]) -> None:
        self._open_web = open_web
        self._opened: list[Opened] = []

    def load(self) -> WSGIApplication:
        """Return the application, with everything opened."""
        self._opened.append(self._open_web())
        return self._opened[-1].app

    def close(self) -> None:
        """Close what was opened."""
        while self._opened:
            self._opened.pop().close()


class Worker(ThreadWorker):  # type: ignore[misc]  # as above
    """gunicorn's threaded worker, which wakes waiting requests when it is to stop."""

    def init_signals(self) -> None:
        """Leave Ctrl-C to the master, which turns it into an orderly stop; now hear what it has said since the fork."""
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPERS)

    def load_wsgi(self) -> None:
        """Load the application; what goes wrong is logged by its frames, not by its message."""
        try:
            super().load_wsgi()
        except Exception as error:  # noqa: BLE001 - the worker's own loop: it ends here, and the master with it
            logs.get_logger().critical("the application cannot be loaded", exc_info=error)
            raise SystemExit(arbiter.Arbiter.WORKER_BOOT_ERROR) from None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop: SIGTERM."""
        stopping.set()
        super().handle_exit(sig, frame)

    def is_parent_alive(self) -> bool:
        """Begin to stop if the master is gone."""
        is_alive: bool = super().is_parent_alive()
        if not is_alive:
            stopping.set()
        return is_alive

    def handle_error(self, _request: object, client: socket.socket, _address: object, error: BaseException) -> None:
        """Answer bytes that are no HTTP, and what broke outside the application."""
        status = _status_of(error)
        log = logs.get_logger()
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("request failed outside the application", exc_info=error, status=status.value)
        else:
            log.warning("request refused before it was read", error=type(error), status=status.value)
        try:
            util.write_nonblock(client, _bare_answer(status))
        except OSError as gone:
            log.debug("the client is gone", error=type(gone))


class _Arbiter(arbiter.Arbiter):  # type: ignore[misc]  # as above
    """gunicorn's master, to which Ctrl-C is an orderly stop as SIGTERM is; a second one hurries it."""

    def handle_int(self) -> None:
        self.handle_term()

    def spawn_worker(self) -> object:
        # Until a worker has handlers of its own it has the master's, and would take a stop for one of those: lost, and
        # 30 s to wait. So stops are held back, here until the fork is done, there until `init_signals`.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPERS)
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPERS)

    def stop(self, graceful: bool = True) -> None:  # noqa: FBT001, FBT002 - as gunicorn declares it
        while True:
            try:
                super().stop(graceful)
            except HaltServer:
                continue  # Another worker has failed to load meanwhile: go on stopping those that are left.
            return


class _Log(glogging.Logger):  # type: ignore[misc]  # as above
    """gunicorn's log, handed on to ours from level warning; its access log, which holds paths, is never on."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel("WARNING")


class _Server(BaseApplication):  # type: ignore[misc]  # as above
    """gunicorn, told everything by us: it reads neither files nor the environment."""

    def __init__(self, load: Callable[[], WSGIApplication], options: Mapping[str, object]) -> None:
        self._load = load
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        return hearing_out(self._load())

    def run(self) -> None:
        _Arbiter(self).run()


def hearing_out(app: WSGIApplication) -> WSGIApplication:
    """Return the application, made to read what is left of a body before its answer goes out.

    An answer that does not need the body (401, 404, 413) comes while the client still sends. gunicorn gives up after 64
    KiB and closes, and many a client then sees a broken pipe instead of the answer (RFC 9112 9.3, 9.6).
    """

    def heard_out(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = app(environ, start_response)
        body, left = environ["wsgi.input"], UNWANTED_BYTES_MAX
        try:
            while left > 0 and (read := body.read(min(left, _CHUNK_BYTES))):
                left -= len(read)
        except (OSError, errors.ParseException) as error:
            # Gone, or no HTTP any more: gunicorn closes the connection after the answer.
            logs.get_logger().debug("the rest of a body cannot be read", error=type(error))
        return answer

    return heard_out


def _options(bind: str, workers: int, threads: int) -> dict[str, object]:
    return {
        "bind": [bind],
        "workers": workers,
        "threads": threads,
        "worker_class": Worker,
        "preload_app": False,
        "timeout": 30,
        "graceful_timeout": GRACE_S,
        # Longer than any client's, so that it is always the client who closes an idle connection.
        "keepalive": KEEPALIVE_S,
        "max_requests": 0,
        "control_socket_disable": True,
        "forwarded_allow_ips": "",
        "logger_class": _Log,
        "accesslog": None,
        "worker_tmp_dir": _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None,
    }


def _hooks(close: Callable[[], None], ready: Callable[[], None]) -> dict[str, object]:
    master = os.getpid()

    def worker_exit(_arbiter: object, _worker: object) -> None:
        # The master calls this too, for a worker that was gone already: it opened nothing itself.
        if os.getpid() != master:
            close()

    def child_exit(_arbiter: object, worker: Worker) -> None:
        metrics.forget_worker(worker.pid)

    def when_ready(_arbiter: object) -> None:
        logs.get_logger().info("listening")
        ready()

    return {"worker_exit": worker_exit, "child_exit": child_exit, "when_ready": when_ready}


def _metrics_folder() -> str | None:
    """Name the folder in which workers count together, before anything imports prometheus_client; see `metrics`."""
    if metrics.MULTIPROCESS_DIR in os.environ:
        return None
    folder = tempfile.mkdtemp(prefix="metrics-")
    os.environ[metrics.MULTIPROCESS_DIR] = folder
    return folder


def _exit_code(end: BaseException) -> int:
    code = end.code if isinstance(end, SystemExit) else end.exit_status  # type: ignore[attr-defined]  # HaltServer's
    return code & 0xFF if isinstance(code, int) else 0 if code is None else 1


def _status_of(error: BaseException) -> HTTPStatus:
    match error:
        case errors.InvalidResponseHeader() | errors.InvalidResponseHeaderName():
            return HTTPStatus.INTERNAL_SERVER_ERROR
        case errors.LimitRequestLine():
            return HTTPStatus.REQUEST_URI_TOO_LONG
        case errors.LimitRequestHeaders():
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        case errors.ExpectationFailed():
            return HTTPStatus.EXPECTATION_FAILED
        case errors.UnsupportedTransferCoding():
            return HTTPStatus.NOT_IMPLEMENTED
        case errors.ParseException():
            return HTTPStatus.BAD_REQUEST
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _bare_answer(status: HTTPStatus) -> bytes:
    """Write a whole HTTP/1.1 response (RFC 9112 4) that closes the connection."""
    problem: dict[str, object] = {"type": "about:blank", "title": status.phrase, "status": status.value}
    if status == HTTPStatus.BAD_REQUEST:
        problem = problems.malformed("The request is not HTTP/1.1 as expected here.").body()
    body = json.dumps(problem).encode()
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        f"Content-Type: {problems.PROBLEM_JSON}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
    ]
    return "\r\n".join([*head, "", ""]).encode("ascii") + body
