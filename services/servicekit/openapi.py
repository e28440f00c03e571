"""The OpenAPI 3.1 document of a service as bytes that are the same on every machine.

They are committed and compared, so keys are sorted, and names that differ between Python versions are settled: 3.13
took over RFC 9110's names for 413, 414, 416 and 422, and flask-smorest names its components after them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from servicekit.problems import ProblemApi

VERSION: Final = "3.1.0"

_RFC_9110_NAMES: Final = {
    "REQUEST_ENTITY_TOO_LARGE": "CONTENT_TOO_LARGE",
    "Request Entity Too Large": "Content Too Large",
    "REQUEST_URI_TOO_LONG": "URI_TOO_LONG",
    "Request-URI Too Long": "URI Too Long",
    "REQUESTED_RANGE_NOT_SATISFIABLE": "RANGE_NOT_SATISFIABLE",
    "Requested Range Not Satisfiable": "Range Not Satisfiable",
    "UNPROCESSABLE_ENTITY": "UNPROCESSABLE_CONTENT",
    "Unprocessable Entity": "Unprocessable Content",
}


def require_key(api: ProblemApi) -> None:
    """Say in the document that every route takes an API key as bearer token, unless it says otherwise."""
    scheme = {"type": "http", "scheme": "bearer", "description": "An API key: cwk_<id>_<secret>"}
    api.spec.components.security_scheme("key", scheme)
    api.spec.options.setdefault("security", []).append({"key": []})


def take_password(api: ProblemApi) -> None:
    """Say in the document how a route takes an API key from a program that knows passwords only."""
    scheme = {"type": "http", "scheme": "basic", "description": "Any user; the password is an API key"}
    api.spec.components.security_scheme("password", scheme)


def document(api: ProblemApi) -> str:
    """Return the document: JSON, keys sorted, two spaces, a newline at the end."""
    text = json.dumps(api.spec.to_dict(), sort_keys=True, indent=2, ensure_ascii=False)
    for old, new in _RFC_9110_NAMES.items():
        text = text.replace(f'"{old}"', f'"{new}"').replace(f'/{old}"', f'/{new}"')
    # A renamed component may now stand elsewhere in the order.
    return json.dumps(json.loads(text), sort_keys=True, indent=2, ensure_ascii=False) + "\n"
