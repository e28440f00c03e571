"""Write the outputs that README.md shows anew: play the demonstration, run each block marked `run`, put in what came.

    PYTHONPATH=. .venv/bin/python .ci/readme.py        (make readme)

The demonstration listens where the README says it does, so nothing else may. A test compares README and reality.
"""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.readme_blocks import blocks

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
README = ROOT / "README.md"
PATIENCE_S = 120


def main() -> int:
    """Write the README anew; return the exit code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with subprocess.Popen([BIN / "casework", "demo", "--stay", "--quiet"], cwd=folder) as stayed:
            deadline = time.monotonic() + PATIENCE_S
            while not (folder / "demo-output" / "case.txt").exists():
                if stayed.poll() is not None or time.monotonic() > deadline:
                    print("the demonstration did not come to its end: casework demo says why", file=sys.stderr)
                    return 1
                time.sleep(0.2)
            text = _filled(README.read_text(encoding="utf-8"), folder)
            stayed.send_signal(signal.SIGTERM)
    README.write_text(text, encoding="utf-8")
    return 0


def _filled(text: str, folder: Path) -> str:
    """Put what a block really says in the place of what is shown behind it."""
    for block in blocks(text):
        if block.shown is None:
            continue
        if block.script.strip() == "make demo":
            said = (folder / "demo-output" / "transcript.txt").read_text(encoding="utf-8")
        else:
            script = block.script.replace(".venv/bin/", f"{BIN}/")
            ran = subprocess.run(["/bin/sh", "-euc", script], cwd=folder, capture_output=True, text=True, check=True)
            said = ran.stdout.rstrip("\n") + "\n"
        text = text.replace(block.shown, said, 1)
    return text


if __name__ == "__main__":
    sys.exit(main())
