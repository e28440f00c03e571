"""The SQL of this service: a folder that is the database, read as text.

Tables stand in `versions/`, one file a step, frozen once released (`versions.sha256`, a test compares). Functions,
triggers and rights stand in `objects/`, one object a file, and are replaced when they change. `shared/` holds the same
two folders for the schema that all schools share. Queries of more than a line stand in `queries/`.

In `versions/` and `objects/`, ``{s}`` is the schema's name, put in as it is: only names that :func:`school_schema`
made get there. In `queries/`, ``{s}`` and ``{keys}`` become quoted identifiers.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from psycopg import sql

ROOT: Final = Path(__file__).parent / "sql"
SHARED_SCHEMA: Final = "casework"

_VALUE: Final = re.compile(rb"%\((\w+)\)[sb]")
_SCHOOL_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,39}")


class Statement(NamedTuple):
    """A query as the server takes it, with `$1`, `$2` .. for its values, and what these are called, in this order."""

    text: bytes
    names: tuple[str, ...]


def school_schema(name: str) -> str:
    """Return the schema of the school of this name.

    Raises:
        ValueError: not a school's name: `[a-z][a-z0-9]{0,39}`, neither `casework` nor `public`.
    """
    if not _SCHOOL_NAME.fullmatch(name) or name in (SHARED_SCHEMA, "public"):
        raise ValueError(f"school: expected a name of a-z and 0-9, at most 40, not casework or public, found {name!r}")
    return f"school_{name}"


def keys_schema(schema: str) -> str:
    """Return the schema of the keys that belong to a school's schema."""
    return f"{schema}_keys"


@cache
def text(path: str) -> str:
    """Return the text of one SQL file of the folder."""
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def versions(folder: str) -> tuple[tuple[str, str], ...]:
    """Return the steps of a folder's `versions`, in order, each as its number (`0001`) and its path."""
    files = sorted((ROOT / folder / "versions").glob("*.sql"))
    return tuple((file.name.split("_", 1)[0], str(file.relative_to(ROOT))) for file in files)


@cache
def objects(folder: str) -> tuple[str, ...]:
    """Return the texts of a folder's `objects`, in the order of their names."""
    return tuple(file.read_text(encoding="utf-8") for file in sorted((ROOT / folder / "objects").glob("*.sql")))


@cache
def objects_sha256(folder: str) -> str:
    """Return a hash over a folder's `objects`: it changes when one of them does."""
    return hashlib.sha256("\0".join(objects(folder)).encode()).hexdigest()


@cache
def query(name: str, schema: str) -> bytes:
    """Return a query of `queries/`, for one school's schema."""
    return compose(text(f"queries/{name}.sql"), schema)


@cache
def statement(name: str, schema: str) -> Statement:
    """Return a query of `queries/` whose values have names, for one school's schema, to be prepared."""
    asked = query(name, schema)
    names = tuple(dict.fromkeys(_VALUE.findall(asked)))
    text = _VALUE.sub(lambda found: b"$%d" % (names.index(found[1]) + 1), asked)
    return Statement(text, tuple(name.decode() for name in names))


@cache
def compose(statement: str, schema: str) -> bytes:
    """Return a statement with `{s}` and `{keys}` as the quoted names of one school's schemas."""
    composed = sql.SQL(statement).format(s=sql.Identifier(schema), keys=sql.Identifier(keys_schema(schema)))
    return composed.as_bytes()
