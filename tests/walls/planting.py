"""A copy of the services in which one fault at a time is planted, and what the walls say to it."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.tidy.house import this_house

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

FLOORS = [
    *(f"casework/{module}.py" for module in ("bootstrap", "wsgi", "demo", "cli")),
    *(f"letters/{module}.py" for module in ("bootstrap", "wsgi", "cli")),
]
"""The modules that other floors may not know; a wall in front of nothing would not break."""


@dataclass(frozen=True)
class Copy:
    """The Python files of `services/` in a folder of their own, beside the configuration that holds the walls."""

    root: Path

    @classmethod
    def into(cls, root: Path) -> "Copy":
        """Copy this house's services."""
        house = this_house()
        for source in house.python("services"):
            target = root / source.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source.text, encoding="utf-8")
        for path in FLOORS:
            (root / "services" / path).touch()
        shutil.copy(house.root / "pyproject.toml", root)
        return cls(root)

    def plant(self, path: str, line: str) -> None:
        """Write one offending line at the end of a module, made if it is not there."""
        module = self.root / "services" / path
        module.parent.mkdir(exist_ok=True)
        if module.parent.name not in {"casework", "letters", "servicekit"}:
            (module.parent / "__init__.py").touch()
        with module.open("a", encoding="utf-8") as end:
            end.write(f"\n{line}\n")

    def broken_walls(self) -> set[str]:
        """Return the names of the contracts that do not hold here."""
        linted = subprocess.run(
            [LINT_IMPORTS, "--no-logo", "--no-cache"],
            cwd=self.root,
            env={"PYTHONPATH": str(self.root / "services"), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert " KEPT" in linted.stdout, linted.stdout + linted.stderr
        return set(re.findall(r"^(.+) BROKEN$", linted.stdout, re.MULTILINE))
