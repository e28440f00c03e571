"""A program for test_server: an application under the real server. Its words on stdout say what it does."""

import os
import sys
import time
from datetime import UTC, datetime

import flask

from servicekit import health, identity, logs, problems, requestlog, server
from servicekit.identity import Caller, public
from servicekit.stopping import stopping


def say(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def authenticate(text: str) -> Caller:
    key_id = identity.parse_key(text)[0]
    return Caller(key_id=key_id, subject="u", role="monitor", school="s", expires_at=datetime(2036, 1, 1, tzinfo=UTC))


def linger() -> None:
    say("forked")
    time.sleep(0.5)


def ready() -> None:
    say("ready")
    if "--slow-fork" in sys.argv:
        # A worker is slow to get from its birth to its own signal handlers.
        os.register_at_fork(after_in_child=linger)


@public
def pid() -> str:
    return str(os.getpid())


@public
def slow() -> str:
    say("slow begun")
    time.sleep(0.6)
    return "slow done"


@public
def wait() -> str:
    say("wait begun")
    return "woken" if stopping.wait(20) else "waited"


def load() -> flask.Flask:
    if "--slow-load" in sys.argv:
        say("loading")
        time.sleep(0.5)
    if "--broken" in sys.argv:
        raise RuntimeError("password=hunter2")
    app = flask.Flask(__name__, static_folder=None)
    requestlog.install(app)
    problems.install(app, logger=logs.get_logger())
    identity.install(app, authenticate)
    health.install(app, {})
    for view in (pid, slow, wait):
        app.add_url_rule(f"/{view.__name__}", view_func=view)
    return app


if __name__ == "__main__":
    logs.configure("served", "info")
    code = server.serve(
        load,
        bind=sys.argv[1],
        workers=2,
        threads=4,
        close=lambda: say("closed"),
        ready=ready,
    )
    say(f"served {code}")
    sys.exit(code)
