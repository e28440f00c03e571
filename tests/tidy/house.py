"""The house as the rules see it: its files, each read once, each Python file parsed once.

A rule is a function from a :class:`House` to the faults it finds there, so that the same rule can be run on this house
(`tests/tidy`) and on a small one with a fault planted in it (`tests/walls`).
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

FOLDERS = ("services", "tests", "benchmarks", ".ci")


@dataclass(frozen=True)
class Source:
    """One file of the house, by its path from the root."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """The path as the rules write it, with slashes."""
        return self.path.as_posix()

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed module."""
        return ast.parse(self.text, self.name)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the module."""
        return tuple(ast.walk(self.tree))

    @property
    def module(self) -> str:
        """The name it is imported by: ``services/casework/ledger/note.py`` is ``casework.ledger.note``."""
        parts = self.path.with_suffix("").parts
        parts = parts[1:] if parts[0] == "services" else parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@dataclass(frozen=True)
class House:
    """A checkout, seen from its root."""

    root: Path
    _read: dict[Path, Source] = field(default_factory=dict)

    def files(self, *suffixes: str, under: Iterable[str] = FOLDERS) -> Iterator[Source]:
        """Yield the files with these suffixes in these folders, in order of their paths."""
        for folder in under:
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in suffixes and path.is_file() and "__pycache__" not in path.parts:
                    yield self.source(path.relative_to(self.root))

    def python(self, *under: str) -> Iterator[Source]:
        """Yield the Python files in these folders (or in all)."""
        return self.files(".py", under=under or FOLDERS)

    def source(self, path: Path) -> Source:
        """Return one file, read once."""
        if path not in self._read:
            self._read[path] = Source(path, (self.root / path).read_text(encoding="utf-8"))
        return self._read[path]


Rule = Callable[[House], Iterable[str]]


@cache
def this_house() -> House:
    """Return the checkout these tests stand in."""
    return House(Path(__file__).resolve().parents[2])
