"""Say what is wrong with the fields of a request: all of it, by place and field, expected and found.

A fault is `{"in": "body", "pointer": "/posts/0/url", "expected": "a valid URL", "found": "a number"}`: `in` is body,
form, query, header or path; `pointer` is a JSON pointer (RFC 6901) into it. What was found is described by its kind
and size, never repeated: problems are shown, copied and filed, and the value may be somebody's name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

    Path = tuple[str | int, ...]

_PLACES: Final = {"json": "body", "files": "form", "querystring": "query", "headers": "header", "view_args": "path"}

_EXPECTED: Final = {
    "Missing data for required field.": "a value",
    "Field may not be null.": "a value other than null",
    "Unknown field.": "no such field",
    "Invalid input type.": "an object",
}


class Complaint(str):
    """A field's message that brings members of its fault along: what was found, say, where its kind says too little."""

    members: Mapping[str, str]
    __slots__ = ("members",)

    def __new__(cls, text: str, **members: str) -> Self:
        """Make one; `members` replace or join those of the fault."""
        made = super().__new__(cls, text)
        made.members = members
        return made


def fault(pointer: str, expected: str, found: str, *, where: str = "body") -> dict[str, str]:
    """Describe one fault, as above."""
    return {"in": where, "pointer": pointer, "expected": expected, "found": found}


def faults(messages: Mapping[str, object], data: object) -> list[dict[str, str]]:
    """List the faults in webargs' messages, `{place: {field: {index: [text]}}}`, beside the data they speak of."""
    return [
        {
            **fault(_pointer(path), _expected(text), _found(data, path), where=_PLACES.get(place, place)),
            **(text.members if isinstance(text, Complaint) else {}),
        }
        for place, tree in messages.items()
        for path, text in _leaves(tree, ())
    ]


def kind(value: object) -> str:
    """Describe a JSON value without repeating it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return f"a string of {len(value)} characters" if value else "an empty string"
        case list() | tuple():
            return f"a list of {len(value)}"
        case _:
            return "an object"


def _leaves(tree: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(tree, dict):
        for key, below in tree.items():
            # marshmallow files what concerns the object as a whole under this name.
            yield from _leaves(below, path if key == "_schema" else (*path, key))
    elif isinstance(tree, list):
        for each in tree:
            yield from _leaves(each, path)
    else:
        yield path, tree if isinstance(tree, str) else str(tree)


def _pointer(path: Path) -> str:
    """Write a JSON pointer (RFC 6901 3): `~` as `~0`, `/` as `~1`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _expected(text: str) -> str:
    """Turn marshmallow's complaint into what would have been right."""
    if text in _EXPECTED:
        return _EXPECTED[text]
    if match := re.fullmatch(r"Not a valid (.+?)\.?", text):
        return f"a valid {match[1]}"
    return text[:1].lower() + text[1:].rstrip(".")


def _found(data: object, path: Path) -> str:
    value = data
    for step in path:
        try:
            value = value[step]  # type: ignore[index]  # whatever cannot be indexed holds nothing there
        except (KeyError, IndexError, TypeError):
            return "nothing"
    return kind(value)
