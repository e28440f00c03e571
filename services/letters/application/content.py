"""Personal content of a letter, as it is stored beside the events: found by letter, kind and hash."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Protocol
from uuid import UUID

import msgspec


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of content; its kind: merge, data, choices, pdf, text, message, reason, confirmation, proof or scan."""

    letter: UUID
    case: UUID
    kind: str
    sha256: str
    body: bytes


class Contents(Protocol):
    """Where content is kept; see ``adapters/sealed_store.py``."""

    def put(self, contents: Iterable[Content]) -> None:
        """Store contents at once, or none of them; what is there already is left alone."""
        ...

    def get(self, letter: UUID, kind: str, digest: str) -> bytes:
        """Return content whose hash is the one it was stored under."""
        ...

    def destroy(self, case: UUID) -> None:
        """Destroy the case's key for good."""
        ...

    def is_destroyed(self, case: UUID) -> bool:
        """Tell whether the case's key was destroyed: nothing personal of it is shown any more."""
        ...


def content(letter: UUID, case: UUID, kind: str, body: bytes) -> Content:
    """Return content under its hash."""
    return Content(letter=letter, case=case, kind=kind, sha256=sha256(body).hexdigest(), body=body)
