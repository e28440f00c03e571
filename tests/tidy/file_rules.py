"""The rules about files of every kind: length, first words, open ends, numbered decisions, locks."""

import re
import tomllib
from collections.abc import Iterator

from tests.tidy.house import House, Rule

FILE_LINES_MAX = 400
LONG_BY_DESIGN = {"services/casework/ledger/verify.py"}  # one file that travels in exports
DECISION_SECTIONS = ["Context", "Decision", "Consequences", "What would change our mind"]
DECISION_LINES_MAX = 60
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-embedded.lock")
REASONS = "docs/decisions/0002-dependencies.md"
TEXT = (".py", ".sql", ".typ", ".sh", ".md", ".toml", ".yml", ".yaml")


def files_are_short(house: House) -> Iterator[str]:
    """Hold every file to 400 lines."""
    for source in house.files(".py", ".sql", ".typ"):
        lines = source.text.count("\n")
        if lines > FILE_LINES_MAX and source.name not in LONG_BY_DESIGN:
            yield f"{source.name}: {lines} lines, at most {FILE_LINES_MAX}"


def files_begin_with_what_they_are(house: House) -> Iterator[str]:
    """Begin an SQL file or a template with a comment that says what it is (Python files: ruff D100).

    A query is one statement, and the name of its file says what it asks.
    """
    for source in house.files(".sql", ".typ", under=("services",)):
        if not source.text.startswith(("--", "/*", "//")) and source.path.parent.name != "queries":
            yield f"{source.name}:1: begin with a comment that says what this is"


def open_ends_are_numbered(house: House) -> Iterator[str]:
    """Give work left over the number of its issue."""
    left = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?![^\n]*#\d)")
    for source in house.files(*TEXT, under=("services", "benchmarks", "docs", "contracts", ".ci")):
        for number, line in enumerate(source.text.splitlines(), 1):
            if left.search(line):
                yield f"{source.name}:{number}: work left over without the number of an issue"


def decisions_are_numbered(house: House) -> Iterator[str]:
    """Keep decisions numbered without gaps, `docs/decisions/NNNN-title.md`: one page, four sections."""
    folder = house.root / "docs/decisions"
    for expected, path in enumerate(sorted(folder.glob("*.md"))):
        name = path.relative_to(house.root).as_posix()
        if not re.fullmatch(rf"{expected:04d}-[a-z0-9]+(-[a-z0-9]+)*\.md", path.name):
            yield f"{name}: expected {expected:04d}-title-in-lower-case.md"
        text = house.source(path.relative_to(house.root)).text
        if re.findall(r"^## (.+)$", text, re.MULTILINE) != DECISION_SECTIONS:
            yield f"{name}: expected the sections {', '.join(DECISION_SECTIONS)}"
        if not text.startswith(f"# {expected}. ") or text.count("\n") > DECISION_LINES_MAX:
            yield f"{name}: expected `# {expected}. Title` and one page, {DECISION_LINES_MAX} lines"


def locks_name_no_host(house: House) -> Iterator[str]:
    """Let a lock say what it was made from, pin every package by hash, and name no host."""
    for name in LOCKS:
        text = (house.root / name).read_text(encoding="utf-8")
        if not re.match(r"# made from [0-9a-f]{64}\n", text):
            yield f"{name}:1: expected `# made from <sha256>`: make lock"
        if "://" in text:
            yield f"{name}: names a host"
        for pinned in re.findall(r"^(?!#)\S[^\n]*(?:\n[ \t]+[^\n]*)*", text, re.MULTILINE):
            if "==" not in pinned.partition("\n")[0] or "--hash=sha256:" not in pinned:
                yield f"{name}: {pinned.partition(' ')[0]} is not pinned by hash"


def locks_agree(house: House) -> Iterator[str]:
    """Pin a package to one version in all locks."""
    pinned: dict[str, str] = {}
    for name in LOCKS:
        text = (house.root / name).read_text(encoding="utf-8")
        for package, version in re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", text, re.MULTILINE):
            if pinned.setdefault(package, version) != version:
                yield f"{name}: {package} {version}, elsewhere {pinned[package]}: make lock"


def dependencies_have_their_reason(house: House) -> Iterator[str]:
    """Say of each dependency, in `docs/decisions/0002-dependencies.md`, what it replaces."""
    tables = tomllib.loads((house.root / "pyproject.toml").read_text(encoding="utf-8"))
    extras = tables["project"].get("optional-dependencies", {})
    lists = [tables["project"]["dependencies"], *extras.values(), *tables.get("dependency-groups", {}).values()]
    said = (house.root / REASONS).read_text(encoding="utf-8")
    for requirement in (line for lines in lists for line in lines if isinstance(line, str)):
        name = re.split(r"[^a-z0-9-]", requirement)[0]
        if not re.search(rf"^\| [^|]*\b{name}\b[^|]* \|", said, re.MULTILINE):
            yield f"pyproject.toml: {name} has no line in {REASONS} saying what it replaces"


FILE_RULES: tuple[Rule, ...] = (
    files_are_short,
    files_begin_with_what_they_are,
    open_ends_are_numbered,
    decisions_are_numbered,
    locks_name_no_host,
    locks_agree,
    dependencies_have_their_reason,
)
