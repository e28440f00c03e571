"""The record: signed, and what falls due in it written down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from servicekit.commandline import Command, Exit, Group, Output, examples, fail, force_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from casework.application.timers import Run
    from casework.bootstrap import Assembled, Schools
    from casework.cli.here import Here

TIMERS_EVERY_S: Final = 60


@click.command(cls=Command)
@click.option("--to", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the note to this file.")
@click.option("--every", "every_s", type=click.IntRange(1, 86400), metavar="SECONDS", help="Go on until stopped.")
@force_option
@click.pass_obj
def checkpoint(output: Output, file: Path | None, every_s: int | None, force: bool) -> None:
    """Sign what was recorded since the last checkpoint, and print the note: hand it to somebody outside, who keeps it.

    Whoever holds it can show later that nothing before it was altered: casework verify --against FILE.
    """
    from casework.cli.here import here

    with here() as found:
        if every_s is not None:
            if file is not None:
                fail("expected --to or --every, found both", Exit.USAGE)
            _keep_signing(output, found, every_s)
            return
        with found.assembled(output) as school:
            signed = school.checkpoints.sign()
    if file is not None:
        output.save(file, signed.note.encode(), force=force)
        output.result(
            {"size": signed.size, "file": str(file)}, f"checkpoint of {signed.size} entries, written to {file}"
        )
    else:
        output.result({"size": signed.size, "note": signed.note}, signed.note.rstrip("\n"))


def _keep_signing(output: Output, found: Here, every_s: int) -> None:
    """Sign each school's record that often. A fork is an alarm, and stops the signing of that school alone."""
    from casework import bootstrap
    from servicekit import logs
    from servicekit.stopping import stop_on_signal

    def sign(school: Assembled) -> None:
        signed = school.checkpoints.sign()
        logs.get_logger().debug("checkpoint", school=school.school.name, position=signed.size)

    stopping = stop_on_signal()
    output.begin({"every_s": every_s}, f"signing every {every_s} s")
    with bootstrap.schools(found.values, found.at) as made:
        while not stopping.is_set():
            _each_school(made, sign, "checkpoint not signed")
            stopping.wait(every_s)


def _each_school(made: Schools, work: Callable[[Assembled], object], undone: str) -> None:
    """Do it for each school; where it cannot be done, say so in the log, and go on with the next."""
    from casework.adapters.errors import AdapterError
    from casework.adapters.school_calendar import CalendarFault
    from casework.application.store import RecordBroken, StoreError
    from servicekit import logs

    try:
        names = made.founded()
    except StoreError as error:
        logs.get_logger().warning(undone, error=type(error))
        return
    for name in names:
        log = logs.get_logger().bind(school=name)
        try:
            work(made.of(name))
        except RecordBroken as error:
            log.critical("the record does not fit what was signed: run casework verify", error=type(error))
        except (StoreError, AdapterError, CalendarFault) as error:
            log.warning(undone, error=type(error))


@click.group(cls=Group)
def tiles() -> None:
    """Keep the tiles by which others fetch the tree over the record: a cache, made of its leaves."""


@tiles.command(epilog=examples("tiles rebuild", "tiles rebuild --json"))
@click.pass_obj
def rebuild(output: Output) -> None:
    """Drop all tiles and build them from the leaves, as far as a checkpoint was signed.

    Nothing else reads them: it is never needed for the record itself, and does no harm. Exit 3, and the tiles stay as
    they were, if the leaves do not give the root that was signed.
    """
    from casework.cli.here import here

    with here() as found, found.assembled(output) as school:
        latest = school.checkpoints.latest()
        with output.progress("entries", total=latest.size if latest else 0) as advance:
            rebuilt = school.checkpoints.rebuild_tiles(advance)
    text = f"{rebuilt.tiles} tiles, built from the first {rebuilt.size} entries"
    output.result({"tiles": rebuilt.tiles, "size": rebuilt.size}, text)


@click.command(cls=Command)
@click.option("--once", "is_once", is_flag=True, help="Look once, and say what was done.")
@click.pass_obj
def timers(output: Output, is_once: bool) -> None:
    """Write down what lapses as time passes: deadlines of removal requests, each once. Goes on until stopped.

    However late it runs, the deadline itself counts: it is what decisions go by. It also finishes what was erased:
    files that could not be deleted at once, and keys that came back with an old copy of them. Once a term it records
    that the policy is to be reviewed, where threats or overrides reach what the policy itself names.
    """
    from casework import bootstrap
    from casework.cli.here import here
    from servicekit.stopping import stop_on_signal

    with here() as found, bootstrap.schools(found.values, found.at) as made:
        if is_once:
            runs = {name: _timed(made.of(name)) for name in made.founded()}
            lines = [f"{name}: {_run_told(run)}" for name, run in runs.items()]
            failed = [name for name, run in runs.items() if run.failed]
            document = {name: _run_document(run) for name, run in runs.items()}
            if failed:
                fail(f"some cases could not be looked at, at {', '.join(failed)}: the log names them", runs=document)
            output.result(document, "\n".join(lines))
            return
        stopping = stop_on_signal()
        output.begin({"every_s": TIMERS_EVERY_S}, f"looking every {TIMERS_EVERY_S} s")
        while not stopping.is_set():
            _each_school(made, _timed, "timers did not run")
            stopping.wait(TIMERS_EVERY_S)


def _run_told(run: Run) -> str:
    reviewed = "; a review of the policy is called for" if run.is_review_triggered else ""
    return f"{run.lapsed} lapsed, of {run.looked_at} cases{reviewed}"


def _run_document(run: Run) -> dict[str, int | bool]:
    return {"looked_at": run.looked_at, "lapsed": run.lapsed, "is_review_triggered": run.is_review_triggered}


def _timed(school: Assembled) -> Run:
    """Look at the cases of one school, and finish what was erased; log what could not be dealt with."""
    from casework.application.timers import Timers
    from servicekit import logs

    school.erasing.finish()
    run = Timers(school.casework, school.cases).run(school.casework.now())
    for each in run.failed:
        logs.get_logger().error("a case the timer cannot deal with", school=school.school.name, error=each.why)
    return run


@click.command(cls=Command)
@click.option("--to", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file.")
@force_option
@click.pass_obj
def openapi(output: Output, file: Path | None, force: bool) -> None:
    """Print the OpenAPI 3.1 document of the HTTP interface."""
    import json

    from casework.api.application import document

    text = document()
    if file is not None:
        output.save(file, text.encode(), force=force)
        output.result({"file": str(file)}, f"written to {file}")
    else:
        output.result(json.loads(text), text.rstrip("\n"))


COMMANDS = (checkpoint, tiles, timers, openapi)
