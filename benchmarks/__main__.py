"""The command: measure the subjects that are named, or all; a table on stdout, and files if they are asked for."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from benchmarks import (
    actions,
    answering,
    checking,
    command,
    fold,
    following,
    letters,
    liveness,
    mailing,
    memory,
    record,
    record_rates,
    scale,
    starting,
    tiling,
)
from benchmarks.measuring import Figure, Measured, Skipped, Subject, measure
from benchmarks.reporting import COLUMNS, HEADINGS, Results, document, line, page


def _ready(measured: Sequence[Measured]) -> Subject:
    """Return the subject of what needs nothing to be opened, and has one size."""
    return lambda is_small: nullcontext(measured)  # noqa: ARG005 - a subject's signature


SUBJECTS: Final[dict[str, Subject]] = {
    "fold": _ready(fold.COMPARISONS),
    "actions": _ready(actions.COMPARISONS),
    "record": record.measured,
    "rates": record_rates.measured,
    "command": command.measured,
    "answering": answering.measured,
    "livez": liveness.measured,
    "verify": checking.measured,
    "tree": tiling.measured,
    "starting": starting.measured,
    "letters": letters.measured,
    "following": following.measured,
    "mailing": mailing.measured,
    "memory": memory.measured,
    "scale": scale.measured,
}
ONLY_BY_NAME: Final = ("scale",)
"""Subjects that take long, and room: not measured unless they are named."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and return the exit code: 0, whatever was found."""
    parser = _parser()
    given = sys.argv[1:] if arguments is None else list(arguments)
    asked = parser.parse_args(given)
    if unknown := [name for name in asked.names if name not in SUBJECTS]:
        parser.error(f"expected {', '.join(SUBJECTS)}, found {', '.join(unknown)}")
    load = os.getloadavg()
    print(COLUMNS.format(*HEADINGS))
    results: dict[str, list[Figure | Skipped]] = {}
    for name in asked.names or (name for name in SUBJECTS if name not in ONLY_BY_NAME):
        results[name] = _measured(SUBJECTS[name], asked)
        _write(asked, given, results, load)  # After each, so that a run that is broken off leaves what it found.
    return 0


def _write(asked: argparse.Namespace, given: Sequence[str], results: Results, load: Sequence[float]) -> None:
    """Write the files that are asked for."""
    settings = {"rounds": asked.rounds, "seconds": asked.seconds, "small": asked.small}
    made = document(settings, results, load)
    if asked.json is not None:
        asked.json.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    if asked.results is not None:
        command = shlex.join(["python", "-m", "benchmarks", *given])
        asked.results.write_text(page(command, made, results), encoding="utf-8")


def _measured(subject: Subject, asked: argparse.Namespace) -> list[Figure | Skipped]:
    """Measure one subject, saying each figure as it comes."""
    found: list[Figure | Skipped] = []
    with subject(asked.small) as measured:
        for each in measured:
            figures: Sequence[Figure | Skipped] = (
                [each] if isinstance(each, Skipped) else measure(each, rounds=asked.rounds, seconds=asked.seconds)
            )
            for figure in figures:
                print(line(figure), flush=True)
            found += figures
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(SUBJECTS)}; {', '.join(ONLY_BY_NAME)} only if named"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how many ratios a figure is made of (5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each way runs in a round (1)")
    parser.add_argument("--small", action="store_true", help="small sizes, only to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures, machine and versions there")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the same there as a page, as RESULTS.md is")
    return parser


if __name__ == "__main__":
    sys.exit(main())
