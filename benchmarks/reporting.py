"""What was measured, on which machine and when: a line on stdout, JSON, and the page RESULTS.md."""

import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.measuring import Cost, Figure, Skipped, Unit

Results = Mapping[str, Sequence[Figure | Skipped]]

PACKAGES: Final = ("eventsourcing", "msgspec", "psycopg", "school-casework", "typst", "weasyprint")
COLUMNS: Final = "{:<72} {:>8} {:>8} {:>17} {:>8} {:>10} {:>10}  {}"
HEADINGS: Final = ("ours against the other", "target", "median", "spread", "cpu", "ours", "other", "")
_HEAD: Final = """\
# Results

Written by `{command}`,
{day}. Each figure is a ratio of two ways in one run, in turns, the first round dropped;
*median* and *spread* are over {rounds}. A spread across the target is *unclear*. *cpu* is the same ratio of this
process's own processor time (the database's and other children's is not in it). Times depend on the machine and on what
else it does; ratios do so less.

| machine | |
|---|---|
"""


def line(figure: Figure | Skipped) -> str:
    """Return one line of the table on stdout."""
    if isinstance(figure, Skipped):
        return f"{figure.name:<72} skipped: {figure.reason}"
    return COLUMNS.format(*cells(figure))


def cells(figure: Figure) -> tuple[str, ...]:
    """Return what the table says of a figure, in the order of the headings."""
    return (
        figure.name,
        figure.target,
        f"{figure.ratio:.2f}",
        f"{figure.lowest:.2f} .. {figure.highest:.2f}",
        "" if figure.cpu_ratio is None else f"{figure.cpu_ratio:.2f}",
        _amount(figure.ours, figure.unit),
        _amount(figure.other, figure.unit),
        figure.verdict,
    )


def document(settings: Mapping[str, Any], results: Results, load: Sequence[float]) -> dict[str, Any]:
    """Return everything as JSON has it; `load` is the machine's before the first subject began."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": f"{platform.system()} {platform.release()}",
            "processor": platform.machine(),
            "cores": os.cpu_count(),
        },
        "load": list(load),
        "versions": {"python": platform.python_version(), **_versions()},
        "settings": dict(settings),
        "subjects": {name: [asdict(figure) for figure in figures] for name, figures in results.items()},
    }


def page(command: str, made: Mapping[str, Any], results: Results) -> str:
    """Return RESULTS.md, of the same run as the document."""
    machine, rounds = made["machine"], made["settings"]["rounds"]
    about = {
        "system": f"{machine['system']}, {machine['processor']}, {machine['cores']} cores",
        "load before (1, 5, 15 minutes)": ", ".join(f"{value:.1f}" for value in made["load"]),
        "versions": ", ".join(f"{name} {version}" for name, version in made["versions"].items()),
    }
    head = _HEAD.format(command=command, day=made["date"], rounds=f"{rounds} rounds" if rounds != 1 else "1 round")
    parts = [head + "".join(f"| {name} | {value} |\n" for name, value in about.items())]
    for name, figures in results.items():
        parts.append(f"## {name}\n\n| {' | '.join(HEADINGS)} |\n|---|{'---|' * (len(HEADINGS) - 1)}\n" + _rows(figures))
        parts += [f"Skipped: {each.name}: {each.reason}.\n" for each in figures if isinstance(each, Skipped)]
    return "\n".join(parts)


def _rows(figures: Sequence[Figure | Skipped]) -> str:
    return "".join(f"| {' | '.join(cells(each))} |\n" for each in figures if isinstance(each, Figure))


def _amount(cost: Cost, unit: Unit) -> str:
    if unit != "s":
        return f"{cost.amount:.1f} {unit}"
    for shown, factor in (("s", 1), ("ms", 1e3)):
        if cost.amount * factor >= 1:
            return f"{cost.amount * factor:.3g} {shown}"
    return f"{cost.amount * 1e6:.1f} us"


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # The one that is only for comparison need not be there.
    return found
