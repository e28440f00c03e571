"""What an example of an event is, and the cases that the examples are taken from. All people are invented."""

from typing import NamedTuple
from uuid import UUID

from casework.domain.event import Event, Override

RECORD = UUID("7a1f0f5e-2c60-4d8a-9a3e-5b8f6d2e0001")
"""The record's own stream."""
POLICY = UUID("7a1f0f5e-2c60-4d8a-9a3e-5b8f6d2e0002")
MOTHER = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0001")
"""The case of a mother who refuses to delete and posts again."""
THREAT = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0003")
"""The case of a threat of violence."""
OWN_PAGE = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0004")
"""The case of a racist comment on the school's own page."""
MESSAGES = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0006")
"""The case of messages at night."""
MISTAKEN = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0005")
"""The case of a false accusation, by somebody who is never found."""
ADVICE = UUID("5a6b7c8d-0e1f-4a2b-8c3d-4e5f6a7b0005")
"""What the school asks its lawyer about it."""
GRANT = UUID("6b7c8d9e-1f2a-4b3c-8d4e-5f6a7b8c0005")
DUPLICATE = UUID("3f0c1c0e-6f8f-4c58-9a3b-7d4c8a1c0017")
"""The case of fair comment that was reported twice: the second report."""
EXPORT = UUID("9c2b7f14-8f3d-4f0e-b5a1-2d6c4e8a0001")
SCREENSHOT = "5f8c2a6e4b1d9037c6e5a4f3b2d1c0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3"

ROLES = {
    "u-head": "headteacher",
    "u-deputy": "caseworker",
    "u-dsl": "dsl",
    "u-sbm": "office",
    "u-chair": "chair",
    "u-dpo": "dpo",
    "u-t5": "staff",
    "u-audit": "auditor",
    "x-legal": "legal",
    "letters": "letters",
    "timers": "system",
    "operator": "admin",
}


class Row(NamedTuple):
    """One example: its place, when it was recorded, by whom, what happened."""

    stream: UUID
    version: int
    at: str
    by: str
    event: Event
    clauses: tuple[str, ...] | None = None
    """Given where neither the type nor a decision says them."""
    override: Override | None = None
    cause: str | None = None


def read(number: int, at: str, by: str, event: Event) -> Row:
    """Return a row in a stream of its own, as every read and refusal is."""
    return Row(UUID(f"b4d1e2f0-5a6b-4c7d-8e9f-0a1b2c3d{number:04x}"), 1, at, by, event, clauses=("P63",))
