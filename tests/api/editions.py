"""Editions of the policy as somebody drafts them: the seed edition under another name, with these differences."""

from typing import Any

import msgspec
from msgspec.structs import replace

from casework.adapters.edition_file import read_edition
from casework.domain.policy import Dated


def draft(name: str, **parameters: Any) -> dict[str, Any]:
    """Return the body of a request to draft an edition, due for review in the summer of 2027."""
    seed = read_edition()
    due = Dated(term="summer", year=2027)
    edition = replace(seed, edition=name, adopted=None, review_due=due, title="A second edition")
    body: dict[str, Any] = msgspec.to_builtins(edition)
    body["parameters"] |= parameters
    return body
