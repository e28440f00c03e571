"""The commands that every service has: `serve` and `ready`, and the options of whatever serves.

    @click.command(cls=Command)
    @serving_options(BIND)
    @click.pass_obj
    def serve(output: Output, *, bind: str | None, workers: int | None, threads: int | None) -> None:
        serve_until_stopped(output, "things", values, wsgi, bind=bind or ..., workers=workers, threads=threads)

Each process that `up` keeps running is one of the service's own commands: `part`.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Protocol

import click

from servicekit import probe
from servicekit.commandline import Command, Exit, Output, examples, fail

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication

    from servicekit.settings import Setting, Values
    from servicekit.up import Child


class Loads(Protocol):
    """A service's `wsgi` module: opens the application in this process, and closes it."""

    def load(self) -> WSGIApplication:
        """Return the application, with everything opened."""
        ...

    def close(self) -> None:
        """Close what was opened."""
        ...


def serving_options(bind_name: str, bind_default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add where to answer, and by how many; `bind_name` is the setting that says so otherwise."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("--threads", type=click.IntRange(1, 64), help="Threads in each: WEB_THREADS, else 8."),
            click.option("--workers", type=click.IntRange(1, 64), help="Worker processes: WEB_WORKERS, else 2."),
            click.option(
                "--bind",
                callback=checked_address,
                metavar="ADDRESS:PORT",
                help=f"Where to answer: {bind_name}, else {bind_default}.",
            ),
        ):
            command = option(command)
        return command

    return decorate


def serve_until_stopped(
    output: Output,
    name: str,
    values: Values,
    wsgi: Loads,
    *,
    bind: str,
    workers: int | None,
    threads: int | None,
) -> None:
    """Answer requests until a signal says to stop; end the command with why, if it could not."""
    from servicekit import server, service_settings  # noqa: PLC0415 - slow to import, and `--help` needs none

    url = probe.url_of(bind)
    code = server.serve(
        wsgi.load,
        bind=bind,
        workers=workers or values.need(service_settings.WORKERS),
        threads=threads or values.need(service_settings.THREADS),
        close=wsgi.close,
        ready=lambda: output.begin({"url": url}, f"{name} answers at {url}"),
    )
    if code:
        fail("the web service ended: the log above says why", Exit(code) if code in set(Exit) else Exit.FAILED)


def ready_command(name: str, read_settings: Callable[[], Values], bind: Callable[[], Setting[str]]) -> click.Command:
    """Make the command that asks a running service whether it is ready."""

    @click.command(
        "ready",
        cls=Command,
        short_help="Ask whether the running service is ready.",
        epilog=examples(f"{name} ready", f"{name} ready --url http://127.0.0.1:9000"),
    )
    @click.option("--url", metavar="URL", help="Where it answers, if not where the settings say.")
    @click.pass_obj
    def ready(output: Output, url: str | None) -> None:
        """Ask the running service whether it is ready. Exit 0 if so; else 4, and what is lacking."""
        url = url or probe.url_of(read_settings().need(bind()))
        lacking = probe.lacking(url)
        if lacking is not None:
            fail(f"{name} is not ready: {lacking}", Exit.NOT_READY, url=url)
        output.result({"status": "ready", "url": url}, f"{name} is ready at {url}")

    return ready


def checked_address(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Take an option's address to listen at, as the settings do; a `callback` of click's."""
    from servicekit import settings  # noqa: PLC0415 - as above

    try:
        return None if value is None else settings.bind(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}, found {value!r}") from error


def check_free(bind: str) -> None:
    """End the command if somebody else answers where a service is to: it would be taken for the service."""
    if bind.endswith(":0"):
        fail(f"expected an address with a port that is known beforehand, found {bind}", Exit.USAGE)
    if not probe.is_free(bind):
        fail(f"expected that nobody listens at {bind}, found somebody: stop that, or give another --bind")


def part(service: str, command: str, *options: str | None) -> Child:
    """Return one of the processes that a service is made of: a command of its own."""
    from servicekit.up import Child, companion  # noqa: PLC0415 - as above

    words = [word for word in options if word is not None]
    return Child(f"{service} {command}", companion(shlex.join([service, command, *words])).argv)


def serving_words(bind: str, workers: int | None, threads: int | None) -> list[str]:
    """Return the options of `serve` that these are."""
    given = (("bind", bind), ("workers", workers), ("threads", threads))
    return [word for name, value in given if value for word in (f"--{name}", str(value))]
