"""One entry of casework's feed, as far as it concerns letters.

An entry is a CloudEvents 1.0 event: ``id`` is ``<stream>/<version>``, ``type`` is ``incident.<name>.v<k>``, ``data``
holds the public fields. Names, words and addresses are never on the feed. Worked example::

    {"id": "7c9e6679-7425-40de-944b-e07fc1f90ae7/12", "type": "incident.warning-issued.v1",
     "time": "2025-09-23T13:15:00Z", "data": {"warning_no": 1, "party": "P2", "posts": [1, 2], ...}, ...}
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

_TYPE = re.compile(r"incident\.(?P<name>[a-z0-9-]+)\.v(?P<version>[1-9][0-9]*)")


class FeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry at its position; fields of CloudEvents that we do not use are left out."""

    position: int
    id: str
    type: str
    data: Mapping[str, Any]

    @property
    def case(self) -> UUID:
        """Return the case, which names the stream."""
        return UUID(self.id.partition("/")[0])

    @property
    def name(self) -> str | None:
        """Return ``warning-issued`` for ``incident.warning-issued.v1``; None for what is no event of a case."""
        match = _TYPE.fullmatch(self.type)
        return match["name"] if match else None

    @property
    def is_known_version(self) -> bool:
        """Tell whether we know how to read this version of the event: version 1 of any."""
        match = _TYPE.fullmatch(self.type)
        return match is not None and match["version"] == "1"

    @property
    def number(self) -> int | None:
        """Return the event's own number in the case (``warning_no`` of a warning, ``request_no`` of a request)."""
        numbers = (value for field, value in sorted(self.data.items()) if field.endswith("_no"))
        return next((value for value in numbers if isinstance(value, int)), None)

    @property
    def posts(self) -> tuple[int, ...]:
        """Return the numbers of the posts that the event is about."""
        return tuple(post for post in self.data.get("posts", ()) if isinstance(post, int))
