"""What runs the service: everything at once (`up`), its parts, its database, and whether it is ready."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from servicekit.commandline import Command, Exit, Output, examples, fail, force_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from letters.bootstrap import Database, Service, Web


def taken_address(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Take where to listen, as `127.0.0.1:8002`."""
    from servicekit import settings

    try:
        return None if value is None else settings.bind(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}, found {value!r}") from error


def serving_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add where to answer, and by how many."""
    command = click.option(
        "--threads", type=click.IntRange(1, 64), metavar="N", help="Threads in each worker: WEB_THREADS, else 8."
    )(command)
    command = click.option(
        "--workers", type=click.IntRange(1, 64), metavar="N", help="Worker processes: WEB_WORKERS, else 2."
    )(command)
    return click.option(
        "--bind", callback=taken_address, metavar="ADDRESS", help="Where to answer: LETTERS_BIND, else 127.0.0.1:8002."
    )(command)


@click.command(
    cls=Command,
    short_help="Run everything, until Ctrl-C.",
    epilog=examples("letters up", "letters up --bind 127.0.0.1:9002"),
)
@serving_options
@click.option("--no-migrate", is_flag=True, help="Leave the database as it is; what is behind is an error then.")
@click.pass_obj
def up(output: Output, *, bind: str | None, workers: int | None, threads: int | None, no_migrate: bool) -> None:
    """Run everything: the database if it is our own, the web service, and what follows casework. Until Ctrl-C.

    Waits for letters' own key for casework, which `casework up` makes. Casework itself may come later, or go away for a
    while: letters reads on from where it was.
    """
    from letters.cli.bringing_up import bring_up

    bring_up(output, bind=bind, workers=workers, threads=threads, is_migrating=not no_migrate)


@click.command(
    cls=Command,
    short_help="Answer over HTTP: a part of `up`.",
    epilog=examples("letters serve", "letters serve --workers 4"),
)
@serving_options
@click.pass_obj
def serve(output: Output, *, bind: str | None, workers: int | None, threads: int | None) -> None:
    """Answer over HTTP, and nothing else: a part of `letters up`. Until Ctrl-C."""
    from letters import bootstrap
    from letters.cli.opened import opened_database
    from servicekit import probe, server

    values = bootstrap.read_settings()
    bind = bind or values.need(bootstrap.BIND)
    opened: list[Web] = []

    def load() -> Flask:
        opened.append(bootstrap.Web(values))
        return opened[-1].app

    def close() -> None:
        while opened:
            opened.pop().close()

    def ready() -> None:
        output.begin({"url": probe.url_of(bind)}, text=f"letters answers at {probe.url_of(bind)}")

    with opened_database(values) as at:
        bootstrap.check(values, at)
        code = server.serve(
            load,
            bind=bind,
            workers=workers or values.need(bootstrap.WORKERS),
            threads=threads or values.need(bootstrap.THREADS),
            close=close,
            ready=ready,
        )
    if code:
        fail("the web service ended: the log above says why", Exit(code) if code in set(Exit) else Exit.FAILED)


@click.command(
    cls=Command,
    short_help="Draft what the record calls for: a part of `up`.",
    epilog=examples("letters follow", "letters follow --once"),
)
@click.option("--once", is_flag=True, help="Read to the end of what casework has now, then stop.")
@click.pass_obj
def follow(output: Output, *, once: bool) -> None:
    """Follow casework: draft the letters that its record calls for, lay them out, file what was sent.

    A part of `letters up`. Only one does this at a time: another waits, and takes over if the first is gone. Nothing
    that this does sends a letter.
    """
    from letters import bootstrap
    from letters.cli.opened import opened_service

    with opened_service() as (service, at):
        if once:
            _follow_once(output, service, at)
            return
        shift = bootstrap.shift(service, at)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: shift.stop())
        output.begin({"status": "following"}, text="follows casework whenever no other does; stop with Ctrl-C")
        shift.run()


@click.command(
    cls=Command,
    short_help="Ask whether the running service is ready.",
    epilog=examples("letters ready", "letters ready --url http://127.0.0.1:8002"),
)
@click.option(
    "--url", metavar="URL", help="Where letters answers; if left out, LETTERS_BIND, else http://127.0.0.1:8002."
)
@click.pass_obj
def ready(output: Output, *, url: str | None) -> None:
    """Ask the running service whether it is ready. Exit 4 if not, and what is lacking."""
    from servicekit import probe

    if url is None:
        from letters import bootstrap

        url = probe.url_of(bootstrap.read_settings().need(bootstrap.BIND))
    lacking = probe.lacking(url)
    if lacking is not None:
        fail(f"letters is not ready: {lacking}", Exit.NOT_READY, url=url)
    output.result({"status": "ready", "url": url}, text=f"letters is ready at {url}")


@click.command(
    cls=Command,
    short_help="Bring the database to this version.",
    epilog=examples("letters migrate", "letters migrate --check", "letters migrate --sql | psql ..."),
)
@click.option("--check", "is_check", is_flag=True, help="Change nothing; exit 4 if something is to be done.")
@click.option("--sql", "is_sql", is_flag=True, help="Print what somebody who may create roles has to run first.")
@click.pass_obj
def migrate(output: Output, *, is_check: bool, is_sql: bool) -> None:
    """Bring the database to what this version of letters needs. Can be repeated; nothing is ever taken back."""
    from letters import bootstrap
    from letters.adapters import migrate as schema
    from letters.cli.opened import opened_database

    if is_check and is_sql:
        raise click.UsageError("expected --check or --sql, found both")
    if is_sql:
        text = schema.role_sql()
        output.result({"sql": text}, text=text)
        return
    values = bootstrap.read_settings()
    with opened_database(values) as at:
        if is_check:
            schema.check(at.app)
            output.result({"is_current": True}, text="the database is as it must be")
            return
        before = bootstrap.prepare(values, at)
    moved = (
        f"moved from version {before.found} to {before.needed}" if before.found else f"made, at version {before.needed}"
    )
    text = f"at version {before.needed} already" if before.is_current else moved
    output.result(
        {"before": before.found, "after": before.needed},
        text=f"the database is {text}" if before.is_current else f"the database was {text}",
    )


@click.command(
    cls=Command,
    short_help="Print the description of the HTTP interface.",
    epilog=examples("letters openapi --to letters.json"),
)
@click.option(
    "--to", type=click.Path(path_type=Path), metavar="FILE", help="The file to write, instead of printing it."
)
@force_option
@click.pass_obj
def openapi(output: Output, *, to: Path | None, force: bool) -> None:
    """Print the description of the HTTP interface, OpenAPI 3.1. Needs neither database nor settings."""
    import json

    from letters.api.application import document

    text = document()
    if to is None:
        output.result(json.loads(text), text=text.rstrip("\n"))
        return
    output.save(to, text.encode(), force=force)
    output.result({"file": str(to)}, text=f"saved {to}")


COMMANDS: Final = (up, serve, follow, ready, migrate, openapi)


def _follow_once(output: Output, service: Service, at: Database) -> None:
    """Read to the head of the feed, unless somebody else does."""
    from letters.adapters.turn import PostgresTurn

    turn = PostgresTurn(at.app)
    if not turn.take():
        fail("expected that nobody follows casework now, found another follower at work: leave it to that one")
    try:
        done = service.follower().once()
    finally:
        turn.give_back()
    counts = {name: getattr(done, name) for name in done.__struct_fields__}
    text = (
        f"read casework's record up to position {done.position}: {done.drafted} letters drafted,"
        f" {done.redrafted} drafted again, {done.rendered} laid out, {done.filed} filed,"
        f" {done.parked} events set aside for a person"
    )
    output.result(counts, text=text)
