"""What casework's published API says of a decision: its fields, which are needed, which name a person or a case."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

OPENAPI = Path(__file__).parents[2] / "contracts" / "openapi" / "casework.json"
JSON = "application/json"
MULTIPART = "multipart/form-data"
LABEL = "^P[1-9]"
"""How the pattern of a party's label begins."""


@dataclass(frozen=True)
class Field:
    """One field of a request."""

    name: str
    schema: Mapping[str, Any]
    is_needed: bool

    @property
    def names_people(self) -> bool:
        """Whether a person stands there, or a list of people."""
        inner = self.schema.get("items", self.schema)
        return any(str(choice.get("pattern", "")).startswith(LABEL) for choice in inner.get("oneOf", ()))

    @property
    def names_a_case(self) -> bool:
        """Whether the id of a case stands there."""
        return self.schema.get("format") == "uuid"

    @property
    def is_free_text(self) -> bool:
        """Whether any words will do."""
        is_text = "string" in (self.schema.get("type"), *_choices(self.schema))
        return is_text and not {"enum", "format"} & set(self.schema)

    @property
    def is_instant(self) -> bool:
        """Whether an instant stands there."""
        return self.schema.get("format") == "date-time"


@dataclass(frozen=True)
class Request:
    """What a decision takes."""

    fields: Mapping[str, Field]
    takes_file: bool
    needs_file: bool


def request_of(decision: str) -> Request | None:
    """Return what a decision takes; None if casework does not have it."""
    found = _operations().get(decision)
    if found is None:
        return None
    content = found["requestBody"]["content"]
    schema = _facts(content)
    needed = schema.get("required", ())
    fields = {name: Field(name, given, name in needed) for name, given in schema["properties"].items()}
    return Request(fields=fields, takes_file=MULTIPART in content, needs_file=list(content) == [MULTIPART])


def _facts(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of the facts: the body, or, where it is always a form, the part of that name beside a file."""
    if JSON in content:
        return _followed(content[JSON]["schema"])
    return _followed(_followed(content[MULTIPART]["schema"])["properties"]["facts"])


def _followed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = _document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _choices(schema: Mapping[str, Any]) -> list[Any]:
    found = schema.get("type")
    return found if isinstance(found, list) else []


@cache
def _document() -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
    return document


@cache
def _operations() -> Mapping[str, Mapping[str, Any]]:
    """Return the operations by their ids."""
    paths = _document()["paths"].values()
    return {
        operation["operationId"]: operation
        for path in paths
        for method, operation in path.items()
        if method == "post" and "operationId" in operation
    }
