"""A package checked, and what came of it by level; no report may tell a personal value."""

import json
from pathlib import Path

from casework.ledger.verify import Level, PackageReport, check_package
from tests.ledger.given import PERSONAL, SIGNER, Exported, exported

MADE = exported()
"""A package as it was made; tests spoil copies."""


def copy() -> Exported:
    return Exported(dict(MADE.files), dict(MADE.receipt))


def check(package: Exported, to: Path, *, keys: bool = False, receipt: bool = True) -> PackageReport:
    """Write the package as a .zip and check it."""
    said = json.dumps(package.receipt).encode() if receipt else None
    report = check_package(package.zip(to / "case.zip"), keys=SIGNER.keys if keys else None, receipt=said)
    told = "\n".join(report.lines()) + json.dumps(report.as_json())
    assert PERSONAL not in told
    assert report.holds == ("HOLDS: " in told)
    return report


def level(report: PackageReport, name: str) -> Level:
    return next(each for each in report.levels if each.name == name)


def statuses(report: PackageReport) -> dict[str, str]:
    return {each.name: each.status for each in report.levels}


def broken(report: PackageReport) -> set[str]:
    return {each.name for each in report.levels if each.status == "broken"}
