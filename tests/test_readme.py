"""The documents and the demonstration that they show: what stands there is what happens, block by block."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.compose_file import ROOT
from tests.readme_blocks import KINDS, Block, blocks, settled, unmarked
from tests.servicekit.fix_server import free_port

BIN = Path(sys.executable).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN = {
    f"{path.stem}-{number}": block
    for path in DOCUMENTS
    for number, block in enumerate(blocks(path.read_text(encoding="utf-8")))
    if block.kind == "run"
}
DEFAULTS = ("127.0.0.1:8001", "127.0.0.1:8002")


@dataclass(frozen=True)
class Stayed:
    """A demonstration that stays up: its folder, and where the two services listen."""

    folder: Path
    addresses: tuple[str, str]
    process: subprocess.Popen[str]

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a block as a reader would who stands in a checkout, at these addresses."""
        for default, here in zip(DEFAULTS, self.addresses, strict=True):
            script = script.replace(default, here)
        return subprocess.run(
            ["sh", "-euc", script.replace(".venv/bin/", f"{BIN}/")],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture(scope="module")
def stayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stayed]:
    """Play the demonstration, and leave both services up."""
    folder = tmp_path_factory.mktemp("reader")
    addresses = (f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}")
    with subprocess.Popen(
        [BIN / "casework", "demo", "--stay", "--letters", addresses[1]],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "CASEWORK_BIND": addresses[0]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        deadline = time.monotonic() + 120
        while not (folder / "demo-output" / "case.txt").exists():
            said = process.stdout
            assert said is not None
            assert process.poll() is None, said.read()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield Stayed(folder, addresses, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(100) == 0


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_shell_block_says_what_is_done_with_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert unmarked(text) == 0
    assert {block.kind for block in blocks(text)} <= set(KINDS)


def test_the_transcript_in_the_readme_is_what_the_demonstration_says(stayed: Stayed) -> None:
    shown = next(block.shown for block in blocks(README) if block.script.strip() == "make demo")
    assert shown is not None
    transcript = (stayed.folder / "demo-output" / "transcript.txt").read_text(encoding="utf-8")
    assert settled(transcript) == settled(shown)


def test_the_demonstration_leaves_what_it_says(stayed: Stayed) -> None:
    left = stayed.folder / "demo-output"
    letters = sorted((left / "letters").glob("*.pdf"))
    assert [path.read_bytes()[:5] for path in letters] == [b"%PDF-"] * 2
    assert json.loads((left / "verification.json").read_text())["holds"] is True
    assert json.loads((left / "tampered.json").read_text())["exit"] == 3
    assert (left / "checkpoint.txt").read_text().splitlines()[0] == "localhost/ledger"
    assert len(list((left / "export").iterdir())) == 2
    assert "DEVELOPMENT" not in (left / "transcript.txt").read_text()


def test_its_log_holds_nothing_personal(stayed: Stayed) -> None:
    log = "".join(path.read_text() for path in (stayed.folder / "demo-output" / "logs").iterdir())
    assert "request answered" in log
    for canary in ("Mallinson", "Ellery", "favourites", "Mill Terrace", "trip place", "facebook.example"):
        assert canary not in log


@pytest.mark.parametrize("block", RUN.values(), ids=RUN)
def test_a_block_of_a_document_does_what_it_shows(stayed: Stayed, block: Block) -> None:
    ran = stayed.shell(block.script)
    assert ran.returncode == 0, ran.stderr
    if block.shown is not None:
        assert settled(ran.stdout, with_numbers=False) == settled(block.shown, with_numbers=False)


def test_a_folder_of_something_else_is_never_emptied(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    ran = subprocess.run(
        [BIN / "casework", "demo", "--to", "mine"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, "found other files there" in ran.stderr) == (1, True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
