"""The command: measure the subjects that are named, or all; a table on stdout, and a JSON file if one is asked for."""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import actions, fold
from benchmarks.measuring import Comparison, Figure, measure

SUBJECTS: Final[dict[str, Sequence[Comparison]]] = {"fold": fold.COMPARISONS, "actions": actions.COMPARISONS}
PACKAGES: Final = ("eventsourcing", "msgspec", "psycopg", "school-casework")
COLUMNS: Final = "{:<58} {:>8} {:>8} {:>17} {:>8} {:>10} {:>10}  {}"
HEADINGS: Final = ("ours against the other", "target", "median", "spread", "cpu", "ours", "other", "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and return the exit code: 0, whatever was found."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.names if name not in SUBJECTS]:
        parser.error(f"expected {', '.join(SUBJECTS)}, found {', '.join(unknown)}")
    print(COLUMNS.format(*HEADINGS))
    measured = {}
    for name in asked.names or SUBJECTS:
        measured[name] = [measure(each, rounds=asked.rounds, seconds=asked.seconds) for each in SUBJECTS[name]]
        for figure in measured[name]:
            print(_line(figure), flush=True)
    if asked.json is not None:
        asked.json.write_text(json.dumps(_document(asked, measured), indent=2) + "\n", encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SUBJECTS))
    parser.add_argument("--rounds", type=int, default=5, help="how many ratios a figure is made of (5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each way runs in a round (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures, machine and versions there")
    return parser


def _line(figure: Figure) -> str:
    spread = f"{figure.lowest:.2f} .. {figure.highest:.2f}"
    ours, other = (f"{timed.wall * 1e6:.1f} us" for timed in (figure.ours, figure.other))
    shown = (figure.name, figure.target, f"{figure.ratio:.2f}", spread, f"{figure.cpu_ratio:.2f}", ours, other)
    return COLUMNS.format(*shown, figure.verdict)


def _document(asked: argparse.Namespace, measured: dict[str, list[Figure]]) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": os.cpu_count()},
        "load": os.getloadavg(),
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in PACKAGES},
        },
        "settings": {"rounds": asked.rounds, "seconds": asked.seconds},
        "subjects": {name: [asdict(figure) for figure in figures] for name, figures in measured.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
