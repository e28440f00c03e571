"""The read models: folded again from the record, and compared with those that requests are answered from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from servicekit.commandline import Command, Exit, Output, fail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from casework.application.as_of import AsOf
    from casework.application.read_models.folded import FoldedCase
    from casework.application.replay import Replayed
    from casework.cli.here import Here


@click.command(cls=Command)
@click.argument("incident", required=False, type=click.UUID, metavar="[INCIDENT_ID]")
@click.option("--at", metavar="AT", help="As it stood: v7 (a version of the case), p120 (a position), or an instant.")
@click.option("--rebuild", "is_rebuilt", is_flag=True, help="Throw the live read models away and make them anew first.")
@click.pass_obj
def replay(output: Output, incident: UUID | None, at: str | None, is_rebuilt: bool) -> None:
    """Fold every case again from the record, and compare with the read models that lists are answered from.

    Exit 3 if they say anything else: case, version and field are named. With INCIDENT_ID, that case alone. As at a
    point of the past it only folds, and says what there was then. Nothing is written but by --rebuild.

    \b
    casework replay
    casework replay 3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001 --at v7
    """
    as_of = _as_of(at, incident)
    if is_rebuilt and at is not None:
        fail("--rebuild makes the models of today: expected it without --at", Exit.USAGE)
    from casework.cli.here import here

    with here() as found:
        replayed, now = _replayed(output, found, incident, as_of, is_rebuilt=is_rebuilt)
    document = _document(replayed, incident, replayed.recorded_at if at else now)
    if replayed.differences:
        lines = "\n".join(map(str, replayed.differences))
        cure = "casework verify tells whether the record holds, casework replay --rebuild makes the models anew"
        fail(f"the live read models say otherwise: {cure}\n{lines}", Exit.BROKEN, **document)
    if incident is not None and incident not in replayed.cases:
        fail(f"expected a case {incident}{' by then' if at else ''}, found no entry of one")
    output.result(document, "\n".join(_lines(replayed, document, is_past=at is not None)))


def _as_of(at: str | None, incident: UUID | None) -> AsOf | None:
    from casework.application.as_of import parse_as_of

    if at is None:
        return None
    try:
        as_of = parse_as_of(at)
    except ValueError as error:
        fail(str(error), Exit.USAGE)
    if as_of.version is not None and incident is None:
        fail("a version is a case's own: expected INCIDENT_ID before --at", Exit.USAGE)
    return as_of


def _replayed(
    output: Output, found: Here, incident: UUID | None, as_of: AsOf | None, *, is_rebuilt: bool
) -> tuple[Replayed, datetime]:
    from casework.adapters.scan import RecordScan
    from casework.application.replay import replay as replay_record

    with found.assembled(output) as school:
        if is_rebuilt:
            school.cases.rebuild()
        with RecordScan(found.at.app, school.school) as scan:
            total = None if incident or as_of else scan.size()
            with output.progress("entries", total=total) as advance:
                record, now = school.casework.record, school.casework.now()
                return replay_record(record, scan, only=incident, at=as_of, progress=advance), now


def _document(replayed: Replayed, incident: UUID | None, then: datetime | None) -> dict[str, Any]:
    """Return what was found; of one case also where it stood: nothing personal is in a read model."""
    return {
        "position": replayed.position,
        "entries": replayed.entries,
        "cases": len(replayed.cases),
        "compared_at": replayed.compared,
        "differences": [
            {
                "incident": str(each.incident),
                "reference": each.reference,
                "version": each.version,
                "fields": list(each.fields),
            }
            for each in replayed.differences
        ],
        **({"case": _case(replayed.cases[incident], then)} if incident and incident in replayed.cases and then else {}),
    }


def _case(folded: FoldedCase, then: datetime) -> dict[str, Any]:
    from casework.domain.phases import phase

    case = folded.case
    return {
        "id": str(case.id),
        "reference": case.reference,
        "version": case.version,
        "phase": phase(case, then),
        "tracks": dict(case.tracks),
        "categories": list(case.categories),
        "outcome": case.outcome,
        "tasks": [task.name for task in case.tasks],
    }


def _lines(replayed: Replayed, document: dict[str, Any], *, is_past: bool) -> Iterator[str]:
    yield f"{replayed.entries} entries, {len(replayed.cases)} cases, folded as at position {replayed.position}"
    if case := document.get("case"):
        tracks = ", ".join(f"{track} {state}" for track, state in case["tracks"].items())
        yield f"{case['reference']}  {case['phase']}  version {case['version']}"
        yield f"  categories {', '.join(case['categories']) or 'none yet'}; {tracks}"
        yield f"  tasks {', '.join(case['tasks']) or 'none'}"
    if replayed.compared is not None:
        yield f"the live read models, at position {replayed.compared}, say the same"
    elif not is_past:
        yield "not compared: the live read models are not made yet, or by other software; the next reader makes them"


COMMANDS = (replay,)
