"""What the command lines of all services have in common.

    program = Program("things", help="...", distribution="the-things")

    @program.command(epilog=examples("things show spoon"))
    @click.argument("name")
    @click.pass_obj
    def show(output: Output, name: str) -> None:
        output.result({"name": name}, text=f"the thing {name}")

    def main() -> NoReturn:
        program.run()

- stdout holds the result alone. With `--json` it is exactly one document, an error too: `{"error", "exit", ...}`.
- Exit codes: see `Exit`. Commands call `fail`; exceptions a service expects are in one table, `Program(expected=...)`.
- Notes and progress go to stderr: notes unless `--quiet`, progress only if stderr is a terminal.
- Expected and found, never a traceback, unless `--log-level debug`.

Every command takes the common options, after its name or before. What is slow to import (rich, structlog) is imported
when it is needed: `--help` answers at once.
"""

from __future__ import annotations

import contextlib
import enum
import importlib.metadata
import json
import os
import sys
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.core import ParameterSource

from servicekit import outfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

LEVELS = ("debug", "info", "warning", "error", "critical")


class Exit(enum.IntEnum):
    """What the exit code says."""

    OK = 0
    FAILED = 1
    """An error, or something was refused."""
    USAGE = 2
    BROKEN = 3
    """What was checked is not whole."""
    NOT_READY = 4
    """What it needs is not there: a server, a migration, keys, the network, settings."""


class CommandFailed(Exception):
    """A command ends without its result. `members` join the JSON document; `text` is what people read."""

    def __init__(self, message: str, exit_code: Exit = Exit.FAILED, **members: Any) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.members = members


def fail(message: str, exit_code: Exit = Exit.FAILED, **members: Any) -> NoReturn:
    """End the command: say what was expected, what was found, what to do next."""
    raise CommandFailed(message, exit_code, **members)


class Output:
    """Where a command's result, notes and progress go. Commands get it by `@click.pass_obj`."""

    def __init__(self) -> None:
        self.is_json = False
        self.is_quiet = False
        self.log_level = "info"
        self.common: dict[str, Any] = {}
        self.has_begun = False
        self._on_the_line: set[str] = set()
        self._document: Any = None
        self._is_told = False

    def take(self, name: str, value: Any, source: ParameterSource) -> None:
        """Take the value of a common option: what stands on the line counts before the environment and the default."""
        if source is ParameterSource.COMMANDLINE:
            self._on_the_line.add(name)
        elif name in self._on_the_line:
            return
        if name not in ("is_json", "is_quiet", "log_level"):
            self.common[name] = value
        elif source is not ParameterSource.DEFAULT:
            setattr(self, name, value)

    def result(self, document: Any, text: str | None = None) -> None:
        """Give the result: the document with `--json`, else the text (None: nothing to read)."""
        if self._document is not None or self._is_told:
            raise RuntimeError("expected one result from a command, found another")
        # Kept until the command has ended: should it fail yet, the error is the one document.
        self._document = document
        if not self.is_json:
            self._tell(text)

    def begin(self, document: Any, text: str | None = None) -> None:
        """Give the result of a command that then goes on until it is stopped: at once, in either form."""
        self.result(document, text)
        if self.is_json:
            self._tell(_dumped(document))

    def note(self, text: str) -> None:
        """Say something beside the result, on stderr."""
        if not self.is_quiet:
            click.echo(text, err=True)

    @contextlib.contextmanager
    def progress(self, label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show long work on stderr if it is a terminal; yields what to call with each number of units done."""
        if self.is_quiet or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console  # noqa: PLC0415 - slow to import, and seldom needed
        from rich.progress import Progress  # noqa: PLC0415 - as above

        with Progress(console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task(label, total=total)
            yield lambda count: shown.advance(task, count)

    def save(self, path: Path, content: bytes, *, force: bool, mode: int = 0o644) -> None:
        """Write a result to a file, whole or not at all."""
        try:
            outfile.write_whole(path, content, force=force, mode=mode)
        except FileExistsError:
            _refuse_taken(path)

    def expect_free(self, path: Path, *, force: bool) -> None:
        """End the command if `save` could not write there, before it does what cannot be done again."""
        if not path.parent.is_dir():
            fail(f"expected a folder {path.parent}, found none: make it, or give another name")
        if not force and os.path.lexists(path):
            _refuse_taken(path)

    def finish(self, failure: CommandFailed | None) -> None:
        """Say how it ended, in the form that was asked for."""
        if self.is_json and not self._is_told:
            if failure is not None:
                self._tell(_dumped({"error": failure.message, "exit": int(failure.exit_code), **failure.members}))
            elif self.has_begun:
                self._tell(_dumped({} if self._document is None else self._document))
        elif failure is not None:
            click.echo(f"error: {failure.message}", err=True)

    def _tell(self, text: str | None) -> None:
        self._is_told = True
        if text is not None:
            click.echo(text)


def _refuse_taken(path: Path) -> NoReturn:
    fail(f"expected that there is no {path} yet, found one: give another name, or --force to replace it")


class Command(click.Command):
    """A command with the common options."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.params.extend(_common_options())

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Add the options that all commands of this program have."""
        root = ctx.find_root().command
        return [*super().get_params(ctx), *(root.common if isinstance(root, Program) else ())]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; its options are all read now, so the log can be set up."""
        from servicekit import logs  # noqa: PLC0415 - slow to import, and `--help` needs none

        output = ctx.find_object(Output)
        if output is not None:
            output.has_begun = True
            logs.configure(ctx.find_root().info_name or "", output.log_level)
        return super().invoke(ctx)


class Group(click.Group):
    """Commands under a common word."""

    command_class = Command


# A group within a group is one of these too, not another program.
Group.group_class = Group


class Program(Group):
    """A whole command line."""

    def __init__(
        self,
        name: str,
        *,
        distribution: str,
        expected: Callable[[], Mapping[type[Exception], Exit]] = dict,
        common: Sequence[click.Option] = (),
        **options: Any,
    ) -> None:
        """Make a program.

        `expected`, asked once something fails: exceptions told by their message, with their exit codes; the first that
        fits counts, and before servicekit's own (`_expected_here`). `common`: further options of every command; their
        values are in `Output.common` by name.
        """
        super().__init__(name, **options)
        self.expected = expected
        self.common = [_kept(option) for option in common]
        self.params.extend([*_common_options(), *self.common, _version_option(distribution)])

    def run(self, arguments: Sequence[str] | None = None) -> NoReturn:
        """Run a command of the program and end the process with its exit code."""
        given = list(sys.argv[1:] if arguments is None else arguments)
        output = Output()
        # A word after `--` is no option; before it, this one must count even if the rest cannot be parsed.
        output.is_json = "--json" in given[: given.index("--")] if "--" in given else "--json" in given
        failure = self._attempt(given, output)
        try:
            output.finish(failure)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read our result has read enough. Nothing more may be written, by the interpreter's end either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.OK if failure is None else failure.exit_code)

    def _attempt(self, given: list[str], output: Output) -> CommandFailed | None:
        """Run; return how it failed, or None."""
        try:
            code = self.main(given, prog_name=self.name, standalone_mode=False, obj=output)
        except CommandFailed as failure:
            return failure
        except click.ClickException as error:
            return _usage_failure(error)
        except (click.Abort, KeyboardInterrupt):
            return CommandFailed("interrupted")
        except Exception as error:  # noqa: BLE001 - the end of the program: every error becomes a sentence and a code
            return self._told(error, output)
        # `--help` and the like end click by an exit code instead of a value.
        return CommandFailed("failed", Exit(code)) if isinstance(code, int) and code in set(Exit) - {Exit.OK} else None

    def _told(self, error: Exception, output: Output) -> CommandFailed:
        if output.log_level == "debug":
            traceback.print_exception(error)
        for kind, code in {**self.expected(), **_expected_here()}.items():
            if isinstance(error, kind):
                return CommandFailed(str(error), code)
        hint = "this is a fault of the program; --log-level debug shows where"
        return CommandFailed(f"unexpected {type(error).__name__}: {hint}")


def force_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--force`, for commands that write a file."""
    return click.option("--force", is_flag=True, help="Replace the file if there is one.")(command)


def examples(*lines: str) -> str:
    """Return an epilog that shows how a command is used, a line each, as they are."""
    return "\n".join(["\b", "For example:", *(f"  {line}" for line in lines)])


def _common_options() -> list[click.Parameter]:
    return [
        _kept(click.Option(["--json", "is_json"], is_flag=True, help="Print exactly one JSON document.")),
        _kept(click.Option(["--quiet", "is_quiet"], is_flag=True, help="Print the result and errors only.")),
        _kept(
            click.Option(
                ["--log-level"], type=click.Choice(LEVELS), envvar="LOG_LEVEL", help="What is logged to stderr: info."
            )
        ),
    ]


def _kept(option: click.Option) -> click.Option:
    """Make an option put its value into the `Output`, wherever on the line it stands."""

    def keep(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
        output, name = ctx.find_object(Output), str(parameter.name)
        source = ctx.get_parameter_source(name)
        if output is not None and source is not None:
            output.take(name, value, source)

    option.expose_value = False
    option.callback = keep
    return option


def _version_option(distribution: str) -> click.Option:
    def tell(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
        if value and not ctx.resilient_parsing:
            version = importlib.metadata.version(distribution)
            output = ctx.find_object(Output)
            click.echo(_dumped({"version": version}) if output is not None and output.is_json else version)
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=tell, help="Print the version."
    )


def _usage_failure(error: click.ClickException) -> CommandFailed:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        # Its message is the whole help text.
        return CommandFailed(f"expected a command, found none: --help lists them\n{error.ctx.get_usage()}", Exit.USAGE)
    message = error.format_message()
    if isinstance(error, click.UsageError) and error.ctx is not None:
        message = f"{message}\n{error.ctx.get_usage()}"
    return CommandFailed(message, Exit(error.exit_code))


def _expected_here() -> dict[type[Exception], Exit]:
    """List servicekit's own exceptions that are no fault of the program. Imported now that there is one."""
    from servicekit import clock, embedded, readiness, settings, up  # noqa: PLC0415 - as above

    return {
        settings.SettingsError: Exit.NOT_READY,
        embedded.EmbeddedPostgresError: Exit.NOT_READY,
        readiness.NotReady: Exit.NOT_READY,
        clock.ClockError: Exit.NOT_READY,
        up.AlreadyUp: Exit.FAILED,
        up.ChildrenFailed: Exit.FAILED,
        OSError: Exit.FAILED,
    }


def _dumped(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, default=str)
