"""Running the service: whole (`up`), one part of it, whether it is ready, and the demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from servicekit.commandline import Command, Output, examples
from servicekit.serving import (
    check_free,
    checked_address,
    part,
    ready_command,
    serve_until_stopped,
    serving_options,
    serving_words,
)

if TYPE_CHECKING:
    from contextlib import ExitStack

    from servicekit.databases import Database
    from servicekit.settings import Setting, Values
    from servicekit.up import Child, Step

SIGN_EVERY_S: Final = 60
LETTERS_AT: Final = "127.0.0.1:8002"


def _settings() -> Values:
    from casework import bootstrap

    return bootstrap.read_settings()


def _bind() -> Setting[str]:
    from casework import bootstrap

    return bootstrap.BIND


serving = serving_options("CASEWORK_BIND", "127.0.0.1:8001")
ready = ready_command("casework", _settings, _bind)


@click.command(cls=Command, epilog=examples("casework up", 'casework up --with "letters up"'))
@serving
@click.option("--with", "companions", metavar="COMMAND", multiple=True, help="Run this beside it once it is ready.")
@click.option("--no-migrate", is_flag=True, help="Leave the database as it is; refuse to start if it is behind.")
@click.pass_obj
def up(
    output: Output,
    *,
    bind: str | None,
    workers: int | None,
    threads: int | None,
    companions: tuple[str, ...],
    no_migrate: bool,
) -> None:
    """Bring casework up, whole: database, migrations, web workers, checkpoints and timers, until Ctrl-C.

    Without DATABASE_URL it starts a Postgres of its own in LOCAL_DIR, and makes what is needed to try it: a school, and
    a key for each role in LOCAL_DIR/keys. Those keys are for development, and everything says so.
    """
    from casework import bootstrap
    from servicekit import probe, service_settings
    from servicekit.up import companion
    from servicekit.up import up as bring_up

    values = bootstrap.read_settings()
    address = bind or values.need(bootstrap.BIND)
    url, keys = probe.url_of(address), values.need(service_settings.KEYS_DIR)
    told = f"casework is up: {url}\nKeys to try it with: {keys}/<role>.token\nStop it with Ctrl-C."
    bring_up(
        "casework",
        values.need(service_settings.LOCAL_DIR),
        steps=_steps(values, address, is_migrating=not no_migrate),
        children=lambda: _children(serving_words(address, workers, threads), output.log_level),
        lacking=lambda: probe.lacking(url),
        ready=lambda: output.begin({"url": url, "keys": str(keys)}, told),
        companions=[companion(command) for command in companions],
    )


def _steps(values: Values, address: str, *, is_migrating: bool) -> list[Step]:
    """Return what is done before the processes start; the database is held from its step on."""
    from casework import bootstrap
    from casework.cli import first_start
    from servicekit.up import Step

    held: list[Database] = []

    def hold(stack: ExitStack) -> None:
        held.append(stack.enter_context(bootstrap.database(values)))

    def migrate(_: ExitStack) -> None:
        if is_migrating and held[0].owner is not None:
            bootstrap.prepare(values, held[0])

    def trial(_: ExitStack) -> None:
        if held[0].is_embedded:
            first_start.prepare_trial(values, held[0])

    return [
        Step("address", lambda _: check_free(address)),
        Step("database", hold),
        Step("migrations", migrate),
        Step("school and keys", trial),
        Step("checks", lambda _: bootstrap.check(values, held[0])),
    ]


def _children(serving: list[str], log_level: str) -> list[Child]:
    level = ("--log-level", log_level)
    return [
        part("casework", "serve", *serving, *level),
        part("casework", "checkpoint", "--every", str(SIGN_EVERY_S), "--quiet", *level),
        part("casework", "timers", "--quiet", *level),
    ]


@click.command(cls=Command)
@serving
@click.pass_obj
def serve(output: Output, *, bind: str | None, workers: int | None, threads: int | None) -> None:
    """Answer requests, and nothing else; the database must be migrated. `casework up` does all."""
    from casework import bootstrap, wsgi

    values = bootstrap.read_settings()
    with bootstrap.database(values) as at:
        bootstrap.check(values, at)
        serve_until_stopped(
            output,
            "casework",
            values,
            wsgi,
            bind=bind or values.need(bootstrap.BIND),
            workers=workers,
            threads=threads,
        )


@click.command(cls=Command, epilog=examples("casework demo", "casework demo --stay"))
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default="demo-output",
    show_default=True,
    help="Where letters, export, checkpoint and transcript are left.",
)
@click.option("--stay", "is_staying", is_flag=True, help="Leave both services up afterwards, to look around.")
@click.option(
    "--letters", callback=checked_address, metavar="ADDRESS:PORT", help=f"Where letters then listens: {LETTERS_AT}."
)
@click.pass_obj
def demo(output: Output, *, folder: Path, is_staying: bool, letters: str | None) -> None:
    """Play one whole case through both services, on a database of its own, and check everything it shows.

    Half a minute at most; exit 0 only if every step behaved.
    """
    if letters is not None and not is_staying:
        raise click.UsageError("expected --stay with --letters, found --letters alone: nothing listens afterwards")
    from casework import bootstrap
    from casework.demo import Addresses, play
    from servicekit.service_settings import EMBEDDED_PG_BIN

    values = bootstrap.read_settings()
    stay_at = Addresses(values.need(bootstrap.BIND), letters or LETTERS_AT) if is_staying else None
    play(output, folder, stay_at=stay_at, programs=values[EMBEDDED_PG_BIN])


COMMANDS = (up, serve, ready, demo)
