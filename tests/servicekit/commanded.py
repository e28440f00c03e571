"""A program for test_commandline: commands that end in every way a command can."""

import atexit
import sys
from pathlib import Path
from typing import Any

import click

from servicekit.commandline import Exit, Output, Program, fail, force_option
from servicekit.settings import SettingsError


class Refused(Exception):
    """An exception that the service expects."""


program = Program(
    "things",
    distribution="click",
    expected=lambda: {Refused: Exit.FAILED, ConnectionError: Exit.NOT_READY},
    common=[click.Option(["--shelf"], help="Which shelf.")],
    help="Handle things.",
)


@program.command()
@click.argument("name")
@click.pass_obj
def show(output: Output, name: str) -> None:
    """Show a thing."""
    output.note("looking")
    with output.progress("looking", total=2) as done:
        done(2)
    output.result({"name": name, "shelf": output.common["shelf"]}, text=f"the thing {name}")


@program.command()
@click.argument("how")
@click.pass_obj
def end(output: Output, how: str) -> None:
    """End in some way."""
    output.result({"how": how}, text="a result")
    endings: dict[str, Any] = {
        "refused": Refused("expected a thing, found none"),
        "away": ConnectionRefusedError("nobody there"),
        "settings": SettingsError(["A: expected 1", "B: expected 2"]),
        "file": FileNotFoundError(2, "No such file or directory", "x"),
        "bug": ZeroDivisionError("Mrs Invented"),
        "interrupt": KeyboardInterrupt(),
        "broken": None,
    }
    if endings[how] is None:
        fail("expected 1, found 2", Exit.BROKEN, entry=7)
    raise endings[how]


@program.command()
@click.pass_obj
def stay(output: Output) -> None:
    """Go on until stopped."""
    output.begin({"url": "http://127.0.0.1"}, text="up")
    from servicekit import logs  # noqa: PLC0415 - as a service does: --help needs none

    logs.get_logger().info("staying", version=1)
    fail("stopped")


@program.command()
@click.pass_obj
def silent(output: Output) -> None:
    """Have no result."""


@program.command()
@click.option("--to", type=click.Path(path_type=Path), required=True)
@force_option
@click.pass_obj
def write(output: Output, to: Path, force: bool) -> None:  # noqa: FBT001 - click's way
    """Write a file."""
    output.save(to, b"content", force=force)


@program.command()
@click.pass_obj
def flood(output: Output) -> None:
    """Have a long result."""
    output.result(["x"] * 100_000, text="x\n" * 100_000)


@program.group()
def shelf() -> None:
    """Handle shelves."""


@shelf.command("list")
@click.pass_obj
def list_shelves(output: Output) -> None:
    """List shelves."""
    output.result([output.common["shelf"]], text=str(output.common["shelf"]))


if __name__ == "__main__":
    if "--modules" in sys.argv:
        sys.argv.remove("--modules")
        atexit.register(lambda: click.echo(sorted({"rich", "structlog", "flask"} & set(sys.modules)), err=True))
    program.run()
