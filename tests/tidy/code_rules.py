"""The rules about Python that no linter knows: sizes, names, time and chance, the environment, who may use what.

Ruff holds the general ones, import-linter the walls between our own packages (`pyproject.toml`).
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from fnmatch import fnmatchcase

from tests.tidy.house import House, Rule, Source

FUNCTION_LINES_MAX = 60
SAY_NOTHING = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "base", "data", "info", "misc"}
CHANCE_AND_ENVIRONMENT = {"uuid1", "uuid4", "uuid7", "environ", "getenv", "urandom"}
CLOCK = {"now", "utcnow", "today"}
REACHES_OUT = {"io", "os", "pathlib", "random", "secrets", "shutil", "socket", "subprocess", "tempfile", "time"}

READS_ENVIRONMENT = {
    "services/casework/bootstrap.py": "this is where it is read",
    "services/letters/bootstrap.py": "this is where it is read",
    "services/servicekit/_embedded_place.py": "hands PATH and the library path to the server's programs",
    "services/servicekit/metrics.py": "prometheus_client is told its folder in no other way",
    "services/servicekit/server.py": "the same: sets it",
}
IS_A_TABLE = {"services/casework/domain/steps/__init__.py"}
"""One tuple of all steps: the table that API, documents and tests read stands where the steps are."""

MAY_USE = {
    "casework.ledger.verify": (),  # one file that travels in exports
    "casework.ledger*": ("casework.ledger", "cryptography"),
    "casework.domain.calendar": ("casework.domain", "msgspec", "holidays"),
    "casework.domain*": ("casework.domain", "msgspec"),
    "casework.demo*": ("casework.demo", "servicekit", "httpx", "click", "rich", "psycopg"),
    "letters.domain*": ("letters.domain", "msgspec"),
    "servicekit.*embedded*": ("servicekit",),  # starts before anything else is there
}
"""What a module may import besides the standard library; the longest pattern that fits decides."""


def functions_are_short(house: House) -> Iterator[str]:
    """Hold every function to 60 lines."""
    for source in house.python():
        for node in source.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    yield f"{source.name}:{node.lineno}: {node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"


def modules_have_telling_names(house: House) -> Iterator[str]:
    """Name no module or package utils, common, helpers, manager, base, data or info."""
    for source in house.python():
        for part in source.path.with_suffix("").parts:
            if part.strip("_") in SAY_NOTHING:
                yield f"{source.name}: `{part}` does not say what is in it"


def packages_hold_a_docstring(house: House) -> Iterator[str]:
    """Hold an `__init__.py` to a docstring and re-exports."""
    for source in house.python():
        if source.path.name != "__init__.py" or source.name in IS_A_TABLE:
            continue
        if ast.get_docstring(source.tree) is None:
            yield f"{source.name}: no docstring"
        for node in source.tree.body[1:]:
            if not isinstance(node, ast.Import | ast.ImportFrom) and not _is_all(node):
                yield f"{source.name}:{node.lineno}: more than a docstring and re-exports"


def domains_know_no_clock(house: House) -> Iterator[str]:
    """Keep clock, chance and files out of the domains: time, ids and the acting person are arguments."""
    for source in house.python("services/casework/domain", "services/letters/domain"):
        for node in source.nodes:
            for name in _taken_names(node):
                if name in CHANCE_AND_ENVIRONMENT or (name in CLOCK and _asks_a_clock(node)):
                    yield f"{source.name}:{_line(node)}: `{name}` in a domain: make it an argument"
            for name in _imports(node, source):
                if name.split(".")[0] in REACHES_OUT:
                    yield f"{source.name}:{_line(node)}: a domain does not import `{name}`"


def only_bootstrap_reads_the_environment(house: House) -> Iterator[str]:
    """Read the environment in `bootstrap.py` only."""
    for source in house.python("services"):
        if source.name in READS_ENVIRONMENT:
            continue
        for node in source.nodes:
            for name in _taken_names(node):
                if name in {"environ", "environb", "getenv", "getenvb"}:
                    yield f"{source.name}:{_line(node)}: `{name}` outside bootstrap.py: let it be passed in"


def floors_use_what_they_may(house: House) -> Iterator[str]:
    """Use, on these floors, the standard library and the packages listed for them."""
    for source in house.python("services"):
        allowed = _allowed(source.module)
        for node in source.nodes:
            for name in _imports(node, source):
                if allowed is not None and not _is_within(name, (*allowed, *sys.stdlib_module_names)):
                    listed = ", ".join(allowed) or "nothing else"
                    yield f"{source.name}:{_line(node)}: imports {name}; besides the standard library: {listed}"


def opt_outs_say_why(house: House) -> Iterator[str]:
    """Give every `noqa` and `type: ignore` its code and its reason."""
    opt_out = re.compile(r"#\s*(?:noqa|type:\s*ignore|mypy:\s*ignore)(?P<rest>.*)")
    reasoned = re.compile(r"(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[a-z, -]+\])\s*(?:#|-|:|\()\s*\S.{3,}")
    for source in house.python():
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
            found = opt_out.search(token.string) if token.type == tokenize.COMMENT else None
            if found and not reasoned.match(found["rest"]):
                yield f"{source.name}:{token.start[0]}: expected `noqa: XX000 - why` or `type: ignore[xx]  # why`"


CODE_RULES: tuple[Rule, ...] = (
    functions_are_short,
    modules_have_telling_names,
    packages_hold_a_docstring,
    domains_know_no_clock,
    only_bootstrap_reads_the_environment,
    floors_use_what_they_may,
    opt_outs_say_why,
)


def _is_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]


def _taken_names(node: ast.AST) -> Iterator[str]:
    """Yield the names a node takes from a module or object: `datetime.now`, `from uuid import uuid4`."""
    if isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.ImportFrom):
        yield from (alias.name for alias in node.names)


def _asks_a_clock(node: ast.AST) -> bool:
    """Tell `datetime.now` from `moment.now`, an argument's field."""
    return isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".")[-1] in {"datetime", "date", "clock"}


def _imports(node: ast.AST, source: Source) -> Iterator[str]:
    """Yield the modules a node imports, relative ones by their full name."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = source.module.split(".")[: -node.level] if source.path.name != "__init__.py" else [source.module]
        yield from (".".join([*above, node.module or "", alias.name]).replace("..", ".") for alias in node.names)


def _allowed(module: str) -> tuple[str, ...] | None:
    fitting = [pattern for pattern in MAY_USE if fnmatchcase(module, pattern)]
    return MAY_USE[max(fitting, key=len)] if fitting else None


def _is_within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)
