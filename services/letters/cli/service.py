"""What runs the service: everything at once (`up`), its parts, its database, and whether it is ready."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from servicekit.commandline import Command, Output, examples, fail, force_option
from servicekit.serving import ready_command, serve_until_stopped, serving_options

if TYPE_CHECKING:
    from letters.application.dispatch import Dispatcher
    from letters.bootstrap import Service
    from servicekit.databases import Database
    from servicekit.settings import Setting, Values


def _settings() -> Values:
    from letters import bootstrap

    return bootstrap.read_settings()


def _bind() -> Setting[str]:
    from letters import bootstrap

    return bootstrap.BIND


serving = serving_options("LETTERS_BIND", "127.0.0.1:8002")
ready = ready_command("letters", _settings, _bind)


@click.command(
    cls=Command,
    short_help="Run everything, until Ctrl-C.",
    epilog=examples("letters up", "letters up --bind 127.0.0.1:9002"),
)
@serving
@click.option("--no-migrate", is_flag=True, help="Leave the database as it is; what is behind is an error then.")
@click.pass_obj
def up(output: Output, *, bind: str | None, workers: int | None, threads: int | None, no_migrate: bool) -> None:
    """Run everything: the database if it is our own, the web service, what follows casework, what sends e-mail.

    Until Ctrl-C. No e-mail leaves unless LETTERS_DISPATCH says so.

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
@serving
@click.pass_obj
def serve(output: Output, *, bind: str | None, workers: int | None, threads: int | None) -> None:
    """Answer over HTTP, and nothing else: a part of `letters up`. Until Ctrl-C."""
    from letters import bootstrap, wsgi
    from letters.cli.opened import opened_database

    values = bootstrap.read_settings()
    with opened_database(values) as at:
        bootstrap.check(values, at)
        serve_until_stopped(
            output,
            "letters",
            values,
            wsgi,
            bind=bind or values.need(bootstrap.BIND),
            workers=workers,
            threads=threads,
        )


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
    short_help="Send approved e-mail: a part of `up`.",
    epilog=examples("letters dispatch", "letters dispatch --once"),
)
@click.option("--once", is_flag=True, help="Send what may leave now, then stop.")
@click.pass_obj
def dispatch(output: Output, *, once: bool) -> None:
    """Send the e-mail that a person has approved, when its hours are; nothing else ever leaves.

    A part of `letters up`, if LETTERS_DISPATCH is outbox or on; it is off unless you say so. Several may run. What may
    have left, or not, is never sent again by itself: `letters list --status unknown`.
    """
    import threading

    from letters.cli.opened import opened_service

    with opened_service() as (service, _):
        dispatcher = service.dispatcher()
        if dispatcher is None:
            output.result({"dispatch": "off"}, text="dispatch is off: LETTERS_DISPATCH says so")
        elif once:
            _dispatch_once(output, dispatcher)
        else:
            stop = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            output.begin({"status": "dispatching"}, text="sends what was approved, as it comes; stop with Ctrl-C")
            dispatcher.run(stop)


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
    from servicekit import databases

    if is_check and is_sql:
        raise click.UsageError("expected --check or --sql, found both")
    if is_sql:
        text = databases.role_sql(schema.OWNERSHIP)
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


COMMANDS: Final = (up, serve, follow, dispatch, ready, migrate, openapi)


def _dispatch_once(output: Output, dispatcher: Dispatcher) -> None:
    """Send what may leave now, and say how it went."""
    from letters.application.dispatch import Unread

    try:
        sent = dispatcher.round()
    except Unread as error:
        fail(f"expected that all of casework's record was read, found {error}: let `letters follow` read on first")
    counts = {name: getattr(sent, name) for name in sent.__struct_fields__}
    text = (
        f"{sent.accepted} sent, {sent.refused} refused for now, {sent.dead} given up,"
        f" {sent.unknown} of unknown outcome, {sent.waiting} waiting"
    )
    output.result(counts, text=text)


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
