"""Running the service: whole (`up`), one part of it, whether it is ready, and the demonstration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from servicekit.commandline import Command, Exit, Output, fail

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from servicekit.databases import Database
    from servicekit.settings import Values
    from servicekit.up import Child, Step

SIGN_EVERY_S: Final = 60
BIND_HELP: Final = "Where to listen, instead of CASEWORK_BIND: 127.0.0.1:8001"


def _serving(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of whatever serves."""
    for option in (
        click.option("--threads", type=click.IntRange(1, 64), help="Threads in each, instead of WEB_THREADS."),
        click.option("--workers", type=click.IntRange(1, 64), help="Processes, instead of WEB_WORKERS."),
        click.option("--bind", metavar="ADDRESS:PORT", help=BIND_HELP),
    ):
        command = option(command)
    return command


@click.command(cls=Command)
@_serving
@click.option("--with", "companions", metavar="COMMAND", multiple=True, help="Run this beside it once it is ready.")
@click.option("--no-migrate", is_flag=True, help="Leave the database as it is; refuse to start if it is behind.")
@click.pass_obj
def up(
    output: Output,
    bind: str | None,
    workers: int | None,
    threads: int | None,
    companions: tuple[str, ...],
    no_migrate: bool,
) -> None:
    """Bring casework up, whole: database, migrations, web workers, checkpoints and timers, until Ctrl-C.

    Without DATABASE_URL it starts a Postgres of its own in LOCAL_DIR, and makes what is needed to try it: a school, and
    a key for each role in LOCAL_DIR/keys. Those keys are for development, and everything says so.

    \b
    casework up --with "letters up"
    """
    from casework import bootstrap
    from servicekit import probe, service_settings
    from servicekit.up import companion
    from servicekit.up import up as bring_up

    values = bootstrap.read_settings()
    address = bind or values.need(bootstrap.BIND)
    url = probe.address(address)

    def ready() -> None:
        keys = values.need(service_settings.KEYS_DIR)
        told = {"url": url, "keys": str(keys)}
        output.begin(told, f"casework answers at {url}; keys to try it with: {keys}/<role>.token")

    bring_up(
        "casework",
        values.need(service_settings.LOCAL_DIR),
        steps=_steps(values, is_migrating=not no_migrate),
        children=lambda: _children(address, workers, threads),
        lacking=lambda: probe.lacking(url),
        ready=ready,
        companions=[companion(command) for command in companions],
    )


def _steps(values: Values, *, is_migrating: bool) -> list[Step]:
    """Return what is done before the processes start; the database is held from the first step on."""
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

    def check(_: ExitStack) -> None:
        bootstrap.check(values, held[0])

    return [Step("database", hold), Step("migrations", migrate), Step("school and keys", trial), Step("checks", check)]


def _children(address: str, workers: int | None, threads: int | None) -> list[Child]:
    from servicekit.up import Child, installed

    program = installed("casework")
    serving = ["--bind", address]
    serving += ["--workers", str(workers)] if workers else []
    serving += ["--threads", str(threads)] if threads else []
    return [
        Child("casework serve", [program, "serve", *serving]),
        Child("casework checkpoint", [program, "checkpoint", "--every", str(SIGN_EVERY_S), "--quiet"]),
        Child("casework timers", [program, "timers", "--quiet"]),
    ]


@click.command(cls=Command)
@_serving
@click.pass_obj
def serve(output: Output, bind: str | None, workers: int | None, threads: int | None) -> None:
    """Answer requests, and nothing else; the database must be migrated. `casework up` does all."""
    from casework import bootstrap, wsgi
    from servicekit import server, service_settings

    values = bootstrap.read_settings()
    address = bind or values.need(bootstrap.BIND)
    with bootstrap.database(values) as at:
        bootstrap.check(values, at)
        code = server.serve(
            wsgi.load,
            bind=address,
            workers=workers or values.need(service_settings.WORKERS),
            threads=threads or values.need(service_settings.THREADS),
            close=wsgi.close,
            ready=lambda: output.begin({"url": f"http://{address}"}, f"casework answers at http://{address}"),
        )
    if code:
        fail("the service could not be kept up; its log says why", Exit(code))


@click.command(cls=Command)
@click.option("--url", default="http://127.0.0.1:8001", show_default=True, help="Where it should answer.")
@click.pass_obj
def ready(output: Output, url: str) -> None:
    """Ask whether casework is ready; exit 4 and what is lacking if it is not."""
    from servicekit import probe

    lacking = probe.lacking(url)
    if lacking is not None:
        fail(lacking, Exit.NOT_READY)
    output.result({"ready": True}, "ready")


COMMANDS = (up, serve, ready)
