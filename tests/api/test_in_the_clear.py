"""What lies in the clear on the disk while it is worked on has no name: a process that is killed leaves none of it."""

import os
import tempfile
from pathlib import Path
from typing import IO
from uuid import UUID

import pytest

from casework.adapters.evidence import EvidenceStore
from tests.api.exported import ask
from tests.api.fix_first_school import PNG, Played

OTHER = PNG + b"canary 4711"


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Answer what was in the clear each time a file was to be kept; nothing of it was to be found by a name."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    keep, seen = EvidenceStore.keep, []

    def look_and_keep(self: EvidenceStore, incident: UUID, digest: str, file: IO[bytes]) -> None:
        assert list(folder.iterdir()) == []
        # Of the file that is open, which the kernel frees when its last holder ends, however that ends.
        status = os.fstat(file.fileno())
        assert (status.st_nlink, status.st_dev) == (0, folder.stat().st_dev)
        file.seek(0)
        seen.append(file.read())
        keep(self, incident, digest, file)
        assert list(folder.iterdir()) == []

    monkeypatch.setattr(EvidenceStore, "keep", look_and_keep)
    return seen


def test_a_package_is_made_in_a_file_without_a_name(school: Played, case: str, looked: list[bytes]) -> None:
    answer = ask(school, "u-head", case, "police")
    assert answer.status_code == 201, answer.text
    [package] = looked
    assert (package[:2], PNG in package) == (b"PK", True)
    assert school.get("u-head", answer.headers["Location"]).data == package


def test_an_upload_is_looked_at_in_a_file_without_a_name(school: Played, case: str, looked: list[bytes]) -> None:
    captured = {"posts": [1], "method": "screenshot"}
    file = ("post.png", OTHER, "image/png")
    taken = school.post("u-head", f"/v1/incidents/{case}/evidence", captured, file=file)
    assert taken.status_code == 201, taken.text
    assert looked == [OTHER]
