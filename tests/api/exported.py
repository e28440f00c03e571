"""A case that was exported over HTTP: made, fetched, unpacked, and checked by the verifier that lies in it."""

import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from casework.adapters.credentials import create_key
from tests.api.fix_first_school import PNG, Played
from tests.api.test_first_story import REPORT
from tests.fix_postgres import Database

ADVISER = "adviser"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
PDF = b"%PDF-1.7 of a letter"
LETTER = "140846ae-deed-58dd-9bf4-17320d9e93d9"
FIRST = datetime(2025, 9, 1, tzinfo=UTC)


def let_in(school: Played, database: Database, subject: str, role: str, *cases: str) -> str:
    """Make a key for somebody who is not on the staff, with a grant on these cases; return who."""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        grants = [UUID(case) for case in cases]
        key, _ = create_key(
            connection, school="rowan", subject=subject, role=role, person=subject, now=FIRST, cases=grants, days=3650
        )
    school._keys[subject] = key
    return subject


def reported(school: Played, *, by: str = "u-deputy", key: str = "report", **facts: Any) -> str:
    """Report a post, capture two files of evidence, one of them restricted, and file a letter; return the case's id."""
    answer = school.post(by, "/v1/incidents", {**REPORT, **facts}, key=key)
    assert answer.status_code == 201, answer.text
    case: str = answer.json["id"]
    captured = {"posts": [1], "method": "screenshot"}
    for more, content in (({}, PNG), ({"restricted": ["slur"], "text": "words of the slur"}, PNG + b"restricted")):
        shot = ("post.png", content, "image/png")
        kept = school.post(by, f"/v1/incidents/{case}/evidence", {**captured, **more}, file=shot)
        assert kept.status_code == 201, kept.text
    letter = {
        "letter_id": LETTER, "template": "L02", "version": 1, "party": "P1", "channel": "print", "state": "sent",
        "pdf_sha256": sha256(PDF).hexdigest(), "size_bytes": len(PDF),
    }  # fmt: skip
    filed = school.post(
        "letters", f"/v1/incidents/{case}/correspondence", letter, file=("letter.pdf", PDF, "application/pdf")
    )
    assert filed.status_code == 201, filed.text
    return case


def ask(school: Played, by: str, case: str, variant: str, *, key: str | None = None, **more: Any) -> Any:
    """Ask for an export; headers by their names, everything else as facts."""
    headers = {name: more.pop(name) for name in list(more) if name[0].isupper()}
    facts = {"variant": variant, "purpose": "a test", **more}
    return school.post(by, f"/v1/incidents/{case}/exports", facts, key=key, **headers)


@dataclass(frozen=True)
class Fetched:
    """An export as somebody holds it: the .zip, its receipt, and a folder to unpack into."""

    made: dict[str, Any]
    package: bytes
    receipt: bytes
    to: Path

    @property
    def files(self) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.package)) as package:
            return {name: package.read(name) for name in package.namelist()}

    @property
    def zip(self) -> Path:
        path = self.to / "case.zip"
        path.write_bytes(self.package)
        return path

    def check(self, package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the verifier of the package, with an empty environment."""
        (self.to / "receipt.json").write_bytes(self.receipt)
        verifier = self.to / "verify.py"
        verifier.write_bytes(self.files["verify.py"])
        program = [sys.executable, "-I", "-S", "-W", "error", str(verifier), str(package), *arguments]
        return subprocess.run(program, env={}, cwd=self.to, capture_output=True, text=True, check=False)


def exported(school: Played, to: Path, by: str, case: str, variant: str, **more: Any) -> Fetched:
    """Make an export and fetch it."""
    answer = ask(school, by, case, variant, **more)
    assert answer.status_code == 201, answer.text
    package = school.get(by, answer.headers["Location"])
    assert package.status_code == 200, package.text
    receipt = school.get(by, f"/v1/exports/{answer.json['id']}/receipt")
    assert receipt.status_code == 200, receipt.text
    return Fetched(answer.json, package.data, receipt.data, to)


def recorded(school: Played, type_name: str) -> list[dict[str, Any]]:
    """Return the entries of one type, as the auditor's feed shows them."""
    return [event["data"] for event in entries(school) if event["type"] == type_name]


def entries(school: Played) -> list[dict[str, Any]]:
    """Return all entries of the record."""
    found: list[dict[str, Any]] = school.get("u-audit", "/v1/events?limit=1000").json["events"]
    return found


def alter(database: Database, *statements: str) -> None:
    """Do, as a superuser, what no role of the service may."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        for table in ("event", "checkpoint"):
            connection.execute(f"ALTER TABLE school_rowan.{table} DISABLE TRIGGER USER")
        for statement in statements:
            connection.execute(statement)
