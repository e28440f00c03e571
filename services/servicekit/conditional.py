"""Conditional and repeatable requests: which version a caller saw, which request this is, how long it will wait.

- `ETag` is `"<version>"`, strong (RFC 9110 8.8.3); `If-Match` (13.1.1) carries the version a decision was made on.
  It is checked against the thing itself, not against a hash of some representation.
- `Idempotency-Key`: 1 to 64 visible ASCII characters, the caller's name for one request, so that it can be repeated.
- `Prefer: wait=20` (RFC 7240 4.3): how many seconds the caller will wait for something new.

A header that is there but cannot be read is answered 400 and named, except `Prefer`, which RFC 7240 2 says to ignore.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from servicekit import problems

if TYPE_CHECKING:
    from flask import Request, Response

WAIT_MAX_S: Final = 25.0
IDEMPOTENCY_KEY: Final = re.compile(r"[\x21-\x7e]{1,64}")

_VERSION_TAG = re.compile(r'"(0|[1-9][0-9]{0,17})"')
_ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_WAIT = re.compile(r'\s*wait\s*=\s*"?([0-9]{1,6})"?\s*(?:;.*)?', re.IGNORECASE)


def etag(version: int) -> str:
    """Return the strong entity tag of a version: `"7"`."""
    return f'"{version}"'


def if_match(request: Request) -> int | Literal["*"] | None:
    """Return the version the caller expects, "*" for any, or None if the header is missing.

    Raises: `Problem` 400 if it is anything but one strong tag holding a version: a weak one can never match
    (RFC 9110 13.1.1), and a list says that the caller does not know what it saw.
    """
    text = request.headers.get("If-Match")
    if text is None:
        return None
    if text.strip() == "*":
        return "*"
    match = _VERSION_TAG.fullmatch(text.strip())
    if match is None:
        raise problems.malformed(
            'If-Match holds no version: expected one strong entity tag as "7" from an ETag, or *.', header="If-Match"
        )
    return int(match[1])


def require_if_match(request: Request, current: int) -> None:
    """Demand that the caller saw the current version.

    Raises: `Problem` 428 if the header is missing, 412 if it holds another version (each with `current`), 400 as above.
    """
    expected = if_match(request)
    if expected is None:
        raise problems.precondition_required(current)
    if expected not in ("*", current):
        raise problems.stale_version(current)


def idempotency_key(request: Request) -> str:
    """Return the caller's name for this request.

    Raises: `Problem` 400 if it is missing or not 1 to 64 visible ASCII characters.
    """
    expected = "1 to 64 visible ASCII characters, the same again when the request is repeated"
    key = request.headers.get("Idempotency-Key")
    if key is None:
        raise problems.missing_header("Idempotency-Key", expected)
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise problems.malformed(f"Idempotency-Key cannot be used: expected {expected}.", header="Idempotency-Key")
    return key


def prefer_wait(request: Request, most: float = WAIT_MAX_S) -> float:
    """Return how many seconds the caller will wait for something new, at most `most`; 0 if it did not say."""
    for preference in ",".join(request.headers.getlist("Prefer")).split(","):
        if match := _WAIT.fullmatch(preference):
            # RFC 7240 2: of several, the first counts.
            return min(float(match[1]), most)
    return 0.0


def applied_wait(response: Response, wait_s: float) -> Response:
    """Say in the answer which wait was granted (RFC 7240 3)."""
    if wait_s > 0:
        response.headers["Preference-Applied"] = f"wait={wait_s:g}"
    return response


def not_modified(request: Request, tag: str) -> bool:
    """Tell whether the caller already holds what `tag` names: If-None-Match, compared weakly (RFC 9110 13.1.2)."""
    text = request.headers.get("If-None-Match")
    if text is None:
        return False
    return text.strip() == "*" or tag.removeprefix("W/") in _ENTITY_TAG.findall(text)
